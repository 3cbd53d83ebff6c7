// The loud line, and that every command shows it.
#include "cli/freeze_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/plan_view.h"
#include "cli/view_fixture.h"
#include "cli/watch_view.h"

namespace henge::cli {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::StartsWith;

const Instant noon = *parse_instant("2026-03-01T12:00Z");

ledger::State state() {
  ledger::State s;
  s.pipelines["clicks"].version = 1;
  s.pipelines["clicks"].frozen = ledger::Freeze{"ticket 7", "ann@host", noon};
  s.pipelines["views"].version = 1;
  s.pipelines["gone"].frozen = ledger::Freeze{"old", "ann@host", noon};
  s.pipelines["gone"].released = true;
  return s;
}

TEST(Freezes, AreOfEverythingFirstThenOfEachPipeline) {
  ledger::State s = state();
  EXPECT_EQ(freezes_of(s, std::nullopt).size(), 1u) << "a released one is of no interest";
  EXPECT_TRUE(freezes_of(s, "views").empty());
  s.frozen = ledger::Freeze{"upgrade", "bob@host", noon};
  const auto notes = freezes_of(s, std::nullopt);
  ASSERT_EQ(notes.size(), 2u);
  EXPECT_EQ(notes[0], (FreezeNote{"", "bob@host", "upgrade", noon}));
  EXPECT_EQ(notes[1].pipeline, "clicks");
  EXPECT_EQ(json::parse(freeze_json(notes, "clicks"))["pipeline"], "clicks") << "its own first";
  EXPECT_TRUE(json::parse(freeze_json(notes, "views"))["pipeline"].is_null());
  EXPECT_EQ(json::parse(freeze_json(notes, "views"))["by"], "bob@host");
  EXPECT_EQ(freeze_json({}, "views"), "null");
}

TEST(Freezes, SayWhoWhenWhyAndHowToGoOn) {
  EXPECT_EQ(show_freezes(freezes_of(state(), std::nullopt), wide_console()),
            "FROZEN: clicks by ann@host since 2026-03-01T12:00Z: ticket 7 (`henge unfreeze clicks` "
            "lets it go on)\n");
  EXPECT_LE(widest_line(show_freezes(freezes_of(state(), std::nullopt), narrow_console(60))), 60);
  EXPECT_EQ(show_freezes({}, wide_console()), "");
}

TEST(Freezes, AreTheFirstThingEveryCommandSays) {
  const std::vector<FreezeNote> notes{{"clicks", "ann@host", "ticket 7", noon}};
  Pipeline clicks;
  clicks.name = "clicks";
  StatusView status;
  status.rows = {status_row(clicks, {}, std::nullopt)};
  status.frozen = notes;
  LateView late;
  late.pipeline = "clicks";
  late.frozen = notes;
  PlanView plan;
  plan.plans.resize(1);
  plan.plans[0].pipeline = "clicks";
  plan.frozen = notes;
  for (const std::string& text :
       {show_status(status, wide_console()), show_late(late, wide_console()),
        show_chunks(clicks, {}, {}, notes, wide_console()), show_plan(plan, wide_console())})
    EXPECT_THAT(text, StartsWith("FROZEN: clicks by ann@host"));
  EXPECT_EQ(json::parse(show_status(status, json_console()))["pipelines"][0]["frozen"]["by"],
            "ann@host");
  EXPECT_TRUE(json::parse(show_status(status, json_console()))["frozen"].is_null());
  EXPECT_EQ(json::parse(show_late(late, json_console()))["frozen"]["by"], "ann@host");
  EXPECT_EQ(json::parse(show_chunks(clicks, {}, {}, notes, json_console()))["frozen"]["by"],
            "ann@host");
  EXPECT_EQ(json::parse(show_plan(plan, json_console()))["pipelines"][0]["frozen"]["by"],
            "ann@host");
}

TEST(Plan, NamesWhatIsInTheLedgerAndNotInTheFiles) {
  PlanView plan;
  plan.undeclared = {"views"};
  EXPECT_THAT(
      show_plan(plan, wide_console()),
      HasSubstr("views  not in the files: stays as it is; `henge release views` lets it go"));
  EXPECT_EQ(json::parse(show_plan(plan, json_console()))["undeclared"], json({"views"}));
  EXPECT_LE(widest_line(show_plan(plan, narrow_console(60))), 60);
}

TEST(Status, SaysWhatWasReleasedAndWhatIsBeing) {
  Pipeline clicks;
  clicks.name = "clicks";
  ledger::PipelineState s;
  s.releasing = ledger::Release{"moved", "ann@host", "terminated", noon};
  StatusView view;
  view.rows = {status_row(clicks, s, std::nullopt)};
  EXPECT_THAT(show_status(view, wide_console()), HasSubstr("clicks: is being released"));
  s.release = s.releasing;
  s.releasing.reset();
  s.released = true;
  view.rows = {status_row(clicks, s, std::nullopt)};
  EXPECT_THAT(show_status(view, wide_console()),
              HasSubstr("released 2026-03-01T12:00Z by ann@host, its supervisor was terminated"));
  EXPECT_EQ(json::parse(show_status(view, json_console()))["pipelines"][0]["released"]["reason"],
            "moved");
}

TEST(Freeze, AnswersWhatHoldsNow) {
  EXPECT_EQ(show_freeze_answer({"clicks", true, true}, wide_console()),
            "clicks is frozen: henge scans and counts on, and acts on nothing\n");
  EXPECT_EQ(show_freeze_answer({"", false, true}, wide_console()),
            "everything is not frozen any more\n");
  EXPECT_EQ(show_freeze_answer({"clicks", false, false}, wide_console()),
            "clicks was not frozen\n");
  EXPECT_EQ(json::parse(show_freeze_answer({"", true, true}, json_console())),
            (json{{"pipeline", nullptr}, {"frozen", true}, {"changed", true}}));
}

TEST(Release, SaysWhatIsLostBeforeItAsks) {
  ledger::PipelineState s;
  scan::Extent x;
  x.rows = 4;
  s.chunks[noon].waiting = {x};
  s.repairs["repair-000001"].phase = ledger::RepairPhase::accepted;
  s.repairs["repair-000002"].phase = ledger::RepairPhase::confirmed;
  const std::string kept =
      show_release_plan(release_view("clicks", "ds", s, false), wide_console());
  EXPECT_THAT(kept,
              testing::AllOf(HasSubstr("- clicks"), HasSubstr("supervisor 'ds' stays"),
                             HasSubstr("4 late rows that wait"),
                             HasSubstr("1 repair under way will not be counted: repair-000001\n")));
  const auto view = release_view("clicks", "ds", s, true);
  EXPECT_THAT(show_release_plan(view, wide_console()), HasSubstr("supervisor 'ds' is terminated"));
  EXPECT_LE(widest_line(show_release_plan(view, narrow_console(60))), 60);
  EXPECT_EQ(show_release_answer({"clicks", "kept", true}, wide_console()),
            "clicks: released, its supervisor was kept\n");
  EXPECT_EQ(show_release_answer({"clicks", "kept", false}, wide_console()),
            "clicks: was already released, its supervisor was kept\n");
  EXPECT_EQ(json::parse(show_release_answer({"clicks", "terminated", true}, json_console())),
            (json{{"pipeline", "clicks"},
                  {"released", true},
                  {"supervisor", "terminated"},
                  {"changed", true}}));
}

}  // namespace
}  // namespace henge::cli
