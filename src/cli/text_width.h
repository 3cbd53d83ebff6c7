// Text in columns of a terminal: how wide it is, and how to make it fit.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace henge::cli {

// One character of UTF-8 text. Invalid bytes come as U+FFFD, one a byte.
struct Character {
  char32_t code = 0;
  std::size_t bytes = 1;  // taken from the text
  int columns = 1;        // 0 for combining marks, 2 for wide letters and pictures
};
Character first_character(std::string_view text);  // text must not be empty

int display_columns(std::string_view text);

// Safe to show: control characters (which could move the cursor or recolour the screen) become
// blanks, invalid UTF-8 becomes U+FFFD.
std::string printable(std::string_view text);

// At most `columns` wide (at least 1), with … for what is left out.
std::string shorten(std::string_view text, int columns);
// In lines of at most `columns`, broken at blanks; a word that is longer stands alone. The first
// line begins in column `first`, the others are indented by `indent`. 0 columns: one line.
std::string wrapped(std::string_view text, int columns, int indent, int first = 0);
std::string pad_right(std::string text, int columns);
std::string pad_left(std::string text, int columns);

// 1,234,567
std::string thousands(std::int64_t value);
// "1 error", "2 errors", "1,234 rows": the plural is the word with an s.
std::string counted(std::int64_t count, std::string_view word);

}  // namespace henge::cli
