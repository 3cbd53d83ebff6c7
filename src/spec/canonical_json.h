// Canonical JSON: sorted keys, no white space, one spelling per value, so that equal specs are
// equal bytes.
#pragma once

#include <string>
#include <string_view>

#include "model/pipeline.h"
#include "model/result.h"

namespace henge::spec {

// Objects and arrays deeper than this are refused: no Druid spec comes near it, and readers
// recurse.
inline constexpr int json_depth_max = 128;

// Errors: invalid - no JSON, two equal keys in one object, an integer beyond 64 bits (it would be
// rounded in silence), too deep, not UTF-8. The message has line and column.
Result<JsonText> canonical(std::string_view text);

// Two spaces a level, for people; text that is no JSON comes back as it is.
std::string pretty(const JsonText& json);

}  // namespace henge::spec
