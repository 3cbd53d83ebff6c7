#include "model/timestamp_format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace henge {
namespace {

TEST(TimestampFormat, supported) {
  const char* formats[] = {"iso",
                           "millis",
                           "posix",
                           "micro",
                           "nano",
                           "auto",
                           "yyyy",
                           "yyyy-MM-dd",
                           "yyyy-MM-dd HH:mm:ss",
                           "yyyy-MM-dd'T'HH:mm:ss.SSSZ",
                           "dd/MM/yyyy H:m:s",
                           "yyyyMMdd",
                           "yyyy-DDD",
                           "yyyy.M.d",
                           "yyyy-MM-dd HH:mm:ss.SSSSSSSSS ZZ",
                           "'at' yyyy",
                           "yyyy''MM"};
  for (const char* format : formats)
    EXPECT_EQ(timestamp_format_problem(format), std::nullopt) << format;
}

TEST(TimestampFormat, refused_with_the_reason) {
  struct Case {
    const char* format;
    const char* reason;
  };
  const Case cases[] = {
      {"", "empty"},
      {"ruby", "rounded"},
      {"yyyy-MMM-dd", "MMM: names of months"},
      {"EEE yyyy", "names of days"},
      {"yyyy hh a", "half days"},
      {"xxxx-'W'ww", "week years"},
      {"yyyy-DDDD", "so many letters"},
      {"yyyy z", "time zones"},
      {"yyyy ZZZ", "time zones"},
      {"yy-MM-dd", "four digits"},
      {"yyyyy", "four digits"},
      {"MM-dd", "names no year"},
      {"yyyy SSSSSSSSSS", "so many letters"},
      {"yyyy HHH", "so many letters"},
      {"yyyy 'open", "not closed"},
      {"yyyy MM yyyy", "twice"},
      {"uuuu-MM-dd", "yyyy"},
      {"yyyy-MM D", "day of the year"},
      {"yyyy G", "eras"},
      {"yyyy q", "no such letter"},
      {"ISO", "no such letter"},
      {"yyyy kk", "1 to 24"},
      {"milis", "no such letter"},
  };
  for (const Case& c : cases) {
    auto problem = timestamp_format_problem(c.format);
    ASSERT_TRUE(problem) << c.format;
    EXPECT_THAT(*problem, testing::HasSubstr(c.reason)) << c.format;
    EXPECT_FALSE(timestamp_format_supported(c.format));
  }
}

TEST(TimestampFormat, named_ones_are_no_patterns) {
  EXPECT_TRUE(is_named_timestamp_format("millis"));
  EXPECT_FALSE(is_named_timestamp_format("yyyy"));
}

TEST(TimestampFormat, each_letter_has_the_widths_that_mean_one_thing) {
  struct Case {
    char letter;
    std::size_t widest;
  };
  const Case cases[] = {{'M', 2}, {'d', 2}, {'H', 2}, {'m', 2}, {'s', 2}, {'S', 9}, {'Z', 2}};
  for (auto [letter, widest] : cases) {
    for (std::size_t width = 1; width <= 12; ++width)
      EXPECT_EQ(timestamp_format_supported("yyyy " + std::string(width, letter)), width <= widest)
          << std::string(width, letter);
  }
  for (std::size_t width = 1; width <= 12; ++width) {
    EXPECT_EQ(timestamp_format_supported(std::string(width, 'y')), width == 4) << width;
    EXPECT_EQ(timestamp_format_supported("yyyy-" + std::string(width, 'D')), width <= 3) << width;
  }
}

TEST(TimestampFormat, no_other_letter_is_let_through) {
  const std::string_view supported = "MdDHmsSZ";
  for (char c = 'A'; c <= 'z'; ++c) {
    if (c > 'Z' && c < 'a') continue;
    const bool known = supported.find(c) != std::string_view::npos;
    EXPECT_EQ(timestamp_format_supported(std::string("yyyy ") + c), known) << c;
  }
}

TEST(TimestampFormat, a_letter_stands_once) {
  for (const char* pattern : {"yyyy yyyy", "yyyyMMddMM", "yyyy H:H", "yyyy SSS.S", "yyyy Z Z"}) {
    const auto problem = timestamp_format_problem(pattern);
    ASSERT_TRUE(problem) << pattern;
    EXPECT_THAT(*problem, testing::HasSubstr("twice")) << pattern;
  }
}

TEST(TimestampFormat, quoted_text_is_not_read_as_letters) {
  for (const char* pattern : {"yyyy 'EEE yyyy'", "'yyyy' yyyy", "yyyy''''", "yyyy'o''clock'",
                              "yyyy-MM-dd'T'HH:mm:ss'Z'", "''yyyy"})
    EXPECT_EQ(timestamp_format_problem(pattern), std::nullopt) << pattern;
  for (const char* pattern : {"yyyy '", "'yyyy", "yyyy 'a' 'b", "yyyy'''"})
    EXPECT_FALSE(timestamp_format_supported(pattern)) << pattern;
  EXPECT_THAT(*timestamp_format_problem("'yyyy' MM"), testing::HasSubstr("names no year"))
      << "a quoted year is none";
}

TEST(TimestampFormat, a_long_run_is_not_repeated_in_full) {
  const auto problem = timestamp_format_problem(std::string(100'000, 'q'));
  ASSERT_TRUE(problem);
  EXPECT_LT(problem->size(), 100u);
}

RC_GTEST_PROP(TimestampFormatLaw, a_pattern_is_supported_or_has_a_reason, (std::string pattern)) {
  const auto problem = timestamp_format_problem(pattern);
  RC_ASSERT(timestamp_format_supported(pattern) == !problem.has_value());
  if (problem) RC_ASSERT(!problem->empty());
}

RC_GTEST_PROP(TimestampFormatLaw, punctuation_changes_nothing, ()) {
  const auto letters = *rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(
      std::vector<std::string>{"yyyy", "MM", "dd", "DDD", "HH", "SSS", "MMM", "E", "yy"}));
  std::string bare, spaced;
  for (const auto& run : letters) {
    bare += run + "-";
    spaced += run + "' of '/.: ";
  }
  RC_ASSERT(timestamp_format_supported(bare) == timestamp_format_supported(spaced));
}

}  // namespace
}  // namespace henge
