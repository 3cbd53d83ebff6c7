#include "druid/service_breakers.h"

#include <fmt/format.h>

#include "runtime/clock.h"

namespace henge::druid {

using ports::Service;
using runtime::BreakerState;

std::optional<Service> service_of(std::string_view url) {
  const auto scheme = url.find("://");
  const auto path = url.find('/', scheme == std::string_view::npos ? 0 : scheme + 3);
  if (path == std::string_view::npos) return std::nullopt;
  url.remove_prefix(path);
  if (url.starts_with("/druid/indexer/") || url.starts_with("/proxy/overlord/"))
    return Service::overlord;
  if (url.starts_with("/druid/coordinator/") || url.starts_with("/proxy/coordinator/"))
    return Service::coordinator;
  if (url.starts_with("/druid/v2/")) return Service::broker;
  return std::nullopt;
}

ServiceBreakers::ServiceBreakers(runtime::BreakerPolicy policy, runtime::Random random,
                                 std::function<Millis()> now)
    : random_(random ? std::move(random) : runtime::system_random()),
      now_(now ? std::move(now) : runtime::monotonic_now) {
  for (const Service service : {Service::overlord, Service::coordinator, Service::broker})
    all_.emplace(service, One{runtime::CircuitBreaker(policy), ""});
}

Result<void> ServiceBreakers::permit(std::optional<Service> service) {
  if (!service) return {};
  One& one = all_.at(*service);
  if (one.breaker.permits(now_())) return {};
  return fail(ErrorKind::unavailable,
              fmt::format("the {} failed again and again and is left alone for a while; last: {}",
                          ports::to_string(*service), one.failed_with));
}

void ServiceBreakers::ended(std::optional<Service> service, const Error* error) {
  if (!service) return;
  One& one = all_.at(*service);
  if (error == nullptr) return one.breaker.succeeded();
  switch (error->kind) {
    case ErrorKind::cancelled:
      return one.breaker.withdrawn();
    case ErrorKind::unavailable:
    case ErrorKind::unknown_outcome:
      one.failed_with = error->message;
      return one.breaker.failed(now_(), random_());
    case ErrorKind::invalid:
    case ErrorKind::not_found:
    case ErrorKind::conflict:
    case ErrorKind::refused:
    case ErrorKind::denied:
    case ErrorKind::corrupt:
    case ErrorKind::exhausted:
    case ErrorKind::internal:
      return one.breaker.succeeded();  // it answers
  }
}

std::map<Service, std::string> ServiceBreakers::shut() const {
  std::map<Service, std::string> out;
  for (const auto& [service, one] : all_)
    if (one.breaker.state(now_()) != BreakerState::closed) out.emplace(service, one.failed_with);
  return out;
}

}  // namespace henge::druid
