// Compares a file with its shape: unknown, missing and misspelt fields, wrong types, units and
// words.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cctype>
#include <cmath>
#include <optional>

#include "spec/references.h"
#include "spec/shape.h"
#include "spec/suggest.h"

namespace henge::spec {
namespace {

void wrong_type(const View& value, std::string_view expected, std::string hint, Report& report) {
  report.add("wrong_type", value,
             fmt::format("expected {}, found {}", expected, describe(*value.node)),
             std::move(hint));
}

std::string quotes_hint(const View& value) {
  return value.scalar()
             ? fmt::format("write \"{}\" with quotes if it is meant as text", value.node->text)
             : "";
}

void check_reference_free(const View& value, Report& report) {
  if (!has_reference(value.node->text)) return;
  report.add("reference_not_allowed", value,
             "references to secrets are only taken in consumer properties and passwords",
             "write the value itself");
}

void check_text(const Field& shape, const View& value, Report& report) {
  if (!value.is(NodeKind::text)) return wrong_type(value, "text", quotes_hint(value), report);
  if (has_reference(value.node->text)) return check_reference_free(value, report);
  const std::string& text = value.node->text;
  if (shape.choices.empty() || std::ranges::find(shape.choices, text) != shape.choices.end())
    return;
  if (shape.more_choices) return;
  report.add("wrong_choice", value,
             fmt::format("expected {}{}, found {}", shape.choices.size() > 1 ? "one of " : "",
                         fmt::join(shape.choices, ", "), describe(*value.node)),
             nearest(text, shape.choices) ? suggestion(text, shape.choices) : "");
}

void check_boolean(const View& value, Report& report) {
  if (value.is(NodeKind::boolean)) return;
  std::string hint;
  const std::string written = value.scalar().value_or("");
  for (const char* yes : {"yes", "on", "Yes", "On", "YES", "ON", "y", "1"})
    if (written == yes) hint = "write true";
  for (const char* no : {"no", "off", "No", "Off", "NO", "OFF", "n", "0"})
    if (written == no) hint = "write false";
  if (written == "true" || written == "false") hint = "leave the quotes out";
  wrong_type(value, "true or false", hint, report);
}

void check_integer(const Field& shape, const View& value, Report& report) {
  if (!value.is(NodeKind::integer)) {
    Node unquoted;
    unquoted.text = value.scalar().value_or("");
    resolve_plain(unquoted);
    const bool quoted = value.is(NodeKind::text) && unquoted.kind == NodeKind::integer;
    return wrong_type(value, "a whole number", quoted ? "leave the quotes out" : "", report);
  }
  if (value.node->integer >= shape.min && value.node->integer <= shape.max) return;
  report.add("out_of_range", value,
             fmt::format("expected {} to {}, found {}", shape.min, shape.max, value.node->integer),
             "");
}

void check_number(const Field& shape, const View& value, Report& report) {
  const auto number = value.number();
  if (!number) return wrong_type(value, "a number", "", report);
  // Written so that .nan does not pass.
  if (*number >= static_cast<double>(shape.min) && *number <= static_cast<double>(shape.max))
    return;
  report.add("out_of_range", value,
             fmt::format("expected {} to {}, found {}", shape.min, shape.max, value.node->text),
             "");
}

// 10m, 1h30m, 7 days, 500ms as the period that was probably meant.
std::optional<std::string> period_meant(std::string_view text) {
  std::int64_t total_ms = 0;
  bool any = false;
  while (!text.empty()) {
    if (text[0] == ' ') {
      text.remove_prefix(1);
      continue;
    }
    std::size_t digits = 0;
    while (digits < text.size() && std::isdigit(static_cast<unsigned char>(text[digits]))) ++digits;
    if (digits == 0 || digits > 9) return std::nullopt;
    const std::int64_t number = std::stoll(std::string(text.substr(0, digits)));
    text.remove_prefix(digits);
    while (!text.empty() && text[0] == ' ') text.remove_prefix(1);
    std::string unit;
    for (; !text.empty() && std::isalpha(static_cast<unsigned char>(text[0]));
         text.remove_prefix(1)) {
      unit += static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
    }
    if (unit.size() > 2 && unit.ends_with('s')) unit.pop_back();
    struct Unit {
      std::string_view names;
      std::int64_t ms;
    };
    static constexpr Unit units[] = {{" ms milli millisecond ", 1}, {" s sec second ", 1000},
                                     {" m min minute ", 60'000},    {" h hr hour ", 3'600'000},
                                     {" d day ", 86'400'000},       {" w week ", 604'800'000}};
    const auto* found = std::ranges::find_if(units, [&](const Unit& u) {
      return !unit.empty() && u.names.find(" " + unit + " ") != std::string_view::npos;
    });
    if (found == std::end(units)) return std::nullopt;
    total_ms += number * found->ms;
    if (total_ms > 1'000'000'000'000'000) return std::nullopt;
    any = true;
  }
  return any ? std::optional(to_iso_period(Millis(total_ms))) : std::nullopt;
}

void check_period(const View& value, Report& report) {
  if (value.is(NodeKind::integer) && value.node->integer > 0 &&
      value.node->integer < 1'000'000'000'000) {
    const std::int64_t n = value.node->integer;
    return report.add(
        "wrong_unit", value,
        fmt::format("expected a period with its unit, such as PT10M; found the number {}", n),
        fmt::format("{} if that is seconds, {} if it is milliseconds",
                    to_iso_period(std::chrono::seconds(n)), to_iso_period(Millis(n))));
  }
  if (!value.is(NodeKind::text))
    return wrong_type(value, "a period such as PT10M or P7D", "", report);
  check_reference_free(value, report);
  auto parsed = parse_period(value.node->text);
  if (parsed) return;
  auto meant = period_meant(value.node->text);
  report.add("wrong_unit", value, parsed.error().message,
             meant ? fmt::format("did you mean {}?", *meant) : "");
}

const std::vector<std::string>& granularity_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (int g = 0; g <= static_cast<int>(Granularity::all); ++g)
      all.emplace_back(to_string(static_cast<Granularity>(g)));
    return all;
  }();
  return names;
}

void check_granularity(const View& value, Report& report) {
  if (value.is(NodeKind::map)) {
    return wrong_type(value, "a granularity's name such as HOUR",
                      "granularities with a time zone or origin are not taken: chunks are in UTC",
                      report);
  }
  if (!value.is(NodeKind::text))
    return wrong_type(value, "a granularity's name such as HOUR", "", report);
  check_reference_free(value, report);
  if (auto parsed = parse_granularity(value.node->text); !parsed) {
    auto near = nearest(value.node->text, granularity_names());
    report.add("wrong_choice", value, parsed.error().message,
               near ? fmt::format("did you mean {}?", *near) : "");
  }
}

void check_size(const View& value, Report& report) {
  if (value.is(NodeKind::integer) && value.node->integer >= 0) return;
  if (!value.is(NodeKind::text))
    return wrong_type(value, "a size such as 65536, 64k or 1M", "", report);
  if (auto parsed = parse_size(value.node->text); !parsed) {
    report.add("wrong_unit", value, parsed.error().message, "k, M and G are powers of 1024");
  }
}

void check_secret(const View& value, Report& report) {
  if (auto references = references_of(value.node->text); !references) {
    report.add("reference_malformed", value, references.error().message, "");
  }
}

void check_map_of_scalars(const Field& shape, const View& value, Report& report) {
  if (!value.is(NodeKind::map)) return wrong_type(value, "a map of names to values", "", report);
  for (const auto& [name, field] : value.fields()) {
    if (!field.scalar())
      wrong_type(field, "one plain value", "", report);
    else if (shape.type == FieldType::properties)
      check_secret(field, report);
    else
      check_reference_free(field, report);
  }
}

// A name that is refused in `shape`, or everywhere: those of the root.
bool refuse_stranger(const Field& shape, const std::string& name, const View& field,
                     const Field& root, Report& report) {
  for (const Field* where : {&shape, &root}) {
    auto stranger = std::ranges::find(where->strangers, name, &Stranger::name);
    if (stranger == where->strangers.end()) continue;
    report.add_at_key(stranger->code, field, stranger->message, stranger->hint);
    return true;
  }
  return false;
}

void check_druid(const View& value, const Field& root, Report& report) {
  if (value.is(NodeKind::text)) check_reference_free(value, report);
  if (value.is(NodeKind::number) && !std::isfinite(value.node->number)) {
    report.add("not_json", value, fmt::format("{} cannot be written as JSON", value.node->text),
               "");
  }
  for (const View& item : value.items()) check_druid(item, root, report);
  for (const auto& [name, field] : value.fields()) {
    if (!refuse_stranger(root, name, field, root, report)) check_druid(field, root, report);
  }
}

// Paths in the shape at which a field of that name exists, so that a misplaced one can be sent
// home.
void collect_homes(const Field& shape, std::string_view name, const std::string& path,
                   std::vector<std::string>& homes) {
  if (shape.type != FieldType::object || shape.open) return;
  for (const Field& field : shape.fields) {
    std::string below = path.empty() ? field.name : path + "." + field.name;
    if (field.name == name) homes.push_back(path);
    collect_homes(field, name, below, homes);
  }
}

void unknown_druid_field(const Field& shape, const std::string& name, const View& field,
                         const Field& root, Report& report) {
  if (refuse_stranger(shape, name, field, root, report)) return;
  check_druid(field, root, report);
  constexpr std::size_t telling = 4;  // shorter names are near to many
  if (name.size() < telling || !nearest(name, shape.field_names())) return;
  report.add_at_key("unknown_druid_field", field,
                    fmt::format("{} is passed on to Druid, and may be misspelt", name),
                    suggestion(name, shape.field_names()));
}

// Gives the known name that was probably meant.
std::optional<std::string> unknown_field(const Field& shape, const std::string& name,
                                         const View& field, const Field& root, Report& report) {
  if (refuse_stranger(shape, name, field, root, report)) return std::nullopt;
  auto near = nearest(name, shape.field_names());
  std::vector<std::string> homes;
  collect_homes(root, name, "", homes);
  std::string hint = suggestion(name, shape.field_names());
  if (!near && homes.size() == 1 && !homes[0].empty())
    hint = fmt::format("it belongs into {}", homes[0]);
  report.add_at_key("unknown_field", field, fmt::format("unknown field {}", name), hint);
  return near;
}

void check_object(const Field& shape, const View& value, const Field& root, Report& report) {
  if (shape.or_name && value.is(NodeKind::text)) return check_reference_free(value, report);
  if (!value.is(NodeKind::map)) {
    if (shape.or_name) return wrong_type(value, "a name or a map", quotes_hint(value), report);
    return wrong_type(value, "a map", "", report);
  }
  std::vector<std::string> meant;  // misspelt fields are not missing as well
  for (const auto& [name, field] : value.fields()) {
    if (const Field* known = shape.find(name))
      check(*known, field, root, report);
    else if (shape.open)
      unknown_druid_field(shape, name, field, root, report);
    else if (auto near = unknown_field(shape, name, field, root, report))
      meant.push_back(*near);
  }
  for (const Field& field : shape.fields) {
    if (!field.required || value.node->find(field.name)) continue;
    if (std::ranges::find(meant, field.name) != meant.end()) continue;
    report.add("missing_field", value[field.name],
               fmt::format("the field {} is missing", field.name), field.doc);
  }
}

void check_list(const Field& shape, const View& value, const Field& root, Report& report) {
  const Field& item = shape.fields.front();
  if (!value.is(NodeKind::list)) {
    auto stranger = std::ranges::find_if(shape.strangers, [&](const Stranger& s) {
      return value.is(NodeKind::map) && value.node->find(s.name);
    });
    if (stranger != shape.strangers.end())
      return report.add(stranger->code, value, stranger->message, stranger->hint);
    const bool one = value.is(NodeKind::map) || value.is(NodeKind::text);
    return wrong_type(value, "a list", one ? "put a - before each item" : "", report);
  }
  for (const View& element : value.items()) check(item, element, root, report);
}

}  // namespace

void check(const Field& shape, const View& value, const Field& root, Report& report) {
  if (!value) return;
  switch (shape.type) {
    case FieldType::text:
      return check_text(shape, value, report);
    case FieldType::boolean:
      return check_boolean(value, report);
    case FieldType::integer:
      return check_integer(shape, value, report);
    case FieldType::number:
      return check_number(shape, value, report);
    case FieldType::period:
      return check_period(value, report);
    case FieldType::granularity:
      return check_granularity(value, report);
    case FieldType::size:
      return check_size(value, report);
    case FieldType::properties:
    case FieldType::labels:
      return check_map_of_scalars(shape, value, report);
    case FieldType::secret:
      if (!value.is(NodeKind::text)) return wrong_type(value, "text", quotes_hint(value), report);
      return check_secret(value, report);
    case FieldType::object:
      return check_object(shape, value, root, report);
    case FieldType::list:
      return check_list(shape, value, root, report);
    case FieldType::druid:
      return check_druid(value, root, report);
  }
}

}  // namespace henge::spec
