// The input format: which rows Druid makes of a record, and whether henge makes the same.
#include <fmt/format.h>

#include <optional>
#include <set>

#include "model/input_option.h"
#include "model/json_path.h"
#include "spec/json_path.h"
#include "spec/suggest.h"
#include "spec/validate.h"

namespace henge::spec {
namespace {

void refuse_type(const View& type, Report& report) {
  const std::string text = type.text_or("");
  std::string hint = "json, csv and tsv are read";
  if (text == "kafka")
    hint = "henge wraps the format itself; write the valueFormat here";
  else if (auto near = nearest(text, {"json", "csv", "tsv"}))
    hint = fmt::format("did you mean {}?", *near);
  report.add("input_format", type,
             fmt::format("henge does not read the input format {} for now", text), hint);
}

bool is_set(const View& option) {
  if (!option || option.is(NodeKind::null) || option.boolean() == false || option.integer() == 0)
    return false;
  return option.text_or("") != "false" && !(option.is(NodeKind::map) && option.fields().empty());
}

void refuse_options(const View& format, InputFormatKind kind, Report& report) {
  for (const InputOption& option : refused_options(kind)) {
    if (const View at = format[option.name]; is_set(at))
      report.add("input_format_option", at, refusal_of(option), "leave it out");
  }
}

void validate_timestamp_path(const View& field, Report& report) {
  if (field.is(NodeKind::text) || is_plain_path(field)) return;
  const View expr = field["expr"];
  if (field["type"].text_or("") != "path" || !expr) {
    return report.add("timestamp_column", field["type"] ? field["type"] : field,
                      "henge follows fields of type path, root and tree to a timestamp, and no "
                      "others",
                      "");
  }
  const auto steps = parse_json_path(expr.text_or(""));
  report.add("timestamp_column", expr, steps ? "" : steps.error().message, "");
}

// Druid takes a column of that name for the arrival, wherever it comes from.
void refuse_reserved(const View& at, const std::string& name, Report& report) {
  if (!name.starts_with("__henge")) return;
  report.add("reserved_column", at, fmt::format("the column name {} is henge's own", name), "");
}

void validate_json(const View& format, const std::string& timestamp_column, Report& report) {
  refuse_options(format, InputFormatKind::json, report);
  bool found = format["flattenSpec"]["useFieldDiscovery"].boolean() != false;
  for (const View& field : format["flattenSpec"]["fields"].items()) {
    const std::string name =
        field.is(NodeKind::map) ? field["name"].text_or("") : field.text_or("");
    refuse_reserved(field, name, report);
    if (field.is(NodeKind::map) && field["type"].text_or("root") != "root" && !field["expr"] &&
        !field["nodes"]) {
      report.add("missing_field", field["expr"], "the field expr is missing",
                 "a path such as $.a.b");
    }
    if (name != timestamp_column) continue;
    found = true;
    validate_timestamp_path(field, report);
  }
  if (!found) {
    report.add("timestamp_column", format["flattenSpec"],
               fmt::format("without field discovery nothing yields the timestamp column {}",
                           timestamp_column),
               "add it to flattenSpec.fields");
  }
}

void expect_column(const View& name, const std::set<std::string>& columns, Report& report) {
  const auto text = name.text();
  if (!text || columns.contains(*text)) return;
  const std::vector<std::string> known(columns.begin(), columns.end());
  report.add("column_not_in_input", name,
             fmt::format("{} is neither in spec.stream.inputFormat.columns nor made by a transform",
                         *text),
             nearest(*text, known) ? suggestion(*text, known) : "");
}

void validate_separated(const View& format, const View& schema, const std::string& timestamp_column,
                        Report& report) {
  refuse_options(format, InputFormatKind::csv, report);
  const View list = format["columns"];
  if (!list || list.items().empty()) {
    return report.add("missing_field", list,
                      "columns is missing: a Kafka record has no header line to take them from",
                      "list the columns in their order");
  }
  std::set<std::string> columns;
  for (const View& item : list.items()) {
    refuse_reserved(item, item.text_or(""), report);
    if (!columns.insert(item.text_or("")).second)
      report.add("duplicate_column", item, fmt::format("{} stands there twice", item.text_or("")),
                 "");
  }
  if (!columns.contains(timestamp_column)) {
    report.add("timestamp_column", list,
               fmt::format("the timestamp column {} is not among columns", timestamp_column),
               suggestion(timestamp_column, {columns.begin(), columns.end()}));
  }
  for (const View& item : schema["transforms"].items()) columns.insert(item["name"].text_or(""));
  for (const View& item : schema["dimensions"].items()) {
    expect_column(item.is(NodeKind::map) ? item["name"] : item, columns, report);
  }
  for (const View& item : schema["metrics"].items()) {
    expect_column(item["fieldName"], columns, report);
  }
}

}  // namespace

void validate_input(const View& spec, Report& report) {
  const View format = spec["stream"]["inputFormat"];
  const View type = format["type"];
  if (!type.text()) return;
  const std::string timestamp_column = spec["schema"]["timestamp"]["column"].text_or("timestamp");
  if (*type.text() == "json") return validate_json(format, timestamp_column, report);
  if (*type.text() == "csv" || *type.text() == "tsv") {
    return validate_separated(format, spec["schema"], timestamp_column, report);
  }
  refuse_type(type, report);
}

}  // namespace henge::spec
