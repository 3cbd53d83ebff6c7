// Instants, intervals and periods: their texts, and what is no such text.
#include "model/time.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <limits>

namespace henge {
namespace {

using testing::HasSubstr;

struct InstantCase {
  std::int64_t ms;
  const char* iso;
  const char* shortest;
};

// Druid's own texts (Joda's ISODateTimeFormat.dateTime) at every border a calendar has.
const InstantCase instants[] = {
    {0, "1970-01-01T00:00:00.000Z", "1970-01-01T00:00Z"},
    {1, "1970-01-01T00:00:00.001Z", "1970-01-01T00:00:00.001Z"},
    {999, "1970-01-01T00:00:00.999Z", "1970-01-01T00:00:00.999Z"},
    {1'000, "1970-01-01T00:00:01.000Z", "1970-01-01T00:00:01Z"},
    {60'000, "1970-01-01T00:01:00.000Z", "1970-01-01T00:01Z"},
    {-1, "1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999Z"},
    {-86'400'000, "1969-12-31T00:00:00.000Z", "1969-12-31T00:00Z"},
    {1'767'323'045'678, "2026-01-02T03:04:05.678Z", "2026-01-02T03:04:05.678Z"},
    {1'767'323'045'000, "2026-01-02T03:04:05.000Z", "2026-01-02T03:04:05Z"},
    {1'767'323'040'000, "2026-01-02T03:04:00.000Z", "2026-01-02T03:04Z"},
    {951'782'400'000, "2000-02-29T00:00:00.000Z", "2000-02-29T00:00Z"},
    {-2'203'891'200'000, "1900-03-01T00:00:00.000Z", "1900-03-01T00:00Z"},
    {253'402'300'799'999, "9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"},
    {253'402'300'800'000, "10000-01-01T00:00:00.000Z", "10000-01-01T00:00Z"},
    {-62'135'596'800'000, "0001-01-01T00:00:00.000Z", "0001-01-01T00:00Z"},
    {-62'135'596'800'001, "0000-12-31T23:59:59.999Z", "0000-12-31T23:59:59.999Z"},
    {-62'167'219'200'000, "0000-01-01T00:00:00.000Z", "0000-01-01T00:00Z"},
    {-62'167'219'200'001, "-0001-12-31T23:59:59.999Z", "-0001-12-31T23:59:59.999Z"},
    {-63'549'360'000'000, "-0044-03-15T00:00:00.000Z", "-0044-03-15T00:00Z"},
    // Milliseconds taken for seconds, a common mistake: no calendar library reaches that year.
    {1'767'323'045'678'000, "57974-03-28T20:14:38.000Z", "57974-03-28T20:14:38Z"},
    {std::numeric_limits<std::int64_t>::min() / 2, "-146136543-09-08T08:23:32.096Z",
     "-146136543-09-08T08:23:32.096Z"},
    {std::numeric_limits<std::int64_t>::max() / 2, "146140482-04-24T15:36:27.903Z",
     "146140482-04-24T15:36:27.903Z"},
};

TEST(Instant, PrintsDruidsForm) {
  for (const auto& c : instants) EXPECT_EQ(to_iso(instant_of_ms(c.ms)), c.iso) << c.ms;
}

TEST(Instant, PrintsTheShortestExactFormForPeople) {
  for (const auto& c : instants) EXPECT_EQ(to_short_iso(instant_of_ms(c.ms)), c.shortest) << c.ms;
}

TEST(Instant, ReadsBothForms) {
  for (const auto& c : instants) {
    EXPECT_EQ(parse_instant(c.iso), instant_of_ms(c.ms)) << c.iso;
    EXPECT_EQ(parse_instant(c.shortest), instant_of_ms(c.ms)) << c.shortest;
  }
}

TEST(Instant, EveryWritingOfOneMomentIsThatMoment) {
  const Instant midnight = instant_of_ms(1'767'312'000'000);
  for (const char* text : {"2026-01-02", "2026-01-02T00Z", "2026-01-02T00:00Z",
                           "2026-01-02T00:00:00Z", "2026-01-02T00:00:00.0Z", "2026-01-02 00:00Z",
                           "2026-01-02T00:00:00.000000000Z", "02026-01-02"})
    EXPECT_EQ(parse_instant(text), midnight) << text;
}

TEST(Instant, DigitsBelowAMillisecondAreCutOff) {
  const Instant second = *parse_instant("2026-01-02T03:04:05Z");
  struct Case {
    const char* fraction;
    std::int64_t ms;
  };
  for (auto [fraction, ms] : {Case{"1", 100},
                              {"12", 120},
                              {"123", 123},
                              {"1239", 123},
                              {"000999", 0},
                              {"999999999", 999}})
    EXPECT_EQ(parse_instant(std::string("2026-01-02T03:04:05.") + fraction + "Z"),
              second + Millis(ms))
        << fraction;
}

TEST(Instant, RefusesWhatIsNone) {
  const char* const texts[] = {
      "",                                 // nothing
      "x",                                //
      "now",                              //
      "2026",                             // half a date
      "2026-01",                          //
      "2026-01-",                         //
      "2026-1-2",                         // digits missing
      "226-01-02",                        //
      "2026-13-01",                       // months and days that there are not
      "2026-00-01",                       //
      "2026-01-00",                       //
      "2026-01-32",                       //
      "2026-04-31",                       //
      "2026-02-29",                       // leap days that there are not
      "1900-02-29",                       //
      "2100-02-29",                       //
      "2026-01-02T",                      // half a time
      "2026-01-02T3Z",                    //
      "2026-01-02T03:Z",                  //
      "2026-01-02T03:4Z",                 //
      "2026-01-02T03:04:Z",               //
      "2026-01-02T03:04:05.Z",            //
      "2026-01-02T24:00Z",                // times that there are not
      "2026-01-02T25:00Z",                //
      "2026-01-02T03:60Z",                //
      "2026-01-02T03:04:60Z",             //
      "2026-01-02T03:04:05",              // without a zone: nobody knows when
      "2026-01-02T03:04:05+01:00",        // other zones
      "2026-01-02T03:04:05z",             //
      "2026-01-02T03:04Zx",               // more than an instant
      "2026-01-02 ",                      //
      " 2026-01-02",                      //
      "2026-01-02Z",                      //
      "2026-01-02T03:04:05.1234567890Z",  // more digits than nanoseconds
      "2026/01/02",                       //
      "--2026-01-02",                     //
      "+2026-01-02",                      //
      "292278994-01-01",                  // beyond what an instant can name
      "-292275055-12-31",                 //
      "999999999-01-01",                  //
      "1234567890-01-01",                 //
      "2026-01-02T-1:00Z",                //
      "2026-01-02T0\xC2\xB2:00Z",         // digits of another kind
  };
  for (const char* text : texts) {
    auto refused = parse_instant(text);
    ASSERT_FALSE(refused) << text;
    EXPECT_EQ(refused.error().kind, ErrorKind::invalid) << text;
    EXPECT_THAT(refused.error().message, HasSubstr("'" + std::string(text) + "'"));
    EXPECT_THAT(refused.error().message, HasSubstr("expected UTC such as")) << text;
  }
}

TEST(Instant, LeapDaysFollowTheGregorianRule) {
  struct Case {
    const char* day;
    bool exists;
  };
  for (auto [day, exists] : {Case{"2024-02-29", true},
                             {"2023-02-29", false},
                             {"2000-02-29", true},
                             {"1900-02-29", false},
                             {"2400-02-29", true},
                             {"0000-02-29", true},
                             {"-0004-02-29", true},
                             {"-0001-02-29", false},
                             {"-0100-02-29", false},
                             {"40000-02-29", true},
                             {"40100-02-29", false}})
    EXPECT_EQ(parse_instant(day).has_value(), exists) << day;
}

// Any 64-bit number of milliseconds within Druid's eternity.
rc::Gen<std::int64_t> any_ms() {
  const auto half = std::numeric_limits<std::int64_t>::max() / 2;
  return rc::gen::oneOf(rc::gen::inRange<std::int64_t>(-half, half),
                        rc::gen::inRange<std::int64_t>(-62'200'000'000'000, 253'402'300'800'000),
                        rc::gen::inRange<std::int64_t>(-100'000, 100'000));
}

RC_GTEST_PROP(InstantLaw, what_is_printed_is_read_back, ()) {
  const Instant t = instant_of_ms(*any_ms());
  RC_ASSERT(parse_instant(to_iso(t)) == t);
  RC_ASSERT(parse_instant(to_short_iso(t)) == t);
}

RC_GTEST_PROP(InstantLaw, texts_sort_as_instants_within_four_digit_years, ()) {
  const auto some = rc::gen::inRange<std::int64_t>(-62'167'219'200'000, 253'402'300'800'000);
  const Instant a = instant_of_ms(*some), b = instant_of_ms(*some);
  RC_ASSERT((a < b) == (to_iso(a) < to_iso(b)));
}

RC_GTEST_PROP(InstantLaw, a_mangled_text_is_refused_or_reads_as_another_instant, ()) {
  const Instant t = instant_of_ms(*any_ms());
  const std::string text = to_iso(t);
  std::string mangled = text;
  mangled[*rc::gen::inRange<std::size_t>(0, text.size())] = *rc::gen::arbitrary<char>();
  RC_PRE(mangled != text);
  const auto read = parse_instant(mangled);
  // The one other writing of the same moment: a space for the T.
  RC_ASSERT(!read || *read != t || mangled[text.find('T')] == ' ');
}

TEST(Interval, IsHalfOpen) {
  const Interval i{instant_of_ms(10), instant_of_ms(20)};
  EXPECT_FALSE(i.contains(instant_of_ms(9)));
  EXPECT_TRUE(i.contains(instant_of_ms(10)));
  EXPECT_TRUE(i.contains(instant_of_ms(19)));
  EXPECT_FALSE(i.contains(instant_of_ms(20)));
  EXPECT_FALSE((Interval{instant_of_ms(10), instant_of_ms(10)}).contains(instant_of_ms(10)))
      << "an empty one holds nothing";
}

TEST(Interval, SortsByStartThenEnd) {
  const Interval a{instant_of_ms(1), instant_of_ms(9)}, b{instant_of_ms(2), instant_of_ms(3)},
      c{instant_of_ms(2), instant_of_ms(4)};
  EXPECT_LT(a, b);
  EXPECT_LT(b, c);
  EXPECT_EQ(a, (Interval{instant_of_ms(1), instant_of_ms(9)}));
}

TEST(Interval, IsPrintedAndReadAsStartAndEnd) {
  auto i = parse_interval("2026-01-02/2026-01-03T12:00Z");
  ASSERT_TRUE(i);
  EXPECT_EQ(to_iso(*i), "2026-01-02T00:00:00.000Z/2026-01-03T12:00:00.000Z");
  EXPECT_EQ(parse_interval(to_iso(*i)), *i);
  EXPECT_EQ(parse_interval("2026-01-02_2026-01-03T12:00Z"), *i) << "as it stands in segment ids";
}

TEST(Interval, RefusesWhatIsNone) {
  struct Case {
    const char* text;
    const char* reason;
  };
  const Case cases[] = {
      {"", "is not an interval"},
      {"2026-01-03", "is not an interval"},
      {"/", "is not an instant"},
      {"2026-01-02/", "is not an instant"},
      {"/2026-01-02", "is not an instant"},
      {"2026-01-02/P1D", "'P1D' is not an instant"},
      {"2026-01-02/2026-01-03/2026-01-04", "is not an instant"},
      {"2026-01-03/2026-01-02", "ends before it starts"},
      {"2026-01-02/2026-01-02", "ends before it starts"},
  };
  for (const auto& c : cases) {
    auto refused = parse_interval(c.text);
    ASSERT_FALSE(refused) << c.text;
    EXPECT_EQ(refused.error().kind, ErrorKind::invalid);
    EXPECT_THAT(refused.error().message, HasSubstr(c.reason)) << c.text;
  }
}

}  // namespace
}  // namespace henge
