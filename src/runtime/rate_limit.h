// Druid is a shared house: at most so many calls a second, and a count of those that were made.
// Pure; times are monotonic.
#pragma once

#include <array>
#include <cstdint>

#include "model/time.h"

namespace henge::runtime {

class TokenBucket {
 public:
  // rate_per_s 0 means no limit; `burst` calls may come at once after a quiet time.
  TokenBucket(double rate_per_s, double burst);
  // Takes one token and says how long to wait before using it. Callers are served in the order they
  // take.
  Millis take(Millis now);

 private:
  double rate_per_s_;
  double burst_;
  double tokens_;  // below zero: as many callers wait already
  Millis last_{0};
};

// Counts events of the last 60 whole seconds.
class RateMeter {
 public:
  void add(Millis now);
  [[nodiscard]] std::int64_t last_minute(Millis now) const;
  [[nodiscard]] std::int64_t total() const { return total_; }

 private:
  struct Slot {
    std::int64_t second = -1;
    std::int64_t count = 0;
  };
  std::array<Slot, 60> slots_{};
  std::int64_t total_ = 0;
};

}  // namespace henge::runtime
