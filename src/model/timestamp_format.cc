#include "model/timestamp_format.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

namespace henge {
namespace {

constexpr std::array<std::string_view, 6> named{"iso", "millis", "posix", "micro", "nano", "auto"};

std::string_view reason_for(char letter) {
  switch (letter) {
    case 'E':
      return "names of days depend on a language";
    case 'a':
    case 'h':
    case 'K':
      return "half days (a, h, K) depend on a language";
    case 'x':
    case 'w':
    case 'e':
      return "week years and weeks are not evaluated";
    case 'z':
      return "names of time zones are ambiguous";
    case 'G':
    case 'C':
    case 'Y':
      return "eras and centuries are not evaluated";
    case 'u':
      return "Joda writes years as yyyy";
    case 'k':
      return "hours from 1 to 24 are not evaluated";
    default:
      return "Joda has no such letter";
  }
}

bool width_fits(char letter, std::size_t width) {
  switch (letter) {
    case 'y':
      return width == 4;
    case 'D':
      return width <= 3;
    case 'M':
    case 'd':
    case 'H':
    case 'm':
    case 's':
      return width <= 2;
    case 'S':
      return width <= 9;
    case 'Z':
      return width <= 2;
    default:
      return false;
  }
}

std::string problem_of_run(char letter, std::size_t width) {
  const std::string run(std::min<std::size_t>(width, 12), letter);
  if (letter == 'M' && width > 2)
    return fmt::format("{}: names of months depend on a language", run);
  if (letter == 'Z' && width > 2)
    return fmt::format("{}: names of time zones are not evaluated", run);
  if (letter == 'y') return fmt::format("{}: years are read with four digits (yyyy) only", run);
  if (std::string_view("MdDHmsSZ").find(letter) != std::string_view::npos) {
    return fmt::format("{}: so many letters are not evaluated", run);
  }
  return fmt::format("{}: {}", run, reason_for(letter));
}

// Skips 'quoted text', where '' is one quote. Nothing if the closing quote is missing.
std::optional<std::size_t> end_of_quote(std::string_view pattern, std::size_t start) {
  std::size_t end = pattern.find('\'', start + 1);
  return end == std::string_view::npos ? std::nullopt : std::optional(end + 1);
}

std::optional<std::string> pattern_problem(std::string_view pattern) {
  std::string seen;
  for (std::size_t at = 0; at < pattern.size();) {
    const char letter = pattern[at];
    if (letter == '\'') {
      auto end = end_of_quote(pattern, at);
      if (!end) return "a quote is not closed";
      at = *end;
      continue;
    }
    if (!std::isalpha(static_cast<unsigned char>(letter))) {
      ++at;
      continue;
    }
    const std::size_t end = std::min(pattern.find_first_not_of(letter, at), pattern.size());
    if (!width_fits(letter, end - at)) return problem_of_run(letter, end - at);
    if (seen.find(letter) != std::string::npos) return fmt::format("{} stands there twice", letter);
    seen += letter;
    at = end;
  }
  if (seen.find('y') == std::string::npos) return "it names no year";
  if (seen.find('D') != std::string::npos && seen.find_first_of("Md") != std::string::npos) {
    return "a day of the year (D) beside month or day";
  }
  return std::nullopt;
}

}  // namespace

bool is_named_timestamp_format(std::string_view format) {
  return std::ranges::find(named, format) != named.end();
}

std::optional<std::string> timestamp_format_problem(std::string_view format) {
  if (is_named_timestamp_format(format)) return std::nullopt;
  if (format.empty()) return "it is empty";
  if (format == "ruby") return "ruby: seconds with a fraction are rounded in floating point";
  return pattern_problem(format);
}

}  // namespace henge
