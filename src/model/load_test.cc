#include "model/load.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace henge {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Interval interval(const char* text) {
  return *parse_interval(text);
}
Instant at(const char* text) {
  return *parse_instant(text);
}

TEST(ChunksOf, EveryChunkOfAnIntervalOnItsBorders) {
  const auto hours =
      chunks_of(interval("2026-03-01T22:00Z/2026-03-02T01:00Z"), Granularity::hour, 9);
  ASSERT_TRUE(hours);
  EXPECT_THAT(*hours, ElementsAre(at("2026-03-01T22:00Z"), at("2026-03-01T23:00Z"),
                                  at("2026-03-02T00:00Z")));
  const auto months = chunks_of(interval("2026-01-01/2026-03-01"), Granularity::month, 9);
  ASSERT_TRUE(months);
  EXPECT_THAT(*months, ElementsAre(at("2026-01-01"), at("2026-02-01")));
}

TEST(ChunksOf, NamesTheNearestIntervalThatLiesOnBorders) {
  struct Case {
    const char* asked;
    const char* nearest;
  };
  for (const Case& c :
       {Case{"2026-03-01T22:10Z/2026-03-02T01:00Z", "2026-03-01T22:00Z/2026-03-02T01:00Z"},
        Case{"2026-03-01T22:00Z/2026-03-02T00:00:00.001Z", "2026-03-01T22:00Z/2026-03-02T01:00Z"},
        Case{"2026-03-01T22:10Z/2026-03-01T22:20Z", "2026-03-01T22:00Z/2026-03-01T23:00Z"}}) {
    const auto refused = chunks_of(interval(c.asked), Granularity::hour, 9);
    ASSERT_FALSE(refused) << c.asked;
    EXPECT_EQ(refused.error().kind, ErrorKind::invalid);
    EXPECT_THAT(refused.error().message, HasSubstr(c.nearest));
  }
}

TEST(ChunksOf, RefusesWhatIsEmptyOrTooLong) {
  const Instant t = at("2026-03-01T22:00Z");
  EXPECT_THAT(chunks_of({t, t}, Granularity::hour, 9).error().message, HasSubstr("is empty"));
  EXPECT_TRUE(chunks_of({t, t + std::chrono::hours(9)}, Granularity::hour, 9));
  EXPECT_THAT(chunks_of({t, t + std::chrono::hours(10)}, Granularity::hour, 9).error().message,
              HasSubstr("more than 9 chunks"));
}

TEST(LoadWords, AreReadAsTheyAreWritten) {
  for (const LoadMode mode : {LoadMode::append, LoadMode::replace})
    EXPECT_EQ(load_mode_of(to_string(mode)), mode);
  for (const LoadInput input :
       {LoadInput::local, LoadInput::http, LoadInput::s3, LoadInput::druid, LoadInput::inlined})
    EXPECT_EQ(load_input_of(to_string(input)), input);
  EXPECT_FALSE(load_mode_of("upsert"));
  EXPECT_FALSE(load_input_of(""));
}

}  // namespace
}  // namespace henge
