#include "model/calendar.h"

#include <date/date.h>

namespace henge {
namespace {

// The calendar repeats itself, weekdays included, after 400 years.
constexpr std::int64_t cycle_years = 400, cycle_days = 146'097, day_ms = 86'400'000;
// The years that instants reach from end to end.
constexpr std::int64_t year_max = 292'278'993, year_min = -292'275'054;

std::int64_t floor_div(std::int64_t a, std::int64_t b) {
  return a / b - (a % b < 0 ? 1 : 0);
}

}  // namespace

CalendarDay day_of(Instant t) {
  const std::int64_t days = floor_div(to_ms(t), day_ms);
  const std::int64_t cycle = floor_div(days, cycle_days);
  const date::year_month_day in_cycle(
      date::sys_days(date::days(static_cast<int>(days - cycle * cycle_days))));
  return {static_cast<int>(in_cycle.year()) + cycle * cycle_years,
          static_cast<unsigned>(in_cycle.month()), static_cast<unsigned>(in_cycle.day())};
}

Instant midnight_of(const CalendarDay& day) {
  const std::int64_t cycle = floor_div(day.year, cycle_years);
  const date::sys_days in_cycle(date::year(static_cast<int>(day.year - cycle * cycle_years)) /
                                date::month(day.month) / date::day(day.day));
  // Days first: the cycle's own beginning may lie beyond the last instant.
  const std::int64_t days = in_cycle.time_since_epoch().count() + cycle * cycle_days;
  return Instant(Millis(days * day_ms));
}

bool exists(const CalendarDay& day) {
  if (day.year < year_min || day.year > year_max || day.month > 12 || day.day > 31) return false;
  const std::int64_t in_cycle = day.year - floor_div(day.year, cycle_years) * cycle_years;
  return (date::year(static_cast<int>(in_cycle)) / date::month(day.month) / date::day(day.day))
      .ok();
}

}  // namespace henge
