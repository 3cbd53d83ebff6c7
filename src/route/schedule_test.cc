// The schedule of slots, case by case: order, budgets, promises, those who wait too long.
#include <gtest/gtest.h>

#include <algorithm>

#include "route/schedule_fixture.h"

namespace henge::route {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

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

}  // namespace
}  // namespace henge::route
