// A reset of the offsets through a running henge: what is recorded before what is sent, and that a
// henge that died anywhere on the way is followed by one that goes on.
#include "daemon/offset_reset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/shell_fixture.h"
#include "daemon/streaming_druid.h"
#include "daemon/supervisor_change.h"

namespace henge::daemon {
namespace {

using ledger::ResetPhase;
using testing::ElementsAre;
using testing::HasSubstr;

const Instant hour = *parse_instant("2026-03-01T10:00:00Z");

class OffsetReset : public ShellTest {
 protected:
  OffsetReset() : ShellTest("reset") {
    open();
    ledger::PipelineDeclared declared{1, clicks_document, "f", "", "c0ffee00"};
    ledger::ScanAdvanced scan;
    scan::PartitionProgress p;
    p.to = 100;
    scan.batch.partitions = {p};
    scan.batch.chunks[hour][0] = {40, 0, 0, 0, 89};
    EXPECT_TRUE(journal->append("clicks", {declared, ledger::SupervisorPosted{1, "created"}, scan},
                                clock.now()));
  }
  ~OffsetReset() override { close_shell(); }
  void open() {
    const auto at_once = [](Millis) -> runtime::Async<void> { co_return Result<void>{}; };
    open_shell(druid, no_scan, at_once);
    shell->look_at_topic = [this](Pipeline, auto) -> runtime::Async<TopicLook> {
      TopicLook look;
      look.starts = {{0, log_start}};
      look.ends = {{0, 100}};
      co_return look;
    };
    shell->scan_stretches =
        [this](Pipeline, ports::StretchesWanted wanted) -> runtime::Async<scan::StretchesFound> {
      asked = wanted.stretches;
      if (scan_error) co_return tl::unexpected<Error>(*scan_error);
      if (away_after_scan) druid.reachable = false;
      co_return found;
    };
  }
  // As a henge that was killed and started again.
  void die() {
    close_shell();
    open();
  }
  Result<std::int64_t> ask(PartitionOffsets targets, bool anew = false) {
    Result<std::int64_t> number = tl::unexpected<Error>(Error{});
    run_to_end([&]() -> boost::asio::awaitable<void> {
      ResetRequest request{"clicks", "somewhere", std::move(targets), {{0, 90}}, anew, "why", "me"};
      number = co_await intend_reset(*shell, std::move(request));
    });
    return number;
  }
  Result<void> advance() {
    Result<void> done;
    run_to_end([&]() -> boost::asio::awaitable<void> {
      auto runner = std::make_shared<Runner>(*shell, *pipeline_of(state(), "clicks"));
      done = co_await advance_reset(*shell, *runner);
    });
    return done;
  }

