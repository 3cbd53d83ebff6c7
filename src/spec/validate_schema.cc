// Time, columns and metrics.
#include <fmt/format.h>

#include <map>
#include <set>

#include "model/timestamp_format.h"
#include "spec/combining_metric.h"
#include "spec/pipeline_shape.h"
#include "spec/shape.h"
#include "spec/suggest.h"
#include "spec/validate.h"

namespace henge::spec {
namespace {

void validate_timestamp(const View& timestamp, const View& schema, Report& report) {
  const View format = timestamp["format"];
  if (auto text = format.text()) {
    if (auto problem = timestamp_format_problem(*text)) {
      report.add("timestamp_format", format,
                 fmt::format("the format \"{}\" is not one that henge evaluates exactly: {}", *text,
                             *problem),
                 "iso, millis, posix, micro, nano, auto, or a pattern of numeric parts such as "
                 "yyyy-MM-dd HH:mm:ss");
    }
  }
  const View missing = timestamp["missingValue"];
  if (auto text = missing.text()) {
    if (auto instant = parse_instant(*text); !instant) {
      report.add("wrong_unit", missing, instant.error().message, "");
    } else {
      report.add("timestamp_missing_value", missing,
                 "rows without a timestamp get this instant, and so are late unless it is recent",
                 "without missingValue they are counted as unparseable");
    }
  }
  const std::string column = timestamp["column"].text_or("timestamp");
  if (column.starts_with("kafka.") || column.starts_with("__")) {
    report.add("timestamp_column", timestamp["column"],
               fmt::format("{} is not a column of the record's value", column),
               "batch tasks read the value alone; name a field of it");
  }
  for (const View& transform : schema["transforms"].items()) {
    if (transform["name"].text_or("") != column) continue;
    report.add("timestamp_column", transform["name"],
               fmt::format("the timestamp column {} is made by a transform", column),
               "henge decides lateness from the record itself; let producers write the timestamp, "
               "or use flattenSpec");
  }
}

void validate_granularities(const View& schema, const Pipeline& pipeline, Report& report) {
  const Granularity segment = pipeline.schema.segment_granularity;
  const Granularity query = pipeline.schema.query_granularity;
  if (segment == Granularity::none || segment == Granularity::all) {
    report.add("segment_granularity", schema["segmentGranularity"],
               fmt::format("{} gives no chunks that could be closed", to_string(segment)),
               "HOUR or DAY are usual");
    return;
  }
  if (nests(query, segment)) return;
  const View at =
      schema["queryGranularity"] ? schema["queryGranularity"] : schema["segmentGranularity"];
  report.add("query_granularity_coarser", at,
             fmt::format("queryGranularity {} does not fit into segmentGranularity {}",
                         to_string(query), to_string(segment)),
             "make queryGranularity finer or chunks longer");
}

// Each stored column once, and none that Druid or henge make themselves.
class Columns {
 public:
  explicit Columns(Report& report) : report_(report) {}

  void add(const std::string& name, const View& at, const char* kind) {
    if (name.empty()) return;
    if (name == "__time" || name.starts_with("__henge")) {
      report_.add("reserved_column", at,
                  fmt::format("{} is made by {}", name, name == "__time" ? "Druid" : "henge"), "");
      return;
    }
    if (name.starts_with("kafka.")) {
      report_.add(
          "reserved_column", at,
          fmt::format("{} is a column of the Kafka record, which batch tasks do not have", name),
          "");
      return;
    }
    auto [before, is_new] =
        taken_.emplace(name, fmt::format("{} in line {}", kind, at.place().line));
    if (!is_new)
      report_.add("duplicate_column", at, fmt::format("{} is already a {}", name, before->second),
                  "");
  }

  [[nodiscard]] bool has(const std::string& name) const { return taken_.contains(name); }

