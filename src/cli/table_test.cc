#include "cli/table.h"

#include <gtest/gtest.h>

#include <sstream>

#include "cli/text_width.h"

namespace henge::cli {
namespace {

const Style plain(false);

Table chunks() {
  Table table({{.title = "CHUNK", .columns_min = 10},
               {.title = "STATE"},
               {.title = "ROWS", .align = Align::right},
               {.title = "LATE", .align = Align::right, .drop_rank = 1},
               {.title = "PROOF", .drop_rank = 2}});
  table.add({{"2026-11-23T09:00Z"}, {"sealed"}, {"1,234,567"}, {"12"}, {"counted"}});
  table.add({{"2026-11-23T10:00Z"}, {"open"}, {"8"}, {""}, {""}});
  return table;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

TEST(Table, LinesUpAndPutsNumbersToTheRight) {
  EXPECT_EQ(chunks().render(0, plain),
            "CHUNK              STATE        ROWS  LATE  PROOF\n"
            "2026-11-23T09:00Z  sealed  1,234,567    12  counted\n"
            "2026-11-23T10:00Z  open            8\n");
}

TEST(Table, FitsEveryWidthAndNeverCutsANumber) {
  const int natural = 51;
  for (int columns = 29; columns <= 60; ++columns) {
    const std::string text = chunks().render(columns, plain);
    for (const std::string& line : lines_of(text)) {
      EXPECT_LE(display_columns(line), columns) << text;
    }
    EXPECT_NE(text.find("1,234,567"), std::string::npos) << text;
    EXPECT_NE(text.find("sealed"), std::string::npos) << text;
    EXPECT_EQ(text.find("no room") == std::string::npos, columns >= natural - 7) << columns;
  }
}

TEST(Table, ShortensTextsBeforeItDropsColumns) {
  EXPECT_EQ(lines_of(chunks().render(45, plain))[1],
            "2026-11-23…  sealed  1,234,567    12  counted");
}

TEST(Table, DropsTheLeastImportantAndSaysSo) {
  EXPECT_EQ(chunks().render(43, plain),
            "CHUNK              STATE        ROWS  LATE\n"
            "2026-11-23T09:00Z  sealed  1,234,567    12\n"
            "2026-11-23T10:00Z  open            8\n"
            "no room for: PROOF\n");
}

TEST(Table, KeepsWhatMustStayOnATinyTerminal) {
  const std::string text = chunks().render(5, plain);
  EXPECT_NE(text.find("1,234,567"), std::string::npos);
  EXPECT_NE(text.find("no room for: LATE"), std::string::npos);
}

TEST(Table, WideLettersAndHostileTextsDoNotBreakTheColumns) {
  Table table({{.title = "NAME"}, {.title = "N", .align = Align::right}});
  table.add({{"日本"}, {"1"}});
  table.add({{"a\x1b[2J\nb"}, {"22"}});
  EXPECT_EQ(table.render(0, plain),
            "NAME      N\n"
            "日本      1\n"
            "a [2J b  22\n");
}

TEST(Table, ColoursTheTextAndNotTheBlanks) {
  Table table({{.title = "A", .align = Align::right}, {.title = "STATE"}});
  table.add({{"1"}, {"sealed", Tone::good}});
  table.add({{"22"}, {"open"}});
  const std::string text = table.render(0, Style(true));
  EXPECT_NE(text.find(" 1  \x1b[32msealed\x1b[0m\n"), std::string::npos) << text;
  EXPECT_NE(text.find("22  open\n"), std::string::npos) << text;
}

TEST(Table, WithoutRowsHasItsTitles) {
  EXPECT_EQ(Table({{.title = "A"}, {.title = "B"}}).render(10, plain), "A  B\n");
}

}  // namespace
}  // namespace henge::cli
