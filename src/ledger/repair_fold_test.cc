// A repair's life as a table: which outcome may follow in which phase, and that whatever may not
// leaves no trace.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "ledger/state.h"

namespace henge::ledger {
namespace {

using testing::HasSubstr;

const Instant chunk = instant_of_ms(3'600'000);
const Instant other_chunk = instant_of_ms(7'200'000);

scan::Extent extent(std::int64_t offset, std::int64_t rows, Instant start = chunk) {
  scan::Extent x;
  x.file = "delta-000001.log";
  x.offset = offset;
  x.rows = rows;
  x.bytes = rows * 10;
  x.chunk = start;
  return x;
}

RepairIntended intent(std::int64_t number, std::int64_t attempt, std::vector<scan::Extent> rows) {
  RepairIntended e;
  e.number = number;
  e.attempt = attempt;
  e.repair = "repair-" + std::to_string(number);
  e.task_id = e.repair + "_" + std::to_string(attempt);
  for (const auto& x : rows) {
    e.chunks.push_back({x.chunk, x.rows, 0});
    e.rows += x.rows;
  }
  e.extents = std::move(rows);
  return e;
}

const scan::Extent first = extent(0, 2), second = extent(20, 3),
                   elsewhere = extent(50, 4, other_chunk);

// A pipeline with late rows in two chunks and one repair, brought to a phase.
class Repair {
 public:
  Repair() {
    add(PipelineDeclared{1, "doc", "f", "", "c0ffee00"});
    ScanAdvanced e;
    scan::PartitionProgress p;
    p.to = 10;
    e.batch.partitions = {p};
    e.batch.chunks[chunk][0].late = 5;
    e.batch.chunks[other_chunk][0].late = 4;
    e.batch.extents = {first, second, elsewhere};
    add(e);
  }
  Repair& to(RepairPhase phase) {
    add(intent(1, 1, {first}));
    if (phase == RepairPhase::intended) return *this;
    add(RepairAccepted{"repair-1", "repair-1_1", false});
    if (phase == RepairPhase::accepted) return *this;
    add(RepairTaskEnded{"repair-1", "repair-1_1", TaskEnd::failed, "e"});
    if (phase == RepairPhase::ended) return *this;
    if (phase == RepairPhase::absent)
      add(RepairAbsent{"repair-1", "repair-1_1", "e"});
    else
      add(RepairConfirmed{"repair-1", "repair-1_1", {{chunk, 2, 0}}});
    return *this;
  }
  Result<void> offer(Body body) {
    return apply(state, Event{instant_of_ms(++at_), "p", std::move(body)});
  }
  void add(Body body) {
    auto done = offer(std::move(body));
    EXPECT_TRUE(done) << done.error().message;
  }
  [[nodiscard]] const PipelineState& pipeline() const { return state.pipelines.at("p"); }
  State state;

