// The way to one Druid service for work that can wait: as many calls at once as the service bears,
// and none while it is down but single ones, to see. First come, first served. Lives on one thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "model/result.h"
#include "runtime/pressure.h"

namespace henge::runtime {

struct GatePolicy {
  ConcurrencyPolicy limit;
  BreakerPolicy breaker;

  bool operator==(const GatePolicy&) const = default;
};

class Gate {
  struct State;

 public:
  // A place among the calls under way. It ends once: by how the call ended, or by going, which says
  // nothing of the service.
  class Place {
   public:
    Place(Place&&) noexcept = default;
    Place& operator=(Place&&) noexcept = default;
    ~Place();
    // No full answer, a 5xx, or no room there: the service bears less. Anything else is an answer.
    template <typename T>
    void ended(const Result<T>& outcome) {
      end(outcome ? nullptr : &outcome.error());
    }
    // The call was not made after all.
    void withdrawn();

   private:
    friend class Gate;
    Place(std::shared_ptr<State> state, Millis sent_at, bool probe);
    void end(const Error* error);
    std::shared_ptr<State> state_;  // empty: it has ended
    Millis sent_at_;
    bool probe_;
  };
  using Work = std::function<void(Place)>;

  // `now` is monotonic; `random` is for jitter: without one there is none, as tests want it.
  explicit Gate(GatePolicy policy = {}, std::function<Millis()> now = {}, Random random = {});

  // Begins the work now or when its turn comes: when others end, or at a pump().
  void offer(Work work);
  // Begins what may begin by now. For time that has passed; the end of a call does it by itself.
  void pump();
  // Why nothing goes through but probes: what the service said last before it was shut. Nothing
  // while work goes through.
  [[nodiscard]] std::optional<std::string> shut() const;
  [[nodiscard]] int limit() const;
  [[nodiscard]] int under_way() const;
  [[nodiscard]] std::size_t waiting() const;

 private:
  std::shared_ptr<State> state_;
};

}  // namespace henge::runtime
