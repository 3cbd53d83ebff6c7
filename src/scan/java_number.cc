#include "scan/java_number.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>

namespace henge::scan {

namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_hex_digit(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// A decimal number without its zeros: 0.digits times ten to the power of exponent.
struct Decimal {
  bool negative = false;
  std::string digits;  // none for zero
  std::int64_t exponent = 0;
};

bool take_sign(std::string_view& rest) {
  const bool negative = rest.starts_with('-');
  if (negative || rest.starts_with('+')) rest.remove_prefix(1);
  return negative;
}

// Takes the digits at the front.
std::string_view take_digits(std::string_view& rest, bool (*is)(char) = is_digit) {
  const auto end = std::ranges::find_if_not(rest, is);
  const std::string_view digits = rest.substr(0, static_cast<std::size_t>(end - rest.begin()));
  rest.remove_prefix(digits.size());
  return digits;
}

// Takes 12, 12. 12.5 or .5 as its digits before and behind the point; false if there are none.
struct Mantissa {
  std::string_view whole;
  std::string_view part;
};
std::optional<Mantissa> take_mantissa(std::string_view& rest, bool (*is)(char) = is_digit) {
  Mantissa mantissa{take_digits(rest, is), {}};
  if (rest.starts_with('.')) {
    rest.remove_prefix(1);
    mantissa.part = take_digits(rest, is);
  }
  if (mantissa.whole.empty() && mantissa.part.empty()) return std::nullopt;
  return mantissa;
}

// Takes an exponent behind one of the two marks; false if the mark is there and digits are not.
bool take_exponent(std::string_view& rest, char mark, char big_mark) {
  if (!rest.starts_with(mark) && !rest.starts_with(big_mark)) return true;
  rest.remove_prefix(1);
  take_sign(rest);
  return !take_digits(rest).empty();
}

// Where the scripts' digits 0 begin that Java 17's Character.isDigit knows in one UTF-16 unit.
constexpr std::array<unsigned, 36> digit_blocks = {
    0x660,  0x6F0,  0x7C0,  0x966,  0x9E6,  0xA66,  0xAE6,  0xB66,  0xBE6,  0xC66,  0xCE6,  0xD66,
    0xDE6,  0xE50,  0xED0,  0xF20,  0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90,
    0x1B50, 0x1BB0, 0x1C40, 0x1C50, 0xA620, 0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10};

// BigDecimal and Long read the digits of every script: here they become ASCII, all else stays.
std::string with_plain_digits(std::string_view text) {
  std::string plain;
  const auto bits = [&](std::size_t at, unsigned mask) {
    return at < text.size() ? static_cast<unsigned char>(text[at]) & mask : 0U;
  };
  for (std::size_t i = 0; i < text.size();) {
    unsigned unit = 0;
    std::size_t length = 1;
    if (bits(i, 0xE0) == 0xC0) {
      unit = bits(i, 0x1F) << 6U | bits(i + 1, 0x3F);
      length = 2;
    } else if (bits(i, 0xF0) == 0xE0) {
      unit = bits(i, 0x0F) << 12U | bits(i + 1, 0x3F) << 6U | bits(i + 2, 0x3F);
      length = 3;
    }
    const auto* const zero = std::ranges::find_if(
        digit_blocks, [&](unsigned first) { return unit >= first && unit < first + 10; });
    if (zero != digit_blocks.end()) {
      plain += static_cast<char>('0' + (unit - *zero));
    } else {
      plain += text.substr(i, length);
    }
    i += length;
  }
  return plain;
}

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

bool fits_int(std::int64_t value) {
  return value >= std::numeric_limits<std::int32_t>::min() &&
         value <= std::numeric_limits<std::int32_t>::max();
}

// The exponent at the end of a BigDecimal: 0 without one, nothing if it is malformed or too large.
std::optional<std::int64_t> decimal_exponent(std::string_view rest) {
  if (rest.empty()) return 0;
  if (rest.front() != 'e' && rest.front() != 'E') return std::nullopt;
  rest.remove_prefix(1);
  const bool negative = take_sign(rest);
  std::int64_t value = 0;
  const std::string_view digits = take_digits(rest);
  const auto result = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (!rest.empty() || result.ec != std::errc{}) return std::nullopt;
  if (negative) value = -value;
  return fits_int(value) ? std::optional(value) : std::nullopt;
}

// What Java's BigDecimal takes: sign, digits with a point, exponent and scale of 32 bits.
std::optional<Decimal> parse_decimal(std::string_view text) {
  const std::string plain = is_ascii(text) ? std::string() : with_plain_digits(text);
  if (!plain.empty()) text = plain;
  Decimal d;
  d.negative = take_sign(text);
  const auto mantissa = take_mantissa(text);
  const auto power = decimal_exponent(text);
  if (!mantissa || !power) return std::nullopt;
  if (!fits_int(static_cast<std::int64_t>(mantissa->part.size()) - *power)) return std::nullopt;
  d.exponent = static_cast<std::int64_t>(mantissa->whole.size()) + *power;
  d.digits.append(mantissa->whole).append(mantissa->part);
  const std::size_t zeros = std::min(d.digits.find_first_not_of('0'), d.digits.size());
  d.digits.erase(0, zeros);
  d.exponent -= static_cast<std::int64_t>(zeros);
  d.digits.erase(d.digits.find_last_not_of('0') + 1);
  return d;
}

int compare(const Decimal& a, const Decimal& b) {
  const auto sign = [](const Decimal& d) { return d.digits.empty() ? 0 : d.negative ? -1 : 1; };
  if (sign(a) != sign(b)) return sign(a) < sign(b) ? -1 : 1;
  if (sign(a) == 0) return 0;
  const int larger =
      a.exponent != b.exponent ? (a.exponent < b.exponent ? -1 : 1) : a.digits.compare(b.digits);
  return sign(a) * (larger < 0 ? -1 : larger > 0 ? 1 : 0);
}

// In UTF-16 the surrogates of what takes four bytes in UTF-8 come before U+E000 to U+FFFF.
unsigned rank_of_lead(char byte) {
  const auto lead = static_cast<unsigned char>(byte);
  return lead == 0xEE || lead == 0xEF ? lead + 0x10U : lead;
}

}  // namespace

std::string java_text(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value < 0 ? "-Infinity" : "Infinity";
  const double size = std::abs(value);
  if (value == 0 || (size >= 1e-3 && size < 1e7)) {
    std::string text = fmt::format("{}", value);
    if (text.find('.') == std::string::npos) text += ".0";
    return text;
  }
  std::array<char, 64> buffer{};
  const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                          std::chars_format::scientific);
  const std::string_view text(
      buffer.data(), error == std::errc{} ? static_cast<std::size_t>(end - buffer.data()) : 0);
  const std::size_t e = std::min(text.find('e'), text.size());
  std::string mantissa(text.substr(0, e));
  if (mantissa.find('.') == std::string::npos) mantissa += ".0";
  return fmt::format("{}E{}", mantissa,
                     parse_long(text.substr(std::min(e + 1, text.size()))).value_or(0));
}

