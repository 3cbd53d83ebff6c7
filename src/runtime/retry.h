// When to try again: exponential back-off with full jitter, so that many callers do not come back
// in step.
#pragma once

#include <functional>

#include "runtime/async.h"
#include "runtime/clock.h"

namespace henge::runtime {

struct RetryPolicy {
  int tries_max = 5;
  Millis delay_base = Millis(200);  // upper bound of the first delay; doubles with every try
  Millis delay_max = std::chrono::seconds(10);
  Millis total_max = std::chrono::seconds(60);  // no new try starts later than this after the first

  bool operator==(const RetryPolicy&) const = default;
};

inline constexpr RetryPolicy retry_never{.tries_max = 1};

// A number in [0, 1).
using Random = std::function<double()>;
// A source of its own, seeded by the machine.
Random system_random();

// The delay after `tries_done` tries (from 1): anything from 0 to min(delay_max, delay_base *
// 2^(tries_done-1)).
Millis retry_delay(const RetryPolicy& policy, int tries_done, double random);
// The same, but never less than half of the bound: for what is tried again for hours.
Millis spread_delay(Millis base, Millis max, int tries_done, double random);
// The delay before the next try; nothing when the policy allows none. `elapsed` counts from the
// first try's start. `at_least` is what the other side asked for (Retry-After); it is honoured up
// to delay_max.
std::optional<Millis> next_try(const RetryPolicy& policy, int tries_done, Millis elapsed,
                               Millis at_least, double random);
// "3 tries in 12.4 s"
std::string tries_text(int tries, Millis elapsed);

// Repeats `operation` (a callable that gives Async<T>) while it says `unavailable`: nothing
// happened, so a repeat is safe. Every other error comes back at once. Errors: those of the
// operation, cancelled.
template <typename T, typename Operation>
Async<T> retry(RetryPolicy policy, Random random, Operation operation) {
  const Millis start = monotonic_now();
  for (int tries = 1;; ++tries) {
    Result<T> result = co_await operation();
    if (result || result.error().kind != ErrorKind::unavailable) co_return result;
    const Millis elapsed = monotonic_now() - start;
    const auto delay = next_try(policy, tries, elapsed, Millis(0), random());
    if (!delay)
      co_return tl::unexpected<Error>(std::move(result).error().within(tries_text(tries, elapsed)));
    CO_TRY_VOID(co_await sleep_for(*delay));
  }
}

}  // namespace henge::runtime
