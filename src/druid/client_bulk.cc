// The calls that ask about everything at once, and those that put back what drifted.
#include "druid/bulk_json.h"
#include "druid/client_impl.h"
#include "druid/druid_json.h"
#include "druid/segment_thread.h"

namespace henge::druid {

using ports::Async;
using ports::Service;
using runtime::HttpCall;
using runtime::HttpResponse;
using runtime::percent_encode;

namespace {

// Of a request's target: servers refuse longer ones than 8 KB.
constexpr std::size_t target_bytes_max = 6000;

}  // namespace

Async<void> DruidClient::terminate_supervisor(std::string id, Audit audit) {
  auto done = co_await impl_->change_supervisor(id, "terminate", std::move(audit));
  co_return done;
}

Async<Sample> DruidClient::sample(JsonText spec) {
  const std::string url = impl_->address(Service::overlord) + overlord_path + "/sampler";
  HttpCall request = impl_->post(url, std::move(spec.text));
  request.deadline = impl_->options.query_timeout;
  CO_TRY(const HttpResponse response, co_await impl_->call(std::move(request)));
  co_return parse_sample(response.body);
}

Async<std::vector<SupervisorVersion>> DruidClient::supervisor_history(std::string id) {
  const std::string target = overlord_path + "/supervisor/" + percent_encode(id) + "/history";
  auto body = co_await impl_->get_large(Service::overlord, target);
  if (!body && body.error().kind == ErrorKind::not_found) {
    co_return std::vector<SupervisorVersion>();
  }
  if (!body) co_return tl::unexpected<Error>(std::move(body).error());
  co_return parse_history(*body);
}

Async<std::vector<SupervisorListing>> DruidClient::supervisors() {
  const std::string target = overlord_path + "/supervisor?full";
  CO_TRY(const std::string body, co_await impl_->get_large(Service::overlord, target));
  co_return parse_supervisors(body);
}

Async<std::vector<TaskLock>> DruidClient::locks(std::vector<std::string> datasources) {
  if (datasources.empty()) co_return std::vector<TaskLock>();
  const std::string url = impl_->address(Service::overlord) + overlord_path + "/activeLocks";
  HttpCall request = impl_->post(url, render_lock_filter(datasources));
  CO_TRY(const HttpResponse response, co_await impl_->call(std::move(request)));
  co_return parse_locks(response.body);
}

Async<std::map<std::string, SegmentDigest>> DruidClient::segment_digests() {
  CO_TRY(const std::string rows, co_await impl_->query(digest_query()));
  co_return parse_digests(rows);
}

Async<SegmentTable> DruidClient::segments(std::vector<std::string> datasources) {
  SegmentTable table;
  for (std::size_t next = 0; next < datasources.size();) {
    std::string target = coordinator_path + "/metadata/segments?includeOvershadowedStatus";
    while (next < datasources.size() && target.size() < target_bytes_max) {
      target += "&datasources=" + percent_encode(datasources[next++]);
    }
    SegmentThread stream(table);
    HttpCall request;
    request.url = impl_->address(Service::coordinator) + target;
    request.deadline = impl_->options.segments_timeout;
    request.retry = impl_->options.retry;
    request.body_bytes_max = std::numeric_limits<std::size_t>::max() / 2;
    request.on_block = [&stream](std::string_view block) { return stream.put(block); };
    CO_TRY(const HttpResponse response, co_await impl_->call(std::move(request)));
    CO_TRY_VOID(stream.finish().map_error(
        [&response](Error error) { return std::move(error).within(response.tried); }));
  }
  table.finish();
  co_return table;
}

Async<std::map<std::string, std::vector<Rule>>> DruidClient::all_rules() {
  const std::string target = coordinator_path + "/rules";
  CO_TRY(const std::string body, co_await impl_->get_large(Service::coordinator, target));
  co_return parse_all_rules(body);
}

Async<std::map<std::string, JsonText>> DruidClient::compaction_configs() {
  const std::string target = coordinator_path + "/config/compaction";
  CO_TRY(const std::string body, co_await impl_->get_large(Service::coordinator, target));
  co_return parse_compaction_configs(body);
}

Async<std::string> DruidClient::overlord_leader() {
  CO_TRY(const std::string body, co_await impl_->get(Service::overlord, overlord_path + "/leader"));
  co_return parse_leader(body);
}

Async<void> DruidClient::mark_used(std::string datasource, Interval interval) {
  return impl_->mark(std::move(datasource), interval, "/markUsed");
}

Async<void> DruidClient::mark_unused(std::string datasource, Interval interval) {
  return impl_->mark(std::move(datasource), interval, "/markUnused");
}

Async<void> DruidClient::Impl::mark(std::string datasource, Interval interval, std::string verb) {
  const std::string url = address(Service::overlord) + overlord_path + "/datasources/" +
                          percent_encode(datasource) + verb;
  HttpCall request = post(url, render_interval_body(interval));
  // Without it Druid 33 does what it is told, and then fails to write its answer: 500.
  request.headers.emplace_back("Accept", "application/json");
  CO_TRY_VOID(co_await call(std::move(request)));
  co_return Result<void>();
}

Async<void> DruidClient::reset_offsets(std::string id, std::string stream, PartitionOffsets offsets,
                                       Audit audit) {
  const std::string url = impl_->address(Service::overlord) + overlord_path + "/supervisor/" +
                          percent_encode(id) + "/resetOffsets";
  HttpCall request = impl_->post(url, render_offsets_body(stream, offsets));
  add_audit(request, audit);
  CO_TRY_VOID(co_await impl_->call(std::move(request)));
  co_return Result<void>();
}

Async<std::vector<Segment>> DruidClient::unused_segments(std::string datasource,
                                                         Interval interval) {
  const std::string target = coordinator_path + "/metadata/datasources/" +
                             percent_encode(datasource) +
                             "/unusedSegments?interval=" + percent_encode(to_iso(interval));
  CO_TRY(const std::string body, co_await impl_->get_large(Service::coordinator, target));
  co_return parse_unused_segments(body);
}

Async<void> DruidClient::set_rules(std::string datasource, std::vector<Rule> rules, Audit audit) {
  const std::string url = impl_->address(Service::coordinator) + coordinator_path + "/rules/" +
                          percent_encode(datasource);
  HttpCall request = impl_->post(url, render_rules(rules));
  add_audit(request, audit);
  CO_TRY_VOID(co_await impl_->call(std::move(request)));
  co_return Result<void>();
}

Async<void> DruidClient::set_compaction(std::string datasource, JsonText config, Audit audit) {
  const std::string url =
      impl_->address(Service::coordinator) + coordinator_path + "/config/compaction";
  const bool take_away = config.text.empty();
  HttpCall request = impl_->post(url, std::move(config.text));
  if (take_away) {
    request.method = "DELETE";
    request.url += "/" + percent_encode(datasource);
    request.headers.clear();
  }
  add_audit(request, audit);
  auto done = co_await impl_->call(std::move(request));
  const bool gone = !done && take_away && done.error().kind == ErrorKind::not_found;
  if (!done && !gone) co_return tl::unexpected<Error>(std::move(done).error());
  co_return Result<void>();
}

}  // namespace henge::druid
