#include "cli/text_width.h"

#include <gtest/gtest.h>

#include <limits>

namespace henge::cli {
namespace {

TEST(TextWidth, CountsColumnsNotBytes) {
  struct Case {
    std::string text;
    int columns;
  };
  const Case cases[] = {
      {"", 0},         {"abc", 3},      {"é…ß", 3},      {"日本語", 6},  {"e\u0301", 1},
      {"🙂", 2},       {"a\u200bb", 2}, {"한", 2},       {"ｆ", 2},      {"─│", 2},
      {"\xff\xfe", 2}, {"\xe6\x97", 2}, {"\xc0\xaf", 2}, {"☀\ufe0f", 1},
  };
  for (const Case& c : cases) EXPECT_EQ(display_columns(c.text), c.columns) << c.text;
}

TEST(TextWidth, ReadsEveryLengthOfCharacterAndNoFalseOne) {
  struct Case {
    std::string text;
    char32_t code;
    std::size_t bytes;
  };
  const Case cases[] = {
      {"a", U'a', 1},
      {"é", U'é', 2},
      {"€", U'€', 3},
      {"🙂", U'🙂', 4},
      {"\x80", 0xfffd, 1},              // a continuation alone
      {"\xc1\x81", 0xfffd, 1},          // longer than needed
      {"\xe0\x80\x80", 0xfffd, 1},      // longer than needed
      {"\xed\xa0\x80", 0xfffd, 1},      // half of a surrogate pair
      {"\xf4\x90\x80\x80", 0xfffd, 1},  // beyond Unicode
      {"\xe2\x82", 0xfffd, 1},          // cut
      {"\xe2(\xa1", 0xfffd, 1},         // broken off
  };
  for (const Case& c : cases) {
    const Character character = first_character(c.text);
    EXPECT_EQ(character.code, c.code) << c.text;
    EXPECT_EQ(character.bytes, c.bytes) << c.text;
  }
}

TEST(TextWidth, NothingShownCanSteerTheTerminal) {
  EXPECT_EQ(printable("a\x1b[31mb\r\n\tc"), "a [31mb   c");
  EXPECT_EQ(printable("\xc2\x9b"
                      "2J"),
            " 2J");  // the one-byte form of ESC [
  EXPECT_EQ(printable("ok é 日"), "ok é 日");
  EXPECT_EQ(printable("\xff"), "\xef\xbf\xbd");
  EXPECT_EQ(printable(std::string("a\0b", 3)), "a b");
}

TEST(TextWidth, ShortensToTheColumn) {
  struct Case {
    std::string text;
    int columns;
    std::string shown;
  };
  const Case cases[] = {
      {"clicks", 6, "clicks"}, {"clicks", 5, "clic…"}, {"clicks", 1, "…"}, {"日本語", 6, "日本語"},
      {"日本語", 5, "日本…"},  {"日本語", 4, "日…"},   {"", 1, ""},        {"éé", 1, "…"},
  };
  for (const Case& c : cases) {
    const std::string shown = shorten(c.text, c.columns);
    EXPECT_EQ(shown, c.shown);
    EXPECT_LE(display_columns(shown), c.columns);
  }
}

TEST(TextWidth, Pads) {
  EXPECT_EQ(pad_right("é", 3), "é  ");
  EXPECT_EQ(pad_left("é", 3), "  é");
  EXPECT_EQ(pad_left("日本", 3), "日本");
}

TEST(TextWidth, GroupsDigits) {
  constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min();
  const std::pair<std::int64_t, std::string> cases[] = {
      {0, "0"},
      {999, "999"},
      {1000, "1,000"},
      {-999, "-999"},
      {-1000, "-1,000"},
      {123456, "123,456"},
      {1234567, "1,234,567"},
      {least, "-9,223,372,036,854,775,808"},
  };
  for (const auto& [value, text] : cases) EXPECT_EQ(thousands(value), text);
  EXPECT_EQ(counted(0, "error"), "0 errors");
  EXPECT_EQ(counted(1, "error"), "1 error");
  EXPECT_EQ(counted(1200, "row"), "1,200 rows");
}

TEST(Wrapped, BreaksAtBlanksAndIndentsWhatFollows) {
  EXPECT_EQ(wrapped("one two three", 0, 2), "one two three");
  EXPECT_EQ(wrapped("one two three", 80, 2), "one two three");
  EXPECT_EQ(wrapped("one two three", 8, 2), "one two\n  three");
  EXPECT_EQ(wrapped("one two three", 7, 0, 3), "one\ntwo\nthree") << "the first line has less room";
  EXPECT_EQ(wrapped("a incomprehensible b", 5, 1), "a\n incomprehensible\n b")
      << "a word is never cut";
  EXPECT_EQ(wrapped("", 5, 1), "");
}

}  // namespace
}  // namespace henge::cli
