// The schedule of slots: its order in tables, that it finds every schedule in which all are in time
// (against a search of all start times), and simulated days in which nobody starves and no budget
// is broken.
#include "route/schedule.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace henge::route {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

const Instant noon = parse_instant("2026-03-01T12:00Z").value();

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

WaitingTask task(std::string id, int slots, int duration_min) {
  return {.id = std::move(id),
          .datasource = "d",
          .submitted_at = noon,
          .ready_at = noon,
          .slots = slots,
          .duration = minutes(duration_min)};
}
WaitingTask due(std::string id, int slots, int duration_min, int deadline_min) {
  WaitingTask t = task(std::move(id), slots, duration_min);
  t.deadline = noon + minutes(deadline_min);
  return t;
}
SlotBudget slots(int all) {
  return {.slots_max = all, .datasource_max = all};
}
using Ids = std::vector<std::string>;

TEST(Schedule, StartsWhatFitsTheMostUrgentFirst) {
  const std::vector<WaitingTask> waiting{task("free", 1, 5), due("later", 1, 5, 60),
                                         due("soon", 1, 5, 20)};
  EXPECT_EQ(plan_schedule(waiting, {}, slots(1), noon).start_now, Ids{"soon"});
  EXPECT_EQ(plan_schedule(waiting, {}, slots(2), noon).start_now, (Ids{"soon", "later"}));
  EXPECT_EQ(plan_schedule(waiting, {}, slots(9), noon).start_now, (Ids{"soon", "later", "free"}));
}

TEST(Schedule, OfEqualOnesTheOlderThenTheOneWithTheSmallerId) {
  std::vector<WaitingTask> waiting{task("b", 1, 5), task("a", 1, 5), task("old", 1, 5)};
  waiting[2].submitted_at = noon - minutes(1);
  waiting[2].ready_at = noon - minutes(1);
  EXPECT_EQ(plan_schedule(waiting, {}, slots(2), noon).start_now, (Ids{"old", "a"}));
}

TEST(Schedule, KeepsASlotFreeForAWideTaskThatIsUrgent) {
  // One slot is free now, the second in 10 minutes. The wide task is due just then.
  const std::vector<RunningTask> running{{"r", "d", 1, noon + minutes(10)}};
  const std::vector<WaitingTask> waiting{due("wide", 2, 10, 20), task("long", 1, 30),
                                         task("short", 1, 10)};
  const Schedule s = plan_schedule(waiting, running, slots(2), noon);
  EXPECT_EQ(s.start_now, Ids{"short"})
      << "it is over when the wide one begins; the long one is not";
  EXPECT_EQ(s.placements[0].start, noon + minutes(10));
  EXPECT_EQ(s.placements[1].start, noon + minutes(20));
}

TEST(Schedule, WaitsForAShortDeadlineRatherThanStartWhatBlocksIt) {
  // Earliest deadline first would start "long" at once; "tight" comes ready in 5 minutes.
  WaitingTask tight = due("tight", 1, 5, 12);
  tight.ready_at = noon + minutes(5);
  const std::vector<WaitingTask> waiting{tight, due("long", 1, 20, 60)};
  const Schedule s = plan_schedule(waiting, {}, slots(1), noon);
  EXPECT_TRUE(s.start_now.empty());
  EXPECT_EQ(s.placements[0].standing, Standing::in_time);
  EXPECT_EQ(s.placements[1].standing, Standing::in_time);
}

TEST(Schedule, AnEarlierDeadlineOfALaterStartIsNotAlwaysFirst) {
  // Least slack first: "big" must start by 10, "small" by 19, though small's deadline is earlier.
  const std::vector<WaitingTask> waiting{due("small", 1, 1, 20), due("big", 1, 15, 25),
                                         due("mid", 1, 3, 24)};
  const Schedule s = plan_schedule(waiting, {}, slots(1), noon);
  for (const Placement& p : s.placements) EXPECT_EQ(p.standing, Standing::in_time) << p.id;
}

