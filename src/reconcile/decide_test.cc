// Decisions as a table of situations: what is seen on one side, what follows on the other.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reconcile/decide.h"

namespace henge::reconcile {
namespace {

using ledger::Body;
using ledger::ChunkStatus;
using ledger::RepairPhase;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::IsEmpty;

const Instant hour_1 = instant_of_ms(3'600'000);
const Instant hour_2 = instant_of_ms(7'200'000);
const Instant long_after = instant_of_ms(100'000'000);

std::vector<std::string> kinds(const std::vector<Body>& events) {
  std::vector<std::string> out;
  for (const Body& e : events) out.push_back(ledger::kind_of(e));
  return out;
}

scan::Extent late_rows(Instant chunk, std::int64_t rows, Instant arrived, std::int64_t offset = 0) {
  scan::Extent x;
  x.file = "delta-000001.log";
  x.offset = offset;
  x.bytes = rows * 100;
  x.rows = rows;
  x.payload_bytes = rows * 80;
  x.chunk = chunk;
  x.arrival_first = arrived;
  return x;
}

// One pipeline with one partition, scanned far past hour_1 and hour_2, without rows yet.
class Decide : public testing::Test {
 protected:
  Decide() {
    pipeline.name = "clicks";
    pipeline.rule.lateness = seconds(60);
    pipeline.late.max_delay = seconds(600);
    state.version = 1;
    state.incarnation = "c0ffee00";
    state.partitions[0].arrival_floor = long_after;
    state.partitions[0].next = 1000;
    seen.now = long_after;
    seen.partitions = 1;
    seen.supervisor.emplace();
  }
  ledger::ChunkState& chunk(Instant start = hour_1) { return state.chunks[start]; }
  void with_on_time(std::int64_t rows, ChunkStatus status) {
    chunk().counts[0].on_time = rows;
    chunk().counts[0].on_time_offset_last = 99;
    chunk().status = status;
    if (status == ChunkStatus::sealed) chunk().seal = ledger::Seal{rows, 1, "counted", {}};
  }
  void committed(std::int64_t offset) {
    SupervisorTask t;
    t.starting_offsets[0] = offset;
    seen.supervisor->active = {t};
  }
  // Two equal readings that have lasted.
  void reading(std::int64_t rows, Millis lasted = seconds(5), Instant start = hour_1) {
    late::Reading r{long_after, rows, 0, 1, 0, "a\n"};
    seen.readings[start] = {r, long_after - lasted, 2, long_after - lasted};
  }
  ledger::RepairState& with_repair(RepairPhase phase, std::int64_t rows = 3) {
    ledger::RepairState& repair = state.repairs["repair-000001"];
    repair.intent.repair = "repair-000001";
    repair.intent.number = 1;
    repair.intent.task_id = "task-1";
    repair.intent.rows = rows;
    repair.intent.chunks = {{hour_1, rows, chunk().expected()}};
    repair.intent.extents = {late_rows(hour_1, rows, hour_2)};
    repair.phase = phase;
    repair.changed_at = long_after - seconds(300);
    if (phase == RepairPhase::ended) repair.end = ledger::TaskEnd::success;
    chunk().repair = "repair-000001";
    state.repairs_planned = 1;
    return repair;
  }
  std::vector<Body> chunks() { return judge_chunks(pipeline, state, seen, patience); }
  std::vector<Body> tasks() { return judge_tasks(state, seen, patience); }
  std::vector<Body> repairs() { return judge_repairs(pipeline, state, seen, patience); }
  std::vector<Body> plan(Instant now) {
    return plan_repairs(pipeline, state, held, limits, patience, now);
  }

