// A load's interval into tasks: borders, sizes, chunks that wait; and the engine of a task by its
// size, its files and its partitions.
#include "route/split.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <functional>

#include "route/route_fixture.h"

namespace henge::route {
namespace {

std::vector<Interval> intervals_of(const std::vector<TaskRoute>& tasks) {
  std::vector<Interval> intervals;
  for (const TaskRoute& task : tasks) intervals.push_back(task.interval);
  return intervals;
}
using Intervals = std::vector<Interval>;

TEST(Split, ByRowsOnChunkBorders) {
  const struct {
    std::int64_t task_rows_max;
    Intervals expected;
  } cases[] = {
      {4000, {hours_of(8, 12)}},
      {3999, {hours_of(8, 11), hours_of(11, 12)}},
      {2000, {hours_of(8, 10), hours_of(10, 12)}},
      {1999, {hours_of(8, 9), hours_of(9, 10), hours_of(10, 11), hours_of(11, 12)}},
      {1, {hours_of(8, 9), hours_of(9, 10), hours_of(10, 11), hours_of(11, 12)}},
  };
  for (const auto& c : cases) {
    Situation s;
    s.limits.task_rows_max = c.task_rows_max;
    std::vector<Reason> reasons;
    EXPECT_EQ(intervals_of(split(s.ask, s.limits, reasons)), c.expected) << c.task_rows_max;
    const Reason* why = find_reason(reasons, Code::split_by_size);
    EXPECT_EQ(why != nullptr, c.expected.size() > 1) << c.task_rows_max;
    if (why) EXPECT_EQ(number_of(*why, "tasks"), std::ssize(c.expected));
  }
}

TEST(Split, ByTheNumberOfChunks) {
  Situation s;
  s.limits.task_chunks_max = 3;
  std::vector<Reason> reasons;
  EXPECT_EQ(intervals_of(split(s.ask, s.limits, reasons)),
            (Intervals{hours_of(8, 11), hours_of(11, 12)}));
  ASSERT_EQ(reasons.size(), 1U);
  EXPECT_EQ(reasons[0].code, Code::split_by_chunk_count);
  EXPECT_EQ(number_of(reasons[0], "chunks"), 4);
}

TEST(Split, RowsByChunkWhereKnownElseEvenly) {
  Situation s;
  s.ask.input.by_chunk[1].rows = 5000;
  s.ask.input.rows = 8000;
  s.limits.task_rows_max = 5000;
  std::vector<Reason> reasons;
  const auto known = split(s.ask, s.limits, reasons);
  EXPECT_EQ(intervals_of(known), (Intervals{hours_of(8, 9), hours_of(9, 10), hours_of(10, 12)}));
  EXPECT_EQ(known[1].rows, 5000);
  s.ask.input.by_chunk.clear();
  reasons.clear();
  const auto evenly = split(s.ask, s.limits, reasons);
  EXPECT_EQ(intervals_of(evenly), (Intervals{hours_of(8, 10), hours_of(10, 12)}));
  EXPECT_EQ(evenly[0].rows, 4000);
}

TEST(Split, WhatWaitsStandsApart) {
  Situation s;
  const Reason busy{.code = Code::chunk_busy,
                    .weight = Weight::waits,
                    .chunks = {hours_of(9, 10), hours_of(10, 11)}};
  std::vector<Reason> reasons{busy};
  const auto tasks = split(s.ask, s.limits, reasons);
  ASSERT_EQ(tasks.size(), 3U);
  EXPECT_EQ(tasks[1].interval, hours_of(9, 11));
  EXPECT_FALSE(tasks[1].ready);
  EXPECT_TRUE(tasks[0].ready && tasks[2].ready);
  // A note on the same chunks holds nobody back.
  reasons = {busy};
  reasons[0].weight = Weight::notes;
  EXPECT_EQ(split(s.ask, s.limits, reasons).size(), 1U);
}

TEST(Split, AnAppendLeavesOutWhatGetsNothingAReplaceEmptiesIt) {
  Situation s;
  s.ask.input.by_chunk[1].rows = 0;
  s.ask.input.by_chunk[3].rows = 0;
  std::vector<Reason> reasons;
  EXPECT_EQ(intervals_of(split(s.ask, s.limits, reasons)),
            (Intervals{hours_of(8, 9), hours_of(10, 11)}));
  s.replace();
  EXPECT_EQ(intervals_of(split(s.ask, s.limits, reasons)), Intervals{hours_of(8, 12)});
}

TEST(Split, WhatCanNotBeDividedIsOneTaskAndSaysSoWhenThatMatters) {
  Situation s;
  s.whole(4000, 7);
  std::vector<Reason> reasons;
  EXPECT_EQ(intervals_of(split(s.ask, s.limits, reasons)), Intervals{hours_of(8, 12)});
  EXPECT_TRUE(reasons.empty());
  s.limits.task_rows_max = 3999;
  EXPECT_EQ(intervals_of(split(s.ask, s.limits, reasons)), Intervals{hours_of(8, 12)});
  ASSERT_EQ(reasons.size(), 1U);
  EXPECT_EQ(reasons[0].code, Code::split_impossible);
}

RC_GTEST_PROP(Split, TasksAreWithinTheLimitsOrSingleChunks, ()) {
  Situation s;
  s.ask.interval = hours_of(0, *rc::gen::inRange(1, 60));
  s.view.chunks.clear();
  s.give(s.ask.interval, 1);
  std::int64_t rows = 0;
  for (ChunkInput& part : s.ask.input.by_chunk)
    rows += part.rows = *rc::gen::inRange<std::int64_t>(0, 100);
  s.ask.input.rows = rows;
  if (*rc::gen::inRange(0, 2)) s.replace();
  s.limits.task_rows_max = *rc::gen::inRange<std::int64_t>(1, 300);
  s.limits.task_chunks_max = *rc::gen::inRange<std::int64_t>(1, 20);
  std::vector<Reason> reasons;
  std::int64_t seen = 0;
  Instant end = Instant::min();
  for (const TaskRoute& task : split(s.ask, s.limits, reasons)) {
    RC_ASSERT(task.interval.start >= end);
    end = task.interval.end;
    RC_ASSERT(task.chunks.front().start == task.interval.start);
    RC_ASSERT(task.chunks.back().end == task.interval.end);
    for (std::size_t i = 1; i < task.chunks.size(); ++i)
      RC_ASSERT(task.chunks[i - 1].end == task.chunks[i].start);
    RC_ASSERT(task.chunks.size() == 1 || (*task.rows <= s.limits.task_rows_max &&
                                          std::ssize(task.chunks) <= s.limits.task_chunks_max));
    seen += *task.rows;
  }
  RC_ASSERT(seen == rows);
}

TEST(RowsOf, CountedElseByTheirBytesElseUnknown) {
  RouteLimits limits;
  EXPECT_EQ(rows_of({.rows = 7, .bytes = 1'000'000}, limits), 7);
  EXPECT_EQ(rows_of({.rows = {}, .bytes = 1'000'000}, limits), 5'000);
  EXPECT_EQ(rows_of({}, limits), std::nullopt);
  limits.row_bytes = 0;
  EXPECT_EQ(rows_of({.rows = {}, .bytes = 10}, limits), 10);
}

// The engine for one task of so many rows in so many files.
EngineChoice engine_of(Situation& s, std::int64_t rows, std::int64_t files) {
  s.whole(rows, files);
  std::vector<Reason> reasons;
  const auto tasks = split(s.ask, s.limits, reasons);
  return choose_engine(s.ask, s.view, s.limits, tasks, reasons);
}

TEST(ChooseEngine, SubTasksByRowsFilesAndTheMost) {
  constexpr std::int64_t M = 1'000'000;
  const struct {
    std::int64_t rows;
    std::int64_t files;
    int wanted;
  } cases[] = {
      {5 * M + 1, 100, 3}, {7'500'000, 100, 3}, {7'500'001, 100, 4}, {20 * M, 100, 8},
      {500 * M, 100, 8},   {500 * M, 3, 3},     {500 * M, 2, 2},
  };
  for (const auto& c : cases) {
    Situation s;
    const EngineChoice choice = engine_of(s, c.rows, c.files);
    EXPECT_EQ(choice.engine, Engine::parallel) << c.rows;
    EXPECT_EQ(choice.sub_tasks_wanted, c.wanted) << c.rows << " in " << c.files;
    EXPECT_EQ(choice.sub_tasks_min, 2);
    EXPECT_EQ(choice.passes, 1);
  }
}

TEST(ChooseEngine, PerfectPartitionsReadTwice) {
  for (const Partitioning partitioning : {Partitioning::hashed, Partitioning::range}) {
    Situation s;
    s.replace();
    s.ask.partitioning = partitioning;
    EXPECT_EQ(engine_of(s, 100, 1).passes, 2) << to_string(partitioning);
    s.ask.mode = Mode::append;
    EXPECT_EQ(engine_of(s, 100, 1).passes, 1) << "appends are dynamic";
  }
}

TEST(ChooseEngine, RangeNeedsASubTaskHashedDoesNot) {
  Situation s;
  s.replace();
  s.ask.partitioning = Partitioning::range;
  EXPECT_EQ(engine_of(s, 100, 1), (EngineChoice{Engine::parallel, 1, 1, 2}));
  s.ask.partitioning = Partitioning::hashed;
  EXPECT_EQ(engine_of(s, 100, 1), (EngineChoice{Engine::single, 1, 1, 2}));
}

// Enough rows by range, in a cluster that has MSQ, and it may be taken.
Situation for_msq() {
  Situation s;
  s.rewrite(5'000'000);
  s.ask.partitioning = Partitioning::range;
  s.limits.msq = true;
  s.view.has_msq = true;
  return s;
}

TEST(ChooseEngine, MsqFromSoManyRowsOn) {
  Situation s = for_msq();
  s.limits.msq_rows_min = 1000;
  s.rewrite(249);
  EXPECT_EQ(s.decide().tasks.front().engine, Engine::parallel);
  EXPECT_EQ(find_reason(s.decide().reasons, Code::msq_shuffles), nullptr);
  s.rewrite(250);
  const Route route = s.decide();
  EXPECT_EQ(route.tasks.front().engine, Engine::msq);
  EXPECT_EQ(number_of(*find_reason(route.reasons, Code::msq_shuffles), "rows"), 1000);
}

TEST(ChooseEngine, MsqReadsTheInputOnceWithAsManyWorkersAsSubTasksElse) {
  Situation s = for_msq();
  s.view.has_msq = false;
  EXPECT_EQ(engine_of(s, 20'000'000, 100), (EngineChoice{Engine::parallel, 1, 8, 2}));
  s.view.has_msq = true;
  EXPECT_EQ(engine_of(s, 20'000'000, 100), (EngineChoice{Engine::msq, 1, 8, 1}));
  EXPECT_EQ(engine_of(s, 20'000'000, 1), (EngineChoice{Engine::msq, 1, 1, 1}));
}

TEST(ChooseEngine, WhatStandsAgainstMsqIsSaidAndItIsNotTaken) {
  const struct {
    const char* what;
    std::function<void(Situation&)> change;
    Code code;
    const char* why;
  } cases[] = {
      {"off", [](Situation& s) { s.limits.msq = false; }, Code::msq_off, "`never`"},
      {"off and absent", [](Situation& s) { s.limits.msq = s.view.has_msq = false; }, Code::msq_off,
       "`never`"},
      {"absent", [](Situation& s) { s.view.has_msq = false; }, Code::msq_absent, "cluster"},
      {"unfit", [](Situation& s) { s.ask.msq_unfit = "rollup: no"; }, Code::msq_unfit,
       "rollup: no"},
      {"not counted", [](Situation& s) { s.ask.input.rows_counted = false; }, Code::msq_unfit,
       "not counted"},
  };
  for (const auto& c : cases) {
    Situation s = for_msq();
    s.ask.may.allow_empty = true;  // what is not counted goes on
    c.change(s);
    const Route route = s.decide();
    ASSERT_FALSE(route.tasks.empty()) << c.what;
    EXPECT_EQ(route.tasks.front().engine, Engine::parallel) << c.what;
    const Reason* reason = find_reason(route.reasons, c.code);
    ASSERT_NE(reason, nullptr) << c.what;
    EXPECT_EQ(reason->weight, Weight::shapes) << c.what;
    EXPECT_NE(reason->sentence.find(c.why), std::string::npos) << reason->sentence;
    EXPECT_EQ(number_of(*reason, "rows"), 20'000'000) << c.what;
  }
}

TEST(ChooseEngine, ATaskWithoutRowsKeepsTheLoadFromMsq) {
  Situation s = for_msq();
  s.limits.task_chunks_max = 1;
  EXPECT_EQ(s.decide().tasks.front().engine, Engine::parallel) << "each is too small";
  s.limits.msq_rows_min = 1'000'000;
  EXPECT_EQ(s.decide().tasks.front().engine, Engine::msq);
  s.ask.input.by_chunk[2].rows = 0;
  s.ask.may.allow_shrink = true;
  const Route route = s.decide();
  EXPECT_EQ(route.tasks.front().engine, Engine::parallel);
  EXPECT_NE(find_reason(route.reasons, Code::msq_unfit), nullptr);
}

TEST(ChooseEngine, MsqThatIsWantedIsRefusedWhereItCanNotBe) {
  Situation s = for_msq();
  s.ask.engine = Engine::msq;
  EXPECT_EQ(s.decide().tasks.front().engine, Engine::msq);
  s.rewrite(10);
  EXPECT_EQ(s.decide().tasks.front().engine, Engine::msq) << "also where it is not quicker";
  s.ask.partitioning = Partitioning::hashed;
  EXPECT_EQ(s.decide().when, When::refused);
  s = for_msq();
  s.ask.engine = Engine::msq;
  s.view.has_msq = false;
  const Route route = s.decide();
  EXPECT_EQ(route.when, When::refused);
  EXPECT_EQ(find_reason(route.reasons, Code::msq_absent)->remedy, "parallel");
}

TEST(SlotsOf, WhoLeadsTakesOneToo) {
  EXPECT_EQ(slots_of(Engine::single, 1), 1);
  EXPECT_EQ(slots_of(Engine::parallel, 1), 2);
  EXPECT_EQ(slots_of(Engine::parallel, 8), 9);
  EXPECT_EQ(slots_of(Engine::msq, 1), 2);
}

}  // namespace
}  // namespace henge::route
