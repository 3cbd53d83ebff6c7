#include "runtime/gate.h"

#include <deque>

#include "runtime/clock.h"

namespace henge::runtime {

struct Gate::State : std::enable_shared_from_this<State> {
  State(GatePolicy policy, std::function<Millis()> clock, Random chance)
      : limit(policy.limit),
        breaker(policy.breaker),
        now(clock ? std::move(clock) : monotonic_now),
        random(chance ? std::move(chance) : [] { return 1.0; }) {}

  void pump();

  ConcurrencyLimit limit;
  CircuitBreaker breaker;
  std::function<Millis()> now;
  Random random;
  int under_way = 0;
  std::deque<Work> waiting;
  bool pumping = false;
  std::string shut_by;  // what the service said when the breaker opened
};

// Work that ends at once comes back here while it is begun: the loop goes on, not deeper.
void Gate::State::pump() {
  if (pumping) return;
  pumping = true;
  while (!waiting.empty() && limit.admits(under_way) && breaker.permits(now())) {
    const bool probe = breaker.state(now()) == BreakerState::half_open;
    const Work work = std::move(waiting.front());
    waiting.pop_front();
    ++under_way;
    work(Place(shared_from_this(), now(), probe));
  }
  pumping = false;
}

Gate::Place::Place(std::shared_ptr<State> state, Millis sent_at, bool probe)
    : state_(std::move(state)), sent_at_(sent_at), probe_(probe) {}

// Begins nothing: it may go with a whole process of the simulation, or when all has to stop.
Gate::Place::~Place() {
  if (!state_) return;
  --state_->under_way;
  if (probe_) state_->breaker.withdrawn();
}

void Gate::Place::withdrawn() {
  const auto state = std::move(state_);
  if (!state) return;
  --state->under_way;
  if (probe_) state->breaker.withdrawn();
  state->pump();
}

void Gate::Place::end(const Error* error) {
  if (error != nullptr && error->kind == ErrorKind::cancelled) return withdrawn();
  const auto state = std::move(state_);
  if (!state) return;
  const bool strained = error != nullptr && (error->kind == ErrorKind::unavailable ||
                                             error->kind == ErrorKind::unknown_outcome);
  const Millis now = state->now();
  state->limit.answered(strained ? Bearing::strained : Bearing::well, state->under_way, sent_at_,
                        now);
  --state->under_way;
  if (strained) {
    const bool open = state->breaker.state(now) != BreakerState::closed;
    state->breaker.failed(now, state->random());
    if (!open) state->shut_by = error->message;
  } else {
    state->breaker.succeeded();
  }
  state->pump();
}

Gate::Gate(GatePolicy policy, std::function<Millis()> now, Random random)
    : state_(std::make_shared<State>(policy, std::move(now), std::move(random))) {}

void Gate::offer(Work work) {
  state_->waiting.push_back(std::move(work));
  state_->pump();
}

void Gate::pump() {
  state_->pump();
}

std::optional<std::string> Gate::shut() const {
  if (state_->breaker.state(state_->now()) == BreakerState::closed) return std::nullopt;
  return state_->shut_by;
}

int Gate::limit() const {
  return state_->limit.limit();
}
int Gate::under_way() const {
  return state_->under_way;
}
std::size_t Gate::waiting() const {
  return state_->waiting.size();
}

}  // namespace henge::runtime
