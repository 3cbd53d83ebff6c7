#include "druid/client.h"

#include "druid/client_impl.h"
#include "druid/druid_json.h"

namespace henge::druid {

using ports::Async;
using ports::Service;
using runtime::HttpCall;
using runtime::HttpClient;
using runtime::HttpClientOptions;
using runtime::HttpResponse;
using runtime::percent_encode;
using runtime::Repeat;

namespace {

constexpr std::size_t task_ids_max = 10'000;

std::string without_slash(std::string url) {
  while (url.ends_with('/')) url.pop_back();
  return url;
}

// A header is one line; what a person wrote may be more.
std::string header_text(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (static_cast<unsigned char>(c) < ' ' || c == 0x7f) c = ' ';
  }
  return out;
}

}  // namespace

Error error_of(const HttpResponse& response, Repeat repeat) {
  if (response.status == 404 && !is_missing_object(response.body)) {
    return {ErrorKind::invalid,
            response.tried +
                ": 404: this service does not know the path; is it the Router with its management "
                "proxy on, or the right service's address?"};
  }
  return runtime::error_of_status(response, repeat, error_text(response.body));
}

void add_audit(HttpCall& request, const Audit& audit) {
  if (!audit.author.empty()) {
    request.headers.emplace_back("X-Druid-Author", header_text(audit.author));
  }
  if (!audit.comment.empty()) {
    request.headers.emplace_back("X-Druid-Comment", header_text(audit.comment));
  }
}

