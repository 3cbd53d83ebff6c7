#include "spec/build_pipeline.h"

#include "spec/drift_fields.h"
#include "spec/node_json.h"

namespace henge::spec {
namespace {

void take(std::optional<Millis> from, Millis& into) {
  if (from) into = *from;
}

void take(std::optional<bool> from, bool& into) {
  if (from) into = *from;
}

void take(std::optional<Granularity> from, Granularity& into) {
  if (from) into = *from;
}

void take(std::optional<std::string> from, std::string& into) {
  if (from) into = std::move(*from);
}

void take(std::optional<std::int64_t> from, std::int64_t& into) {
  if (from) into = *from;
}

void take(std::optional<std::int64_t> from, int& into) {
  if (from && *from >= INT32_MIN && *from <= INT32_MAX) into = static_cast<int>(*from);
}

Dimension dimension_of(const View& item) {
  Dimension dimension;
  if (auto name = item.text()) {
    dimension.name = *name;
    dimension.spec = json_of_named("string", *name);
    return dimension;
  }
  dimension.name = item["name"].text_or("");
  dimension.type = item["type"].text_or("string");
  dimension.spec = json_with(item, "type", dimension.type);
  return dimension;
}

// A filtered aggregator without a name of its own has its inner one's, as in Druid.
std::string metric_name(const View& item) {
  if (auto name = item["name"].text()) return *name;
  return item["type"].text_or("") == "filtered" ? item["aggregator"]["name"].text_or("") : "";
}

std::vector<Metric> metrics_of(const View& list) {
  std::vector<Metric> metrics;
  for (const View& item : list.items()) {
    metrics.push_back({metric_name(item), item["type"].text_or(""), item["fieldName"].text_or(""),
                       json_of(item)});
  }
  return metrics;
}

// Without a count metric nobody could tell how many events a chunk holds.
void ensure_count(Schema& schema) {
  auto count = std::ranges::find(schema.metrics, "count", &Metric::type);
  if (count == schema.metrics.end()) {
    schema.metrics.push_back(
        {"count", "count", "", JsonText{R"({"name":"count","type":"count"})"}});
    count = std::prev(schema.metrics.end());
  }
  schema.count_metric = count->name;
}

Schema schema_of(const View& from) {
  Schema schema;
  take(from["timestamp"]["column"].text(), schema.timestamp.column);
  take(from["timestamp"]["format"].text(), schema.timestamp.format);
  schema.timestamp.missing_value = from["timestamp"]["missingValue"].text();
  for (const View& item : from["dimensions"].items())
    schema.dimensions.push_back(dimension_of(item));
  schema.metrics = metrics_of(from["metrics"]);
  ensure_count(schema);
  take(from["rollup"].boolean(), schema.rollup);
  take(from["queryGranularity"].granularity(), schema.query_granularity);
  take(from["segmentGranularity"].granularity(), schema.segment_granularity);
  for (const View& item : from["transforms"].items()) {
    schema.transforms.push_back({item["name"].text_or(""), json_of(item)});
  }
  schema.filter = json_of(from["filter"]);
  return schema;
}

InputFormat input_format_of(const View& from) {
  InputFormat format;
  const std::string type = from["type"].text_or("json");
  if (type == "csv") format.kind = InputFormatKind::csv;
  if (type == "tsv") format.kind = InputFormatKind::tsv;
  format.spec = json_of(from);
  return format;
}

Stream stream_of(const View& from) {
  Stream stream;
  take(from["topic"].text(), stream.topic);
  for (const auto& [name, value] : from["consumerProperties"].fields()) {
    if (auto written = value.scalar()) stream.consumer_properties[name] = Property{*written};
  }
  stream.input_format = input_format_of(from["inputFormat"]);
  take(from["taskCount"].integer(), stream.task_count);
  take(from["replicas"].integer(), stream.replicas);
  take(from["taskDuration"].period(), stream.task_duration);
  take(from["completionTimeout"].period(), stream.completion_timeout);
  take(from["useEarliestOffset"].boolean(), stream.use_earliest_offset);
  take(from["arrivalDisorder"].period(), stream.arrival_disorder);
  stream.tuning_config = json_of(from["tuningConfig"]);
  stream.intermediate_handoff_period = from["intermediateHandoffPeriod"].period();
  if (!stream.intermediate_handoff_period) {
    stream.intermediate_handoff_period = from["tuningConfig"]["intermediateHandoffPeriod"].period();
  }
  return stream;
}

LatePolicy late_of(const View& from) {
  LatePolicy late;
  take(from["maxDelay"].period(), late.max_delay);
  take(from["minRows"].integer(), late.rows_min);
  take(from["maxRows"].integer(), late.rows_max);
  take(from["retention"].period(), late.retention);
  return late;
}

Mirror mirror_of(const View& from, const std::string& pipeline) {
  Mirror mirror;
  take(from["enabled"].boolean(), mirror.enabled);
  mirror.group = from["group"].text_or("henge." + pipeline);
  return mirror;
}

}  // namespace

Pipeline build_pipeline(const View& document) {
  Pipeline pipeline;
  const View spec = document["spec"];
  pipeline.name = document["metadata"]["name"].text_or("");
  for (const auto& [name, value] : document["metadata"]["labels"].fields()) {
    if (auto written = value.scalar()) pipeline.labels[name] = *written;
  }
  pipeline.datasource = spec["datasource"].text_or(pipeline.name);
  pipeline.schema = schema_of(spec["schema"]);
  pipeline.stream = stream_of(spec["stream"]);
  take(spec["lateness"].period(), pipeline.rule.lateness);
  pipeline.rule.earliness = spec["earliness"].period();
  pipeline.late = late_of(spec["late"]);
  pipeline.mirror = mirror_of(spec["stream"]["mirror"], pipeline.name);
  if (spec["locks"].text_or("") == "exclusive") pipeline.locks = Locks::exclusive;
  pipeline.windows = build_windows(spec["windows"]);
  pipeline.drift = build_drift_rules(spec["drift"]);
  pipeline.append_partitions = json_of(spec["batch"]["partitionsSpec"]);
  const View replace = spec["batch"]["replacePartitionsSpec"];
  pipeline.batch_partitions = replace ? json_of(replace) : pipeline.append_partitions;
  pipeline.compaction_partitions = json_of(spec["compaction"]["partitionsSpec"]);
  return pipeline;
}

}  // namespace henge::spec
