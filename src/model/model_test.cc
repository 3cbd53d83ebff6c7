// Instants, periods, granularities and the lateness rule: tables of cases and laws.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/diagnostic.h"
#include "model/granularity.h"
#include "model/lateness.h"
#include "model/time.h"

namespace henge {
namespace {

TEST(Time, PrintsDruidsForm) {
  EXPECT_EQ(to_iso(instant_of_ms(0)), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(to_iso(instant_of_ms(1767323045678)), "2026-01-02T03:04:05.678Z");
  EXPECT_EQ(to_iso(instant_of_ms(-1)), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(to_short_iso(instant_of_ms(1767323040000)), "2026-01-02T03:04Z");
  EXPECT_EQ(to_short_iso(instant_of_ms(1767323045000)), "2026-01-02T03:04:05Z");
}

TEST(Time, ReadsWhatItPrints) {
  for (std::int64_t ms : {0LL, -1LL, 1767323045678LL, 253402300799999LL, -62135596800000LL}) {
    EXPECT_EQ(parse_instant(to_iso(instant_of_ms(ms))), instant_of_ms(ms)) << ms;
    EXPECT_EQ(parse_instant(to_short_iso(instant_of_ms(ms))), instant_of_ms(ms)) << ms;
  }
  EXPECT_EQ(parse_instant("2026-01-02"), parse_instant("2026-01-02T00:00Z"));
}

TEST(Time, RefusesWhatIsNoInstant) {
  for (const char* text :
       {"", "x", "2026", "2026-02-30", "2026-01-02T25:00Z", "2026-01-02T03:04:05",
        "2026-01-02T03:04Zx", "2026-13-01", "2026-01-02T03:60Z", "2026-1-2"})
    EXPECT_FALSE(parse_instant(text)) << text;
}

TEST(Time, ReadsIntervals) {
  auto i = parse_interval("2026-01-02/2026-01-03");
  ASSERT_TRUE(i);
  EXPECT_EQ(to_iso(*i), "2026-01-02T00:00:00.000Z/2026-01-03T00:00:00.000Z");
  EXPECT_TRUE(i->contains(i->start));
  EXPECT_FALSE(i->contains(i->end));
  EXPECT_FALSE(parse_interval("2026-01-03/2026-01-02"));
  EXPECT_FALSE(parse_interval("2026-01-03"));
}

struct PeriodCase {
  const char* text;
  std::int64_t ms;
};

TEST(Time, ReadsPeriods) {
  for (auto [text, ms] : {PeriodCase{"PT1S", 1000},
                          {"PT0.5S", 500},
                          {"PT10M", 600'000},
                          {"PT1H30M", 5'400'000},
                          {"P7D", 604'800'000},
                          {"P1W", 604'800'000},
                          {"P1DT1S", 86'401'000},
                          {"PT0S", 0},
                          {"PT90M", 5'400'000}}) {
    auto d = parse_period(text);
    ASSERT_TRUE(d) << text;
    EXPECT_EQ(d->count(), ms) << text;
    EXPECT_EQ(parse_period(to_iso_period(*d)), *d) << text;
  }
  for (const char* text : {"", "P", "PT", "10m", "P1M", "P1Y", "PT1D", "PT1M1H", "PT-1S", "P1DT",
                           "PT1", "PT1.5M", "PT.5S", "PT1S1S", "P99999999999999W", "pt1h"})
    EXPECT_FALSE(parse_period(text)) << text;
}

TEST(Time, HumanizesInTwoUnits) {
  EXPECT_EQ(humanize(Millis(120)), "120ms");
  EXPECT_EQ(humanize(Millis(1500)), "1.5s");
  EXPECT_EQ(humanize(std::chrono::seconds(45)), "45s");
  EXPECT_EQ(humanize(std::chrono::minutes(90)), "1h 30m");
  EXPECT_EQ(humanize(std::chrono::hours(74)), "3d 2h");
  EXPECT_EQ(humanize(-std::chrono::minutes(2)), "-2m");
}

TEST(Granularity, BucketsHoldTheInstantAndTile) {
  for (int g = static_cast<int>(Granularity::none); g <= static_cast<int>(Granularity::year); ++g) {
    auto granularity = static_cast<Granularity>(g);
    for (std::int64_t ms = -500'000'000'000; ms < 3'000'000'000'000; ms += 123'456'789'011) {
      Interval b = bucket(granularity, instant_of_ms(ms));
      EXPECT_TRUE(b.contains(instant_of_ms(ms))) << to_string(granularity) << ms;
      EXPECT_EQ(bucket(granularity, b.start), b);
      EXPECT_EQ(bucket(granularity, b.end).start, b.end) << "the next one starts where this ends";
    }
  }
}

TEST(Granularity, KnowsTheCalendar) {
  Instant t = *parse_instant("2024-02-29T23:59:59Z");
  EXPECT_EQ(to_iso(bucket(Granularity::month, t)),
            "2024-02-01T00:00:00.000Z/2024-03-01T00:00:00.000Z");
  EXPECT_EQ(to_iso(bucket(Granularity::quarter, t)),
            "2024-01-01T00:00:00.000Z/2024-04-01T00:00:00.000Z");
  EXPECT_EQ(to_iso(bucket(Granularity::week, t)),
            "2024-02-26T00:00:00.000Z/2024-03-04T00:00:00.000Z");
  EXPECT_EQ(to_iso(bucket(Granularity::six_hour, t)),
            "2024-02-29T18:00:00.000Z/2024-03-01T00:00:00.000Z");
  EXPECT_EQ(to_iso(bucket(Granularity::year, instant_of_ms(-1))),
            "1969-01-01T00:00:00.000Z/1970-01-01T00:00:00.000Z");
}

TEST(Granularity, ReadsNamesAndPeriods) {
  EXPECT_EQ(parse_granularity("hour"), Granularity::hour);
  EXPECT_EQ(parse_granularity("PT1H"), Granularity::hour);
  EXPECT_EQ(parse_granularity("P1D"), Granularity::day);
  EXPECT_EQ(parse_granularity("FIVE_MINUTE"), Granularity::five_minute);
  EXPECT_THAT(parse_granularity("HOURLY").error().message, testing::HasSubstr("HOUR"));
  for (int g = 0; g <= static_cast<int>(Granularity::all); ++g)
    EXPECT_EQ(parse_granularity(to_string(static_cast<Granularity>(g))),
              static_cast<Granularity>(g));
}

TEST(Granularity, Nests) {
  EXPECT_TRUE(nests(Granularity::hour, Granularity::day));
  EXPECT_TRUE(nests(Granularity::day, Granularity::month));
  EXPECT_TRUE(nests(Granularity::five_minute, Granularity::week));
  EXPECT_FALSE(nests(Granularity::day, Granularity::hour));
  EXPECT_FALSE(nests(Granularity::week, Granularity::month));
  EXPECT_FALSE(nests(Granularity::six_hour, Granularity::eight_hour));
  EXPECT_TRUE(nests(Granularity::month, Granularity::year));
}

TEST(Lateness, EveryRowHasExactlyOneDoor) {
  LatenessRule rule{Millis(1000), Millis(500)};
  Instant arrival = instant_of_ms(10'000);
  EXPECT_EQ(door_of(rule, instant_of_ms(8'999), arrival), Door::late);
  EXPECT_EQ(door_of(rule, instant_of_ms(9'000), arrival), Door::on_time)
      << "the bound itself is on time";
  EXPECT_EQ(door_of(rule, instant_of_ms(10'500), arrival), Door::on_time);
  EXPECT_EQ(door_of(rule, instant_of_ms(10'501), arrival), Door::early);
  rule.earliness.reset();
  EXPECT_EQ(door_of(rule, instant_of_ms(99'999'999), arrival), Door::on_time)
      << "no earliness, no early door";
}

TEST(Diagnostic, NamesThePlaceAndTheHint) {
  Diagnostic d{Severity::error,         {"p.yaml", 3, 7}, "spec.lateness",
               "'10m' is not a period", "write PT10M",    "period"};
  EXPECT_EQ(to_text(d),
            "p.yaml:3:7: error: '10m' is not a period [spec.lateness]\n    write PT10M");
  EXPECT_TRUE(has_errors({d}));
  d.severity = Severity::warning;
  EXPECT_FALSE(has_errors({d}));
}

}  // namespace
}  // namespace henge