  StreamingDruid druid;
  std::int64_t log_start = 0;
  scan::Stretches asked;
  scan::StretchesFound found;
  std::optional<Error> scan_error;
  bool away_after_scan = false;
};

TEST_F(OffsetReset, GoesBackAndExpectsWhatIsReadAgainTwice) {
  ASSERT_TRUE(ask({{0, 0}}));
  EXPECT_TRUE(druid.calls.empty()) << "the intent is recorded before anything is sent";
  found.chunks[hour][0].on_time = 40;
  ASSERT_TRUE(advance());
  EXPECT_THAT(druid.calls, ElementsAre("suspend", "reset 0", "resume"));
  EXPECT_EQ(asked, (scan::Stretches{{0, {0, 90, scan::Keep::none}}}));
  EXPECT_EQ(state().reset->phase, ResetPhase::ended);
  EXPECT_EQ(state().chunks.at(hour).doubled_rows, 40);
  EXPECT_EQ(state().chunks.at(hour).expected(), 80);
}

TEST_F(OffsetReset, GoesAheadByKeepingWhatIsSkipped) {
  ASSERT_TRUE(ask({{0, 100}}));
  found.chunks[hour][0].on_time = 3;
  scan::Extent extent;
  extent.file = "delta-00000001.bin";
  extent.bytes = 30;
  extent.rows = 3;
  extent.chunk = hour;
  found.extents = {extent};
  ASSERT_TRUE(advance());
  EXPECT_EQ(asked, (scan::Stretches{{0, {90, 100, scan::Keep::on_time}}}));
  EXPECT_THAT(druid.calls, ElementsAre("suspend", "reset 100", "resume"));
  EXPECT_EQ(state().chunks.at(hour).waiting_rows(), 3);
  EXPECT_EQ(state().chunks.at(hour).expected(), 37);
}

TEST_F(OffsetReset, WaitsForTasksForTheScanAndForRepairs) {
  ASSERT_TRUE(ask({{0, 0}}));
  druid.looks_until_quiet = 1;
  ASSERT_TRUE(advance());
  EXPECT_EQ(state().reset->phase, ResetPhase::intended) << "a task still publishes";
  EXPECT_THAT(druid.calls, ElementsAre("suspend"));
  druid.tasks["index_kafka_ds_x"] = {
      "index_kafka_ds_x", "", "index_kafka", "ds", TaskState::running, "", {}};
  ASSERT_TRUE(advance());
  EXPECT_EQ(state().reset->phase, ResetPhase::intended) << "the list of tasks has one more";
  druid.tasks.clear();
  ASSERT_TRUE(advance());
  EXPECT_EQ(state().reset->phase, ResetPhase::ended);
}

TEST_F(OffsetReset, IsTakenUpWhereItsHengeDied) {
  ASSERT_TRUE(ask({{0, 0}}));
  die();
  scan_error = Error{ErrorKind::unavailable, "Kafka is away"};
  EXPECT_FALSE(advance());
  EXPECT_EQ(state().reset->phase, ResetPhase::quiesced);
  die();
  scan_error.reset();
  found.chunks[hour][0].on_time = 40;
  away_after_scan = true;
  EXPECT_FALSE(advance()) << "measured, and Druid is away";
  EXPECT_EQ(state().reset->phase, ResetPhase::measured);
  die();
  druid.reachable = true;
  ASSERT_TRUE(advance());
  EXPECT_EQ(state().reset->phase, ResetPhase::ended);
  EXPECT_FALSE(druid.status.suspended);
  EXPECT_EQ(state().chunks.at(hour).expected(), 80) << "measured once, however often it was begun";
}

// Suspended, its on-time rows could not be committed, and the repair's count never come out.
TEST_F(OffsetReset, StreamingGoesOnUntilNothingElseIsUnderWay) {
  ledger::RepairIntended repair;
  repair.number = 1;
  repair.repair = "repair-000001";
  repair.task_id = "t";
  repair.chunks = {{hour, 0, 40}};
  ASSERT_TRUE(journal->append("clicks", {repair}, clock.now()));
  ASSERT_TRUE(ask({{0, 0}}));
  EXPECT_THAT(advance().error().message, HasSubstr("waits for repair-000001"));
  EXPECT_TRUE(druid.calls.empty());
  ASSERT_TRUE(
      journal->append("clicks",
                      {ledger::RepairAccepted{"repair-000001", "t", false},
                       ledger::RepairTaskEnded{"repair-000001", "t", ledger::TaskEnd::success, ""},
                       ledger::RepairConfirmed{"repair-000001", "t", repair.chunks}},
                      clock.now()));
  ASSERT_TRUE(advance());
  EXPECT_EQ(state().reset->phase, ResetPhase::ended);
}

TEST_F(OffsetReset, IsGivenUpWhereStreamingWentOnMeanwhile) {
  ASSERT_TRUE(ask({{0, 0}}));
  scan_error = Error{ErrorKind::unavailable, "Kafka is away"};
  EXPECT_FALSE(advance());
  ASSERT_EQ(state().reset->phase, ResetPhase::quiesced);
  scan_error.reset();
  druid.go_on();
  druid.status.active = {{"task", {{0, 95}}, {{0, 100}}, {}}};
  druid.calls.clear();
  ASSERT_TRUE(advance());
  EXPECT_THAT(druid.calls, ElementsAre("suspend")) << "and it comes to a stand again";
  EXPECT_EQ(state().reset->phase, ResetPhase::quiesced);
  druid.status.lag = {{0, 5}};
  ASSERT_TRUE(advance());
  EXPECT_EQ(state().reset->phase, ResetPhase::ended);
  EXPECT_THAT(state().reset->error, HasSubstr("it read on"));
  EXPECT_EQ(druid.resets, 0);
  EXPECT_FALSE(druid.status.suspended);
}

TEST_F(OffsetReset, EndsWhereThereIsNoSupervisorAnyMore) {
  ASSERT_TRUE(ask({{0, 0}}));
  druid.supervisor.reset();
  ASSERT_TRUE(advance());
  EXPECT_EQ(state().reset->phase, ResetPhase::ended);
  EXPECT_THAT(state().reset->error, HasSubstr("no supervisor 'ds'"));
}

TEST_F(OffsetReset, APersonsSuspensionStays) {
  druid.status.suspended = true;
  druid.status.state = druid.status.detailed_state = "SUSPENDED";
  druid.status.active.clear();
  ASSERT_TRUE(ask({{0, 90}}));
  ASSERT_TRUE(advance());
  EXPECT_EQ(state().reset->phase, ResetPhase::ended);
  EXPECT_TRUE(druid.status.suspended);
}

TEST_F(OffsetReset, ATargetThatIsGoneChangesNothingAndResumes) {
  ASSERT_TRUE(ask({{0, 10}}));
  log_start = 20;
  ASSERT_TRUE(advance());
  EXPECT_EQ(state().reset->phase, ResetPhase::ended);
  EXPECT_THAT(state().reset->error, HasSubstr("does not have offset 10 any more"));
  EXPECT_EQ(druid.resets, 0);
  EXPECT_FALSE(druid.status.suspended);
}

TEST_F(OffsetReset, IsRefusedWhileSomethingElseHolds) {
  ASSERT_TRUE(ask({{0, 0}}));
  EXPECT_THAT(ask({{0, 0}}).error().message, HasSubstr("reset 1 of 'clicks' is intended"));
  ASSERT_TRUE(advance());
  ASSERT_TRUE(journal->append("clicks", {ledger::Frozen{"hands off", "bob"}}, clock.now()));
  EXPECT_THAT(ask({{0, 0}}).error().message, HasSubstr("frozen by bob"));
  ASSERT_TRUE(journal->append("clicks", {ledger::Unfrozen{"", ""}}, clock.now()));
  druid.status.active = {{"task", {{0, 50}}, {}, {}}};
  EXPECT_THAT(ask({{0, 0}}).error().message, HasSubstr("went back from 90 to 50"));
}

TEST_F(OffsetReset, ATopicMadeAnewIsScannedAgainFromItsStart) {
  ASSERT_TRUE(ask({{0, 0}}, true));
  ASSERT_TRUE(advance());
  EXPECT_TRUE(asked.empty()) << "offsets of the topic before are not compared with its own";
  EXPECT_EQ(state().partitions.at(0).next, 0);
}

}  // namespace
}  // namespace henge::daemon
