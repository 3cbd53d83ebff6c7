// A field of the record's own that has the name of the arrival column. Druid's kafka input format
// lets a payload's value win over its own column, so such a row is judged by what its producer
// wrote, and henge has to judge it in the same way.
#pragma once

#include <optional>

#include "model/lateness.h"
#include "scan/json_text.h"

namespace henge::scan {

// The door of a row whose payload has `value` under that name; nothing where the value is absent or
// null, and Kafka's arrival decides. A value that is no number lets no row pass Druid's filter: the
// row is late, and a repair brings it.
std::optional<Door> door_of_field(const LatenessRule& rule, Instant event, const JsonValue& value);

}  // namespace henge::scan
