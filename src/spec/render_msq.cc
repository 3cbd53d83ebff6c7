#include "spec/render_msq.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "spec/data_schema.h"
#include "spec/msq_filter.h"
#include "spec/msq_text.h"

namespace henge::spec {
namespace {

tl::unexpected<Error> unfit(std::string why) {
  return fail(ErrorKind::invalid, std::move(why));
}

// Everything that the statement is made of.
struct Parts {
  MsqColumns columns;  // that are read
  std::string time;
  std::vector<std::string> dimensions;  // quoted
  std::vector<std::string> metrics;     // SUM("bytes") AS "bytes"
  std::string filter;                   // empty: none
  std::vector<std::string> clustered;   // quoted
  std::int64_t segment_rows = 0;        // 0: Druid's own
};

// Which times a format can mean is in Druid's TimestampParser, for batch tasks, and in
// TimestampParseExprMacro: what only the former understands is null here.
Result<std::string> time_of(const TimestampSpec& timestamp, MsqColumns& columns) {
  if (timestamp.missing_value)
    return unfit("timestamp.missingValue: a row without a time would make the task fail");
  if (timestamp.column == "__time")
    return unfit("timestamp.column: __time is a name of Druid's own");
  const std::string column = sql_name(timestamp.column);
  const auto read_as = [&](MsqType type) { return columns.read(timestamp.column, type); };
  if (timestamp.format == "millis") {
    TRY_VOID(read_as(MsqType::integer));
    return fmt::format("MILLIS_TO_TIMESTAMP({})", column);
  }
  if (timestamp.format == "posix") {
    TRY_VOID(read_as(MsqType::integer));
    return fmt::format("MILLIS_TO_TIMESTAMP({} * 1000)", column);
  }
  if (timestamp.format == "iso") {
    TRY_VOID(read_as(MsqType::text));
    return fmt::format("TIME_PARSE({})", column);
  }
  if (timestamp.format == "auto") {
    TRY_VOID(read_as(MsqType::text));
    return fmt::format(
        "CASE WHEN REGEXP_LIKE({0}, '^[0-9]+$') THEN MILLIS_TO_TIMESTAMP(CAST({0} AS BIGINT)) "
        "ELSE TIME_PARSE({0}) END",
        column);
  }
  return unfit(fmt::format("timestamp.format: {} has no equal in SQL", timestamp.format));
}

std::optional<MsqType> type_of(const Dimension& dimension) {
  if (dimension.type == "string") return MsqType::text;
  if (dimension.type == "long") return MsqType::integer;
  if (dimension.type == "double") return MsqType::decimal;
  return std::nullopt;
}

Result<void> add_dimensions(const Schema& schema, Parts& parts) {
  if (schema.dimensions.empty())
    return unfit("dimensions: a query has to name the columns that it takes");
  for (const Dimension& dimension : schema.dimensions) {
    const auto type = type_of(dimension);
    if (!type)
      return unfit(fmt::format("dimension {}: of type {}", dimension.name, dimension.type));
    TRY(const Json spec, parse_json(dimension.spec));
    for (const auto& [key, value] : spec.items())
      if (key != "name" && key != "type")
        return unfit(fmt::format("dimension {}: {} can't be said in SQL", dimension.name, key));
    TRY_VOID(parts.columns.read(dimension.name, *type));
    parts.dimensions.push_back(sql_name(dimension.name));
  }
  return {};
}

struct Aggregate {
  const char* type;
  const char* function;
  MsqType column;
};

// Of those SQL makes the same aggregator again. Floats are summed as doubles there.
constexpr Aggregate aggregates[] = {
    {"longSum", "SUM", MsqType::integer},   {"longMin", "MIN", MsqType::integer},
    {"longMax", "MAX", MsqType::integer},   {"doubleSum", "SUM", MsqType::decimal},
    {"doubleMin", "MIN", MsqType::decimal}, {"doubleMax", "MAX", MsqType::decimal},
};

Result<void> add_metrics(const Schema& schema, Parts& parts) {
  for (const Metric& metric : schema.metrics) {
    TRY_VOID(check_column(metric.name));
    const std::string name = sql_name(metric.name);
    if (metric.type == "count") {
      parts.metrics.push_back("COUNT(*) AS " + name);
      continue;
    }
    const auto known = std::ranges::find(aggregates, metric.type, &Aggregate::type);
    if (known == std::end(aggregates) || metric.field_name.empty())
      return unfit(fmt::format("metric {}: {} is not among those that SQL says the same way",
                               metric.name, metric.type));
    TRY(const Json spec, parse_json(metric.spec));
    for (const auto& [key, value] : spec.items())
      if (key != "name" && key != "type" && key != "fieldName")
        return unfit(fmt::format("metric {}: {} can't be said in SQL", metric.name, key));
    TRY_VOID(parts.columns.read(metric.field_name, known->column));
    parts.metrics.push_back(
        fmt::format("{}({}) AS {}", known->function, sql_name(metric.field_name), name));
  }
  return {};
}

Result<void> add_filter(const Schema& schema, Parts& parts) {
  if (schema.filter.empty()) return {};
  TRY(const Json filter, parse_json(schema.filter));
  TRY(parts.filter, sql_filter(filter, parts.columns));
  return {};
}

std::int64_t count_at(const Json& spec, std::string_view key) {
  const Json& value = at_or_null(spec, key);
  return value.is_number_integer() ? value.get<std::int64_t>() : 0;
}

Result<void> add_clustering(const Pipeline& pipeline, Parts& parts) {
  TRY(const Json spec,
      parse_json(pipeline.batch_partitions.empty() ? JsonText{"{}"} : pipeline.batch_partitions));
  const std::string type = string_at(spec, "type");
  std::vector<std::string> names;
  if (type == "single_dim") names.push_back(string_at(spec, "partitionDimension"));
  if (type == "range")
    for (const Json& name : at_or_null(spec, "partitionDimensions"))
      if (name.is_string()) names.push_back(name.get<std::string>());
  if (names.empty()) return unfit("batch partitions: MSQ makes them by range alone");
  for (const std::string& name : names) {
    const auto known = std::ranges::find(pipeline.schema.dimensions, name, &Dimension::name);
    if (known == pipeline.schema.dimensions.end() || known->type != "string")
      return unfit(fmt::format("batch partitions: {} is no dimension of type string", name));
    parts.clustered.push_back(sql_name(name));
  }
  parts.segment_rows = count_at(spec, "targetRowsPerSegment");
  // As Druid does where only the most is given.
  if (parts.segment_rows == 0) parts.segment_rows = count_at(spec, "maxRowsPerSegment") * 2 / 3;
  return {};
}

Result<Parts> parts_of(const Pipeline& pipeline) {
  const Schema& schema = pipeline.schema;
  if (!schema.rollup) return unfit("rollup: without it MSQ makes dimensions of metrics");
  if (!schema.transforms.empty())
    return unfit(fmt::format("transform {}: an expression of Druid's, and not SQL",
                             schema.transforms.front().name));
  if (schema.query_granularity == Granularity::all)
    return unfit("queryGranularity: ALL has no equal in SQL");
  if (iso_period(schema.segment_granularity).empty()) return unfit("segmentGranularity: no period");
  TRY_VOID(check_column(pipeline.datasource));
  Parts parts;
  TRY(parts.time, time_of(schema.timestamp, parts.columns));
  TRY_VOID(add_dimensions(schema, parts));
  TRY_VOID(add_metrics(schema, parts));
  TRY_VOID(add_filter(schema, parts));
  TRY_VOID(add_clustering(pipeline, parts));
  return parts;
}

// Neighbours as one: "__time >= TIMESTAMP '...' AND __time < TIMESTAMP '...'".
std::string within(std::string_view time, const std::vector<Interval>& intervals) {
  std::vector<Interval> runs;
  for (const Interval& one : intervals) {
    if (!runs.empty() && runs.back().end == one.start)
      runs.back().end = one.end;
    else
      runs.push_back(one);
  }
  std::string text;
  for (const Interval& run : runs) {
    if (!text.empty()) text += " OR ";
    text +=
        fmt::format("({0} >= {1} AND {0} < {2})", time, sql_moment(run.start), sql_moment(run.end));
  }
  return text;
}

std::string select_list(const Schema& schema, const Parts& parts) {
  const std::string period = iso_period(schema.query_granularity);
  std::string text = period.empty()
                         ? fmt::format("  {} AS \"__time\"", parts.time)
                         : fmt::format("  TIME_FLOOR({}, '{}') AS \"__time\"", parts.time, period);
  for (const std::string& dimension : parts.dimensions) text += ",\n  " + dimension;
  for (const std::string& metric : parts.metrics) text += ",\n  " + metric;
  return text;
}

// Times and dimensions, by their places in the select list.
std::string group_list(const Parts& parts) {
  std::string text = "1";
  for (std::size_t i = 0; i < parts.dimensions.size(); ++i) text += fmt::format(", {}", i + 2);
  return text;
}

Result<std::string> statement(const Pipeline& pipeline, const Parts& parts, const MsqInput& input) {
  TRY(const Json source, parse_json(input.input_source));
  TRY(const Json format, parse_json(pipeline.stream.input_format.spec));
  if (string_at(source, "type") == "druid")
    return unfit("rows of a datasource are re-indexed by index_parallel");
  TRY(const std::string read, sql_extern(source, format, parts.columns));
  // Rows of which the time can't be read stay in, and MSQ refuses them: an index task was to take
  // every row of the file, and the old rows of the chunk go away.
  std::string text = fmt::format(
      "REPLACE INTO {}\nOVERWRITE WHERE {}\nSELECT\n{}\nFROM TABLE({})\nWHERE ({} OR {} IS NULL)",
      sql_name(pipeline.datasource), within("__time", input.intervals),
      select_list(pipeline.schema, parts), read, within(parts.time, input.intervals), parts.time);
  if (!parts.filter.empty()) text += fmt::format("\n  AND ({})", parts.filter);
  return fmt::format("{}\nGROUP BY {}\nPARTITIONED BY TIME_FLOOR(__time, '{}')\nCLUSTERED BY {}",
                     text, group_list(parts), iso_period(pipeline.schema.segment_granularity),
                     fmt::join(parts.clustered, ", "));
}

// Within a segment rows are sorted as index_parallel sorts them: by time, then by dimensions as
// they are declared.
Json sort_order(const Schema& schema) {
  Json names = Json::array({"__time"});
  for (const Dimension& dimension : schema.dimensions) names.push_back(dimension.name);
  return names.dump();
}

Result<Json> context_of(const Pipeline& pipeline, const Parts& parts, const MsqInput& input) {
  TRY(const Json tuning, shared_tuning(pipeline));
  Json context = task_context(pipeline);
  context["sqlQueryId"] = input.task_id.substr(msq_task_prefix.size());
  context["sqlTimeZone"] = "UTC";
  context["maxNumTasks"] = input.workers + 1;
  context["finalizeAggregations"] = false;
  context["segmentSortOrder"] = sort_order(pipeline.schema);
  // What would silently make other rows than index_parallel makes, fails: a list in a dimension
  // (each of its values would be a row), and a line that is no row.
  context["groupByEnableMultiValueUnnesting"] = false;
  context["maxParseExceptions"] = 0;
  if (parts.segment_rows > 0) context["rowsPerSegment"] = parts.segment_rows;
  if (const Json& index = at_or_null(tuning, "indexSpec"); !index.is_null())
    context["indexSpec"] = index;
  return context;
}

}  // namespace

std::string msq_unfit(const Pipeline& pipeline) {
  const auto parts = parts_of(pipeline);
  return parts ? std::string() : parts.error().message;
}

Result<JsonText> render_msq_replace(const Pipeline& pipeline, const MsqInput& input) {
  TRY_VOID(check_task_id(input.task_id));
  if (!input.task_id.starts_with(msq_task_prefix) || input.task_id.size() == msq_task_prefix.size())
    return fail(ErrorKind::invalid, fmt::format("{} can't be a query's task", input.task_id));
  if (input.workers < 1) return fail(ErrorKind::invalid, "a query without workers");
  if (input.intervals.empty()) return fail(ErrorKind::invalid, "a replacement without intervals");
  TRY(const Parts parts, parts_of(pipeline));
  for (const Interval& interval : input.intervals) TRY_VOID(check_aligned(pipeline, interval));
  TRY(const std::string query, statement(pipeline, parts, input));
  TRY(Json context, context_of(pipeline, parts, input));
  return to_text(Json{{"query", query}, {"context", std::move(context)}});
}

}  // namespace henge::spec