std::optional<std::int64_t> parse_long(std::string_view text) {
  if (!text.empty() && text.front() == '+') {
    text.remove_prefix(1);
    if (!text.empty() && text.front() == '-') return std::nullopt;
  }
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<std::int64_t> parse_long_of_any_script(std::string_view text) {
  return is_ascii(text) ? parse_long(text) : parse_long(with_plain_digits(text));
}

std::optional<std::int64_t> try_parse_long(std::string_view text) {
  if (text.starts_with("+-")) text.remove_prefix(1);
  return parse_long(text);
}

std::optional<double> parse_double(std::string_view text) {
  std::string_view rest = text;
  const bool negative = take_sign(rest);
  const auto with_sign = [&](double v) { return negative ? -v : v; };
  if (rest == "NaN") return std::numeric_limits<double>::quiet_NaN();
  if (rest == "Infinity") return with_sign(std::numeric_limits<double>::infinity());
  const std::string_view unsigned_text = rest;
  const bool is_hex = rest.starts_with("0x") || rest.starts_with("0X");
  if (is_hex) rest.remove_prefix(2);
  if (!take_mantissa(rest, is_hex ? is_hex_digit : is_digit)) return std::nullopt;
  if (is_hex && !rest.starts_with('p') && !rest.starts_with('P')) return std::nullopt;
  if (!(is_hex ? take_exponent(rest, 'p', 'P') : take_exponent(rest, 'e', 'E')))
    return std::nullopt;
  const std::string number(unsigned_text.substr(0, unsigned_text.size() - rest.size()));
  const bool has_type = rest.size() == 1 && std::string_view("fFdD").contains(rest.front());
  if (!rest.empty() && !has_type) return std::nullopt;
  return with_sign(std::strtod(number.c_str(), nullptr));
}

std::optional<std::int64_t> parse_exact_long(std::string_view text) {
  if (const auto plain = try_parse_long(text)) return plain;
  const auto d = parse_decimal(text);
  if (!d) return std::nullopt;
  if (d->digits.empty()) return 0;
  const auto digits = static_cast<std::int64_t>(d->digits.size());
  if (d->exponent < digits || d->exponent > 19) return std::nullopt;
  return parse_long((d->negative ? "-" : "") + d->digits +
                    std::string(static_cast<std::size_t>(d->exponent - digits), '0'));
}

std::int64_t to_long(double value) {
  if (std::isnan(value)) return 0;
  if (value >= 9223372036854775808.0) return std::numeric_limits<std::int64_t>::max();
  if (value <= -9223372036854775808.0) return std::numeric_limits<std::int64_t>::min();
  return static_cast<std::int64_t>(value);
}

int compare_doubles(double a, double b) {
  if (a < b) return -1;
  if (a > b) return 1;
  const auto rank = [](double v) { return std::isnan(v) ? 2 : v == 0 && std::signbit(v) ? 0 : 1; };
  return rank(a) - rank(b);
}

bool same_double(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
  return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}

int compare_texts(std::string_view a, std::string_view b) {
  const auto [in_a, in_b] = std::ranges::mismatch(a, b);
  if (in_a == a.end() || in_b == b.end())
    return a.size() < b.size() ? -1 : a.size() > b.size() ? 1 : 0;
  return rank_of_lead(*in_a) < rank_of_lead(*in_b) ? -1 : 1;
}

int compare_numeric(std::string_view a, std::string_view b) {
  const auto long_a = try_parse_long(a);
  const auto long_b = try_parse_long(b);
  if (long_a && long_b) return *long_a < *long_b ? -1 : *long_a > *long_b ? 1 : 0;
  const auto da = parse_decimal(long_a ? fmt::format("{}", *long_a) : std::string(a));
  const auto db = parse_decimal(long_b ? fmt::format("{}", *long_b) : std::string(b));
  if (da && db) return compare(*da, *db);
  if (!da && !db) return compare_texts(a, b);
  return da ? 1 : -1;
}

}  // namespace henge::scan
