#include "route/schedule.h"

#include <algorithm>
#include <span>
#include <tuple>

#include "model/result.h"
#include "route/slot_profile.h"

namespace henge::route {

int SlotBudget::of(const std::string& datasource) const {
  const auto own = datasources.find(datasource);
  return own == datasources.end() ? datasource_max : own->second;
}

namespace {

// A waiting task with what follows from it.
struct Candidate {
  std::size_t index = 0;  // in `waiting`
  const WaitingTask* task = nullptr;
  Millis duration{};
  Instant since{};         // it could have started
  Instant latest_start{};  // to be in time
  bool promised = false;   // the schedule before had it in time
};

Candidate candidate_of(std::size_t index, const WaitingTask& task, const SlotBudget& budget) {
  Candidate c{.index = index, .task = &task};
  c.duration = std::max(task.duration, Millis(1));
  c.since = std::max(task.submitted_at, task.ready_at);
  c.latest_start = task.deadline ? *task.deadline - c.duration : c.since + budget.patience;
  c.promised = task.planned && *task.planned <= c.latest_start;
  return c;
}

bool by_latest_start(const Candidate& a, const Candidate& b) {
  return std::tie(a.latest_start, a.since, a.task->id) <
         std::tie(b.latest_start, b.since, b.task->id);
}
bool by_latest_finish(const Candidate& a, const Candidate& b) {
  return std::tuple(a.latest_start + a.duration, a.since, a.task->id) <
         std::tuple(b.latest_start + b.duration, b.since, b.task->id);
}
bool by_plan(const Candidate& a, const Candidate& b) {
  const Instant never = Instant::max();
  return std::tuple(a.task->planned.value_or(never), a.latest_start, a.since, a.task->id) <
         std::tuple(b.task->planned.value_or(never), b.latest_start, b.since, b.task->id);
}
// Who is in time where not all can be: priority first, then whoever was promised, then age.
bool by_right(const Candidate& a, const Candidate& b) {
  return std::tuple(-a.task->priority, !a.promised, a.since, a.task->id) <
         std::tuple(-b.task->priority, !b.promised, b.since, b.task->id);
}
bool by_age(const Candidate& a, const Candidate& b) {
  return std::tuple(!a.task->goes_first, a.since, a.task->id) <
         std::tuple(!b.task->goes_first, b.since, b.task->id);
}

// Puts tasks on a profile one after the other, each as early as it fits. Every schedule in which no
// task could start earlier by itself comes out for some order; so if any schedule has all tasks in
// time, some order gives one.
class Drawing {
 public:
  Drawing(const SlotBudget& budget, const std::vector<RunningTask>& running, Instant now)
      : budget_(&budget), now_(now), profile_(budget, now) {
    for (const RunningTask& task : running) {
      const Instant end = task.ends_at > now ? task.ends_at : now + budget.overrun;
      profile_.add(task.datasource, now, end - now, task.slots);
    }
  }

  [[nodiscard]] std::optional<Instant> first_fit(const Candidate& c) const {
    return profile_.first_fit(c.task->datasource, std::max(now_, c.task->ready_at), c.duration,
                              c.task->slots);
  }
  void put(const Candidate& c, Instant start) {
    profile_.add(c.task->datasource, start, c.duration, c.task->slots);
    starts_[c.index] = start;
  }
  void take_back(const Candidate& c) {
    profile_.add(c.task->datasource, starts_.at(c.index), c.duration, -c.task->slots);
    starts_.erase(c.index);
  }
  void place(const Candidate& c) {
    if (const auto start = first_fit(c)) put(c, *start);
  }
  [[nodiscard]] bool fits_now(const Candidate& c) const { return first_fit(c) == now_; }
  [[nodiscard]] bool slots_left_now() const { return profile_.taken_now() < budget_->slots_max; }
  [[nodiscard]] const std::map<std::size_t, Instant>& starts() const { return starts_; }

 private:
  const SlotBudget* budget_;
  Instant now_;
  SlotProfile profile_;
  std::map<std::size_t, Instant> starts_;
};

// Looks for an order in which all are in time, on top of what `base` already holds.
class Search {
 public:
  Search(const SlotBudget& budget, const Drawing& base)
      : budget_(&budget), base_(&base), steps_left_(budget.search_max) {}

  [[nodiscard]] bool given_up() const { return steps_left_ <= 0; }

