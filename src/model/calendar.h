// Days of the Gregorian calendar as far as 64-bit milliseconds reach. Calendar libraries end at the
// year 32767; event times do not: one in the wrong unit lies in the year 57,000, and Druid's
// eternity ends in the year 146,140,482.
#pragma once

#include <cstdint>

#include "model/time.h"

namespace henge {

struct CalendarDay {
  std::int64_t year = 1970;  // astronomical: the year before 1 is 0
  unsigned month = 1;        // from 1
  unsigned day = 1;          // from 1
  bool operator==(const CalendarDay&) const = default;
};

// The day, in UTC, that holds t.
CalendarDay day_of(Instant t);
// The day's first millisecond. The day must exist.
Instant midnight_of(const CalendarDay& day);
// Whether there is such a day, within the years that an instant can name.
bool exists(const CalendarDay& day);

}  // namespace henge
