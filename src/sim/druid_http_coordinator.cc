// The Coordinator's and the Broker's paths.
#include <fmt/format.h>

#include <algorithm>

#include "druid/druid_json.h"
#include "sim/druid_http.h"
#include "sim/druid_http_json.h"
#include "sim/druid_http_request.h"

namespace henge::sim {

using ports::Service;
using runtime::json_response;
using runtime::ServerRequest;
using runtime::ServerResponse;

namespace {

constexpr std::size_t block_bytes = 256UL * 1024;

// The list of segments in blocks, datasource after datasource, as the Coordinator's snapshot had
// them.
class SegmentList {
 public:
  SegmentList(DruidTwin& twin, std::vector<std::string> names)
      : twin_(twin), names_(std::move(names)), when_(twin.impl().snapshot_at()) {}

  // Empty at the end.
  std::string next() {
    std::string out;
    while (out.size() < block_bytes && at_ < names_.size()) {
      const std::string& name = names_[at_++];
      const auto found = twin_.impl().cluster.datasources.find(name);
      if (found == twin_.impl().cluster.datasources.end()) continue;
      add(name, found->second, out);
    }
    if (!begun_) out.insert(0, "[");
    begun_ = true;
    if (at_ == names_.size() && !ended_) {
      ended_ = true;
      out += ']';
    }
    return out;
  }

 private:
  void add(const std::string& name, const DatasourceSegments& segments, std::string& out) {
    const auto overshadowed = segments.overshadowed_at(when_);
    for (const auto& [key, segment] : segments.all()) {
      if (segment.created > when_ || (segment.unused_since && *segment.unused_since <= when_))
        continue;
      if (!first_) out += ',';
      first_ = false;
      out += listed_segment_json(name, key, segment, overshadowed.contains(key),
                                 twin_.impl().cluster.rules_load(name, key.generation.interval));
    }
  }

