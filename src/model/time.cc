#include "model/time.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdlib>
#include <optional>

#include "model/calendar.h"

namespace henge {
namespace {

// Reads exactly `width` digits at the front and takes them off.
std::optional<int> take_digits(std::string_view& text, std::size_t width) {
  if (text.size() < width) return std::nullopt;
  int value = 0;
  for (char c : text.substr(0, width)) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  text.remove_prefix(width);
  return value;
}

bool take(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

tl::unexpected<Error> bad_instant(std::string_view text) {
  return fail(
      ErrorKind::invalid,
      fmt::format("'{}' is not an instant; expected UTC such as 2026-01-02T03:04:05Z", text));
}

// hh:mm[:ss[.fff]] as an offset into the day.
std::optional<Millis> take_time(std::string_view& text) {
  auto hour = take_digits(text, 2);
  if (!hour || *hour > 23) return std::nullopt;
  int minute = 0, second = 0, ms = 0;
  if (take(text, ':')) {
    auto m = take_digits(text, 2);
    if (!m || *m > 59) return std::nullopt;
    minute = *m;
    if (take(text, ':')) {
      auto s = take_digits(text, 2);
      if (!s || *s > 59) return std::nullopt;
      second = *s;
      if (take(text, '.')) {
        int scale = 100, digits = 0;
        while (!text.empty() && text.front() >= '0' && text.front() <= '9' && digits < 9) {
          ms += (text.front() - '0') * scale;
          scale /= 10;
          ++digits;
          text.remove_prefix(1);
        }
        if (digits == 0) return std::nullopt;
      }
    }
  }
  return std::chrono::hours(*hour) + std::chrono::minutes(minute) + std::chrono::seconds(second) +
         Millis(ms);
}

struct Parts {
  CalendarDay day;
  std::int64_t hour, minute, second, ms;
};

Parts split(Instant t) {
  constexpr std::int64_t day_ms = 86'400'000;
  const std::int64_t ms = (to_ms(t) % day_ms + day_ms) % day_ms;
  return {day_of(t), ms / 3'600'000, ms / 60'000 % 60, ms / 1000 % 60, ms % 1000};
}

// Four digits at the least, the sign not among them: -0044-03-15.
std::string day_text(const CalendarDay& d) {
  return fmt::format("{}{:04}-{:02}-{:02}", d.year < 0 ? "-" : "", std::abs(d.year), d.month,
                     d.day);
}

}  // namespace

std::string to_iso(Instant t) {
  Parts p = split(t);
  return fmt::format("{}T{:02}:{:02}:{:02}.{:03}Z", day_text(p.day), p.hour, p.minute, p.second,
                     p.ms);
}

std::string to_short_iso(Instant t) {
  Parts p = split(t);
  if (p.ms != 0) return to_iso(t);
  if (p.second != 0)
    return fmt::format("{}T{:02}:{:02}:{:02}Z", day_text(p.day), p.hour, p.minute, p.second);
  return fmt::format("{}T{:02}:{:02}Z", day_text(p.day), p.hour, p.minute);
}

std::string to_iso(Interval i) {
  return to_iso(i.start) + "/" + to_iso(i.end);
}

Result<Instant> parse_instant(std::string_view whole) {
  std::string_view text = whole;
  bool negative = take(text, '-');
  std::size_t digits = 0;
  while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') ++digits;
  if (digits < 4 || digits > 9) return bad_instant(whole);
  auto year = take_digits(text, digits);
  if (!take(text, '-')) return bad_instant(whole);
  auto month = take_digits(text, 2);
  if (!take(text, '-')) return bad_instant(whole);
  auto day = take_digits(text, 2);
  if (!year || !month || !day) return bad_instant(whole);
  const CalendarDay date{negative ? -*year : *year, static_cast<unsigned>(*month),
                         static_cast<unsigned>(*day)};
  if (!exists(date)) return bad_instant(whole);
  Instant at = midnight_of(date);
  if (take(text, 'T') || take(text, ' ')) {
    auto time = take_time(text);
    if (!time) return bad_instant(whole);
    at += *time;
    if (!take(text, 'Z')) return bad_instant(whole);
  }
  if (!text.empty()) return bad_instant(whole);
  return at;
}

Result<Interval> parse_interval(std::string_view text) {
  auto slash = text.find('/');
  if (slash == std::string_view::npos) slash = text.find('_');
  if (slash == std::string_view::npos)
    return fail(ErrorKind::invalid,
                fmt::format("'{}' is not an interval; expected START/END", text));
  TRY(Instant start, parse_instant(text.substr(0, slash)));
  TRY(Instant end, parse_instant(text.substr(slash + 1)));
  if (end <= start)
    return fail(ErrorKind::invalid, fmt::format("interval '{}' ends before it starts", text));
  return Interval{start, end};
}

namespace {

tl::unexpected<Error> bad_period(std::string_view text, std::string_view why) {
  return fail(
      ErrorKind::invalid,
      fmt::format("'{}' is not a period: {}; expected ISO 8601 such as PT10M, PT1H30M or P7D", text,
                  why));
}

std::optional<std::int64_t> unit_ms(char unit, bool in_time) {
  if (!in_time && unit == 'W') return 7LL * 86'400'000;
  if (!in_time && unit == 'D') return 86'400'000;
  if (in_time && unit == 'H') return 3'600'000;
  if (in_time && unit == 'M') return 60'000;
  if (in_time && unit == 'S') return 1'000;
  return std::nullopt;
}

}  // namespace

Result<Millis> parse_period(std::string_view whole) {
  std::string_view text = whole;
  if (!take(text, 'P')) return bad_period(whole, "it does not start with P");
  bool in_time = false, any = false;
  std::int64_t total = 0;
  std::string_view order = "WDHMS";
  while (!text.empty()) {
    if (!in_time && take(text, 'T')) {
      in_time = true;
      any = false;  // a T must be followed by something
      continue;
    }
    std::int64_t number = 0, fraction_ms = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || text.front() == '-')
      return bad_period(whole, "a number was expected");
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    bool fraction = take(text, '.');
    if (fraction) {
      std::int64_t scale = 100;
      if (text.empty() || text.front() < '0' || text.front() > '9')
        return bad_period(whole, "digits were expected after the point");
      for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; text.remove_prefix(1)) {
        fraction_ms += (text.front() - '0') * scale;
        scale /= 10;
      }
    }
    if (text.empty()) return bad_period(whole, "a unit is missing");
    char unit = text.front();
    if (!in_time && (unit == 'M' || unit == 'Y'))
      return bad_period(whole, "months and years have no fixed length");
    auto ms = unit_ms(unit, in_time);
    auto at = order.find(unit);
    if (!ms || at == std::string_view::npos)
      return bad_period(whole, "unknown unit or wrong order");
    if (fraction && unit != 'S') return bad_period(whole, "only seconds may have a fraction");
    if (number > 100'000'000'000'000 / *ms) return bad_period(whole, "it is too long");
    order.remove_prefix(at + 1);
    total += number * *ms + fraction_ms;
    text.remove_prefix(1);
    any = true;
  }
  if (!any) return bad_period(whole, "it is empty");
  return Millis(total);
}

std::string to_iso_period(Millis d) {
  std::int64_t ms = d.count();
  if (ms == 0) return "PT0S";
  std::string sign = ms < 0 ? "-" : "";
  if (ms < 0) ms = -ms;
  std::string text = sign + "P";
  if (auto days = ms / 86'400'000; days > 0) text += fmt::format("{}D", days);
  ms %= 86'400'000;
  if (ms == 0) return text;
  text += "T";
  if (auto hours = ms / 3'600'000; hours > 0) text += fmt::format("{}H", hours);
  if (auto minutes = ms / 60'000 % 60; minutes > 0) text += fmt::format("{}M", minutes);
  auto seconds = ms / 1000 % 60, rest = ms % 1000;
  if (rest > 0)
    text += fmt::format("{}.{:03}S", seconds, rest);
  else if (seconds > 0)
    text += fmt::format("{}S", seconds);
  return text;
}

std::string humanize(Millis d) {
  std::int64_t ms = d.count();
  if (ms < 0) return "-" + humanize(-d);
  if (ms < 1000) return fmt::format("{}ms", ms);
  if (ms < 10'000 && ms % 1000 != 0) return fmt::format("{:.1f}s", static_cast<double>(ms) / 1000);
  std::int64_t s = ms / 1000;
  struct Unit {
    std::int64_t seconds;
    const char* name;
  };
  static constexpr Unit units[] = {{86'400, "d"}, {3'600, "h"}, {60, "m"}, {1, "s"}};
  for (std::size_t i = 0; i < 4; ++i) {
    if (s < units[i].seconds) continue;
    std::string text = fmt::format("{}{}", s / units[i].seconds, units[i].name);
    if (i + 1 < 4)
      if (auto rest = s % units[i].seconds / units[i + 1].seconds; rest > 0)
        text += fmt::format(" {}{}", rest, units[i + 1].name);
    return text;
  }
  return "0s";
}

}  // namespace henge
