// A circuit breaker for each of Druid's services: one that is down is not asked by every round and
// every pipeline again and again.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "ports/druid.h"
#include "runtime/pressure.h"

namespace henge::druid {

// Who answers an address, by its path; nothing: anybody may.
std::optional<ports::Service> service_of(std::string_view url);

class ServiceBreakers {
 public:
  // `random` and `now` as in runtime/pressure.h; nothing: the machine's.
  explicit ServiceBreakers(runtime::BreakerPolicy policy, runtime::Random random = {},
                           std::function<Millis()> now = {});

  // Errors: unavailable - the service is left alone for now. Each permitted call has to end.
  Result<void> permit(std::optional<ports::Service> service);
  void ended(std::optional<ports::Service> service, const Error* error);
  // Those that are left alone, and what they said last.
  [[nodiscard]] std::map<ports::Service, std::string> shut() const;

 private:
  struct One {
    runtime::CircuitBreaker breaker;
    std::string failed_with;
  };
  std::map<ports::Service, One> all_;
  runtime::Random random_;
  std::function<Millis()> now_;
};

}  // namespace henge::druid
