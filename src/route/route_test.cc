// What the numbers of a route add up to, and laws over situations drawn by chance.
#include "route/route.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "route/route_table.h"
#include "route/split.h"

namespace henge::route {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

TEST(Route, SaysWhenEachTaskRunsAndWhenAllIsDone) {
  Situation s;
  s.give(hours_of(8, 12), 2 * M);
  s.limits.task_rows_max = 2 * M;
  s.limits.budget.slots_max = 2;
  s.ask.deadline = hour(15);
  const Route route = s.decide();
  ASSERT_EQ(route.tasks.size(), 4U);
  // 2 million rows at 20,000 a second, and 30 s around it; two at a time.
  const Millis one = seconds(130);
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(route.tasks[i].duration, one);
    EXPECT_EQ(route.tasks[i].interval, hours_of(8 + static_cast<int>(i), 9 + static_cast<int>(i)));
  }
  EXPECT_EQ(route.start, s.now);
  EXPECT_EQ(route.finish, s.now + 2 * one);
  EXPECT_TRUE(route.in_time);
  const Reason* met = find_reason(route.reasons, Code::deadline_met);
  ASSERT_NE(met, nullptr);
  EXPECT_EQ(number_of(*met, "spare_ms"), Millis(hours(1) - 2 * one).count());
}

TEST(Route, AWindowStandsFromSuspendToResume) {
  Situation s;
  s.exclusive_locks();
  s.view.windows = {.planned = true, .open = false, .opens_next = hour(22)};
  const Route route = s.decide();
  const Millis load = seconds(30) + Millis(200);
  EXPECT_EQ(route.not_before, hour(22));
  EXPECT_EQ(route.start, hour(22));
  EXPECT_EQ(route.finish, hour(22) + s.limits.window_overhead + load);
  EXPECT_EQ(route.tasks.at(0).start, hour(22) + s.limits.window_overhead / 2);
}

TEST(Route, TellsTheNearestIntervalOnChunkBorders) {
  Situation s;
  s.ask.interval = {hour(8) + minutes(10), hour(11) + minutes(20)};
  const Route route = s.decide();
  const Reason* reason = find_reason(route.reasons, Code::interval_misaligned);
  ASSERT_NE(reason, nullptr);
  EXPECT_EQ(number_of(*reason, "inside_start_ms"), to_ms(hour(9)));
  EXPECT_EQ(number_of(*reason, "inside_end_ms"), to_ms(hour(11)));
  EXPECT_EQ(number_of(*reason, "outside_start_ms"), to_ms(hour(8)));
  EXPECT_EQ(number_of(*reason, "outside_end_ms"), to_ms(hour(12)));
  EXPECT_EQ(reason->remedy,
            "2026-03-01T09:00:00.000Z/2026-03-01T11:00:00.000Z lies in it, "
            "2026-03-01T08:00:00.000Z/2026-03-01T12:00:00.000Z is around it");
}

TEST(Route, EveryCodeHasANameOfItsOwn) {
  std::set<std::string> names;
  for (int i = 0; i < code_count; ++i) names.insert(to_string(static_cast<Code>(i)));
  EXPECT_EQ(names.size(), static_cast<std::size_t>(code_count));
}

// A situation in which each thing may be well or not.
Situation any_situation() {
  const auto one_of = [](int n) { return *rc::gen::inRange(0, n); };
  Situation s;
  if (one_of(2)) s.replace();
  const std::int64_t rows[] = {0, 10, 1000, 2 * M, 30 * M, 400 * M};
  if (one_of(2))
    s.give(hours_of(8, 8 + one_of(5)), rows[one_of(6)]);
  else
    s.whole(rows[one_of(6)], one_of(100) + 1);
  s.ask.input.rows_counted = one_of(4) > 0;
  s.ask.input.splittable = one_of(4) > 0;
  if (!one_of(5)) s.ask.interval.start += minutes(one_of(61));
  s.ask.partitioning = static_cast<Partitioning>(one_of(3));
  if (!one_of(5)) s.ask.engine = static_cast<Engine>(one_of(2));
  s.ask.may = {!one_of(3), !one_of(3), !one_of(3)};
  if (!one_of(3)) s.ask.deadline = s.now + minutes(one_of(300) - 60);
  s.view.watermark = hour(8 + one_of(7));
  for (ChunkView& chunk : s.view.chunks) {
    if (!one_of(4)) chunk.standing = static_cast<ChunkStanding>(one_of(6));
    if (!one_of(6)) chunk.work = static_cast<ChunkWork>(one_of(4));
    if (!one_of(6)) chunk.rows = rows[one_of(6)];
  }
  if (!one_of(2)) s.exclusive_locks();
  if (!one_of(4)) s.view.stream.late_rejection_period = minutes(30);
  if (!one_of(5)) s.lock(LockOwner::foreign, LockType::exclusive, hours_of(one_of(24), 24));
  if (!one_of(3)) s.view.windows = {true, !one_of(2), hour(15 + one_of(5))};
  s.view.capacity = {one_of(16), one_of(8), one_of(4), one_of(4)};
  s.others_wait(one_of(6), minutes(one_of(60)), std::nullopt, one_of(2));
  s.view.deep_storage.state = static_cast<Health::State>(one_of(4));
  return s;
}

