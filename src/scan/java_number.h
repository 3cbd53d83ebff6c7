// Numbers and texts as Java and Guava turn one into the other, which is what Druid's comparisons
// rest on.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace henge::scan {

// Double.toString, of Java 19 and later. Older ones print a few doubles with a digit too many.
std::string java_text(double value);
// An optional sign, digits, no more than 64 bits.
std::optional<std::int64_t> parse_long(std::string_view text);
// Long.parseLong: the same, with the digits of every script.
std::optional<std::int64_t> parse_long_of_any_script(std::string_view text);
// Druid's tryParseLong, which takes a plus before a minus, too.
std::optional<std::int64_t> try_parse_long(std::string_view text);
// Guava's Doubles.tryParse: decimals with exponent and a type letter, hexadecimal floats, NaN,
// Infinity; no white space.
std::optional<double> parse_double(std::string_view text);
// The long that a decimal text is exactly, 1.0 and 1e3 included.
std::optional<std::int64_t> parse_exact_long(std::string_view text);
// A double as a long: towards zero, held at the ends, NaN is 0.
std::int64_t to_long(double value);
// Double.compare: -0.0 before 0.0, NaN last.
int compare_doubles(double a, double b);
// Double.doubleToLongBits are the same.
bool same_double(double a, double b);
// String.compareTo, by UTF-16 units, for texts in UTF-8.
int compare_texts(std::string_view a, std::string_view b);
// Druid's comparator `numeric`: exact decimals; texts that are no number come first, in their own
// order.
int compare_numeric(std::string_view a, std::string_view b);

}  // namespace henge::scan
