#include "sim/druid_http_json.h"

#include <fmt/format.h>

#include "sim/twin_json.h"

namespace henge::sim {

namespace {

Json offsets_json(const PartitionOffsets& offsets) {
  Json out = Json::object();
  for (const auto& [partition, offset] : offsets) out[std::to_string(partition)] = offset;
  return out;
}

Json task_report(const SupervisorTask& task, const char* type, const TwinSupervisor& of,
                 Instant now) {
  const Millis passed = task.start_time ? now - *task.start_time : Millis(0);
  Json out = {{"id", task.id},
              {"startingOffsets", offsets_json(task.starting_offsets)},
              {"startTime", task.start_time ? Json(to_iso(*task.start_time)) : Json()},
              {"remainingSeconds",
               std::max<std::int64_t>(0, (of.spec.task_duration - passed).count() / 1000)},
              {"type", type},
              {"currentOffsets", offsets_json(task.current_offsets)}};
  if (std::string_view(type) == "ACTIVE") out["lag"] = Json::object();
  return out;
}

const char* state_name(TaskState state) {
  if (state == TaskState::success) return "SUCCESS";
  return state == TaskState::failed ? "FAILED" : "RUNNING";
}

const char* runner_name(TaskState state) {
  switch (state) {
    case TaskState::waiting:
      return "WAITING";
    case TaskState::pending:
      return "PENDING";
    case TaskState::running:
      return "RUNNING";
    case TaskState::success:
    case TaskState::failed:
      return "NONE";
  }
  return "NONE";
}

Json location() {
  return {{"host", "127.0.0.1"}, {"port", 8091}, {"tlsPort", -1}};
}

Json or_null(const std::string& text) {
  return text.empty() ? Json() : Json(text);
}

Json shard_json(const SegmentKey& key, const StoredSegment& segment) {
  if (segment.tombstone()) return {{"type", "tombstone"}, {"partitionNum", 0}, {"partitions", 1}};
  return {{"type", "numbered"}, {"partitionNum", key.partition}, {"partitions", segment.core}};
}

Json segment_object(const std::string& datasource, const SegmentKey& key,
                    const StoredSegment& segment) {
  const auto& [interval, version] = key.generation;
  const SegmentColumns* columns = segment.columns.get();
  return {{"dataSource", datasource},
          {"interval", to_iso(interval)},
          {"version", version},
          {"loadSpec",
           {{"type", segment.tombstone() ? "tombstone" : "local"},
            {"path", segment_id(datasource, key)}}},
          {"dimensions", columns == nullptr ? "" : columns->dimensions},
          {"metrics", columns == nullptr ? "" : columns->metrics},
          {"shardSpec", shard_json(key, segment)},
          {"binaryVersion", 9},
          {"size", segment.size_bytes},
          {"identifier", segment_id(datasource, key)}};
}

const char* lock_name(LockType type) {
  switch (type) {
    case LockType::exclusive:
      return "EXCLUSIVE";
    case LockType::shared:
      return "SHARED";
    case LockType::append:
      return "APPEND";
    case LockType::replace:
      return "REPLACE";
  }
  return "EXCLUSIVE";
}

// 1970-01-01T00:00:00.000Z as 19700101000000000; other versions count as none.
std::int64_t digits_of(const std::string& version) {
  if (!parse_instant(version)) return 0;
  std::int64_t out = 0;
  for (const char c : version)
    if (c >= '0' && c <= '9') out = out * 10 + (c - '0');
  return out;
}

Json rule_object(const Rule& rule) {
  Json out = {{"type", rule.type}};
  if (rule.interval) out["interval"] = to_iso(*rule.interval);
  if (!rule.period.empty()) {
    out["period"] = rule.period;
    out["includeFuture"] = rule.include_future;
  }
  if (rule.type.starts_with("load")) {
    out["tieredReplicants"] = rule.replicants;
    out["useDefaultTierForNull"] = true;
  }
  return out;
}

template <typename List, typename Each>
std::string joined(const List& list, Each each) {
  std::string out = "[";
  for (const auto& one : list) {
    if (out.size() > 1) out += ',';
    out += each(one);
  }
  return out + "]";
}

}  // namespace

std::string status_json(const std::string& version) {
  return Json{{"version", version},
              {"modules", Json::array()},
              {"memory", {{"maxMemory", 0}, {"usedMemory", 0}}}}
      .dump();
}

std::string supervisor_status_json(const SupervisorStatus& status, const TwinSupervisor& of) {
  Json payload = {{"dataSource", status.datasource},
                  {"stream", status.stream},
                  {"partitions", status.partitions},
                  {"replicas", of.spec.replicas},
                  {"durationSeconds", of.spec.task_duration.count() / 1000},
                  {"activeTasks", Json::array()},
                  {"publishingTasks", Json::array()},
                  {"suspended", status.suspended},
                  {"healthy", status.healthy},
                  {"state", status.state},
                  {"detailedState", status.detailed_state},
                  {"recentErrors", Json::array()}};
  for (const SupervisorTask& task : status.active)
    payload["activeTasks"].push_back(task_report(task, "ACTIVE", of, status.generated_at));
  for (const SupervisorTask& task : status.publishing)
    payload["publishingTasks"].push_back(task_report(task, "PUBLISHING", of, status.generated_at));
  if (!status.latest_offsets.empty()) {
    std::int64_t total = 0;
    for (const auto& [partition, lag] : status.lag) total += std::max<std::int64_t>(lag, 0);
    payload["latestOffsets"] = offsets_json(status.latest_offsets);
    payload["minimumLag"] = offsets_json(status.lag);
    payload["aggregateLag"] = total;
    payload["offsetsLastUpdated"] = to_iso(status.generated_at);
  }
  for (const std::string& error : status.recent_errors)
    payload["recentErrors"].push_back({{"timestamp", to_iso(status.generated_at)},
                                       {"exceptionClass", "org.apache.druid.java.util.common.ISE"},
                                       {"message", error},
                                       {"streamException", false}});
  return Json{{"id", status.id},
              {"generationTime", to_iso(status.generated_at)},
              {"payload", std::move(payload)}}
      .dump();
}

std::string supervisors_json(const std::vector<SupervisorListing>& all) {
  return joined(all, [](const SupervisorListing& one) {
    return fmt::format(
        R"({{"id":{},"state":"{}","detailedState":"{}","healthy":{},"spec":{},"suspended":{}}})",
        Json(one.id).dump(), one.state, one.detailed_state, one.healthy, one.spec.text,
        one.suspended);
  });
}

std::string history_json(const std::vector<SupervisorVersion>& versions) {
  return joined(versions, [](const SupervisorVersion& one) {
    return fmt::format(R"({{"spec":{},"version":"{}"}})", one.spec.text, one.version);
  });
}

std::string task_json(const TwinTask& task) {
  const bool over = !is_active(task.state);
  return Json{{"id", task.id},
              {"groupId", task.group},
              {"type", task.type},
              {"createdTime", to_iso(task.created)},
              {"queueInsertionTime", to_iso(over ? Instant{} : task.created)},
              {"statusCode", state_name(task.state)},
              {"status", state_name(task.state)},
              {"runnerStatusCode", runner_name(task.state)},
              {"duration", over ? (task.ended - task.created).count() : -1},
              {"location", location()},
              {"dataSource", task.datasource},
              {"errorMsg", or_null(task.error)}}
      .dump();
}

std::string task_statuses_json(const std::map<std::string, TaskStatus>& statuses) {
  Json out = Json::object();
  for (const auto& [id, status] : statuses)
    out[id] = {{"id", id},
               {"status", state_name(status.state)},
               {"duration", is_active(status.state) ? -1 : 1000},
               {"errorMsg", or_null(status.error)},
               {"location", location()}};
  return out.dump();
}

std::string report_json(const std::string& id, const TaskReport& report, bool running) {
  const Json build = {{"buildSegments",
                       {{"processed", report.processed},
                        {"processedBytes", 0},
                        {"processedWithError", report.processed_with_error},
                        {"thrownAway", report.thrown_away},
                        {"unparseable", report.unparseable}}}};
  Json payload = {
      {"ingestionState", running ? "BUILD_SEGMENTS" : "COMPLETED"},
      {"unparseableEvents", Json::object()},
      {"rowStats", running ? Json{{"movingAverages", Json::object()}, {"totals", build}} : build},
      {"errorMsg", nullptr}};
  if (!running) payload["recordsProcessed"] = Json::object();
  if (report.segments_published) payload["segmentsPublished"] = *report.segments_published;
  return Json{
      {"ingestionStatsAndErrors",
       {{"type", "ingestionStatsAndErrors"}, {"taskId", id}, {"payload", std::move(payload)}}}}
      .dump();
}

std::string locks_json(const std::vector<TaskLock>& locks) {
  Json by_datasource = Json::object();
  for (const TaskLock& one : locks)
    by_datasource[one.datasource].push_back({{"granularity", "timeChunk"},
                                             {"type", lock_name(one.type)},
                                             {"groupId", one.group_id},
                                             {"dataSource", one.datasource},
                                             {"interval", to_iso(one.interval)},
                                             {"version", one.version},
                                             {"priority", one.priority},
                                             {"revoked", one.revoked}});
  return Json{{"datasourceToLocks", std::move(by_datasource)}}.dump();
}

std::string workers_json(const Workers& workers) {
  Json out = Json::array();
  for (int i = 0; i < workers.workers; ++i)
    out.push_back({{"worker",
                    {{"scheme", "http"},
                     {"host", fmt::format("127.0.0.1:{}", 8091 + i)},
                     {"ip", "localhost"},
                     {"capacity", workers.capacity_total / workers.workers},
                     {"version", "0"},
                     {"category", "_default_worker_category"}}},
                   {"currCapacityUsed", i == 0 ? workers.capacity_used : 0},
                   {"runningTasks", Json::array()}});
  return out.dump();
}

std::string rows_json(const std::vector<SegmentRows>& rows,
                      const std::map<std::string, Interval>& intervals) {
  std::map<std::string, std::vector<SegmentRows>> by_segment;
  for (const SegmentRows& one : rows) by_segment[one.segment_id].push_back(one);
  Json out = Json::array();
  for (const auto& [id, list] : by_segment) {
    Json results = Json::array();
    for (const SegmentRows& one : list)
      results.push_back({{"timestamp", to_iso(one.chunk)}, {"result", {{"rows", one.rows}}}});
    const auto interval = intervals.find(id);
    out.push_back({{"timestamp", to_iso(list.front().chunk)},
                   {"result",
                    {{"results", std::move(results)},
                     {"segment", id},
                     {"interval", interval == intervals.end() ? "" : to_iso(interval->second)}}}});
  }
  return out.dump();
}

std::string digests_json(const std::map<std::string, SegmentDigest>& digests) {
  Json out = Json::array();
  for (const auto& [name, one] : digests)
    out.push_back({{"datasource", name},
                   {"published", one.published},
                   {"overshadowed", one.overshadowed},
                   {"unavailable", one.unavailable},
                   {"realtime", one.realtime},
                   {"size_bytes", one.size_bytes},
                   {"row_count", one.rows},
                   {"version_digits", digits_of(one.version_max)}});
  return out.dump();
}

std::string rule_json(const Rule& rule) {
  return rule_object(rule).dump();
}

std::string rules_json(const std::vector<Rule>& rules) {
  return joined(rules, [](const Rule& one) { return rule_json(one); });
}

std::string sample_json(const Sample& sample) {
  Json data = Json::array();
  for (std::int64_t i = 0; i < sample.rows_indexed; ++i)
    data.push_back({{"parsed", Json::object()}});
  for (const std::string& error : sample.errors)
    data.push_back({{"unparseable", true}, {"error", error}});
  return Json{{"numRowsRead", sample.rows_read},
              {"numRowsIndexed", sample.rows_indexed},
              {"data", std::move(data)}}
      .dump();
}

std::string segment_json(const std::string& datasource, const SegmentKey& key,
                         const StoredSegment& segment) {
  return segment_object(datasource, key, segment).dump();
}

std::string listed_segment_json(const std::string& datasource, const SegmentKey& key,
                                const StoredSegment& segment, bool overshadowed, bool loads) {
  const auto& [interval, version] = key.generation;
  const std::string id = segment_id(datasource, key);
  const SegmentColumns* columns = segment.columns.get();
  // By hand: a million of them make one answer.
  return fmt::format(
      R"({{"overshadowed":{},"replicationFactor":{},"numRows":null,"realtime":false,)"
      R"("dataSource":"{}","interval":"{}","version":"{}",)"
      R"("loadSpec":{{"type":"{}","path":"/druid/deep/{}/index/"}},"dimensions":"{}",)"
      R"("metrics":"{}","shardSpec":{},"binaryVersion":9,"size":{},"identifier":"{}"}})",
      overshadowed, overshadowed || !loads ? 0 : 1, datasource, to_iso(interval), version,
      segment.tombstone() ? "tombstone" : "local", id,
      columns == nullptr ? "" : columns->dimensions, columns == nullptr ? "" : columns->metrics,
      segment.tombstone()
          ? std::string(R"({"type":"tombstone","partitionNum":0,"partitions":1})")
          : fmt::format(R"({{"type":"numbered","partitionNum":{},"partitions":{}}})", key.partition,
                        segment.core),
      segment.size_bytes, id);
}

std::string unused_segment_json(const std::string& datasource, const SegmentKey& key,
                                const StoredSegment& segment) {
  return Json{{"dataSegment", segment_object(datasource, key, segment)},
              {"createdDate", to_iso(segment.created)},
              {"usedStatusLastUpdatedDate", to_iso(segment.unused_since.value_or(Instant{}))},
              {"used", false},
              {"schemaFingerprint", nullptr},
              {"numRows", nullptr},
              {"upgradedFromSegmentId", nullptr}}
      .dump();
}

std::string plain_error(const std::string& message) {
  return Json{{"error", message}}.dump();
}

std::string druid_error(const std::string& code, const std::string& category,
                        const std::string& message) {
  return Json{{"error", "druidException"}, {"errorCode", code},       {"persona", "USER"},
              {"category", category},      {"errorMessage", message}, {"context", Json::object()}}
      .dump();
}

Result<std::vector<Rule>> parse_rules_body(const std::string& body) {
  TRY(const Json list, parse_json(body));
  if (!list.is_array()) return fail(ErrorKind::invalid, "expected a list of rules");
  std::vector<Rule> out;
  for (const Json& one : list) {
    Rule rule;
    rule.type = text_at(one, "type");
    rule.period = text_at(one, "period");
    rule.include_future = flag_at(one, "includeFuture", true);
    if (at(one, "interval").is_string()) {
      TRY(rule.interval, parse_interval(text_at(one, "interval")));
    }
    for (const auto& [tier, count] : at(one, "tieredReplicants").items())
      rule.replicants[tier] = count.is_number() ? count.get<std::int64_t>() : 0;
    out.push_back(std::move(rule));
  }
  return out;
}

Result<RowsQuery> parse_rows_query(const std::string& body) {
  TRY(const Json query, parse_json(body));
  RowsQuery out;
  out.datasource = text_at(query, "dataSource");
  if (text_at(query, "queryType") != "timeseries" || out.datasource.empty())
    return fail(ErrorKind::invalid, "the twin answers timeseries by segment alone");
  TRY(out.chunk, parse_granularity(text_at(query, "granularity", "ALL")));
  for (const Json& one : at(query, "aggregations")) out.metric = text_at(one, "fieldName");
  TRY(out.intervals, parse_intervals(at(query, "intervals").dump()));
  return out;
}

Result<std::vector<std::string>> parse_texts(const std::string& body) {
  TRY(const Json list, parse_json(body));
  std::vector<std::string> out;
  for (const Json& one : list)
    if (one.is_string()) out.push_back(one.get<std::string>());
  return out;
}

Result<std::vector<Interval>> parse_intervals(const std::string& body) {
  TRY(const auto texts, parse_texts(body));
  std::vector<Interval> out;
  for (const std::string& one : texts) {
    auto parsed = parse_interval(one);
    // Druid's eternity lies beyond the years a person writes.
    out.push_back(parsed ? *parsed : all_time);
  }
  return out;
}

std::string member_text(const std::string& body, const std::string& name) {
  const auto value = parse_json(body);
  return value ? text_at(*value, name) : "";
}

std::vector<std::string> lock_datasources(const std::string& body) {
  std::vector<std::string> out;
  const auto list = parse_json(body);
  if (!list || !list->is_array()) return out;
  for (const Json& one : *list) out.push_back(text_at(one, "datasource"));
  return out;
}

PartitionOffsets parse_offsets(const std::string& body) {
  PartitionOffsets out;
  const auto value = parse_json(body);
  if (!value) return out;
  for (const auto& [key, offset] : at(at(*value, "partitions"), "partitionOffsetMap").items())
    if (offset.is_number()) out[std::atoi(key.c_str())] = offset.get<std::int64_t>();
  return out;
}

}  // namespace henge::sim
