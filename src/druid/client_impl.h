// The inside of DruidClient, for its own files alone: addresses, limits and the ways to call.
#pragma once

#include "druid/client.h"
#include "druid/service_breakers.h"
#include "runtime/semaphore.h"

namespace henge::druid {

inline const std::string overlord_path = "/druid/indexer/v1";
inline const std::string coordinator_path = "/druid/coordinator/v1";
// How long a supervisor call waits for those before it: a few of them at their slowest.
inline constexpr Millis supervisor_turn_max = std::chrono::minutes(15);

inline bool is_success(int status) {
  return status >= 200 && status < 300;
}

// What an answer that is no success means.
Error error_of(const runtime::HttpResponse& response, runtime::Repeat repeat);

struct DruidClient::Impl {
  explicit Impl(DruidOptions given, runtime::HttpClientOptions http_options)
      : options(std::move(given)),
        breakers(options.breaker, options.random),
        http(std::move(http_options)),
        supervisor_turn(1) {}

  // 2xx, or the error that another status means.
  ports::Async<runtime::HttpResponse> call(runtime::HttpCall request);
  // Of one service: its path, 2xx or an error.
  ports::Async<std::string> get(ports::Service service, std::string target);
  // The same where Druid takes its time: everything at once, or SQL.
  ports::Async<std::string> get_large(ports::Service service, std::string target);
  // The rows of an SQL query as Druid wrote them.
  ports::Async<std::string> query(std::string sql);
  [[nodiscard]] runtime::HttpCall post(const std::string& url, std::string body) const;
  // One of the calls that change a supervisor, in turn.
  ports::Async<void> change_supervisor(std::string id, std::string verb, Audit audit);
  // `verb` is /markUsed or /markUnused.
  ports::Async<void> mark(std::string datasource, Interval interval, std::string verb);
  [[nodiscard]] const std::string& address(ports::Service service) const;

  DruidOptions options;
  ServiceBreakers breakers;
  runtime::HttpClient http;
  runtime::Semaphore supervisor_turn;
};

// X-Druid-Author and X-Druid-Comment, where there is something to say.
void add_audit(runtime::HttpCall& request, const Audit& audit);

}  // namespace henge::druid
