// What scans add up to: every row is counted for its partition and chunk, once, in whatever order
// the partitions take turns.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "ledger/state.h"

namespace henge::ledger {
namespace {

using testing::HasSubstr;

Instant hour(int n) {
  return instant_of_ms(3'600'000LL * n);
}

State declared(const std::string& pipeline = "p") {
  State state;
  EXPECT_TRUE(apply(state, {Instant{}, pipeline, PipelineDeclared{1, "d", "f", "", "c0ffee00"}}));
  return state;
}

ScanAdvanced stretch(std::int32_t partition, std::int64_t from, std::int64_t to) {
  ScanAdvanced e;
  scan::PartitionProgress p;
  p.partition = partition;
  p.from = from;
  p.to = to;
  p.records = to - from;
  e.batch.partitions = {p};
  return e;
}

scan::Extent rows_of(scan::DeltaKind kind, std::int64_t offset, std::int64_t rows) {
  scan::Extent x;
  x.file = "delta-000001.log";
  x.offset = offset;
  x.rows = rows;
  x.bytes = rows * 10;
  x.kind = kind;
  x.chunk = hour(1);
  return x;
}

TEST(ScanFold, ABatchNamesNothingTwice) {
  State state = declared();
  ScanAdvanced twice = stretch(0, 0, 10);
  twice.batch.partitions.push_back(twice.batch.partitions[0]);
  EXPECT_FALSE(apply(state, {Instant{}, "p", twice}));
  ScanAdvanced overlap = stretch(0, 0, 10);
  overlap.batch.extents = {rows_of(scan::DeltaKind::late, 0, 3),
                           rows_of(scan::DeltaKind::late, 29, 3)};
  EXPECT_FALSE(apply(state, {Instant{}, "p", overlap}));
  EXPECT_TRUE(state.pipelines.at("p").partitions.empty());
  overlap.batch.extents[1].offset = 30;
  EXPECT_TRUE(apply(state, {Instant{}, "p", overlap}));
}

TEST(ScanFold, NoSupervisorIsPostedForAVersionBelowTheFirst) {
  State state = declared();
  for (const std::int64_t version : {-1, 0, 2})
    EXPECT_FALSE(apply(state, {Instant{}, "p", SupervisorPosted{version, "created"}})) << version;
  EXPECT_TRUE(apply(state, {Instant{}, "p", SupervisorPosted{1, "created"}}));
}

TEST(ScanFold, AddsUpWhatBecameOfRecords) {
  State state = declared();
  for (int i = 0; i < 3; ++i) {
    ScanAdvanced e = stretch(0, 100 + i * 10, 110 + i * 10);
    auto& p = e.batch.partitions[0];
    p.unparseable = 1;
    p.null_values = 2;
    p.without_timestamp = 3;
    p.lost = 4;
    ASSERT_TRUE(apply(state, {instant_of_ms(i + 5), "p", e}));
  }
  const PartitionState& p = state.pipelines.at("p").partitions.at(0);
  EXPECT_EQ(p, (PartitionState{100, 130, Instant{}, 30, 3, 6, 9, 12, std::nullopt}));
  EXPECT_EQ(state.pipelines.at("p").scanned_at, instant_of_ms(7));
}

TEST(ScanFold, TheArrivalFloorNeverFalls) {
  State state = declared();
  std::int64_t at = 0;
  struct Case {
    std::int64_t floor, then;
  };
  for (auto [floor, then] : {Case{50, 50}, {40, 50}, {0, 50}, {51, 51}, {51, 51}}) {
    ScanAdvanced e = stretch(0, at, at + 1);
    ++at;
    e.batch.partitions[0].arrival_floor = instant_of_ms(floor);
    ASSERT_TRUE(apply(state, {Instant{}, "p", e}));
    EXPECT_EQ(to_ms(state.pipelines.at("p").partitions.at(0).arrival_floor), then);
  }
}

TEST(ScanFold, AnIdleLookIsAStretchOfNothing) {
  State state = declared();
  ScanAdvanced idle = stretch(0, 7, 7);
  idle.batch.partitions[0].arrival_floor = instant_of_ms(99);
  ASSERT_TRUE(apply(state, {Instant{}, "p", idle}));
  ASSERT_TRUE(apply(state, {Instant{}, "p", idle})) << "again and again";
  const PartitionState& p = state.pipelines.at("p").partitions.at(0);
  EXPECT_EQ(p.next, 7);
  EXPECT_EQ(p.records, 0);
  EXPECT_EQ(to_ms(p.arrival_floor), 99);
}

TEST(ScanFold, OnlyLateRowsWaitForARepair) {
  using scan::DeltaKind;
  State state = declared();
  ScanAdvanced e = stretch(0, 0, 9);
  e.batch.chunks[hour(1)][0] = {0, 2, 3, 0, -1};
  e.batch.extents = {rows_of(DeltaKind::late, 0, 2), rows_of(DeltaKind::early, 20, 3),
                     rows_of(DeltaKind::unparseable, 50, 4)};
  ASSERT_TRUE(apply(state, {instant_of_ms(5), "p", e}));
  const PipelineState& p = state.pipelines.at("p");
  EXPECT_EQ(p.chunks.at(hour(1)).waiting_rows(), 2);
  EXPECT_EQ(p.set_aside.size(), 2u);
  EXPECT_EQ(p.delta.rows_open.at("delta-000001.log"), 2);
  EXPECT_EQ(p.delta.file_ends.at("delta-000001.log"), 90) << "all of them are in the file";
  EXPECT_EQ(p.delta.changed_at.at("delta-000001.log"), instant_of_ms(5));
  EXPECT_EQ(p.chunks.at(hour(1)).expected(), 0);
}

TEST(ScanFold, RefusesAndLeavesNoTrace) {
  State state = declared();
  ScanAdvanced first = stretch(0, 10, 20);
  first.batch.extents = {rows_of(scan::DeltaKind::late, 0, 2)};
  ASSERT_TRUE(apply(state, {Instant{}, "p", first}));
  const State before = state;

  ScanAdvanced overlap = stretch(0, 20, 30);
  overlap.batch.extents = {rows_of(scan::DeltaKind::late, 19, 1)};
  ScanAdvanced half = stretch(1, 0, 5);  // a good partition beside a bad one
  half.batch.partitions.push_back(stretch(0, 19, 30).batch.partitions[0]);
  half.batch.chunks[hour(2)][1].on_time = 5;
  struct Case {
    const char* name;
    ScanAdvanced event;
    const char* why;
  };
  const Case cases[] = {
      {"a gap", stretch(0, 21, 30), "scanned up to 20, this goes on at 21"},
      {"an overlap", stretch(0, 19, 30), "scanned up to 20, this goes on at 19"},
      {"the same again", first, "goes on at 10"},
      {"backwards", stretch(0, 20, 19), "goes backwards"},
      {"a new partition backwards", stretch(5, 9, 8), "goes backwards"},
      {"bytes that were written before", overlap, "overlaps what was written before"},
      {"one bad partition of two", half, "partition 0"},
  };
  for (const auto& c : cases) {
    auto refused = apply(state, {instant_of_ms(99), "p", c.event});
    ASSERT_FALSE(refused) << c.name;
    EXPECT_EQ(refused.error().kind, ErrorKind::corrupt) << c.name;
    EXPECT_THAT(refused.error().message, HasSubstr(c.why)) << c.name;
    EXPECT_EQ(state, before) << c.name;
  }
}

TEST(ScanFold, AnOnTimeRowOpensAChunkInWhateverStateItIs) {
  for (ChunkStatus status : {ChunkStatus::closed, ChunkStatus::sealed, ChunkStatus::uncertain}) {
    State state = declared();
    ScanAdvanced e = stretch(0, 0, 1);
    e.batch.chunks[hour(1)][0] = {1, 0, 0, 0, 0};
    ASSERT_TRUE(apply(state, {Instant{}, "p", e}));
    ASSERT_TRUE(apply(state, {Instant{}, "p", ChunkClosed{hour(1), "committed_offsets"}}));
    if (status == ChunkStatus::sealed)
      ASSERT_TRUE(apply(state, {Instant{}, "p", ChunkSealed{hour(1), 1, 1, "counted"}}));
    if (status == ChunkStatus::uncertain)
      ASSERT_TRUE(apply(state, {Instant{}, "p", ChunkUncertain{hour(1), 1, 0, "why"}}));
    ScanAdvanced more = stretch(0, 1, 2);
    more.batch.chunks[hour(1)][0] = {0, 0, 1, 1, -1};
    ASSERT_TRUE(apply(state, {Instant{}, "p", more}));
    const ChunkState& chunk = state.pipelines.at("p").chunks.at(hour(1));
    EXPECT_EQ(chunk.status, status) << "early and filtered rows change nothing";
    more = stretch(0, 2, 3);
    more.batch.chunks[hour(1)][0] = {1, 0, 0, 0, 2};
    ASSERT_TRUE(apply(state, {Instant{}, "p", more}));
    EXPECT_EQ(chunk.status, ChunkStatus::open) << to_string(status);
    EXPECT_EQ(chunk.reopened, 1);
    EXPECT_FALSE(chunk.doubt);
    EXPECT_FALSE(chunk.closed_at);
    EXPECT_EQ(chunk.expected(), 2);
  }
}

// Scans of two partitions, in their own order each.
std::vector<ScanAdvanced> any_scans(std::int32_t partition) {
  std::vector<ScanAdvanced> out(static_cast<std::size_t>(*rc::gen::inRange(0, 8)));
  std::int64_t next = *rc::gen::inRange<std::int64_t>(0, 100);
  for (auto& e : out) {
    const std::int64_t to = next + *rc::gen::inRange<std::int64_t>(0, 10);
    e = stretch(partition, next, to);
    e.batch.chunks[hour(*rc::gen::inRange(0, 3))][partition] = {
        *rc::gen::inRange<std::int64_t>(0, 5), *rc::gen::inRange<std::int64_t>(0, 5),
        *rc::gen::inRange<std::int64_t>(0, 5), *rc::gen::inRange<std::int64_t>(0, 5), to - 1};
    next = to;
  }
  return out;
}

RC_GTEST_PROP(ScanFoldLaw, partitions_may_take_turns_in_any_order, ()) {
  const auto a = any_scans(0), b = any_scans(1);
  State one_after_the_other = declared(), in_turns = declared();
  for (const auto* scans : {&a, &b})
    for (const auto& e : *scans)
      RC_ASSERT(apply(one_after_the_other, {Instant{}, "p", e}).has_value());
  for (std::size_t i = 0, j = 0; i < a.size() || j < b.size();) {
    const bool first = j == b.size() || (i < a.size() && *rc::gen::arbitrary<bool>());
    RC_ASSERT(apply(in_turns, {Instant{}, "p", first ? a[i++] : b[j++]}).has_value());
  }
  RC_ASSERT(in_turns == one_after_the_other);
}

RC_GTEST_PROP(ScanFoldLaw, every_row_is_counted_once, ()) {
  State state = declared();
  scan::RowCounts total;
  for (std::int32_t partition : {0, 1})
    for (const auto& e : any_scans(partition)) {
      RC_ASSERT(apply(state, {Instant{}, "p", e}).has_value());
      for (const auto& [start, counts] : e.batch.chunks) {
        total.on_time += counts.at(partition).on_time;
        total.late += counts.at(partition).late;
        total.early += counts.at(partition).early;
        total.filtered += counts.at(partition).filtered;
      }
    }
  scan::RowCounts held;
  for (const auto& [start, chunk] : state.pipelines.at("p").chunks) {
    held.on_time += chunk.on_time();
    held.late += chunk.late();
    held.early += chunk.early();
    held.filtered += chunk.filtered();
    RC_ASSERT(chunk.expected() == chunk.on_time());
  }
  RC_ASSERT(held == total);
}

RC_GTEST_PROP(ScanFoldLaw, pipelines_do_not_know_of_each_other, ()) {
  const auto a = any_scans(0), b = any_scans(0);
  State both = declared("a"), alone_a = declared("a"), alone_b = declared("b");
  RC_ASSERT(
      apply(both, {Instant{}, "b", PipelineDeclared{1, "d", "f", "", "c0ffee00"}}).has_value());
  for (std::size_t i = 0; i < std::max(a.size(), b.size()); ++i) {
    if (i < a.size()) {
      RC_ASSERT(apply(both, {Instant{}, "a", a[i]}).has_value());
      RC_ASSERT(apply(alone_a, {Instant{}, "a", a[i]}).has_value());
    }
    if (i < b.size()) {
      RC_ASSERT(apply(both, {Instant{}, "b", b[i]}).has_value());
      RC_ASSERT(apply(alone_b, {Instant{}, "b", b[i]}).has_value());
    }
  }
  RC_ASSERT(both.pipelines.at("a") == alone_a.pipelines.at("a"));
  RC_ASSERT(both.pipelines.at("b") == alone_b.pipelines.at("b"));
}

RC_GTEST_PROP(ScanFoldLaw, checking_an_event_says_what_applying_it_will, ()) {
  State state = declared();
  const auto scans = any_scans(0);
  for (const auto& e : scans) {
    const auto other = stretch(0, *rc::gen::inRange<std::int64_t>(0, 120),
                               *rc::gen::inRange<std::int64_t>(0, 120));
    for (const auto& offered : {other, e}) {
      const State before = state;
      const bool will = check(state, {Instant{}, "p", offered}).has_value();
      RC_ASSERT(state == before);
      State trial = state;
      RC_ASSERT(apply(trial, {Instant{}, "p", offered}).has_value() == will);
    }
    RC_ASSERT(apply(state, {Instant{}, "p", e}).has_value());
  }
}

}  // namespace
}  // namespace henge::ledger
