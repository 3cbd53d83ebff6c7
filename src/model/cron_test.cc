// Cron: which minutes an expression names, what it refuses, and when a window is open.
#include "model/cron.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>

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

TEST(Cron, TheNextOpeningIsTheFirstMinuteThatMatches) {
  for (const char* text : {"*/7 3,22 * * *", "5 0 13 * fri", "59 23 * feb *", "0 12 1-7 * 1"}) {
    const Cron c = cron(text);
    for (int i = 0; i < 50; ++i) {
      const Instant now = at("2026-02-10T00:00Z") + hours(31 * i) + minutes(17 * i) + Millis(i % 3);
      const Instant until = now + hours(40);
      std::optional<Instant> slow;
      for (Instant t = std::chrono::ceil<minutes>(now); t <= until && !slow; t += minutes(1))
        if (c.matches(t)) slow = t;
      ASSERT_EQ(c.next(now, until), slow) << text << " " << to_iso(now);
    }
  }
  EXPECT_EQ(cron("0 0 29 2 *").next(at("2026-03-01T00:00Z"), at("2029-01-01T00:00Z")),
            at("2028-02-29T00:00Z"));
}

// The minutes of an hour that the first field names.
std::set<int> minutes_of(const std::string& field) {
  const Cron c = cron((field + " * * * *").c_str());
  std::set<int> out;
  for (int i = 0; i < 60; ++i)
    if (c.matches(at("2026-11-23T07:00Z") + minutes(i))) out.insert(i);
  return out;
}

TEST(CronField, NamesExactlyWhatItsPartsName) {
  const struct {
    const char* field;
    std::set<int> named;
  } cases[] = {
      {"0", {0}},
      {"59", {59}},
      {"007", {7}},
      {"3,3,3", {3}},
      {"5-5", {5}},
      {"57-59", {57, 58, 59}},
      {"57-59,0", {57, 58, 59, 0}},
      {"10-12,11-14", {10, 11, 12, 13, 14}},
      {"*/20", {0, 20, 40}},
      {"*/59", {0, 59}},
      {"*/60", {0}},
      {"7/20", {7, 27, 47}},
      {"59/1", {59}},
      {"10-30/20", {10, 30}},
      {"10-29/20", {10}},
      {"10-30/1",
       {10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30}},
      {"*/30,5", {0, 5, 30}},
      // Steps that reach past the end, and past the end of numbers.
      {"*/2147483647", {0}},
      {"1/2147483647", {1}},
      {"59/2147483600", {59}},
      {"2-50/2147483646", {2}},
  };
  for (const auto& c : cases) EXPECT_EQ(minutes_of(c.field), c.named) << c.field;
  EXPECT_EQ(minutes_of("*").size(), 60u);
  EXPECT_EQ(minutes_of("*/1"), minutes_of("0-59"));
  EXPECT_EQ(cron("0 0 */2147483647 * *"), cron("0 0 */31 * *")) << "days begin at 1";
}

TEST(CronField, OneBadPartSpoilsItWhereverItStands) {
  for (const char* part :
       {"",    "60",   "-1", "5-",   "-5",           "5-60",       "9-3", "/5",  "5/",
        "5/0", "*/-1", "*/", "5//2", "1-2/3/4",      "**",         "*5",  "1.5", "+1",
        "0x1", "L",    "#",  "5-*",  "*/2147483648", "4294967296", "jan"}) {
    const std::string bad = part;
    for (const std::string& field : {bad, bad + ",5", "5," + bad, "1," + bad + ",2"})
      EXPECT_FALSE(Cron::parse(field + " * * * *")) << "'" << field << "'";
  }
}

TEST(CronField, NamesStandForNumbersInTheirOwnFieldsOnly) {
  const struct {
    const char* named;
    const char* numbered;
  } cases[] = {
      {"0 0 * jan *", "0 0 * 1 *"},
      {"0 0 * DEC *", "0 0 * 12 *"},
      {"0 0 * mar-Jun *", "0 0 * 3-6 *"},
      {"0 0 * feb/3 *", "0 0 * 2/3 *"},
      {"0 0 * jan,jul,oct *", "0 0 * 1,7,10 *"},
      {"0 0 * * sun", "0 0 * * 0"},
      {"0 0 * * sun", "0 0 * * 7"},
      {"0 0 * * tue-thu", "0 0 * * 2-4"},
      {"0 0 * * mon-5/2", "0 0 * * 1-fri/2"},
      {"0 0 * * 0-7", "0 0 * * 0-6"},
      {"0 0 * * 6-7", "0 0 * * sat,sun"},
      {"0 0 * * 6/1", "0 0 * * sat,sun"},
  };
  for (const auto& c : cases) EXPECT_EQ(cron(c.named), cron(c.numbered)) << c.named;
  EXPECT_NE(cron("0 0 * * sun"), cron("0 0 * * mon"));
  for (const char* text :
       {"jan * * * *", "* sun * * *", "* * mon * *", "* * * sun *", "* * * * jan", "* * * june *",
        "* * * * su", "* * * * fri-mon", "* * * dec-jan *"})
    EXPECT_FALSE(Cron::parse(text)) << text;
}

