// How hard a Druid service may be pushed: as many calls at once as it bears, and none while it is
// down. Pure: times are monotonic and come in, as does chance. When to try a single call again is
// retry.h's.
#pragma once

#include <optional>

#include "model/time.h"
#include "runtime/retry.h"

namespace henge::runtime {

// What an answer says about the service.
enum class Bearing {
  well,
  strained,  // slow, 429, queue full, 503: it answers, and it is too much
};

struct ConcurrencyPolicy {
  double start = 4;
  double min = 1;
  double max = 64;
  double step = 1;      // more, for as many good answers as the limit is wide
  double factor = 0.5;  // of the limit that a strained answer leaves
  Millis slow_after = std::chrono::seconds(5);  // a good answer later than this is strained

  bool operator==(const ConcurrencyPolicy&) const = default;
};

// Additive increase, multiplicative decrease: many clients that do so share a server fairly. The
// limit grows only while it is used up, so that quiet times do not make it meaningless; answers to
// calls of before the last decrease are about the old limit and lower it no further.
class ConcurrencyLimit {
 public:
  explicit ConcurrencyLimit(ConcurrencyPolicy policy);

  [[nodiscard]] int limit() const;
  [[nodiscard]] bool admits(int under_way) const { return under_way < limit(); }
  // `under_way` counts this call. A call that never got an answer is the breaker's business.
  void answered(Bearing bearing, int under_way, Millis sent_at, Millis now);

 private:
  ConcurrencyPolicy policy_;
  double limit_;
  std::optional<Millis> lowered_at_;
};

struct BreakerPolicy {
  int failures_max = 5;                       // in a row; then it opens
  Millis open_min = std::chrono::seconds(1);  // the first time; doubles while probes fail
  Millis open_max = std::chrono::seconds(60);
  int probes_good = 2;                           // in a row; then it closes
  Millis probe_max = std::chrono::seconds(120);  // a probe without a word for so long is lost

  bool operator==(const BreakerPolicy&) const = default;
};

enum class BreakerState {
  closed,     // calls go through
  open,       // none does
  half_open,  // one at a time, to see
};

// Stops calling a service that is down, so that neither side is busy with failing, and finds out
// by single calls when it is back.
class CircuitBreaker {
 public:
  explicit CircuitBreaker(BreakerPolicy policy);

  // Whether a call may be made now. A yes is taken: its outcome must be told by one of the three
  // below.
  bool permits(Millis now);
  void succeeded();
  // The service gave no answer or a 5xx. `random` in [0, 1): the time it stays open lies between
  // half of its bound and the bound, so that many clients do not come back in step.
  void failed(Millis now, double random);
  // The call was not made after all, or was cancelled: it says nothing.
  void withdrawn();

  [[nodiscard]] BreakerState state(Millis now) const;
  // When to ask again; nothing while calls go through or a probe is under way.
  [[nodiscard]] std::optional<Millis> opens_at() const;

 private:
  void open(Millis now, double random);
  BreakerPolicy policy_;
  BreakerState state_ = BreakerState::closed;
  int failures_ = 0;  // in a row, while closed
  int openings_ = 0;  // since it was closed last
  int probes_good_ = 0;
  Millis open_until_{0};
  std::optional<Millis> probe_since_;  // a probe is under way
};

const char* to_string(BreakerState state);

}  // namespace henge::runtime
