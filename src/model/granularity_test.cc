// Buckets: each instant is in exactly one, and they tile time without a gap, as Druid cuts it.
#include "model/granularity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>

#include "model/calendar.h"

namespace henge {
namespace {

using testing::HasSubstr;

constexpr Granularity every[] = {
    Granularity::none,          Granularity::second,     Granularity::minute,
    Granularity::five_minute,   Granularity::ten_minute, Granularity::fifteen_minute,
    Granularity::thirty_minute, Granularity::hour,       Granularity::six_hour,
    Granularity::eight_hour,    Granularity::day,        Granularity::week,
    Granularity::month,         Granularity::quarter,    Granularity::year,
    Granularity::all,
};

std::string text_of(Granularity g, const char* instant) {
  const Interval b = bucket(g, *parse_instant(instant));
  return to_short_iso(b.start) + "/" + to_short_iso(b.end);
}

struct BucketCase {
  Granularity granularity;
  const char* instant;
  const char* bucket;
};

TEST(Bucket, IsCutAsDruidCutsIt) {
  using enum Granularity;
  const BucketCase cases[] = {
      {second, "2026-01-02T03:04:05.678Z", "2026-01-02T03:04:05Z/2026-01-02T03:04:06Z"},
      {minute, "2026-01-02T03:04:59.999Z", "2026-01-02T03:04Z/2026-01-02T03:05Z"},
      {five_minute, "2026-01-02T03:04:59.999Z", "2026-01-02T03:00Z/2026-01-02T03:05Z"},
      {five_minute, "2026-01-02T03:05Z", "2026-01-02T03:05Z/2026-01-02T03:10Z"},
      {ten_minute, "2026-01-02T23:59Z", "2026-01-02T23:50Z/2026-01-03T00:00Z"},
      {fifteen_minute, "2026-01-02T03:44Z", "2026-01-02T03:30Z/2026-01-02T03:45Z"},
      {thirty_minute, "2026-01-02T03:30Z", "2026-01-02T03:30Z/2026-01-02T04:00Z"},
      {hour, "2026-12-31T23:59:59.999Z", "2026-12-31T23:00Z/2027-01-01T00:00Z"},
      {six_hour, "2024-02-29T23:59Z", "2024-02-29T18:00Z/2024-03-01T00:00Z"},
      {eight_hour, "2026-01-02T08:00Z", "2026-01-02T08:00Z/2026-01-02T16:00Z"},
      {eight_hour, "2026-01-02T07:59Z", "2026-01-02T00:00Z/2026-01-02T08:00Z"},
      {day, "2024-02-28T12:00Z", "2024-02-28T00:00Z/2024-02-29T00:00Z"},
      {day, "2023-02-28T12:00Z", "2023-02-28T00:00Z/2023-03-01T00:00Z"},
      // Weeks start on Mondays, also across the turn of a year and before 1970.
      {week, "2026-11-23", "2026-11-23T00:00Z/2026-11-30T00:00Z"},
      {week, "2026-11-22T23:59:59.999Z", "2026-11-16T00:00Z/2026-11-23T00:00Z"},
      {week, "2026-01-01", "2025-12-29T00:00Z/2026-01-05T00:00Z"},
      {week, "2024-02-29", "2024-02-26T00:00Z/2024-03-04T00:00Z"},
      {week, "1970-01-01", "1969-12-29T00:00Z/1970-01-05T00:00Z"},
      {week, "1969-12-28T23:59Z", "1969-12-22T00:00Z/1969-12-29T00:00Z"},
      {month, "2024-02-29T23:59:59.999Z", "2024-02-01T00:00Z/2024-03-01T00:00Z"},
      {month, "2100-02-28", "2100-02-01T00:00Z/2100-03-01T00:00Z"},
      {month, "2026-12-31", "2026-12-01T00:00Z/2027-01-01T00:00Z"},
      {month, "1969-12-31T23:59:59.999Z", "1969-12-01T00:00Z/1970-01-01T00:00Z"},
      {month, "-0001-12-31", "-0001-12-01T00:00Z/0000-01-01T00:00Z"},
      {quarter, "2026-03-31T23:59Z", "2026-01-01T00:00Z/2026-04-01T00:00Z"},
      {quarter, "2026-04-01", "2026-04-01T00:00Z/2026-07-01T00:00Z"},
      {quarter, "2026-09-30", "2026-07-01T00:00Z/2026-10-01T00:00Z"},
      {quarter, "2026-12-31", "2026-10-01T00:00Z/2027-01-01T00:00Z"},
      {year, "2024-12-31T23:59:59.999Z", "2024-01-01T00:00Z/2025-01-01T00:00Z"},
      {year, "1969-06-01", "1969-01-01T00:00Z/1970-01-01T00:00Z"},
      {year, "9999-12-31", "9999-01-01T00:00Z/10000-01-01T00:00Z"},
      {year, "0000-06-01", "0000-01-01T00:00Z/0001-01-01T00:00Z"},
      // Milliseconds that were taken for seconds.
      {month, "57974-02-20T12:01Z", "57974-02-01T00:00Z/57974-03-01T00:00Z"},
      {year, "-40000-07-01", "-40000-01-01T00:00Z/-39999-01-01T00:00Z"},
  };
  for (const auto& c : cases)
    EXPECT_EQ(text_of(c.granularity, c.instant), c.bucket)
        << to_string(c.granularity) << " of " << c.instant;
}

TEST(Bucket, OfNoneIsOneMillisecond) {
  const Interval b = bucket(Granularity::none, instant_of_ms(-5));
  EXPECT_EQ(b, (Interval{instant_of_ms(-5), instant_of_ms(-4)}));
}

TEST(Bucket, OfAllIsDruidsEternity) {
  for (std::int64_t ms : {INT64_C(0), INT64_C(-1), INT64_MIN / 2, INT64_MAX / 2 - 1}) {
    const Interval b = bucket(Granularity::all, instant_of_ms(ms));
    EXPECT_EQ(to_iso(b), "-146136543-09-08T08:23:32.096Z/146140482-04-24T15:36:27.903Z");
    EXPECT_TRUE(b.contains(instant_of_ms(ms))) << ms;
  }
}

TEST(Bucket, OfTheCalendarHasTheCalendarsLength) {
  const int days_of_month[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  for (unsigned m = 1; m <= 12; ++m) {
    const Instant in_2026 = midnight_of({2026, m, 15}), in_2024 = midnight_of({2024, m, 15});
    const int days = days_of_month[m - 1];
    const Interval plain = bucket(Granularity::month, in_2026);
    EXPECT_EQ(plain.end - plain.start, std::chrono::days(days)) << m;
    const Interval leap = bucket(Granularity::month, in_2024);
    EXPECT_EQ(leap.end - leap.start, std::chrono::days(days + (m == 2 ? 1 : 0))) << m;
  }
  for (int y = 1890; y < 2110; ++y) {
    const Interval b = bucket(Granularity::year, midnight_of({y, 7, 1}));
    const bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
    EXPECT_EQ(b.end - b.start, std::chrono::days(leap ? 366 : 365)) << y;
  }
}

Granularity any_granularity() {
  return *rc::gen::elementOf(std::vector<Granularity>(std::begin(every), std::end(every)));
}

// Close to borders as well as anywhere a row can lie.
Instant any_instant() {
  const std::int64_t half = INT64_MAX / 2 - 400LL * 86'400'000;
  return instant_of_ms(*rc::gen::oneOf(rc::gen::inRange<std::int64_t>(-half, half),
                                       rc::gen::inRange<std::int64_t>(0, 4'102'444'800'000),
                                       rc::gen::inRange<std::int64_t>(-10'000, 10'000)));
}

RC_GTEST_PROP(BucketLaw, holds_the_instant_and_is_one_for_all_it_holds, ()) {
  const Granularity g = any_granularity();
  const Instant t = any_instant();
  const Interval b = bucket(g, t);
  RC_ASSERT(b.contains(t));
  RC_ASSERT(bucket(g, b.start) == b);
  RC_ASSERT(bucket(g, b.end - Millis(1)) == b);
}

RC_GTEST_PROP(BucketLaw, tiles_without_gap_and_overlap, ()) {
  const Granularity g = any_granularity();
  RC_PRE(g != Granularity::all);
  const Interval b = bucket(g, any_instant());
  RC_ASSERT(bucket(g, b.end).start == b.end);
  RC_ASSERT(bucket(g, b.start - Millis(1)).end == b.start);
}

RC_GTEST_PROP(BucketLaw, keeps_the_order_of_instants, ()) {
  const Granularity g = any_granularity();
  const Instant a = any_instant(), b = any_instant();
  if (a <= b) RC_ASSERT(bucket(g, a).start <= bucket(g, b).start);
}

RC_GTEST_PROP(BucketLaw, of_a_nested_granularity_lies_within, ()) {
  const Granularity fine = any_granularity(), coarse = any_granularity();
  RC_PRE(nests(fine, coarse));
  const Interval inner = bucket(fine, any_instant());
  const Interval outer = bucket(coarse, inner.start);
  RC_ASSERT(outer.start <= inner.start);
  RC_ASSERT(inner.end <= outer.end);
}

// A `false` of nests() has to have a witness: a bucket that is cut by the other granularity.
TEST(Nests, SaysNoOnlyWhereABucketIsCut) {
  for (Granularity fine : every)
    for (Granularity coarse : every) {
      if (nests(fine, coarse)) continue;
      bool cut = false;
      for (int day = 0; day < 800 && !cut; ++day)
        for (Millis offset : {Millis(0), Millis(10 * 60'000), Millis(6 * 3'600'000)}) {
          const Instant t = midnight_of({2023, 1, 1}) + std::chrono::days(day) + offset;
          const Interval inner = bucket(fine, t);
          cut = cut || inner.end > bucket(coarse, inner.start).end;
        }
      EXPECT_TRUE(cut) << to_string(fine) << " in " << to_string(coarse);
    }
}

TEST(Nests, Table) {
  using enum Granularity;
  struct Case {
    Granularity fine, coarse;
    bool nests;
  };
  const Case cases[] = {
      {hour, day, true},
      {day, hour, false},
      {day, month, true},
      {five_minute, week, true},
      {week, month, false},
      {week, quarter, false},
      {week, year, false},
      {week, all, true},
      {month, week, false},
      {month, quarter, true},
      {month, year, true},
      {quarter, year, true},
      {year, quarter, false},
      {quarter, month, false},
      {six_hour, eight_hour, false},
      {eight_hour, six_hour, false},
      {six_hour, day, true},
      {ten_minute, fifteen_minute, false},
      {none, second, true},
      {none, all, true},
      {second, none, false},
      {all, year, false},
      {all, all, true},
      {none, none, true},
  };
  for (const auto& c : cases)
    EXPECT_EQ(nests(c.fine, c.coarse), c.nests)
        << to_string(c.fine) << " in " << to_string(c.coarse);
  for (Granularity g : every) EXPECT_TRUE(nests(g, g)) << to_string(g);
}

TEST(GranularityName, IsReadInAnyCaseAndAsAPeriod) {
  using enum Granularity;
  struct Case {
    const char* text;
    Granularity granularity;
  };
  const Case cases[] = {
      {"HOUR", hour},
      {"hour", hour},
      {"Hour", hour},
      {"PT1H", hour},
      {"pt1h", hour},
      {"SECOND", second},
      {"PT1S", second},
      {"PT1M", minute},
      {"PT5M", five_minute},
      {"PT10M", ten_minute},
      {"PT15M", fifteen_minute},
      {"PT30M", thirty_minute},
      {"PT6H", six_hour},
      {"PT8H", eight_hour},
      {"P1D", day},
      {"P1W", week},
      {"P7D", week},
      {"P1M", month},
      {"P3M", quarter},
      {"P1Y", year},
      {"NONE", none},
      {"ALL", all},
      {"five_minute", five_minute},
  };
  for (const auto& c : cases) EXPECT_EQ(parse_granularity(c.text), c.granularity) << c.text;
  for (Granularity g : every) EXPECT_EQ(parse_granularity(to_string(g)), g) << to_string(g);
}

TEST(GranularityName, OfAnotherBucketIsRefusedWithTheChoices) {
  for (const char* text : {"", " ", "HOURLY", "hour ", "PT60M", "PT24H", "P2D", "P14D", "PT2H",
                           "PT0S", "1h", "FORTNIGHT", "P1D/x"}) {
    auto refused = parse_granularity(text);
    ASSERT_FALSE(refused) << text;
    EXPECT_EQ(refused.error().kind, ErrorKind::invalid);
    EXPECT_THAT(refused.error().message, HasSubstr("'" + std::string(text) + "'"));
    for (Granularity g : every)
      EXPECT_THAT(refused.error().message, HasSubstr(to_string(g))) << text;
  }
}

TEST(GranularityName, EachIsItsOwn) {
  std::set<std::string> names;
  for (Granularity g : every) names.insert(to_string(g));
  EXPECT_EQ(names.size(), std::size(every));
}

}  // namespace
}  // namespace henge
