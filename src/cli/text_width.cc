#include "cli/text_width.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace henge::cli {

namespace {

struct Range {
  char32_t first;
  char32_t last;
};

// Combining marks, joiners and variation selectors, sorted.
constexpr std::array zero_wide{
    Range{0x0300, 0x036f}, Range{0x0483, 0x0489}, Range{0x0591, 0x05bd},  Range{0x0610, 0x061a},
    Range{0x064b, 0x065f}, Range{0x0900, 0x0902}, Range{0x093c, 0x093c},  Range{0x0e31, 0x0e31},
    Range{0x0e34, 0x0e3a}, Range{0x1ab0, 0x1aff}, Range{0x1dc0, 0x1dff},  Range{0x200b, 0x200f},
    Range{0x202a, 0x202e}, Range{0x2060, 0x2064}, Range{0x20d0, 0x20ff},  Range{0xfe00, 0xfe0f},
    Range{0xfe20, 0xfe2f}, Range{0xfeff, 0xfeff}, Range{0xe0100, 0xe01ef}};

// East Asian wide and full-width letters, and pictures, sorted.
constexpr std::array double_wide{
    Range{0x1100, 0x115f},   Range{0x231a, 0x231b},   Range{0x23e9, 0x23ec},
    Range{0x25fd, 0x25fe},   Range{0x2614, 0x2615},   Range{0x26a1, 0x26a1},
    Range{0x2705, 0x2705},   Range{0x274c, 0x274c},   Range{0x2753, 0x2755},
    Range{0x2795, 0x2797},   Range{0x2b1b, 0x2b1c},   Range{0x2e80, 0x303e},
    Range{0x3041, 0x33ff},   Range{0x3400, 0x4dbf},   Range{0x4e00, 0x9fff},
    Range{0xa000, 0xa4cf},   Range{0xac00, 0xd7a3},   Range{0xf900, 0xfaff},
    Range{0xfe30, 0xfe6f},   Range{0xff00, 0xff60},   Range{0xffe0, 0xffe6},
    Range{0x1f300, 0x1f64f}, Range{0x1f680, 0x1f6ff}, Range{0x1f900, 0x1f9ff},
    Range{0x20000, 0x3fffd}};

template <std::size_t size>
bool within(const std::array<Range, size>& ranges, char32_t code) {
  const auto after = std::ranges::upper_bound(ranges, code, {}, &Range::first);
  return after != ranges.begin() && code <= std::prev(after)->last;
}

int columns_of(char32_t code) {
  if (within(zero_wide, code)) return 0;
  return within(double_wide, code) ? 2 : 1;
}

bool control(char32_t code) {
  return code < 0x20 || (code >= 0x7f && code < 0xa0);
}

// Bytes of the character that begins with `lead`; 0 where none can.
std::size_t length_of(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead < 0xe0) return 2;
  if (lead >= 0xe0 && lead < 0xf0) return 3;
  if (lead >= 0xf0 && lead < 0xf5) return 4;
  return 0;
}

// Smallest code that needs so many bytes: what is written longer than needed is invalid.
constexpr std::array<char32_t, 5> code_min{0, 0, 0x80, 0x800, 0x10000};

constexpr Character invalid{.code = 0xfffd, .bytes = 1, .columns = 1};

}  // namespace

Character first_character(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t bytes = length_of(lead);
  if (bytes == 0 || bytes > text.size()) return invalid;
  char32_t code = bytes == 1 ? lead : lead & (0xffU >> (bytes + 1));
  for (std::size_t i = 1; i < bytes; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    if ((next & 0xc0U) != 0x80) return invalid;
    code = (code << 6) | (next & 0x3fU);
  }
  const bool surrogate = code >= 0xd800 && code <= 0xdfff;
  if (code < code_min[bytes] || surrogate || code > 0x10ffff) return invalid;
  return {.code = code, .bytes = bytes, .columns = columns_of(code)};
}

int display_columns(std::string_view text) {
  int columns = 0;
  while (!text.empty()) {
    const Character character = first_character(text);
    columns += character.columns;
    text.remove_prefix(character.bytes);
  }
  return columns;
}

std::string printable(std::string_view text) {
  std::string shown;
  while (!text.empty()) {
    const Character character = first_character(text);
    if (control(character.code)) {
      shown += ' ';
    } else if (character.code == 0xfffd) {
      shown += "\xef\xbf\xbd";
    } else {
      shown += text.substr(0, character.bytes);
    }
    text.remove_prefix(character.bytes);
  }
  return shown;
}

std::string shorten(std::string_view text, int columns) {
  if (display_columns(text) <= columns) return std::string(text);
  std::string kept;
  int used = 0;
  while (!text.empty()) {
    const Character character = first_character(text);
    if (used + character.columns > columns - 1) break;
    used += character.columns;
    kept += text.substr(0, character.bytes);
    text.remove_prefix(character.bytes);
  }
  return kept + "…";
}

std::string wrapped(std::string_view text, int columns, int indent, int first) {
  if (columns <= 0) return std::string(text);
  std::string out;
  int used = first;
  bool at_start = true;
  while (!text.empty()) {
    const std::size_t blank = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, blank);
    const int width = display_columns(word);
    if (!at_start && used + 1 + width > columns) {
      out += "\n" + std::string(static_cast<std::size_t>(indent), ' ');
      used = indent;
      at_start = true;
    }
    if (!at_start) out += ' ';
    used += width + (at_start ? 0 : 1);
    at_start = false;
    out += word;
    text.remove_prefix(std::min(blank + 1, text.size()));
  }
  return out;
}

std::string pad_right(std::string text, int columns) {
  const int missing = columns - display_columns(text);
  if (missing > 0) text.append(static_cast<std::size_t>(missing), ' ');
  return text;
}

std::string pad_left(std::string text, int columns) {
  const int missing = columns - display_columns(text);
  if (missing > 0) text.insert(0, static_cast<std::size_t>(missing), ' ');
  return text;
}

std::string thousands(std::int64_t value) {
  std::string digits = std::to_string(value);
  const std::size_t sign = value < 0 ? 1 : 0;
  for (std::size_t end = digits.size(); end > sign + 3; end -= 3) digits.insert(end - 3, ",");
  return digits;
}

std::string counted(std::int64_t count, std::string_view word) {
  return fmt::format("{} {}{}", thousands(count), word, count == 1 ? "" : "s");
}

}  // namespace henge::cli