DruidClient::DruidClient(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
DruidClient::~DruidClient() = default;

Result<std::unique_ptr<DruidClient>> DruidClient::make(DruidOptions options) {
  HttpClientOptions http;
  http.trusted_hosts = options.cluster_hosts;
  for (std::string* url : {&options.router_url, &options.overlord_url, &options.coordinator_url,
                           &options.broker_url}) {
    if (url->empty()) continue;
    *url = without_slash(std::move(*url));
    TRY(const runtime::Url parsed, runtime::parse_url(*url));
    http.trusted_hosts.insert(parsed.host);
  }
  const bool each = !options.overlord_url.empty() && !options.coordinator_url.empty() &&
                    !options.broker_url.empty();
  if (options.router_url.empty() && !each) {
    return fail(
        ErrorKind::invalid,
        "Druid's address: expected the Router's, or those of Overlord, Coordinator and Broker");
  }
  http.auth = options.auth;
  http.tls = options.tls;
  http.connect_max = options.connect_timeout;
  http.calls_per_s_max = options.calls_per_s_max;
  http.calls_burst = std::max(1.0, options.calls_per_s_max);
  http.random = options.random;
  return std::unique_ptr<DruidClient>(
      new DruidClient(std::make_unique<Impl>(std::move(options), std::move(http))));
}

const std::string& DruidClient::Impl::address(Service service) const {
  const std::string* own = &options.broker_url;
  if (service == Service::overlord) own = &options.overlord_url;
  if (service == Service::coordinator) own = &options.coordinator_url;
  return own->empty() ? options.router_url : *own;
}

Async<HttpResponse> DruidClient::Impl::call(HttpCall request) {
  const Repeat repeat = request.repeat;
  const auto service = service_of(request.url);
  CO_TRY_VOID(breakers.permit(service));
  Result<HttpResponse> response = co_await http.send(std::move(request));
  if (response && !is_success(response->status))
    response = tl::unexpected<Error>(error_of(*response, repeat));
  breakers.ended(service, response ? nullptr : &response.error());
  co_return response;
}

Async<std::string> DruidClient::Impl::get(Service service, std::string target) {
  HttpCall request;
  request.url = address(service) + target;
  request.deadline = options.read_timeout;
  request.retry = options.retry;
  CO_TRY(HttpResponse response, co_await call(std::move(request)));
  co_return std::move(response.body);
}

Async<std::string> DruidClient::Impl::get_large(Service service, std::string target) {
  HttpCall request;
  request.url = address(service) + target;
  request.deadline = options.query_timeout;
  request.retry = options.retry;
  CO_TRY(HttpResponse response, co_await call(std::move(request)));
  co_return std::move(response.body);
}

HttpCall DruidClient::Impl::post(const std::string& url, std::string body) const {
  HttpCall request;
  request.method = "POST";
  request.url = url;
  request.headers.emplace_back("Content-Type", "application/json");
  request.body = std::move(body);
  request.deadline = options.read_timeout;
  request.retry = options.retry;
  return request;
}

Async<std::string> DruidClient::version(Service service) {
  const std::string& base = impl_->address(service);
  const bool through_router = base == impl_->options.router_url;
  std::string target = "/status";
  if (through_router && service == Service::overlord) target = "/proxy/overlord/status";
  if (through_router && service == Service::coordinator) target = "/proxy/coordinator/status";
  CO_TRY(const std::string body, co_await impl_->get(service, target));
  co_return parse_version(body);
}

Async<std::optional<JsonText>> DruidClient::supervisor_spec(std::string id) {
  const std::string target = overlord_path + "/supervisor/" + percent_encode(id);
  auto body = co_await impl_->get(Service::overlord, target);
  if (!body && body.error().kind == ErrorKind::not_found) co_return std::optional<JsonText>();
  if (!body) co_return tl::unexpected<Error>(std::move(body).error());
  CO_TRY(JsonText spec, parse_any(*body));
  co_return std::optional<JsonText>(std::move(spec));
}

Async<ports::SupervisorStatus> DruidClient::supervisor_status(std::string id) {
  const std::string target = overlord_path + "/supervisor/" + percent_encode(id) + "/status";
  CO_TRY(const std::string body, co_await impl_->get(Service::overlord, target));
  co_return parse_supervisor_status(body);
}

Async<void> DruidClient::post_supervisor(JsonText spec, Audit audit) {
  CO_TRY_VOID(parse_any(spec.text).map_error([](Error error) {
    return Error{ErrorKind::invalid, "the supervisor spec is not JSON: " + error.message};
  }));
  CO_TRY(const auto turn, co_await impl_->supervisor_turn.acquire(supervisor_turn_max));
  const std::string url = impl_->address(Service::overlord) + overlord_path +
                          "/supervisor?skipRestartIfUnmodified=true";
  HttpCall request = impl_->post(url, std::move(spec.text));
  request.repeat = Repeat::ambiguous;
  request.deadline = impl_->options.supervisor_timeout;
  request.failpoint_sent = "druid.supervisor.sent";
  add_audit(request, audit);
  CO_TRY_VOID(co_await impl_->call(std::move(request)));
  co_return Result<void>();
}

Async<void> DruidClient::suspend_supervisor(std::string id, Audit audit) {
  auto done = co_await impl_->change_supervisor(id, "suspend", std::move(audit));
  if (done || done.error().kind != ErrorKind::invalid) co_return done;
  // 400 says so when it is suspended already; the text is not to be relied on, the status is.
  CO_TRY(const ports::SupervisorStatus status, co_await supervisor_status(id));
  if (status.suspended) co_return Result<void>();
  co_return done;
}

Async<void> DruidClient::resume_supervisor(std::string id, Audit audit) {
  auto done = co_await impl_->change_supervisor(id, "resume", std::move(audit));
  if (done || done.error().kind != ErrorKind::invalid) co_return done;
  CO_TRY(const ports::SupervisorStatus status, co_await supervisor_status(id));
  if (!status.suspended) co_return Result<void>();
  co_return done;
}

Async<void> DruidClient::Impl::change_supervisor(std::string id, std::string verb, Audit audit) {
  CO_TRY(const auto turn, co_await supervisor_turn.acquire(supervisor_turn_max));
  HttpCall request = post(
      address(Service::overlord) + overlord_path + "/supervisor/" + percent_encode(id) + "/" + verb,
      "");
  request.repeat = Repeat::ambiguous;
  request.deadline = options.supervisor_timeout;
  add_audit(request, audit);
  CO_TRY_VOID(co_await call(std::move(request)));
  co_return Result<void>();
}

Async<ports::Submitted> DruidClient::submit_task(JsonText payload) {
  auto id = task_id(payload);
  if (!id) co_return tl::unexpected<Error>(std::move(id).error());
  const std::string base = impl_->address(Service::overlord) + overlord_path;
  HttpCall request = impl_->post(base + "/task", std::move(payload.text));
  request.repeat = Repeat::ambiguous;
  request.failpoint_sent = "druid.task.sent";
  // Whoever sends tasks is to know at once that there is no room for more.
  request.retry = runtime::retry_never;
  CO_TRY(const HttpResponse response, co_await impl_->http.send(std::move(request)));
  if (is_success(response.status)) co_return ports::Submitted::accepted;
  Error refused = error_of(response, Repeat::ambiguous);
  if (response.status != 400) co_return tl::unexpected<Error>(std::move(refused));
  if (error_code(response.body) == "entryAlreadyExists") co_return ports::Submitted::already_exists;
  // In a race of two equal submits Druid answers with another code (contract 3.1.2): whether the
  // task is known decides.
  auto known = co_await impl_->get(Service::overlord,
                                   overlord_path + "/task/" + percent_encode(*id) + "/status");
  if (known) co_return ports::Submitted::already_exists;
  if (known.error().kind == ErrorKind::not_found)
    co_return tl::unexpected<Error>(std::move(refused));
  co_return fail(ErrorKind::unknown_outcome,
                 refused.message + "; and then: " + known.error().message);
}

Async<std::map<std::string, ports::TaskStatus>> DruidClient::task_statuses(
    std::vector<std::string> ids) {
  const std::string url = impl_->address(Service::overlord) + overlord_path + "/taskStatus";
  std::map<std::string, ports::TaskStatus> all;
  for (std::size_t from = 0; from < ids.size(); from += task_ids_max) {
    const auto begin = ids.begin() + static_cast<std::ptrdiff_t>(from);
    const auto end =
        ids.begin() + static_cast<std::ptrdiff_t>(std::min(from + task_ids_max, ids.size()));
    HttpCall request = impl_->post(url, render_ids(std::vector<std::string>(begin, end)));
    CO_TRY(const HttpResponse response, co_await impl_->call(std::move(request)));
    CO_TRY(auto some, parse_task_statuses(response.body));
    all.merge(some);
  }
  co_return all;
}

Async<std::vector<ports::TaskStatus>> DruidClient::active_tasks(std::string datasource) {
  std::map<std::string, ports::TaskStatus> by_id;
  for (const std::string_view state : {"waiting", "pending", "running"}) {
    std::string target = fmt::format("{}/tasks?state={}", overlord_path, state);
    if (!datasource.empty()) target += "&datasource=" + percent_encode(datasource);
    CO_TRY(const std::string body, co_await impl_->get_large(Service::overlord, target));
    CO_TRY(const auto tasks, parse_tasks(body));
    for (const ports::TaskStatus& task : tasks) by_id.insert_or_assign(task.id, task);
  }
  std::vector<ports::TaskStatus> all;
  for (auto& [id, task] : by_id) all.push_back(std::move(task));
  co_return all;
}

Async<std::optional<ports::TaskReport>> DruidClient::task_report(std::string id) {
  const std::string target = overlord_path + "/task/" + percent_encode(id) + "/reports";
  auto body = co_await impl_->get(Service::overlord, target);
  if (!body && body.error().kind == ErrorKind::not_found)
    co_return std::optional<ports::TaskReport>();
  if (!body) co_return tl::unexpected<Error>(std::move(body).error());
  co_return parse_report(*body);
}

Async<void> DruidClient::shutdown_task(std::string id) {
  const std::string url = impl_->address(Service::overlord) + overlord_path + "/task/" +
                          percent_encode(id) + "/shutdown";
  HttpCall request = impl_->post(url, "");
  CO_TRY_VOID(co_await impl_->call(std::move(request)));
  co_return Result<void>();
}

Async<std::vector<ports::Segment>> DruidClient::used_segments(std::string datasource,
                                                              std::vector<Interval> intervals) {
  if (intervals.empty()) co_return std::vector<ports::Segment>();
  const std::string url = impl_->address(Service::coordinator) + coordinator_path +
                          "/metadata/datasources/" + percent_encode(datasource) + "/segments?full";
  HttpCall request = impl_->post(url, render_intervals(intervals));
  request.deadline = impl_->options.query_timeout;
  CO_TRY(const HttpResponse response, co_await impl_->call(std::move(request)));
  co_return parse_segments(response.body);
}

Async<std::vector<ports::SegmentRows>> DruidClient::rows_by_segment(
    std::string datasource, std::string count_metric, Granularity chunk,
    std::vector<Interval> intervals) {
  if (intervals.empty()) co_return std::vector<ports::SegmentRows>();
  const Millis timeout = impl_->options.query_timeout;
  HttpCall request =
      impl_->post(impl_->address(Service::broker) + "/druid/v2/",
                  render_rows_query(datasource, count_metric, chunk, intervals, timeout));
  request.deadline = timeout + std::chrono::seconds(5);
  CO_TRY(const HttpResponse response, co_await impl_->call(std::move(request)));
  co_return parse_rows_by_segment(response.body);
}

Async<std::vector<ports::Rule>> DruidClient::rules(std::string datasource) {
  const std::string target =
      coordinator_path + "/rules/" + percent_encode(datasource) + "?full=true";
  CO_TRY(const std::string body, co_await impl_->get(Service::coordinator, target));
  co_return parse_rules(body);
}

Async<ports::Workers> DruidClient::workers() {
  CO_TRY(const std::string body,
         co_await impl_->get(Service::overlord, overlord_path + "/workers"));
  co_return parse_workers(body);
}

Async<std::string> DruidClient::Impl::query(std::string sql) {
  const Millis timeout = options.query_timeout;
  HttpCall request = post(address(Service::broker) + "/druid/v2/sql", render_sql(sql, timeout));
  request.deadline = timeout + std::chrono::seconds(5);
  CO_TRY(HttpResponse response, co_await call(std::move(request)));
  co_return std::move(response.body);
}

Async<JsonText> DruidClient::sql(std::string query) {
  CO_TRY(const std::string rows, co_await impl_->query(std::move(query)));
  co_return parse_any(rows);
}

std::map<Service, std::string> DruidClient::shut() const {
  return impl_->breakers.shut();
}
runtime::HttpClientStats DruidClient::stats() const {
  return impl_->http.stats();
}
void DruidClient::stop() {
  impl_->http.stop();
}

}  // namespace henge::druid
