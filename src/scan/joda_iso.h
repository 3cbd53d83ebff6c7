// The two ISO 8601 grammars of Druid: Joda's dateTimeParser for `iso`, and Druid's own of `auto`,
// which takes a space for the T.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace henge::scan {

enum class IsoGrammar { iso, automatic };

// Milliseconds since the epoch. The whole text must be a date, a date with time, or (iso only) a
// time. Source: Joda-Time 2.12, ISODateTimeFormat.
std::optional<std::int64_t> parse_joda_iso(std::string_view text, IsoGrammar grammar);

}  // namespace henge::scan
