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
                "repair-000001", "t", {{hour, 3, 0}, {hour + std::chrono::hours(2), 4, 0}}}),
            "repair-000001 confirmed: 7 rows counted in 2 chunks from 1970-01-01T01:00Z to "
            "1970-01-01T03:00Z");
  EXPECT_EQ(describe(PipelineDeclared{2, "doc", "f", "more tasks", "i"}),
            "declared as version 2: more tasks");
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
