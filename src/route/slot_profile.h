// How many slots are taken at which time: what a schedule is drawn on.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/time.h"

namespace henge::route {

// Slots taken over time, from `from` on. Nothing is taken in the far future.
class SlotLine {
 public:
  explicit SlotLine(Instant from);
  // Takes (or with a negative number gives back) slots in [start, end). A part before `from` is
  // ignored.
  void add(Instant start, Instant end, int slots);
  // The first moment from `earliest` on where `slots` more stay within `slots_max` for `duration`.
  // `slots` must not exceed `slots_max`.
  [[nodiscard]] Instant first_fit(Instant earliest, Millis duration, int slots,
                                  int slots_max) const;
  [[nodiscard]] int taken_at(Instant moment) const;

 private:
  struct Step {
    Instant at;
    int taken;  // until the next step
  };
  std::size_t step_at(Instant moment);  // makes one there if there is none
  [[nodiscard]] std::size_t step_holding(Instant moment) const;
  std::vector<Step> steps_;  // by time; never empty; the last one takes nothing
};

struct SlotBudget;

// All slots, and those of each datasource.
class SlotProfile {
 public:
  SlotProfile(const SlotBudget& budget, Instant now);
  void add(const std::string& datasource, Instant start, Millis duration, int slots);
  // Nothing if the budget never has so many.
  [[nodiscard]] std::optional<Instant> first_fit(const std::string& datasource, Instant earliest,
                                                 Millis duration, int slots) const;
  // Slots of all that are taken now.
  [[nodiscard]] int taken_now() const;

 private:
  const SlotBudget* budget_;
  Instant now_;
  SlotLine all_;
  std::map<std::string, SlotLine> datasources_;
};

}  // namespace henge::route
