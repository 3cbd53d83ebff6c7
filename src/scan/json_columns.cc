#include "scan/json_columns.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "model/input_option.h"
#include "scan/java_number.h"
#include "scan/json_number.h"

namespace henge::scan {

namespace {

using Json = nlohmann::json;

struct FlattenField {
  std::string name;
  std::vector<PathStep> steps;
  std::string problem;  // why henge cannot evaluate it; an error only for a column that henge needs
};

FlattenField field_of(const Json& spec) {
  FlattenField field;
  if (spec.is_string()) {
    field.name = spec.get<std::string>();
    field.steps = {field.name};
    return field;
  }
  field.name = spec.value("name", "");
  const std::string type = spec.value("type", "");
  if (type == "root") {
    field.steps = {spec.contains("expr") && spec["expr"].is_string()
                       ? spec["expr"].get<std::string>()
                       : field.name};
  } else if (type == "path") {
    auto steps = parse_json_path(spec.value("expr", ""));
    if (steps) {
      field.steps = std::move(*steps);
    } else {
      field.problem = steps.error().message;
    }
  } else if (type == "tree" && spec.contains("nodes") && spec["nodes"].is_array()) {
    for (const Json& node : spec["nodes"]) field.steps.emplace_back(node.get<std::string>());
  } else {
    field.problem = fmt::format("henge cannot evaluate flattenSpec fields of type '{}'", type);
  }
  return field;
}

// Jackson takes a text or a number for a truth value, too.
bool is_set(const Json& spec, std::string_view option) {
  if (!spec.contains(option)) return false;
  const Json& value = spec[option];
  if (value.is_null() || value == false || value == 0 || value == "false") return false;
  return !value.is_object() || !value.empty();
}

Result<std::vector<FlattenField>> flatten_fields(const InputFormat& format) {
  std::vector<FlattenField> fields;
  if (format.spec.empty()) return fields;
  const Json spec = Json::parse(format.spec.text, nullptr, false);
  if (spec.is_discarded() || !spec.is_object())
    return fail(ErrorKind::invalid, "the inputFormat is no JSON object");
  for (const InputOption& option : refused_options(InputFormatKind::json)) {
    if (is_set(spec, option.name)) return fail(ErrorKind::invalid, refusal_of(option));
  }
  if (!spec.contains("flattenSpec") || !spec["flattenSpec"].contains("fields")) return fields;
  try {
    for (const Json& field : spec["flattenSpec"]["fields"]) fields.push_back(field_of(field));
  } catch (const Json::exception& e) {
    return fail(ErrorKind::invalid, fmt::format("the flattenSpec is malformed: {}", e.what()));
  }
  return fields;
}

JsonValue follow(JsonValue value, std::span<const PathStep> steps) {
  for (const PathStep& step : steps) {
    if (const auto* name = std::get_if<std::string>(&step)) {
      value = member(value, *name);
    } else {
      value = element(value, std::get<std::size_t>(step));
    }
  }
  return value;
}

// What Java prints for a value within a list or an object.
std::string java_text_of(const JsonValue& value);

std::string java_text_of_object(const JsonValue& value) {
  // A repeated key stays where it stood first, with its last value.
  std::vector<std::pair<std::string, std::string>> members;
  for (const auto& [key, one] : members_of(value)) {
    const auto known = std::ranges::find(members, key, &std::pair<std::string, std::string>::first);
    if (known == members.end()) {
      members.emplace_back(key, java_text_of(one));
    } else {
      known->second = java_text_of(one);
    }
  }
  std::string text = "{";
  for (const auto& [key, one] : members)
    text += fmt::format("{}{}={}", text.size() > 1 ? ", " : "", key, one);
  return text + "}";
}

std::string java_text_of(const JsonValue& value) {
  switch (value.kind) {
    case JsonKind::absent:
    case JsonKind::null:
      return "null";
    case JsonKind::boolean:
      return std::string(value.raw);
    case JsonKind::text:
      return value.escaped ? unescape(value.raw) : std::string(value.raw);
    case JsonKind::integer:
    case JsonKind::decimal: {
      const auto number = to_number(value);
      if (const auto* integer = std::get_if<std::int64_t>(&number))
        return fmt::format("{}", *integer);
      return java_text(std::get<double>(number));
    }
    case JsonKind::array: {
      std::string text = "[";
      for (const JsonValue& one : elements(value))
        text += (text.size() > 1 ? ", " : "") + java_text_of(one);
      return text + "]";
    }
    case JsonKind::object:
      return java_text_of_object(value);
  }
  return "null";
}

}  // namespace

Result<JsonColumns> JsonColumns::compile(const InputFormat& format,
                                         const std::vector<std::string>& columns) {
  TRY(const auto fields, flatten_fields(format));
  JsonColumns compiled;
  for (const std::string& column : columns) {
    Source source;
    const auto field = std::ranges::find(fields, column, &FlattenField::name);
    if (field == fields.end()) {
      source.key = compiled.key_of(column);
    } else if (!field->problem.empty()) {
      return fail(ErrorKind::invalid, fmt::format("column '{}': {}", column, field->problem));
    } else if (const auto* name = std::get_if<std::string>(&field->steps.front())) {
      source.key = compiled.key_of(*name);
      source.rest.assign(field->steps.begin() + 1, field->steps.end());
    } else {
      source.starts_with_index = true;
      source.rest = field->steps;
    }
    source.is_plain = source.rest.empty();
    compiled.sources_.push_back(std::move(source));
  }
  return compiled;
}

JsonValue JsonColumns::follow_path(const Source& source, std::span<const JsonValue> slots,
                                   std::string_view row) {
  if (!source.starts_with_index) return follow(slots[source.key], source.rest);
  if (!row.starts_with('[')) return {};
  return follow(JsonValue{JsonKind::array, false, row}, source.rest);
}

std::size_t JsonColumns::key_of(const std::string& name) {
  const auto known = std::ranges::find(keys_, name);
  if (known == keys_.end()) {
    keys_.push_back(name);
    return keys_.size() - 1;
  }
  return static_cast<std::size_t>(known - keys_.begin());
}

Field to_field(const JsonValue& value) {
  switch (value.kind) {
    case JsonKind::absent:
    case JsonKind::null:
      return NullField{};
    case JsonKind::integer:
    case JsonKind::decimal: {
      const auto number = to_number(value);
      if (const auto* integer = std::get_if<std::int64_t>(&number)) return *integer;
      return std::get<double>(number);
    }
    case JsonKind::array: {
      Texts texts;
      for (const JsonValue& one : elements(value)) texts.push_back(java_text_of(one));
      return texts;
    }
    case JsonKind::boolean:
    case JsonKind::text:
    case JsonKind::object:
      return Texts{java_text_of(value)};
  }
  return NullField{};
}

}  // namespace henge::scan
