// Which of Druid's timestamp formats henge evaluates exactly as Druid does: the ones it may decide
// lateness by.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace henge {

// Nothing if the format is supported, else why it is not: "month names depend on a language".
// Supported: iso, millis, posix, micro, nano, auto, and Joda patterns of yyyy MM M dd d D HH H mm m
// ss s S Z ZZ, 'quoted text' and punctuation, that name a year. (Joda has no u, unlike Java's own
// patterns: Druid 33 refuses uuuu.)
std::optional<std::string> timestamp_format_problem(std::string_view format);
inline bool timestamp_format_supported(std::string_view format) {
  return !timestamp_format_problem(format);
}
// Whether the format is one of the named ones, not a Joda pattern.
bool is_named_timestamp_format(std::string_view format);

}  // namespace henge
