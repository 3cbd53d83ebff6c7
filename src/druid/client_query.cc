// SQL that Druid runs as tasks (MSQ). Known from Druid's sources alone: docs/msq.md says from
// which.
#include <fmt/format.h>

#include "druid/client.h"
#include "druid/client_impl.h"
#include "druid/druid_json.h"

namespace henge::druid {

using ports::Async;
using ports::Service;
using runtime::HttpCall;
using runtime::HttpResponse;
using runtime::percent_encode;
using runtime::Repeat;

Async<bool> DruidClient::runs_query_tasks() {
  HttpCall request;
  request.url = impl_->address(Service::broker) + "/druid/v2/sql/task/enabled";
  request.deadline = impl_->options.read_timeout;
  request.retry = impl_->options.retry;
  CO_TRY(const HttpResponse response, co_await impl_->http.send(std::move(request)));
  if (is_success(response.status)) co_return true;
  // Without the extension nobody knows the path.
  if (response.status == 404 || response.status == 405) co_return false;
  co_return tl::unexpected<Error>(error_of(response, Repeat::harmless));
}

Async<ports::Submitted> DruidClient::submit_query(JsonText query) {
  auto id = query_task_id(query);
  if (!id) co_return tl::unexpected<Error>(std::move(id).error());
  HttpCall request =
      impl_->post(impl_->address(Service::broker) + "/druid/v2/sql/task", std::move(query.text));
  request.repeat = Repeat::ambiguous;
  request.failpoint_sent = "druid.query.sent";
  request.deadline = impl_->options.query_timeout;  // it is planned first
  // As for tasks: whoever sends them is to know at once that there is no room for more.
  request.retry = runtime::retry_never;
  CO_TRY(const HttpResponse response, co_await impl_->http.send(std::move(request)));
  if (is_success(response.status)) {
    CO_TRY(const std::string runs, parse_query_task(response.body));
    if (runs == *id) co_return ports::Submitted::accepted;
    co_return fail(ErrorKind::corrupt,
                   fmt::format("Druid runs the query as task {}, and not as {}", runs, *id));
  }
  Error refused = error_of(response, Repeat::ambiguous);
  const bool told = response.status == 400 || response.status >= 500;
  if (!told || refused.kind == ErrorKind::unavailable) co_return tl::unexpected<Error>(refused);
  // The Broker answers 500 where the Overlord has a task of that id already, and 500 where it did
  // not get through to it: whether the task is known decides.
  auto known = co_await impl_->get(Service::overlord,
                                   overlord_path + "/task/" + percent_encode(*id) + "/status");
  if (known) co_return ports::Submitted::already_exists;
  if (known.error().kind == ErrorKind::not_found)
    co_return tl::unexpected<Error>(std::move(refused));
  co_return fail(ErrorKind::unknown_outcome,
                 refused.message + "; and then: " + known.error().message);
}

}  // namespace henge::druid