TEST(CronDays, SundayIsBothEndsOfTheWeek) {
  // 2026-11-22 is a Sunday.
  for (int day = 0; day < 7; ++day) {
    const Instant midnight = at("2026-11-22T00:00Z") + hours(24 * day);
    EXPECT_TRUE(cron(fmt::format("0 0 * * {}", day).c_str()).matches(midnight)) << day;
    EXPECT_EQ(cron("0 0 * * 7").matches(midnight), day == 0) << day;
    EXPECT_EQ(cron("0 0 * * 4-7").matches(midnight), day == 0 || day >= 4) << day;
    EXPECT_EQ(cron("0 0 * * 0-3").matches(midnight), day <= 3) << day;
  }
}

TEST(CronDays, ADayThatAMonthLacksIsPassedOver) {
  const Cron last = cron("0 0 31 * *"), leap = cron("0 0 29 2 *");
  std::vector<int> months;
  for (Instant t = at("2026-01-01"); t < at("2027-01-01"); t += hours(24))
    if (last.matches(t)) months.push_back(std::stoi(to_iso(t).substr(5, 2)));
  EXPECT_EQ(months, (std::vector<int>{1, 3, 5, 7, 8, 10, 12}));
  const struct {
    const char* now;
    const char* last;
  } cases[] = {
      {"2028-02-29T00:00Z", "2028-02-29T00:00Z"},
      {"2028-02-28T23:59Z", "2024-02-29T00:00Z"},
      {"2027-12-31T00:00Z", "2024-02-29T00:00Z"},
      {"2103-01-01T00:00Z", "2096-02-29T00:00Z"},  // 2100 is no leap year
      {"2000-03-01T00:00Z", "2000-02-29T00:00Z"},  // 2000 is one
      {"1970-01-01T00:00Z", "1968-02-29T00:00Z"},
  };
  for (const auto& c : cases)
    EXPECT_EQ(leap.last(at(c.now), at(c.now) - hours(24 * 366 * 9)), at(c.last)) << c.now;
  EXPECT_EQ(leap.last(at("2028-02-28T23:59Z"), at("2024-02-29T00:01Z")), std::nullopt)
      << "not before what was asked";
  EXPECT_EQ(leap.last(at("2024-02-29T00:00Z"), at("2024-02-29T00:00Z")), at("2024-02-29T00:00Z"));
}

TEST(CronWindow, GoesOverMidnightMonthAndYear) {
  const struct {
    const char* cron;
    Millis length;
    const char* now;
    bool open;
  } cases[] = {
      {"0 22 31 12 *", hours(8), "2027-01-01T05:59:59.999Z", true},
      {"0 22 31 12 *", hours(8), "2027-01-01T06:00Z", false},
      {"0 22 31 12 *", hours(8), "2026-12-01T05:00Z", false},
      {"30 23 28 2 *", hours(1), "2027-03-01T00:29Z", true},
      {"30 23 28 2 *", hours(1), "2028-03-01T00:29Z", false},  // there is a 29th between
      {"30 23 28 2 *", hours(1), "2028-02-29T00:29Z", true},
      {"0 22 * * fri", hours(60), "2026-11-30T09:59Z", true},  // a Monday morning
      {"0 22 * * fri", hours(60), "2026-11-30T10:00Z", false},
      {"0 22 * * sun", hours(4), "2026-11-23T01:59Z", true},
      {"0 22 * * sat", hours(4), "2026-11-23T01:59Z", false},
      {"59 23 * * *", minutes(1), "2026-11-23T23:59:59.999Z", true},
      {"59 23 * * *", minutes(1), "2026-11-24T00:00Z", false},
  };
  for (const auto& c : cases)
    EXPECT_EQ(in_window(cron(c.cron), c.length, at(c.now)), c.open) << c.cron << " " << c.now;
}

