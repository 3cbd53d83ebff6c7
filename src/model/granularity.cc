#include "model/granularity.h"

#include <fmt/format.h>

#include <array>
#include <cctype>
#include <optional>

#include "model/calendar.h"

namespace henge {
namespace {

struct Entry {
  Granularity granularity;
  const char* name;
  const char* period;     // the ISO period that means the same bucket, or empty
  std::int64_t fixed_ms;  // 0 where the calendar decides
};

constexpr std::int64_t minute_ms = 60'000, hour_ms = 3'600'000, day_ms = 86'400'000;
constexpr std::array<Entry, 16> entries{{
    {Granularity::none, "NONE", "", 1},
    {Granularity::second, "SECOND", "PT1S", 1000},
    {Granularity::minute, "MINUTE", "PT1M", minute_ms},
    {Granularity::five_minute, "FIVE_MINUTE", "PT5M", 5 * minute_ms},
    {Granularity::ten_minute, "TEN_MINUTE", "PT10M", 10 * minute_ms},
    {Granularity::fifteen_minute, "FIFTEEN_MINUTE", "PT15M", 15 * minute_ms},
    {Granularity::thirty_minute, "THIRTY_MINUTE", "PT30M", 30 * minute_ms},
    {Granularity::hour, "HOUR", "PT1H", hour_ms},
    {Granularity::six_hour, "SIX_HOUR", "PT6H", 6 * hour_ms},
    {Granularity::eight_hour, "EIGHT_HOUR", "PT8H", 8 * hour_ms},
    {Granularity::day, "DAY", "P1D", day_ms},
    {Granularity::week, "WEEK", "P1W", 0},
    {Granularity::month, "MONTH", "P1M", 0},
    {Granularity::quarter, "QUARTER", "P3M", 0},
    {Granularity::year, "YEAR", "P1Y", 0},
    {Granularity::all, "ALL", "", 0},
}};

const Entry& entry_of(Granularity g) {
  return entries[static_cast<std::size_t>(g)];
}

Interval fixed_bucket(std::int64_t width, Instant t) {
  std::int64_t ms = to_ms(t);
  std::int64_t start = ms - ((ms % width) + width) % width;
  return {instant_of_ms(start), instant_of_ms(start + width)};
}

Interval month_bucket(unsigned width, Instant t) {
  const CalendarDay day = day_of(t);
  const unsigned first = (day.month - 1) / width * width + 1;
  const unsigned next = first + width;
  return {
      midnight_of({day.year, first, 1}),
      midnight_of(next > 12 ? CalendarDay{day.year + 1, 1, 1} : CalendarDay{day.year, next, 1})};
}

}  // namespace

const char* to_string(Granularity g) {
  return entry_of(g).name;
}

Result<Granularity> parse_granularity(std::string_view text) {
  std::string upper;
  for (char c : text) upper += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  if (upper == "P7D") upper = "P1W";
  for (const Entry& e : entries)
    if (upper == e.name || (*e.period != '\0' && upper == e.period)) return e.granularity;
  std::string names;
  for (const Entry& e : entries) names += fmt::format("{}{}", names.empty() ? "" : ", ", e.name);
  return fail(ErrorKind::invalid,
              fmt::format("'{}' is not a granularity; expected one of {}", text, names));
}

Interval bucket(Granularity g, Instant t) {
  if (auto width = entry_of(g).fixed_ms; width > 0) return fixed_bucket(width, t);
  if (g == Granularity::month) return month_bucket(1, t);
  if (g == Granularity::quarter) return month_bucket(3, t);
  if (g == Granularity::year) return month_bucket(12, t);
  if (g == Granularity::week) {
    // 1970-01-01 was a Thursday: weeks that start on Monday are shifted by four days.
    Interval shifted = fixed_bucket(7 * day_ms, t - Millis(4 * day_ms));
    return {shifted.start + Millis(4 * day_ms), shifted.end + Millis(4 * day_ms)};
  }
  // Druid's Intervals.ETERNITY: half the range of a long on both sides.
  return {instant_of_ms(INT64_MIN / 2), instant_of_ms(INT64_MAX / 2)};
}

bool nests(Granularity fine, Granularity coarse) {
  if (fine == coarse || coarse == Granularity::all || fine == Granularity::none) return true;
  if (fine == Granularity::all || coarse == Granularity::none) return false;
  std::int64_t a = entry_of(fine).fixed_ms, b = entry_of(coarse).fixed_ms;
  if (a > 0 && b > 0) return b % a == 0;
  if (a > 0) return day_ms % a == 0;  // every calendar bucket is made of whole days
  if (fine == Granularity::week || coarse == Granularity::week) return false;
  return fine < coarse;
}

}  // namespace henge
