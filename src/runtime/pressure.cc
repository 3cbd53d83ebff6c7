#include "runtime/pressure.h"

#include <algorithm>

#include "model/result.h"

namespace henge::runtime {

ConcurrencyLimit::ConcurrencyLimit(ConcurrencyPolicy policy)
    : policy_(policy), limit_(std::clamp(policy.start, policy.min, policy.max)) {}

int ConcurrencyLimit::limit() const {
  return std::max(1, static_cast<int>(limit_));
}

void ConcurrencyLimit::answered(Bearing bearing, int under_way, Millis sent_at, Millis now) {
  if (bearing == Bearing::well && now - sent_at > policy_.slow_after) bearing = Bearing::strained;
  if (bearing == Bearing::strained) {
    if (lowered_at_ && sent_at <= *lowered_at_) return;
    limit_ = std::max(policy_.min, limit_ * policy_.factor);
    lowered_at_ = now;
    return;
  }
  if (under_way < limit()) return;
  limit_ = std::min(policy_.max, limit_ + policy_.step / limit_);
}

CircuitBreaker::CircuitBreaker(BreakerPolicy policy) : policy_(policy) {}

bool CircuitBreaker::permits(Millis now) {
  switch (state(now)) {
    case BreakerState::closed:
      return true;
    case BreakerState::open:
      return false;
    case BreakerState::half_open:
      break;
  }
  state_ = BreakerState::half_open;
  if (probe_since_ && now - *probe_since_ < policy_.probe_max) return false;
  probe_since_ = now;
  return true;
}

void CircuitBreaker::succeeded() {
  switch (state_) {
    case BreakerState::closed:
      failures_ = 0;
      break;
    case BreakerState::open:
      break;  // of a call that was made before it opened
    case BreakerState::half_open:
      if (!probe_since_) break;
      probe_since_.reset();
      if (++probes_good_ < policy_.probes_good) break;
      state_ = BreakerState::closed;
      failures_ = 0;
      openings_ = 0;
      break;
  }
}

void CircuitBreaker::failed(Millis now, double random) {
  switch (state_) {
    case BreakerState::closed:
      if (++failures_ >= policy_.failures_max) open(now, random);
      break;
    case BreakerState::open:
      break;
    case BreakerState::half_open:
      if (probe_since_) open(now, random);
      break;
  }
}

void CircuitBreaker::withdrawn() {
  probe_since_.reset();
}

void CircuitBreaker::open(Millis now, double random) {
  ++openings_;
  state_ = BreakerState::open;
  open_until_ = now + spread_delay(policy_.open_min, policy_.open_max, openings_, random);
  probes_good_ = 0;
  probe_since_.reset();
}

BreakerState CircuitBreaker::state(Millis now) const {
  if (state_ == BreakerState::open && now >= open_until_) return BreakerState::half_open;
  return state_;
}

std::optional<Millis> CircuitBreaker::opens_at() const {
  if (state_ != BreakerState::open) return std::nullopt;
  return open_until_;
}

const char* to_string(BreakerState state) {
  switch (state) {
    case BreakerState::closed:
      return "closed";
    case BreakerState::open:
      return "open";
    case BreakerState::half_open:
      return "half open";
  }
  invariant(false, "a breaker's state without a name");
  return "";
}

}  // namespace henge::runtime