TEST(Schedule, BudgetsOfADatasourceAndOfAll) {
  SlotBudget budget = slots(4);
  budget.datasource_max = 2;
  budget.datasources["rich"] = 3;
  std::vector<WaitingTask> waiting;
  for (int i = 0; i < 4; ++i) waiting.push_back(task(fmt::format("a{}", i), 1, 5));
  for (int i = 0; i < 4; ++i) {
    waiting.push_back(task(fmt::format("b{}", i), 1, 5));
    waiting.back().datasource = "rich";
  }
  EXPECT_EQ(plan_schedule(waiting, {}, budget, noon).start_now, (Ids{"a0", "a1", "b0", "b1"}));
  budget.slots_max = 9;
  EXPECT_EQ(plan_schedule(waiting, {}, budget, noon).start_now,
            (Ids{"a0", "a1", "b0", "b1", "b2"}));
  const std::vector<RunningTask> running{{"r", "d", 2, noon + minutes(1)}};
  EXPECT_EQ(plan_schedule(waiting, running, budget, noon).start_now, (Ids{"b0", "b1", "b2"}));
}

TEST(Schedule, WhatNeedsMoreThanItsBudgetNeverStartsAndBlocksNobody) {
  const std::vector<WaitingTask> waiting{due("wide", 5, 5, 10), task("one", 1, 5)};
  const Schedule s = plan_schedule(waiting, {}, slots(4), noon);
  EXPECT_EQ(s.start_now, Ids{"one"});
  EXPECT_EQ(s.placements[0].standing, Standing::impossible);
  EXPECT_FALSE(s.placements[0].start);
  EXPECT_EQ(plan_schedule(waiting, {}, slots(0), noon).placements[1].standing,
            Standing::impossible);
}

TEST(Schedule, WhatRunsLongerThanEstimatedStillHoldsItsSlots) {
  const std::vector<RunningTask> running{{"r", "d", 1, noon - hours(1)}};
  const Schedule s = plan_schedule({task("t", 1, 5)}, running, slots(1), noon);
  EXPECT_TRUE(s.start_now.empty());
  EXPECT_EQ(s.placements[0].start, noon + minutes(1));
  // More is in use than there is: slots vanished.
  const std::vector<RunningTask> many{{"r", "d", 7, noon + minutes(3)}};
  EXPECT_EQ(plan_schedule({task("t", 1, 5)}, many, slots(2), noon).placements[0].start,
            noon + minutes(3));
}

TEST(Schedule, WhereNotAllCanBeInTimePriorityThenPromiseThenAgeDecides) {
  WaitingTask older = due("older", 1, 10, 10), newer = due("newer", 1, 10, 10);
  older.submitted_at = older.ready_at = noon - minutes(5);
  EXPECT_EQ(plan_schedule({newer, older}, {}, slots(1), noon).start_now, Ids{"older"});
  newer.priority = 1;
  EXPECT_EQ(plan_schedule({newer, older}, {}, slots(1), noon).start_now, Ids{"newer"});
  newer.priority = 0;
  newer.planned = noon;
  EXPECT_EQ(plan_schedule({newer, older}, {}, slots(1), noon).start_now, Ids{"newer"});
  newer.planned = noon + minutes(1);  // it was late already: no promise
  EXPECT_EQ(plan_schedule({newer, older}, {}, slots(1), noon).start_now, Ids{"older"});
}

TEST(Schedule, WhatCanNotBeInTimeTakesNoSlotFromWhatCan) {
  const std::vector<WaitingTask> waiting{due("lost", 1, 10, 5), due("good", 1, 10, 12)};
  const Schedule s = plan_schedule(waiting, {}, slots(1), noon);
  EXPECT_EQ(s.start_now, Ids{"good"});
  EXPECT_EQ(s.placements[0].standing, Standing::late);
  EXPECT_EQ(s.placements[0].start, noon + minutes(10));
}

TEST(Schedule, WhoWaitsTooLongGoesBeforeEverybody) {
  SlotBudget budget = slots(2);
  WaitingTask wide = task("wide", 2, 10);
  wide.submitted_at = wide.ready_at = noon - hours(6);
  const std::vector<RunningTask> running{{"r", "d", 1, noon + minutes(10)}};
  // A slot is free, and is kept free until the second one is.
  const Schedule s = plan_schedule({due("urgent", 1, 20, 21), wide}, running, budget, noon);
  EXPECT_TRUE(s.start_now.empty());
  EXPECT_EQ(s.placements[1].standing, Standing::starved);
  EXPECT_EQ(s.placements[1].start, noon + minutes(10));
  EXPECT_EQ(s.placements[0].standing, Standing::late);
  // What fits before it may go.
  EXPECT_EQ(plan_schedule({due("quick", 1, 10, 21), wide}, running, budget, noon).start_now,
            Ids{"quick"});
}

