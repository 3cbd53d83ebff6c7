// Supervisors of Druid's twin keep the contract's sections 1 and 2.
#include "sim/twin_fixture.h"

namespace henge::sim {
namespace {

using namespace std::chrono_literals;

class TwinStreams : public TwinWorld {};

TEST_F(TwinStreams, RowsAreSeenWhileTheyAreReadAndNeverTwiceUntilTheyAreHandedOff) {
  post();
  pass(15s);
  produce("a");
  produce("b", 0ms, 1);
  for (int second = 0; second < 20 * 60; ++second) {
    pass(1s);
    ASSERT_EQ(counted(), 2) << second;
  }
  expect_no_doubles();
  EXPECT_EQ(druid.stored_rows("clicks").size(), 2U);
  EXPECT_EQ(druid.committed("clicks"), (PartitionOffsets{{0, 1}, {1, 1}}));
  EXPECT_GE(druid.stats().stream_publishes, 1);
}

TEST_F(TwinStreams, ThePostedFilterDecidesWhatIsKept) {
  post();
  pass(15s);
  produce("on time", 60s);
  produce("late", 60s + 1ms);
  pass(1s);
  EXPECT_EQ(druid.visible_rows("clicks").size(), 1U);

  StreamOptions wrong;
  wrong.datasource = "wrong";
  wrong.lateness_filter = "";
  post(wrong);
  pass(1min);
  EXPECT_EQ(druid.visible_rows("wrong").size(), 2U) << "no filter, so late rows come through";

  wrong.datasource = "strict";
  wrong.lateness_filter = R"(__time >= \"kafka.timestamp\" - 1000 && )"
                          R"(__time <= \"kafka.timestamp\" + 5)";
  post(wrong);
  pass(1min);
  EXPECT_TRUE(druid.visible_rows("strict").empty());
}

TEST_F(TwinStreams, AnExpressionTheTwinCannotEvaluateIsRefusedRatherThanGuessed) {
  StreamOptions options;
  options.lateness_filter = "lower(id) == 'x'";
  EXPECT_EQ(druid.post_supervisor(stream_spec(options), {}).error().kind, ErrorKind::invalid);
}

TEST_F(TwinStreams, PeriodRulesAreFixedWhenTheGroupIsMade) {
  StreamOptions options;
  options.lateness_filter = "";
  options.extra_io = R"(,"lateMessageRejectionPeriod":"PT1M")";
  post(options);
  pass(15s);  // the group was made 5 s after the start
  produce("kept", 15s + 54s);
  produce("too old", 15s + 56s);
  pass(1s);
  EXPECT_EQ(counted(noon - 1min), 1);
}

TEST_F(TwinStreams, StatusIsEmptyAtFirstAndOffsetsComeLater) {
  produce("a");
  post();
  EXPECT_EQ(status().state, "PENDING");
  EXPECT_TRUE(status().active.empty());
  pass(5s);
  EXPECT_EQ(status().detailed_state, "CONNECTING_TO_STREAM");
  pass(1s);
  EXPECT_EQ(status().state, "RUNNING");
  EXPECT_TRUE(status().active.empty()) << "its task is listed from the next pass on";
  pass(5s);
  ASSERT_EQ(status().active.size(), 1U);
  EXPECT_EQ(status().active[0].starting_offsets, (PartitionOffsets{{0, 0}, {1, 0}}));
  EXPECT_TRUE(status().latest_offsets.empty());
  pass(15s);
  EXPECT_EQ(status().latest_offsets, (PartitionOffsets{{0, 1}, {1, 0}}));
  EXPECT_EQ(status().lag, (PartitionOffsets{{0, 0}, {1, 0}}));
  EXPECT_EQ(status().active[0].current_offsets, (PartitionOffsets{{0, 1}, {1, 0}}));
}

TEST_F(TwinStreams, SuspensionPublishesAndThenTellsTheStoredOffsets) {
  post();
  pass(15s);
  produce("a");
  pass(5s);
  ASSERT_TRUE(druid.suspend_supervisor("clicks", {}));
  EXPECT_TRUE(druid.suspend_supervisor("clicks", {}));
  EXPECT_TRUE(status().suspended);
  EXPECT_EQ(status().state, "PENDING") << "as every supervisor that has just started";
  pass(6s);
  EXPECT_EQ(status().state, "SUSPENDED");
  EXPECT_EQ(status().publishing.size(), 1U) << "the hand-off is asked about once a minute";
  pass(3min);
  EXPECT_TRUE(status().publishing.empty());
  EXPECT_TRUE(status().active.empty());
  produce("b");
  pass(1min);
  const auto now = status();
  EXPECT_EQ(now.latest_offsets.at(0) - now.lag.at(0), 1);
  EXPECT_EQ(counted(), 1);
  ASSERT_TRUE(druid.resume_supervisor("clicks", {}));
  pass(30s);
  EXPECT_EQ(counted(), 2);
  expect_no_doubles();
}

TEST_F(TwinStreams, AFailedTaskIsReplacedAndReadsAgain) {
  post();
  pass(15s);
  produce("a");
  pass(5s);
  const std::string first = status().active.at(0).id;
  ASSERT_TRUE(druid.shutdown_task(first));
  EXPECT_EQ(task(first).state, TaskState::failed);
  EXPECT_EQ(counted(), 0) << "what was in its memory is gone";
  pass(10s);
  EXPECT_NE(status().active.at(0).id, first);
  EXPECT_EQ(counted(), 1);
  pass(20min);
  EXPECT_EQ(counted(), 1);
  expect_no_doubles();
}

TEST_F(TwinStreams, AGroupThatFailsWhilePublishingTakesItsSuccessorsAlongAndAllIsReadAgain) {
  druid.faults().stream_fails_publishing.next = 1;
  post();
  pass(15s);
  produce("a");
  pass(10min);
  produce("b");
  pass(2min);
  EXPECT_EQ(counted(), 2);
  EXPECT_EQ(druid.committed("clicks").contains(0), false);
  pass(15min);
  EXPECT_EQ(druid.committed("clicks").at(0), 2);
  EXPECT_EQ(counted(), 2);
  expect_no_doubles();
}

TEST_F(TwinStreams, FailedIsNotUnpublished) {
  druid.faults().stream_fails_after_publish.next = 1;
  post();
  pass(15s);
  produce("a");
  pass(12min);
  EXPECT_EQ(druid.stored_rows("clicks").size(), 1U);
  pass(20min);
  EXPECT_EQ(counted(), 1);
  expect_no_doubles();
}

TEST_F(TwinStreams, IntermediateHandoffPublishesWhileTheTaskReadsOn) {
  StreamOptions options;
  options.duration = "PT1H";
  options.handoff = "PT5M";
  post(options);
  pass(15s);
  produce("a");
  pass(6min);
  EXPECT_EQ(druid.committed("clicks").at(0), 1);
  EXPECT_EQ(status().active.size(), 1U);
  produce("b");
  ASSERT_TRUE(druid.shutdown_task(status().active[0].id));
  pass(10min);
  EXPECT_EQ(counted(), 2);
  expect_no_doubles();
}

TEST_F(TwinStreams, CompletionTimeoutKillsWhatCannotBeHandedOff) {
  StreamOptions options;
  options.completion = "PT2M";
  druid.faults().historicals_load = false;
  post(options);
  pass(15s);
  produce("a");
  pass(11min);
  ASSERT_EQ(status().publishing.size(), 1U);
  const std::string publishing = status().publishing[0].id;
  pass(3min);
  EXPECT_EQ(task(publishing).state, TaskState::failed);
  EXPECT_EQ(druid.stored_rows("clicks").size(), 1U) << "FAILED, and yet published";
  EXPECT_EQ(counted(), 0) << "and nobody answers for it";
  druid.faults().historicals_load = true;
  pass(1min);
  EXPECT_EQ(counted(), 1);
  expect_no_doubles();
}

TEST_F(TwinStreams, DurationsUnderAMinuteKillEveryTask) {
  StreamOptions options;
  options.duration = "PT30S";
  post(options);
  produce("a");
  pass(1min);
  EXPECT_EQ(status().state, "UNHEALTHY_TASKS");
  EXPECT_FALSE(status().healthy);
  EXPECT_EQ(counted(), 0);
}

TEST_F(TwinStreams, ATopicThatIsNotThereMakesTheSupervisorUnhealthy) {
  StreamOptions options;
  options.topic = "nowhere";
  post(options);
  pass(2min);
  EXPECT_EQ(status().detailed_state, "UNABLE_TO_CONNECT_TO_STREAM");
  EXPECT_EQ(status().recent_errors.size(), 3U);
  kafka.create_topic("nowhere", 1, TimestampType::log_append_time);
  pass(31s);
  EXPECT_EQ(status().state, "RUNNING");
}

TEST_F(TwinStreams, TerminatedIsATombstoneAndTheOffsetsStay) {
  post();
  pass(15s);
  produce("a");
  pass(5s);
  ASSERT_TRUE(druid.terminate_supervisor("clicks", {}));
  EXPECT_EQ(druid.supervisor_status("clicks").error().kind, ErrorKind::not_found);
  EXPECT_EQ(*druid.supervisor_spec("clicks"), std::nullopt);
  EXPECT_TRUE(druid.supervisors()->empty());
  ASSERT_EQ(druid.supervisor_history("clicks")->size(), 2U);
  EXPECT_TRUE(druid.supervisor_history("clicks")->front().tombstone);
  pass(5min);
  EXPECT_EQ(druid.committed("clicks").at(0), 1);
  post();
  pass(1min);
  produce("b");
  pass(1s);
  EXPECT_EQ(counted(), 2);
  expect_no_doubles();
}

TEST_F(TwinStreams, AnEqualSpecRestartsNothingAndAnotherOneDoes) {
  post();
  pass(15s);
  const std::string first = status().active.at(0).id;
  post();
  EXPECT_EQ(status().active.at(0).id, first);
  StreamOptions options;
  options.tasks = 2;
  post(options);
  EXPECT_TRUE(status().active.empty()) << "a new supervisor knows nothing for a while";
  pass(15s);
  EXPECT_EQ(status().active.size(), 2U);
  EXPECT_EQ(druid.supervisor_history("clicks")->size(), 2U);
}

TEST_F(TwinStreams, ASupervisorThatCannotStartLeavesNone) {
  post();
  pass(15s);
  druid.faults().supervisor_start_fails.next = 1;
  StreamOptions options;
  options.tasks = 2;
  EXPECT_FALSE(druid.post_supervisor(stream_spec(options), {}));
  EXPECT_EQ(druid.supervisor_status("clicks").error().kind, ErrorKind::not_found);
  pass(5min);
  EXPECT_TRUE(druid.active_tasks("clicks")->empty());
  post();
  pass(15s);
  EXPECT_EQ(status().active.size(), 1U);
}

TEST_F(TwinStreams, ResetOffsetsBackwardsDoublesRowsAsDruidDoes) {
  post();
  pass(15s);
  produce("a");
  ASSERT_TRUE(druid.suspend_supervisor("clicks", {}));
  pass(5min);
  ASSERT_TRUE(druid.reset_offsets("clicks", {{0, 0}}));
  ASSERT_TRUE(druid.resume_supervisor("clicks", {}));
  pass(1min);
  EXPECT_EQ(counted(), 2);
}

TEST_F(TwinStreams, ANewPartitionIsReadFromItsBeginning) {
  post();
  pass(15s);
  kafka.add_partitions("clicks", 3);
  produce("c", 0ms, 2);
  pass(2min);
  EXPECT_EQ(counted(), 1);
  EXPECT_EQ(status().partitions, 3);
}

TEST_F(TwinStreams, OffsetsThatRetentionTookAreAnErrorOfTheSupervisor) {
  post();
  pass(15s);
  produce("a");
  ASSERT_TRUE(druid.suspend_supervisor("clicks", {}));
  pass(5min);
  produce("b");
  produce("c");
  kafka.delete_before("clicks", 0, 2);
  ASSERT_TRUE(druid.resume_supervisor("clicks", {}));
  pass(3min);
  EXPECT_EQ(status().state, "UNHEALTHY_SUPERVISOR");
  EXPECT_TRUE(status().active.empty());
}

TEST_F(TwinStreams, AnotherOverlordKnowsNothingForAWhileAndTasksRunOn) {
  post();
  pass(15s);
  produce("a");
  pass(20s);
  const std::string first = status().active.at(0).id;
  const std::string leader = *druid.overlord_leader();
  druid.fail_over_overlord(10s);
  EXPECT_EQ(druid.supervisor_status("clicks").error().kind, ErrorKind::unavailable);
  EXPECT_EQ(counted(), 1) << "the Broker and the task don't care";
  pass(11s);
  EXPECT_NE(*druid.overlord_leader(), leader);
  EXPECT_TRUE(status().active.empty());
  EXPECT_TRUE(status().latest_offsets.empty());
  pass(30s);
  EXPECT_EQ(status().active.at(0).id, first);
  pass(20min);
  EXPECT_EQ(counted(), 1);
  expect_no_doubles();
}

TEST_F(TwinStreams, StoredSpecsCarryDruidsDefaultsAndTheListingShowsThem) {
  post();
  const auto stored = *druid.supervisor_spec("clicks");
  ASSERT_TRUE(stored);
  for (const char* text : {R"("taskDuration":"PT600S")", R"("period":"PT30S")",
                           R"("suspended":false)", R"("useEarliestSequenceNumber":true)"})
    EXPECT_NE(stored->text.find(text), std::string::npos) << text;
  ASSERT_EQ(druid.supervisors()->size(), 1U);
  EXPECT_EQ(druid.supervisors()->front().spec, *stored);
  ASSERT_TRUE(druid.suspend_supervisor("clicks", {}));
  EXPECT_NE((*druid.supervisor_spec("clicks"))->text.find(R"("suspended":true)"),
            std::string::npos);
}

TEST_F(TwinStreams, TheSamplerReadsRowsAsTheSpecWould) {
  produce("a");
  kafka.append("clicks", 0, "no json", -1, noon);
  const auto found = druid.sample(stream_spec());
  ASSERT_TRUE(found);
  EXPECT_EQ(found->rows_read, 2);
  EXPECT_EQ(found->rows_indexed, 1);
  EXPECT_EQ(found->unparseable, 1);
  EXPECT_EQ(druid.sample({R"({"type":"index_parallel"})"}).error().kind, ErrorKind::invalid);
}

}  // namespace
}  // namespace henge::sim
