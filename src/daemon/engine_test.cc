// The shell around the decisions: what is recorded before what is sent, and what becomes of lost
// answers.
#include "daemon/engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/fake_druid.h"
#include "daemon/repair_payload.h"
#include "daemon/shell_fixture.h"
#include "spec/fingerprint.h"
#include "spec/parse.h"

namespace henge::daemon {
namespace {

using ledger::ChunkStatus;
using ledger::RepairPhase;
using std::chrono::seconds;

const std::string document = std::string(clicks_document) + "  late: {maxDelay: PT1M}\n";

class FakeScan : public ports::TopicScan {
 public:
  explicit FakeScan(int& acknowledged) : acknowledged_(acknowledged) {}
  void acknowledge() override { ++acknowledged_; }

 private:
  int& acknowledged_;
};

const Instant hour = *parse_instant("2026-03-01T08:00:00Z");

class EngineTest : public ShellTest {
 protected:
  EngineTest() : ShellTest("engine") {
    settings.repairs.inline_bytes_max =
        0;  // payloads name an address, so that no delta file is needed
    settings.repairs.base_url = "http://127.0.0.1:1";
    settings.patience.retry_min = Millis(0);
    reopen();
    declare();
  }
  ~EngineTest() override {
    if (tasks) close_shell();
  }

  void reopen() {
    auto open = [this](const Pipeline&, ports::TopicScanStart start,
                       ports::TopicScanEvents events) -> Result<std::unique_ptr<ports::TopicScan>> {
      scan_start = std::move(start);
      scan_events = std::move(events);
      return std::make_unique<FakeScan>(acknowledged);
    };
    open_shell(druid, open);
    engine.emplace(*shell);
  }
  void restart() {
    close_shell();
    reopen();
    engine->start();
  }

  void declare() {
    ledger::PipelineDeclared e{1, document, "f", "", "c0ffee00"};
    ASSERT_TRUE(journal->append("clicks", {e, ledger::SupervisorPosted{1, "created"}}, clock.at));
    engine->start();
    druid.status.partitions = 1;
    druid.status.state = "RUNNING";
  }
  // One batch from the scan: rows on time and late of one chunk, read far past its end.
  void scanned(std::int64_t on_time, std::int64_t late) {
    scan::ScanBatch batch;
    scan::PartitionProgress p;
    p.from = next_offset;
    p.to = next_offset += on_time + late;
    p.records = on_time + late;
    p.arrival_floor = clock.at;
    batch.partitions = {p};
    batch.chunks[hour][0] = {on_time, late, 0, 0, on_time > 0 ? next_offset - 1 : -1};
    if (late > 0) {
      scan::Extent x;
      x.file = "delta-00000001.bin";
      x.offset = delta_offset;
      x.bytes = late * 10;
      delta_offset += x.bytes;
      x.rows = late;
      x.payload_bytes = late * 5;
      x.chunk = hour;
      x.arrival_first = clock.at - seconds(600);
      batch.extents = {x};
    }
    scan_events.on_batch(std::move(batch));
    run_tasks();
  }
  void round() { rounds(1); }
  const ledger::ChunkState& chunk() { return state().chunks.at(hour); }
  const ledger::RepairState& repair() { return state().repairs.at("repair-000001"); }
  // Sealed with five rows on time, three late ones waiting and due.
  void sealed_with_late_rows() {
    scanned(5, 3);
    druid.published[hour] = {5};
    rounds(2);
    ASSERT_EQ(chunk().status, ChunkStatus::sealed);
  }

