#include "spec/render_batch.h"

#include <fmt/format.h>

#include "spec/data_schema.h"
#include "spec/parity.h"

namespace henge::spec {
namespace {

Json iso_intervals(const std::vector<Interval>& intervals) {
  Json texts = Json::array();
  for (const auto& interval : intervals) texts.push_back(to_iso(interval));
  return texts;
}

Result<Json> input_source(const std::variant<InlineRows, HttpRows, SourceRows>& rows) {
  if (const auto* any = std::get_if<SourceRows>(&rows)) return parse_json(any->input_source);
  if (const auto* text = std::get_if<InlineRows>(&rows)) {
    if (text->lines.empty()) return fail(ErrorKind::invalid, "an append without rows");
    return Json{{"type", "inline"}, {"data", text->lines}};
  }
  const auto& uris = std::get<HttpRows>(rows).uris;
  if (uris.empty()) return fail(ErrorKind::invalid, "an append without rows");
  return Json{{"type", "http"}, {"uris", uris}};
}

// Settings of all batch tasks. Only with one sub-task does Druid heed maxParseExceptions (contract
// 4.1.8). Waiting for availability inside the task proves nothing and
// can turn success into failure.
Result<Json> batch_tuning(const Pipeline& pipeline, int sub_tasks) {
  TRY(Json tuning, shared_tuning(pipeline));
  tuning["type"] = "index_parallel";
  tuning["maxNumConcurrentSubTasks"] = sub_tasks;
  tuning["awaitSegmentAvailabilityTimeoutMillis"] = 0;
  return tuning;
}

// Segments as large as streaming makes them, unless the pipeline says otherwise.
Result<Json> append_partitions(const Pipeline& pipeline) {
  if (!pipeline.append_partitions.empty()) return parse_json(pipeline.append_partitions);
  Json partitions = {{"type", "dynamic"}};
  if (pipeline.stream.tuning_config.empty()) return partitions;
  TRY(const Json stream, parse_json(pipeline.stream.tuning_config));
  for (const auto* key : {"maxRowsPerSegment", "maxTotalRows"}) {
    if (const Json& value = at_or_null(stream, key); !value.is_null()) partitions[key] = value;
  }
  return partitions;
}

Result<JsonText> batch_task(const Pipeline& pipeline, std::string_view id, Json schema, Json io,
                            Json tuning) {
  const Json task = {{"type", "index_parallel"},
                     {"id", id},
                     {"spec",
                      {{"dataSchema", std::move(schema)},
                       {"ioConfig", std::move(io)},
                       {"tuningConfig", std::move(tuning)}}},
                     {"context", task_context(pipeline)}};
  try {
    return JsonText{task.dump()};
  } catch (const Json::exception&) {
    return fail(ErrorKind::invalid,
                fmt::format("task {}: its rows are not UTF-8 and can't travel inside a task", id));
  }
}

// The dataSchema of rows that come from segments of the datasource itself: times and dimensions are
// what they are, metrics merge, and the user's transforms and filter were applied when the rows
// were first read.
Result<Json> segment_data_schema(const Pipeline& pipeline) {
  TRY(Json dimensions, dimensions_spec(pipeline.schema));
  TRY(Json metrics, metrics_spec(pipeline.schema, MetricForm::combining));
  return Json{{"dataSource", pipeline.datasource},
              {"timestampSpec", {{"column", "__time"}, {"format", "millis"}}},
              {"dimensionsSpec", std::move(dimensions)},
              {"metricsSpec", std::move(metrics)},
              {"granularitySpec", granularity_spec(pipeline.schema)}};
}

// Druid takes no empty inline source. This one is a header line and no row.
// Source: Druid 33, InlineInputSource, FlatTextInputFormat.
Json nothing_source() {
  return {{"type", "inline"}, {"data", "no row\n"}};
}

// Range partitions are made by sub-tasks, and inline rows can't be split among any.
Result<void> check_splittable(const Json& source, const JsonText& partitions) {
  if (partitions.empty() || string_at(source, "type") != "inline") return {};
  TRY(const Json spec, parse_json(partitions));
  const auto type = string_at(spec, "type");
  if (type != "range" && type != "single_dim") return {};
  return fail(
      ErrorKind::invalid,
      fmt::format("{} partitions can't be made from inline rows: serve them over http", type));
}

}  // namespace

Result<JsonText> render_append(const Pipeline& pipeline, const AppendInput& input) {
  TRY_VOID(check_task_id(input.task_id));
  if (input.chunks.empty()) return fail(ErrorKind::invalid, "an append without chunks");
  for (const auto& chunk : input.chunks) TRY_VOID(check_aligned(pipeline, chunk));
  TRY(Json schema, event_data_schema(pipeline, {}));
  schema["granularitySpec"]["intervals"] = iso_intervals(input.chunks);
  TRY(Json source, input_source(input.rows));
  TRY(Json format, parse_json(pipeline.stream.input_format.spec));
  Json io = {{"type", "index_parallel"},
             {"inputSource", std::move(source)},
             {"inputFormat", std::move(format)},
             {"appendToExisting", true},
             {"dropExisting", false}};
  TRY(Json tuning, batch_tuning(pipeline, input.sub_tasks));
  TRY(tuning["partitionsSpec"], append_partitions(pipeline));
  TRY(JsonText task,
      batch_task(pipeline, input.task_id, std::move(schema), std::move(io), std::move(tuning)));
  TRY_VOID(check_parity(pipeline, Mode::append, task));
  return task;
}

Result<JsonText> render_replace(const Pipeline& pipeline, const ReplaceInput& input) {
  TRY_VOID(check_task_id(input.task_id));
  if (input.intervals.empty()) return fail(ErrorKind::invalid, "a replacement without intervals");
  for (const auto& interval : input.intervals) TRY_VOID(check_aligned(pipeline, interval));
  const bool empty = input.input_source.empty();
  TRY(Json source, empty ? Result<Json>(nothing_source()) : parse_json(input.input_source));
  const JsonText partitions = empty ? JsonText{} : pipeline.batch_partitions;
  TRY_VOID(check_splittable(source, partitions));
  const bool reindex = string_at(source, "type") == "druid";
  TRY(Json schema, reindex ? segment_data_schema(pipeline) : event_data_schema(pipeline, {}));
  schema["granularitySpec"]["intervals"] = iso_intervals(input.intervals);
  Json io = {{"type", "index_parallel"},
             {"inputSource", std::move(source)},
             {"appendToExisting", false},
             {"dropExisting", true}};
  if (empty) {
    io["inputFormat"] = nothing_format();
  } else if (!reindex) {
    TRY(io["inputFormat"], parse_json(pipeline.stream.input_format.spec));
  }
  TRY(Json tuning, batch_tuning(pipeline, input.sub_tasks));
  TRY_VOID(add_partitions(tuning, partitions));
  TRY(JsonText task,
      batch_task(pipeline, input.task_id, std::move(schema), std::move(io), std::move(tuning)));
  TRY_VOID(check_parity(pipeline, reindex ? Mode::reindex : Mode::replace, task));
  return task;
}

}  // namespace henge::spec
