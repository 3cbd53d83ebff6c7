#include "scan/timestamp.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "scan/joda_fields.h"
#include "scan/joda_iso.h"
#include "scan/zone_names.h"

namespace henge::scan {

namespace {

std::optional<Instant> storable(std::optional<std::int64_t> ms) {
  if (!ms || !is_storable(*ms)) return std::nullopt;
  return instant_of_ms(*ms);
}

// Java's String.trim: everything up to and including the space is white.
std::string_view trim(std::string_view text) {
  const auto white = [](char c) { return static_cast<unsigned char>(c) <= ' '; };
  while (!text.empty() && white(text.front())) text.remove_prefix(1);
  while (!text.empty() && white(text.back())) text.remove_suffix(1);
  return text;
}

// Trims, and takes one pair of double quotes off. Nothing where Druid's own code falls over: empty,
// or one lone quote.
std::optional<std::string_view> strip_quotes(std::string_view text) {
  text = trim(text);
  if (text.empty()) return std::nullopt;
  if (text.front() != '"' || text.back() != '"') return text;
  if (text.size() == 1) return std::nullopt;
  return trim(text.substr(1, text.size() - 2));
}

// Java's Long.parseLong for ASCII: an optional sign, digits, no more than 64 bits.
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

// Java's narrowing of a double to a long: towards zero, held at the ends, NaN is 0.
std::int64_t to_long(double value) {
  if (std::isnan(value)) return 0;
  if (value >= 9223372036854775808.0) return std::numeric_limits<std::int64_t>::max();
  if (value <= -9223372036854775808.0) return std::numeric_limits<std::int64_t>::min();
  return static_cast<std::int64_t>(value);
}

int digit_pair(const char* p) {
  const int high = p[0] - '0';
  const int low = p[1] - '0';
  if (static_cast<unsigned>(high) > 9 || static_cast<unsigned>(low) > 9) return -1;
  return high * 10 + low;
}

// The milliseconds of a fraction of one to nine digits; -1 if there is anything else.
int fraction_of(std::string_view digits) {
  if (digits.empty() || digits.size() > 9) return -1;
  int ms = 0;
  int unit = 100;
  for (const char c : digits) {
    if (c < '0' || c > '9') return -1;
    ms += (c - '0') * unit;
    unit /= 10;
  }
  return ms;
}

// 2026-01-02T03:04:05[.fraction][Z], by far the most common shape. Nothing means: ask the full
// grammar.
std::optional<Instant> parse_common(std::string_view text, bool space_allowed) {
  if (text.size() < 19) return std::nullopt;
  const char* p = text.data();
  if (p[4] != '-' || p[7] != '-' || p[13] != ':' || p[16] != ':') return std::nullopt;
  if (p[10] != 'T' && !(space_allowed && p[10] == ' ')) return std::nullopt;
  const std::array<int, 7> pairs{digit_pair(p),     digit_pair(p + 2),  digit_pair(p + 5),
                                 digit_pair(p + 8), digit_pair(p + 11), digit_pair(p + 14),
                                 digit_pair(p + 17)};
  // One negative makes all of them together negative.
  if ((pairs[0] | pairs[1] | pairs[2] | pairs[3] | pairs[4] | pairs[5] | pairs[6]) < 0) {
    return std::nullopt;
  }
  const int year = pairs[0] * 100 + pairs[1];
  const int month = pairs[2];
  const int day = pairs[3];
  if (month < 1 || month > 12 || day < 1 || pairs[4] > 23 || pairs[5] > 59 || pairs[6] > 59) {
    return std::nullopt;
  }
  if (day > 28 && day > days_in_month(year, month)) return std::nullopt;
  std::string_view rest = text.substr(19);
  if (!rest.empty() && rest.back() == 'Z') rest.remove_suffix(1);
  int ms = 0;
  if (!rest.empty()) {
    ms = rest.front() == '.' ? fraction_of(rest.substr(1)) : -1;
    if (ms < 0) return std::nullopt;
  }
  const std::int64_t seconds =
      ((days_of_civil(year, month, day) * 24 + pairs[4]) * 60 + pairs[5]) * 60 + pairs[6];
  return instant_of_ms(seconds * 1000 + ms);
}

bool all_digits(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

bool same_word(std::string_view a, std::string_view b) {
  TextCursor at{a};
  return at.literal(b) && at.at_end();
}

// What Java prints for a double: a plain decimal between 1e-3 and 1e7, else computerised scientific
// notation.
std::string java_text(double value) {
  const double size = std::abs(value);
  if (value == 0 || (size >= 1e-3 && size < 1e7)) {
    std::string text = fmt::format("{}", value);
    if (text.find('.') == std::string::npos) text += ".0";
    return text;
  }
  std::array<char, 64> buffer{};
  const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                          std::chars_format::scientific);
  std::string text(buffer.data(), error == std::errc{} ? end : buffer.data());
  const std::size_t e = text.find('e');
  if (e == std::string::npos) return text;
  std::string mantissa = text.substr(0, e);
  if (mantissa.find('.') == std::string::npos) mantissa += ".0";
  const auto exponent = parse_long(text.substr(e + 1));
  return fmt::format("{}E{}", mantissa, exponent.value_or(0));
}

}  // namespace

Result<TimestampParser> TimestampParser::compile(const TimestampSpec& spec) {
  static constexpr std::array<std::pair<std::string_view, Format>, 6> names{
      {{"iso", Format::iso},
       {"auto", Format::automatic},
       {"millis", Format::millis},
       {"posix", Format::posix},
       {"micro", Format::micro},
       {"nano", Format::nano}}};
  TimestampParser parser;
  const auto* named =
      std::ranges::find_if(names, [&](const auto& n) { return same_word(spec.format, n.first); });
  if (named != names.end()) {
    parser.format_ = named->second;
  } else if (same_word(spec.format, "ruby")) {
    return fail(ErrorKind::invalid,
                "the timestamp format 'ruby' is not supported; use posix or millis");
  } else {
    parser.format_ = Format::pattern;
    TRY(parser.pattern_, JodaPattern::compile(spec.format));
  }
  if (spec.missing_value) {
    // Druid reads this constant as JSON for a DateTime, not by the spec's format.
    parser.missing_ = storable(parse_joda_iso(*spec.missing_value, IsoGrammar::iso));
    if (!parser.missing_) {
      return fail(ErrorKind::invalid,
                  fmt::format("the timestamp's missingValue '{}' is no ISO 8601 instant",
                              *spec.missing_value));
    }
  }
  return parser;
}

std::optional<Instant> TimestampParser::of_text(std::string_view text) const {
  if (text.empty()) return std::nullopt;
  if (format_ == Format::iso || format_ == Format::automatic) {
    if (auto common = parse_common(text, format_ == Format::automatic)) return common;
  }
  if (format_ == Format::automatic && all_digits(text)) {
    return storable(parse_long(text));
  }
  const auto stripped = strip_quotes(text);
  return stripped ? of_trimmed(*stripped) : std::nullopt;
}

std::optional<Instant> TimestampParser::of_trimmed(std::string_view text) const {
  switch (format_) {
    case Format::automatic:
      return of_automatic(text);
    case Format::pattern:
      return storable(pattern_->parse(text));
    case Format::iso: {
      // A number is read as a year first, and as milliseconds only where it can be no year.
      const auto ms = parse_joda_iso(text, IsoGrammar::iso);
      return storable(ms ? ms : parse_long(text));
    }
    case Format::millis:
    case Format::posix:
    case Format::micro:
    case Format::nano: {
      const auto number = parse_long(text);
      return number ? of_integer(*number) : std::nullopt;
    }
  }
  return std::nullopt;
}

// The name of a time zone after the last space is taken off; it does not move the instant.
std::optional<Instant> TimestampParser::of_automatic(std::string_view text) const {
  const std::size_t space = text.rfind(' ');
  if (space != std::string_view::npos && space > 0 && is_zone_name(text.substr(space + 1))) {
    text = text.substr(0, space);
  }
  return storable(parse_joda_iso(text, IsoGrammar::automatic));
}

std::optional<Instant> TimestampParser::of_integer(std::int64_t value) const {
  switch (format_) {
    case Format::automatic:
    case Format::millis:
      return storable(value);
    case Format::posix: {
      std::int64_t ms = 0;
      if (__builtin_mul_overflow(value, std::int64_t{1000}, &ms)) return std::nullopt;
      return storable(ms);
    }
    case Format::micro:
      return storable(value / 1000);
    case Format::nano:
      return storable(value / 1'000'000);
    case Format::iso:
    case Format::pattern:
      return of_text(fmt::format_int(value).c_str());
  }
  return std::nullopt;
}

std::optional<Instant> TimestampParser::of_double(double value) const {
  return is_numeric() ? of_integer(to_long(value)) : of_text(java_text(value));
}

}  // namespace henge::scan