 private:
  Report& report_;
  std::map<std::string, std::string> taken_;
};

void validate_dimensions(const View& list, Columns& columns, Report& report) {
  if (list.is(NodeKind::list) && list.node->items.empty()) {
    report.add("no_dimensions", list, "no dimension is declared",
               "without a list Druid discovers columns, also those of the Kafka record that batch "
               "does not have");
  }
  for (const View& item : list.items()) {
    const View name = item.is(NodeKind::map) ? item["name"] : item;
    if (auto text = name.text()) {
      if (text->empty()) report.add("bad_name", name, "a dimension without a name", "");
      columns.add(*text, name, "dimension");
    }
  }
}

const std::vector<std::string>& known_aggregators() {
  return pipeline_shape()
      .find("spec")
      ->find("schema")
      ->find("metrics")
      ->fields.front()
      .find("type")
      ->choices;
}

// What an aggregator reads: a field or an expression, and for filtered ones a filter and an inner
// aggregator.
void validate_aggregator(const View& item, const std::string& type, Report& report) {
  if (type == "filtered") {
    for (const char* part : {"filter", "aggregator"}) {
      if (!item[part])
        report.add("metric_incomplete", item[part],
                   fmt::format("a filtered aggregator needs {}", part), "");
    }
    return;
  }
  const bool known = std::ranges::find(known_aggregators(), type) != known_aggregators().end();
  if (!known || type == "count" || item["fieldName"] || item["expression"]) return;
  report.add("metric_incomplete", item["fieldName"],
             fmt::format("an aggregator of type {} needs fieldName", type), "");
}

void validate_combinable(const View& item, const Metric& metric, Report& report) {
  if (metric.type.empty() || combining_form(metric)) return;
  auto near = nearest(metric.type, known_aggregators());
  const std::string hint =
      near && *near != metric.type
          ? fmt::format("did you mean {}?", *near)
          : std::string("compaction and re-indexing will be refused for this pipeline");
  report.add(
      "metric_not_combinable", item["type"],
      fmt::format("henge knows no form in which {} could be computed again from its own column",
                  metric.type),
      hint);
}

void validate_metrics(const View& list, const Pipeline& pipeline, Columns& columns,
                      Report& report) {
  bool has_count = false;
  const std::vector<View> items = list.items();
  for (std::size_t i = 0; i < items.size(); ++i) {
    const View& item = items[i];
    if (!item.is(NodeKind::map)) continue;
    const Metric& metric = pipeline.schema.metrics[i];
    if (metric.name.empty()) {
      report.add("missing_field", item["name"], "the field name is missing",
                 "the column that the metric is written to");
    }
    const View name = item["name"];
    columns.add(metric.name, name ? name : item, "metric");
    validate_aggregator(item, metric.type, report);
    validate_combinable(item, metric, report);
    has_count = has_count || metric.type == "count";
  }
  if (!has_count && columns.has("count")) {
    report.add("count_name_taken", list,
               "henge adds a metric of type count named count, and that name is taken",
               "declare one yourself: {type: count, name: events}");
  }
}

void validate_rollup(const View& schema, Report& report) {
  if (!schema["rollup"].boolean().value_or(false)) return;
  bool aggregates = false;
  for (const View& item : schema["metrics"].items())
    aggregates = aggregates || item["type"].text_or("") != "count";
  if (!aggregates) {
    report.add("rollup_without_metrics", schema["rollup"],
               "rollup merges rows, and no metric but a count says what of them is kept",
               "declare metrics, or turn rollup off");
  }
  if (schema["queryGranularity"].granularity().value_or(Granularity::none) == Granularity::none) {
    report.add("rollup_without_query_granularity", schema["rollup"],
               "with queryGranularity NONE only rows of the same millisecond merge",
               "set queryGranularity, such as MINUTE");
  }
}

void validate_transforms(const View& list, Report& report) {
  std::set<std::string> names;
  for (const View& item : list.items()) {
    const View name = item["name"];
    if (item.is(NodeKind::map) && item["type"].text_or("") == "expression" && !item["expression"]) {
      report.add("transform_incomplete", item["expression"],
                 "an expression transform needs expression", "");
    }
    const std::string text = name.text_or("");
    if (text == "__time") {
      report.add("timestamp_column", name, "a transform replaces the timestamp",
                 "henge decides lateness from the record itself; let producers write the "
                 "timestamp, or use flattenSpec");
    } else if (text.starts_with("__henge") || text.starts_with("kafka.")) {
      report.add("reserved_column", name,
                 fmt::format("{} is not a name for columns of your own", text), "");
    } else if (!text.empty() && !names.insert(text).second) {
      report.add("duplicate_column", name,
                 fmt::format("a transform named {} stands there twice", text), "");
    }
  }
}

}  // namespace

void validate_schema(const View& spec, const Pipeline& pipeline, Report& report) {
  const View schema = spec["schema"];
  if (!schema.is(NodeKind::map)) return;
  validate_timestamp(schema["timestamp"], schema, report);
  validate_granularities(schema, pipeline, report);
  Columns columns(report);
  validate_dimensions(schema["dimensions"], columns, report);
  validate_metrics(schema["metrics"], pipeline, columns, report);
  validate_rollup(schema, report);
  validate_transforms(schema["transforms"], report);
}

}  // namespace henge::spec
