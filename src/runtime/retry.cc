#include "runtime/retry.h"

#include <random>

namespace henge::runtime {

Random system_random() {
  // The 53 high bits give the same numbers with every standard library, which distributions do not.
  return [engine = std::mt19937_64(std::random_device{}())]() mutable {
    return static_cast<double>(engine() >> 11U) * 0x1.0p-53;
  };
}

Millis retry_delay(const RetryPolicy& policy, int tries_done, double random) {
  const int doublings = std::clamp(tries_done - 1, 0, 30);
  const double bound = std::min(
      static_cast<double>(policy.delay_max.count()),
      static_cast<double>(policy.delay_base.count()) * static_cast<double>(1LL << doublings));
  return Millis(static_cast<std::int64_t>(bound * random));
}

Millis spread_delay(Millis base, Millis max, int tries_done, double random) {
  const RetryPolicy delays{.delay_base = base, .delay_max = max};
  return retry_delay(delays, tries_done, 1.0) / 2 + retry_delay(delays, tries_done, random) / 2;
}

std::optional<Millis> next_try(const RetryPolicy& policy, int tries_done, Millis elapsed,
                               Millis at_least, double random) {
  if (tries_done >= policy.tries_max) return std::nullopt;
  const Millis delay =
      std::max(retry_delay(policy, tries_done, random), std::min(at_least, policy.delay_max));
  if (elapsed + delay > policy.total_max) return std::nullopt;
  return delay;
}

std::string tries_text(int tries, Millis elapsed) {
  const double seconds = static_cast<double>(elapsed.count()) / 1000.0;
  return fmt::format("{} {} in {:.1f} s", tries, tries == 1 ? "try" : "tries", seconds);
}

}  // namespace henge::runtime