  Pipeline pipeline;
  ledger::PipelineState state;
  Observation seen;
  Patience patience;
  RepairLimits limits;
  std::set<Instant> held;
};

TEST_F(Decide, TheSupervisorIsAskedOnlyWhileItsOffsetsCouldCloseAChunk) {
  const auto needed = [this](int partitions) {
    return needs_supervisor(pipeline, state, partitions);
  };
  EXPECT_FALSE(needed(1)) << "no chunks";
  EXPECT_TRUE(needed(0)) << "the partitions are not known yet";
  with_on_time(5, ChunkStatus::open);
  EXPECT_TRUE(needed(1)) << "read to the end, and open";
  state.partitions[0].arrival_floor = hour_1;
  EXPECT_FALSE(needed(1)) << "still being read";
  state.partitions[0].arrival_floor = long_after;
  for (const auto status : {ChunkStatus::closed, ChunkStatus::sealed, ChunkStatus::uncertain}) {
    with_on_time(5, status);
    EXPECT_FALSE(needed(1)) << to_string(status);
  }
  pipeline.proof = Proof::reported;
  with_on_time(5, ChunkStatus::closed);
  EXPECT_TRUE(needed(1)) << "a reported count is believed only with committed offsets";
}

// Three on-time rows reopened the chunk and are not in Druid; three rows of the repair are.
TEST_F(Decide, RowsOnTheirWayDoNotMakeUpForARepairsRows) {
  with_on_time(5 + 3, ChunkStatus::open);
  with_repair(RepairPhase::ended, 3).end = ledger::TaskEnd::failed;
  reading(5 + 3);
  committed(50);
  EXPECT_THAT(repairs(), IsEmpty()) << "it looks absent";
  seen.supervisor.reset();
  EXPECT_THAT(repairs(), IsEmpty()) << "nobody knows what is committed";
  seen.supervisor.emplace();
  committed(1000);
  EXPECT_THAT(kinds(repairs()), testing::ElementsAre("repair_absent"))
      << "all are in: it is absent";
}

TEST_F(Decide, AChunkStaysOpenUntilTheScanHasPassedIt) {
  with_on_time(5, ChunkStatus::open);
  committed(1000);
  reading(5);
  state.partitions[0].arrival_floor = hour_2 + seconds(60);  // end + lateness, but not the disorder
  EXPECT_THAT(chunks(), IsEmpty());
  EXPECT_THAT(chunks_in_transition(pipeline, state, 1), IsEmpty());
  state.partitions[0].arrival_floor += pipeline.stream.arrival_disorder;
  EXPECT_THAT(kinds(chunks()), testing::ElementsAre("chunk_closed", "chunk_sealed"));
}

TEST_F(Decide, AChunkStaysOpenUntilDruidHasCommitted) {
  with_on_time(5, ChunkStatus::open);
  committed(99);
  EXPECT_THAT(chunks(), IsEmpty());
  committed(100);
  EXPECT_THAT(kinds(chunks()), testing::ElementsAre("chunk_closed"));
}

TEST_F(Decide, PublishedRowsThatAreAllThereCloseAChunkToo) {
  with_on_time(5, ChunkStatus::open);
  committed(0);
  reading(5);
  auto events = chunks();
  ASSERT_THAT(kinds(events), testing::ElementsAre("chunk_closed", "chunk_sealed"));
  EXPECT_EQ(std::get<ledger::ChunkClosed>(events[0]).evidence, "published_rows");
  EXPECT_EQ(std::get<ledger::ChunkSealed>(events[1]).rows, 5);
}

TEST_F(Decide, NothingIsSealedOnOneReadingOrOnPartOfTheSegments) {
  with_on_time(5, ChunkStatus::closed);
  committed(100);
  reading(5);
  seen.readings[hour_1].times = 1;
  EXPECT_THAT(chunks(), IsEmpty());
  seen.readings[hour_1].times = 2;
  seen.readings[hour_1].reading.unavailable = 1;
  EXPECT_THAT(chunks(), IsEmpty());
  seen.readings[hour_1].reading.unavailable = 0;
  seen.readings[hour_1].reading.unpublished = 1;
  EXPECT_THAT(chunks(), IsEmpty());
  seen.readings[hour_1].reading.unpublished = 0;
  EXPECT_THAT(kinds(chunks()), testing::ElementsAre("chunk_sealed"));
}

TEST_F(Decide, AWrongCountThatLastsIsUncertainWithItsNumbers) {
  with_on_time(5, ChunkStatus::closed);
  committed(100);
  for (std::int64_t rows : {4, 6}) {
    reading(rows, seconds(30));
    EXPECT_THAT(chunks(), IsEmpty()) << "not yet";
    reading(rows, seconds(60));
    auto events = chunks();
    ASSERT_THAT(kinds(events), testing::ElementsAre("chunk_uncertain"));
    const auto& doubt = std::get<ledger::ChunkUncertain>(events[0]);
    EXPECT_EQ(doubt.expected, 5);
    EXPECT_EQ(doubt.actual, rows);
  }
}

TEST_F(Decide, SegmentsOnTheirWayAreGivenMoreTime) {
  with_on_time(5, ChunkStatus::closed);
  committed(100);
  reading(0, seconds(120));
  seen.readings[hour_1].reading.unavailable = 1;
  EXPECT_THAT(chunks(), IsEmpty());
  seen.readings[hour_1].since = long_after - patience.doubt_unavailable_after;
  auto events = chunks();
  ASSERT_THAT(kinds(events), testing::ElementsAre("chunk_uncertain"));
  EXPECT_THAT(std::get<ledger::ChunkUncertain>(events[0]).reason,
              HasSubstr("1 segments unavailable"));
}

TEST_F(Decide, DoubtIsSaidOnceAndEndsWhenTheCountComesOut) {
  with_on_time(5, ChunkStatus::uncertain);
  chunk().doubt = ledger::Doubt{5, 4, "", {}};
  committed(100);
  reading(4, seconds(600));
  EXPECT_THAT(chunks(), IsEmpty());
  reading(5);
  EXPECT_THAT(kinds(chunks()), testing::ElementsAre("chunk_sealed"));
}

TEST_F(Decide, AChunkOfLateRowsAloneIsSealedEmpty) {
  chunk().counts[0].late = 3;
  reading(0);
  auto events = chunks();
  ASSERT_THAT(kinds(events), testing::ElementsAre("chunk_closed", "chunk_sealed"));
  EXPECT_EQ(std::get<ledger::ChunkSealed>(events[1]).rows, 0);
}

TEST_F(Decide, WithoutASupervisorStatusNothingIsCommitted) {
  with_on_time(5, ChunkStatus::open);
  seen.supervisor.reset();
  reading(4);
  EXPECT_THAT(chunks(), IsEmpty());
}

TEST_F(Decide, NoChunkIsJudgedWhileItsRepairRuns) {
  with_on_time(5, ChunkStatus::uncertain);
  committed(100);
  reading(5);
  with_repair(RepairPhase::accepted);
  EXPECT_THAT(chunks(), IsEmpty());
}

TEST_F(Decide, ReportedChunksNeedTheCommittedOffsets) {
  pipeline.proof = Proof::reported;
  with_on_time(5, ChunkStatus::open);
  committed(99);
  reading(3);
  EXPECT_THAT(chunks(), IsEmpty());
  committed(100);
  auto events = chunks();
  ASSERT_THAT(kinds(events), testing::ElementsAre("chunk_closed", "chunk_sealed"));
  EXPECT_EQ(std::get<ledger::ChunkSealed>(events[1]).proof, "reported");
  EXPECT_EQ(std::get<ledger::ChunkSealed>(events[1]).rows, 3)
      << "what Druid says, not what was scanned";
}

TaskStatus status(TaskState s) {
  return {"task-1", "", "index_parallel", "clicks", s, "why", {}};
}

TEST_F(Decide, TaskStatusesBecomeOutcomes) {
  with_repair(RepairPhase::intended);
  seen.tasks_known = true;
  EXPECT_THAT(tasks(), IsEmpty()) << "never sent: it will be sent";
  seen.tasks["task-1"] = status(TaskState::running);
  EXPECT_THAT(kinds(tasks()), testing::ElementsAre("repair_accepted"));
  seen.tasks["task-1"] = status(TaskState::failed);
  auto events = tasks();
  ASSERT_THAT(kinds(events), testing::ElementsAre("repair_accepted", "repair_task_ended"));
  EXPECT_EQ(std::get<ledger::RepairTaskEnded>(events[1]).error, "why");
  state.repairs.begin()->second.phase = RepairPhase::accepted;
  seen.tasks["task-1"] = status(TaskState::success);
  EXPECT_THAT(kinds(tasks()), testing::ElementsAre("repair_task_ended"));
}

TEST_F(Decide, ATaskIsGivenUpOnlyWhenDruidHasNotKnownItForAWhile) {
  with_repair(RepairPhase::accepted);
  seen.missing_since["task-1"] = seen.now - seconds(61);
  EXPECT_THAT(tasks(), IsEmpty()) << "no answer is not an answer";
  seen.tasks_known = true;
  auto events = tasks();
  ASSERT_THAT(kinds(events), testing::ElementsAre("repair_task_ended"));
  EXPECT_EQ(std::get<ledger::RepairTaskEnded>(events[0]).end, ledger::TaskEnd::vanished);
  seen.missing_since["task-1"] = seen.now - seconds(59);
  EXPECT_THAT(tasks(), IsEmpty());
}

// It waited long to be sent, and was taken while its status was asked for.
TEST_F(Decide, ThatATaskWasNotThereBeforeItWasTakenIsNoSign) {
  auto& repair = with_repair(RepairPhase::accepted);
  seen.tasks_known = true;
  seen.missing_since["task-1"] = seen.now - std::chrono::hours(1);
  repair.changed_at = seen.now - seconds(59);
  EXPECT_THAT(tasks(), IsEmpty());
  repair.changed_at = seen.now - seconds(60);
  EXPECT_THAT(kinds(tasks()), testing::ElementsAre("repair_task_ended"));
}

TEST_F(Decide, ATaskThatMayHaveBeenForgottenIsNotTakenForNeverSent) {
  auto& repair = with_repair(RepairPhase::intended);
  seen.tasks_known = true;
  repair.changed_at = seen.now - patience.forgotten_after + Millis(1);
  EXPECT_THAT(tasks(), IsEmpty()) << "to be sent, or on its way";
  repair.changed_at -= Millis(1);
  auto events = tasks();
  ASSERT_THAT(kinds(events), testing::ElementsAre("repair_task_ended")) << "the count decides";
  EXPECT_EQ(std::get<ledger::RepairTaskEnded>(events[0]).end, ledger::TaskEnd::vanished);
  seen.tasks_known = false;
  EXPECT_THAT(tasks(), IsEmpty()) << "no answer is not an answer";
  EXPECT_GT(patience.forgotten_after, patience.send_for + std::chrono::minutes(5))
      << "a request on its way has long arrived";
}

struct OutcomeCase {
  const char* name;
  ledger::TaskEnd end;
  std::int64_t rows;  // in Druid; 5 were there, the repair has 3
  Millis lasted;
  std::vector<std::string> then;
};

TEST_F(Decide, CountsDecideWhatATaskDidWhateverItsStatus) {
  using ledger::TaskEnd;
  const std::vector<std::string> present{"repair_confirmed", "chunk_sealed"},
      absent{"repair_absent"}, doubt{"chunk_uncertain"}, wait{};
  const std::vector<OutcomeCase> cases{
      {"done", TaskEnd::success, 8, seconds(5), present},
      {"failed after it had published", TaskEnd::failed, 8, seconds(5), present},
      {"vanished after it had published", TaskEnd::vanished, 8, seconds(5), present},
      {"failed without a trace", TaskEnd::failed, 5, seconds(5), absent},
      {"refused by Druid", TaskEnd::refused, 5, seconds(5), absent},
      {"done, but not to be seen yet", TaskEnd::success, 5, seconds(5), wait},
      {"done, and never to be seen", TaskEnd::success, 5, seconds(60), doubt},
      {"half of it", TaskEnd::failed, 6, seconds(5), wait},
      {"half of it, for good", TaskEnd::failed, 6, seconds(60), doubt},
      {"twice", TaskEnd::success, 11, seconds(60), doubt},
  };
  with_on_time(5, ChunkStatus::sealed);
  for (const auto& c : cases) {
    with_repair(RepairPhase::ended).end = c.end;
    reading(c.rows, c.lasted);
    EXPECT_EQ(kinds(repairs()), c.then) << c.name;
  }
}

TEST_F(Decide, WhereDruidFiltersARepairAddsWhatItAdds) {
  using ledger::TaskEnd;
  const std::vector<std::string> present{"repair_confirmed", "chunk_sealed"},
      absent{"repair_absent"}, doubt{"chunk_uncertain"}, wait{};
  const std::vector<OutcomeCase> cases{
      {"all rows pass the filter", TaskEnd::success, 8, seconds(5), present},
      {"some do", TaskEnd::success, 6, seconds(5), present},
      {"none does", TaskEnd::success, 5, seconds(5), present},
      {"failed after it had published some", TaskEnd::failed, 6, seconds(5), present},
      {"failed without a trace", TaskEnd::failed, 5, seconds(5), absent},
      {"more than it had", TaskEnd::success, 9, seconds(5), wait},
      {"more than it had, for good", TaskEnd::success, 9, seconds(60), doubt},
      {"rows vanished", TaskEnd::success, 4, seconds(5), wait},
  };
  pipeline.proof = Proof::reported;
  with_on_time(5, ChunkStatus::sealed);
  for (const auto& c : cases) {
    with_repair(RepairPhase::ended).end = c.end;
    reading(c.rows, c.lasted);
    const auto events = repairs();
    EXPECT_EQ(kinds(events), c.then) << c.name;
    if (c.then == present)
      EXPECT_EQ(std::get<ledger::RepairConfirmed>(events[0]).chunks[0].rows, c.rows - 5) << c.name;
  }
}

TEST_F(Decide, ATaskThatFailedWhileItsSegmentsWereNotLoadedIsNotRepeated) {
  with_on_time(5, ChunkStatus::sealed);
  with_repair(RepairPhase::ended).end = ledger::TaskEnd::failed;
  reading(5);
  seen.readings[hour_1].reading.segments = 2;
  seen.readings[hour_1].reading.unavailable = 1;
  EXPECT_THAT(repairs(), IsEmpty());
  reading(8);
  EXPECT_THAT(kinds(repairs()), testing::ElementsAre("repair_confirmed", "chunk_sealed"));
}

TEST_F(Decide, ReadingsFromBeforeTheTasksEndDecideNothing) {
  with_on_time(5, ChunkStatus::sealed);
  with_repair(RepairPhase::ended).changed_at = long_after - seconds(3);
  reading(5, seconds(5));
  state.repairs.begin()->second.end = ledger::TaskEnd::failed;
  EXPECT_THAT(repairs(), IsEmpty());
  reading(5, seconds(2));
  EXPECT_THAT(kinds(repairs()), testing::ElementsAre("repair_absent"));
}

TEST_F(Decide, ARepairOfSeveralChunksIsOneThing) {
  with_on_time(5, ChunkStatus::sealed);
  auto& repair = with_repair(RepairPhase::ended);
  repair.end = ledger::TaskEnd::failed;
  repair.intent.chunks.push_back({hour_2, 2, 0});
  chunk(hour_2).status = ChunkStatus::sealed;
  reading(8);
  EXPECT_THAT(repairs(), IsEmpty()) << "the other chunk was not counted";
  reading(0, seconds(5), hour_2);
  EXPECT_THAT(repairs(), IsEmpty()) << "one in, one not: a contradiction, so far";
  reading(2, seconds(5), hour_2);
  EXPECT_THAT(kinds(repairs()),
              testing::ElementsAre("repair_confirmed", "chunk_sealed", "chunk_sealed"));
}

TEST_F(Decide, AnOpenedChunkIsNoContradiction) {
  with_on_time(6, ChunkStatus::open);  // one more on-time row, not yet in Druid
  with_repair(RepairPhase::ended);
  reading(8, seconds(600));
  EXPECT_THAT(repairs(), IsEmpty());
  committed(1000);
  reading(9);
  EXPECT_THAT(kinds(repairs()), testing::ElementsAre("repair_confirmed"))
      << "it closes and is sealed by itself";
}

TEST_F(Decide, LateRowsWaitForTheirDelayOrTheirNumber) {
  with_on_time(5, ChunkStatus::sealed);
  chunk().waiting = {late_rows(hour_1, 3, long_after)};
  EXPECT_THAT(plan(long_after + seconds(599)), IsEmpty());
  auto events = plan(long_after + seconds(600));
  ASSERT_THAT(kinds(events), testing::ElementsAre("repair_intended"));
  const auto& repair = std::get<ledger::RepairIntended>(events[0]);
  EXPECT_EQ(repair.task_id, "henge_clicks_late_c0ffee00_000001_1");
  EXPECT_THAT(repair.chunks, testing::ElementsAre(ledger::RepairChunk{hour_1, 3, 5}));
  pipeline.late.rows_min = 3;
  EXPECT_THAT(kinds(plan(long_after)), testing::ElementsAre("repair_intended"));
}

TEST_F(Decide, OnlySealedChunksAreRepaired) {
  chunk().waiting = {late_rows(hour_1, 3, hour_2)};
  for (ChunkStatus s : {ChunkStatus::open, ChunkStatus::closed, ChunkStatus::uncertain}) {
    chunk().status = s;
    EXPECT_THAT(plan(long_after), IsEmpty()) << to_string(s);
  }
  chunk().status = ChunkStatus::sealed;
  chunk().seal = ledger::Seal{0, 1, "counted", {}};
  held = {hour_1};
  EXPECT_THAT(plan(long_after), IsEmpty()) << "retention would never load it";
  held.clear();
  chunk().repair = "repair-000009";
  EXPECT_THAT(plan(long_after), IsEmpty()) << "one at a time";
  chunk().repair.clear();
  EXPECT_THAT(kinds(plan(long_after)), testing::ElementsAre("repair_intended"));
}

// After the offsets were set back: how often each row is there is known, and a repair adds to it.
TEST_F(Decide, WhatIsInAChunkTwiceStaysADoubtAndLateRowsGoIn) {
  with_on_time(10, ChunkStatus::closed);
  chunk().doubled_rows = 4;
  chunk().waiting = {late_rows(hour_1, 3, hour_2)};
  reading(14);
  auto events = judge_chunks(pipeline, state, seen, patience);
  ASSERT_THAT(kinds(events), testing::ElementsAre("chunk_uncertain"));
  const auto& doubt = std::get<ledger::ChunkUncertain>(events[0]);
  EXPECT_EQ(doubt.expected, 10);
  EXPECT_EQ(doubt.actual, 14);
  EXPECT_THAT(doubt.reason, HasSubstr("4 rows are in it twice"));

  chunk().status = ChunkStatus::uncertain;
  chunk().doubt = ledger::Doubt{10, 13, "one is not there", {}};
  EXPECT_THAT(plan(seen.now), IsEmpty());
  chunk().doubt = ledger::Doubt{10, 14, doubt.reason, {}};
  EXPECT_THAT(judge_chunks(pipeline, state, seen, patience), IsEmpty()) << "it is said";
  events = plan(seen.now);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(std::get<ledger::RepairIntended>(events[0]).chunks.front().baseline, 14);

  chunk().waiting.clear();
  chunk().repair = "repair-000001";
  with_repair(RepairPhase::ended).end = ledger::TaskEnd::success;
  reading(17);
  EXPECT_THAT(kinds(judge_repairs(pipeline, state, seen, patience)),
              testing::ElementsAre("repair_confirmed"))
      << "and it is not sealed by that";
  state.repairs.clear();
  chunk().repair.clear();
  chunk().repaired_rows = 3;
  events = judge_chunks(pipeline, state, seen, patience);
  ASSERT_THAT(kinds(events), testing::ElementsAre("chunk_uncertain"));
  EXPECT_EQ(std::get<ledger::ChunkUncertain>(events[0]).actual, 17);
}

TEST_F(Decide, ChunksThatAreDueShareTasksUpToTheLimit) {
  pipeline.late.rows_max = 100;
  limits.repairs_max = 10;
  for (int i = 0; i < 48; ++i) {
    auto& c = state.chunks[hour_1 + std::chrono::hours(i)];
    c.status = ChunkStatus::sealed;
    c.seal = ledger::Seal{0, 1, "counted", {}};
    c.waiting = {late_rows(hour_1 + std::chrono::hours(i), 20, hour_1, i)};
  }
  auto events = plan(long_after);
  EXPECT_EQ(events.size(), 10u) << "48 chunks of 20 rows, five a task";
  std::int64_t rows = 0;
  for (const auto& e : events) rows += std::get<ledger::RepairIntended>(e).rows;
  EXPECT_EQ(rows, 960);
  limits.repairs_max = 2;
  EXPECT_EQ(plan(long_after).size(), 2u);
}

TEST_F(Decide, AChunkLargerThanATaskIsCutBetweenExtents) {
  pipeline.late.rows_max = 10;
  with_on_time(5, ChunkStatus::sealed);
  chunk().waiting = {late_rows(hour_1, 8, hour_2, 0), late_rows(hour_1, 8, hour_2, 800)};
  auto events = plan(long_after);
  ASSERT_EQ(events.size(), 1u) << "the rest follows when this one is counted";
  EXPECT_EQ(std::get<ledger::RepairIntended>(events[0]).rows, 8);
}

TEST_F(Decide, LargeRepairsAreServedOverHttp) {
  with_on_time(5, ChunkStatus::sealed);
  chunk().waiting = {late_rows(hour_1, 100, hour_2)};
  limits.base_url = "http://127.0.0.1:8099";
  limits.inline_bytes_max = 8'100;
  EXPECT_EQ(std::get<ledger::RepairIntended>(plan(long_after)[0]).delivery,
            ledger::Delivery::inline_rows);
  limits.inline_bytes_max = 8'099;
  auto repair = std::get<ledger::RepairIntended>(plan(long_after)[0]);
  EXPECT_EQ(repair.delivery, ledger::Delivery::http);
  EXPECT_EQ(repair.base_url, limits.base_url);
  EXPECT_EQ(repair.expires_at, long_after + limits.address_valid);
}

TEST_F(Decide, AnAbsentRepairIsTriedAgainWithItsRowsAndMorePatience) {
  with_on_time(5, ChunkStatus::sealed);
  auto& repair = with_repair(RepairPhase::absent);
  repair.changed_at = long_after;
  EXPECT_THAT(plan(long_after + seconds(4)), IsEmpty());
  auto events = plan(long_after + seconds(5));
  ASSERT_THAT(kinds(events), testing::ElementsAre("repair_intended"));
  const auto& next = std::get<ledger::RepairIntended>(events[0]);
  EXPECT_EQ(next.attempt, 2);
  EXPECT_EQ(next.task_id, "henge_clicks_late_c0ffee00_000001_2");
  EXPECT_EQ(next.extents, repair.intent.extents);
  repair.intent.attempt = 3;
  EXPECT_THAT(plan(long_after + seconds(19)), IsEmpty());
  EXPECT_EQ(plan(long_after + seconds(20)).size(), 1u);
  repair.intent.attempt = 60;
  EXPECT_EQ(plan(long_after + patience.retry_max).size(), 1u) << "the wait has an end";
}

}  // namespace
}  // namespace henge::reconcile