// One part of a field and what it names, by counting instead of parsing.
struct Part {
  std::string text;
  std::set<int> named;
};

rc::Gen<Part> any_part(int first, int last) {
  return rc::gen::apply(
      [=](int a, int b, int step, int form) {
        const int from = std::min(a, b), to = std::max(a, b);
        Part part;
        const auto count = [&](int begin, int end, int by) {
          for (int v = first; v <= last; ++v)
            if (v >= begin && v <= end && (v - begin) % by == 0) part.named.insert(v);
        };
        if (form == 0) part.text = fmt::format("{}", from), count(from, from, 1);
        if (form == 1) part.text = fmt::format("{}-{}", from, to), count(from, to, 1);
        if (form == 2) part.text = fmt::format("{}/{}", from, step), count(from, last, step);
        if (form == 3) part.text = fmt::format("{}-{}/{}", from, to, step), count(from, to, step);
        if (form == 4) part.text = fmt::format("*/{}", step), count(first, last, step);
        if (form == 5) part.text = "*", count(first, last, 1);
        return part;
      },
      rc::gen::inRange(first, last + 1), rc::gen::inRange(first, last + 1), rc::gen::inRange(1, 80),
      rc::gen::weightedElement<int>({{3, 0}, {3, 1}, {2, 2}, {2, 3}, {2, 4}, {4, 5}}));
}

Part any_field(int first, int last) {
  Part field;
  for (int n = *rc::gen::inRange(1, 4); n > 0; --n) {
    const Part part = *any_part(first, last);
    field.text += (field.text.empty() ? "" : ",") + part.text;
    field.named.insert(part.named.begin(), part.named.end());
  }
  return field;
}

// Against the calendar of the standard library, field by field.
RC_GTEST_PROP(CronLaw, a_minute_is_named_when_all_its_fields_are, ()) {
  const Part minute = any_field(0, 59), hour = any_field(0, 23), day = any_field(1, 31),
             month = any_field(1, 12), weekday = any_field(0, 7);
  const std::string text =
      fmt::format("{} {} {} {} {}", minute.text, hour.text, day.text, month.text, weekday.text);
  const auto parsed = Cron::parse(text);
  RC_PRE(parsed.has_value());  // not a day that no month has
  const bool either = !day.text.starts_with('*') && !weekday.text.starts_with('*');
  int named = 0;
  for (int i = 0; i < 200; ++i) {
    // Steps that meet every minute, hour and day sooner or later.
    const Instant t = at("2027-12-30T00:00Z") + minutes(1'441 * i * *rc::gen::inRange(1, 9));
    const auto midnight = std::chrono::floor<std::chrono::days>(t);
    const std::chrono::year_month_day date(midnight);
    const std::chrono::hh_mm_ss clock(t - midnight);
    const int w = static_cast<int>(std::chrono::weekday(midnight).c_encoding());
    const bool of_month = day.named.contains(static_cast<int>(unsigned(date.day())));
    const bool of_week = weekday.named.contains(w) || (w == 0 && weekday.named.contains(7));
    const bool expected = minute.named.contains(static_cast<int>(clock.minutes().count())) &&
                          hour.named.contains(static_cast<int>(clock.hours().count())) &&
                          month.named.contains(static_cast<int>(unsigned(date.month()))) &&
                          (either ? of_month || of_week : of_month && of_week);
    named += expected;
    if (parsed->matches(t) != expected) RC_FAIL(text + " at " + to_iso(t));
  }
  RC_CLASSIFY(named > 0, "names some");
}

RC_GTEST_PROP(CronLaw, a_window_is_open_for_its_length_after_each_minute_it_names, ()) {
  const Cron c = cron(
      rc::gen::element<std::string>("17 3 * * *", "*/45 22-23 * * *", "0 0 1 * *", "59 23 * * sun")
          .operator*()
          .c_str());
  const Instant now = at("2026-02-27T00:00Z") + Millis(*rc::gen::inRange(0, 4 * 86'400'000));
  const Millis length(*rc::gen::inRange(-10, 3 * 86'400'000));
  bool open = false;
  for (Instant t = std::chrono::floor<minutes>(now); t > now - length && !open; t -= minutes(1))
    open = c.matches(t);
  RC_CLASSIFY(open, "open");
  RC_ASSERT(in_window(c, length, now) == open);
}

}  // namespace
}  // namespace henge
