#include "scan/json_number.h"

#include <charconv>
#include <limits>

namespace henge::scan {

namespace {

// from_chars does not say which way a number left the range; its exponent does.
double beyond_range(std::string_view raw) {
  const std::size_t e = raw.find_first_of("eE");
  const bool tiny = e != std::string_view::npos && e + 1 < raw.size() && raw[e + 1] == '-';
  if (tiny) return 0.0;
  return raw.front() == '-' ? -std::numeric_limits<double>::infinity()
                            : std::numeric_limits<double>::infinity();
}

}  // namespace

std::variant<std::int64_t, double> to_number(const JsonValue& value) {
  const char* const end = value.raw.data() + value.raw.size();
  if (value.kind == JsonKind::integer) {
    std::int64_t integer = 0;
    if (std::from_chars(value.raw.data(), end, integer).ec == std::errc{}) return integer;
  }
  double decimal = 0;
  if (std::from_chars(value.raw.data(), end, decimal).ec != std::errc{})
    return beyond_range(value.raw);
  return decimal;
}

}  // namespace henge::scan
