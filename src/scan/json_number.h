// A JSON number as Druid holds it: a long where it fits into 64 bits, else a double.
#pragma once

#include <cstdint>
#include <variant>

#include "scan/json_text.h"

namespace henge::scan {

std::variant<std::int64_t, double> to_number(const JsonValue& value);

}  // namespace henge::scan
