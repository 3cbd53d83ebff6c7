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

// A decimal number without its zeros: 0.digits times ten to the power of exponent.
struct Decimal {
  bool negative = false;
  std::string digits;  // none for zero
  std::int64_t exponent = 0;
};

std::size_t take_digits(std::string_view text, std::size_t& at, std::string& digits) {
  const std::size_t begin = at;
  while (at < text.size() && is_digit(text[at])) digits += text[at++];
  return at - begin;
}

// What Java's BigDecimal takes: sign, digits with a point, exponent of 32 bits.
std::optional<Decimal> parse_decimal(std::string_view text) {
  Decimal d;
  std::size_t at = 0;
  if (at < text.size() && (text[at] == '+' || text[at] == '-')) d.negative = text[at++] == '-';
  std::size_t count = take_digits(text, at, d.digits);
  d.exponent = static_cast<std::int64_t>(count);
  if (at < text.size() && text[at] == '.') count += take_digits(text, ++at, d.digits);
  if (count == 0) return std::nullopt;
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && text[at] == '+') ++at;
    std::int32_t power = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data() + at, end, power);
    if (error != std::errc{} || at == text.size()) return std::nullopt;
    at = static_cast<std::size_t>(stop - text.data());
    d.exponent += power;
  }
  if (at != text.size()) return std::nullopt;
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

// Whether Guava's pattern for decimal floats takes the text, without its sign and its type letter.
bool is_decimal_float(std::string_view text) {
  return !text.empty() && text[0] != '+' && text[0] != '-' && parse_decimal(text);
}

bool is_hex_float(std::string_view text) {
  if (!text.starts_with("0x") && !text.starts_with("0X")) return false;
  return text.find_first_of("pP") != std::string_view::npos &&
         text.find_first_not_of("0123456789abcdefABCDEF.xXpP+-") == std::string_view::npos;
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

std::optional<double> parse_double(std::string_view text) {
  std::string_view body = text;
  bool negative = false;
  if (!body.empty() && (body.front() == '+' || body.front() == '-')) {
    negative = body.front() == '-';
    body.remove_prefix(1);
  }
  const auto with_sign = [&](double v) { return negative ? -v : v; };
  if (body == "NaN") return std::numeric_limits<double>::quiet_NaN();
  if (body == "Infinity") return with_sign(std::numeric_limits<double>::infinity());
  if (!body.empty() && std::string_view("fFdD").find(body.back()) != std::string_view::npos) {
    // In a hexadecimal float these are digits, unless its exponent has begun.
    if (!is_hex_float(body) || body.find_first_of("pP") != std::string_view::npos)
      body.remove_suffix(1);
  }
  if (!is_decimal_float(body) && !is_hex_float(body)) return std::nullopt;
  return with_sign(std::strtod(std::string(body).c_str(), nullptr));
}

std::optional<std::int64_t> parse_exact_long(std::string_view text) {
  if (const auto plain = parse_long(text)) return plain;
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

int compare_numeric(std::string_view a, std::string_view b) {
  const auto da = parse_decimal(a);
  const auto db = parse_decimal(b);
  if (da && db) return compare(*da, *db);
  if (!da && !db) return a.compare(b);
  return da ? 1 : -1;
}

}  // namespace henge::scan
