// Floors and stretches: what a batch may claim.
#include "kafka/progress.h"

#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>

namespace henge::kafka {
namespace {

Instant at(std::int64_t seconds) {
  return instant_of_ms(seconds * 1000);
}

scan::Findings records(std::int32_t partition, std::int64_t count, Instant arrival_max) {
  scan::Findings findings;
  auto& progress = findings.partitions[partition].progress;
  progress.partition = partition;
  progress.records = count;
  progress.arrival_max = arrival_max;
  return findings;
}

TEST(ScanProgress, a_batch_begins_where_the_last_one_ended) {
  ScanProgress progress;
  progress.add(0, 100, {});
  const auto found = records(0, 10, at(50));
  const auto first = progress.batch({&found}, {{0, 112}}, at(60), false);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->partitions[0].from, 100);
  EXPECT_EQ(first->partitions[0].to, 112);
  EXPECT_EQ(first->partitions[0].arrival_floor, at(50));
  progress.handed_out(*first);
  EXPECT_FALSE(progress.batch({}, {{0, 112}}, at(61), true));
  const auto second = progress.batch({}, {{0, 115}}, at(62), false);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->partitions[0].from, 112);
  EXPECT_EQ(second->partitions[0].records, 0);
  EXPECT_EQ(second->partitions[0].arrival_floor, at(50));
}

TEST(ScanProgress, what_was_not_handed_out_is_in_the_next_batch) {
  ScanProgress progress;
  progress.add(0, 0, {});
  const auto found = records(0, 5, at(50));
  ASSERT_TRUE(progress.batch({&found}, {{0, 5}}, at(60), false));
  const auto again = progress.batch({&found}, {{0, 5}}, at(60), false);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->partitions[0].from, 0);
}

TEST(ScanProgress, an_idle_partition_has_the_floor_of_the_question_once_its_end_is_reached) {
  ScanProgress progress;
  progress.add(0, 7, at(10));
  progress.saw_ends(at(100), {{0, 9}});
  progress.reached({{0, 8}});
  EXPECT_FALSE(progress.batch({}, {{0, 7}}, at(101), true));
  // A newer answer does not push the reachable one away.
  progress.saw_ends(at(200), {{0, 20}});
  progress.reached({{0, 9}});
  const auto batch = progress.batch({}, {{0, 9}}, at(201), true);
  ASSERT_TRUE(batch);
  EXPECT_EQ(batch->partitions[0].arrival_floor, at(100));
}

TEST(ScanProgress, a_floor_alone_waits_until_it_is_wanted) {
  ScanProgress progress;
  progress.add(0, 7, {});
  progress.saw_ends(at(100), {{0, 7}});
  progress.reached({{0, 7}});
  EXPECT_FALSE(progress.batch({}, {{0, 7}}, at(101), false));
  EXPECT_TRUE(progress.batch({}, {{0, 7}}, at(101), true));
}

TEST(ScanProgress, arrival_times_ahead_of_the_clock_raise_no_floor_beyond_it) {
  ScanProgress progress;
  progress.add(0, 0, {});
  const auto found = records(0, 1, at(1'000'000));
  EXPECT_EQ(progress.batch({&found}, {{0, 1}}, at(60), false)->partitions[0].arrival_floor, at(60));
}

TEST(ScanProgress, lost_offsets_are_told_once) {
  ScanProgress progress;
  progress.add(0, 0, {});
  progress.lose(0, 40);
  const auto first = progress.batch({}, {{0, 45}}, at(1), false);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->partitions[0].lost, 40);
  progress.handed_out(*first);
  EXPECT_EQ(progress.batch({}, {{0, 46}}, at(1), false)->partitions[0].lost, 0);
}

RC_GTEST_PROP(ScanProgress, stretches_join_without_gap_and_floors_never_fall, ()) {
  ScanProgress progress;
  progress.add(0, 0, {});
  std::int64_t position = 0;
  std::int64_t expected_from = 0;
  Instant floor{};
  const auto steps = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 100));
  std::int64_t now = 1000;
  for (const int step : steps) {
    now += step;
    position += step % 5;
    if (step % 3 == 0) progress.saw_ends(at(now - 1), {{0, position + step % 2}});
    progress.reached({{0, position}});
    const auto found = records(0, step % 5, at(now - step));
    const auto batch = progress.batch({&found}, {{0, position}}, at(now), step % 7 == 0);
    if (!batch) continue;
    const auto& one = batch->partitions.at(0);
    RC_ASSERT(one.from == expected_from);
    RC_ASSERT(one.to == position);
    RC_ASSERT(one.arrival_floor >= floor);
    RC_ASSERT(one.arrival_floor <= at(now));
    expected_from = one.to;
    floor = one.arrival_floor;
    progress.handed_out(*batch);
  }
}

}  // namespace
}  // namespace henge::kafka
