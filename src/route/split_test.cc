// A load's interval into tasks: borders, sizes, chunks that wait; and the engine of a task by its
// size, its files and its partitions.
#include "route/split.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

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
  return choose_engine(s.ask, s.limits, tasks, reasons);
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

TEST(ChooseEngine, WhereMsqWouldBeFasterItIsSaid) {
  Situation s;
  s.replace();
  s.ask.partitioning = Partitioning::range;
  s.limits.msq_rows_min = 1000;
  s.rewrite(249);
  EXPECT_EQ(find_reason(s.decide().reasons, Code::msq_absent), nullptr);
  s.rewrite(250);
  const Route route = s.decide();
  EXPECT_EQ(number_of(*find_reason(route.reasons, Code::msq_absent), "rows"), 1000);
  EXPECT_EQ(route.tasks.front().engine, Engine::parallel) << "and never taken";
}

TEST(SlotsOf, WhoLeadsTakesOneToo) {
  EXPECT_EQ(slots_of(Engine::single, 1), 1);
  EXPECT_EQ(slots_of(Engine::parallel, 1), 2);
  EXPECT_EQ(slots_of(Engine::parallel, 8), 9);
}

}  // namespace
}  // namespace henge::route
