#include "druid/druid_json.h"

#include "druid/dom_shape.h"
#include "druid/json_shape.h"

namespace henge::druid {

using nlohmann::json;
using ports::PartitionOffsets;
using ports::Segment;
using ports::SegmentRows;
using ports::SupervisorStatus;
using ports::SupervisorTask;
using ports::TaskReport;
using ports::TaskState;
using ports::TaskStatus;

namespace {

PartitionOffsets offsets(const json& object, const char* name) {
  PartitionOffsets out;
  const json* map = find_member(object, name);
  if (map == nullptr) return out;
  for (const auto& [key, value] : map->items()) {
    if (value.is_number()) out.emplace(partition_of(key), value.get<std::int64_t>());
  }
  return out;
}

std::vector<SupervisorTask> supervisor_tasks(const json& payload, const char* name) {
  std::vector<SupervisorTask> out;
  const json* list = find_member(payload, name);
  if (list == nullptr) return out;
  for (const json& element : array(*list, name)) {
    SupervisorTask task;
    task.id = text(element, "id");
    task.starting_offsets = offsets(element, "startingOffsets");
    task.current_offsets = offsets(element, "currentOffsets");
    if (const json* start = find_member(element, "startTime"))
      task.start_time = instant(*start, "startTime");
    out.push_back(std::move(task));
  }
  return out;
}

// statusCode decides; runnerStatusCode only tells apart the ways of not being done (a finished task
// may say WAITING there).
TaskState task_state(const dom::Element& task) {
  const std::string_view code = dom::text_or(task, "statusCode", dom::text_or(task, "status", ""));
  if (code == "SUCCESS") return TaskState::success;
  if (code == "FAILED") return TaskState::failed;
  if (code != "RUNNING") throw Misshapen{fmt::format("task status \"{}\"", code)};
  const std::string_view runner = dom::text_or(task, "runnerStatusCode", "");
  if (runner == "WAITING") return TaskState::waiting;
  if (runner == "PENDING") return TaskState::pending;
  return TaskState::running;
}

TaskStatus task_status(const dom::Element& task) {
  TaskStatus out;
  out.id = dom::text(task, "id");
  out.group_id = dom::text_or(task, "groupId", "");
  out.type = dom::text_or(task, "type", "");
  out.datasource = dom::text_or(task, "dataSource", "");
  out.state = task_state(task);
  out.error = dom::text_or(task, "errorMsg", "");
  if (dom::find_member(task, "createdTime")) {
    const std::string_view text = dom::text(task, "createdTime");
    auto created = parse_instant(text);
    if (!created) throw Misshapen{"createdTime: " + created.error().message};
    out.created_at = *created;
  }
  return out;
}

}  // namespace

Result<std::string> parse_version(std::string_view body) {
  return guarded(body, [](const json& status) {
    const std::string version = text_or(status, "version", "");
    return version == "unknown" ? std::string() : version;
  });
}

Result<Interval> parse_druid_interval(std::string_view text) {
  // In years no calendar library knows.
  if (text == "-146136543-09-08T08:23:32.096Z/146140482-04-24T15:36:27.903Z") {
    return bucket(Granularity::all, Instant{});
  }
  return parse_interval(text);
}

Result<JsonText> parse_any(std::string_view body) {
  return guarded(body, [](const json& any) { return JsonText{any.dump()}; });
}

Result<SupervisorStatus> parse_supervisor_status(std::string_view body) {
  return guarded(body, [](const json& status) {
    const json& payload = member(status, "payload");
    SupervisorStatus out;
    out.id = text(status, "id");
    out.generated_at = instant(member(status, "generationTime"), "generationTime");
    out.datasource = text_or(payload, "dataSource", "");
    out.stream = text_or(payload, "stream", "");
    out.state = text_or(payload, "state", "");
    out.detailed_state = text_or(payload, "detailedState", "");
    out.suspended = flag_or(payload, "suspended", false);
    out.healthy = flag_or(payload, "healthy", true);
    out.partitions = static_cast<int>(number_or(payload, "partitions", 0));
    out.active = supervisor_tasks(payload, "activeTasks");
    out.publishing = supervisor_tasks(payload, "publishingTasks");
    out.latest_offsets = offsets(payload, "latestOffsets");
    out.lag = offsets(payload, "minimumLag");
    if (const json* errors = find_member(payload, "recentErrors")) {
      for (const json& error : *errors) {
        out.recent_errors.push_back(
            one_line(text_or(error, "message", text_or(error, "exceptionClass", "")), excerpt_max));
      }
    }
    return out;
  });
}

Result<std::map<std::string, TaskStatus>> parse_task_statuses(std::string_view body) {
  return dom::guarded(body, [](const dom::Element& statuses) {
    std::map<std::string, TaskStatus> out;
    for (const auto [id, status] : dom::object(statuses, "the statuses by task id")) {
      out.emplace(id, task_status(status));
    }
    return out;
  });
}

Result<std::vector<TaskStatus>> parse_tasks(std::string_view body) {
  return dom::guarded(body, [](const dom::Element& tasks) {
    std::vector<TaskStatus> out;
    for (const dom::Element task : dom::array(tasks, "the list of tasks")) {
      out.push_back(task_status(task));
    }
    return out;
  });
}

Result<std::optional<TaskReport>> parse_report(std::string_view body) {
  return guarded(body, [](const json& reports) -> std::optional<TaskReport> {
    const json* stats = find_member(reports, "ingestionStatsAndErrors");
    if (stats == nullptr) return std::nullopt;
    const json& payload = member(*stats, "payload");
    TaskReport out;
    out.error = text_or(payload, "errorMsg", "");
    if (find_member(payload, "segmentsPublished") != nullptr) {
      out.segments_published = number_or(payload, "segmentsPublished", 0);
    }
    const json* rows = find_member(payload, "rowStats");
    if (rows == nullptr) return out;
    // A running task wraps its totals beside moving averages; a finished one has them bare.
    if (const json* totals = find_member(*rows, "totals")) rows = totals;
    if (const json* build = find_member(*rows, "buildSegments")) {
      out.processed = number_or(*build, "processed", 0);
      out.processed_with_error = number_or(*build, "processedWithError", 0);
      out.thrown_away = number_or(*build, "thrownAway", 0);
      out.unparseable = number_or(*build, "unparseable", 0);
    }
    return out;
  });
}

Result<std::vector<Segment>> parse_segments(std::string_view body) {
  return guarded(body, [](const json& list) {
    std::vector<Segment> out;
    for (const json& element : array(list, "the list of segments")) out.push_back(segment(element));
    return out;
  });
}

// [{timestamp, result: {results: [{timestamp, result: {rows}}], segment, interval}}]; the outer
// timestamp is the first bucket's.
Result<std::vector<SegmentRows>> parse_rows_by_segment(std::string_view body) {
  return guarded(body, [](const json& list) {
    std::map<std::pair<std::string, Instant>, std::int64_t> sums;
    for (const json& entry : array(list, "the answers by segment")) {
      const json& answer = member(entry, "result");
      const std::string id = text(answer, "segment");
      for (const json& bucket : array(member(answer, "results"), "results")) {
        const Instant chunk = instant(member(bucket, "timestamp"), "timestamp");
        sums[{id, chunk}] += number_or(member(bucket, "result"), "rows", 0);
      }
    }
    std::vector<SegmentRows> out;
    for (const auto& [key, rows] : sums) out.push_back(SegmentRows{key.first, key.second, rows});
    return out;
  });
}

Result<std::vector<ports::Rule>> parse_rules(std::string_view body) {
  return guarded(body, [](const json& list) {
    std::vector<ports::Rule> out;
    for (const json& element : array(list, "the list of rules")) {
      out.push_back(rule(element));
    }
    return out;
  });
}

Result<ports::Workers> parse_workers(std::string_view body) {
  return guarded(body, [](const json& list) {
    ports::Workers out;
    for (const json& element : array(list, "the list of workers")) {
      out.capacity_total += static_cast<int>(number_or(member(element, "worker"), "capacity", 0));
      out.capacity_used += static_cast<int>(number_or(element, "currCapacityUsed", 0));
      ++out.workers;
    }
    return out;
  });
}

std::string error_text(std::string_view body) {
  const json document = json::parse(body, nullptr, false);
  if (document.is_object()) {
    // What became of a query that was to run as a task holds the exception within.
    if (const auto within = document.find("error"); within != document.end() && within->is_object())
      return error_text(within->dump());
    // A DruidException's `error` is the constant "druidException"; its own words are in
    // errorMessage.
    const std::string message = text_or(document, "errorMessage", text_or(document, "error", ""));
    const std::string denied = text_or(document, "Access-Check-Result", "");
    return one_line(message.empty() ? denied : message, excerpt_max);
  }
  const auto title = body.find("<title>");
  const auto title_end = body.find("</title>");
  if (title != std::string_view::npos && title_end != std::string_view::npos && title_end > title) {
    return one_line(body.substr(title + 7, title_end - title - 7), excerpt_max);
  }
  return one_line(body, excerpt_max);
}

std::string error_code(std::string_view body) {
  const json document = json::parse(body, nullptr, false);
  return document.is_object() ? text_or(document, "errorCode", "") : "";
}

bool is_missing_object(std::string_view body) {
  const auto first = body.find_first_not_of(" \r\n\t");
  return first != std::string_view::npos && body[first] != '<';
}

Result<std::string> task_id(const JsonText& payload) {
  const json document = json::parse(payload.text, nullptr, false);
  std::string id = document.is_object() ? text_or(document, "id", "") : "";
  if (id.empty())
    return fail(ErrorKind::invalid, "a task's payload is a JSON object with its own id");
  return id;
}

Result<std::string> query_task_id(const JsonText& request) {
  const json document = json::parse(request.text, nullptr, false);
  std::string id;
  if (document.is_object() && document.contains("context") && document["context"].is_object())
    id = text_or(document["context"], "sqlQueryId", "");
  if (id.empty())
    return fail(ErrorKind::invalid, "a query's context has the id that its task is to have");
  return "query-" + id;
}

Result<std::string> parse_query_task(std::string_view body) {
  const json document = json::parse(body, nullptr, false);
  std::string id = document.is_object() ? text_or(document, "taskId", "") : "";
  if (id.empty())
    return fail(ErrorKind::corrupt,
                "Druid does not say what task runs the query: " + one_line(body, excerpt_max));
  return id;
}

std::string render_rows_query(const std::string& datasource, const std::string& count_metric,
                              Granularity chunk, const std::vector<Interval>& intervals,
                              Millis timeout) {
  json spans = json::array();
  for (const Interval& interval : intervals) spans.push_back(to_iso(interval));
  // Caches are by segment and would be right; what they hold of a realtime segment is what must not
  // be trusted here.
  json query = {
      {"queryType", "timeseries"},
      {"dataSource", datasource},
      {"intervals", std::move(spans)},
      {"granularity", to_string(chunk)},
      {"aggregations",
       json::array({{{"type", "longSum"}, {"name", "rows"}, {"fieldName", count_metric}}})},
      {"context",
       {{"bySegment", true},
        {"useCache", false},
        {"populateCache", false},
        {"useResultLevelCache", false},
        {"populateResultLevelCache", false},
        {"skipEmptyBuckets", true},
        {"timeout", timeout.count()}}}};
  return query.dump();
}

std::string render_intervals(const std::vector<Interval>& intervals) {
  json out = json::array();
  for (const Interval& interval : intervals) out.push_back(to_iso(interval));
  return out.dump();
}

std::string render_ids(const std::vector<std::string>& ids) {
  return json(ids).dump();
}

std::string render_sql(const std::string& query, Millis timeout) {
  const json out = {
      {"query", query}, {"resultFormat", "object"}, {"context", {{"timeout", timeout.count()}}}};
  return out.dump();
}

}  // namespace henge::druid
