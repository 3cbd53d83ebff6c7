// Joda-Time's fields, its ISO grammars and patterns, piece by piece. tests/golden/scan has Druid's
// own answers for whole timestamps.
#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>

#include "model/time.h"
#include "scan/joda_fields.h"
#include "scan/joda_iso.h"
#include "scan/joda_pattern.h"

namespace henge::scan {
namespace {

std::string shown(std::optional<std::int64_t> ms) {
  return ms ? to_iso(instant_of_ms(*ms)) : "-";
}

TEST(TextCursor, literals_match_in_either_case_and_move_only_when_they_do) {
  TextCursor at{"Tz-x"};
  EXPECT_FALSE(at.literal('z'));
  EXPECT_EQ(at.position, 0U);
  EXPECT_TRUE(at.literal('t'));
  EXPECT_FALSE(at.literal("Z+"));
  EXPECT_EQ(at.position, 1U);
  EXPECT_TRUE(at.literal("Z-"));
  EXPECT_FALSE(at.literal("xy"));
  EXPECT_TRUE(at.literal("X"));
  EXPECT_TRUE(at.at_end());
  EXPECT_EQ(at.peek(), '\0');
  EXPECT_FALSE(at.literal('x'));
  EXPECT_TRUE(at.literal(""));
}

TEST(TextCursor, numbers) {
  const struct {
    std::string_view text;
    int digits_max;
    bool is_signed;
    std::optional<std::int32_t> value;
    std::size_t end;
  } cases[] = {
      {"2026", 4, false, 2026, 4},
      {"2026", 2, false, 20, 2},
      {"7x", 4, false, 7, 1},
      {"", 4, false, {}, 0},
      {"x", 4, false, {}, 0},
      {"-5", 4, false, {}, 0},
      {"-5", 4, true, -5, 2},
      {"+5", 4, true, 5, 2},
      {"-", 4, true, {}, 0},
      {"-x", 4, true, {}, 0},
      {"-12345", 4, true, -1234, 5},
      {"000000001", 9, true, 1, 9},
      {"999999999", 9, true, 999'999'999, 9},
  };
  for (const auto& c : cases) {
    TextCursor at{c.text};
    std::optional<std::int32_t> value;
    EXPECT_EQ(at.number(c.digits_max, c.is_signed, value), c.value.has_value()) << c.text;
    EXPECT_EQ(value, c.value) << c.text;
    EXPECT_EQ(at.position, c.end) << c.text;
  }
}

TEST(TextCursor, fractions_are_cut_to_milliseconds_of_their_unit) {
  constexpr std::int64_t hour = 3'600'000;
  const struct {
    std::string_view text;
    int digits_max;
    std::int64_t unit;
    std::int32_t ms;
    std::size_t end;
  } cases[] = {
      {"5", 9, 1000, 500, 1},       {"123", 9, 1000, 123, 3},       {"1239999", 9, 1000, 123, 7},
      {"0009", 9, 1000, 0, 4},      {"999999999", 9, 1000, 999, 9}, {"1234", 3, 1000, 123, 3},
      {"5", 9, hour, 1'800'000, 1}, {"25", 9, hour, 900'000, 2},    {"5", 9, 60'000, 30'000, 1},
      {"00001", 9, hour, 36, 5},
  };
  for (const auto& c : cases) {
    TextCursor at{c.text};
    std::int32_t ms = -1;
    EXPECT_TRUE(at.fraction(c.digits_max, c.unit, ms)) << c.text;
    EXPECT_EQ(ms, c.ms) << c.text;
    EXPECT_EQ(at.position, c.end) << c.text;
  }
  TextCursor at{"x"};
  std::int32_t ms = -1;
  EXPECT_FALSE(at.fraction(9, 1000, ms));
  EXPECT_EQ(ms, -1);
}

TEST(TextCursor, offsets) {
  constexpr std::int32_t minute = 60'000;
  const struct {
    std::string_view text;
    std::optional<std::int32_t> ms;
    std::size_t end;
  } cases[] = {
      {"Z", 0, 1},
      {"z", 0, 1},
      {"+02", 120 * minute, 3},
      {"-02", -120 * minute, 3},
      {"+0230", 150 * minute, 5},
      {"+02:30", 150 * minute, 6},
      {"+02:30:15", 150 * minute + 15'000, 9},
      {"+023015", 150 * minute + 15'000, 7},
      {"+02:30:15.5", 150 * minute + 15'500, 11},
      {"+02:30:15,25", 150 * minute + 15'250, 12},
      {"+023015123", 150 * minute + 15'123, 10},
      {"+23:59", 1439 * minute, 6},
      {"+24", {}, 0},
      {"+02:60", {}, 0},
      {"+02:", {}, 0},
      {"+02:3", {}, 0},
      {"+2", {}, 0},
      {"+", {}, 0},
      {"02", {}, 0},
      {"", {}, 0},
  };
  for (const auto& c : cases) {
    TextCursor at{c.text};
    std::int32_t ms = 0;
    EXPECT_EQ(at.offset(ms), c.ms.has_value()) << c.text;
    if (c.ms) EXPECT_EQ(ms, *c.ms) << c.text;
    EXPECT_EQ(at.position, c.end) << c.text;
  }
}

TEST(JodaFields, ranges_are_checked_when_the_instant_is_computed) {
  const auto ms = [](auto change) {
    JodaFields f;
    f.year = 2024;
    change(f);
    return shown(f.milliseconds());
  };
  EXPECT_EQ(ms([](JodaFields&) {}), "2024-01-01T00:00:00.000Z");
  EXPECT_EQ(ms([](JodaFields& f) { f.month = 13; }), "-");
  EXPECT_EQ(ms([](JodaFields& f) { f.month = 0; }), "-");
  EXPECT_EQ(ms([](JodaFields& f) { f.month = 2, f.day = 29; }), "2024-02-29T00:00:00.000Z");
  EXPECT_EQ(ms([](JodaFields& f) { f.month = 2, f.day = 30; }), "-");
  EXPECT_EQ(ms([](JodaFields& f) { f.day = 0; }), "-");
  EXPECT_EQ(ms([](JodaFields& f) { f.day_of_year = 366; }), "2024-12-31T00:00:00.000Z");
  EXPECT_EQ(ms([](JodaFields& f) { f.year = 2023, f.day_of_year = 366; }), "-");
  EXPECT_EQ(ms([](JodaFields& f) { f.day_of_year = 0; }), "-");
  EXPECT_EQ(ms([](JodaFields& f) { f.hour = 24; }), "-");
  EXPECT_EQ(ms([](JodaFields& f) { f.minute = 60; }), "-");
  EXPECT_EQ(ms([](JodaFields& f) { f.second = 60; }), "-");
  EXPECT_EQ(ms([](JodaFields& f) { f.offset_ms = 3'600'000; }), "2023-12-31T23:00:00.000Z");
  EXPECT_EQ(ms([](JodaFields& f) { f.year = 292'278'994; }), "-");
}

TEST(JodaFields, week_dates) {
  const auto ms = [](int year, std::optional<int> week, std::optional<int> day) {
    JodaFields f;
    f.week_year = year;
    f.week = week;
    f.day_of_week = day;
    return shown(f.milliseconds());
  };
  EXPECT_EQ(ms(2026, 1, 1), "2025-12-29T00:00:00.000Z");
  EXPECT_EQ(ms(2026, 53, 7), "2027-01-03T00:00:00.000Z");
  EXPECT_EQ(ms(2025, 53, 1), "-");  // a year of 52 weeks
  EXPECT_EQ(ms(2020, 53, 1), "2020-12-28T00:00:00.000Z");
  EXPECT_EQ(ms(2026, 0, 1), "-");
  EXPECT_EQ(ms(2026, 1, 8), "-");
  EXPECT_EQ(ms(2026, 1, 0), "-");
  EXPECT_EQ(ms(2026, {}, {}), "2025-12-29T00:00:00.000Z");
}

TEST(JodaFields, without_a_year_it_is_1970_or_a_leap_year) {
  JodaFields time_only;
  time_only.hour = 3;
  EXPECT_EQ(shown(time_only.milliseconds()), "1970-01-01T03:00:00.000Z");
  JodaFields leap_day;
  leap_day.month = 2;
  leap_day.day = 29;
  EXPECT_EQ(shown(leap_day.milliseconds()), "2000-02-29T00:00:00.000Z");
}

TEST(JodaFields, storable_is_half_of_64_bits) {
  constexpr std::int64_t half = std::int64_t{1} << 62;
  EXPECT_TRUE(is_storable(-half));
  EXPECT_FALSE(is_storable(-half - 1));
  EXPECT_TRUE(is_storable(half - 2));
  EXPECT_FALSE(is_storable(half - 1));
}

TEST(JodaIso, an_optional_part_is_never_gone_back_into) {
  const struct {
    std::string_view text, iso, automatic;
  } cases[] = {
      {"2026-01-02T", "2026-01-02T00:00:00.000Z", "2026-01-02T00:00:00.000Z"},
      {"2026-01-02 ", "-", "2026-01-02T00:00:00.000Z"},
      {"2026-01-02T03.5", "2026-01-02T03:30:00.000Z", "2026-01-02T03:30:00.000Z"},
      {"2026-01-02T03:04,5", "2026-01-02T03:04:30.000Z", "2026-01-02T03:04:30.000Z"},
      {"2026-01-02T+02", "2026-01-01T22:00:00.000Z", "2026-01-01T22:00:00.000Z"},
      {"2026-01-02T03:", "-", "-"},
      {"2026-01-02T03:04:05.", "-", "-"},
      {"2026-01-02T03:04:05.1234567890", "-", "-"},
      {"T03:04", "1970-01-01T03:04:00.000Z", "-"},
      {"t03:04+01:00", "1970-01-01T02:04:00.000Z", "-"},
      {"T", "-", "-"},
      {"2026-1-2", "2026-01-02T00:00:00.000Z", "2026-01-02T00:00:00.000Z"},
      {"2026-012", "2026-01-12T00:00:00.000Z", "2026-01-12T00:00:00.000Z"},
      {"2026-W02-3", "2026-01-07T00:00:00.000Z", "2026-01-07T00:00:00.000Z"},
      {"2026-w02", "2026-01-05T00:00:00.000Z", "2026-01-05T00:00:00.000Z"},
      {"2026-01-02Z", "-", "-"},
      {"-0001", "-0001-01-01T00:00:00.000Z", "-0001-01-01T00:00:00.000Z"},
      {"", "-", "-"},
      {" 2026", "-", "-"},
      {"2026x", "-", "-"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(shown(parse_joda_iso(c.text, IsoGrammar::iso)), c.iso) << c.text;
    EXPECT_EQ(shown(parse_joda_iso(c.text, IsoGrammar::automatic)), c.automatic) << c.text;
  }
}

TEST(JodaPattern, says_which_letter_it_cannot_evaluate) {
  const std::vector<std::pair<std::string_view, std::string_view>> table{
      {"yyyy-MM-dd hh:mm a", "'hh'"},
      {"MMM yyyy", "'MMM'"},
      {"EEE", "'EEE'"},
      {"yy", "'yy'"},
      {"xxxx", "'xxxx'"},
      {"yyyy G", "'G'"},
      {"ZZZ", "'ZZZ'"},
      {"SSSSSSSSSS", "'SSSSSSSSSS'"},
      {"yyyy yyyy", "stands twice"},
      {"DDD dd", "day of year"},
      {"", "is empty"},
  };
  for (const auto& [pattern, word] : table) {
    const auto refused = JodaPattern::compile(pattern);
    ASSERT_FALSE(refused) << pattern;
    EXPECT_EQ(refused.error().kind, ErrorKind::invalid) << pattern;
    EXPECT_NE(refused.error().message.find(word), std::string::npos) << refused.error().message;
  }
}

TEST(JodaPattern, numbers_beside_numbers_take_no_more_than_their_width) {
  const auto parse = [](std::string_view pattern, std::string_view text) {
    const auto compiled = JodaPattern::compile(pattern);
    EXPECT_TRUE(compiled) << pattern;
    return shown(compiled->parse(text));
  };
  EXPECT_EQ(parse("yyyyMMdd", "20260102"), "2026-01-02T00:00:00.000Z");
  EXPECT_EQ(parse("yyyyMMdd", "2026012"), "2026-01-02T00:00:00.000Z");
  EXPECT_EQ(parse("yyyyMMdd", "202601023"), "-");
  EXPECT_EQ(parse("yyyy-MM", "12345-06"), "12345-06-01T00:00:00.000Z");
  EXPECT_EQ(parse("HHmmss", "030405"), "1970-01-01T03:04:05.000Z");
  EXPECT_EQ(parse("HH:mm", "3:4"), "1970-01-01T03:04:00.000Z");
  EXPECT_EQ(parse("ss.SSS", "05.6"), "1970-01-01T00:00:05.600Z");
  EXPECT_EQ(parse("ss.SSS", "05.6789"), "-");
  EXPECT_EQ(parse("''yyyy''", "'2026'"), "2026-01-01T00:00:00.000Z");
  EXPECT_EQ(parse("'day' dd", "DAY 05"), "2000-01-05T00:00:00.000Z");
  EXPECT_EQ(parse("yyyy Z", "2026 +0100"), "2025-12-31T23:00:00.000Z");
  EXPECT_EQ(parse("yyyy ZZ", "2026 +01:00"), "2025-12-31T23:00:00.000Z");
}

RC_GTEST_PROP(JodaFields, days_are_those_of_the_calendar, (std::int64_t seed)) {
  const std::chrono::sys_days day{std::chrono::days(seed % 10'000'000)};
  const std::chrono::year_month_day date(day);
  RC_ASSERT(days_of_civil(static_cast<int>(date.year()),
                          static_cast<std::int32_t>(static_cast<unsigned>(date.month())),
                          static_cast<std::int32_t>(static_cast<unsigned>(date.day()))) ==
            day.time_since_epoch().count());
}

// Whatever the grammar of iso reads after a T, the one of auto reads after a T or a space.
RC_GTEST_PROP(JodaIso, automatic_takes_what_iso_takes_but_times_alone, ()) {
  const auto text = *rc::gen::container<std::string>(
      rc::gen::element('2', '0', '1', '-', 'T', ':', '.', 'Z', '+', 'W', '9'));
  const auto iso = parse_joda_iso(text, IsoGrammar::iso);
  if (!iso || text.starts_with('T')) return;
  RC_ASSERT(parse_joda_iso(text, IsoGrammar::automatic) == iso);
  std::string spaced = text;
  if (const auto t = spaced.find('T'); t != std::string::npos) spaced[t] = ' ';
  RC_ASSERT(parse_joda_iso(spaced, IsoGrammar::automatic) == iso);
}

}  // namespace
}  // namespace henge::scan