TEST(Schedule, ADeadlineFarAwayDoesNotMakeOneStarve) {
  WaitingTask far = due("far", 1, 10, 24 * 60);
  far.submitted_at = far.ready_at = noon - hours(10);
  const std::vector<WaitingTask> waiting{far, due("urgent", 1, 20, 21)};
  EXPECT_EQ(plan_schedule(waiting, {}, slots(1), noon).start_now, Ids{"urgent"});
}

TEST(Schedule, ManyTasksArePlannedInPartAndTheRestFillsWhatIsFree) {
  SlotBudget budget{.slots_max = 3, .datasource_max = 1, .plan_max = 2};
  std::vector<WaitingTask> waiting;
  for (int i = 0; i < 5; ++i) waiting.push_back(task(fmt::format("d{}", i), 1, 10));
  waiting.push_back(task("e", 1, 10));
  waiting.back().datasource = "e";
  const Schedule s = plan_schedule(waiting, {}, budget, noon);
  EXPECT_EQ(s.start_now, (Ids{"d0", "e"}));
  EXPECT_EQ(s.placements[4].standing, Standing::unplanned);
}

TEST(Feasibility, SaysWhatBecomesOfTheNewAndOfTheOthers) {
  const std::vector<WaitingTask> waiting{due("old", 1, 10, 15)};
  Feasibility f = test_feasibility({due("new", 1, 5, 20)}, waiting, {}, slots(1), noon);
  EXPECT_TRUE(f.in_time);
  EXPECT_EQ(f.start, noon + minutes(10));
  EXPECT_EQ(f.finish, noon + minutes(15));
  EXPECT_TRUE(f.made_late.empty());

  f = test_feasibility({due("new", 1, 6, 10)}, waiting, {}, slots(1), noon);
  EXPECT_FALSE(f.in_time) << "the older one has the promise";
  EXPECT_TRUE(f.made_late.empty());

  WaitingTask important = due("new", 1, 6, 10);
  important.priority = 5;
  f = test_feasibility({important}, waiting, {}, slots(1), noon);
  EXPECT_TRUE(f.in_time);
  EXPECT_EQ(f.made_late, Ids{"old"});

  f = test_feasibility({due("wide", 9, 6, 10)}, waiting, {}, slots(1), noon);
  EXPECT_FALSE(f.in_time);
  EXPECT_FALSE(f.finish);
}

// A world of whole minutes, small enough to try every start time of every task.
struct Puzzle {
  SlotBudget budget;
  std::vector<WaitingTask> waiting;
  std::vector<RunningTask> running;
};

Puzzle puzzle(std::uint64_t seed) {
  Dice dice(seed);
  Puzzle p;
  p.budget = {.slots_max = 1 + dice.below(3), .datasource_max = 3};
  if (dice.below(2)) p.budget.datasource_max = 1 + dice.below(p.budget.slots_max);
  for (int i = dice.below(p.budget.slots_max + 1); i > 0; --i)
    p.running.push_back(
        {fmt::format("r{}", i), dice.below(2) ? "d" : "e", 1, noon + minutes(1 + dice.below(4))});
  const int count = 2 + dice.below(5);
  const int room = std::min(p.budget.slots_max, p.budget.datasource_max);
  for (int i = 0; i < count; ++i) {
    WaitingTask t = task(fmt::format("t{}", i), 1 + dice.below(room), 1 + dice.below(5));
    if (dice.below(2)) t.datasource = "e";
    t.ready_at += minutes(dice.below(3) ? 0 : dice.below(6));
    t.deadline = std::max(t.ready_at, noon) + t.duration + minutes(dice.below(9));
    p.waiting.push_back(t);
  }
  return p;
}

class Minutes {
 public:
  explicit Minutes(const Puzzle& p) : puzzle_(p) {
    for (const RunningTask& r : p.running)
      for (int m = 0; noon + minutes(m) < r.ends_at; ++m) use(r.datasource, m, r.slots);
  }
  // Whether all from `next` on can be in time, over every start of each.
  bool solve(std::size_t next) {
    if (next == puzzle_.waiting.size()) return true;
    const WaitingTask& t = puzzle_.waiting[next];
    const int length = static_cast<int>(t.duration / minutes(1));
    const int first = static_cast<int>((t.ready_at - noon) / minutes(1));
    const int last = static_cast<int>((*t.deadline - noon) / minutes(1)) - length;
    for (int start = first; start <= last; ++start) {
      bool fits = true;
      for (int m = start; m < start + length && fits; ++m)
        fits = all_[m] + t.slots <= puzzle_.budget.slots_max &&
               own_[t.datasource][m] + t.slots <= puzzle_.budget.of(t.datasource);
      if (!fits) continue;
      for (int m = start; m < start + length; ++m) use(t.datasource, m, t.slots);
      const bool solved = solve(next + 1);
      for (int m = start; m < start + length; ++m) use(t.datasource, m, -t.slots);
      if (solved) return true;
    }
    return false;
  }