  // The orders that usually do, then, for few tasks, all of them.
  std::optional<Drawing> find(std::vector<Candidate> tasks) {
    for (auto* order : {&by_plan, &by_latest_start, &by_latest_finish}) {
      std::ranges::sort(tasks, order);
      if (auto drawing = in_order(tasks)) return drawing;
    }
    if (static_cast<int>(tasks.size()) > budget_->exact_max) return with_repairs(tasks);
    std::ranges::sort(tasks, by_latest_start);
    Drawing drawing = *base_;
    if (exhaust(drawing, tasks)) return drawing;
    return std::nullopt;
  }

 private:
  std::optional<Drawing> in_order(std::span<const Candidate> tasks) {
    Drawing drawing = *base_;
    for (std::size_t i = 0; i < tasks.size(); ++i) {
      failed_ = i;
      if (--steps_left_ < 0) return std::nullopt;
      const auto start = drawing.first_fit(tasks[i]);
      if (!start || *start > tasks[i].latest_start) return std::nullopt;
      drawing.put(tasks[i], *start);
    }
    return drawing;
  }

  // The task that came too late goes to the front, again and again.
  std::optional<Drawing> with_repairs(std::vector<Candidate>& tasks) {
    for (int round = 0; round < repairs_max && steps_left_ > 0; ++round) {
      const auto failed = tasks.begin() + static_cast<std::ptrdiff_t>(failed_);
      std::rotate(tasks.begin(), failed, failed + 1);
      if (auto drawing = in_order(tasks)) return drawing;
    }
    return std::nullopt;
  }

  // Every order, depth first; a branch ends where a task that is left can't be in time any more.
  bool exhaust(Drawing& drawing, std::span<Candidate> left) {
    if (left.empty()) return true;
    std::vector<Instant> fits;
    for (const Candidate& c : left) {
      if (--steps_left_ < 0) return false;
      const auto start = drawing.first_fit(c);
      if (!start || *start > c.latest_start) return false;
      fits.push_back(*start);
    }
    for (std::size_t i = 0; i < left.size(); ++i) {
      const Candidate next = left[i];
      drawing.put(next, fits[i]);
      std::rotate(left.begin(), left.begin() + static_cast<std::ptrdiff_t>(i),
                  left.begin() + static_cast<std::ptrdiff_t>(i) + 1);
      if (exhaust(drawing, left.subspan(1))) return true;
      std::rotate(left.begin(), left.begin() + 1,
                  left.begin() + static_cast<std::ptrdiff_t>(i) + 1);
      drawing.take_back(next);
    }
    return false;
  }

