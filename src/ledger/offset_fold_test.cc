// A reset of the offsets as a table: which step may follow which, and what each does to the counts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ledger/state.h"

namespace henge::ledger {
namespace {

using testing::HasSubstr;

const Instant chunk = instant_of_ms(3'600'000);

scan::Extent rows(std::int64_t offset, std::int64_t count, Instant start = chunk) {
  scan::Extent x;
  x.file = "delta-00000001.bin";
  x.offset = offset;
  x.bytes = count * 10;
  x.rows = count;
  x.chunk = start;
  return x;
}

// Ten on-time rows of the chunk in partition 0, two late ones of it that were repaired.
class Reset {
 public:
  Reset() {
    add(PipelineDeclared{1, "doc", "f", "", "c0ffee00"});
    ScanAdvanced scan;
    scan::PartitionProgress p;
    p.to = 100;
    p.witness = Witness{99, chunk, "aaaa"};
    scan.batch.partitions = {p};
    scan.batch.chunks[chunk][0] = {10, 2, 0, 0, 90};
    scan.batch.extents = {rows(0, 2)};
    add(scan);
    RepairIntended repair;
    repair.repair = "repair-1";
    repair.number = repair.attempt = 1;
    repair.task_id = "task";
    repair.chunks = {{chunk, 2, 0}};
    repair.extents = {rows(0, 2)};
    repair.rows = 2;
    add(repair);
    add(RepairAccepted{"repair-1", "task", false});
    add(RepairTaskEnded{"repair-1", "task", TaskEnd::success, ""});
    add(RepairConfirmed{"repair-1", "task", {{chunk, 2, 0}}});
    add(ChunkClosed{chunk, "committed_offsets"});
    add(ChunkSealed{chunk, 12, 1, "counted"});
  }
  Result<void> offer(Body body) {
    return apply(state_, Event{instant_of_ms(++at_), "p", std::move(body)});
  }
  void add(Body body) {
    auto done = offer(std::move(body));
    EXPECT_TRUE(done) << done.error().message;
  }
  Reset& to(ResetPhase phase, bool anew = false) {
    add(ResetIntended{1, "earliest", {{0, 0}}, {{0, 95}}, true, anew, "", ""});
    if (phase == ResetPhase::intended) return *this;
    add(ResetQuiesced{1, {{0, 95}}});
    return *this;
  }
  [[nodiscard]] const PipelineState& pipeline() const { return state_.pipelines.at("p"); }
  [[nodiscard]] const ChunkState& at(Instant start) const { return pipeline().chunks.at(start); }
  [[nodiscard]] const State& state() const { return state_; }

