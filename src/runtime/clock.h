// Real time: the clock port's real implementation, and waiting that ends early when the caller is
// cancelled.
#pragma once

#include "ports/clock.h"
#include "runtime/async.h"

namespace henge::runtime {

class SystemClock : public ports::Clock {
 public:
  [[nodiscard]] Instant now() const override;
};

// Milliseconds on a clock that never jumps; only differences mean something.
Millis monotonic_now();

// Errors: cancelled.
Async<void> sleep_for(Millis duration);
// Waits until the wall clock shows `when`, looking again at least once a minute so that a jump of
// the clock is noticed. Errors: cancelled.
Async<void> sleep_until(const ports::Clock& clock, Instant when);

}  // namespace henge::runtime