  static constexpr int repairs_max = 8;
  const SlotBudget* budget_;
  const Drawing* base_;
  int steps_left_;
  std::size_t failed_ = 0;
};

struct Sorted {
  std::vector<Candidate> starved;  // by age
  std::vector<Candidate> planned;  // can still be in time; by latest start
  std::vector<Candidate> late;     // can't, whatever is done
  std::vector<Candidate> rest;     // beyond plan_max
  std::vector<Candidate> impossible;
};

Sorted sort_out(const std::vector<WaitingTask>& waiting, const SlotBudget& budget,
                const Drawing& now_running, Instant now) {
  Sorted sorted;
  for (std::size_t i = 0; i < waiting.size(); ++i) {
    const Candidate c = candidate_of(i, waiting[i], budget);
    const auto alone = now_running.first_fit(c);
    if (!alone)
      sorted.impossible.push_back(c);
    else if (c.task->goes_first || now >= std::max(c.latest_start, c.since + budget.starve_after))
      sorted.starved.push_back(c);
    else if (*alone > c.latest_start)
      sorted.late.push_back(c);
    else
      sorted.planned.push_back(c);
  }
  std::ranges::sort(sorted.starved, by_age);
  std::ranges::sort(sorted.planned, by_latest_start);
  std::ranges::sort(sorted.late, by_right);
  const auto cut_off = [&](std::vector<Candidate>& list, std::size_t room) {
    if (list.size() <= room) return;
    sorted.rest.insert(sorted.rest.end(), list.begin() + static_cast<std::ptrdiff_t>(room),
                       list.end());
    list.resize(room);
  };
  const auto room = static_cast<std::size_t>(std::max(budget.plan_max, 1));
  cut_off(sorted.planned, room);
  cut_off(sorted.late, room - sorted.planned.size());
  return sorted;
}

// All in time if that can be; else as many as can, taken by right: in blocks that are halved where
// they don't fit, so that a long queue costs few searches. Who is left over comes after them.
Drawing draw(const Sorted& sorted, const SlotBudget& budget, const Drawing& base) {
  Search search(budget, base);
  Drawing best = base;
  std::vector<Candidate> tasks = sorted.planned;
  std::ranges::sort(tasks, by_right);
  std::vector<Candidate> in;
  std::vector<Candidate> out;
  for (std::size_t next = 0, block = tasks.size(); next < tasks.size();) {
    block = std::min(std::max<std::size_t>(block, 1), tasks.size() - next);
    const auto begin = tasks.begin() + static_cast<std::ptrdiff_t>(next);
    const auto end = begin + static_cast<std::ptrdiff_t>(block);
    std::vector<Candidate> tried = in;
    tried.insert(tried.end(), begin, end);
    if (auto drawing = search.find(tried)) {
      best = std::move(*drawing);
      in = std::move(tried);
      next += block;
      block *= 2;
    } else if (block == 1 || search.given_up()) {
      out.insert(out.end(), begin, end);
      next += block;
    } else {
      block /= 2;
    }
  }
  std::ranges::sort(out, by_latest_start);
  for (const Candidate& c : out) best.place(c);
  for (const Candidate& c : sorted.late) best.place(c);
  for (const Candidate& c : sorted.rest) {
    if (!best.slots_left_now()) break;
    if (best.fits_now(c)) best.place(c);
  }
  return best;
}

}  // namespace

Schedule plan_schedule(const std::vector<WaitingTask>& waiting,
                       const std::vector<RunningTask>& running, const SlotBudget& budget,
                       Instant now) {
  Drawing base(budget, running, now);
  const Sorted sorted = sort_out(waiting, budget, base, now);
  for (const Candidate& c : sorted.starved) base.place(c);
  const Drawing drawing = draw(sorted, budget, base);

  Schedule schedule;
  schedule.placements.resize(waiting.size());
  std::vector<Candidate> starting;
  const auto note = [&](const std::vector<Candidate>& list, Standing standing) {
    for (const Candidate& c : list) {
      Placement& placement = schedule.placements[c.index];
      placement = {.id = c.task->id, .start = {}, .finish = {}, .standing = standing};
      const auto start = drawing.starts().find(c.index);
      if (start == drawing.starts().end()) continue;
      placement.start = start->second;
      placement.finish = start->second + c.duration;
      if (start->second == now) starting.push_back(c);
      if (standing != Standing::starved)
        placement.standing = start->second <= c.latest_start ? Standing::in_time : Standing::late;
    }
  };
  note(sorted.starved, Standing::starved);
  note(sorted.planned, Standing::late);
  note(sorted.late, Standing::late);
  note(sorted.rest, Standing::unplanned);
  note(sorted.impossible, Standing::impossible);
  std::ranges::sort(starting, by_latest_start);
  for (const Candidate& c : starting) schedule.start_now.push_back(c.task->id);
  return schedule;
}

Feasibility test_feasibility(const std::vector<WaitingTask>& fresh,
                             const std::vector<WaitingTask>& waiting,
                             const std::vector<RunningTask>& running, const SlotBudget& budget,
                             Instant now) {
  const Schedule before = plan_schedule(waiting, running, budget, now);
  std::vector<WaitingTask> all = waiting;
  // What was planned without the new ones is as good as promised.
  for (std::size_t i = 0; i < all.size(); ++i) all[i].planned = before.placements[i].start;
  all.insert(all.end(), fresh.begin(), fresh.end());
  const Schedule after = plan_schedule(all, running, budget, now);

  Feasibility result;
  for (std::size_t i = 0; i < waiting.size(); ++i)
    if (before.placements[i].standing == Standing::in_time &&
        after.placements[i].standing != Standing::in_time)
      result.made_late.push_back(waiting[i].id);
  bool all_start = true;
  for (std::size_t i = waiting.size(); i < all.size(); ++i) {
    const Placement& placement = result.placements.emplace_back(after.placements[i]);
    if (placement.standing != Standing::in_time) result.in_time = false;
    if (!placement.start) {
      all_start = false;
      continue;
    }
    result.start = std::min(result.start.value_or(*placement.start), *placement.start);
    result.finish = std::max(result.finish.value_or(*placement.finish), *placement.finish);
  }
  if (!all_start) result.finish.reset();
  return result;
}

const char* to_string(Standing standing) {
  switch (standing) {
    case Standing::in_time:
      return "in_time";
    case Standing::late:
      return "late";
    case Standing::starved:
      return "starved";
    case Standing::impossible:
      return "impossible";
    case Standing::unplanned:
      return "unplanned";
  }
  invariant(false, "a standing without a name");
  return "";
}

}  // namespace henge::route
