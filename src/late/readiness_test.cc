// What may be told to somebody who waits for an interval, and what not yet.
#include "late/readiness.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace henge::late {
namespace {

using ledger::ChunkState;
using ledger::ChunkStatus;
using std::chrono::hours;
using testing::HasSubstr;

const Instant hour_0 = instant_of_ms(1'764'000'000'000);  // 2025-11-24T16:00Z
const Interval three_hours{hour_0, hour_0 + hours(3)};
constexpr std::array all{Until::closed, Until::sealed, Until::loaded, Until::repaired};

Pipeline hourly() {
  Pipeline pipeline;
  pipeline.schema.segment_granularity = Granularity::hour;
  pipeline.rule.lateness = hours(1);
  pipeline.stream.arrival_disorder = Millis(0);
  return pipeline;
}

// Scanned so far that the watermark stands at `watermark`.
ledger::PipelineState scanned(Instant watermark) {
  ledger::PipelineState state;
  state.partitions[0].arrival_floor = watermark + hours(1);
  return state;
}

ChunkState chunk(ChunkStatus status, std::int64_t rows = 10) {
  ChunkState out;
  out.counts[0].on_time = rows;
  out.status = status;
  if (status == ChunkStatus::sealed) out.seal = ledger::Seal{rows, 1, "counted", hour_0};
  return out;
}

scan::Extent rows_of(std::int64_t rows) {
  scan::Extent extent;
  extent.rows = rows;
  return extent;
}

TEST(Readiness, AChunkIsAsFarAsItsStateSays) {
  struct Case {
    const char* what;
    ChunkState chunk;
    std::array<bool, 4> ready;  // closed, sealed, loaded, repaired
  };
  ChunkState dirty = chunk(ChunkStatus::sealed);
  dirty.waiting.push_back(rows_of(3));
  ChunkState repairing = chunk(ChunkStatus::sealed);
  repairing.repair = "repair-1";
  const std::vector<Case> cases{
      {"open", chunk(ChunkStatus::open), {false, false, false, false}},
      {"closed", chunk(ChunkStatus::closed), {true, false, false, false}},
      {"uncertain", chunk(ChunkStatus::uncertain), {true, false, false, false}},
      {"sealed", chunk(ChunkStatus::sealed), {true, true, true, true}},
      {"dirty", dirty, {true, true, true, false}},
      {"repairing", repairing, {true, true, true, false}},
      {"sealed and empty", chunk(ChunkStatus::sealed, 0), {true, true, false, true}},
  };
  for (const Case& c : cases) {
    ledger::PipelineState state = scanned(hour_0 + hours(5));
    state.chunks[hour_0 + hours(1)] = c.chunk;
    for (std::size_t i = 0; i < all.size(); ++i)
      EXPECT_EQ(readiness(hourly(), state, three_hours, all[i]).ready(), c.ready[i])
          << c.what << " until " << to_string(all[i]);
  }
}

TEST(Readiness, WhatNobodySawIsAsFarAsTimeIs) {
  const Readiness found =
      readiness(hourly(), scanned(hour_0 + hours(2)), three_hours, Until::sealed);
  EXPECT_EQ(found.chunks, 3);
  EXPECT_EQ(found.ready_chunks, 2);
  ASSERT_EQ(found.behind.size(), 1U);
  EXPECT_EQ(found.behind[0].chunk, hour_0 + hours(2)) << "the watermark is not past its end";
  EXPECT_EQ(found.behind[0].state, "");
  EXPECT_TRUE(
      readiness(hourly(), scanned(hour_0 + hours(3)), three_hours, Until::repaired).ready());
}

TEST(Readiness, NothingIsKnownBeforeThereIsAWatermark) {
  for (const Until until : all) {
    const Readiness found = readiness(hourly(), ledger::PipelineState{}, three_hours, until);
    EXPECT_EQ(found.behind.size(), 3U) << to_string(until);
  }
}

TEST(Readiness, LoadedNeedsRowsSomewhereInTheIntervalOnly) {
  ledger::PipelineState state = scanned(hour_0 + hours(5));
  const Readiness empty = readiness(hourly(), state, three_hours, Until::loaded);
  EXPECT_FALSE(empty.ready());
  EXPECT_THAT(empty.why, HasSubstr("no row"));
  state.chunks[hour_0] = chunk(ChunkStatus::sealed);
  const Readiness found = readiness(hourly(), state, three_hours, Until::loaded);
  EXPECT_TRUE(found.ready()) << "an hour without events is no reason to wait for ever";
  EXPECT_EQ(found.rows, 10);
}

TEST(Readiness, SaysWhyAndLooksAtNothingOutside) {
  ledger::PipelineState state = scanned(hour_0 + hours(1));
  state.chunks[hour_0 - hours(1)] = chunk(ChunkStatus::uncertain);
  state.chunks[hour_0] = chunk(ChunkStatus::open, 7);
  state.chunks[hour_0 + hours(3)] = chunk(ChunkStatus::open);
  const Readiness found = readiness(hourly(), state, {hour_0, hour_0 + hours(1)}, Until::closed);
  ASSERT_EQ(found.behind.size(), 1U);
  EXPECT_THAT(found.behind[0].why, HasSubstr("7 on-time rows")) << "Druid is what is waited for";
  state.chunks[hour_0].status = ChunkStatus::uncertain;
  state.chunks[hour_0].doubt = ledger::Doubt{7, 6, "expected 7 rows, found 6", hour_0};
  EXPECT_EQ(readiness(hourly(), state, {hour_0, hour_0 + hours(1)}, Until::sealed).behind[0].why,
            "expected 7 rows, found 6");
}

TEST(Borders, TheNearestThatHoldsTheIntervalIsNamed) {
  struct Case {
    Granularity chunk;
    const char* interval;
    const char* says;  // empty: it is right
  };
  const std::vector<Case> cases{
      {Granularity::hour, "2026-03-01T08:00Z/2026-03-01T09:00Z", ""},
      {Granularity::hour, "2026-03-01/2026-03-02", ""},
      {Granularity::hour, "2026-03-01T08:10Z/2026-03-01T09:00Z",
       "2026-03-01T08:00Z/2026-03-01T09:00Z"},
      {Granularity::hour, "2026-03-01T08:00Z/2026-03-01T09:30Z",
       "2026-03-01T08:00Z/2026-03-01T10:00Z"},
      {Granularity::day, "2026-03-01T08:00Z/2026-03-02", "2026-03-01T00:00Z/2026-03-02T00:00Z"},
      {Granularity::month, "2026-03-01/2026-03-31", "2026-03-01T00:00Z/2026-04-01T00:00Z"},
      {Granularity::minute, "2016-01-01/2026-01-01", "at most 1000000"},
  };
  for (const Case& c : cases) {
    const Result<Interval> interval = parse_interval(c.interval);
    ASSERT_TRUE(interval) << c.interval;
    const Result<void> checked = check_on_borders(c.chunk, *interval);
    EXPECT_EQ(checked.has_value(), std::string_view(c.says).empty()) << c.interval;
    if (!checked) {
      EXPECT_EQ(checked.error().kind, ErrorKind::invalid);
      EXPECT_THAT(checked.error().message, HasSubstr(c.says));
    }
  }
  EXPECT_THAT(check_on_borders(Granularity::hour, {hour_0, hour_0}).error().message,
              HasSubstr("empty"));
}

TEST(Until, IsReadAsItIsWritten) {
  for (const Until until : all) EXPECT_EQ(parse_until(to_string(until)), until);
  EXPECT_EQ(parse_until("done").error().kind, ErrorKind::invalid);
}

}  // namespace
}  // namespace henge::late