 private:
  void use(const std::string& datasource, int minute, int slots) {
    all_[minute] += slots;
    own_[datasource][minute] += slots;
  }
  const Puzzle& puzzle_;
  std::map<int, int> all_;
  std::map<std::string, std::map<int, int>> own_;
};

TEST(ScheduleOptimum, IfAllCanBeInTimeAllAreAndElseItSaysSo) {
  int solvable = 0, beyond_edf = 0;
  constexpr int puzzles = 1500;
  for (int seed = 0; seed < puzzles; ++seed) {
    const Puzzle p = puzzle(static_cast<std::uint64_t>(seed));
    const bool possible = Minutes(p).solve(0);
    const Schedule s = plan_schedule(p.waiting, p.running, p.budget, noon);
    const bool found = std::ranges::all_of(
        s.placements, [](const Placement& q) { return q.standing == Standing::in_time; });
    EXPECT_EQ(found, possible) << "seed " << seed;
    solvable += possible;
    // Never true of what starts now alone, else the puzzles would show nothing.
    beyond_edf += possible && !s.start_now.empty() && s.start_now.size() < p.waiting.size();
  }
  EXPECT_GT(solvable, puzzles / 5);
  EXPECT_LT(solvable, puzzles * 4 / 5);
  EXPECT_GT(beyond_edf, puzzles / 20);
}

// The slots in use in a drawn schedule, at every moment something changes.
void expect_within_budget(const Puzzle& p, const Schedule& s, int seed) {
  std::set<Instant> moments{noon};
  for (const Placement& q : s.placements)
    if (q.start) moments.insert(*q.start);
  for (Instant t : moments) {
    int all = 0;
    std::map<std::string, int> own;
    const auto add = [&](const std::string& datasource, int count) {
      all += count;
      own[datasource] += count;
    };
    for (const RunningTask& r : p.running)
      if (r.ends_at > t) add(r.datasource, r.slots);
    const int held = all;
    for (std::size_t i = 0; i < p.waiting.size(); ++i) {
      const Placement& q = s.placements[i];
      if (q.start && *q.start <= t && t < *q.finish)
        add(p.waiting[i].datasource, p.waiting[i].slots);
    }
    EXPECT_LE(all, std::max(held, p.budget.slots_max)) << "seed " << seed;
    for (const auto& [datasource, used] : own) {
      int running_own = 0;
      for (const RunningTask& r : p.running)
        if (r.ends_at > t && r.datasource == datasource) running_own += r.slots;
      EXPECT_LE(used, std::max(running_own, p.budget.of(datasource))) << "seed " << seed;
    }
  }
}

TEST(ScheduleOptimum, EveryScheduleKeepsTheBudgetsAndStartsNobodyBeforeItsTime) {
  for (int seed = 0; seed < 1000; ++seed) {
    const Puzzle p = puzzle(static_cast<std::uint64_t>(seed));
    const Schedule s = plan_schedule(p.waiting, p.running, p.budget, noon);
    expect_within_budget(p, s, seed);
    for (std::size_t i = 0; i < p.waiting.size(); ++i) {
      ASSERT_TRUE(s.placements[i].start);
      EXPECT_GE(*s.placements[i].start, p.waiting[i].ready_at);
      EXPECT_EQ(*s.placements[i].finish - *s.placements[i].start, p.waiting[i].duration);
    }
    EXPECT_EQ(s, plan_schedule(p.waiting, p.running, p.budget, noon)) << "not the same twice";
  }
}

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
    const Day day = live(seed, {.tasks = 300,
                                .every_min = 1,
                                .equal_rights = false,
                                .patience = minutes(30),
                                .starve_after = hours(2)});
    EXPECT_EQ(day.done.size(), 300U) << "seed " << seed;
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
