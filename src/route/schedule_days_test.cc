// Simulated days: nobody starves, no budget is broken, promises are kept.
#include <gtest/gtest.h>

#include <algorithm>

#include "route/schedule_fixture.h"

namespace henge::route {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

// Days of a cluster: loads come by chance, take up to as long as estimated, and are started as the
// schedule says.
struct DaySettings {
  int tasks = 300;
  int every_min = 4;         // a new task about so often
  bool equal_rights = true;  // no priorities
  Millis patience = hours(1);
  Millis starve_after = hours(6);
};

struct Day {
  SlotBudget budget{.slots_max = 6, .datasource_max = 4};
  struct Running {
    RunningTask task;
    Instant ends_really;
  };
  std::vector<WaitingTask> waiting;
  std::vector<Running> running;
  std::map<std::string, Instant> promised;  // deadline, of those that were told they would make it
  std::map<std::string, Instant> done;
  std::map<std::string, Millis> waited;
  int starved = 0;
};

std::vector<RunningTask> running_of(const Day& day) {
  std::vector<RunningTask> tasks;
  for (const auto& r : day.running) tasks.push_back(r.task);
  return tasks;
}

WaitingTask arrival(Dice& dice, int number, Instant now, const DaySettings& settings) {
  WaitingTask t = task(fmt::format("t{:04}", number), 1, 1 + dice.below(20));
  t.datasource = fmt::format("d{}", dice.below(4));
  if (dice.below(4) == 0) t.slots = 1 + dice.below(4);
  t.submitted_at = t.ready_at = now;
  if (dice.below(5) == 0) t.ready_at += minutes(dice.below(60));
  if (dice.below(2)) t.deadline = t.ready_at + t.duration + minutes(dice.below(120));
  if (!settings.equal_rights) t.priority = dice.below(3);
  return t;
}

void finish(Day& day, Instant now) {
  std::erase_if(day.running, [&](const Day::Running& r) {
    if (r.ends_really > now) return false;
    day.done[r.task.id] = r.ends_really;
    return true;
  });
}

void start(Day& day, Dice& dice, Instant now) {
  const Schedule s = plan_schedule(day.waiting, running_of(day), day.budget, now);
  for (std::size_t i = 0; i < day.waiting.size(); ++i) {
    day.waiting[i].planned = s.placements[i].start;
    day.starved += s.placements[i].standing == Standing::starved;
  }
  for (const std::string& id : s.start_now) {
    const auto found = std::ranges::find(day.waiting, id, &WaitingTask::id);
    ASSERT_NE(found, day.waiting.end());
    ASSERT_LE(found->ready_at, now);
    const auto ms = static_cast<int>(found->duration.count());
    day.running.push_back({{id, found->datasource, found->slots, now + found->duration},
                           now + Millis(1 + dice.below(2) * (ms - 1) + dice.below(1))});
    day.waited[id] = now - found->ready_at;
    day.waiting.erase(found);
  }
}

void expect_within_budget(const Day& day) {
  int all = 0;
  std::map<std::string, int> own;
  for (const auto& r : day.running) {
    all += r.task.slots;
    own[r.task.datasource] += r.task.slots;
  }
  ASSERT_LE(all, day.budget.slots_max);
  for (const auto& [datasource, used] : own) ASSERT_LE(used, day.budget.datasource_max);
}

Day live(std::uint64_t seed, const DaySettings& settings) {
  Dice dice(seed);
  Day day;
  day.budget.patience = settings.patience;
  day.budget.starve_after = settings.starve_after;
  int made = 0;
  for (Instant now = noon; made < settings.tasks || !day.waiting.empty() || !day.running.empty();
       now += minutes(1)) {
    finish(day, now);
    if (made < settings.tasks && dice.below(settings.every_min) == 0) {
      WaitingTask t = arrival(dice, made++, now, settings);
      const Feasibility f = test_feasibility({t}, day.waiting, running_of(day), day.budget, now);
      if (t.deadline && f.in_time) day.promised[t.id] = *t.deadline;
      if (settings.equal_rights) EXPECT_TRUE(f.made_late.empty()) << f.made_late.front();
      t.planned = f.start;
      day.waiting.push_back(std::move(t));
    }
    start(day, dice, now);
    expect_within_budget(day);
    if (testing::Test::HasFatalFailure() || now > noon + hours(24 * 30)) break;
  }
  return day;
}

TEST(ScheduledDays, WhoWasToldItWouldMakeItsDeadlineDoes) {
  int promised = 0;
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    const Day day = live(seed, {.every_min = 3 + static_cast<int>(seed % 3)});
    EXPECT_EQ(day.done.size(), 300U) << "seed " << seed;
    for (const auto& [id, deadline] : day.promised) {
      ASSERT_TRUE(day.done.contains(id)) << "seed " << seed;
      EXPECT_LE(day.done.at(id), deadline) << "seed " << seed << " " << id;
    }
    promised += static_cast<int>(day.promised.size());
  }
  EXPECT_GT(promised, 1000);
}