 private:
  std::int64_t at_ = 0;
};

constexpr RepairPhase phases[] = {RepairPhase::intended, RepairPhase::accepted, RepairPhase::ended,
                                  RepairPhase::absent, RepairPhase::confirmed};

TEST(RepairFold, EachPhaseAllowsItsOutcomesAndNoOther) {
  struct Outcome {
    const char* name;
    Body body;
    std::vector<RepairPhase> allowed;
  };
  using enum RepairPhase;
  const Outcome outcomes[] = {
      {"accepted", RepairAccepted{"repair-1", "repair-1_1", true}, {intended}},
      {"ended",
       RepairTaskEnded{"repair-1", "repair-1_1", TaskEnd::success, ""},
       {intended, accepted}},
      {"confirmed", RepairConfirmed{"repair-1", "repair-1_1", {{chunk, 2, 0}}}, {ended}},
      {"absent", RepairAbsent{"repair-1", "repair-1_1", "e"}, {ended}},
      {"the next attempt", intent(1, 2, {first}), {absent}},
      {"the same attempt", intent(1, 1, {first}), {}},
      {"the attempt after the next", intent(1, 3, {first}), {}},
      {"an attempt with other rows", intent(1, 2, {second}), {}},
      {"an attempt with fewer rows", intent(1, 2, {}), {}},
      {"the rows again in another repair", intent(2, 1, {first}), {}},
      {"other rows of the chunk", intent(2, 1, {second}), {confirmed}},
      {"rows of another chunk",
       intent(2, 1, {elsewhere}),
       {intended, accepted, ended, absent, confirmed}},
      {"a number left out", intent(3, 1, {elsewhere}), {}},
      {"another task", RepairAccepted{"repair-1", "repair-1_9", true}, {}},
      {"another repair", RepairAbsent{"repair-9", "repair-1_1", "e"}, {}},
  };
  for (RepairPhase phase : phases)
    for (const auto& outcome : outcomes) {
      Repair repair;
      repair.to(phase);
      const State before = repair.state;
      const auto done = repair.offer(outcome.body);
      const bool allowed = std::ranges::find(outcome.allowed, phase) != outcome.allowed.end();
      EXPECT_EQ(done.has_value(), allowed) << outcome.name << " while " << to_string(phase);
      if (done) continue;
      EXPECT_EQ(repair.state, before) << outcome.name << " while " << to_string(phase);
      EXPECT_EQ(done.error().kind, ErrorKind::corrupt);
      EXPECT_THAT(done.error().message, HasSubstr("of pipeline 'p' at 1970-01-01T00:00:00."));
    }
}

TEST(RepairFold, RowsAreExpectedOnlyOnceTheyWereCounted) {
  for (RepairPhase phase : phases) {
    Repair repair;
    repair.to(phase);
    const ChunkState& c = repair.pipeline().chunks.at(chunk);
    const bool confirmed = phase == RepairPhase::confirmed;
    EXPECT_EQ(c.expected(), confirmed ? 2 : 0) << to_string(phase);
    EXPECT_EQ(c.repair, confirmed ? "" : "repair-1") << to_string(phase);
    EXPECT_EQ(c.waiting_rows(), 3) << "the rows of the other extent wait on";
    EXPECT_EQ(repair.pipeline().delta.rows_open.at(first.file), confirmed ? 7 : 9);
    EXPECT_EQ(repair.pipeline().repairs.at("repair-1").phase, phase);
  }
}

TEST(RepairFold, KeepsWhenItBeganAndWhenItChanged) {
  Repair repair;
  repair.to(RepairPhase::absent);
  const RepairState before = repair.pipeline().repairs.at("repair-1");
  repair.add(intent(1, 2, {first}));
  const RepairState after = repair.pipeline().repairs.at("repair-1");
  EXPECT_EQ(after.planned_at, before.planned_at) << "of the first attempt";
  EXPECT_GT(after.changed_at, before.changed_at);
  EXPECT_EQ(after.end, std::nullopt) << "the new task is not over";
  EXPECT_EQ(after.intent.task_id, "repair-1_2");
  EXPECT_EQ(repair.pipeline().repairs_planned, 1) << "an attempt is no new repair";
}

TEST(RepairFold, AnAnswerToAnOlderAttemptIsNone) {
  Repair repair;
  repair.to(RepairPhase::absent);
  repair.add(intent(1, 2, {first}));
  const State before = repair.state;
  for (const Body& late : {Body(RepairAccepted{"repair-1", "repair-1_1", false}),
                           Body(RepairTaskEnded{"repair-1", "repair-1_1", TaskEnd::success, ""})}) {
    EXPECT_FALSE(repair.offer(late));
    EXPECT_EQ(repair.state, before);
  }
}

TEST(RepairFold, OnlyRowsThatWaitAreTaken) {
  Repair repair;
  const State before = repair.state;
  struct Case {
    const char* name;
    std::function<void(scan::Extent&)> change;
  };
  const Case cases[] = {
      {"never scanned", [](scan::Extent& x) { x.offset = 999; }},
      {"in another file", [](scan::Extent& x) { x.file = "delta-000002.log"; }},
      {"more rows than there are", [](scan::Extent& x) { ++x.rows; }},
      {"of another chunk", [](scan::Extent& x) { x.chunk = other_chunk; }},
      {"other bytes", [](scan::Extent& x) { x.checksum = "ffffffffffffffff"; }},
  };
  for (const auto& c : cases) {
    scan::Extent wrong = first;
    c.change(wrong);
    auto refused = repair.offer(intent(1, 1, {second, wrong}));
    ASSERT_FALSE(refused) << c.name;
    EXPECT_THAT(refused.error().message, HasSubstr("do not wait for a repair")) << c.name;
    EXPECT_EQ(repair.state, before) << c.name;
  }
  auto unknown = intent(1, 1, {first});
  unknown.chunks.push_back({instant_of_ms(0), 1, 0});
  EXPECT_THAT(repair.offer(unknown).error().message, HasSubstr("is unknown"));
  EXPECT_EQ(repair.state, before);
}

TEST(RepairFold, DeltaFilesOutliveTheirRepairs) {
  for (RepairPhase phase : phases) {
    Repair repair;
    repair.to(phase);
    EXPECT_FALSE(repair.offer(DeltaExpired{{first.file}}))
        << "other rows of the file still wait: " << to_string(phase);
  }
  Repair repair;
  repair.add(intent(1, 1, {first, second, elsewhere}));
  repair.add(RepairTaskEnded{"repair-1", "repair-1_1", TaskEnd::success, ""});
  repair.add(RepairConfirmed{
      "repair-1", "repair-1_1", {{chunk, 2, 0}, {chunk, 3, 0}, {other_chunk, 4, 0}}});
  repair.add(DeltaExpired{{first.file}});
  EXPECT_EQ(repair.pipeline().delta.file_ends.at(first.file), 90) << "a name is used once";
  EXPECT_FALSE(repair.pipeline().delta.rows_open.contains(first.file));
  repair.add(DeltaExpired{{"never-seen.log"}});
}

TEST(RepairFold, AConfirmationIsOfTheChunksThatWereIntended) {
  Repair repair;
  repair.to(RepairPhase::ended);
  const State before = repair.state;
  for (const auto& chunks : std::vector<std::vector<RepairChunk>>{
           {}, {{other_chunk, 2, 0}}, {{chunk, 2, 0}, {other_chunk, 1, 0}}}) {
    auto done = repair.offer(RepairConfirmed{"repair-1", "repair-1_1", chunks});
    ASSERT_FALSE(done) << chunks.size();
    EXPECT_EQ(done.error().kind, ErrorKind::corrupt);
    EXPECT_EQ(repair.state, before);
  }
}

TEST(RepairFold, WordsOfPhasesAndEnds) {
  EXPECT_STREQ(to_string(RepairPhase::intended), "intended");
  EXPECT_STREQ(to_string(RepairPhase::confirmed), "confirmed");
  EXPECT_STREQ(to_string(TaskEnd::refused), "refused");
  EXPECT_STREQ(to_string(Delivery::inline_rows), "inline");
  EXPECT_STREQ(to_string(ChunkStatus::uncertain), "uncertain");
}

}  // namespace
}  // namespace henge::ledger
