// Five-field cron expressions in UTC, as far as maintenance windows need them: minute, hour, day of
// month, month, day of week.
#pragma once

#include <bitset>
#include <optional>
#include <string_view>

#include "model/result.h"
#include "model/time.h"

namespace henge {

class Cron {
 public:
  // Fields are *, numbers, ranges a-b, steps */n, a-b/n and a/n, and lists of them with commas.
  // Months and days of the week may be their first three English letters; Sunday is 0 or 7.
  // Errors: invalid, names the field and what it may hold; also for a day that no month has.
  static Result<Cron> parse(std::string_view text);

  // Whether the minute that begins at t (seconds are cut off) is one of those it names. Where both
  // days are restricted, either is enough, as cron has always done it.
  [[nodiscard]] bool matches(Instant t) const;
  // The last minute not after t that it names, looked for back to `not_before`.
  [[nodiscard]] std::optional<Instant> last(Instant t, Instant not_before) const;
  // The first minute not before t that it names, looked for until `not_after`.
  [[nodiscard]] std::optional<Instant> next(Instant t, Instant not_after) const;

  bool operator==(const Cron&) const = default;

 private:
  [[nodiscard]] bool names_day(Instant t) const;

  std::bitset<60> minutes_;
  std::bitset<24> hours_;
  std::bitset<32> days_;     // from 1
  std::bitset<13> months_;   // from 1
  std::bitset<7> weekdays_;  // Sunday is 0
  bool any_day_ = true;      // the field begins with *
  bool any_weekday_ = true;
};

// Whether a window of that length, opened by the cron, is open at `now`: its first instant is in,
// its last is not.
bool in_window(const Cron& cron, Millis duration, Instant now);

}  // namespace henge