  FakeDruid druid;
  ports::TopicScanStart scan_start;
  ports::TopicScanEvents scan_events;
  int acknowledged = 0;
  std::int64_t next_offset = 0;
  std::int64_t delta_offset = 0;
};

TEST_F(EngineTest, AScanGoesOnOnlyWhenTheLedgerHoldsItsBatch) {
  scanned(5, 0);
  EXPECT_EQ(acknowledged, 1);
  EXPECT_EQ(state().partitions.at(0).next, 5);
  restart();
  EXPECT_EQ(scan_start.positions.at(0), 5) << "a new scan begins where the ledger stands";
}

TEST_F(EngineTest, LateRowsAreRepairedAndCounted) {
  sealed_with_late_rows();
  rounds(1);
  ASSERT_EQ(druid.submitted.size(), 1u);
  EXPECT_EQ(druid.submitted[0], "henge_clicks_late_c0ffee00_000001_1");
  EXPECT_EQ(repair().phase, RepairPhase::accepted);
  druid.published[hour] = {5, 3};
  druid.finish(druid.submitted[0], TaskState::success);
  rounds(3);
  EXPECT_EQ(repair().phase, RepairPhase::confirmed);
  EXPECT_EQ(chunk().seal->rows, 8);
}

TEST_F(EngineTest, ALostAnswerIsAdoptedAndNeverDoubled) {
  druid.next_answer = FakeDruid::Answer::lose_after_accepting;
  sealed_with_late_rows();
  EXPECT_EQ(repair().phase, RepairPhase::intended);
  EXPECT_TRUE(troubles.all().contains("clicks: submit repair-000001"));
  druid.next_answer = FakeDruid::Answer::accept;
  rounds(2);
  EXPECT_EQ(repair().phase, RepairPhase::accepted);
  EXPECT_EQ(druid.tasks.size(), 1u);
}

TEST_F(EngineTest, WhatWasIntendedIsSentAfterADeath) {
  druid.next_answer = FakeDruid::Answer::unavailable;
  sealed_with_late_rows();
  ASSERT_EQ(repair().phase, RepairPhase::intended);
  ASSERT_TRUE(druid.tasks.empty());
  restart();
  druid.next_answer = FakeDruid::Answer::accept;
  rounds(2);
  EXPECT_EQ(repair().phase, RepairPhase::accepted);
  EXPECT_EQ(std::set(druid.submitted.begin(), druid.submitted.end()).size(), 1u)
      << "the same id as before";
}

TEST_F(EngineTest, AFailedTaskThatHadPublishedIsNotRepeated) {
  sealed_with_late_rows();
  round();
  druid.published[hour] = {5, 3};
  druid.finish(druid.submitted.back(), TaskState::failed, "killed");
  rounds(5);
  EXPECT_EQ(repair().phase, RepairPhase::confirmed);
  EXPECT_EQ(druid.tasks.size(), 1u);
}

TEST_F(EngineTest, AFailedTaskWithoutATraceIsRepeatedUnderTheNextId) {
  sealed_with_late_rows();
  round();
  druid.finish(druid.submitted.back(), TaskState::failed, "killed");
  rounds(5);
  EXPECT_EQ(repair().intent.attempt, 2);
  EXPECT_EQ(druid.submitted.back(), "henge_clicks_late_c0ffee00_000001_2");
}

TEST_F(EngineTest, ATaskThatDruidOnlyCallsRunningIsCountedAndRepeated) {
  sealed_with_late_rows();
  round();
  rounds(60);
  EXPECT_EQ(repair().phase, RepairPhase::accepted) << "a task may take its time";
  druid.ghosts.insert(druid.submitted.back());
  rounds(60);
  EXPECT_EQ(repair().intent.attempt, 2);
}

TEST_F(EngineTest, ARefusedSpecIsATroubleAndNotALoss) {
  druid.next_answer = FakeDruid::Answer::refuse;
  sealed_with_late_rows();
  EXPECT_EQ(repair().end, ledger::TaskEnd::refused);
  druid.next_answer = FakeDruid::Answer::accept;
  rounds(5);
  EXPECT_EQ(repair().phase, RepairPhase::accepted);
  EXPECT_EQ(repair().intent.rows, 3);
}

TEST_F(EngineTest, AfterAChangeWasPutBackItWorksByWhatDruidHolds) {
  rounds(1);
  std::string changed = document;
  changed.replace(changed.find("    topic: clicks\n"), 18, "    topic: clicks\n    taskCount: 2\n");
  ASSERT_TRUE(journal->append("clicks",
                              {ledger::PipelineDeclared{2, changed, "g", "", "c0ffee00"},
                               ledger::SupervisorPosted{2, "updated"}},
                              clock.at));
  rounds(1);
  ASSERT_EQ(engine->find_runner("clicks")->pipeline().stream.task_count, 2);
  ASSERT_TRUE(
      journal->append("clicks", {ledger::SupervisorRolledBack{2, 1, "it failed"}}, clock.at));
  rounds(1);
  EXPECT_EQ(engine->find_runner("clicks")->pipeline().stream.task_count, 1);
}

TEST_F(EngineTest, RowsThatRetentionWouldNeverLoadWait) {
  druid.load_rules = {{"dropForever", std::nullopt, "", true, {}}};
  sealed_with_late_rows();
  rounds(2);
  EXPECT_TRUE(druid.submitted.empty());
  EXPECT_EQ(chunk().waiting_rows(), 3) << "kept and shown";
}

TEST_F(EngineTest, WithoutDruidTheScanGoesOnAndNothingIsConcluded) {
  druid.reachable = false;
  scanned(5, 3);
  rounds(3);
  EXPECT_EQ(acknowledged, 1);
  EXPECT_EQ(chunk().status, ChunkStatus::open);
  EXPECT_FALSE(troubles.all().empty());
  druid.reachable = true;
  druid.published[hour] = {5};
  rounds(3);
  EXPECT_EQ(chunk().status, ChunkStatus::sealed);
  EXPECT_TRUE(troubles.all().empty());
}

TEST(DeltaPath, IsUnguessableAndBelongsToOneTaskAndTime) {
  ledger::RepairIntended a;
  a.task_id = "t1";
  a.expires_at = instant_of_ms(1000);
  ledger::RepairIntended b = a;
  b.task_id = "t2";
  ledger::RepairIntended c = a;
  c.expires_at = instant_of_ms(2000);
  std::set<std::string> paths{delta_path("p", a, "k1"), delta_path("p", b, "k1"),
                              delta_path("p", c, "k1"), delta_path("p", a, "k2"),
                              delta_path("q", a, "k1")};
  EXPECT_EQ(paths.size(), 5u);
  EXPECT_EQ(delta_path("p", a, "k1"), delta_path("p", a, "k1"));
}

TEST(FrozenChanges, NamesWhatDecidesTheCount) {
  auto before = spec::parse_pipelines("f", document).pipelines.at(0).pipeline;
  auto after = before;
  after.late.max_delay = seconds(5);
  after.stream.task_count = 3;
  EXPECT_TRUE(frozen_changes(before, after).empty());
  after.rule.lateness = seconds(5);
  after.stream.topic = "other";
  EXPECT_THAT(frozen_changes(before, after),
              testing::ElementsAre("spec.stream.topic", "spec.lateness"));
}

}  // namespace
}  // namespace henge::daemon
