#include "spec/data_schema.h"

#include <fmt/format.h>

#include <array>

#include "spec/combining_metric.h"
#include "spec/render_supervisor.h"

namespace henge::spec {

Json timestamp_spec(const TimestampSpec& timestamp) {
  Json spec = {{"column", timestamp.column}, {"format", timestamp.format}};
  if (timestamp.missing_value) spec["missingValue"] = *timestamp.missing_value;
  return spec;
}

Result<Json> dimensions_spec(const Schema& schema) {
  Json dimensions = Json::array();
  for (const auto& dimension : schema.dimensions) {
    TRY(Json spec, parse_json(dimension.spec));
    dimensions.push_back(std::move(spec));
  }
  Json spec = {{"dimensions", std::move(dimensions)}};
  // Without a list Druid takes every column it meets; henge's own must not be among them.
  if (schema.dimensions.empty()) spec["dimensionExclusions"] = {arrival_column, topic_column};
  return spec;
}

Result<Json> metrics_spec(const Schema& schema, MetricForm form) {
  Json metrics = Json::array();
  for (const auto& metric : schema.metrics) {
    JsonText text = metric.spec;
    if (form == MetricForm::combining) {
      TRY(text, combining_form(metric));
    }
    TRY(Json spec, parse_json(text));
    metrics.push_back(std::move(spec));
  }
  return metrics;
}

Json granularity_spec(const Schema& schema) {
  return {{"type", "uniform"},
          {"segmentGranularity", to_string(schema.segment_granularity)},
          {"queryGranularity", to_string(schema.query_granularity)},
          {"rollup", schema.rollup}};
}

Result<Json> transform_spec(const Schema& schema, std::span<const Json> rules) {
  Json filters = Json::array();
  for (const auto& rule : rules) filters.push_back(rule);
  if (!schema.filter.empty()) {
    TRY(Json own, parse_json(schema.filter));
    filters.push_back(std::move(own));
  }
  Json transforms = Json::array();
  for (const auto& transform : schema.transforms) {
    TRY(Json spec, parse_json(transform.spec));
    transforms.push_back(std::move(spec));
  }
  Json spec;
  if (!transforms.empty()) spec["transforms"] = std::move(transforms);
  if (filters.size() == 1) {
    spec["filter"] = filters[0];
  } else if (!filters.empty()) {
    spec["filter"] = {{"type", "and"}, {"fields", std::move(filters)}};
  }
  return spec;
}

Result<Json> event_data_schema(const Pipeline& pipeline, std::span<const Json> rules) {
  const Schema& schema = pipeline.schema;
  TRY(Json dimensions, dimensions_spec(schema));
  TRY(Json metrics, metrics_spec(schema, MetricForm::declared));
  TRY(Json transforms, transform_spec(schema, rules));
  Json spec = {{"dataSource", pipeline.datasource},
               {"timestampSpec", timestamp_spec(schema.timestamp)},
               {"dimensionsSpec", std::move(dimensions)},
               {"metricsSpec", std::move(metrics)},
               {"granularitySpec", granularity_spec(schema)}};
  if (!transforms.is_null()) spec["transformSpec"] = std::move(transforms);
  return spec;
}

Json nothing_format() {
  return {{"type", "csv"}, {"columns", {"nothing"}}, {"skipHeaderRows", 1}};
}

Json task_context(const Pipeline& pipeline) {
  return {{"useConcurrentLocks", pipeline.locks == Locks::concurrent},
          {"henge.pipeline", pipeline.name}};
}

Result<Json> shared_tuning(const Pipeline& pipeline) {
  static constexpr auto shared = std::to_array<std::string_view>(
      {"indexSpec", "indexSpecForIntermediatePersists", "appendableIndexSpec", "maxRowsInMemory",
       "maxBytesInMemory", "reportParseExceptions", "logParseExceptions", "maxParseExceptions",
       "maxSavedParseExceptions"});
  Json tuning = Json::object();
  if (pipeline.stream.tuning_config.empty()) return tuning;
  TRY(const Json stream, parse_json(pipeline.stream.tuning_config));
  for (const auto key : shared) {
    if (const Json& value = at_or_null(stream, key); !value.is_null())
      tuning[std::string(key)] = value;
  }
  return tuning;
}

Result<void> add_partitions(Json& tuning, const JsonText& partitions) {
  Json spec = {{"type", "dynamic"}};
  if (!partitions.empty()) {
    TRY(spec, parse_json(partitions));
  }
  if (string_at(spec, "type") != "dynamic") tuning["forceGuaranteedRollup"] = true;
  tuning["partitionsSpec"] = std::move(spec);
  return {};
}

// Source: contract 3.1.1.
Result<void> check_task_id(std::string_view id) {
  const auto wrong = [](char c) {
    return c == '/' || static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  };
  if (!id.empty() && id.front() != '.' && std::ranges::none_of(id, wrong)) return {};
  return fail(ErrorKind::invalid,
              fmt::format("\"{}\" is no task id for Druid: it must not be empty, begin with a dot, "
                          "or hold slashes or control characters",
                          id));
}

Result<void> check_aligned(const Pipeline& pipeline, Interval interval) {
  const Granularity chunk = pipeline.schema.segment_granularity;
  const bool aligned = interval.start < interval.end &&
                       bucket(chunk, interval.start).start == interval.start &&
                       bucket(chunk, interval.end - Millis(1)).end == interval.end;
  if (aligned) return {};
  return fail(ErrorKind::invalid,
              fmt::format("the interval {} does not begin and end with a chunk of {}",
                          to_iso(interval), to_string(chunk)));
}

}  // namespace henge::spec
