// What becomes of loads: a situation on one side, what follows on the other. Every event goes
// through the fold, which refuses what can't follow.
#include "reconcile/loads.h"

#include <gmock/gmock.h>

#include "reconcile/loads_fixture.h"

namespace henge::reconcile {
namespace {

using ledger::ChunkStatus;
using ledger::LoadEnd;
using ledger::TaskEnd;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST_F(Loads, AppendToASealedChunkIsExpectedAndSealedAgain) {
  scan(hour_1, 10, 0, long_after);
  seal(hour_1, 10);
  read(hour_1, 10, "old");
  ask_one(LoadMode::append, 5);
  run(TaskEnd::success);
  EXPECT_EQ(chunk(hour_1).load, "load-000001");
  read(hour_1, 15, "new");
  EXPECT_THAT(judge(), ElementsAre("load_task_seen", "load_task_seen", "load_task_counted",
                                   "chunk_sealed", "load_ended"));
  EXPECT_EQ(chunk(hour_1).expected(), 15);
  EXPECT_EQ(chunk(hour_1).seal->rows, 15);
  EXPECT_TRUE(chunk(hour_1).load.empty());
  EXPECT_EQ(load().end, LoadEnd::counted);
}

TEST_F(Loads, HistoryMakesChunksKnownThatWereNeverSeen) {
  ask(LoadMode::append, {{hour_1, 7}, {hour_2, 0}, {hour_3, 8}}, {{{hour_1, hour_3}, {}, 15}});
  EXPECT_THAT(chunks_of_loads(pipeline, state(), seen, {patience, limits}),
              ElementsAre(hour_1, hour_3));
  read(hour_1, 0, "none");
  read(hour_3, 0, "none");
  run(TaskEnd::success);
  read(hour_1, 7, "a");
  read(hour_3, 8, "b");
  judge();
  EXPECT_EQ(chunk(hour_1).status, ChunkStatus::sealed);
  EXPECT_EQ(chunk(hour_3).expected(), 8);
  EXPECT_FALSE(state().chunks.contains(hour_2)) << "nothing came to it";
}

TEST_F(Loads, AReplacementIsWhatIsExpectedFromThenOn) {
  scan(hour_1, 10, 0, long_after);
  seal(hour_1, 10);
  read(hour_1, 10, "old");
  ask_one(LoadMode::replace, 8);
  run(TaskEnd::success);
  read(hour_1, 8, "new");
  judge();
  EXPECT_EQ(chunk(hour_1).expected(), 8);
  // Disorder: an on-time row comes after all.
  scan(hour_1, 2, 0, long_after);
  EXPECT_EQ(chunk(hour_1).expected(), 10);
}

// Late rows that arrived between the two would be in neither.
TEST_F(Loads, ReplacementsByDataThatWereOvertakenFail) {
  scan(hour_1, 10, 0, long_after);
  seal(hour_1, 10);
  read(hour_1, 10, "old");
  as_of = hour_3;
  ask_one(LoadMode::replace, 8, "newer");
  run(TaskEnd::success);
  as_of = hour_3 - Millis(1);
  ask_one(LoadMode::replace, 9, "older");
  EXPECT_EQ(load("load-000002").end, std::nullopt);
  read(hour_1, 8, "new");
  judge();
  EXPECT_EQ(load("load-000001").end, LoadEnd::counted);
  EXPECT_EQ(load("load-000002").end, LoadEnd::failed);
  EXPECT_THAT(load("load-000002").error, HasSubstr("are older"));
  EXPECT_TRUE(plan().intents.empty());
  add({ledger::LoadRetryAsked{"load-000002", "me", ""}});
  EXPECT_TRUE(plan().intents.empty()) << "also where somebody insists";
  judge();
  EXPECT_EQ(load("load-000002").end, LoadEnd::failed);
}

TEST_F(Loads, AReplacementByAsManyRowsIsKnownByItsSegments) {
  scan(hour_1, 10, 0, long_after);
  seal(hour_1, 10);
  read(hour_1, 10, "old");
  ask_one(LoadMode::replace, 10);
  run(TaskEnd::success);
  read(hour_1, 10, "old");
  EXPECT_THAT(judge(), IsEmpty()) << "the same segments: it is not there yet";
  pass(seconds(20));
  read(hour_1, 10, "new");
  judge();
  EXPECT_EQ(load().end, LoadEnd::counted);
}

TEST_F(Loads, TheTasksStatusDoesNotDecide) {
  scan(hour_1, 10, 0, long_after);
  seal(hour_1, 10);
  read(hour_1, 10, "old");
  ask_one(LoadMode::append, 5);
  run(TaskEnd::failed, "shut down");
  read(hour_1, 15, "new");
  judge();
  EXPECT_EQ(load().end, LoadEnd::counted) << "FAILED, and yet published";
}

TEST_F(Loads, WhatIsAbsentIsTriedAgainAFewTimesAndThenFails) {
  scan(hour_1, 10, 0, long_after);
  seal(hour_1, 10);
  ask_one(LoadMode::append, 5);
  for (int attempt = 1; attempt <= load_attempts_max; ++attempt) {
    pass(std::chrono::hours(1));
    read(hour_1, 10, "old");
    run(TaskEnd::failed, "no worker");
    EXPECT_EQ(load().parts[0].attempt, attempt);
    read(hour_1, 10, "old");
    judge();
  }
  EXPECT_EQ(load().end, LoadEnd::failed);
  EXPECT_THAT(load().error, HasSubstr("no worker"));
  EXPECT_TRUE(chunk(hour_1).free());
  EXPECT_EQ(chunk(hour_1).expected(), 10);
  add({ledger::LoadRetryAsked{"load-000001", "ann", "workers are back"}});
  pass(std::chrono::hours(1));
  read(hour_1, 10, "old");
  run(TaskEnd::success);
  EXPECT_EQ(load().parts[0].attempt, load_attempts_max + 1) << "a task id is never used twice";
  read(hour_1, 15, "new");
  judge();
  EXPECT_EQ(load().end, LoadEnd::counted);
}

TEST_F(Loads, WhatDruidWillNeverTakeIsNotTriedAgain) {
  read(hour_1, 0, "none");
  ask_one(LoadMode::append, 5);
  run(TaskEnd::refused, "no such input source");
  read(hour_1, 0, "none");
  judge();
  EXPECT_EQ(load().end, LoadEnd::failed);
  EXPECT_EQ(load().parts[0].attempt, 1);
}

TEST_F(Loads, NothingIsConcludedTooEarly) {
  read(hour_1, 0, "none");
  ask_one(LoadMode::append, 5);
  run(TaskEnd::success);
  struct Case {
    const char* why;
    std::int64_t rows, unavailable;
    Millis age;
  };
  const Case cases[] = {
      {"segments that nobody answers for", 5, 1, seconds(0)},
      {"a success whose rows are not to be seen yet", 0, 0, seconds(0)},
      {"a part of the rows", 3, 0, seconds(0)},
      {"readings from before the task's end", 5, 0, seconds(60)},
  };
  for (const Case& c : cases) {
    read(hour_1, c.rows, "x", c.unavailable);
    seen.readings.at(hour_1).previous -= c.age;
    for (const auto& kind : judge()) EXPECT_EQ(kind, "load_task_seen") << c.why;
    EXPECT_TRUE(load().open()) << c.why;
  }
}

TEST_F(Loads, ACountThatStaysOddMakesTheChunkUncertainUntilItComesOut) {
  read(hour_1, 0, "none");
  ask_one(LoadMode::append, 5);
  run(TaskEnd::success);
  // Known by now: something scanned it.
  scan(hour_1, 0, 0, long_after);
  add({ledger::ChunkClosed{hour_1, "committed_offsets"}});
  read(hour_1, 3, "x");
  seen.readings.at(hour_1).since = now - std::chrono::minutes(5);
  pass(seconds(20));
  read(hour_1, 3, "x");
  seen.readings.at(hour_1).since = now - std::chrono::minutes(5);
  auto told = judge();
  EXPECT_THAT(told, testing::Contains("chunk_uncertain"));
  EXPECT_EQ(chunk(hour_1).doubt->expected, 5);
  EXPECT_TRUE(load().open());
  read(hour_1, 5, "y");
  judge();
  EXPECT_EQ(load().end, LoadEnd::counted);
  EXPECT_EQ(chunk(hour_1).status, ChunkStatus::sealed);
}

TEST_F(Loads, WaitsUntilItsTurnHasCome) {
  scan(hour_1, 10, 3, long_after);
  const auto waits = [&] {
    auto planned = plan();
    EXPECT_THAT(planned.intents, IsEmpty());
    return planned.waits.at("load-000001");
  };
  ask_one(LoadMode::append, 5);
  EXPECT_THAT(waits(), HasSubstr("not counted yet"));
  seal(hour_1, 10);
  EXPECT_THAT(waits(), HasSubstr("being counted"));
  read(hour_1, 10, "old", 1);
  EXPECT_THAT(waits(), HasSubstr("1 segments unavailable"));
  read(hour_1, 11, "odd");
  EXPECT_THAT(waits(), HasSubstr("10 rows are expected"));
  read(hour_1, 10, "old");
  auto repairs = plan_repairs(pipeline, state(), {}, {}, patience, now);
  ASSERT_THAT(kinds(repairs), ElementsAre("repair_intended"));
  add(repairs);
  EXPECT_THAT(waits(), HasSubstr("repair-000001 is under way"));
}

TEST_F(Loads, NoRepairBeginsWhereALoadIsUnderWay) {
  scan(hour_1, 10, 3, long_after);
  seal(hour_1, 10);
  read(hour_1, 10, "old");
  ask_one(LoadMode::append, 5);
  run(TaskEnd::success);
  EXPECT_THAT(plan_repairs(pipeline, state(), {}, {}, patience, now), IsEmpty());
  EXPECT_THAT(judge_chunks(pipeline, state(), seen, patience), IsEmpty());
  read(hour_1, 15, "new");
  judge();
  EXPECT_THAT(kinds(plan_repairs(pipeline, state(), {}, {}, patience, now)),
              ElementsAre("repair_intended"));
}

TEST_F(Loads, OneLoadOfAChunkAtATime) {
  read(hour_1, 0, "none");
  ask_one(LoadMode::append, 5, "a");
  ask_one(LoadMode::append, 6, "b");
  auto planned = plan();
  ASSERT_EQ(planned.intents.size(), 1U);
  EXPECT_EQ(planned.intents[0].load, "load-000001");
  EXPECT_THAT(planned.waits.at("load-000002"), HasSubstr("another load comes first"));
  add({planned.intents[0]});
  EXPECT_THAT(plan().waits.at("load-000002"), HasSubstr("load-000001 is under way"));
}

TEST_F(Loads, AReplacementWaitsUntilTheTopicIsReadAsFarAsItsDataGo) {
  scan(hour_1, 10, 0, long_after);
  seal(hour_1, 10);
  read(hour_1, 10, "old");
  as_of = long_after + seconds(600);
  ask_one(LoadMode::replace, 9);
  EXPECT_THAT(plan().waits.at("load-000001"), HasSubstr("the topic is not read up to"));
  scan_to(as_of + pipeline.stream.arrival_disorder);
  EXPECT_EQ(plan().intents.size(), 1U);
}

TEST_F(Loads, LateRowsThatAReplacementCoversAreGoneAndTheOthersComeBack) {
  const scan::Extent before = scan(hour_1, 10, 3, as_of - seconds(10));
  const scan::Extent after = scan(hour_1, 0, 4, as_of + seconds(10));
  seal(hour_1, 10);
  read(hour_1, 10, "old");
  ask_one(LoadMode::replace, 13);
  auto planned = plan();
  ASSERT_EQ(planned.intents.size(), 1U);
  planned.intents[0].targets[0].dropped = {before};
  planned.intents[0].targets[0].covered = {before};
  const auto& intent = planned.intents[0];
  add({intent, ledger::LoadTaskAccepted{intent.load, intent.task_id, false},
       ledger::LoadTaskEnded{intent.load, intent.task_id, TaskEnd::success, "", -1}});
  EXPECT_EQ(chunk(hour_1).waiting_rows(), 7) << "nothing is dropped before it is counted";
  pass(seconds(20));
  read(hour_1, 13, "new");
  judge();
  EXPECT_THAT(chunk(hour_1).waiting, ElementsAre(after));
  EXPECT_EQ(chunk(hour_1).replacement->covered_late, 3);
  EXPECT_EQ(state().delta.rows_open.at("delta-1"), 4);
  EXPECT_EQ(chunk(hour_1).expected(), 13);
}

TEST_F(Loads, RepairedRowsThatItOverwritesAreAppendedAgain) {
  const scan::Extent late = scan(hour_1, 10, 4, as_of + seconds(10));
  seal(hour_1, 10);
  auto repairs = plan_repairs(pipeline, state(), {}, {}, patience, now);
  ASSERT_EQ(repairs.size(), 1U);
  const auto repair = std::get<ledger::RepairIntended>(repairs[0]);
  add({repair, ledger::RepairAccepted{repair.repair, repair.task_id, false},
       ledger::RepairTaskEnded{repair.repair, repair.task_id, TaskEnd::success, ""},
       ledger::RepairConfirmed{repair.repair, repair.task_id, repair.chunks},
       ledger::ChunkSealed{hour_1, 14, 2, "counted", "repaired"}});
  read(hour_1, 14, "repaired");
  ask_one(LoadMode::replace, 10);
  auto planned = plan();
  ASSERT_EQ(planned.intents.size(), 1U);
  planned.intents[0].targets[0].returned = {late};
  const auto& intent = planned.intents[0];
  add({intent, ledger::LoadTaskAccepted{intent.load, intent.task_id, false},
       ledger::LoadTaskEnded{intent.load, intent.task_id, TaskEnd::success, "", -1}});
  pass(seconds(20));
  read(hour_1, 10, "new");
  judge();
  EXPECT_EQ(chunk(hour_1).expected(), 10);
  EXPECT_THAT(chunk(hour_1).waiting, ElementsAre(late));
  EXPECT_EQ(state().delta.rows_open.at("delta-1"), 4);
  const auto again = plan_repairs(pipeline, state(), {}, {}, patience, now);
  ASSERT_EQ(again.size(), 1U);
  const auto second = std::get<ledger::RepairIntended>(again[0]);
  add({second, ledger::RepairAccepted{second.repair, second.task_id, false},
       ledger::RepairTaskEnded{second.repair, second.task_id, TaskEnd::success, ""},
       ledger::RepairConfirmed{second.repair, second.task_id, second.chunks}});
  EXPECT_EQ(chunk(hour_1).expected(), 14);
}

TEST_F(Loads, AnAppendAfterAReplacementComesOnTop) {
  scan(hour_1, 10, 0, long_after);
  seal(hour_1, 10);
  read(hour_1, 10, "old");
  ask_one(LoadMode::replace, 6, "a");
  run(TaskEnd::success);
  read(hour_1, 6, "new");
  judge();
  ask_one(LoadMode::append, 4, "b");
  run(TaskEnd::success);
  read(hour_1, 10, "newer");
  judge();
  EXPECT_EQ(chunk(hour_1).expected(), 10);
  ask_one(LoadMode::replace, 3, "c");
  run(TaskEnd::success);
  read(hour_1, 3, "newest");
  judge();
  EXPECT_EQ(chunk(hour_1).expected(), 3) << "what was appended before is gone too";
}

TEST_F(Loads, CancelledBeforeAnythingWasSentItIsOver) {
  ask_one(LoadMode::append, 5);
  add({ledger::LoadCancelAsked{"load-000001", "ann", "wrong day"}});
  EXPECT_THAT(plan().intents, IsEmpty());
  EXPECT_THAT(judge(), ElementsAre("load_ended"));
  EXPECT_EQ(load().end, LoadEnd::cancelled);
}

TEST_F(Loads, CancelledOnItsWayItIsCountedFirst) {
  read(hour_1, 0, "none");
  ask_one(LoadMode::append, 5);
  run(TaskEnd::failed, "shut down");
  add({ledger::LoadCancelAsked{"load-000001", "ann", "wrong day"}});
  EXPECT_THAT(judge(), IsEmpty()) << "nobody knows yet whether its rows are there";
  pass(seconds(20));
  read(hour_1, 0, "none");
  judge();
  EXPECT_EQ(load().end, LoadEnd::cancelled);
  EXPECT_TRUE(chunk(hour_1).free());
}

TEST_F(Loads, ATaskThatDruidForgotIsCountedAndNotSentAgain) {
  read(hour_1, 0, "none");
  ask_one(LoadMode::append, 5);
  const auto intent = plan().intents[0];
  add({intent});
  seen.tasks_known = true;
  seen.missing_since[intent.task_id] = now - std::chrono::hours(1);
  EXPECT_THAT(judge_load_tasks(state(), seen, patience), IsEmpty())
      << "not yet accepted: it is sent again";
  seen.now = now + patience.forgotten_after - seconds(1);
  EXPECT_THAT(judge_load_tasks(state(), seen, patience), IsEmpty());
  seen.now = now + patience.forgotten_after;
  EXPECT_THAT(kinds(judge_load_tasks(state(), seen, patience)), ElementsAre("load_task_ended"))
      << "it may have been taken and forgotten";
  seen.now = now;
  add({ledger::LoadTaskAccepted{intent.load, intent.task_id, false}});
  EXPECT_THAT(judge_load_tasks(state(), seen, patience), IsEmpty())
      << "that it was not there before it was taken is no sign";
  seen.now = now + patience.vanished_after - Millis(1);
  EXPECT_THAT(judge_load_tasks(state(), seen, patience), IsEmpty());
  seen.now = now + patience.vanished_after;
  EXPECT_THAT(kinds(judge_load_tasks(state(), seen, patience)), ElementsAre("load_task_ended"));
}

TEST_F(Loads, WhatDruidKnowsOfATaskIsTaken) {
  read(hour_1, 0, "none");
  ask_one(LoadMode::append, 5);
  const auto intent = plan().intents[0];
  add({intent});
  TaskStatus status;
  status.id = intent.task_id;
  status.state = TaskState::success;
  seen.tasks[intent.task_id] = status;
  EXPECT_THAT(load_tasks_to_ask(state()), ElementsAre(intent.task_id));
  EXPECT_THAT(kinds(judge_load_tasks(state(), seen, patience)),
              ElementsAre("load_task_accepted", "load_task_ended"));
}

TEST_F(Loads, WhereOnlyDruidKnowsTheRowsItsReportMustAgreeWithTheCount) {
  read(hour_1, 0, "none");
  ask_one(LoadMode::append, 0);
  auto& asked = all.pipelines.at("clicks").loads.at("load-000001").intent.content;
  asked.proof = Proof::reported;
  asked.chunks[0].rows = -1;
  auto intent = plan().intents[0];
  add({intent, ledger::LoadTaskAccepted{intent.load, intent.task_id, false},
       ledger::LoadTaskEnded{intent.load, intent.task_id, TaskEnd::success, "", 6}});
  pass(seconds(20));
  read(hour_1, 5, "new");
  for (const auto& kind : judge()) EXPECT_EQ(kind, "load_task_seen");
  read(hour_1, 6, "newer");
  judge();
  EXPECT_EQ(load().end, LoadEnd::counted);
  EXPECT_EQ(chunk(hour_1).expected(), 6);
  EXPECT_EQ(chunk(hour_1).seal->proof, "reported");
}

TEST_F(Loads, AStageIsToldOnce) {
  read(hour_1, 0, "none");
  ask_one(LoadMode::append, 5);
  EXPECT_EQ(stage_of(load()), "resolved");
  const auto intent = plan().intents[0];
  add({ledger::LoadRouted{"load-000001", "concurrent_append", "", {}}});
  EXPECT_EQ(stage_of(load()), "routed");
  add({intent});
  EXPECT_EQ(stage_of(load()), "intended");
  add({ledger::LoadTaskAccepted{intent.load, intent.task_id, false}});
  EXPECT_EQ(stage_of(load()), "submitted");
  add({ledger::LoadTaskEnded{intent.load, intent.task_id, TaskEnd::success, "", -1}});
  EXPECT_EQ(stage_of(load()), "succeeded");
  pass(seconds(20));
  read(hour_1, 0, "new", 1);
  EXPECT_THAT(judge(), ElementsAre("load_task_seen"));
  EXPECT_EQ(stage_of(load()), "published");
  EXPECT_THAT(judge(), IsEmpty());
}

}  // namespace
}  // namespace henge::reconcile
