// Options of input formats that henge refuses: of each format its own, each with its reason.
#include "model/input_option.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace henge {
namespace {

bool refuses(InputFormatKind kind, std::string_view name) {
  return std::ranges::any_of(refused_options(kind),
                             [&](const InputOption& option) { return option.name == name; });
}

TEST(InputOptions, AreRefusedOfTheFormatThatHasThem) {
  const struct {
    const char* name;
    bool of_json, of_lines;
  } cases[] = {
      {"featureSpec", true, false},
      {"assumeNewlineDelimited", true, false},
      {"useJsonNodeReader", true, false},
      {"findColumnsFromHeader", false, true},
      {"hasHeaderRow", false, true},
      {"skipHeaderRows", false, true},
      {"tryParseNumbers", false, true},
      // What henge reads as Druid does.
      {"flattenSpec", false, false},
      {"keepNullColumns", false, false},
      {"columns", false, false},
      {"delimiter", false, false},
      {"listDelimiter", false, false},
      {"type", false, false},
      // Names are Druid's, to the letter.
      {"featurespec", false, false},
      {"skipHeaderRow", false, false},
      {"", false, false},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(refuses(InputFormatKind::json, c.name), c.of_json) << c.name;
    EXPECT_EQ(refuses(InputFormatKind::csv, c.name), c.of_lines) << c.name;
    EXPECT_EQ(refuses(InputFormatKind::tsv, c.name), c.of_lines) << c.name;
  }
}

TEST(InputOptions, OfFilesAreTheSameButForHeaderLines) {
  EXPECT_EQ(refused_file_options(InputFormatKind::json).data(),
            refused_options(InputFormatKind::json).data());
  for (InputFormatKind kind : {InputFormatKind::csv, InputFormatKind::tsv}) {
    std::set<std::string_view> names;
    for (const InputOption& option : refused_options(kind)) names.insert(option.name);
    for (const InputOption& option : refused_file_options(kind)) names.erase(option.name);
    EXPECT_EQ(names, (std::set<std::string_view>{"findColumnsFromHeader", "hasHeaderRow",
                                                 "skipHeaderRows"}));
  }
}

TEST(InputOptions, EachIsNamedOnceAndSaysWhy) {
  for (InputFormatKind kind : {InputFormatKind::json, InputFormatKind::csv, InputFormatKind::tsv}) {
    std::set<std::string_view> names;
    for (const InputOption& option : refused_options(kind)) {
      EXPECT_TRUE(names.insert(option.name).second) << option.name << " twice";
      EXPECT_GT(option.why.size(), 20u) << option.name;
      EXPECT_EQ(refusal_of(option), "the inputFormat's " + std::string(option.name) +
                                        " is not supported: " + std::string(option.why));
    }
    EXPECT_FALSE(names.empty());
  }
}

}  // namespace
}  // namespace henge
