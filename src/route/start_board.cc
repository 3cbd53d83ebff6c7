#include "route/start_board.h"

#include <fmt/format.h>

#include <algorithm>

namespace henge::route {
namespace {

// A pipeline that did not say anything for longer has nothing to start: it is frozen, released, or
// Druid does not answer it.
constexpr std::int64_t rounds_valid = 2;
constexpr int looks_min = 4;

Millis left(const RunningTask& task, const SlotBudget& budget, Instant now) {
  return task.ends_at > now ? task.ends_at - now : budget.overrun;
}

}  // namespace

SlotBudget within(SlotBudget budget, const std::optional<Capacity>& seen) {
  if (!seen || seen->total <= 0) return budget;
  budget.slots_max = std::min(budget.slots_max, std::max(1, seen->for_loads(0)));
  return budget;
}

void StartBoard::begin(Round round, Instant now) {
  round_ = std::move(round);
  now_ = now;
  ++number_;
  start_now_.clear();
  profile_.emplace(round_.budget, now);
  for (const RunningTask& task : round_.running)
    profile_->add(task.datasource, now, left(task, round_.budget, now), task.slots);
  std::erase_if(offered_,
                [this](const auto& item) { return item.second.round + rounds_valid <= number_; });
  std::vector<WaitingTask> waiting;
  for (const auto& [pipeline, offered] : offered_)
    for (const Offer& offer : offered.offers) waiting.push_back(offer.task);
  if (room_for(waiting)) {
    placements_.clear();
    return;
  }
  plan(waiting);
}

// With room for all at once there is nothing to decide.
bool StartBoard::room_for(const std::vector<WaitingTask>& waiting) const {
  int all = 0;
  std::map<std::string, int> datasources;
  const auto add = [&](const std::string& datasource, int slots) {
    all += slots;
    datasources[datasource] += slots;
  };
  for (const RunningTask& task : round_.running) add(task.datasource, task.slots);
  for (const WaitingTask& task : waiting) add(task.datasource, task.slots);
  return all <= round_.budget.slots_max &&
         std::ranges::all_of(datasources, [this](const auto& item) {
           return item.second <= round_.budget.of(item.first);
         });
}

void StartBoard::plan(const std::vector<WaitingTask>& offered) {
  std::vector<WaitingTask> waiting = offered;
  for (WaitingTask& task : waiting) {
    const auto before = placements_.find(task.id);
    if (before != placements_.end() && before->second.start) task.planned = before->second.start;
  }
  const Schedule schedule = plan_schedule(waiting, round_.running, round_.budget, now_);
  start_now_.insert(schedule.start_now.begin(), schedule.start_now.end());
  placements_.clear();
  for (std::size_t i = 0; i < waiting.size(); ++i) {
    const Placement& placed = schedule.placements[i];
    if (placed.start)
      profile_->add(waiting[i].datasource, *placed.start, std::max(waiting[i].duration, Millis(1)),
                    waiting[i].slots);
    placements_.emplace(placed.id, placed);
  }
}

std::set<std::string> StartBoard::offer(const std::string& pipeline, std::vector<Offer> offers) {
  std::set<std::string> started;
  std::vector<const WaitingTask*> others;
  if (round_.held.empty() && profile_) {
    for (const Offer& offer : offers) {
      if (!offer.ready) continue;
      if (start_now_.contains(offer.task.id))
        started.insert(offer.task.id);
      else
        others.push_back(&offer.task);
    }
    // The most urgent first, as far as they fit beside what is planned.
    const auto latest_start = [this](const WaitingTask* task) {
      const Instant since = std::max(task->submitted_at, task->ready_at);
      return task->deadline ? *task->deadline - task->duration : since + round_.budget.patience;
    };
    std::ranges::sort(others, [&](const WaitingTask* a, const WaitingTask* b) {
      return std::tuple(!a->goes_first, latest_start(a), -a->priority, a->submitted_at, a->id) <
             std::tuple(!b->goes_first, latest_start(b), -b->priority, b->submitted_at, b->id);
    });
    for (const WaitingTask* task : others)
      if (start(*task)) started.insert(task->id);
  }
  for (const std::string& id : started) start_now_.erase(id);
  std::erase_if(offers, [&](const Offer& offer) { return started.contains(offer.task.id); });
  offered_[pipeline] = {std::move(offers), number_};
  return started;
}

// Takes the slots if they are free now and stay so; what was planned for the task itself is given
// up for it.
bool StartBoard::start(const WaitingTask& task) {
  const Millis duration = std::max(task.duration, Millis(1));
  const auto planned = placements_.find(task.id);
  const bool has_plan = planned != placements_.end() && planned->second.start;
  if (has_plan) profile_->add(task.datasource, *planned->second.start, duration, -task.slots);
  const bool fits = profile_->first_fit(task.datasource, now_, duration, task.slots) == now_;
  if (fits) {
    profile_->add(task.datasource, now_, duration, task.slots);
    if (has_plan) planned->second.start.reset();
  } else if (has_plan) {
    profile_->add(task.datasource, *planned->second.start, duration, task.slots);
  }
  return fits;
}

const Placement* StartBoard::placement(const std::string& id) const {
  const auto known = placements_.find(id);
  return known == placements_.end() ? nullptr : &known->second;
}

int StartBoard::worth_looking(const std::string& datasource) const {
  const int slots = std::min(round_.budget.of(datasource), round_.budget.slots_max);
  return std::max(looks_min, 2 * slots);
}

std::string wait_text(const StartBoard& board, const WaitingTask& task) {
  if (!board.held().empty()) return board.held();
  const int most = std::min(board.budget().slots_max, board.budget().of(task.datasource));
  if (task.slots > most)
    return fmt::format("it needs {} worker slots at once, and loads have {}", task.slots, most);
  const Placement* placed = board.placement(task.id);
  if (placed == nullptr || !placed->start) return "other loads go first";
  std::string text =
      fmt::format("other loads go first; a start is expected {}", to_short_iso(*placed->start));
  if (placed->standing == Standing::late && task.deadline)
    text += fmt::format(", too late for its deadline {}", to_short_iso(*task.deadline));
  return text;
}

}  // namespace henge::route
