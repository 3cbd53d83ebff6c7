// What Joda-Time's parser collects from a text, and the instant it makes of that. Years may be
// negative or have nine digits.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace henge::scan {

// Fields as read, not yet checked. Joda checks ranges only when it computes the instant, and so
// does instant().
struct JodaFields {
  std::optional<std::int32_t> year;
  std::optional<std::int32_t> week_year;
  std::optional<std::int32_t> month;
  std::optional<std::int32_t> day;
  std::optional<std::int32_t> day_of_year;
  std::optional<std::int32_t> week;
  std::optional<std::int32_t> day_of_week;
  std::optional<std::int32_t> hour;
  std::optional<std::int32_t> minute;
  std::optional<std::int32_t> second;
  std::int32_t fraction_ms = 0;
  std::int32_t offset_ms = 0;

  // Milliseconds since the epoch, perhaps more than Druid can store. Nothing when a field is out of
  // range.
  [[nodiscard]] std::optional<std::int64_t> milliseconds() const;
};

// Whether the instant lies in Druid's eternity: half of the range of 64-bit milliseconds.
bool is_storable(std::int64_t ms);
// Days since 1970-01-01 in the proleptic Gregorian calendar with a year 0.
std::int64_t days_of_civil(std::int64_t year, std::int32_t month, std::int32_t day);
std::int32_t days_in_month(std::int64_t year, std::int32_t month);

// A place in a text. The read functions advance only when they succeed.
struct TextCursor {
  std::string_view text;
  std::size_t position = 0;

  [[nodiscard]] bool at_end() const { return position >= text.size(); }
  [[nodiscard]] char peek() const { return at_end() ? '\0' : text[position]; }
  // ASCII letters match in either case, as Joda's literals do.
  bool literal(char c);
  bool literal(std::string_view s);
  // One to digits_max digits, with a sign if `is_signed`; the sign does not count as a digit.
  bool number(int digits_max, bool is_signed, std::optional<std::int32_t>& value);
  // One to digits_max digits after a decimal point, as milliseconds of a unit of unit_ms, cut off.
  bool fraction(int digits_max, std::int64_t unit_ms, std::int32_t& ms);
  // Z, +02, +0200, +02:00, +02:00:00.000 and the forms between.
  bool offset(std::int32_t& ms);

 private:
  [[nodiscard]] int digits(std::size_t from, int digits_max) const;
  [[nodiscard]] std::int32_t two_digits(std::size_t from) const;
};

}  // namespace henge::scan
