// For the tests of the schedule: tasks of whole minutes from noon on, and chance from a seed.
#pragma once

#include <fmt/format.h>

#include "route/schedule.h"

namespace henge::route {

inline const Instant noon = parse_instant("2026-03-01T12:00Z").value();

// Chance from a seed, the same everywhere.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15ULL + 1) {}
  // From 0 to n - 1.
  int below(int n) {
    state_ += 0x9E3779B97F4A7C15ULL;
    std::uint64_t x = state_;
    x = (x ^ (x >> 30U)) * 0xBF58476D1CE4E5B9ULL;
    x = (x ^ (x >> 27U)) * 0x94D049BB133111EBULL;
    return static_cast<int>((x ^ (x >> 31U)) % static_cast<std::uint64_t>(n));
  }

 private:
  std::uint64_t state_;
};

inline WaitingTask task(std::string id, int slots, int duration_min) {
  return {.id = std::move(id),
          .datasource = "d",
          .submitted_at = noon,
          .ready_at = noon,
          .slots = slots,
          .duration = std::chrono::minutes(duration_min)};
}
inline WaitingTask due(std::string id, int slots, int duration_min, int deadline_min) {
  WaitingTask t = task(std::move(id), slots, duration_min);
  t.deadline = noon + std::chrono::minutes(deadline_min);
  return t;
}
inline SlotBudget slots(int all) {
  return {.slots_max = all, .datasource_max = all};
}

}  // namespace henge::route
