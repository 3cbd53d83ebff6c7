// Delays: what each lateness would make late must be what the rule itself would call late.
#include "offsets/delays.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "model/lateness.h"

namespace henge::offsets {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

const Instant noon = instant_of_ms(1'767'268'800'000);

TEST(Delays, NothingIsNothing) {
  const Delays none(Granularity::hour);
  EXPECT_EQ(none.quantile(0.99), Millis(0));
  EXPECT_TRUE(none.histogram().empty());
  EXPECT_EQ(none.least_with(0), Millis(0));
  for (const Cutoff& c : none.cutoffs()) EXPECT_EQ(c.late, 0);
}

// The law of the table: for each lateness, as many rows as the rule itself sends through the other
// door.
TEST(Delays, CountsWhatTheRuleCallsLate) {
  std::mt19937_64 random(7);
  Delays delays(Granularity::hour);
  std::vector<std::pair<Instant, Instant>> rows;
  for (int i = 0; i < 3000; ++i) {
    // Every usual lateness is met exactly now and then.
    const auto& usual = Delays::usual();
    const Millis base = usual[random() % usual.size()];
    const Millis off(static_cast<std::int64_t>(random() % 3) - 1);
    const Instant arrival = noon + Millis(static_cast<std::int64_t>(random() % 7'200'000));
    rows.emplace_back(arrival - base - off, arrival);
    delays.add(rows.back().first, rows.back().second);
  }
  for (const Cutoff& cutoff : delays.cutoffs()) {
    LatenessRule rule;
    rule.lateness = cutoff.lateness;
    std::int64_t late = 0;
    std::set<Instant> chunks;
    for (const auto& [event, arrival] : rows) {
      if (door_of(rule, event, arrival) != Door::late) continue;
      ++late;
      chunks.insert(bucket(Granularity::hour, event).start);
    }
    EXPECT_EQ(cutoff.late, late) << humanize(cutoff.lateness);
    EXPECT_EQ(cutoff.late_chunks, std::ssize(chunks)) << humanize(cutoff.lateness);
    EXPECT_DOUBLE_EQ(cutoff.share, static_cast<double>(late) / 3000);
  }
}

TEST(Delays, QuantilesAreWithinTwoPerCent) {
  Delays delays(Granularity::hour);
  for (int i = 1; i <= 1000; ++i) delays.add(noon - Millis(i * 100), noon);
  for (const double share : {0.01, 0.5, 0.9, 0.99, 1.0}) {
    const double exact = share * 100'000;
    EXPECT_NEAR(static_cast<double>(delays.quantile(share).count()), exact, exact * 0.02) << share;
  }
  EXPECT_EQ(delays.largest(), seconds(100));
}

TEST(Delays, OpenChunksGrowWithTheLateness) {
  struct Case {
    Granularity chunk;
    Millis lateness;
    std::int64_t open;
  };
  for (const Case& c :
       {Case{Granularity::hour, seconds(0), 1}, Case{Granularity::hour, minutes(5), 2},
        Case{Granularity::hour, hours(1), 2}, Case{Granularity::hour, hours(4), 5},
        Case{Granularity::minute, hours(1), 61}, Case{Granularity::day, hours(48), 3}}) {
    for (const Cutoff& cutoff : Delays(c.chunk).cutoffs())
      if (cutoff.lateness == c.lateness) EXPECT_EQ(cutoff.open_chunks, c.open);
  }
}

TEST(Delays, TheHistogramHoldsEveryRowOnce) {
  Delays delays(Granularity::hour);
  for (const Millis delay : {Millis(-5), Millis(0), Millis(1), Millis(7'000), Millis(3'700'000)})
    delays.add(noon - delay, noon);
  const auto bars = delays.histogram();
  std::int64_t rows = 0;
  for (const Bar& bar : bars) rows += bar.rows;
  EXPECT_EQ(rows, 5);
  EXPECT_EQ(bars.front().rows, 2) << "on the moment, and from the future";
  EXPECT_EQ(bars.back().from, hours(1));
  for (std::size_t i = 1; i < bars.size(); ++i) EXPECT_EQ(bars[i].from, bars[i - 1].to);
}

TEST(Delays, TheLeastLatenessForAShare) {
  Delays delays(Granularity::hour);
  for (int i = 0; i < 990; ++i) delays.add(noon - seconds(1), noon);
  for (int i = 0; i < 9; ++i) delays.add(noon - minutes(4), noon);
  delays.add(noon - hours(100), noon);
  EXPECT_EQ(delays.least_with(0.01), seconds(5));
  EXPECT_EQ(delays.least_with(0.001), minutes(5));
  EXPECT_EQ(delays.least_with(0), hours(168));
}

}  // namespace
}  // namespace henge::offsets
