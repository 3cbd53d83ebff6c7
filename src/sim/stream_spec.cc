// Supervisor specs as Druid 33 reads and stores them: with the defaults it adds.
#include <fmt/format.h>

#include <array>

#include "sim/twin_json.h"
#include "sim/twin_spec.h"

namespace henge::sim {

namespace {

constexpr std::array parts{"dataSchema", "ioConfig", "tuningConfig"};

void add_missing(Json& object, const Json& defaults) {
  for (const auto& [name, value] : defaults.items())
    if (!object.contains(name)) object[name] = value;
}

// As Joda prints a duration: whole seconds, and a fraction if there is one.
std::string duration_text(Millis d) {
  if (d.count() % 1000 == 0) return fmt::format("PT{}S", d.count() / 1000);
  return fmt::format("PT{}.{:03}S", d.count() / 1000, d.count() % 1000);
}

Result<void> add_duration(Json& io, const char* name, std::optional<Millis> otherwise) {
  TRY(std::optional<Millis> given, period_at(io, name));
  if (!given) given = otherwise;
  io[name] = given ? Json(duration_text(*given)) : Json();
  return {};
}

Json stored_dimension(const Json& one) {
  Json out = one.is_string() ? Json{{"name", one}} : one;
  add_missing(out, {{"type", "string"}, {"multiValueHandling", "SORTED_ARRAY"}});
  add_missing(out, {{"createBitmapIndex", out["type"] == "string"}});
  return out;
}

void add_schema_defaults(Json& schema) {
  Json& dimensions = schema["dimensionsSpec"];
  if (!dimensions.is_object()) dimensions = Json::object();
  add_missing(dimensions, {{"dimensions", Json::array()},
                           {"dimensionExclusions", Json::array()},
                           {"includeAllDimensions", false},
                           {"useSchemaDiscovery", false}});
  for (Json& one : dimensions["dimensions"]) one = stored_dimension(one);
  Json& excluded = dimensions["dimensionExclusions"];
  const auto exclude = [&](const Json& name) {
    if (std::ranges::find(excluded, name) == excluded.end()) excluded.push_back(name);
  };
  exclude("__time");
  if (const Json& column = at(at(schema, "timestampSpec"), "column"); column.is_string())
    exclude(column);
  for (const Json& metric : at(schema, "metricsSpec")) exclude(at(metric, "name"));
  Json& granularity = schema["granularitySpec"];
  if (!granularity.is_object()) granularity = Json::object();
  add_missing(granularity, {{"type", "uniform"},
                            {"segmentGranularity", "DAY"},
                            {"queryGranularity", "NONE"},
                            {"rollup", true},
                            {"intervals", Json::array()}});
  if (schema.contains("transformSpec"))
    add_missing(schema["transformSpec"], {{"transforms", Json::array()}, {"filter", nullptr}});
  add_missing(schema, {{"transformSpec", {{"filter", nullptr}, {"transforms", Json::array()}}}});
}

Result<void> add_io_defaults(Json& io) {
  if (at(io, "inputFormat").is_object() && io["inputFormat"]["type"] == "kafka")
    add_missing(io["inputFormat"], {{"headerFormat", nullptr},
                                    {"keyFormat", nullptr},
                                    {"headerColumnPrefix", "kafka.header."},
                                    {"keyColumnName", "kafka.key"},
                                    {"timestampColumnName", "kafka.timestamp"},
                                    {"topicColumnName", "kafka.topic"}});
  add_missing(io, {{"topicPattern", nullptr},
                   {"replicas", 1},
                   {"taskCount", 1},
                   {"autoScalerConfig", nullptr},
                   {"pollTimeout", 100},
                   {"useEarliestOffset", at(io, "useEarliestSequenceNumber").is_boolean()
                                             ? io["useEarliestSequenceNumber"]
                                             : Json(false)},
                   {"lateMessageRejectionStartDateTime", nullptr},
                   {"configOverrides", nullptr},
                   {"idleConfig", nullptr},
                   {"stopTaskCount", nullptr},
                   {"emitTimeLagMetrics", false}});
  io["stream"] = at(io, "topic");
  io["useEarliestSequenceNumber"] = io["useEarliestOffset"];
  TRY_VOID(add_duration(io, "startDelay", std::chrono::seconds(5)));
  TRY_VOID(add_duration(io, "period", std::chrono::seconds(30)));
  TRY_VOID(add_duration(io, "taskDuration", std::chrono::hours(1)));
  TRY_VOID(add_duration(io, "completionTimeout", std::chrono::minutes(30)));
  TRY_VOID(add_duration(io, "lateMessageRejectionPeriod", std::nullopt));
  TRY_VOID(add_duration(io, "earlyMessageRejectionPeriod", std::nullopt));
  return {};
}

void add_tuning_defaults(Json& tuning) {
  const Json index = {{"bitmap", {{"type", "roaring"}}},
                      {"dimensionCompression", "lz4"},
                      {"stringDictionaryEncoding", {{"type", "utf8"}}},
                      {"metricCompression", "lz4"},
                      {"longEncoding", "longs"}};
  if (at(tuning, "indexSpec").is_object()) add_missing(tuning["indexSpec"], index);
  add_missing(tuning,
              {{"type", "kafka"},
               {"appendableIndexSpec", {{"type", "onheap"}, {"preserveExistingMetrics", false}}},
               {"maxRowsInMemory", 150000},
               {"maxBytesInMemory", 0},
               {"skipBytesInMemoryOverheadCheck", false},
               {"maxRowsPerSegment", 5000000},
               {"maxTotalRows", nullptr},
               {"intermediatePersistPeriod", "PT10M"},
               {"maxPendingPersists", 0},
               {"indexSpec", index},
               {"reportParseExceptions", false},
               {"handoffConditionTimeout", 900000},
               {"resetOffsetAutomatically", false},
               {"segmentWriteOutMediumFactory", nullptr},
               {"workerThreads", nullptr},
               {"chatRetries", 8},
               {"httpTimeout", "PT10S"},
               {"shutdownTimeout", "PT80S"},
               {"offsetFetchPeriod", "PT30S"},
               {"intermediateHandoffPeriod", "P2147483647D"},
               {"logParseExceptions", false},
               {"maxParseExceptions", 2147483647},
               {"maxSavedParseExceptions", 0},
               {"numPersistThreads", 1},
               {"maxColumnsToMerge", -1},
               {"skipSequenceNumberAvailabilityCheck", false},
               {"repartitionTransitionDuration", "PT120S"}});
  add_missing(tuning, {{"indexSpecForIntermediatePersists", tuning["indexSpec"]}});
}

Result<void> check(const Json& spec) {
  if (text_at(spec, "type") != "kafka")
    return fail(
        ErrorKind::invalid,
        fmt::format("Could not resolve type id '{}' as a subtype of `SupervisorSpec`: known "
                    "type ids = [autocompact, kafka, scheduled_batch]",
                    text_at(spec, "type")));
  const Json& inner = at(spec, "spec");
  if (!at(inner, "dataSchema").is_object())
    return fail(ErrorKind::invalid,
                "Cannot construct instance of `KafkaSupervisorSpec`, problem: "
                "dataSchema");
  const Json& io = at(inner, "ioConfig");
  if (text_at(io, "topic").empty())
    return fail(ErrorKind::invalid,
                "Cannot construct instance of `KafkaSupervisorIOConfig`, "
                "problem: Either topic or topicPattern must be specified");
  if (!at(at(io, "consumerProperties"), "bootstrap.servers").is_string())
    return fail(ErrorKind::invalid,
                "Cannot construct instance of `KafkaSupervisorIOConfig`, problem: "
                "consumerProperties must contain entry for [bootstrap.servers]");
  if (!at(io, "inputFormat").is_object())
    return fail(ErrorKind::invalid,
                "Cannot construct instance of `KafkaSupervisorIOConfig`, "
                "problem: inputFormat");
  return {};
}

}  // namespace

Result<StreamSpec> read_stream_spec(const JsonText& posted) {
  TRY(Json spec, parse_json(posted.text));
  // An older form has the three parts at the top.
  if (!spec.contains("spec") && spec.contains("dataSchema"))
    spec["spec"] = {{"dataSchema", spec["dataSchema"]},
                    {"ioConfig", at(spec, "ioConfig")},
                    {"tuningConfig", at(spec, "tuningConfig")}};
  for (const char* name : parts) spec.erase(name);
  TRY_VOID(check(spec));
  Json& inner = spec["spec"];
  if (!at(inner, "tuningConfig").is_object()) inner["tuningConfig"] = Json::object();
  add_schema_defaults(inner["dataSchema"]);
  TRY_VOID(add_io_defaults(inner["ioConfig"]));
  add_tuning_defaults(inner["tuningConfig"]);
  add_missing(spec, {{"context", nullptr}, {"suspended", false}});

  const Json& io = inner["ioConfig"];
  StreamSpec out;
  TRY(RowGate gate, RowGate::compile(inner["dataSchema"].dump(), io["inputFormat"].dump()));
  out.gate = std::make_shared<RowGate>(std::move(gate));
  out.datasource = out.gate->datasource();
  out.id = out.datasource;
  out.topic = text_at(io, "topic");
  out.task_count = static_cast<int>(std::max<std::int64_t>(1, number_at(io, "taskCount", 1)));
  out.replicas = static_cast<int>(number_at(io, "replicas", 1));
  out.task_duration = period_at(io, "taskDuration")->value();
  out.completion_timeout = period_at(io, "completionTimeout")->value();
  out.start_delay = period_at(io, "startDelay")->value();
  out.period = std::max(Millis(1000), period_at(io, "period")->value());
  out.handoff_timeout = Millis(number_at(inner["tuningConfig"], "handoffConditionTimeout", 900000));
  TRY(out.intermediate_handoff, period_at(inner["tuningConfig"], "intermediateHandoffPeriod"));
  out.late_period = *period_at(io, "lateMessageRejectionPeriod");
  out.early_period = *period_at(io, "earlyMessageRejectionPeriod");
  out.use_earliest_offset = flag_at(io, "useEarliestOffset", false);
  out.concurrent_locks = flag_at(at(spec, "context"), "useConcurrentLocks", false);
  out.suspended = flag_at(spec, "suspended", false);
  // Druid writes the three parts twice: inside `spec`, and where older versions had them.
  for (const char* name : parts) spec[name] = inner[name];
  out.stored = {spec.dump()};
  return out;
}

StreamSpec with_suspended(const StreamSpec& spec, bool suspended) {
  StreamSpec out = spec;
  Json stored = Json::parse(spec.stored.text);
  stored["suspended"] = suspended;
  out.suspended = suspended;
  out.stored = {stored.dump()};
  return out;
}

JsonText tombstone_spec(const StreamSpec& spec) {
  const Json tombstone = {{"type", "noop"},
                          {"id", nullptr},
                          {"dataSources", {spec.datasource}},
                          {"suspended", false},
                          {"source", "noop"}};
  return {tombstone.dump()};
}

}  // namespace henge::sim
