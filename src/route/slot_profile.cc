#include "route/slot_profile.h"

#include <algorithm>

#include "route/schedule.h"

namespace henge::route {

SlotLine::SlotLine(Instant from) : steps_{{from, 0}} {}

std::size_t SlotLine::step_holding(Instant moment) const {
  const auto after = std::ranges::upper_bound(steps_, moment, {}, &Step::at);
  return after == steps_.begin() ? 0 : static_cast<std::size_t>(after - steps_.begin()) - 1;
}

std::size_t SlotLine::step_at(Instant moment) {
  const std::size_t held = step_holding(moment);
  if (steps_[held].at == moment) return held;
  steps_.insert(steps_.begin() + static_cast<std::ptrdiff_t>(held) + 1,
                {moment, steps_[held].taken});
  return held + 1;
}

void SlotLine::add(Instant start, Instant end, int slots) {
  start = std::max(start, steps_.front().at);
  if (end <= start) return;
  const std::size_t first = step_at(start);
  const std::size_t last = step_at(end);
  for (std::size_t i = first; i < last; ++i) steps_[i].taken += slots;
}

Instant SlotLine::first_fit(Instant earliest, Millis duration, int slots, int slots_max) const {
  Instant start = std::max(earliest, steps_.front().at);
  for (std::size_t i = step_holding(start); i < steps_.size(); ++i) {
    if (steps_[i].at >= start + duration) break;
    if (steps_[i].taken + slots <= slots_max) continue;
    if (i + 1 == steps_.size()) break;  // the far future takes nothing: not reached
    start = steps_[i + 1].at;
  }
  return start;
}

int SlotLine::taken_at(Instant moment) const {
  return steps_[step_holding(moment)].taken;
}

SlotProfile::SlotProfile(const SlotBudget& budget, Instant now)
    : budget_(&budget), now_(now), all_(now) {}

void SlotProfile::add(const std::string& datasource, Instant start, Millis duration, int slots) {
  all_.add(start, start + duration, slots);
  datasources_.try_emplace(datasource, now_).first->second.add(start, start + duration, slots);
}

std::optional<Instant> SlotProfile::first_fit(const std::string& datasource, Instant earliest,
                                              Millis duration, int slots) const {
  const int own_max = budget_->of(datasource);
  if (slots > std::min(own_max, budget_->slots_max)) return std::nullopt;
  const auto own = datasources_.find(datasource);
  Instant start = earliest;
  for (;;) {
    start = all_.first_fit(start, duration, slots, budget_->slots_max);
    if (own == datasources_.end()) return start;
    const Instant moved = own->second.first_fit(start, duration, slots, own_max);
    if (moved == start) return start;
    start = moved;
  }
}

int SlotProfile::taken_now() const {
  return all_.taken_at(now_);
}

}  // namespace henge::route