TEST(ScheduledDays, NobodyStarvesEvenWhenThereIsTooMuchToDo) {
  int starved = 0;
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    // A new task every minute is about twice what six slots can do: the backlog grows for hours.
    const Day day = live(seed, {.tasks = 120,
                                .every_min = 1,
                                .equal_rights = false,
                                .patience = minutes(30),
                                .starve_after = hours(1)});
    EXPECT_EQ(day.done.size(), 120U) << "seed " << seed;
    Millis longest{};
    for (const auto& [id, waited] : day.waited) longest = std::max(longest, waited);
    // Nobody waits much longer than the backlog lasts.
    EXPECT_LT(longest, hours(24)) << "seed " << seed;
    starved += day.starved;
  }
  EXPECT_GT(starved, 0) << "the days are too quiet to show anything";
}

TEST(ScheduledDays, ALowPriorityGetsItsTurnUnderAnEndlessStreamOfUrgentOnes) {
  SlotBudget budget = slots(1);
  WaitingTask patient = task("patient", 1, 10);
  std::vector<WaitingTask> waiting{patient};
  std::optional<Instant> started;
  std::vector<RunningTask> running;
  for (int m = 0; m < 24 * 60 && !started; ++m) {
    const Instant now = noon + minutes(m);
    std::erase_if(running, [&](const RunningTask& r) { return r.ends_at <= now; });
    if (m % 5 == 0) {  // one after the other, each due at once: all slots are always wanted
      WaitingTask urgent = due(fmt::format("u{:04}", m), 1, 5, m + 5);
      urgent.submitted_at = urgent.ready_at = now;
      urgent.priority = 9;
      waiting.push_back(urgent);
    }
    for (const std::string& id : plan_schedule(waiting, running, budget, now).start_now) {
      const auto found = std::ranges::find(waiting, id, &WaitingTask::id);
      running.push_back({id, "d", found->slots, now + found->duration});
      if (id == "patient") started = now;
      waiting.erase(found);
    }
  }
  ASSERT_TRUE(started);
  EXPECT_GT(*started, noon + budget.patience) << "it has to step back first";
  EXPECT_LE(*started, noon + budget.starve_after + minutes(5));
}

TEST(ScheduledDays, TenThousandWaitingTasksArePlannedInAMoment) {
  Dice dice(7);
  std::vector<WaitingTask> waiting;
  for (int i = 0; i < 10'000; ++i) {
    waiting.push_back(arrival(dice, i, noon, {}));
    waiting.back().datasource = fmt::format("d{}", dice.below(500));
  }
  const SlotBudget budget{.slots_max = 50, .datasource_max = 2};
  const Schedule s = plan_schedule(waiting, {}, budget, noon);
  EXPECT_GT(s.start_now.size(), 10U);
  int used = 0;
  for (std::size_t i = 0; i < waiting.size(); ++i)
    if (s.placements[i].start == noon) used += waiting[i].slots;
  EXPECT_EQ(used, 50) << "no slot is idle while thousands wait";
}

}  // namespace
}  // namespace henge::route
