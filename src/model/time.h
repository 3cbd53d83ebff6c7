// Instants, intervals and ISO 8601 texts, at Druid's resolution of one millisecond, always UTC.
#pragma once

#include <chrono>
#include <compare>
#include <string>
#include <string_view>

#include "model/result.h"

namespace henge {

using Millis = std::chrono::milliseconds;
using Instant = std::chrono::sys_time<Millis>;

constexpr Instant instant_of_ms(std::int64_t ms) {
  return Instant(Millis(ms));
}
constexpr std::int64_t to_ms(Instant t) {
  return t.time_since_epoch().count();
}

// Half-open: start is in, end is not.
struct Interval {
  Instant start;
  Instant end;

  [[nodiscard]] bool contains(Instant t) const { return start <= t && t < end; }
  auto operator<=>(const Interval&) const = default;
};

// 2026-01-02T03:04:05.678Z, always with milliseconds: the form Druid prints.
std::string to_iso(Instant t);
// 2026-01-02T03:04Z where seconds and milliseconds are zero, else as short as exact: for people.
std::string to_short_iso(Instant t);
// start/end, both in Druid's form.
std::string to_iso(Interval i);
// Accepts what to_iso and to_short_iso print, and dates without time. Errors: invalid.
Result<Instant> parse_instant(std::string_view text);
Result<Interval> parse_interval(std::string_view text);

// A fixed ISO 8601 period (weeks, days, hours, minutes, seconds, millis as a fraction): P7D,
// PT1H30M, PT0.5S. Errors: invalid - months and years have no fixed length and are refused, as
// Druid refuses them.
Result<Millis> parse_period(std::string_view text);
std::string to_iso_period(Millis d);
// Two units at most, for people: 1h 30m, 45s, 120ms, 3d 2h.
std::string humanize(Millis d);

}  // namespace henge
