// Watermark and counting: what may be concluded from positions and from readings, and what may not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "late/count.h"
#include "late/watermark.h"

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

const Instant hour_1 = instant_of_ms(3'600'000);
const Instant hour_2 = instant_of_ms(7'200'000);

Segment segment(const std::string& id, Instant hour, const std::string& version,
                bool tombstone = false) {
  return {id, bucket(Granularity::hour, hour), version, 0, 0, tombstone};
}

Reading read_one(const std::vector<Segment>& used, const std::vector<SegmentRows>& answers) {
  return read_chunks({hour_1}, Granularity::hour, used, answers, instant_of_ms(1)).at(hour_1);
}

TEST(Count, SumsWhatIsPublishedAndAnswers) {
  Reading r = read_one({segment("a", hour_1, "1"), segment("b", hour_1, "1")},
                       {{"a", hour_1, 5}, {"b", hour_1, 7}, {"c", hour_1, 3}, {"d", hour_2, 100}});
  EXPECT_EQ(r.rows, 12);
  EXPECT_EQ(r.unpublished, 3) << "c is only in a task's memory";
  EXPECT_EQ(r.segments, 2);
  EXPECT_EQ(r.unavailable, 0);
}

TEST(Count, MissesWhatDoesNotAnswer) {
  Reading r = read_one({segment("a", hour_1, "1"), segment("b", hour_1, "1")}, {{"a", hour_1, 5}});
  EXPECT_EQ(r.unavailable, 1);
  EXPECT_EQ(read_one({segment("t", hour_1, "1", true)}, {}).unavailable, 0)
      << "a tombstone holds no rows";
}

TEST(Count, LooksOnlyAtTheNewestVersion) {
  Reading r = read_one({segment("old", hour_1, "2026-01-01"), segment("new", hour_1, "2026-02-01")},
                       {{"new", hour_1, 5}});
  EXPECT_EQ(r.segments, 1);
  EXPECT_EQ(r.unavailable, 0) << "the overshadowed one need not answer";
  Segment day{"day", bucket(Granularity::day, hour_1), "2026-03-01", 0, 0, false};
  r = read_one({segment("old", hour_1, "2026-01-01"), day}, {{"day", hour_1, 5}});
  EXPECT_EQ(r.rows, 5) << "a coarser segment covers the hour";
  EXPECT_EQ(r.segments, 1);
}

TEST(Count, AnEmptyChunkReadsAsZero) {
  EXPECT_EQ(read_one({}, {}), (Reading{instant_of_ms(1), 0, 0, 0, 0, ""}));
}

std::map<Instant, Reading> look(std::int64_t at_ms, std::int64_t rows,
                                const std::string& identity = "a\n") {
  return {{hour_1, Reading{instant_of_ms(at_ms), rows, 0, 1, 0, identity}}};
}

TEST(Count, TwoEqualReadingsAgree) {
  Readings r = settle({}, look(1000, 5));
  EXPECT_FALSE(r.at(hour_1).agreed(seconds(1)));
  r = settle(r, look(1500, 5));
  EXPECT_FALSE(r.at(hour_1).agreed(seconds(1))) << "too close together";
  r = settle(r, look(2000, 5));
  EXPECT_TRUE(r.at(hour_1).agreed(seconds(1)));
  EXPECT_EQ(r.at(hour_1).lasted(), seconds(1));
}

TEST(Count, ReadingsFromBeforeAnEventDoNotSpeakOfIt) {
  Readings r = settle(settle({}, look(1000, 5)), look(3000, 5));
  EXPECT_TRUE(r.at(hour_1).agreed_after(instant_of_ms(1000), seconds(1)));
  EXPECT_FALSE(r.at(hour_1).agreed_after(instant_of_ms(1001), seconds(1)))
      << "the first of the two is too old";
  r = settle(r, look(5000, 5));
  EXPECT_TRUE(r.at(hour_1).agreed_after(instant_of_ms(3000), seconds(1)))
      << "unchanged all along, and looked at twice since";
  EXPECT_FALSE(r.at(hour_1).agreed_after(instant_of_ms(3000), seconds(3)));
}

TEST(Count, AnythingThatMovesStartsAfresh) {
  Readings r = settle(settle({}, look(1000, 5)), look(3000, 5));
  EXPECT_FALSE(settle(r, look(4000, 6)).at(hour_1).agreed(seconds(0))) << "rows";
  EXPECT_FALSE(settle(r, look(4000, 5, "b\n")).at(hour_1).agreed(seconds(0)))
      << "the same rows in other segments";
  EXPECT_TRUE(settle(r, {}).empty()) << "what was not looked at is forgotten";
}

}  // namespace
}  // namespace henge::late
