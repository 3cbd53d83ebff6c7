// Periods: fixed lengths in ISO 8601, and the form for people.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "model/time.h"

namespace henge {
namespace {

using testing::HasSubstr;

struct PeriodCase {
  const char* text;
  std::int64_t ms;
};

TEST(Period, ReadsEveryFixedUnit) {
  const PeriodCase cases[] = {
      {"PT0S", 0},
      {"PT1S", 1'000},
      {"PT0.5S", 500},
      {"PT0.001S", 1},
      {"PT0.0019S", 1},  // below a millisecond is cut off
      {"PT1.25S", 1'250},
      {"PT10M", 600'000},
      {"PT90M", 5'400'000},  // more than the next unit holds
      {"PT1H30M", 5'400'000},
      {"PT1H0.5S", 3'600'500},
      {"PT1H1M1S", 3'661'000},
      {"P1D", 86'400'000},
      {"P7D", 604'800'000},
      {"P1W", 604'800'000},
      {"P2W", 1'209'600'000},
      {"P1W1D", 691'200'000},
      {"P1DT1S", 86'401'000},
      {"P1W2DT3H4M5.678S", 788'645'678},
      {"PT0000001S", 1'000},
      {"P36500D", 3'153'600'000'000},
  };
  for (auto [text, ms] : cases) {
    auto period = parse_period(text);
    ASSERT_TRUE(period) << text;
    EXPECT_EQ(period->count(), ms) << text;
  }
}

TEST(Period, RefusesWithTheReason) {
  struct Case {
    const char* text;
    const char* reason;
  };
  const Case cases[] = {
      {"", "does not start with P"},
      {"10m", "does not start with P"},
      {"600", "does not start with P"},
      {"pt1h", "does not start with P"},
      {" PT1H", "does not start with P"},
      {"-PT1S", "does not start with P"},
      {"P", "is empty"},
      {"PT", "is empty"},
      {"P1DT", "is empty"},
      {"P1M", "months and years have no fixed length"},
      {"P1Y", "months and years have no fixed length"},
      {"P1Y2M3D", "months and years have no fixed length"},
      {"PT1D", "unknown unit or wrong order"},
      {"PT1W", "unknown unit or wrong order"},
      {"P1H", "unknown unit or wrong order"},
      {"P1S", "unknown unit or wrong order"},
      {"PT1M1H", "unknown unit or wrong order"},
      {"PT1S1S", "unknown unit or wrong order"},
      {"P1D1W", "unknown unit or wrong order"},
      {"PT1m", "unknown unit or wrong order"},
      {"PT1Q", "unknown unit or wrong order"},
      {"PT-1S", "a number was expected"},
      {"PT-0S", "a number was expected"},
      {"PT+1S", "a number was expected"},
      {"PTS", "a number was expected"},
      {"PT.5S", "a number was expected"},
      {"P1TT1S", "unknown unit or wrong order"},
      {"PT1HT1S", "a number was expected"},
      {"PT1H ", "a number was expected"},
      {"PT1", "a unit is missing"},
      {"PT1.5", "a unit is missing"},
      {"PT1.S", "digits were expected after the point"},
      {"PT1.", "digits were expected after the point"},
      {"PT1.5M", "only seconds may have a fraction"},
      {"P0.5D", "only seconds may have a fraction"},
      {"P99999999999999W", "it is too long"},
      {"PT100000000001S", "it is too long"},
      {"PT99999999999999999999S", "a number was expected"},  // no 64-bit number
  };
  for (const auto& c : cases) {
    auto refused = parse_period(c.text);
    ASSERT_FALSE(refused) << c.text;
    EXPECT_EQ(refused.error().kind, ErrorKind::invalid);
    EXPECT_THAT(refused.error().message, HasSubstr(c.reason)) << c.text;
    EXPECT_THAT(refused.error().message, HasSubstr("'" + std::string(c.text) + "'"));
    EXPECT_THAT(refused.error().message, HasSubstr("such as PT10M")) << c.text;
  }
}

TEST(Period, PrintsDaysAsTheLargestUnitAndNoZeros) {
  const PeriodCase cases[] = {
      {"PT0S", 0},          {"PT0.001S", 1},
      {"PT1S", 1'000},      {"PT1.500S", 1'500},
      {"PT1M", 60'000},     {"PT1M0.250S", 60'250},
      {"PT1H", 3'600'000},  {"PT23H59M59.999S", 86'399'999},
      {"P1D", 86'400'000},  {"P1DT0.001S", 86'400'001},
      {"P7D", 604'800'000}, {"P400DT1H", 34'563'600'000},
      {"-PT1S", -1'000},    {"-P1DT1H", -90'000'000},
  };
  for (auto [text, ms] : cases) EXPECT_EQ(to_iso_period(Millis(ms)), text) << ms;
}

RC_GTEST_PROP(PeriodLaw, what_is_printed_is_read_back, ()) {
  const Millis d(*rc::gen::oneOf(rc::gen::inRange<std::int64_t>(0, 100'000'000'000'000),
                                 rc::gen::inRange<std::int64_t>(0, 200'000'000)));
  RC_ASSERT(parse_period(to_iso_period(d)) == d);
}

RC_GTEST_PROP(PeriodLaw, parts_add_up, ()) {
  const auto some = rc::gen::inRange<std::int64_t>(0, 10'000);
  const std::int64_t w = *some, d = *some, h = *some, m = *some, s = *some;
  const auto text = fmt::format("P{}W{}DT{}H{}M{}S", w, d, h, m, s);
  RC_ASSERT(parse_period(text) == std::chrono::weeks(w) + std::chrono::days(d) +
                                      std::chrono::hours(h) + std::chrono::minutes(m) +
                                      std::chrono::seconds(s));
}

TEST(Humanize, TwoUnitsAtMost) {
  struct Case {
    Millis d;
    const char* text;
  };
  using namespace std::chrono;
  const Case cases[] = {
      {milliseconds(0), "0ms"},
      {milliseconds(1), "1ms"},
      {milliseconds(999), "999ms"},
      {milliseconds(1'000), "1s"},
      {milliseconds(1'500), "1.5s"},
      {milliseconds(9'900), "9.9s"},
      {milliseconds(10'900), "10s"},
      {seconds(45), "45s"},
      {seconds(59), "59s"},
      {seconds(60), "1m"},
      {seconds(61), "1m 1s"},
      {minutes(90), "1h 30m"},
      {hours(1) + seconds(5), "1h"},  // the unit next to the first, or none
      {hours(24), "1d"},
      {hours(74), "3d 2h"},
      {hours(24) + minutes(59), "1d"},
      {hours(24 * 400), "400d"},
      {-minutes(2), "-2m"},
      {-milliseconds(7), "-7ms"},
  };
  for (const auto& c : cases) EXPECT_EQ(humanize(c.d), c.text) << c.d.count();
}

RC_GTEST_PROP(HumanizeLaw, never_says_more_than_there_is, (std::uint32_t ms)) {
  // Read back, the text is at most the duration, and short of it by less than its last unit.
  const std::string text = humanize(Millis(ms));
  RC_PRE(text.find('.') == std::string::npos);
  std::int64_t said = 0, number = 0, last = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c >= '0' && c <= '9') {
      number = number * 10 + (c - '0');
    } else if (c != ' ') {
      const bool millis = c == 'm' && i + 1 < text.size() && text[i + 1] == 's';
      last = millis ? 1 : c == 'd' ? 86'400'000 : c == 'h' ? 3'600'000 : c == 'm' ? 60'000 : 1'000;
      said += number * last;
      number = 0;
      if (millis) break;
    }
  }
  RC_ASSERT(said <= static_cast<std::int64_t>(ms));
  const std::int64_t next = last == 86'400'000 ? 3'600'000 : last == 3'600'000 ? 60'000 : 1'000;
  RC_ASSERT(static_cast<std::int64_t>(ms) - said < std::max(last, next));
}

}  // namespace
}  // namespace henge
