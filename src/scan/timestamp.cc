#include "scan/timestamp.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>

#include "scan/java_number.h"
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

// Days since 1970-01-01 of a date with a year of four digits.
int days_of_date(int year, int month, int day) {
  static constexpr std::array<int, 12> before_month{0,   31,  59,  90,  120, 151,
                                                    181, 212, 243, 273, 304, 334};
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  const int past = year + 3999;  // years since a year 1 of the calendar's 400-year cycle
  const int days = past * 365 + past / 4 - past / 100 + past / 400;
  constexpr int days_to_1970 = 5969 * 365 + 5969 / 4 - 5969 / 100 + 5969 / 400;
  return days - days_to_1970 + before_month[static_cast<std::size_t>(month - 1)] +
         (leap && month > 2 ? 1 : 0) + day - 1;
}

// Eight characters at a time, the first one in the lowest byte.
std::uint64_t eight_at(const char* p) {
  static_assert(std::endian::native == std::endian::little);
  std::uint64_t bytes = 0;
  std::memcpy(&bytes, p, sizeof(bytes));
  return bytes;
}

// What eight characters have to look like: a digit where there is a 0, else the same character.
class Shape {
 public:
  constexpr explicit Shape(std::string_view like) {
    for (std::size_t i = 0; i < 8; ++i) {
      const auto c = static_cast<unsigned char>(like[i]);
      like_ |= std::uint64_t{c} << (8 * i);
      const bool is_digit = c == '0';
      fixed_ |= std::uint64_t{is_digit ? 0xf0U : 0xffU} << (8 * i);
      digits_ |= std::uint64_t{is_digit ? 0xf0U : 0} << (8 * i);
    }
  }
  [[nodiscard]] bool is_of(std::uint64_t text) const {
    // A digit has 3 for its high half, also after six was added to it.
    constexpr std::uint64_t sixes = 0x0606060606060606;
    return (((text ^ like_) & fixed_) | (((text + sixes) ^ like_) & digits_)) == 0;
  }

 private:
  std::uint64_t like_ = 0;
  std::uint64_t fixed_ = 0;
  std::uint64_t digits_ = 0;
};

// The number that each character but the last makes with the one behind it; right where both are
// digits.
std::uint64_t pairs_of(std::uint64_t text) {
  const std::uint64_t digits = text & 0x0f0f0f0f0f0f0f0f;
  return digits * 10 + (digits >> 8);
}
int pair_at(std::uint64_t pairs, unsigned character) {
  return static_cast<int>(pairs >> (8 * character) & 0xff);
}

// The milliseconds of a fraction of one to nine digits; -1 if there is anything else.
int fraction_of(std::string_view digits) {
  if (digits.empty() || digits.size() > 9) return -1;
  unsigned ms = 0;
  unsigned unit = 100;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    const unsigned digit = static_cast<unsigned char>(digits[i]) - unsigned{'0'};
    if (digit > 9) return -1;
    if (i < 3) ms = ms * 10 + digit;
    if (i > 0 && i < 3) unit /= 10;
  }
  return static_cast<int>(ms * unit);
}

// What follows 2026-01-02T03:04:05: nothing, Z, or a fraction and perhaps a Z. -1 if there is
// anything else.
int milliseconds_of(std::string_view rest) {
  if (rest.size() == 5 && rest[4] == 'Z' && rest[0] == '.') {
    const auto digit = [&](std::size_t i) { return unsigned(rest[i]) - unsigned{'0'}; };
    const unsigned a = digit(1);
    const unsigned b = digit(2);
    const unsigned c = digit(3);
    return a > 9 || b > 9 || c > 9 ? -1 : static_cast<int>(a * 100 + b * 10 + c);
  }
  if (!rest.empty() && rest.back() == 'Z') rest.remove_suffix(1);
  if (rest.empty()) return 0;
  return rest.front() == '.' ? fraction_of(rest.substr(1)) : -1;
}

// 2026-01-02T03:04:05[.fraction][Z], by far the most common shape. Nothing means: ask the full
// grammar.
std::optional<Instant> parse_common(std::string_view text, bool space_allowed) {
  static constexpr Shape date("0000-00-");
  static constexpr Shape middle("00T00:00");
  static constexpr Shape spaced("00 00:00");
  static constexpr Shape time("00:00:00");
  if (text.size() < 19) return std::nullopt;
  const std::uint64_t first = eight_at(text.data());
  const std::uint64_t second = eight_at(text.data() + 8);
  const std::uint64_t last = eight_at(text.data() + 11);
  if (!date.is_of(first) || !time.is_of(last)) return std::nullopt;
  if (!middle.is_of(second) && !(space_allowed && spaced.is_of(second))) return std::nullopt;
  const std::uint64_t in_date = pairs_of(first);
  const std::uint64_t in_time = pairs_of(last);
  const int year = pair_at(in_date, 0) * 100 + pair_at(in_date, 2);
  const int month = pair_at(in_date, 5);
  const int day = pair_at(pairs_of(second), 0);
  const int hour = pair_at(in_time, 0);
  const int minute = pair_at(in_time, 3);
  const int seconds = pair_at(in_time, 6);
  if (month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || seconds > 59)
    return std::nullopt;
  if (day > 28 && day > days_in_month(year, month)) return std::nullopt;
  const int ms = milliseconds_of(text.substr(19));
  if (ms < 0) return std::nullopt;
  const std::int64_t days = days_of_date(year, month, day);
  return instant_of_ms(((days * 24 + hour) * 60 + minute) * 60'000 + seconds * 1000 + ms);
}

bool all_digits(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

bool same_word(std::string_view a, std::string_view b) {
  TextCursor at{a};
  return at.literal(b) && at.at_end();
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
      return storable(ms ? ms : parse_long_of_any_script(text));
    }
    case Format::millis:
    case Format::posix:
    case Format::micro:
    case Format::nano: {
      const auto number = parse_long_of_any_script(text);
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
