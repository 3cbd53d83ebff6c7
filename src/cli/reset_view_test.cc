// What a person is shown before and after offsets are reset.
#include "cli/reset_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/view_fixture.h"

namespace henge::cli {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

const Instant minute = *parse_instant("2026-03-01T08:00Z");

ResetView planned() {
  ResetView view;
  view.pipeline = "clicks";
  view.to = "time=2026-03-01T08:00Z";
  view.plan.rows = {{0, 1'000, 4'000, 3'000, 0, 0},
                    {1, 9'000, 2'000, 0, 7'000, 0},
                    {2, 10, 100, 50, 0, 40},
                    {3, 5, 5, 0, 0, 0},
                    {4, std::nullopt, 7, 0, 0, 0}};
  return view;
}

ResetView ended(std::string error = "") {
  ResetView view = planned();
  ledger::ResetState done;
  done.intent.number = 3;
  done.phase = ledger::ResetPhase::ended;
  done.error = std::move(error);
  done.effect.chunks = {{minute, {{0, 100}}, {}, false},
                        {minute + std::chrono::minutes(1), {}, {{1, 40}}, true},
                        {minute + std::chrono::minutes(2), {{0, 1}}, {{1, 7}}, false}};
  done.effect.lost = 40;
  view.done = done;
  return view;
}

TEST(ResetView, ShowsBeforeAfterAndEveryEffect) {
  const std::string text = show_reset_plan(planned(), wide_console());
  for (const char* part :
       {"3,000 skipped", "7,000 read again", "50 skipped, 40 lost", "stays", "begins there",
        "3,050 records are skipped", "repairs bring", "7,000 records are read again",
        "40 offsets were deleted by retention", "resumed"})
    EXPECT_THAT(text, HasSubstr(part));
  EXPECT_LE(widest_line(show_reset_plan(planned(), narrow_console(60))), 60);
}

TEST(ResetView, ATopicMadeAnewIsSaidSo) {
  ResetView view = planned();
  view.plan.anew = true;
  const std::string text = show_reset_plan(view, wide_console());
  EXPECT_THAT(text, HasSubstr("made anew"));
  EXPECT_THAT(text, HasSubstr("begins anew"));
  EXPECT_THAT(text, Not(HasSubstr("3,050")));
}

TEST(ResetView, SumsChunkByChunk) {
  const ResetSums sums = sums_of(ended().done->effect);
  EXPECT_EQ(sums.skipped, 101);
  EXPECT_EQ(sums.again, 47);
  EXPECT_EQ(sums.doubled, 7);
  EXPECT_EQ(sums.rebuilt_chunks, 1);
  EXPECT_EQ(sums.doubled_chunks, 1);
}

TEST(ResetView, SaysHowItEnded) {
  const std::string text = show_reset_done(ended(), wide_console());
  EXPECT_THAT(text, HasSubstr("101 on-time rows skipped"));
  EXPECT_THAT(text, HasSubstr("1 chunk emptied, to be filled again by 40 rows"));
  EXPECT_THAT(text, HasSubstr("7 rows will be in 1 chunk twice"));
  EXPECT_THAT(show_reset_done(ended("gone"), wide_console()),
              HasSubstr("nothing was changed: gone"));
  ResetView going = planned();
  EXPECT_THAT(show_reset_done(going, wide_console()), HasSubstr("goes on by itself"));
}

TEST(ResetView, JsonHasItsFields) {
  const json plan = json::parse(show_reset_plan(planned(), json_console()));
  EXPECT_THAT(keys_of(plan),
              testing::UnorderedElementsAre("pipeline", "to", "topic_made_anew", "partitions",
                                            "number", "phase", "effect", "error"));
  EXPECT_EQ(plan["number"], nullptr);
  EXPECT_EQ(plan["partitions"][4]["before"], nullptr);
  const json done = json::parse(show_reset_done(ended(), json_console()));
  EXPECT_EQ(done["effect"]["doubled_rows"], 7);
  EXPECT_EQ(done["effect"]["lost_offsets"], 40);
  EXPECT_EQ(done["error"], nullptr);
  EXPECT_EQ(json::parse(show_reset_done(ended("gone"), json_console()))["effect"], nullptr);
}

}  // namespace
}  // namespace henge::cli
