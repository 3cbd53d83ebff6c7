// Cron: which minutes an expression names, what it refuses, and when a window is open.
#include "model/cron.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace henge {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::HasSubstr;

Instant at(const char* text) {
  return parse_instant(text).value();
}
Cron cron(const char* text) {
  return Cron::parse(text).value();
}

TEST(Cron, NamesTheMinutesItSays) {
  // 2026-11-23 is a Monday.
  const struct {
    const char* cron;
    const char* at;
    bool named;
  } cases[] = {
      {"* * * * *", "2026-11-23T07:31Z", true},
      {"30 7 * * *", "2026-11-23T07:30Z", true},
      {"30 7 * * *", "2026-11-23T07:31Z", false},
      {"30 7 * * *", "2026-11-23T08:30Z", false},
      {"0-10 7 * * *", "2026-11-23T07:10Z", true},
      {"0-10 7 * * *", "2026-11-23T07:11Z", false},
      {"*/15 * * * *", "2026-11-23T07:45Z", true},
      {"*/15 * * * *", "2026-11-23T07:50Z", false},
      {"10-30/10 * * * *", "2026-11-23T07:30Z", true},
      {"10-30/10 * * * *", "2026-11-23T07:40Z", false},
      {"50/5 * * * *", "2026-11-23T07:55Z", true},
      {"50/5 * * * *", "2026-11-23T07:45Z", false},
      {"1,2,40-41 * * * *", "2026-11-23T07:41Z", true},
      {"1,2,40-41 * * * *", "2026-11-23T07:03Z", false},
      {"0 0 * * 1", "2026-11-23T00:00Z", true},
      {"0 0 * * mon-fri", "2026-11-23T00:00Z", true},
      {"0 0 * * SAT,Sun", "2026-11-23T00:00Z", false},
      {"0 0 * * 0", "2026-11-22T00:00Z", true},
      {"0 0 * * 7", "2026-11-22T00:00Z", true},
      {"0 0 * * 5-7", "2026-11-22T00:00Z", true},
      {"0 0 * * 5-7", "2026-11-21T00:00Z", true},
      {"0 0 * * 5-7", "2026-11-23T00:00Z", false},
      {"0 0 * nov *", "2026-11-23T00:00Z", true},
      {"0 0 * Jan-Oct *", "2026-11-23T00:00Z", false},
      {"0 0 29 2 *", "2028-02-29T00:00Z", true},
      // Both days restricted: either is enough.
      {"0 0 13 * 1", "2026-11-23T00:00Z", true},
      {"0 0 13 * 1", "2026-11-13T00:00Z", true},
      {"0 0 13 * 1", "2026-11-24T00:00Z", false},
      // A field that begins with * restricts together with the other.
      {"0 0 */2 * 1", "2026-11-23T00:00Z", true},
      {"0 0 */2 * 1", "2026-11-16T00:00Z", false},
      {"  0   0  * * *  ", "2026-11-23T00:00Z", true},
  };
  for (const auto& c : cases) EXPECT_EQ(cron(c.cron).matches(at(c.at)), c.named) << c.cron << c.at;
  EXPECT_TRUE(cron("31 7 * * *").matches(at("2026-11-23T07:31Z") + seconds(59)));
}

TEST(Cron, RefusesWhatMeansNothing) {
  const struct {
    const char* cron;
    const char* why;
  } cases[] = {
      {"", "has 0 fields"},
      {"* * * *", "has 4 fields"},
      {"0 * * * * *", "has 6 fields"},
      {"@daily", "has 1 fields"},
      {"60 * * * *", "'minute' has '60'"},
      {"* 24 * * *", "'hour' has '24'"},
      {"* * 0 * *", "'day of month' has '0'"},
      {"* * 32 * *", "'day of month'"},
      {"* * * 13 *", "'month' has '13'"},
      {"* * * * 8", "'day of week' has '8'"},
      {"* * * * monday", "'monday'"},
      {"* * * mon *", "'month' has 'mon'"},
      {"30-10 * * * *", "'30-10'"},
      {"*/0 * * * *", "'*/0'"},
      {"*/x * * * *", "'*/x'"},
      {"-5 * * * *", "'-5'"},
      {"1, * * * *", "''"},
      {"1-2-3 * * * *", "'1-2-3'"},
      {"? * * * *", "'?'"},
      {"0 0 31 feb,apr *", "names a day that none of its months has"},
  };
  for (const auto& c : cases) {
    auto parsed = Cron::parse(c.cron);
    ASSERT_FALSE(parsed) << c.cron;
    EXPECT_EQ(parsed.error().kind, ErrorKind::invalid);
    EXPECT_THAT(parsed.error().message, HasSubstr(c.why)) << c.cron;
  }
  EXPECT_TRUE(Cron::parse("0 0 31 feb sun")) << "its Sundays are there";
}

TEST(Cron, AWindowIsOpenFromItsFirstInstantToBeforeItsLast) {
  const Cron nightly = cron("0 22 * * *");
  const Instant open = at("2026-11-23T22:00Z");
  const struct {
    Instant now;
    Millis length;
    bool open;
  } cases[] = {
      {open, hours(8), true},
      {open - Millis(1), hours(8), false},
      {open + hours(8) - Millis(1), hours(8), true},
      {open + hours(8), hours(8), false},
      {open + hours(3), hours(8), true},
      {open + seconds(30), seconds(30), false},
      {open + seconds(29), seconds(30), true},
      {open, Millis(0), false},
      // Longer than the time between two openings: always open.
      {open + hours(23), hours(25), true},
  };
  for (const auto& c : cases)
    EXPECT_EQ(in_window(nightly, c.length, c.now), c.open) << to_iso(c.now);
  EXPECT_TRUE(in_window(cron("0 0 1 1 *"), hours(24 * 365), at("2026-12-31T23:59Z")));
  EXPECT_FALSE(in_window(cron("0 0 29 2 *"), hours(24), at("2027-03-01T00:00Z")));
}

// The quick way back agrees with trying every minute.
TEST(Cron, TheLastOpeningIsTheNewestMinuteThatMatches) {
  for (const char* text : {"*/7 3,22 * * *", "5 0 13 * fri", "59 23 * feb *", "0 12 1-7 * 1"}) {
    const Cron c = cron(text);
    for (int i = 0; i < 50; ++i) {
      const Instant now = at("2026-02-10T00:00Z") + hours(31 * i) + minutes(17 * i);
      const Instant from = now - hours(40);
      std::optional<Instant> slow;
      for (Instant t = std::chrono::floor<minutes>(now); t >= from && !slow; t -= minutes(1))
        if (c.matches(t)) slow = t;
      ASSERT_EQ(c.last(now, from), slow) << text << " " << to_iso(now);
    }
  }
}

}  // namespace
}  // namespace henge
