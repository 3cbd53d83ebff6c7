// What a scheduler and a person are told when waiting is over.
#include "cli/wait_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/view_fixture.h"

namespace henge::cli {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

const Instant hour = *parse_instant("2026-03-01T08:00Z");

WaitView waited(std::size_t behind) {
  WaitView view;
  view.pipeline = "clicks";
  view.interval = {hour, hour + std::chrono::hours(24)};
  view.until = late::Until::repaired;
  view.serving = true;
  view.waited = std::chrono::minutes(30);
  view.readiness.chunks = 24;
  view.readiness.rows = 12'345;
  for (std::size_t i = 0; i < behind; ++i)
    view.readiness.behind.push_back({hour + std::chrono::hours(i), i == 0 ? "open" : "",
                                     "rows that streaming accepts may still come"});
  view.readiness.ready_chunks = 24 - static_cast<std::int64_t>(behind);
  view.timed_out = behind > 0;
  return view;
}

TEST(WaitView, SaysThatItIsSoOrWhatIsMissing) {
  EXPECT_EQ(show_wait(waited(0), wide_console()),
            "clicks 2026-03-01T08:00Z/2026-03-02T08:00Z is repaired: 24 chunks, 12,345 rows in "
            "Druid by the last counts\n");
  const std::string text = show_wait(waited(2), wide_console());
  EXPECT_THAT(text, HasSubstr("is not repaired after 30m: 22 of 24 chunks are"));
  EXPECT_THAT(text, HasSubstr("2026-03-01T09:00Z"));
  EXPECT_THAT(text, HasSubstr("may still come"));
  EXPECT_THAT(text, Not(HasSubstr("no henge serves")));
  EXPECT_EQ(missing_text(waited(2).readiness, late::Until::repaired),
            "2026-03-01T08:00Z is not repaired: rows that streaming accepts may still come");
}

TEST(WaitView, WarnsThatNobodyWorks) {
  WaitView view = waited(1);
  view.serving = false;
  EXPECT_THAT(show_wait(view, wide_console()), HasSubstr("no henge serves this ledger"));
}

TEST(WaitView, FitsANarrowTerminalAndIsShort) {
  const std::string text = show_wait(waited(24), narrow_console(60));
  EXPECT_LE(widest_line(text.substr(text.find('\n') + 1)), 60);
  EXPECT_THAT(text, HasSubstr("and 4 more"));
}

TEST(WaitView, JsonHasItsFields) {
  const json body = json::parse(show_wait(waited(1), json_console()));
  EXPECT_THAT(keys_of(body),
              testing::UnorderedElementsAre("frozen", "pipeline", "interval", "until", "ready",
                                            "timed_out", "waited_ms", "chunks", "ready_chunks",
                                            "rows", "behind", "why", "serving"));
  EXPECT_EQ(body["ready"], false);
  EXPECT_EQ(body["timed_out"], true);
  EXPECT_EQ(body["behind"][0]["state"], "open");
  EXPECT_EQ(json::parse(show_wait(waited(2), json_console()))["behind"][1]["state"], nullptr)
      << "no row of it was seen";
}

}  // namespace
}  // namespace henge::cli
