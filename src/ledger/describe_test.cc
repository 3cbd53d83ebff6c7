#include "ledger/describe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace henge::ledger {
namespace {

using testing::HasSubstr;

const Instant hour = instant_of_ms(3'600'000);

TEST(Describe, SaysWhatHappenedWithItsNumbers) {
  EXPECT_EQ(describe(ChunkSealed{hour, 12, 2, "counted"}),
            "chunk 1970-01-01T01:00Z sealed: 12 rows in 2 segments, counted");
  EXPECT_EQ(describe(ChunkClosed{hour, "committed_offsets"}),
            "chunk 1970-01-01T01:00Z closed by committed_offsets");
  EXPECT_EQ(describe(RepairAccepted{"repair-000001", "t", true}),
            "repair-000001: Druid already had task t");
  EXPECT_EQ(describe(RepairTaskEnded{"repair-000001", "t", TaskEnd::failed, "killed"}),
            "repair-000001: task t ended as failed: killed");
  EXPECT_EQ(describe(RepairConfirmed{
                "repair-000001", "t", {{hour + std::chrono::hours(2), 4, 0}, {hour, 3, 0}}}),
            "repair-000001 confirmed: 7 rows counted in 2 chunks from 1970-01-01T01:00Z to "
            "1970-01-01T03:00Z");
  EXPECT_EQ(describe(PipelineDeclared{2, "doc", "f", "more tasks", "i"}),
            "declared as version 2: more tasks");
  EXPECT_EQ(describe(PipelineDeclared{2, "doc", "f", "", "i", "ann@host"}),
            "declared as version 2 by ann@host");
  EXPECT_EQ(describe(SupervisorRolledBack{3, 2, "UNHEALTHY_TASKS"}),
            "supervisor of version 3 was taken back; version 2 is in place again: "
            "UNHEALTHY_TASKS");
  EXPECT_EQ(describe(SupervisorRolledBack{1, 0, ""}), "supervisor of version 1 was taken back");
  EXPECT_EQ(describe(ReleaseIntended{"moved", "ann@host"}),
            "to be released by ann@host; its supervisor will be terminated: moved");
  EXPECT_EQ(describe(PipelineReleased{"moved", "ann@host", "kept"}),
            "released by ann@host; its supervisor was kept: moved");
}

TEST(Describe, SaysWhatDriftedAndWhatWasDone) {
  const DriftKind kind = DriftKind::supervisor_edited;
  Drift drift;
  drift.kind = kind;
  drift.object = "clicks";
  drift.evidence = "spec.ioConfig.taskCount is 2, declared is 1";
  EXPECT_EQ(describe(DriftFound{drift, 0}),
            "drift supervisor_edited of clicks: spec.ioConfig.taskCount is 2, declared is 1");
  EXPECT_EQ(describe(DriftCleared{kind, "clicks", DriftEnd::healed}),
            "drift supervisor_edited of clicks is over: healed");
  EXPECT_EQ(describe(HealIntended{kind, "clicks", "post the declared spec", 2}),
            "healing supervisor_edited of clicks, attempt 2: post the declared spec");
  EXPECT_EQ(describe(HealEnded{kind, "clicks", 2, "503"}),
            "healing supervisor_edited of clicks, attempt 2: failed: 503");
  EXPECT_EQ(
      describe(DriftGivenUp{kind, "clicks", 5, "it comes back"}),
      "drift supervisor_edited of clicks is left to a person after 5 attempts: it comes back");
  EXPECT_EQ(describe(DriftAdopted{DriftKind::count_mismatch, "c", "v", -4}),
            "count_mismatch of c: what is there is what should be, -4 rows");
  EXPECT_EQ(describe(Frozen{"incident", "bob@host"}), "frozen by bob@host: incident");
  EXPECT_EQ(describe(Unfrozen{"", ""}), "unfrozen");
}

TEST(Describe, CountsOnlyLateRowsAsLate) {
  ScanAdvanced e;
  e.batch.partitions.resize(2);
  e.batch.partitions[0].records = 10;
  e.batch.partitions[1].records = 5;
  scan::Extent late, early;
  late.rows = 3;
  early.rows = 9;
  early.kind = scan::DeltaKind::early;
  e.batch.extents = {late, early};
  EXPECT_EQ(describe(e), "scanned 15 records, 3 rows late");
}

TEST(Describe, StaysOnOneShortLine) {
  std::string text = describe(RepairTaskEnded{"r", "t", TaskEnd::failed, std::string(5000, 'x')});
  EXPECT_LT(text.size(), 400u);
  EXPECT_THAT(describe(PipelineDeclared{1, "secret document", "f", "", "i"}),
              testing::Not(HasSubstr("secret")));
}

}  // namespace
}  // namespace henge::ledger
