#include "cli/progress.h"

#include <gtest/gtest.h>

#include "cli/text_width.h"

namespace henge::cli {
namespace {

using namespace std::chrono_literals;

const Instant start = instant_of_ms(1'764'000'000'000);
const Terminal screen{.interactive = true, .columns = 80};

Step step(std::int64_t done, std::optional<std::int64_t> total) {
  return {.doing = "counting", .done = done, .total = total};
}

TEST(Progress, SaysNothingOfWhatIsQuick) {
  Progress progress(start, screen);
  EXPECT_EQ(progress.update(start + 1999ms, step(1, 2)), "");
  EXPECT_EQ(progress.clear(), "");
}

TEST(Progress, IsDueWhenItWouldWrite) {
  Progress progress(start, screen);
  EXPECT_FALSE(progress.due(start + 1999ms));
  EXPECT_TRUE(progress.due(start + 2s));
  EXPECT_NE(progress.update(start + 2s, step(1, 2)), "");
  EXPECT_FALSE(progress.due(start + 2099ms));
  EXPECT_TRUE(progress.due(start + 2100ms));
}

TEST(Progress, WritesOneLineOverAndOverOnATerminal) {
  Progress progress(start, screen);
  EXPECT_EQ(progress.update(start + 2s, step(500, 2000)),
            "\rcounting [#####               ] 500 of 2,000, 2s, about 6s left\x1b[K");
  EXPECT_EQ(progress.update(start + 2050ms, step(501, 2000)), "");
  EXPECT_NE(progress.update(start + 2100ms, step(501, 2000)), "");
  EXPECT_EQ(progress.clear(), "\r\x1b[K");
  EXPECT_EQ(progress.clear(), "");
}

TEST(Progress, WritesALineAMinuteElsewhere) {
  Progress progress(start, Terminal{});
  EXPECT_EQ(progress.update(start + 59s, step(0, std::nullopt)), "");
  EXPECT_EQ(progress.update(start + 60s, step(7, std::nullopt)), "counting, 7, 1m\n");
  EXPECT_EQ(progress.update(start + 119s, step(8, std::nullopt)), "");
  EXPECT_EQ(progress.update(start + 120s, step(1200, std::nullopt)), "counting, 1,200, 2m\n");
  EXPECT_EQ(progress.clear(), "");
}

TEST(Progress, GuessesTheRestOnlyWhenItCan) {
  struct Case {
    std::int64_t done;
    std::optional<std::int64_t> total;
    bool guess;
  };
  const Case cases[] = {
      {0, 100, false},   {4, 100, false},   {5, 100, true},           {99, 100, true},
      {100, 100, false}, {150, 100, false}, {7, std::nullopt, false}, {7, 0, false},
  };
  for (const Case& c : cases) {
    Progress progress(start, screen);
    const std::string text = progress.update(start + 10s, step(c.done, c.total));
    EXPECT_EQ(text.find(" left") != std::string::npos, c.guess) << text;
  }
}

TEST(Progress, FitsTheTerminal) {
  for (const int columns : {2, 10, 40, 200}) {
    Progress progress(start, {.interactive = true, .columns = columns});
    const std::string text = progress.update(start + 10s, step(5, 10));
    EXPECT_LT(display_columns(text.substr(1, text.size() - 4)), columns);
  }
}

}  // namespace
}  // namespace henge::cli
