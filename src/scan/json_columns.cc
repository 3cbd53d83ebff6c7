#include "scan/json_columns.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

#include "scan/java_number.h"
#include "scan/json_number.h"

namespace henge::scan {

namespace {

using Json = nlohmann::json;

tl::unexpected<Error> bad_path(std::string_view expression, std::string_view why) {
  return fail(
      ErrorKind::invalid,
      fmt::format("henge cannot follow the path '{}': {}; it knows $.name, ['name'] and [0]",
                  expression, why));
}

// Reads ['name'], ["name"] or [12] at the front of `rest`.
Result<PathStep> bracket_step(std::string_view expression, std::string_view& rest) {
  const std::size_t end = rest.find(']');
  if (end == std::string_view::npos) return bad_path(expression, "a bracket is not closed");
  std::string_view inside = rest.substr(1, end - 1);
  if (inside.size() >= 2 && (inside.front() == '\'' || inside.front() == '"')) {
    const char quote = inside.front();
    const std::size_t close = rest.find(quote, 2);
    if (close == std::string_view::npos || close + 1 >= rest.size() || rest[close + 1] != ']') {
      return bad_path(expression, "one quoted name is expected in a bracket");
    }
    const std::string_view name = rest.substr(2, close - 2);
    if (name.find('\\') != std::string_view::npos)
      return bad_path(expression, "a backslash in a name");
    rest.remove_prefix(close + 2);
    return std::string(name);
  }
  std::size_t index = 0;
  const auto [stop, error] = std::from_chars(inside.data(), inside.data() + inside.size(), index);
  if (inside.empty() || error != std::errc{} || stop != inside.data() + inside.size()) {
    return bad_path(expression, "an index has to be a number from 0");
  }
  rest.remove_prefix(end + 1);
  return index;
}

Result<PathStep> name_step(std::string_view expression, std::string_view& rest) {
  rest.remove_prefix(1);
  const std::string_view name = rest.substr(0, rest.find_first_of(".["));
  if (name.empty()) return bad_path(expression, "a name is empty");
  if (name.find_first_of("*?@()' \"") != std::string_view::npos) {
    return bad_path(expression, "wildcards, filters and functions are not evaluated");
  }
  rest.remove_prefix(name.size());
  return std::string(name);
}

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

Result<std::vector<FlattenField>> flatten_fields(const InputFormat& format) {
  std::vector<FlattenField> fields;
  if (format.spec.empty()) return fields;
  const Json spec = Json::parse(format.spec.text, nullptr, false);
  if (spec.is_discarded() || !spec.is_object())
    return fail(ErrorKind::invalid, "the inputFormat is no JSON object");
  // These choose another of Druid's readers, which counts mistakes in a record line by line.
  for (const char* option : {"assumeNewlineDelimited", "useJsonNodeReader"}) {
    if (spec.contains(option) && spec[option] == true) {
      return fail(ErrorKind::invalid, fmt::format("the inputFormat's {} is not supported", option));
    }
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

Result<std::vector<PathStep>> parse_json_path(std::string_view expression) {
  std::string_view rest = expression;
  if (rest.size() < 2 || rest.front() != '$')
    return bad_path(expression, "it has to begin with $ and name something");
  rest.remove_prefix(1);
  std::vector<PathStep> steps;
  while (!rest.empty()) {
    if (rest.front() == '.') {
      TRY(auto step, name_step(expression, rest));
      steps.push_back(std::move(step));
    } else if (rest.front() == '[') {
      TRY(auto step, bracket_step(expression, rest));
      steps.push_back(std::move(step));
    } else {
      return bad_path(expression, "a '.' or '[' is expected between names");
    }
  }
  return steps;
}

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