 private:
  State state_;
  std::int64_t at_ = 0;
};

TEST(ResetFold, GoesStepByStep) {
  Reset r;
  r.to(ResetPhase::quiesced);
  EXPECT_TRUE(r.pipeline().resetting());
  EXPECT_EQ(r.pipeline().reset->committed, (PartitionOffsets{{0, 95}}));
  r.add(ResetMeasured{1, {}, {}, 0});
  r.add(OffsetsReset{1});
  EXPECT_TRUE(r.pipeline().resetting());
  r.add(ResetEnded{1, ""});
  EXPECT_FALSE(r.pipeline().resetting());
  r.add(ResetIntended{2, "latest", {{0, 7}}, {}, true, false, "", ""});
}

TEST(ResetFold, RefusesWhatCannotFollow) {
  const ResetIntended intent{1, "earliest", {{0, 0}}, {}, true, false, "", ""};
  struct Case {
    const char* what;
    std::function<void(Reset&)> before;
    Body event;
    const char* says;
  };
  ResetIntended second = intent;
  second.number = 2;
  ResetIntended nowhere = intent;
  nowhere.targets.clear();
  ResetIntended below = intent;
  below.targets = {{0, -1}};
  const auto nothing = [](Reset&) {};
  const auto intended = [](Reset& r) { r.to(ResetPhase::intended); };
  const auto quiesced = [](Reset& r) { r.to(ResetPhase::quiesced); };
  const std::vector<Case> cases{
      {"a number is left out", nothing, second, "reset 2 after 0"},
      {"no target", nothing, nowhere, "no target"},
      {"a negative offset", nothing, below, "no offset -1"},
      {"two at once", intended, second, "under way"},
      {"quiesced without intent", nothing, ResetQuiesced{1, {}}, "never asked for"},
      {"another one's", intended, ResetQuiesced{2, {}}, "never asked for"},
      {"measured before it is quiet", intended, ResetMeasured{1, {}, {}, 0}, "is intended"},
      {"reset before it is measured", quiesced, OffsetsReset{1}, "is quiesced"},
      {"ended before it is reset", quiesced, ResetEnded{1, ""}, "is quiesced"},
      {"more skipped than counted", quiesced,
       ResetMeasured{1, {{chunk, {{0, 11}}, {}, false}}, {rows(20, 11)}, 0}, "10 were counted"},
      {"skipped rows that are not kept", quiesced,
       ResetMeasured{1, {{chunk, {{0, 3}}, {}, false}}, {rows(20, 2)}, 0},
       "1 skipped rows are not in its extents"},
      {"kept rows that were not skipped", quiesced, ResetMeasured{1, {}, {rows(20, 2)}, 0},
       "are not in its extents"},
      {"a chunk twice", quiesced,
       ResetMeasured{1, {{chunk, {}, {{0, 1}}, false}, {chunk, {}, {{0, 1}}, false}}, {}, 0},
       "twice"},
  };
  for (const Case& c : cases) {
    Reset r;
    c.before(r);
    const State before = r.state();
    const auto refused = r.offer(c.event);
    ASSERT_FALSE(refused) << c.what;
    EXPECT_EQ(refused.error().kind, ErrorKind::corrupt) << c.what;
    EXPECT_THAT(refused.error().message, HasSubstr(c.says)) << c.what;
    EXPECT_EQ(r.state(), before) << c.what << ": no trace is left";
  }
}

TEST(ResetFold, WhatCannotBeDoneAnyMoreChangesNothing) {
  for (const ResetPhase phase : {ResetPhase::intended, ResetPhase::quiesced}) {
    Reset r;
    const auto chunks = r.pipeline().chunks;
    r.to(phase).add(ResetEnded{1, "the offset is gone"});
    EXPECT_FALSE(r.pipeline().resetting());
    EXPECT_EQ(r.pipeline().reset->error, "the offset is gone");
    EXPECT_EQ(r.pipeline().chunks, chunks);
  }
}

TEST(ResetFold, SkippedRowsGoThroughTheOtherDoor) {
  Reset r;
  r.to(ResetPhase::quiesced);
  r.add(ResetMeasured{1, {{chunk, {{0, 3}}, {}, false}}, {rows(20, 3)}, 0});
  EXPECT_EQ(r.at(chunk).on_time(), 7);
  EXPECT_EQ(r.at(chunk).late(), 5);
  EXPECT_EQ(r.at(chunk).expected(), 9) << "what streaming brings and what was repaired";
  EXPECT_EQ(r.at(chunk).waiting, (std::vector{rows(20, 3)}));
  EXPECT_EQ(r.at(chunk).status, ChunkStatus::open);
  EXPECT_EQ(r.pipeline().delta.file_ends.at("delta-00000001.bin"), 50);
  EXPECT_EQ(r.pipeline().delta.rows_open.at("delta-00000001.bin"), 3);
  EXPECT_EQ(r.at(chunk).on_time() + r.at(chunk).late(), 12) << "no row is lost or made";
}

TEST(ResetFold, RowsThatAreReadTwiceAreExpectedTwiceAndSaidSo) {
  Reset r;
  r.to(ResetPhase::quiesced);
  r.add(ResetMeasured{1, {{chunk, {}, {{0, 4}}, false}}, {}, 0});
  EXPECT_EQ(r.at(chunk).doubled_rows, 4);
  EXPECT_EQ(r.at(chunk).expected(), 16);
  EXPECT_EQ(r.at(chunk).status, ChunkStatus::open);
  EXPECT_EQ(r.at(chunk).repaired_rows, 2) << "its repaired rows stay";
}

TEST(ResetFold, AChunkBuiltAnewHoldsWhatIsReadAgainAndRepairedAgain) {
  Reset r;
  r.to(ResetPhase::quiesced);
  r.add(ResetMeasured{1, {{chunk, {}, {{0, 10}}, true}}, {}, 0});
  EXPECT_EQ(r.at(chunk).expected(), 10) << "until its late rows are repaired again";
  EXPECT_EQ(r.at(chunk).doubled_rows, 0);
  EXPECT_EQ(r.at(chunk).waiting, (std::vector{rows(0, 2)}));
  EXPECT_FALSE(r.at(chunk).seal);
  EXPECT_EQ(r.pipeline().delta.rows_open.at("delta-00000001.bin"), 2) << "its file is kept";
  RepairIntended repair;
  repair.repair = "repair-2";
  repair.number = 2;
  repair.attempt = 1;
  repair.task_id = "task_2";
  repair.chunks = {{chunk, 2, 10}};
  repair.extents = {rows(0, 2)};
  r.add(repair);
  r.add(RepairTaskEnded{"repair-2", "task_2", TaskEnd::success, ""});
  r.add(RepairConfirmed{"repair-2", "task_2", {{chunk, 2, 10}}});
  EXPECT_EQ(r.at(chunk).expected(), 12) << "as before the reset";
}

TEST(ResetFold, ATopicMadeAnewBeginsAgain) {
  Reset r;
  r.to(ResetPhase::quiesced, true);
  r.add(ResetMeasured{1, {}, {}, 0});
  EXPECT_EQ(r.pipeline().partitions.at(0).next, 100) << "not before Druid has stored the offsets";
  r.add(OffsetsReset{1});
  const PartitionState& partition = r.pipeline().partitions.at(0);
  EXPECT_EQ(partition.next, 0);
  EXPECT_EQ(partition.witness, std::nullopt);
  EXPECT_EQ(r.at(chunk).counts.at(0).on_time_offset_last, -1)
      << "offsets of the topic before are no offsets of this one";
  EXPECT_EQ(r.at(chunk).expected(), 12) << "its rows are in Druid all the same";
}

}  // namespace
}  // namespace henge::ledger
