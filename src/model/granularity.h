// Druid's named granularities in UTC. A chunk is one bucket of a datasource's segmentGranularity.
#pragma once

#include <string>
#include <string_view>

#include "model/time.h"

namespace henge {

// From fine to coarse; `none` truncates nothing, `all` is one bucket for all time.
enum class Granularity {
  none,
  second,
  minute,
  five_minute,
  ten_minute,
  fifteen_minute,
  thirty_minute,
  hour,
  six_hour,
  eight_hour,
  day,
  week,
  month,
  quarter,
  year,
  all,
};

// Druid's word: HOUR, FIVE_MINUTE.
const char* to_string(Granularity g);
// Druid's names in any case, and ISO periods that mean the same bucket (PT1H, P1D). Errors:
// invalid, names the choices.
Result<Granularity> parse_granularity(std::string_view text);
// The bucket that holds t. `none` gives one millisecond, `all` gives Druid's eternity. Weeks start
// on Monday.
Interval bucket(Granularity g, Instant t);
// Whether every bucket of `fine` lies in one bucket of `coarse` (weeks and months do not nest).
bool nests(Granularity fine, Granularity coarse);

}  // namespace henge
