// Where a reset goes, what it means, and that it is counted to the row.
#include "offsets/reset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace henge::offsets {
namespace {

using scan::Keep;
using testing::HasSubstr;

const Instant minute_1 = instant_of_ms(1'764'000'000'000);
const Instant minute_2 = minute_1 + std::chrono::minutes(1);

TEST(ResetTo, IsReadAsItIsWritten) {
  for (const char* text : {"earliest", "latest", "committed", "time=2026-03-01T08:00Z",
                           "offsets=0:100,1:250", "offsets=7:0"}) {
    const Result<ResetTo> to = parse_reset_to(text);
    ASSERT_TRUE(to) << text << ": " << to.error().message;
    EXPECT_EQ(to_string(*to), text);
  }
}

TEST(ResetTo, TurnsDownWhatIsNone) {
  for (const char* text : {"", "newest", "time=", "time=yesterday", "offsets=", "offsets=0",
                           "offsets=0:", "offsets=0:1,", "offsets=-1:1", "offsets=0:-1",
                           "offsets=0:1,0:2", "offsets=0:1;1:2", "offsets=x:1"}) {
    const Result<ResetTo> to = parse_reset_to(text);
    EXPECT_FALSE(to) << text;
    if (!to) EXPECT_EQ(to.error().kind, ErrorKind::invalid) << text;
  }
}

PartitionRow row(std::int32_t partition, std::int64_t start, std::int64_t committed,
                 std::int64_t end) {
  PartitionRow out;
  out.partition = partition;
  out.start = start;
  out.committed = committed;
  out.end = end;
  return out;
}

Report report_of(std::vector<PartitionRow> rows) {
  Report report;
  report.rows = std::move(rows);
  for (const PartitionRow& r : report.rows) report.worst = std::max(report.worst, r.verdict);
  return report;
}

TEST(PlanReset, SaysWhatIsSkippedReadAgainAndGone) {
  struct Case {
    const char* what;
    ResetTo to;
    PartitionRow row;
    ResetRow expected;
  };
  const std::vector<Case> cases{
      {"back to the start", ToEarliest{}, row(0, 100, 900, 1000), {0, 900, 100, 0, 800, 0}},
      {"ahead to the end", ToLatest{}, row(0, 100, 900, 1000), {0, 900, 1000, 100, 0, 0}},
      {"where it is", ToCommitted{}, row(0, 100, 900, 1000), {0, 900, 900, 0, 0, 0}},
      {"to a time", ToTime{}, row(0, 100, 900, 1000), {0, 900, 400, 0, 500, 0}},
      {"to an offset", ToOffsets{{{0, 950}}}, row(0, 100, 900, 1000), {0, 900, 950, 50, 0, 0}},
      {"retention was faster", ToEarliest{}, row(0, 930, 900, 1000), {0, 900, 930, 0, 0, 30}},
      {"retention was faster, and on",
       ToLatest{},
       row(0, 930, 900, 1000),
       {0, 900, 1000, 70, 0, 30}},
  };
  for (const Case& c : cases) {
    const auto plan = plan_reset(c.to, report_of({c.row}), {{0, 400}});
    ASSERT_TRUE(plan) << c.what << ": " << plan.error().message;
    EXPECT_EQ(plan->rows, (std::vector{c.expected})) << c.what;
    EXPECT_EQ(plan->targets(), (PartitionOffsets{{0, c.expected.target}})) << c.what;
    EXPECT_EQ(plan->before(), (PartitionOffsets{{0, 900}})) << c.what;
  }
}

TEST(PlanReset, WhatTasksHaveReadIsPublishedBeforeItIsDone) {
  PartitionRow reading = row(0, 0, 900, 1000);
  reading.reading = 950;
  const auto plan = plan_reset(ToEarliest{}, report_of({reading}), {});
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->rows[0].again, 950);
  EXPECT_EQ(plan->before(), (PartitionOffsets{{0, 900}}));
}

TEST(PlanReset, TurnsDownWhatTheLogDoesNotHave) {
  struct Case {
    const char* what;
    ResetTo to;
    PartitionRow row;
    ErrorKind kind;
    const char* says;
  };
  PartitionRow unknown = row(0, 0, 0, 10);
  unknown.committed.reset();
  unknown.verdict = Verdict::unknown;
  PartitionRow anew = row(0, 0, 900, 10);
  anew.verdict = Verdict::ahead;
  const std::vector<Case> cases{
      {"before the start", ToOffsets{{{0, 99}}}, row(0, 100, 900, 1000), ErrorKind::invalid,
       "100 to 1000"},
      {"behind the end", ToOffsets{{{0, 1001}}}, row(0, 100, 900, 1000), ErrorKind::invalid,
       "100 to 1000"},
      {"no such partition", ToOffsets{{{5, 1}}}, row(0, 100, 900, 1000), ErrorKind::invalid,
       "no partition 5"},
      {"committed, and gone", ToCommitted{}, row(0, 930, 900, 1000), ErrorKind::invalid,
       "930 to 1000"},
      {"committed not known", ToEarliest{}, unknown, ErrorKind::refused, "without it"},
      {"another topic", ToLatest{}, anew, ErrorKind::refused, "--to earliest"},
  };
  for (const Case& c : cases) {
    const auto plan = plan_reset(c.to, report_of({c.row}), {});
    ASSERT_FALSE(plan) << c.what;
    EXPECT_EQ(plan.error().kind, c.kind) << c.what;
    EXPECT_THAT(plan.error().message, HasSubstr(c.says)) << c.what;
  }
}

