// Time that only moves when everything there is to do at a moment has been done. One queue of what
// is to happen, ordered by time and then by when it was asked for.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <utility>

#include "ports/clock.h"

namespace henge::sim {

class VirtualTime {
 public:
  using Work = std::function<void()>;
  using Ticket = std::pair<Instant, std::uint64_t>;

  explicit VirtualTime(Instant start) : now_(start) {}

  [[nodiscard]] Instant now() const { return now_; }
  // A moment that is over counts as now.
  Ticket at(Instant when, Work work);
  Ticket after(Millis wait, Work work) { return at(now_ + wait, std::move(work)); }
  // Nothing if it has happened already.
  void cancel(const Ticket& ticket) { queue_.erase(ticket); }
  // Instant::max() if nothing is to come.
  [[nodiscard]] Instant next() const;
  void move_to(Instant when);
  // Does the first of what is due now; false if nothing is.
  bool step();

 private:
  Instant now_;
  std::uint64_t asked_ = 0;
  std::map<Ticket, Work> queue_;
};

// A process's own wall clock: virtual time, and how far the machine's clock is off.
class SimClock final : public ports::Clock {
 public:
  explicit SimClock(const VirtualTime& time) : time_(time) {}
  [[nodiscard]] Instant now() const override { return time_.now() + off_; }
  void jump(Millis by) { off_ += by; }
  [[nodiscard]] Millis off() const { return off_; }

 private:
  const VirtualTime& time_;
  Millis off_{0};
};

// The waits of one process. When it goes, whoever waits is never woken: their coroutines end
// unfinished, with their event loop, which has to outlive this.
class Waits {
 public:
  explicit Waits(VirtualTime& time);
  ~Waits();
  Waits(const Waits&) = delete;
  Waits& operator=(const Waits&) = delete;

  // By virtual time, whatever a clock shows. Errors: cancelled.
  boost::asio::awaitable<Result<void>> sleep(Millis duration);
  [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }

 private:
  struct Waiter;
  template <typename Handler>
  struct WaiterOf;

  void add(Millis duration, std::unique_ptr<Waiter> waiter);
  void wake(std::uint64_t id, bool cancelled);

  VirtualTime& time_;
  std::uint64_t last_ = 0;
  std::map<std::uint64_t, std::unique_ptr<Waiter>> waiting_;
};

}  // namespace henge::sim
