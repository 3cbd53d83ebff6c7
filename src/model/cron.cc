#include "model/cron.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <span>
#include <string>
#include <vector>

#include "model/calendar.h"

namespace henge {
namespace {

using std::chrono::minutes;

constexpr std::array<std::string_view, 12> month_names = {"jan", "feb", "mar", "apr", "may", "jun",
                                                          "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::array<std::string_view, 7> day_names = {"sun", "mon", "tue", "wed",
                                                       "thu", "fri", "sat"};

struct Field {
  const char* name;
  int first;
  int last;
  std::span<const std::string_view> names;  // of first, first + 1, ...
};

const std::array<Field, 5> fields = {{
    {"minute", 0, 59, {}},
    {"hour", 0, 23, {}},
    {"day of month", 1, 31, {}},
    {"month", 1, 12, month_names},
    {"day of week", 0, 7, day_names},
}};

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> out;
  while (true) {
    const auto at = text.find(separator);
    out.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return out;
    text.remove_prefix(at + 1);
  }
}

std::vector<std::string_view> words(std::string_view text) {
  std::vector<std::string_view> out;
  for (std::string_view word : split(text, ' '))
    if (!word.empty()) out.push_back(word);
  return out;
}

tl::unexpected<Error> bad(const Field& field, std::string_view part) {
  const char* names = field.names.empty() ? "" : " or names";
  return fail(ErrorKind::invalid,
              fmt::format("cron field '{}' has '{}'; it takes *, {} to {}{}, ranges, steps and "
                          "lists of them",
                          field.name, part, field.first, field.last, names));
}

std::optional<int> number(std::string_view text) {
  int value = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || rest != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

std::optional<int> value_of(const Field& field, std::string_view text) {
  if (auto value = number(text))
    return *value >= field.first && *value <= field.last ? value : std::nullopt;
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  const auto known = std::ranges::find(field.names, lower);
  if (known == field.names.end()) return std::nullopt;
  return field.first + static_cast<int>(known - field.names.begin());
}

// One part of a list: the values it names.
Result<std::vector<int>> parse_part(const Field& field, std::string_view part) {
  const auto slash = part.find('/');
  const std::string_view range = part.substr(0, slash);
  int step = 1;
  if (slash != std::string_view::npos) {
    const auto given = number(part.substr(slash + 1));
    if (!given || *given == 0) return bad(field, part);
    // One that leaves the field is as good as any that does, and must not leave the numbers.
    step = std::min(*given, field.last + 1);
  }
  int first = field.first, last = field.last;
  if (range != "*") {
    const auto dash = range.find('-');
    const auto from = value_of(field, range.substr(0, dash));
    if (!from) return bad(field, part);
    first = *from;
    if (dash != std::string_view::npos) {
      const auto to = value_of(field, range.substr(dash + 1));
      if (!to || *to < first) return bad(field, part);
      last = *to;
    } else if (slash == std::string_view::npos) {
      last = first;
    }
  }
  std::vector<int> values;
  for (int value = first; value <= last; value += step) values.push_back(value);
  return values;
}

template <std::size_t Size>
Result<void> parse_field(const Field& field, std::string_view text, std::bitset<Size>& out) {
  for (std::string_view part : split(text, ',')) {
    TRY(const std::vector<int> values, parse_part(field, part));
    // Sunday is 7, too.
    for (int value : values) out.set(static_cast<std::size_t>(value) % Size);
  }
  return {};
}

constexpr std::array<unsigned, 13> days_max = {0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

}  // namespace

Result<Cron> Cron::parse(std::string_view text) {
  const auto parts = words(text);
  if (parts.size() != fields.size())
    return fail(ErrorKind::invalid,
                fmt::format("cron '{}' has {} fields; five are expected: minute, hour, day of "
                            "month, month, day of week",
                            text, parts.size()));
  Cron cron;
  TRY_VOID(parse_field(fields[0], parts[0], cron.minutes_));
  TRY_VOID(parse_field(fields[1], parts[1], cron.hours_));
  TRY_VOID(parse_field(fields[2], parts[2], cron.days_));
  TRY_VOID(parse_field(fields[3], parts[3], cron.months_));
  TRY_VOID(parse_field(fields[4], parts[4], cron.weekdays_));
  cron.any_day_ = parts[2].starts_with('*');
  cron.any_weekday_ = parts[4].starts_with('*');
  bool there_is_a_day = !cron.any_weekday_;
  for (unsigned month = 1; month <= 12; ++month)
    for (unsigned day = 1; day <= days_max[month]; ++day)
      there_is_a_day = there_is_a_day || (cron.months_[month] && cron.days_[day]);
  if (!there_is_a_day)
    return fail(ErrorKind::invalid,
                fmt::format("cron '{}' names a day that none of its months has", text));
  return cron;
}

bool Cron::names_day(Instant t) const {
  const CalendarDay day = day_of(t);
  if (!months_[day.month]) return false;
  const bool of_month = days_[day.day];
  const std::chrono::weekday weekday(std::chrono::floor<std::chrono::days>(t));
  const bool of_week = weekdays_[weekday.c_encoding()];
  return any_day_ || any_weekday_ ? of_month && of_week : of_month || of_week;
}

bool Cron::matches(Instant t) const {
  const auto of_day = t - std::chrono::floor<std::chrono::days>(t);
  const auto minute = std::chrono::floor<minutes>(of_day).count();
  return minutes_[static_cast<std::size_t>(minute % 60)] &&
         hours_[static_cast<std::size_t>(minute / 60)] && names_day(t);
}

std::optional<Instant> Cron::last(Instant t, Instant not_before) const {
  Instant minute = std::chrono::floor<minutes>(t);
  while (minute >= not_before) {
    const Instant midnight = std::chrono::floor<std::chrono::days>(minute);
    // A day or an hour that it does not name is passed over at once.
    if (!names_day(minute)) {
      minute = midnight - minutes(1);
      continue;
    }
    const auto hour = std::chrono::floor<std::chrono::hours>(minute);
    if (!hours_[static_cast<std::size_t>((hour - midnight) / std::chrono::hours(1))]) {
      minute = hour - minutes(1);
      continue;
    }
    if (minutes_[static_cast<std::size_t>((minute - hour) / minutes(1))]) return minute;
    minute -= minutes(1);
  }
  return std::nullopt;
}

std::optional<Instant> Cron::next(Instant t, Instant not_after) const {
  Instant minute = std::chrono::ceil<minutes>(t);
  while (minute <= not_after) {
    const Instant midnight = std::chrono::floor<std::chrono::days>(minute);
    if (!names_day(minute)) {
      minute = midnight + std::chrono::days(1);
      continue;
    }
    const auto hour = std::chrono::floor<std::chrono::hours>(minute);
    if (!hours_[static_cast<std::size_t>((hour - midnight) / std::chrono::hours(1))]) {
      minute = hour + std::chrono::hours(1);
      continue;
    }
    if (minutes_[static_cast<std::size_t>((minute - hour) / minutes(1))]) return minute;
    minute += minutes(1);
  }
  return std::nullopt;
}

bool in_window(const Cron& cron, Millis duration, Instant now) {
  return duration > Millis(0) && cron.last(now, now - duration + Millis(1)).has_value();
}

}  // namespace henge