  DruidTwin& twin_;
  std::vector<std::string> names_;
  Instant when_;
  std::size_t at_ = 0;
  bool begun_ = false;
  bool first_ = true;
  bool ended_ = false;
};

std::string with_slash(std::string interval) {
  std::ranges::replace(interval, '_', '/');
  return interval;
}

}  // namespace

ServerResponse DruidHttp::coordinator(const ServerRequest& request, const Parts& parts) {
  if (const auto up = twin_.all_rules(); !up) return error_response(up.error());
  if (parts[0] == "leader") return json_response(200, "http://coordinator-1:8081");
  if (parts[0] == "isLeader") return json_response(200, R"({"leader":true})");
  if (parts[0] == "rules") return rules(request, parts);
  if (parts[0] == "config" && parts.size() >= 2 && parts[1] == "compaction")
    return compaction(request, parts);
  if (parts[0] == "metadata") return metadata(request, parts);
  return no_such_path(true);
}

ServerResponse DruidHttp::rules(const ServerRequest& request, const Parts& parts) {
  if (parts.size() == 1) {
    std::string out = "{";
    for (const auto& [name, list] : *twin_.all_rules())
      out += fmt::format(R"({}"{}":{})", out.size() > 1 ? "," : "", name, rules_json(list));
    return json_response(200, out + "}");
  }
  if (request.method == "POST") {
    auto list = parse_rules_body(request.body);
    if (!list) return error_response(list.error());
    const auto done = twin_.set_rules(parts[1], std::move(*list), {});
    return done ? json_response(200, "") : error_response(done.error());
  }
  if (!query_value(query_of(request.target), "full").empty())
    return json_response(200, rules_json(*twin_.rules(parts[1])));
  const auto all = *twin_.all_rules();
  const auto found = all.find(parts[1]);
  return json_response(200, found == all.end() ? "[]" : rules_json(found->second));
}

ServerResponse DruidHttp::compaction(const ServerRequest& request, const Parts& parts) {
  if (request.method == "POST") {
    const std::string datasource = member_text(request.body, "dataSource");
    if (datasource.empty())
      return json_response(400, plain_error("Cannot construct instance of "
                                            "`org.apache.druid.server.coordinator."
                                            "InlineSchemaDataSourceCompactionConfig`, problem: "
                                            "dataSource"));
    const auto done = twin_.set_compaction(datasource, {request.body}, {});
    return json_response(200, "");
  }
  const auto configs = *twin_.compaction_configs();
  if (request.method == "DELETE") {
    if (parts.size() < 3 || !configs.contains(parts[2]))
      return json_response(
          404, druid_error("notFound", "NOT_FOUND", "Datasource compaction config does not exist"));
    const auto done = twin_.set_compaction(parts[2], {}, {});
    return json_response(200, "");
  }
  std::string list;
  for (const auto& [name, config] : configs) list += (list.empty() ? "" : ",") + config.text;
  return json_response(200,
                       fmt::format(R"({{"compactionConfigs":[{}],"compactionTaskSlotRatio":0.1,)"
                                   R"("maxCompactionTaskSlots":2147483647,"useSupervisors":false,)"
                                   R"("engine":"native"}})",
                                   list));
}

ServerResponse DruidHttp::metadata(const ServerRequest& request, const Parts& parts) {
  if (parts.size() == 2 && parts[1] == "segments") return all_segments(request);
  if (parts.size() != 4 || parts[1] != "datasources") return no_such_path(true);
  const std::string& name = parts[2];
  const Query query = query_of(request.target);
  std::vector<Interval> intervals;
  if (parts[3] == "segments" && request.method == "POST") {
    auto parsed = parse_intervals(request.body);
    if (!parsed) return error_response(parsed.error());
    intervals = std::move(*parsed);
  } else if (parts[3] == "unusedSegments") {
    auto parsed = parse_interval(with_slash(query_value(query, "interval")));
    if (!parsed) return error_response(parsed.error());
    intervals = {*parsed};
  } else {
    return no_such_path(true);
  }
  const auto found = twin_.impl().cluster.datasources.find(name);
  std::string out = "[";
  if (found == twin_.impl().cluster.datasources.end()) return json_response(200, "[]");
  const bool unused = parts[3] == "unusedSegments";
  for (const auto& [key, segment] : found->second.all()) {
    const Interval own = key.generation.interval;
    const bool asked = std::ranges::any_of(intervals, [&](const Interval& one) {
      return unused ? one.start <= own.start && own.end <= one.end
                    : one.start < own.end && own.start < one.end;
    });
    if (!asked || segment.unused_since.has_value() != unused) continue;
    if (out.size() > 1) out += ',';
    out += unused ? unused_segment_json(name, key, segment) : segment_json(name, key, segment);
  }
  return json_response(200, out + "]");
}

ServerResponse DruidHttp::all_segments(const ServerRequest& request) {
  std::vector<std::string> names;
  for (const auto& [key, value] : query_of(request.target))
    if (key == "datasources") names.push_back(value);
  if (names.empty()) names = twin_.datasources();
  auto list = std::make_shared<SegmentList>(twin_, std::move(names));
  ServerResponse out;
  out.headers = {{"Content-Type", "application/json"}};
  out.source = [list]() -> runtime::Async<std::string> { co_return list->next(); };
  return out;
}

ServerResponse DruidHttp::broker(const ServerRequest& request, const Parts& parts) {
  if (const auto up = twin_.version(Service::broker); !up) return error_response(up.error());
  if (parts.size() >= 2 && parts[0] == "sql" && parts[1] == "task")
    return query_task(request, parts);
  if (request.method != "POST") return no_such_path(false);
  if (parts == Parts{"sql"}) {
    const std::string query = member_text(request.body, "query");
    if (query.find("FROM sys.segments GROUP BY \"datasource\"") != std::string::npos)
      return json_response(200, digests_json(*twin_.segment_digests()));
    const auto rows = twin_.sql(query);
    if (rows) return json_response(200, rows->text);
    return json_response(400, druid_error("invalidInput", "INVALID_INPUT", rows.error().message));
  }
  const auto query = parse_rows_query(request.body);
  if (!query) return error_response(query.error());
  const auto rows =
      *twin_.rows_by_segment(query->datasource, query->metric, query->chunk, query->intervals);
  std::map<std::string, Interval> intervals;
  const auto found = twin_.impl().cluster.datasources.find(query->datasource);
  if (found != twin_.impl().cluster.datasources.end()) {
    for (const auto& [key, segment] : found->second.all())
      intervals[segment_id(query->datasource, key)] = key.generation.interval;
    for (const auto& [key, segment] : found->second.realtime())
      intervals[segment_id(query->datasource, key)] = key.generation.interval;
  }
  return json_response(200, rows_json(rows, intervals));
}

namespace {

// `error` is JSON; empty: none.
std::string query_task_json(const std::string& id, const char* state, const std::string& error) {
  return fmt::format(R"({{"taskId":"{}","state":"{}"{}}})", id, state,
                     error.empty() ? "" : ",\"error\":" + error);
}

}  // namespace

// As Druid's sources have it (docs/msq.md): a task of that id makes the Overlord answer 400, and
// the Broker 500.
ServerResponse DruidHttp::query_task(const ServerRequest& request, const Parts& parts) {
  if (!*twin_.runs_query_tasks()) return no_such_path(false);
  if (parts.size() == 3 && parts[2] == "enabled") return json_response(200, R"({"enabled":true})");
  if (parts.size() != 2 || request.method != "POST") return no_such_path(false);
  const std::string id = druid::query_task_id({request.body}).value_or("query-");
  const auto done = twin_.submit_query({request.body});
  if (done && *done == Submitted::accepted)
    return json_response(202, query_task_json(id, "RUNNING", ""));
  const std::string message =
      done ? fmt::format("Server error [400 Bad Request]; body: {}",
                         druid_error("entryAlreadyExists", "INVALID_INPUT",
                                     fmt::format("Task[{}] already exists", id)))
           : done.error().message;
  const bool invalid = !done && done.error().kind == ErrorKind::invalid;
  const std::string error = invalid ? druid_error("invalidInput", "INVALID_INPUT", message)
                                    : druid_error("general", "UNCATEGORIZED", message);
  // Where nothing ran it is the query's id, without what a task has before it.
  return json_response(invalid ? 400 : 500,
                       query_task_json(id.substr(std::string("query-").size()), "FAILED", error));
}

}  // namespace henge::sim
