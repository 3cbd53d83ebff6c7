#include "runtime/rate_limit.h"

#include <cmath>

namespace henge::runtime {

TokenBucket::TokenBucket(double rate_per_s, double burst)
    : rate_per_s_(rate_per_s), burst_(std::max(burst, 1.0)), tokens_(burst_) {}

Millis TokenBucket::take(Millis now) {
  if (rate_per_s_ <= 0) return Millis(0);
  const auto passed_ms = static_cast<double>(std::max<std::int64_t>(0, (now - last_).count()));
  tokens_ = std::min(burst_, tokens_ + passed_ms * rate_per_s_ / 1000.0);
  last_ = std::max(last_, now);
  tokens_ -= 1;
  if (tokens_ >= 0) return Millis(0);
  return Millis(static_cast<std::int64_t>(std::ceil(-tokens_ * 1000.0 / rate_per_s_)));
}

void RateMeter::add(Millis now) {
  const std::int64_t second = now.count() / 1000;
  Slot& slot = slots_[static_cast<std::size_t>(second % 60)];
  if (slot.second != second) slot = Slot{second, 0};
  ++slot.count;
  ++total_;
}

std::int64_t RateMeter::last_minute(Millis now) const {
  const std::int64_t second = now.count() / 1000;
  std::int64_t sum = 0;
  for (const Slot& slot : slots_) {
    if (slot.second > second - 60 && slot.second <= second) sum += slot.count;
  }
  return sum;
}

}  // namespace henge::runtime
