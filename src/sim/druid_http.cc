#include "sim/druid_http.h"

#include <fmt/format.h>

#include "sim/druid_http_json.h"
#include "sim/druid_http_request.h"

namespace henge::sim {

using ports::Service;
using runtime::json_response;
using runtime::ServerRequest;
using runtime::ServerResponse;

namespace {

ServerResponse text(int status, std::string body) {
  ServerResponse out;
  out.status = status;
  out.headers = {{"Content-Type", "text/plain"}};
  out.body = std::move(body);
  return out;
}

std::string known_types(const std::string& message) {
  return "Please make sure to load all the necessary extensions and jars. " + message;
}

const char* category_of(ErrorKind kind) {
  return kind == ErrorKind::not_found ? "NOT_FOUND" : "INVALID_INPUT";
}

}  // namespace

ServerResponse error_response(const Error& error) {
  if (error.kind == ErrorKind::unavailable) return text(503, "");
  if (error.kind == ErrorKind::not_found)
    return json_response(404, druid_error("notFound", category_of(error.kind), error.message));
  return json_response(400, plain_error(known_types(error.message)));
}

// A path no service knows: Jetty's page through the Router, nothing from the Overlord.
ServerResponse no_such_path(bool behind_proxy) {
  if (behind_proxy) return text(404, "");
  ServerResponse out = text(404, "<html><head><title>Error 404 Not Found</title></head></html>\n");
  out.headers = {{"Content-Type", "text/html;charset=iso-8859-1"}};
  return out;
}

std::string percent_decode(std::string_view text) {
  const auto digit = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10 : -1;
  };
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && digit(text[i + 1]) >= 0 &&
        digit(text[i + 2]) >= 0) {
      out += static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::vector<std::string> path_parts(std::string_view path) {
  std::vector<std::string> out;
  for (std::size_t begin = 0; begin < path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    if (end > begin) out.push_back(percent_decode(path.substr(begin, end - begin)));
    begin = end + 1;
  }
  return out;
}

Query query_of(std::string_view target) {
  Query out;
  const auto mark = target.find('?');
  if (mark == std::string_view::npos) return out;
  target.remove_prefix(mark + 1);
  for (std::size_t begin = 0; begin < target.size();) {
    const std::size_t end = std::min(target.find('&', begin), target.size());
    const auto one = target.substr(begin, end - begin);
    const auto equals = std::min(one.find('='), one.size());
    const auto value = equals < one.size() ? one.substr(equals + 1) : std::string_view();
    out.emplace_back(percent_decode(one.substr(0, equals)), percent_decode(value));
    begin = end + 1;
  }
  return out;
}

std::string query_value(const Query& query, std::string_view name) {
  for (const auto& [key, value] : query)
    if (key == name) return value;
  return "";
}

runtime::Routes DruidHttp::routes() {
  runtime::Routes out;
  for (const char* method : {"GET", "POST", "DELETE"})
    out.add(method, "/", [this](ServerRequest request) -> boost::asio::awaitable<ServerResponse> {
      ++requests;
      co_return answer(request);
    });
  return out;
}

ServerResponse DruidHttp::answer(const ServerRequest& request) {
  twin_.advance(now_());
  Parts parts = path_parts(request.path);
  if (parts == Parts{"status", "health"}) return json_response(200, "true");
  const bool status = !parts.empty() && parts.back() == "status";
  if (parts == Parts{"status"} || (parts.size() == 3 && parts[0] == "proxy" && status)) {
    const Service of = parts.size() == 1        ? Service::broker
                       : parts[1] == "overlord" ? Service::overlord
                                                : Service::coordinator;
    const auto version = twin_.version(of);
    return version ? json_response(200, status_json(*version)) : error_response(version.error());
  }
  if (parts.size() < 2 || parts[0] != "druid") return no_such_path(false);
  const std::string service = parts[1];
  if (service == "v2") return broker(request, Parts(parts.begin() + 2, parts.end()));
  if (parts.size() < 4 || parts[2] != "v1") return no_such_path(false);
  parts.erase(parts.begin(), parts.begin() + 3);
  if (service == "indexer") return overlord(request, parts);
  if (service == "coordinator") return coordinator(request, parts);
  return no_such_path(false);
}

ServerResponse DruidHttp::overlord(const ServerRequest& request, const Parts& parts) {
  if (auto up = twin_.overlord_leader(); !up) return error_response(up.error());
  const bool post = request.method == "POST";
  const std::string& what = parts[0];
  if (what == "leader") return json_response(200, *twin_.overlord_leader());
  if (what == "isLeader") return json_response(200, R"({"leader":true})");
  if (what == "workers") return json_response(200, workers_json(*twin_.workers()));
  if (what == "supervisor") return supervisor(request, parts);
  if (what == "task") return task(request, parts);
  if (what == "tasks") return tasks(request);
  if (what == "taskStatus" && post) {
    const auto ids = parse_texts(request.body);
    if (!ids) return error_response(ids.error());
    return json_response(200, task_statuses_json(*twin_.task_statuses(*ids)));
  }
  if (what == "activeLocks" && post)
    return json_response(200, locks_json(*twin_.locks(lock_datasources(request.body))));
  if (what == "sampler" && post) {
    const auto sample = twin_.sample({request.body});
    return sample ? json_response(200, sample_json(*sample)) : error_response(sample.error());
  }
  if (what == "datasources" && parts.size() == 3 && post) return mark(request, parts[1], parts[2]);
  return no_such_path(true);
}

ServerResponse DruidHttp::supervisor(const ServerRequest& request, const Parts& parts) {
  if (parts.size() == 1 && request.method == "POST") {
    const auto done = twin_.post_supervisor({request.body}, {});
    if (!done) return error_response(done.error());
    const auto spec = read_stream_spec({request.body});
    return json_response(200, fmt::format(R"({{"id":"{}"}})", spec->id));
  }
  if (parts.size() == 1) {
    const Query query = query_of(request.target);
    const auto all = *twin_.supervisors();
    for (const auto& [name, value] : query)
      if (name == "full" || name == "state") return json_response(200, supervisors_json(all));
    std::string ids = "[";
    for (const auto& one : all) ids += (ids.size() > 1 ? ",\"" : "\"") + one.id + "\"";
    return json_response(200, ids + "]");
  }
  const std::string verb = parts.size() > 2 ? parts[2] : "";
  if (verb == "history") {
    const auto versions = *twin_.supervisor_history(parts[1]);
    if (!versions.empty()) return json_response(200, history_json(versions));
    return json_response(404, plain_error(fmt::format("No history for [{}].", parts[1])));
  }
  const auto* known = twin_.impl().streams.find(parts[1]);
  if (known == nullptr || !known->exists)
    return text(404, fmt::format("Cannot find any supervisor with id: [{}]", parts[1]));
  return one_supervisor(request, parts[1], verb);
}

ServerResponse DruidHttp::one_supervisor(const ServerRequest& request, const std::string& id,
                                         const std::string& verb) {
  auto& streams = twin_.impl().streams;
  const TwinSupervisor& known = *streams.find(id);
  if (request.method == "GET") {
    if (verb.empty()) return json_response(200, known.spec.stored.text);
    if (verb == "status")
      return json_response(200, supervisor_status_json(streams.status(known), known));
    if (verb == "health") {
      const bool healthy = streams.listing(known).healthy;
      return json_response(healthy ? 200 : 503, fmt::format(R"({{"healthy":{}}})", healthy));
    }
    return no_such_path(true);
  }
  const std::string answered = fmt::format(R"({{"id":"{}"}})", id);
  if (verb == "suspend" || verb == "resume") {
    const auto done = streams.set_suspended(id, verb == "suspend");
    if (!done) return json_response(400, plain_error(done.error().message));
    return json_response(200, streams.find(id)->spec.stored.text);
  }
  Result<void> done = fail(ErrorKind::not_found, "");
  if (verb == "terminate" || verb == "shutdown") done = streams.terminate(id);
  if (verb == "reset") done = twin_.reset_offsets(id, {});
  if (verb == "resetOffsets") done = twin_.reset_offsets(id, parse_offsets(request.body));
  return done ? json_response(200, answered) : no_such_path(true);
}

ServerResponse DruidHttp::submit(const ServerRequest& request) {
  const auto done = twin_.submit_task({request.body});
  if (!done) return error_response(done.error());
  const std::string id = member_text(request.body, "id");
  if (*done == Submitted::accepted)
    return json_response(200, fmt::format(R"({{"task":"{}"}})", id));
  return json_response(400, druid_error("entryAlreadyExists", "INVALID_INPUT",
                                        fmt::format("Task[{}] already exists", id)));
}

ServerResponse DruidHttp::task(const ServerRequest& request, const Parts& parts) {
  if (parts.size() == 1 && request.method == "POST") return submit(request);
  if (parts.size() < 2) return no_such_path(true);
  const std::string& id = parts[1];
  const TwinTask* known = twin_.impl().queue.find(id);
  if (known == nullptr) return text(404, fmt::format("Cannot find any task with id: [{}]", id));
  const std::string verb = parts.size() > 2 ? parts[2] : "";
  if (verb == "shutdown" && request.method == "POST") {
    const auto done = twin_.shutdown_task(id);
    return json_response(200, fmt::format(R"({{"task":"{}"}})", id));
  }
  if (verb.empty())
    return json_response(200,
                         fmt::format(R"({{"task":"{}","payload":{}}})", id, known->payload.text));
  if (verb == "status")
    return json_response(200, fmt::format(R"({{"task":"{}","status":{}}})", id, task_json(*known)));
  if (verb == "reports") {
    const bool running = is_active(known->state);
    const auto report = *twin_.task_report(id);
    if (report) return json_response(200, report_json(id, *report, running));
    return text(404, fmt::format("No task reports were found for this task. The task may not "
                                 "exist, or it may not have completed yet."));
  }
  return no_such_path(true);
}

ServerResponse DruidHttp::tasks(const ServerRequest& request) {
  const Query query = query_of(request.target);
  const std::string state = query_value(query, "state");
  const std::string datasource = query_value(query, "datasource");
  std::string out = "[";
  const auto add = [&](const TwinTask& task) {
    if (!datasource.empty() && task.datasource != datasource) return;
    if (out.size() > 1) out += ',';
    out += task_json(task);
  };
  const auto& queue = twin_.impl().queue;
  if (state == "complete" || state.empty()) {
    for (const auto& [id, task] : queue.all())
      if (!is_active(task.state) || state.empty()) add(task);
    return json_response(200, out + "]");
  }
  for (const std::string& id : queue.active()) {
    const TwinTask& task = queue.all().at(id);
    const char* own = task.state == TaskState::waiting   ? "waiting"
                      : task.state == TaskState::pending ? "pending"
                                                         : "running";
    if (state == own) add(task);
  }
  return json_response(200, out + "]");
}

ServerResponse DruidHttp::mark(const ServerRequest& request, const std::string& datasource,
                               const std::string& verb) {
  const auto revision = twin_.stored_revision(datasource);
  const auto interval = parse_interval(member_text(request.body, "interval"));
  if (!interval) return error_response(interval.error());
  Result<void> done = fail(ErrorKind::not_found, verb);
  if (verb == "markUsed") done = twin_.mark_used(datasource, *interval);
  if (verb == "markUnused") done = twin_.mark_unused(datasource, *interval);
  if (!done) return no_such_path(true);
  const auto changed = twin_.stored_revision(datasource) - revision;
  return json_response(200, fmt::format(R"({{"numChangedSegments":{},"segmentStateChanged":{}}})",
                                        changed, changed > 0));
}

}  // namespace henge::sim
