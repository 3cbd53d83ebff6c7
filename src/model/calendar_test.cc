// Days: the calendar against a count of days done by hand, and at the ends of what instants reach.
#include "model/calendar.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace henge {
namespace {

constexpr std::int64_t day_ms = 86'400'000;

bool is_leap(std::int64_t y) {
  return (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
}

unsigned length_of(std::int64_t year, unsigned month) {
  if (month == 2) return is_leap(year) ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

// Walks one day at a time over two whole cycles of leap years, on both sides of 1970.
TEST(Calendar, EveryDayFollowsTheOneBefore) {
  CalendarDay day{1570, 1, 1};
  Instant at = midnight_of(day);
  while (day.year < 2371) {
    ASSERT_EQ(day_of(at), day);
    ASSERT_EQ(day_of(at + Millis(day_ms - 1)), day) << "its last millisecond";
    ASSERT_EQ(midnight_of(day), at);
    ASSERT_TRUE(exists(day));
    at += Millis(day_ms);
    if (++day.day > length_of(day.year, day.month)) {
      ASSERT_FALSE(exists(day)) << "a day too many";
      day.day = 1;
      if (++day.month > 12) {
        day.month = 1;
        ++day.year;
      }
    }
  }
  EXPECT_EQ(midnight_of({1970, 1, 1}), Instant{});
}

TEST(Calendar, ThereAreNoOtherDays) {
  for (const CalendarDay& day : {CalendarDay{2026, 0, 1},
                                 {2026, 13, 1},
                                 {2026, 1, 0},
                                 {2026, 1, 32},
                                 {2026, 2, 29},
                                 {2026, 257, 1},
                                 {2026, 1, 257},
                                 {292'278'994, 1, 1},
                                 {-292'275'055, 12, 31},
                                 {INT64_MAX, 1, 1},
                                 {INT64_MIN, 1, 1}})
    EXPECT_FALSE(exists(day)) << day.year << "-" << day.month << "-" << day.day;
}

TEST(Calendar, ReachesAsFarAsInstants) {
  // From java.time, which counts as Joda does.
  EXPECT_EQ(day_of(Instant::max()), (CalendarDay{292'278'994, 8, 17}));
  EXPECT_EQ(day_of(Instant::min()), (CalendarDay{-292'275'055, 5, 16}));
  for (const CalendarDay& day : {CalendarDay{292'278'993, 12, 31}, {-292'275'054, 1, 1}}) {
    EXPECT_TRUE(exists(day));
    EXPECT_EQ(day_of(midnight_of(day)), day);
  }
}

RC_GTEST_PROP(CalendarLaw, midnight_is_the_start_of_the_day_that_holds_the_instant, ()) {
  const Instant t = instant_of_ms(
      *rc::gen::suchThat<std::int64_t>([](std::int64_t ms) { return ms > INT64_MIN + day_ms; }));
  const Instant midnight = midnight_of(day_of(t));
  RC_ASSERT(midnight <= t);
  RC_ASSERT(t - midnight < Millis(day_ms));
  RC_ASSERT(to_ms(midnight) % day_ms == 0);
}

RC_GTEST_PROP(CalendarLaw, repeats_itself_after_four_hundred_years, ()) {
  const CalendarDay day{*rc::gen::inRange<std::int64_t>(-290'000'000, 290'000'000),
                        *rc::gen::inRange<unsigned>(1, 13), *rc::gen::inRange<unsigned>(1, 29)};
  CalendarDay later = day;
  later.year += 400;
  RC_ASSERT(midnight_of(later) - midnight_of(day) == Millis(146'097 * day_ms));
}

}  // namespace
}  // namespace henge
