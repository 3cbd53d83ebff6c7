#include "model/timestamp_format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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

}  // namespace
}  // namespace henge
