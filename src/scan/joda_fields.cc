#include "scan/joda_fields.h"

#include <algorithm>
#include <limits>

namespace henge::scan {

namespace {

constexpr std::int64_t second_ms = 1000;
constexpr std::int64_t minute_ms = 60 * second_ms;
constexpr std::int64_t hour_ms = 60 * minute_ms;
constexpr std::int64_t day_ms = 24 * hour_ms;
constexpr std::int64_t year_max = 292'278'993;
constexpr std::int64_t year_min = -292'275'054;
// Joda's base for texts that name a month or a day but no year: a leap year.
constexpr std::int32_t year_default = 2000;

bool is_leap(std::int64_t year) {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

bool in_range(std::int64_t value, std::int64_t min, std::int64_t max) {
  return min <= value && value <= max;
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// The Monday of week 1: the week that holds 4 January.
std::int64_t week_one(std::int64_t year) {
  const std::int64_t fourth = days_of_civil(year, 1, 4);
  const std::int64_t weekday =
      ((fourth + 3) % 7 + 7) % 7;  // Monday is 0; 1970-01-01 was a Thursday
  return fourth - weekday;
}

std::optional<std::int64_t> days_of_week_date(const JodaFields& f) {
  const std::int64_t year = *f.week_year;
  if (!in_range(year, year_min, year_max)) return std::nullopt;
  const std::int64_t first = week_one(year);
  const std::int64_t weeks = (week_one(year + 1) - first) / 7;
  const std::int32_t week = f.week.value_or(1);
  const std::int32_t day = f.day_of_week.value_or(1);
  if (!in_range(week, 1, weeks) || !in_range(day, 1, 7)) return std::nullopt;
  return first + (week - 1) * 7 + day - 1;
}

std::optional<std::int64_t> days_of(const JodaFields& f) {
  if (f.week_year) return days_of_week_date(f);
  if (!f.year && !f.month && !f.day && !f.day_of_year) return 0;
  const std::int64_t year = f.year.value_or(year_default);
  if (!in_range(year, year_min, year_max)) return std::nullopt;
  if (f.day_of_year) {
    if (!in_range(*f.day_of_year, 1, is_leap(year) ? 366 : 365)) return std::nullopt;
    return days_of_civil(year, 1, 1) + *f.day_of_year - 1;
  }
  const std::int32_t month = f.month.value_or(1);
  const std::int32_t day = f.day.value_or(1);
  if (!in_range(month, 1, 12)) return std::nullopt;
  if (!in_range(day, 1, days_in_month(year, month))) return std::nullopt;
  return days_of_civil(year, month, day);
}

}  // namespace

bool is_storable(std::int64_t ms) {
  constexpr std::int64_t first = std::numeric_limits<std::int64_t>::min() / 2;
  constexpr std::int64_t end = std::numeric_limits<std::int64_t>::max() / 2;
  return first <= ms && ms < end;
}

std::int64_t days_of_civil(std::int64_t year, std::int32_t month, std::int32_t day) {
  // Counted in years that start in March, so that the leap day is a year's last.
  const std::int64_t y = month <= 2 ? year - 1 : year;
  const std::int64_t era = (y >= 0 ? y : y - 399) / 400;
  const std::int64_t year_of_era = y - era * 400;
  const std::int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const std::int64_t day_of_era =
      year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146'097 + day_of_era - 719'468;
}

std::int32_t days_in_month(std::int64_t year, std::int32_t month) {
  if (month == 2) return is_leap(year) ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

std::optional<std::int64_t> JodaFields::milliseconds() const {
  const auto days = days_of(*this);
  if (!days) return std::nullopt;
  if (!in_range(hour.value_or(0), 0, 23) || !in_range(minute.value_or(0), 0, 59) ||
      !in_range(second.value_or(0), 0, 59)) {
    return std::nullopt;
  }
  std::int64_t ms = 0;
  if (__builtin_mul_overflow(*days, day_ms, &ms)) return std::nullopt;
  const std::int64_t of_day = hour.value_or(0) * hour_ms + minute.value_or(0) * minute_ms +
                              second.value_or(0) * second_ms + fraction_ms - offset_ms;
  if (__builtin_add_overflow(ms, of_day, &ms)) return std::nullopt;
  return ms;
}

bool TextCursor::literal(char c) {
  if (at_end() || lower(text[position]) != lower(c)) return false;
  ++position;
  return true;
}

bool TextCursor::literal(std::string_view s) {
  if (text.size() - std::min(position, text.size()) < s.size()) return false;
  for (std::size_t i = 0; i < s.size(); ++i) {
    if (lower(text[position + i]) != lower(s[i])) return false;
  }
  position += s.size();
  return true;
}

bool TextCursor::number(int digits_max, bool is_signed, std::optional<std::int32_t>& value) {
  std::size_t at = position;
  bool negative = false;
  if (is_signed && at < text.size() && (text[at] == '-' || text[at] == '+')) {
    negative = text[at] == '-';
    ++at;
  }
  const int count = digits(at, digits_max);
  if (count == 0) return false;
  std::int64_t v = 0;
  for (int i = 0; i < count; ++i) v = v * 10 + (text[at + static_cast<std::size_t>(i)] - '0');
  value = static_cast<std::int32_t>(negative ? -v : v);
  position = at + static_cast<std::size_t>(count);
  return true;
}

bool TextCursor::fraction(int digits_max, std::int64_t unit_ms, std::int32_t& ms) {
  const int count = digits(position, digits_max);
  if (count == 0) return false;
  std::int64_t value = 0;
  std::int64_t unit = unit_ms * 10;
  for (int i = 0; i < count; ++i) {
    unit /= 10;
    value += (text[position + static_cast<std::size_t>(i)] - '0') * unit;
  }
  ms = static_cast<std::int32_t>(value / 10);
  position += static_cast<std::size_t>(count);
  return true;
}

bool TextCursor::offset(std::int32_t& ms) {
  if (literal('Z')) {
    ms = 0;
    return true;
  }
  const char sign = peek();
  if (sign != '-' && sign != '+') return false;
  std::size_t at = position + 1;
  if (digits(at, 2) < 2 || two_digits(at) > 23) return false;
  std::int64_t total = two_digits(at) * hour_ms;
  at += 2;
  const bool separated = at < text.size() && text[at] == ':';
  // Minutes, then seconds. Without separators a field may be left out; after a colon it has to
  // follow.
  std::int64_t unit = minute_ms;
  bool complete = true;
  for (; unit >= second_ms; unit /= 60) {
    if (separated) {
      if (at >= text.size() || text[at] != ':') complete = false;
      if (!complete) break;
      ++at;
    }
    const int count = digits(at, 2);
    if (count == 0 && !separated) complete = false;
    if (!complete) break;
    if (count < 2 || two_digits(at) > 59) return false;
    total += two_digits(at) * unit;
    at += 2;
  }
  if (complete) {
    const bool point = at < text.size() && (text[at] == '.' || text[at] == ',');
    if (separated ? point : digits(at, 3) > 0) {
      if (separated) ++at;
      TextCursor rest{text, at};
      std::int32_t part = 0;
      if (!rest.fraction(3, second_ms, part)) return false;
      total += part;
      at = rest.position;
    }
  }
  ms = static_cast<std::int32_t>(sign == '-' ? -total : total);
  position = at;
  return true;
}

int TextCursor::digits(std::size_t from, int digits_max) const {
  int count = 0;
  while (count < digits_max && from < text.size() && is_digit(text[from])) {
    ++count;
    ++from;
  }
  return count;
}

std::int32_t TextCursor::two_digits(std::size_t from) const {
  return (text[from] - '0') * 10 + (text[from + 1] - '0');
}

}  // namespace henge::scan
