// A saved plan is done exactly, or not at all.
#include "daemon/saved_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace henge::daemon {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const Instant noon = instant_of_ms(1'764'000'000'000);

PipelinePlan update(std::int64_t version) {
  PipelinePlan plan;
  plan.pipeline = "clicks";
  plan.version = version;
  plan.declared = true;
  plan.supervisor.action = spec::SupervisorAction::update_restart;
  plan.supervisor.changes = {{"spec.ioConfig.taskCount", JsonText{"1"}, JsonText{"2"}}};
  return plan;
}

SavedPlan sample() {
  return {"ab12", noon, {saved(update(3), "apiVersion: henge/v1\n\"quotes\" and é\n")}};
}

TEST(SavedPlan, ComesBackAsItWas) {
  auto back = parse_saved_plan("plan.json", to_text(sample()));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(*back, sample());
}

TEST(SavedPlan, IsToldFromAPipelineFile) {
  EXPECT_TRUE(looks_like_saved_plan(to_text(sample())));
  EXPECT_TRUE(looks_like_saved_plan(to_text(sample()).substr(0, 40)));
  EXPECT_FALSE(looks_like_saved_plan("apiVersion: henge/v1\nkind: Pipeline\n"));
  EXPECT_FALSE(looks_like_saved_plan(R"({"apiVersion": "henge/v1"})"));
  EXPECT_FALSE(looks_like_saved_plan(""));
}

TEST(SavedPlan, OneThatIsCutShortIsRefusedWhereverItIsCut) {
  const std::string whole = to_text(sample());
  const auto end = whole.find_last_of('}');
  for (std::size_t cut = 0; cut <= end; ++cut) {
    auto back = parse_saved_plan("plan.json", whole.substr(0, cut));
    ASSERT_FALSE(back) << cut;
    EXPECT_EQ(back.error().kind, ErrorKind::corrupt) << cut;
    EXPECT_THAT(back.error().message, HasSubstr("plan.json"));
  }
}

TEST(SavedPlan, OneThatWasChangedIsRefused) {
  std::string changed = to_text(sample());
  changed.replace(changed.find("\"2\""), 3, "\"9\"");
  auto back = parse_saved_plan("plan.json", changed);
  ASSERT_FALSE(back);
  EXPECT_EQ(back.error().kind, ErrorKind::corrupt);
  EXPECT_THAT(back.error().message, HasSubstr("checksum"));
}

TEST(SavedPlan, AnotherFormatNamesBothVersions) {
  std::string later = to_text(sample());
  later.replace(later.find("\"henge_plan\": 1"), 15, "\"henge_plan\": 7");
  auto back = parse_saved_plan("plan.json", later);
  ASSERT_FALSE(back);
  EXPECT_EQ(back.error().kind, ErrorKind::invalid);
  EXPECT_THAT(back.error().message, HasSubstr("format 7"));
  EXPECT_THAT(back.error().message, HasSubstr("format 1"));
}

TEST(MovedSince, NothingMovedNothingSaid) {
  EXPECT_THAT(moved_since(sample(), "ab12", {update(3)}), IsEmpty());
}

TEST(MovedSince, AnotherLedgerIsNotThePlansBusiness) {
  EXPECT_THAT(moved_since(sample(), "ffff", {update(3)}), ElementsAre(HasSubstr("another ledger")));
  EXPECT_THAT(moved_since(sample(), "", {update(3)}), ElementsAre(HasSubstr("an empty one")));
}

TEST(MovedSince, SaysWhatMoved) {
  struct Case {
    const char* why;
    std::function<void(PipelinePlan&)> move;
    std::vector<std::string> said;
  };
  const std::vector<Case> cases{
      {"somebody applied in between", [](auto& p) { p.version = 4; }, {"version 4, it was at 3"}},
      {"a guard says no now",
       [](auto& p) { p.refusal = Error{ErrorKind::refused, "frozen by ada"}; },
       {"frozen by ada"}},
      {"somebody made the change by hand",
       [](auto& p) {
         p.supervisor.action = spec::SupervisorAction::none;
         p.supervisor.changes.clear();
       },
       {"would now need 'none'", "taskCount is no longer 1"}},
      {"somebody changed something else",
       [](auto& p) {
         p.supervisor.changes.push_back({"spec.ioConfig.replicas", JsonText{"2"}, JsonText{}});
       },
       {"replicas is 2 in Druid now"}},
      {"somebody changed the same field",
       [](auto& p) { p.supervisor.changes.front().before = JsonText{"5"}; },
       {"taskCount is 5 in Druid now", "taskCount is no longer 1"}},
      {"somebody deleted the supervisor",
       [](auto& p) {
         p.supervisor.action = spec::SupervisorAction::create;
         p.supervisor.changes.clear();
       },
       {"would now need 'create'", "taskCount is no longer 1"}},
  };
  for (const auto& c : cases) {
    PipelinePlan now = update(3);
    c.move(now);
    const auto moved = moved_since(sample(), "ab12", {now});
    ASSERT_EQ(moved.size(), c.said.size()) << c.why;
    for (std::size_t i = 0; i < moved.size(); ++i)
      EXPECT_THAT(moved[i], HasSubstr(c.said[i])) << c.why;
    const Error error = moved_error(moved);
    EXPECT_EQ(error.kind, ErrorKind::refused);
    for (const auto& said : c.said) EXPECT_THAT(error.message, HasSubstr(said));
  }
}

TEST(DeclarationsOf, ADocumentThatIsReadOtherwiseTodayIsRefused) {
  auto declarations = declarations_of(sample());
  ASSERT_FALSE(declarations);
  EXPECT_EQ(declarations.error().kind, ErrorKind::invalid);
  EXPECT_THAT(declarations.error().message, HasSubstr("clicks"));
}

}  // namespace
}  // namespace henge::daemon
