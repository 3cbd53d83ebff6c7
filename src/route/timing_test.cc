// Durations, widths and times of a route, and what is said of them.
#include "route/timing.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "route/route_fixture.h"

namespace henge::route {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::int64_t million = 1'000'000;

TEST(Capacity, WhatLoadsMayHave) {
  const struct {
    Capacity capacity;
    int running;
    int expected;
  } cases[] = {
      {{.total = 10, .used = 3, .queued = 0, .kept_for_stream = 2}, 0, 5},
      {{.total = 10, .used = 3, .queued = 4, .kept_for_stream = 2}, 0, 1},
      {{.total = 10, .used = 3, .queued = 0, .kept_for_stream = 2}, 2, 7},  // two are its own
      {{.total = 10, .used = 9, .queued = 0, .kept_for_stream = 9}, 0, 1},  // one is lent
      {{.total = 10, .used = 10, .queued = 0, .kept_for_stream = 2}, 0, 0},
      {{.total = 10, .used = 8, .queued = 9, .kept_for_stream = 0}, 0, 0},
      {{.total = 4, .used = 1, .queued = 0, .kept_for_stream = 0}, 3, 4},  // just ended, not told
      {{}, 0, 0},
  };
  for (const auto& c : cases)
    EXPECT_EQ(c.capacity.for_loads(c.running), c.expected)
        << c.capacity.total << " " << c.capacity.used << " " << c.running;
}

TEST(Timing, DurationsFollowRowsRatePassesAndSubTasks) {
  const struct {
    const char* what;
    std::int64_t rows;
    Partitioning partitioning;
    double rate;
    Health::State storage;
    Millis expected;
  } cases[] = {
      {"one slot", 4 * million, Partitioning::dynamic, 20'000, Health::State::ok, seconds(230)},
      {"twice the rate", 4 * million, Partitioning::dynamic, 40'000, Health::State::ok,
       seconds(130)},
      {"slow storage", 4 * million, Partitioning::dynamic, 20'000, Health::State::slow,
       seconds(430)},
      {"two passes", 4 * million, Partitioning::hashed, 20'000, Health::State::ok, seconds(430)},
      {"nothing", 0, Partitioning::dynamic, 20'000, Health::State::ok, seconds(30)},
      {"seven sub-tasks", 28 * million, Partitioning::dynamic, 20'000, Health::State::ok,
       seconds(230)},
      {"a rate of nothing", 60, Partitioning::dynamic, 0, Health::State::ok, seconds(90)},
  };
  for (const auto& c : cases) {
    Situation s;
    s.replace();
    s.ask.may = {.force_open = false, .allow_empty = true, .allow_shrink = true};
    s.whole(c.rows, 100);
    s.ask.partitioning = c.partitioning;
    s.view.rows_per_slot_second = c.rate;
    s.view.deep_storage.state = c.storage;
    const Route route = s.decide();
    ASSERT_EQ(route.tasks.size(), 1U) << c.what;
    EXPECT_EQ(route.tasks[0].duration, c.expected) << c.what;
  }
}

TEST(Timing, AnAbsurdSizeDoesNotOverflow) {
  Situation s;
  s.whole(9'000'000'000'000'000'000, 1);
  const Route route = s.decide();
  ASSERT_TRUE(route.finish);
  EXPECT_GT(*route.finish, s.now + std::chrono::hours(24 * 300));
  EXPECT_LT(*route.finish, s.now + std::chrono::hours(24 * 400));
}

TEST(Timing, TheWidthIsTheOneThatIsDoneSoonest) {
  Situation s;
  s.whole(40 * million, 100);
  // Two slots now, nine when the others are over.
  s.view.capacity = {.total = 10, .used = 7, .queued = 0, .kept_for_stream = 1};
  s.limits.budget.slots_max = s.limits.budget.datasource_max = 9;
  const auto others_end_in = [&](Millis length) {
    s.view.running = {{"r", "other", 7, s.now + length}};
    return s.decide();
  };
  const Route wide = others_end_in(minutes(1));
  EXPECT_EQ(wide.tasks[0].sub_tasks, 8);
  EXPECT_EQ(wide.start, s.now + minutes(1));
  const Route narrow = others_end_in(minutes(120));
  EXPECT_EQ(narrow.tasks[0].engine, Engine::single);
  EXPECT_EQ(narrow.start, s.now);
  EXPECT_NE(find_reason(narrow.reasons, Code::slots_few), nullptr);
}

TEST(Timing, ItDoesNotTakeTheSlotsThatOthersWerePromised) {
  Situation s;
  s.whole(20 * million, 100);
  s.limits.budget.slots_max = s.limits.budget.datasource_max = 4;
  // One at once would be done sooner with all four slots, and two others need theirs now.
  s.others_wait(2, minutes(5), s.now + minutes(5));
  const Route route = s.decide();
  EXPECT_EQ(find_reason(route.reasons, Code::makes_others_late), nullptr);
  for (const TaskRoute& task : route.tasks)
    EXPECT_TRUE(task.slots <= 2 || *task.start >= s.now + minutes(5));
}

TEST(Timing, ATaskThatIsNotReadyHasNoTimes) {
  Situation s;
  s.view.chunks[3].work = ChunkWork::repair;
  const Route route = s.decide();
  ASSERT_EQ(route.tasks.size(), 2U);
  EXPECT_TRUE(route.tasks[0].start);
  EXPECT_FALSE(route.tasks[1].start);
  EXPECT_FALSE(route.tasks[1].finish);
  EXPECT_TRUE(route.finish) << "at the earliest";
}

TEST(Timing, TheNumbersOfADeadlineThatIsMissed) {
  Situation s;
  s.ask.deadline = s.now + seconds(20);
  const Route route = s.decide();
  EXPECT_FALSE(route.in_time);
  const Reason* missed = find_reason(route.reasons, Code::deadline_missed);
  ASSERT_NE(missed, nullptr);
  EXPECT_EQ(number_of(*missed, "spare_ms"), -10'200);
  EXPECT_EQ(missed->sentence, "done at the earliest in 30s, 10s after the deadline");
}

TEST(Timing, AWindowHasToBeOverByTheDeadline) {
  Situation s;
  s.exclusive_locks();
  const Millis all = s.limits.window_overhead + seconds(30) + Millis(200);
  s.ask.deadline = s.now + all;
  EXPECT_TRUE(s.decide().in_time);
  s.ask.deadline = s.now + all - Millis(1);
  EXPECT_FALSE(s.decide().in_time);
}

TEST(Timing, AWindowMayStandAsLongAsItMay) {
  Situation s;
  s.exclusive_locks();
  s.limits.window_max = s.limits.window_overhead + seconds(30) + Millis(200);
  EXPECT_EQ(s.decide().lane, Lane::window);
  s.limits.window_max -= Millis(1);
  const Route route = s.decide();
  EXPECT_EQ(route.lane, Lane::refuse);
  const Reason* why = find_reason(route.reasons, Code::window_too_long);
  ASSERT_NE(why, nullptr);
  EXPECT_EQ(number_of(*why, "window_ms"), s.limits.window_max.count() + 1);
}

TEST(JudgeCluster, SaysWhatTheProbesSaid) {
  Situation s;
  s.view.deep_storage = {Health::State::failing, "disk full"};
  s.view.overlord = {Health::State::failing, "429 for 30 s"};
  s.view.capacity = {};
  const auto reasons = judge_cluster(s.view);
  ASSERT_EQ(reasons.size(), 3U);
  EXPECT_EQ(reasons[0].sentence, "deep storage fails, no task could publish: disk full");
  EXPECT_EQ(reasons[1].sentence, "the Overlord takes no tasks now: 429 for 30 s");
  EXPECT_EQ(reasons[2].code, Code::no_workers);
  for (const Reason& reason : reasons) EXPECT_EQ(reason.weight, Weight::waits);
}

// More slots, a faster cluster or a smaller load are never worse, all else being free.
RC_GTEST_PROP(Timing, MoreCapacityIsNeverWorse, ()) {
  Situation s;
  s.whole(*rc::gen::inRange<std::int64_t>(0, 60) * million + 1, *rc::gen::inRange(1, 50));
  s.view.capacity = {.total = *rc::gen::inRange(4, 20)};
  s.limits.budget.slots_max = s.limits.budget.datasource_max = 20;
  const auto before = s.decide().finish;
  ++s.view.capacity.total;
  const auto more_slots = s.decide().finish;
  RC_ASSERT(before && more_slots && *more_slots <= *before);
  s.view.rows_per_slot_second = 40'000;
  RC_ASSERT(*s.decide().finish <= *more_slots);
}

}  // namespace
}  // namespace henge::route
