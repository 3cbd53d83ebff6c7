// The rule that sends every row through exactly one of two doors. The supervisor's filter, the
// scanner and the repair all use it.
#pragma once

#include <optional>
#include <string_view>

#include "model/time.h"

namespace henge {

enum class Door {
  on_time,  // streaming accepts it
  late,     // streaming's filter drops it; a repair appends it
  early,    // neither takes it: kept, counted, shown
};

// The column in which a supervisor's tasks see the arrival. It exists during ingestion only.
inline constexpr std::string_view arrival_column = "__henge_arrival";

struct LatenessRule {
  Millis lateness{0};
  std::optional<Millis> earliness;

  bool operator==(const LatenessRule&) const = default;
};

// late: event < arrival - lateness; early: event > arrival + earliness. Arrival is the Kafka record
// timestamp, -1 when it has none. Written as additions on the event side of doubles never: plain
// 64-bit milliseconds, the same arithmetic as Druid's expression.
inline Door door_of(const LatenessRule& rule, Instant event, Instant arrival) {
  if (event < arrival - rule.lateness) return Door::late;
  if (rule.earliness && event > arrival + *rule.earliness) return Door::early;
  return Door::on_time;
}

}  // namespace henge