RC_GTEST_PROP(RouteLaws, WhatIsRefusedSaysWhyAndWhatToDo, ()) {
  const Situation s = any_situation();
  const Route route = s.decide();
  RC_ASSERT((route.when == When::refused) == any_of(route.reasons, Weight::refuses));
  RC_ASSERT((route.lane == Lane::refuse) == (route.when == When::refused));
  for (const Reason& reason : route.reasons) {
    RC_ASSERT(!reason.sentence.empty());
    RC_ASSERT((reason.weight == Weight::refuses) == !reason.remedy.empty());
  }
  if (route.when == When::refused) {
    RC_ASSERT(route.tasks.empty());
    RC_ASSERT(!route.in_time);
  }
  if (route.when == When::later) RC_ASSERT(any_of(route.reasons, Weight::waits));
}

RC_GTEST_PROP(RouteLaws, TasksAreWholeChunksEachOnceInTheIntervalAndWithinTheBudget, ()) {
  const Situation s = any_situation();
  const Route route = s.decide();
  std::set<Interval> seen;
  std::int64_t rows = 0;
  bool rested = false;
  for (const TaskRoute& task : route.tasks) {
    RC_ASSERT(!task.chunks.empty());
    RC_ASSERT(task.interval.start <= task.chunks.front().start);
    RC_ASSERT(task.chunks.back().end <= task.interval.end);
    for (const Interval& chunk : task.chunks) {
      RC_ASSERT(seen.insert(chunk).second);
      RC_ASSERT(bucket(s.ask.granularity, chunk.start) == chunk);
      RC_ASSERT(overlaps(chunk, s.ask.interval));
    }
    rows += task.rows.value_or(0);
    RC_ASSERT(task.slots == slots_of(task.engine, task.sub_tasks));
    RC_ASSERT(task.slots <= s.limits.budget.slots_max);
    RC_ASSERT(!(rested && task.ready));  // ready ones first
    rested = !task.ready;
  }
  if (route.when != When::refused && s.ask.mode == Mode::replace)
    RC_ASSERT(seen.size() == 4U);  // what gets nothing is emptied
  if (!route.tasks.empty() && !s.ask.input.by_chunk.empty()) RC_ASSERT(rows == *s.ask.input.rows);
}

RC_GTEST_PROP(RouteLaws, NothingStartsWhereItMayNot, ()) {
  const Situation s = any_situation();
  const Route route = s.decide();
  if (route.when == When::refused) return;
  for (const TaskRoute& task : route.tasks) {
    if (!task.ready) {
      RC_ASSERT(!task.start);
      continue;
    }
    for (const Interval& chunk : task.chunks) {
      const ChunkView view = chunk_view(s.view, chunk);
      RC_ASSERT(view.work == ChunkWork::none);
      RC_ASSERT(view.standing != ChunkStanding::closed);
      RC_ASSERT((chunk.end <= *s.view.watermark && view.standing != ChunkStanding::open) ||
                s.ask.may.force_open);
    }
  }
  if (route.lane != Lane::window) RC_ASSERT(s.view.concurrency.proven);
  if (route.lane == Lane::window) RC_ASSERT(!s.view.stream.late_rejection_period);
}

RC_GTEST_PROP(RouteLaws, TheSameSituationGivesTheSameRoute, ()) {
  const Situation s = any_situation();
  RC_ASSERT(s.decide() == s.decide());
}

}  // namespace
}  // namespace henge::route
