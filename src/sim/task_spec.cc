// Task payloads and sampler requests as Druid's twin reads them.
#include <fmt/format.h>

#include "sim/twin_json.h"
#include "sim/twin_spec.h"

namespace henge::sim {

namespace {

constexpr int batch_priority = 50;
constexpr int compaction_priority = 25;

Result<BatchMode> mode_of(const Json& io, const Json& schema) {
  const bool append = flag_at(io, "appendToExisting", false);
  const bool drop = flag_at(io, "dropExisting", false);
  if (append && drop)
    return fail(ErrorKind::invalid,
                "Cannot simultaneously replace and append to existing segments. "
                "Either dropExisting or appendToExisting should be set to false");
  if (drop && at(at(schema, "granularitySpec"), "intervals").empty())
    return fail(ErrorKind::invalid, "GranularitySpec's intervals cannot be empty for replace.");
  if (append) return BatchMode::append;
  return drop ? BatchMode::replace : BatchMode::overwrite;
}

// Takes the lines that are no rows off inline rows, and what says so off the format.
Result<void> skip_header(BatchInput& input, Json& format) {
  auto* rows = std::get_if<std::string>(&input);
  if (rows == nullptr) return {};
  if (rows->empty())
    return fail(ErrorKind::invalid,
                "Cannot construct instance of `org.apache.druid.data.input.impl."
                "InlineInputSource`, problem: empty data");
  for (std::int64_t left = number_at(format, "skipHeaderRows", 0); left > 0; --left) {
    const std::size_t end = rows->find('\n');
    rows->erase(0, end == std::string::npos ? end : end + 1);
  }
  format.erase("skipHeaderRows");
  return {};
}

Result<IndexSpec> index_spec(const Json& task) {
  const Json& spec = at(task, "spec");
  const Json& schema = at(spec, "dataSchema");
  const Json& io = at(spec, "ioConfig");
  const Json& tuning = at(spec, "tuningConfig");
  if (!schema.is_object() || !io.is_object())
    return fail(ErrorKind::invalid, "Cannot construct instance of `ParallelIndexIngestionSpec`");
  IndexSpec out;
  TRY(out.mode, mode_of(io, schema));
  TRY(out.input, input_of(at(io, "inputSource")));
  out.await_availability = Millis(number_at(tuning, "awaitSegmentAvailabilityTimeoutMillis", 0));
  out.parse_exceptions_max = number_at(tuning, "maxParseExceptions", 2147483647);
  if (flag_at(tuning, "reportParseExceptions", false)) out.parse_exceptions_max = 0;
  if (out.mode == BatchMode::append && flag_at(tuning, "forceGuaranteedRollup", false))
    return fail(ErrorKind::invalid,
                "Perfect rollup cannot be guaranteed when appending to existing "
                "dataSources");
  const bool reindex = std::holds_alternative<Interval>(out.input);
  Json format = reindex ? Json{{"type", "json"}} : at(io, "inputFormat");
  if (!format.is_object()) return fail(ErrorKind::invalid, "inputFormat must be specified");
  TRY_VOID(skip_header(out.input, format));
  TRY(RowGate gate, RowGate::compile(schema.dump(), format.dump()));
  out.gate = std::make_shared<RowGate>(std::move(gate));
  return out;
}

Result<CompactSpec> compact_spec(const Json& task) {
  const Json& input = at(at(task, "ioConfig"), "inputSpec");
  const std::string interval =
      input.is_object() ? text_at(input, "interval") : text_at(task, "interval");
  CompactSpec out;
  TRY(out.interval, parse_interval(interval));
  if (const Json& chunk = at(at(task, "granularitySpec"), "segmentGranularity");
      chunk.is_string()) {
    TRY(out.chunk, parse_granularity(chunk.get<std::string>()));
  }
  for (const Json& metric : at(task, "metricsSpec")) {
    const std::string name = text_at(metric, "name");
    const std::string type = text_at(metric, "type");
    out.metrics.push_back(name);
    const bool sums_itself = type == "longSum" && text_at(metric, "fieldName") == name;
    if (sums_itself || type == "count") out.counting.push_back(name);
  }
  return out;
}

bool is_task_id(const std::string& id) {
  return !id.empty() && id.front() != '.' && id.find('/') == std::string::npos &&
         std::ranges::none_of(id, [](char c) { return static_cast<unsigned char>(c) < 0x20; });
}

}  // namespace

Result<BatchInput> input_of(const Json& source) {
  const std::string type = text_at(source, "type");
  if (type == "inline") return text_at(source, "data");
  if (type == "http" || type == "local") {
    std::vector<std::string> places;
    for (const Json& one : at(source, type == "http" ? "uris" : "files"))
      if (one.is_string()) places.push_back(one.get<std::string>());
    if (places.empty())
      return fail(ErrorKind::invalid, fmt::format("{} input source without any file", type));
    return places;
  }
  if (type == "druid") {
    TRY(const Interval interval, parse_interval(text_at(source, "interval")));
    return interval;
  }
  return fail(ErrorKind::invalid,
              fmt::format("Could not resolve type id '{}' as a subtype of `InputSource`", type));
}

Result<TaskSpec> read_task_spec(const JsonText& payload) {
  TRY(const Json task, parse_json(payload.text));
  TaskSpec out;
  out.id = text_at(task, "id");
  out.type = text_at(task, "type");
  if (!is_task_id(out.id)) return fail(ErrorKind::invalid, "task id cannot be null or empty");
  int priority = batch_priority;
  if (out.type == "index_parallel" || out.type == "index") {
    TRY(auto spec, index_spec(task));
    out.datasource = spec.gate->datasource();
    out.work = std::move(spec);
  } else if (out.type == "compact") {
    out.datasource = text_at(task, "dataSource");
    TRY(auto spec, compact_spec(task));
    out.work = std::move(spec);
    priority = compaction_priority;
  } else if (out.type == "kill") {
    out.datasource = text_at(task, "dataSource");
    TRY(const Interval interval, parse_interval(text_at(task, "interval")));
    out.work = KillSpec{interval};
    priority = 0;
  } else if (out.type == "noop") {
    out.datasource = text_at(task, "dataSource", "none");
    out.work = NoopSpec{Millis(number_at(task, "runTime", 2500))};
    priority = 0;
  } else {
    return fail(ErrorKind::invalid,
                fmt::format("Could not resolve type id '{}' as a subtype of `Task`: known type ids "
                            "= [compact, index, index_parallel, kill, noop]",
                            out.type));
  }
  if (out.datasource.empty()) return fail(ErrorKind::invalid, "dataSource cannot be null");
  const Json& context = at(task, "context");
  out.priority = static_cast<int>(number_at(context, "priority", priority));
  out.concurrent_locks = flag_at(context, "useConcurrentLocks", false);
  return out;
}

Result<SamplerInput> read_sampler_spec(const JsonText& text) {
  TRY(const Json request, parse_json(text.text));
  const std::string type = text_at(request, "type");
  const Json& spec = at(request, "spec");
  const Json& io = at(spec, "ioConfig");
  SamplerInput out;
  out.rows_max = number_at(at(request, "samplerConfig"), "numRows", 200);
  if (type != "index" && type != "kafka")
    return fail(ErrorKind::invalid,
                fmt::format("Could not resolve type id '{}' as a subtype of `SamplerSpec`", type));
  TRY(RowGate gate, RowGate::compile(at(spec, "dataSchema").dump(), at(io, "inputFormat").dump()));
  out.gate = std::make_shared<RowGate>(std::move(gate));
  if (type == "kafka" && !at(io, "inputSource").is_object()) {
    out.topic = text_at(io, "topic");
    return out;
  }
  TRY(auto input, input_of(at(io, "inputSource")));
  if (const auto* rows = std::get_if<std::string>(&input)) out.rows = *rows;
  return out;
}

}  // namespace henge::sim
