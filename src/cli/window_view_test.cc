#include "cli/window_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/view_fixture.h"

namespace henge::cli {
namespace {

using ledger::StandPhase;
using nlohmann::json;
using std::chrono::hours;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const Instant noon = *parse_instant("2026-03-01T12:00Z");

ledger::WindowState window(std::int64_t number, const std::string& outcome = "") {
  ledger::WindowState out;
  out.intent = {number, "load-" + std::to_string(number), "not all writers use concurrent locks",
                noon + number * hours(1), true};
  out.outcome = outcome;
  out.opened_at = noon;
  if (!outcome.empty()) out.closed_at = noon + std::chrono::minutes(5);
  return out;
}

// The first one is over; the second and the third overlap.
ledger::PipelineState standing(StandPhase phase, bool resume = true) {
  ledger::PipelineState state;
  state.windows = {window(1, "failed"), window(2, "counted"), window(3)};
  state.stand = ledger::StandState{2, resume, phase, noon, noon};
  return state;
}

std::vector<std::string> phases(const std::vector<WindowRow>& rows) {
  std::vector<std::string> out;
  for (const WindowRow& row : rows) out.push_back(row.phase);
  return out;
}

TEST(Windows, ThoseThatStreamingStandsForAreListedAndOnRequestTheOthers) {
  const auto state = standing(StandPhase::quiesced);
  EXPECT_THAT(phases(window_rows("clicks", state, false)), ElementsAre("over", "standing"));
  EXPECT_THAT(phases(window_rows("clicks", state, true)), ElementsAre("over", "over", "standing"));
  EXPECT_THAT(window_rows("clicks", {}, true), IsEmpty());
}

TEST(Windows, PhaseAndWhoResumesFollowFromTheSuspension) {
  const struct {
    StandPhase phase;
    bool resume;
    const char* word;
    const char* resumes;
  } cases[] = {
      {StandPhase::asked, true, "opening", "henge"},
      {StandPhase::suspended, true, "suspending", "henge"},
      {StandPhase::quiesced, true, "standing", "henge"},
      {StandPhase::quiesced, false, "standing", "person"},
      {StandPhase::broken, true, "broken", "person"},
  };
  for (const auto& c : cases) {
    const auto rows = window_rows("clicks", standing(c.phase, c.resume), false);
    EXPECT_EQ(rows.back().phase, c.word);
    EXPECT_EQ(rows.back().resumes, c.resumes) << c.word;
  }
  auto over = standing(StandPhase::quiesced);
  over.windows.back() = window(3, "counted");
  EXPECT_THAT(phases(window_rows("clicks", over, false)), ElementsAre("resuming", "resuming"));
  over.stand.reset();
  EXPECT_THAT(window_rows("clicks", over, false), IsEmpty());
  EXPECT_EQ(window_rows("clicks", over, true).back().resumes, "");
}

TEST(Windows, JsonIsThePromisedOne) {
  WindowView view{noon, true, window_rows("clicks", standing(StandPhase::quiesced), false), {}};
  const json out = json::parse(show_windows(view, json_console()));
  EXPECT_THAT(keys_of(out),
              testing::UnorderedElementsAre("now", "serving", "windows", "planned", "frozen"));
  EXPECT_EQ(out["windows"][1], json::parse(R"({"pipeline":"clicks","window":3,"load":"load-3",
      "phase":"standing","outcome":null,"reason":"not all writers use concurrent locks",
      "resumes":"henge","since":"2026-03-01T12:00:00.000Z","deadline":"2026-03-01T15:00:00.000Z",
      "closed":null})"));
  EXPECT_EQ(out["windows"][0]["outcome"], "counted");
  EXPECT_EQ(out["windows"][0]["closed"], "2026-03-01T12:05:00.000Z");
}

TEST(Windows, TheTableSaysWhoResumes) {
  WindowView view{noon, true, window_rows("clicks", standing(StandPhase::quiesced), false), {}};
  EXPECT_THAT(show_windows(view, wide_console()), HasSubstr("henge serve"));
  view.serving = false;
  EXPECT_THAT(show_windows(view, wide_console()), HasSubstr("the next henge serve"));
  view.rows = window_rows("clicks", standing(StandPhase::quiesced, false), false);
  EXPECT_THAT(show_windows(view, wide_console()), HasSubstr("nobody: a person decides"));
  EXPECT_EQ(show_windows({noon, true, {}, {}}, wide_console()), "no windows\n");
  for (const int columns : {40, 60, 80})
    EXPECT_LE(widest_line(show_windows(view, narrow_console(columns))), std::max(columns, 60));
}

TEST(Windows, ThePlannedOnesAreNamed) {
  WindowView view{noon, true, {}, {}, {{"a", true, noon}, {"b", false, noon}, {"c", false, {}}}};
  EXPECT_EQ(show_windows(view, wide_console()),
            "no windows\n"
            "a: streaming may be made to stand now\n"
            "b: streaming may be made to stand from 2026-03-01T12:00Z on\n"
            "c: streaming may be made to stand never within a year, as its windows say\n");
  const json out = json::parse(show_windows(view, json_console()));
  EXPECT_EQ(out["planned"][1],
            json::parse(R"({"pipeline":"b","open":false,"next":"2026-03-01T12:00:00.000Z"})"));
  EXPECT_EQ(out["planned"][2]["next"], nullptr);
}

TEST(Windows, StatusSaysWhatStreamingStandsFor) {
  EXPECT_EQ(standing_json(standing_of({})), "null");
  const auto one = standing_of(standing(StandPhase::quiesced));
  ASSERT_TRUE(one);
  EXPECT_EQ(standing_text("clicks", *one),
            "clicks: window standing since 2026-03-01T12:00Z, for load-3, until "
            "2026-03-01T15:00Z at the latest");
  EXPECT_EQ(json::parse(standing_json(one)), json::parse(R"({"phase":"standing","loads":["load-3"],
                "since":"2026-03-01T12:00:00.000Z","deadline":"2026-03-01T15:00:00.000Z",
                "resume":true})"));
  EXPECT_THAT(standing_text("clicks", *standing_of(standing(StandPhase::quiesced, false))),
              HasSubstr("and it stays so"));
}

}  // namespace
}  // namespace henge::cli
