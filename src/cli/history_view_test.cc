#include "cli/history_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/view_fixture.h"

namespace henge::cli {
namespace {

using nlohmann::json;
using testing::HasSubstr;

const Instant noon = *parse_instant("2026-03-01T12:00Z");

// Four versions; the third failed and the second was put back; the fourth is not in Druid yet.
const std::vector<ledger::Body> events{
    ledger::PipelineDeclared{1, "d1", "f", "first", "c0ffee00", "ann@host"},
    ledger::SupervisorPosted{1, "created"},
    ledger::PipelineDeclared{2, "d2", "f", "more tasks", "c0ffee00", "ann@host"},
    ledger::SupervisorPosted{2, "updated"},
    ledger::SupervisorProven{2},
    ledger::PipelineDeclared{3, "d3", "f", "", "c0ffee00", "bob@host"},
    ledger::SupervisorPosted{3, "updated"},
    ledger::SupervisorRolledBack{3, 2, "UNHEALTHY_TASKS"},
};

HistoryView history(std::vector<ledger::Body> bodies, std::int64_t limit = 0) {
  ledger::State state;
  std::vector<HistoryRow> rows;
  std::int64_t sequence = 0;
  for (auto& body : bodies) {
    const ledger::Event event{noon + std::chrono::minutes(sequence), "clicks", std::move(body)};
    EXPECT_TRUE(ledger::apply(state, event));
    if (auto row = history_row(++sequence, event)) rows.push_back(*std::move(row));
  }
  return history_view("clicks", state.pipelines.at("clicks"), std::move(rows), limit);
}

std::vector<std::string> states(const HistoryView& view) {
  std::vector<std::string> out;
  for (const auto& row : view.rows) out.push_back(row.state);
  return out;
}

TEST(History, IsNewestFirstAndSaysWhatBecameOfEach) {
  EXPECT_EQ(show_history(history(events), wide_console()),
            "VERSION  WHEN               STATE            BY        REASON\n"
            "3 -> 2   2026-03-01T12:07Z  rolled back      henge     UNHEALTHY_TASKS\n"
            "3        2026-03-01T12:05Z  refused          bob@host  -\n"
            "2        2026-03-01T12:02Z  current, proven  ann@host  more tasks\n"
            "1        2026-03-01T12:00Z  replaced         ann@host  first\n");
}

TEST(History, TellsTheStatesApart) {
  auto more = events;
  more.push_back(ledger::PipelineDeclared{4, "d1", "f", "back to version 1", "c0ffee00", "ann"});
  EXPECT_THAT(states(history(more)),
              testing::ElementsAre("not_posted", "", "refused", "current", "superseded"));
  more.push_back(ledger::SupervisorPosted{4, "updated"});
  EXPECT_EQ(states(history(more)).front(), "current_unproven");
  more.push_back(ledger::PipelineReleased{"moved", "ann", "kept"});
  const HistoryView released = history(more);
  EXPECT_EQ(released.current, 0);
  EXPECT_EQ(released.rows[1].state, "superseded") << "nobody knows what Druid holds";
  EXPECT_THAT(show_history(released, wide_console()), HasSubstr("released, kept"));
}

TEST(History, AFirstVersionThatWasTakenBackHasNothingToGoBackTo) {
  const std::string text = show_history(
      history({events[0], events[1], ledger::SupervisorRolledBack{1, 0, "bad"}}), wide_console());
  EXPECT_THAT(text, HasSubstr("1 undone"));
}

TEST(History, CanBeLimitedAndFits) {
  const HistoryView view = history(events, 2);
  EXPECT_EQ(view.rows.size(), 2u);
  EXPECT_THAT(show_history(view, wide_console()), HasSubstr("2 of 4; --limit 0"));
  const std::string narrow = show_history(history(events), narrow_console(60));
  EXPECT_LE(widest_line(narrow), 60) << narrow;
  EXPECT_THAT(narrow, HasSubstr("refused")) << "what became of it is never left out";
}

TEST(History, JsonIsAContract) {
  HistoryView view = history(events);
  view.frozen = {{"", "bob@host", "why", noon}};
  const json j = json::parse(show_history(view, json_console()));
  EXPECT_THAT(keys_of(j),
              testing::UnorderedElementsAre("pipeline", "current", "total", "history", "frozen"));
  EXPECT_EQ(j["current"], 2);
  EXPECT_EQ(j["history"][0]["kind"], "rolled_back");
  EXPECT_EQ(j["history"][0]["to"], 2);
  EXPECT_THAT(keys_of(j["history"][2]),
              testing::UnorderedElementsAre("sequence", "at", "by", "reason", "kind", "version",
                                            "state", "proven"));
  EXPECT_EQ(j["history"][2]["proven"], true);
  EXPECT_EQ(j["frozen"]["reason"], "why");
}

}  // namespace
}  // namespace henge::cli
