// Which tasks start: of several pipelines, beside what runs, within the budgets.
#include "route/start_board.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "route/schedule_fixture.h"

namespace henge::route {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

RunningTask running(std::string id, int slots, int minutes_left) {
  return {std::move(id), "d", slots, noon + minutes(minutes_left)};
}
std::vector<Offer> ready(std::initializer_list<WaitingTask> tasks) {
  std::vector<Offer> out;
  for (const WaitingTask& task : tasks) out.push_back({task, true});
  return out;
}

class Board : public testing::Test {
 protected:
  // Two rounds: in the first it is heard what waits, in the second it is decided.
  std::set<std::string> decide(std::vector<Offer> offers, SlotBudget budget,
                               std::vector<RunningTask> runs = {}) {
    board.begin({runs, {.slots_max = 0, .datasource_max = 0}}, noon);
    board.offer("p", offers);
    board.begin({std::move(runs), std::move(budget)}, noon);
    return board.offer("p", std::move(offers));
  }
  StartBoard board;
};

TEST_F(Board, WithRoomForAllEverythingStartsAtOnce) {
  board.begin({{running("r", 1, 5)}, slots(4)}, noon);
  EXPECT_THAT(board.offer("p", ready({task("a", 1, 5), task("b", 1, 5)})), ElementsAre("a", "b"));
  EXPECT_THAT(board.offer("q", ready({task("c", 1, 5), task("e", 1, 5)})), ElementsAre("c"))
      << "in the same round, up to the budget of all pipelines together";
}

struct Case {
  const char* situation;
  std::vector<Offer> offers;
  SlotBudget budget;
  std::vector<RunningTask> runs;
  std::vector<std::string> starts;
};

TEST_F(Board, ItDecidesAsTheScheduleDoes) {
  WaitingTask starved = task("old", 1, 60);
  starved.submitted_at = starved.ready_at = noon - hours(7);
  WaitingTask preferred = task("high", 1, 60);
  preferred.priority = 10;
  WaitingTask window = task("window", 1, 60);
  window.goes_first = true;
  WaitingTask other = task("other", 1, 60);
  other.datasource = "e";
  SlotBudget narrow = slots(4);
  narrow.datasource_max = 1;
  SlotBudget named = slots(4);
  named.datasources["d"] = 1;
  const std::vector<Case> cases = {
      {"the deadline first", ready({task("a", 1, 60), due("b", 1, 30, 31)}), slots(1), {}, {"b"}},
      {"a deadline that can wait waits",
       ready({due("late", 1, 30, 90), due("soon", 1, 30, 45)}),
       slots(1),
       {},
       {"soon"}},
      {"none while all slots are in use",
       ready({task("a", 1, 5)}),
       slots(2),
       {running("r", 2, 5)},
       {}},
      {"who starved goes before a deadline",
       ready({starved, due("b", 1, 30, 31)}),
       slots(1),
       {},
       {"old"}},
      {"and streaming that stands before who starved",
       ready({starved, window}),
       slots(1),
       {},
       {"window"}},
      {"priority where not all can be in time",
       ready({due("a", 1, 30, 30),
              [&] {
                WaitingTask t = due("b", 1, 30, 30);
                t.priority = 1;
                return t;
              }()}),
       slots(1),
       {},
       {"b"}},
      {"a datasource has its own budget",
       ready({task("a", 1, 60), task("b", 1, 60), other}),
       narrow,
       {},
       {"a", "other"}},
      {"which may be its own number",
       ready({task("a", 1, 60), task("b", 1, 60), other}),
       named,
       {},
       {"a", "other"}},
      {"a wide one is not started in part",
       ready({task("wide", 3, 60)}),
       slots(4),
       {running("r", 2, 5)},
       {}},
      {"a free slot is kept for a wide one that would be late",
       ready({due("wide", 2, 30, 40), task("long", 1, 60)}),
       slots(2),
       {running("r", 1, 5)},
       {}},
      {"and used by one that is done before",
       ready({due("wide", 2, 30, 40), task("short", 1, 5)}),
       slots(2),
       {running("r", 1, 5)},
       {"short"}},
  };
  for (const Case& c : cases) {
    const auto started = decide(c.offers, c.budget, c.runs);
    EXPECT_THAT(std::vector<std::string>(started.begin(), started.end()),
                testing::ElementsAreArray(c.starts))
        << c.situation;
  }
}

TEST_F(Board, WhatIsNotReadyKeepsItsSlotAndDoesNotStart) {
  WaitingTask window = task("window", 1, 60);
  window.goes_first = true;
  std::vector<Offer> offers = ready({task("a", 1, 60)});
  offers.push_back({window, false});
  EXPECT_THAT(decide(offers, slots(1)), IsEmpty());
  offers.back().ready = true;
  EXPECT_THAT(board.offer("p", offers), ElementsAre("window"));
}

TEST_F(Board, WhatBecomesReadyInTheMiddleOfARoundStartsWhereItHurtsNobody) {
  decide(ready({due("wide", 2, 30, 40)}), slots(2), {running("r", 1, 5)});
  EXPECT_THAT(board.offer("q", ready({task("long", 1, 60)})), IsEmpty());
  EXPECT_THAT(board.offer("q", ready({task("long", 1, 60), task("short", 1, 5)})),
              ElementsAre("short"));
}

TEST_F(Board, WhatStartedIsNotStartedAgainAndCountsAsRunning) {
  board.begin({{}, slots(2)}, noon);
  EXPECT_THAT(board.offer("p", ready({task("a", 1, 60)})), ElementsAre("a"));
  EXPECT_THAT(board.offer("p", ready({task("b", 1, 60), task("c", 1, 60)})), ElementsAre("b"));
}

TEST_F(Board, NothingStartsWhileItIsHeld) {
  board.begin({{}, slots(2), "deep storage fails"}, noon);
  const WaitingTask a = task("a", 1, 60);
  EXPECT_THAT(board.offer("p", ready({a})), IsEmpty());
  EXPECT_EQ(wait_text(board, a), "deep storage fails");
  board.begin({{}, slots(2)}, noon);
  EXPECT_THAT(board.offer("p", ready({a})), ElementsAre("a"));
}

TEST_F(Board, BeforeTheFirstRoundNothingStarts) {
  EXPECT_THAT(board.offer("p", ready({task("a", 1, 60)})), IsEmpty());
}

TEST_F(Board, APipelineThatFellSilentHoldsNoSlots) {
  WaitingTask urgent = due("urgent", 1, 30, 31);
  board.begin({{}, slots(1)}, noon);
  board.offer("silent", {{urgent, false}});
  for (int i = 0; i < 2; ++i) board.begin({{running("r", 1, 1)}, slots(1)}, noon);
  board.begin({{}, slots(1)}, noon);
  EXPECT_THAT(board.offer("p", ready({task("a", 1, 60)})), ElementsAre("a"));
}

TEST_F(Board, TheReasonNamesWhatIsMissing) {
  const WaitingTask a = task("a", 1, 60), b = task("b", 1, 60), wide = task("wide", 9, 60);
  WaitingTask late = due("late", 1, 30, 10);
  decide(ready({a, b, wide, late}), slots(1), {running("r", 1, 5)});
  EXPECT_EQ(wait_text(board, a), "other loads go first; a start is expected 2026-03-01T12:05Z");
  EXPECT_EQ(wait_text(board, wide), "it needs 9 worker slots at once, and loads have 1");
  EXPECT_THAT(wait_text(board, late), HasSubstr("too late for its deadline 2026-03-01T12:10Z"));
  EXPECT_EQ(wait_text(board, task("unknown", 1, 1)), "other loads go first");
}

TEST_F(Board, ASchedulePromisesWhatTheNextOneKeeps) {
  // Both fit by their deadlines in one order only; the one that came later has no right to the
  // slot.
  const WaitingTask first = due("first", 1, 30, 60);
  decide(ready({first}), slots(1), {running("r", 1, 20)});
  const WaitingTask second = due("second", 1, 30, 51);
  board.begin({{running("r", 1, 20)}, slots(1)}, noon);
  board.offer("p", ready({first}));
  board.offer("q", ready({second}));
  board.begin({{running("r", 1, 20)}, slots(1)}, noon);
  EXPECT_EQ(board.placement("first")->standing, Standing::in_time);
  EXPECT_EQ(board.placement("second")->standing, Standing::late);
}

TEST(BudgetWithin, WorkersAndStreamingBoundIt) {
  struct Row {
    const char* situation;
    std::optional<Capacity> seen;
    int slots;
  };
  const std::vector<Row> rows = {
      {"nothing is known", std::nullopt, 4},
      {"workers are made when they are asked for", Capacity{0, 0, 0, 0}, 4},
      {"more is free than the budget", Capacity{20, 5, 0, 3}, 4},
      {"streaming needs the rest", Capacity{10, 3, 0, 4}, 3},
      {"a small cluster loads all the same", Capacity{2, 1, 0, 1}, 1},
      {"all is in use: one task waits at Druid", Capacity{8, 8, 0, 2}, 1},
  };
  for (const Row& row : rows)
    EXPECT_EQ(within(slots(4), row.seen).slots_max, row.slots) << row.situation;
}

TEST_F(Board, TenThousandThatWaitFillTheSlots) {
  std::vector<Offer> offers;
  Dice dice(7);
  for (int i = 0; i < 10'000; ++i) {
    WaitingTask t = task(fmt::format("t{:05}", i), 1 + dice.below(3), 1 + dice.below(60));
    t.datasource = fmt::format("d{}", i % 100);
    if (i % 3 == 0) t.deadline = noon + minutes(60 + dice.below(3'000));
    offers.push_back({std::move(t), true});
  }
  SlotBudget budget = slots(16);
  budget.datasource_max = 4;
  board.begin({{}, budget}, noon);
  board.offer("p", offers);
  board.begin({{}, budget}, noon);
  const auto started = board.offer("p", offers);
  int taken = 0;
  for (const Offer& offer : offers)
    if (started.contains(offer.task.id)) taken += offer.task.slots;
  EXPECT_GE(taken, 14) << "slots are not left empty";
  EXPECT_LE(taken, 16);
}

}  // namespace
}  // namespace henge::route
