// The watermark: how far time has certainly gone, and what is not certain.
#include "late/watermark.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <random>

namespace henge::late {
namespace {

using std::chrono::seconds;

ledger::PipelineState scanned(std::map<std::int32_t, std::int64_t> floors_s) {
  ledger::PipelineState state;
  for (auto [partition, s] : floors_s)
    state.partitions[partition].arrival_floor = instant_of_ms(s * 1000);
  return state;
}

TEST(Watermark, IsTheSlowestPartitionLessTheDisorder) {
  auto state = scanned({{0, 100}, {1, 70}, {2, 90}});
  EXPECT_EQ(arrival_watermark(state, 3, seconds(5)), instant_of_ms(65'000));
  Pipeline pipeline;
  pipeline.rule.lateness = seconds(10);
  pipeline.stream.arrival_disorder = seconds(5);
  EXPECT_EQ(event_watermark(state, 3, pipeline), instant_of_ms(55'000));
}

TEST(Watermark, IsUnknownWhileAPartitionIs) {
  EXPECT_EQ(arrival_watermark(scanned({{0, 100}}), 2, seconds(0)), std::nullopt);
  EXPECT_EQ(arrival_watermark(scanned({{0, 100}}), 0, seconds(0)), std::nullopt)
      << "nobody said how many there are";
  EXPECT_EQ(arrival_watermark(scanned({}), 0, seconds(0)), std::nullopt);
  EXPECT_EQ(arrival_watermark(scanned({{0, 100}, {1, 0}}), 2, seconds(0)), std::nullopt)
      << "a partition that was never seen idle holds it";
}

// The law the watermark stands for: with arrivals that run backwards by at most the disorder, no
// row that comes after the scan and that streaming accepts has an event time below it.
TEST(Watermark, NoOnTimeRowFallsBelowIt) {
  std::mt19937_64 random(20'261'123);
  auto below = [&](std::int64_t n) {
    return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(n));
  };
  for (int round = 0; round < 2000; ++round) {
    Pipeline pipeline;
    pipeline.rule.lateness = Millis(below(100'000));
    pipeline.stream.arrival_disorder = Millis(below(5'000));
    ledger::PipelineState state;
    const int partitions = static_cast<int>(1 + below(4));
    std::vector<std::vector<std::int64_t>> arrivals(static_cast<std::size_t>(partitions));
    std::vector<std::size_t> position;
    for (auto& log : arrivals) {
      std::int64_t t = 1'000'000 + below(50'000), high = 0;
      for (int i = 0; i < 40; ++i) {
        t += below(3'000);
        high = std::max(high, t);
        log.push_back(std::max<std::int64_t>(t, high) -
                      below(pipeline.stream.arrival_disorder.count() + 1));
      }
      position.push_back(static_cast<std::size_t>(1 + below(39)));
    }
    for (std::size_t p = 0; p < arrivals.size(); ++p) {
      auto& floor = state.partitions[static_cast<std::int32_t>(p)].arrival_floor;
      for (std::size_t i = 0; i < position[p]; ++i)
        floor = std::max(floor, instant_of_ms(arrivals[p][i]));
    }
    auto watermark = event_watermark(state, partitions, pipeline);
    ASSERT_TRUE(watermark);
    for (std::size_t p = 0; p < arrivals.size(); ++p)
      for (std::size_t i = position[p]; i < arrivals[p].size(); ++i) {
        Instant arrival = instant_of_ms(arrivals[p][i]);
        Instant event = *watermark - Millis(1 + below(10'000));
        ASSERT_NE(door_of(pipeline.rule, event, arrival), Door::on_time)
            << "arrival " << arrivals[p][i] << " event " << to_ms(event);
      }
  }
}

SupervisorTask task(PartitionOffsets starts) {
  SupervisorTask t;
  t.starting_offsets = std::move(starts);
  return t;
}

TEST(Committed, IsWhereTheOldestTaskBegan) {
  SupervisorStatus status;
  status.active = {task({{0, 500}, {1, 70}})};
  EXPECT_EQ(committed_offsets(status), (PartitionOffsets{{0, 500}, {1, 70}}));
  status.publishing = {task({{0, 300}})};
  EXPECT_EQ(committed_offsets(status), (PartitionOffsets{{0, 300}, {1, 70}}))
      << "publishing is not yet committed";
}

TEST(Committed, IsTheStoredOneWhileSuspended) {
  SupervisorStatus status;
  status.latest_offsets = {{0, 900}, {1, 50}};
  status.lag = {{0, 100}};
  EXPECT_TRUE(committed_offsets(status).empty())
      << "without tasks and not suspended nothing is known";
  status.suspended = true;
  EXPECT_TRUE(committed_offsets(status).empty()) << "not before it says SUSPENDED itself";
  status.detailed_state = "SUSPENDED";
  EXPECT_EQ(committed_offsets(status), (PartitionOffsets{{0, 800}}));
  status.publishing = {task({{0, 300}})};
  EXPECT_EQ(committed_offsets(status), (PartitionOffsets{{0, 300}}));
}

TEST(Committed, PassesAChunkWhenItIsBehindInEveryPartition) {
  ledger::ChunkState chunk;
  chunk.counts[0].on_time_offset_last = 99;
  chunk.counts[1].on_time_offset_last = -1;
  EXPECT_TRUE(committed_past(chunk, {{0, 100}}));
  EXPECT_FALSE(committed_past(chunk, {{0, 99}}));
  EXPECT_FALSE(committed_past(chunk, {})) << "unknown is not passed";
  chunk.counts[1].on_time_offset_last = 5;
  EXPECT_FALSE(committed_past(chunk, {{0, 100}}));
  EXPECT_TRUE(committed_past(chunk, {{0, 100}, {1, 6}}));
}

TEST(Committed, IsUnknownWithoutTasksAndWithoutSuspension) {
  EXPECT_TRUE(committed_offsets({}).empty());
  SupervisorStatus status;
  status.active = {task({})};
  EXPECT_TRUE(committed_offsets(status).empty()) << "a task that has not told its start";
}

TEST(Committed, WhileSuspendedTasksStillCountMoreThanTheLag) {
  SupervisorStatus status;
  status.suspended = true;
  status.detailed_state = "SUSPENDED";
  status.latest_offsets = {{0, 900}, {1, 40}};
  status.lag = {{0, 0}, {1, 0}};
  status.publishing = {task({{0, 300}})};
  EXPECT_EQ(committed_offsets(status), (PartitionOffsets{{0, 300}}))
      << "the lag is that of the readers, not of what is stored";
  status.publishing.clear();
  EXPECT_EQ(committed_offsets(status), (PartitionOffsets{{0, 900}, {1, 40}}));
}

TEST(Committed, PassesAChunkOnlyBeyondItsLastOnTimeRow) {
  ledger::ChunkState chunk;
  EXPECT_TRUE(committed_past(chunk, {})) << "no row, nothing to wait for";
  chunk.counts[0].late = 7;
  EXPECT_TRUE(committed_past(chunk, {})) << "late rows never go through streaming";
  chunk.counts[0].on_time_offset_last = 0;
  EXPECT_FALSE(committed_past(chunk, {{0, 0}})) << "0 is the next to be read, not yet read";
  EXPECT_TRUE(committed_past(chunk, {{0, 1}}));
  EXPECT_FALSE(committed_past(chunk, {{1, 1'000}})) << "of another partition";
}

TEST(Uncommitted, IsWhatWasScannedAndDruidHasNotStored) {
  ledger::PipelineState state;
  EXPECT_EQ(uncommitted(state, {}), 0) << "nothing scanned, nothing open";
  state.partitions[0].next = 100;
  state.partitions[1].next = 50;
  EXPECT_EQ(uncommitted(state, {}), std::nullopt);
  EXPECT_EQ(uncommitted(state, {{0, 100}}), std::nullopt) << "one partition is unknown";
  EXPECT_EQ(uncommitted(state, {{0, 100}, {1, 50}}), 0);
  EXPECT_EQ(uncommitted(state, {{0, 70}, {1, 45}}), 35);
  EXPECT_EQ(uncommitted(state, {{0, 70}, {1, 900}}), 30)
      << "where Druid is ahead of the scan, nothing is owed to the other partition";
  EXPECT_EQ(uncommitted(state, {{0, 100}, {1, 50}, {7, 0}}), 0) << "not scanned, not asked";
}

LatenessRule any_rule() {
  return {Millis(*rc::gen::inRange<std::int64_t>(0, 1'000'000)), std::nullopt};
}

ledger::PipelineState any_scan(int partitions) {
  ledger::PipelineState state;
  for (std::int32_t p = 0; p < partitions; ++p)
    state.partitions[p].arrival_floor =
        instant_of_ms(*rc::gen::oneOf(rc::gen::inRange<std::int64_t>(0, 3),
                                      rc::gen::inRange<std::int64_t>(1, 2'000'000'000'000)));
  return state;
}

Pipeline any_pipeline() {
  Pipeline p;
  p.rule = any_rule();
  p.stream.arrival_disorder = Millis(*rc::gen::inRange<std::int64_t>(0, 100'000));
  return p;
}

RC_GTEST_PROP(WatermarkLaw, is_never_beyond_any_partition, ()) {
  const int n = *rc::gen::inRange(1, 8);
  const auto state = any_scan(n);
  const Pipeline p = any_pipeline();
  const auto arrival = arrival_watermark(state, n, p.stream.arrival_disorder);
  const auto event = event_watermark(state, n, p);
  RC_ASSERT(arrival.has_value() == event.has_value());
  bool all_seen = true;
  for (const auto& [id, partition] : state.partitions) {
    all_seen = all_seen && partition.arrival_floor > Instant{};
    if (!arrival) continue;
    RC_ASSERT(*arrival + p.stream.arrival_disorder <= partition.arrival_floor);
    RC_ASSERT(*event + p.rule.lateness == *arrival);
  }
  RC_ASSERT(arrival.has_value() == all_seen);
}

RC_GTEST_PROP(WatermarkLaw, never_goes_back_while_a_scan_goes_on, ()) {
  const int n = *rc::gen::inRange(1, 6);
  auto state = any_scan(n);
  const Pipeline p = any_pipeline();
  auto last = event_watermark(state, n, p);
  const int steps = *rc::gen::inRange(1, 20);
  for (int i = 0; i < steps; ++i) {
    auto& floor = state.partitions[*rc::gen::inRange(0, n)].arrival_floor;
    floor += Millis(*rc::gen::inRange<std::int64_t>(0, 1'000'000));
    const auto now = event_watermark(state, n, p);
    if (last) {
      RC_ASSERT(now.has_value());
      RC_ASSERT(*now >= *last);
    }
    last = now;
  }
}

RC_GTEST_PROP(WatermarkLaw, a_new_partition_stops_it_until_it_was_read, ()) {
  const int n = *rc::gen::inRange(1, 6);
  auto state = any_scan(n);
  const Pipeline p = any_pipeline();
  RC_ASSERT(!event_watermark(state, n + 1, p));
  state.partitions[n];
  RC_ASSERT(!event_watermark(state, n + 1, p));
}

RC_GTEST_PROP(WatermarkLaw, more_lateness_or_disorder_only_waits_longer, ()) {
  const int n = *rc::gen::inRange(1, 6);
  const auto state = any_scan(n);
  const Pipeline p = any_pipeline();
  Pipeline slower = p;
  slower.rule.lateness += Millis(*rc::gen::inRange<std::int64_t>(0, 1'000));
  slower.stream.arrival_disorder += Millis(*rc::gen::inRange<std::int64_t>(0, 1'000));
  const auto a = event_watermark(state, n, p), b = event_watermark(state, n, slower);
  if (a) RC_ASSERT(*b <= *a);
}

SupervisorStatus any_status() {
  SupervisorStatus status;
  const auto tasks = [] {
    std::vector<SupervisorTask> out;
    const int n = *rc::gen::inRange(0, 4);
    for (int i = 0; i < n; ++i) {
      PartitionOffsets starts;
      for (std::int32_t p = 0; p < 3; ++p)
        if (*rc::gen::arbitrary<bool>()) starts[p] = *rc::gen::inRange<std::int64_t>(0, 1000);
      out.push_back(task(starts));
    }
    return out;
  };
  status.active = tasks();
  status.publishing = tasks();
  return status;
}

RC_GTEST_PROP(CommittedLaw, no_running_task_began_before_it, ()) {
  const SupervisorStatus status = any_status();
  const PartitionOffsets committed = committed_offsets(status);
  for (const auto* tasks : {&status.active, &status.publishing})
    for (const SupervisorTask& t : *tasks)
      for (auto [partition, offset] : t.starting_offsets) {
        RC_ASSERT(committed.contains(partition));
        RC_ASSERT(committed.at(partition) <= offset);
      }
}

RC_GTEST_PROP(CommittedLaw, one_more_task_never_moves_it_forward, ()) {
  SupervisorStatus status = any_status();
  const PartitionOffsets before = committed_offsets(status);
  PartitionOffsets starts;
  starts[*rc::gen::inRange(0, 3)] = *rc::gen::inRange<std::int64_t>(0, 1000);
  status.publishing.push_back(task(starts));
  const PartitionOffsets after = committed_offsets(status);
  for (auto [partition, offset] : before) RC_ASSERT(after.at(partition) <= offset);
}

}  // namespace
}  // namespace henge::late