TEST(PlanReset, ATopicMadeAnewBeginsAtItsStartEverywhere) {
  PartitionRow anew = row(0, 0, 900, 10);
  anew.verdict = Verdict::ahead;
  PartitionRow removed = row(1, 0, 5, 0);
  removed.end.reset();
  removed.verdict = Verdict::removed_partition;
  const auto plan = plan_reset(ToEarliest{}, report_of({anew, removed}), {});
  ASSERT_TRUE(plan);
  EXPECT_TRUE(plan->anew);
  EXPECT_EQ(plan->targets(), (PartitionOffsets{{0, 0}})) << "the removed one is left out";
  EXPECT_EQ(plan->rows[0].again, 0) << "nothing of it was read before";
}

ledger::PipelineState scanned(std::int64_t next) {
  ledger::PipelineState state;
  state.partitions[0].next = next;
  return state;
}

TEST(ScannedEnough, WaitsForTheFurtherOfBoth) {
  EXPECT_FALSE(scanned_enough(scanned(99), {{0, 50}}, {{0, 100}}));
  EXPECT_TRUE(scanned_enough(scanned(100), {{0, 50}}, {{0, 100}}));
  EXPECT_FALSE(scanned_enough(scanned(100), {{0, 150}}, {{0, 0}}));
  EXPECT_TRUE(scanned_enough(scanned(0), {}, {{0, 100}})) << "a partition Druid never read";
}

TEST(Stretches, AreWhatLiesBetween) {
  const auto asked = reset_stretches({{0, 50}, {1, 50}, {2, 50}, {3, 50}, {5, 50}},
                                     {{0, 80}, {1, 20}, {2, 50}, {3, 90}, {4, 7}, {5, 60}},
                                     {{0, 0}, {1, 0}, {2, 0}, {3, 70}, {4, 0}, {5, 60}});
  EXPECT_EQ(asked.stretches, (scan::Stretches{{0, {50, 80, Keep::on_time}},
                                              {1, {20, 50, Keep::none}},
                                              {3, {70, 90, Keep::on_time}},
                                              {5, {60, 60, Keep::on_time}}}));
  EXPECT_EQ(asked.lost, 30);
}

scan::Extent late_rows(Instant chunk, std::int64_t rows) {
  scan::Extent x;
  x.file = "delta-00000001.bin";
  x.chunk = chunk;
  x.rows = rows;
  return x;
}

TEST(Measure, RowsThatAreReadAgainAreCountedChunkByChunk) {
  scan::StretchesFound found;
  found.chunks[minute_1][0].on_time = 100;
  found.chunks[minute_2][0].on_time = 7;
  found.chunks[minute_2][0].late = 2;
  const auto effect = measure({{{0, {0, 900, Keep::none}}}, 0}, std::move(found));
  ASSERT_EQ(effect.chunks.size(), 2U);
  EXPECT_EQ(effect.chunks[0].again, (std::map<std::int32_t, std::int64_t>{{0, 100}}));
  EXPECT_EQ(effect.chunks[1].again, (std::map<std::int32_t, std::int64_t>{{0, 7}}))
      << "streaming drops its late rows a second time";
  for (const auto& chunk : effect.chunks) {
    EXPECT_TRUE(chunk.skipped.empty());
    EXPECT_FALSE(chunk.rebuilt) << "nothing is taken away";
  }
}

TEST(Measure, SkippedRowsAreKeptApartFromThoseReadAgain) {
  scan::StretchesFound found;
  found.chunks[minute_1][0].late = 3;
  found.chunks[minute_2][0].on_time = 10;
  found.chunks[minute_2][1].on_time = 20;
  found.extents = {late_rows(minute_2, 10)};
  const auto effect =
      measure({{{0, {5, 9, Keep::on_time}}, {1, {2, 4, Keep::none}}}, 17}, std::move(found));
  ASSERT_EQ(effect.chunks.size(), 1U) << "late rows have their own door";
  EXPECT_EQ(effect.chunks[0].skipped, (std::map<std::int32_t, std::int64_t>{{0, 10}}));
  EXPECT_EQ(effect.chunks[0].again, (std::map<std::int32_t, std::int64_t>{{1, 20}}));
  EXPECT_EQ(effect.extents.size(), 1U);
  EXPECT_EQ(effect.lost, 17);
}

}  // namespace
}  // namespace henge::offsets
