#include "cli/drift_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/view_fixture.h"

namespace henge::cli {
namespace {

using nlohmann::json;
using std::chrono::minutes;
using testing::HasSubstr;
using testing::Not;

const Instant noon = *parse_instant("2026-03-01T12:00Z");

ledger::DriftState drift(DriftKind kind, const std::string& object) {
  ledger::DriftState s;
  s.drift.kind = kind;
  s.drift.object = object;
  s.drift.evidence = "spec.ioConfig.taskCount is 2, declared is 1";
  s.drift.action = "post the declared spec again";
  s.since = s.value_since = noon - minutes(12);
  return s;
}

DriftRow row(const ledger::DriftState& state, DriftPolicy policy) {
  return drift_row("clicks", state, {.policy = policy, .after = minutes(20)});
}

DriftView view_of(std::vector<DriftRow> rows) {
  DriftView view;
  view.now = noon;
  view.rows = std::move(rows);
  view.serving = true;
  view.window_opens = noon;
  return view;
}

TEST(Drift, TheOutcomeFollowsFromTheStateThenFromThePolicy) {
  auto open = drift(DriftKind::supervisor_edited, "clicks");
  auto healing = open;
  healing.healing = true;
  auto lost = open;
  lost.given_up = true;
  const auto unhealable = drift(DriftKind::count_mismatch, "c");
  const auto unadoptable = drift(DriftKind::task_vanished, "t");
  const std::tuple<ledger::DriftState, DriftPolicy, const char*> cases[] = {
      {open, DriftPolicy::alert, "person"},        {open, DriftPolicy::heal, "will_heal"},
      {open, DriftPolicy::adopt, "will_adopt"},    {open, DriftPolicy::ignore, "ignored"},
      {healing, DriftPolicy::heal, "healing"},     {lost, DriftPolicy::heal, "given_up"},
      {lost, DriftPolicy::ignore, "given_up"},     {unhealable, DriftPolicy::heal, "person"},
      {unadoptable, DriftPolicy::adopt, "person"},
  };
  for (const auto& [state, policy, outcome] : cases)
    EXPECT_STREQ(to_string(row(state, policy).outcome), outcome) << to_string(policy);
}

TEST(Drift, SaysWhenTheNextWindowOpensWhereHengeWaitsForIt) {
  const auto state = drift(DriftKind::supervisor_edited, "clicks");  // due in eight minutes
  const struct {
    std::optional<Instant> opens;
    const char* says;
    bool open;
  } cases[] = {
      {noon, "in 8m if it lasts", true},
      {noon + minutes(5), "in 8m if it lasts", false},
      {noon + minutes(90), "when the next maintenance window opens at 2026-03-01T13:30Z, in 1h 30m",
       false},
      {std::nullopt, "when a maintenance window opens, which none does within a year", false},
  };
  for (const auto& c : cases) {
    for (const DriftPolicy policy : {DriftPolicy::heal, DriftPolicy::adopt}) {
      auto view = view_of({row(state, policy)});
      view.window_opens = c.opens;
      EXPECT_THAT(show_drift(view, wide_console()), HasSubstr(c.says));
      const json out = json::parse(show_drift(view, json_console()));
      EXPECT_EQ(out["window"]["open"], c.open) << c.says;
      EXPECT_EQ(out["window"]["opens"], c.opens ? json(to_iso(*c.opens)) : json(nullptr));
    }
    auto alert = view_of({row(state, DriftPolicy::alert)});
    alert.window_opens = c.opens;
    EXPECT_THAT(show_drift(alert, wide_console()), Not(HasSubstr("window"))) << "it never acts";
  }
}

TEST(Drift, WhatIsMissingOrGivenUpComesFirstAndLoud) {
  auto lost = drift(DriftKind::rules_changed, "zz");
  lost.given_up = true;
  std::vector<DriftRow> rows{row(drift(DriftKind::offsets_moved, "a"), DriftPolicy::alert),
                             row(lost, DriftPolicy::heal),
                             row(drift(DriftKind::supervisor_missing, "z"), DriftPolicy::heal)};
  sort_drift(rows);
  EXPECT_EQ(rows[0].state.drift.kind, DriftKind::supervisor_missing);
  EXPECT_EQ(rows[1].state.drift.kind, DriftKind::rules_changed);
  EXPECT_TRUE(rows[1].loud);
  EXPECT_FALSE(rows[2].loud);
}

TEST(Drift, SaysWhatIsSinceWhenWhyAndWhatBecomesOfIt) {
  auto lost = drift(DriftKind::supervisor_edited, "clicks");
  lost.given_up = true;
  lost.given_up_because = "it comes back after each heal";
  lost.attempts = 5;
  lost.relapses = 3;
  lost.error = "503 from the Overlord";
  lost.drift.restarts_tasks = true;
  EXPECT_EQ(show_drift(view_of({row(lost, DriftPolicy::heal)}), wide_console()),
            "! clicks supervisor_edited  ALARM\n"
            "    clicks, since 2026-03-01T11:48Z (12m ago): spec.ioConfig.taskCount is 2, declared "
            "is 1\n"
            "    henge gave up after 5 attempts: it comes back after each heal\n"
            "    putting it right restarts tasks\n"
            "    the last attempt failed: 503 from the Overlord\n"
            "    it came back 3 times after it was healed: somebody else may be changing it\n"
            "1 drift: 1 alarm, 0 in henge's hands, 0 for you to decide\n");
}

TEST(Drift, SaysWhatHengeWillDo) {
  auto open = drift(DriftKind::supervisor_edited, "clicks");
  const auto text = [&](DriftPolicy policy) {
    return show_drift(view_of({row(open, policy)}), wide_console());
  };
  EXPECT_THAT(text(DriftPolicy::heal),
              HasSubstr("henge will post the declared spec again in 8m if it lasts"));
  EXPECT_THAT(text(DriftPolicy::adopt), HasSubstr("take what is there for what should be"));
  EXPECT_THAT(text(DriftPolicy::alert), HasSubstr("henge could post the declared spec again"));
  open.drift.action.clear();
  EXPECT_THAT(text(DriftPolicy::alert), HasSubstr("henge can't put this right"));
  EXPECT_THAT(text(DriftPolicy::ignore), HasSubstr("ignored"));
}

TEST(Drift, NoneIsSaid) {
  DriftView none = view_of({});
  EXPECT_EQ(show_drift(none, wide_console()), "no drift: Druid is what it should be\n");
  none.ignored = 2;
  none.serving = false;
  EXPECT_THAT(
      show_drift(none, wide_console()),
      testing::AllOf(HasSubstr("2 ignored by policy; --all"), HasSubstr("no henge serves")));
}

TEST(Drift, FitsANarrowTerminalAndKeepsEveryWord) {
  auto open = drift(DriftKind::supervisor_edited, "clicks");
  DriftView view = view_of({row(open, DriftPolicy::alert)});
  view.serving = false;
  view.frozen = {{"", "bob@host", "Druid is being upgraded to 34", noon}};
  const std::string text = show_drift(view, narrow_console(60));
  EXPECT_LE(widest_line(text), 60) << text;
  EXPECT_THAT(text, HasSubstr("FROZEN: everything by bob@host"));
  EXPECT_THAT(text, Not(HasSubstr("…"))) << "evidence is never cut";
}

TEST(Drift, JsonIsAContract) {
  DriftView view =
      view_of({row(drift(DriftKind::supervisor_missing, "clicks"), DriftPolicy::heal)});
  view.frozen = {{"clicks", "bob@host", "why", noon}};
  const json j = json::parse(show_drift(view, json_console()));
  EXPECT_THAT(keys_of(j), testing::UnorderedElementsAre("now", "drift", "drifts", "ignored",
                                                        "serving", "frozen", "window"));
  EXPECT_THAT(keys_of(j["drifts"][0]),
              testing::UnorderedElementsAre("pipeline", "kind", "object", "since", "value_since",
                                            "evidence", "action", "restarts_tasks", "policy",
                                            "after_ms", "outcome", "alarm", "attempts",
                                            "last_attempt", "error", "relapses", "given_up_because",
                                            "rows", "expected", "segments", "frozen"));
  EXPECT_EQ(j["drift"], true);
  EXPECT_EQ(j["drifts"][0]["alarm"], true);
  EXPECT_EQ(j["drifts"][0]["frozen"]["by"], "bob@host");
  EXPECT_TRUE(j["frozen"].is_null()) << "not everything is";
  view.pipeline = "clicks";
  EXPECT_EQ(json::parse(show_drift(view, json_console()))["frozen"]["by"], "bob@host");
}

}  // namespace
}  // namespace henge::cli
