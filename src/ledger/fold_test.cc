// The fold: what may follow what, and that stored events mean the same when they are read back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ledger/state.h"

namespace henge::ledger {
namespace {

using testing::HasSubstr;

const Instant chunk_a = instant_of_ms(3'600'000);
const Instant chunk_b = instant_of_ms(7'200'000);

scan::Extent extent(Instant chunk, std::int64_t offset, std::int64_t rows,
                    scan::DeltaKind kind = scan::DeltaKind::late) {
  scan::Extent x;
  x.file = "delta-000001.log";
  x.offset = offset;
  x.bytes = rows * 10;
  x.rows = rows;
  x.payload_bytes = rows * 5;
  x.kind = kind;
  x.chunk = chunk;
  x.arrival_first = instant_of_ms(9'000'000);
  x.checksum = "0123456789abcdef";
  return x;
}

scan::PartitionProgress progress(std::int64_t from, std::int64_t to) {
  scan::PartitionProgress p;
  p.from = from;
  p.to = to;
  p.records = to - from;
  p.arrival_floor = instant_of_ms(9'000'000 + to);
  return p;
}

ScanAdvanced scan_of(std::int64_t from, std::int64_t to, Instant chunk, std::int64_t on_time,
                     std::vector<scan::Extent> late = {}) {
  ScanAdvanced e;
  e.batch.partitions = {progress(from, to)};
  scan::RowCounts c;
  c.on_time = on_time;
  c.on_time_offset_last = on_time > 0 ? to - 1 : -1;
  for (const auto& x : late) c.late += x.rows;
  e.batch.chunks[chunk][0] = c;
  e.batch.extents = std::move(late);
  return e;
}

RepairIntended intent(std::vector<scan::Extent> extents, std::int64_t number = 1,
                      std::int64_t attempt = 1) {
  RepairIntended e;
  e.repair = "repair-" + std::to_string(number);
  e.number = number;
  e.attempt = attempt;
  e.task_id = e.repair + "-" + std::to_string(attempt);
  for (const auto& x : extents) {
    e.chunks.push_back({x.chunk, x.rows, 5});
    e.rows += x.rows;
  }
  e.extents = std::move(extents);
  return e;
}

class Fold : public testing::Test {
 protected:
  void SetUp() override { must(PipelineDeclared{1, "doc", "f", "why", "c0ffee00"}); }
  Result<void> add(Body body) {
    return apply(state, Event{instant_of_ms(++at), "p", std::move(body)});
  }
  void must(Body body) {
    auto done = add(std::move(body));
    ASSERT_TRUE(done) << done.error().message;
  }
  // The event is refused as corrupt and changes nothing.
  void refused(Body body, const char* why) {
    State before = state;
    auto done = add(std::move(body));
    ASSERT_FALSE(done) << "expected: " << why;
    EXPECT_EQ(done.error().kind, ErrorKind::corrupt);
    EXPECT_THAT(done.error().message, HasSubstr(why));
    EXPECT_EQ(state, before);
  }
  PipelineState& p() { return state.pipelines.at("p"); }
  ChunkState& chunk() { return p().chunks.at(chunk_a); }

  State state;
  std::int64_t at = 0;
};

TEST_F(Fold, CountsWhatScansFound) {
  must(scan_of(100, 110, chunk_a, 5, {extent(chunk_a, 0, 2)}));
  must(scan_of(110, 120, chunk_a, 3));
  EXPECT_EQ(p().partitions.at(0).first, 100);
  EXPECT_EQ(p().partitions.at(0).next, 120);
  EXPECT_EQ(chunk().on_time(), 8);
  EXPECT_EQ(chunk().late(), 2);
  EXPECT_EQ(chunk().waiting_rows(), 2);
  EXPECT_EQ(chunk().expected(), 8) << "late rows are expected only once a repair was counted";
  EXPECT_EQ(chunk().counts.at(0).on_time_offset_last, 119);
}

TEST_F(Fold, RefusesGapsAndOverlapsOfScans) {
  must(scan_of(0, 10, chunk_a, 1));
  refused(scan_of(11, 20, chunk_a, 1), "goes on at 11");
  refused(scan_of(9, 20, chunk_a, 1), "goes on at 9");
  refused(scan_of(10, 9, chunk_a, 1), "backwards");
  must(scan_of(10, 20, chunk_a, 1, {extent(chunk_a, 0, 2)}));
  refused(scan_of(20, 30, chunk_a, 0, {extent(chunk_a, 10, 2)}), "overlaps");
}

TEST_F(Fold, NothingHappensToAnUndeclaredPipeline) {
  auto done = apply(state, Event{instant_of_ms(1), "other", scan_of(0, 1, chunk_a, 1)});
  ASSERT_FALSE(done);
  EXPECT_FALSE(state.pipelines.contains("other"));
}

TEST_F(Fold, AnOnTimeRowOpensAChunkAgain) {
  must(scan_of(0, 10, chunk_a, 5));
  must(ChunkClosed{chunk_a, "committed_offsets"});
  must(ChunkSealed{chunk_a, 5, 1, "counted"});
  EXPECT_EQ(chunk().status, ChunkStatus::sealed);
  must(scan_of(10, 11, chunk_a, 0, {extent(chunk_a, 0, 1)}));
  EXPECT_EQ(chunk().status, ChunkStatus::sealed) << "a late row does not open it";
  must(scan_of(11, 12, chunk_a, 1));
  EXPECT_EQ(chunk().status, ChunkStatus::open);
  EXPECT_EQ(chunk().reopened, 1);
}

TEST_F(Fold, SealsOnlyWhatIsClosed) {
  must(scan_of(0, 10, chunk_a, 5));
  refused(ChunkSealed{chunk_a, 5, 1, "counted"}, "open");
  refused(ChunkClosed{chunk_b, "x"}, "unknown");
}

TEST_F(Fold, ARepairRunsItsCourse) {
  auto x = extent(chunk_a, 0, 2);
  must(scan_of(0, 10, chunk_a, 5, {x}));
  must(intent({x}));
  EXPECT_EQ(chunk().waiting_rows(), 0);
  EXPECT_EQ(chunk().repair, "repair-1");
  must(RepairAccepted{"repair-1", "repair-1-1", false});
  must(RepairTaskEnded{"repair-1", "repair-1-1", TaskEnd::failed, "killed"});
  must(RepairAbsent{"repair-1", "repair-1-1", "killed"});
  EXPECT_EQ(chunk().repair, "repair-1") << "its rows still belong to it";
  must(intent({x}, 1, 2));
  must(RepairAccepted{"repair-1", "repair-1-2", true});
  must(RepairTaskEnded{"repair-1", "repair-1-2", TaskEnd::success, ""});
  EXPECT_EQ(chunk().expected(), 5) << "not before it was counted";
  must(RepairConfirmed{"repair-1", "repair-1-2", {{chunk_a, 2, 5}}});
  EXPECT_EQ(chunk().expected(), 7);
  EXPECT_EQ(chunk().repair, "");
  EXPECT_EQ(p().delta.rows_open.at(x.file), 0);
}

TEST_F(Fold, NoRowGoesIntoTwoRepairs) {
  auto x = extent(chunk_a, 0, 2), y = extent(chunk_a, 20, 3);
  must(scan_of(0, 10, chunk_a, 5, {x}));
  must(intent({x}));
  must(scan_of(10, 20, chunk_a, 0, {y}));
  refused(intent({y}, 2), "is being repaired by");
  must(RepairTaskEnded{"repair-1", "repair-1-1", TaskEnd::success, ""});
  must(RepairConfirmed{"repair-1", "repair-1-1", {{chunk_a, 2, 5}}});
  refused(intent({x}, 2), "do not wait");
  must(intent({y}, 2));
}

TEST_F(Fold, NoAttemptBeforeTheLastIsSeenAbsent) {
  auto x = extent(chunk_a, 0, 2);
  must(scan_of(0, 10, chunk_a, 5, {x}));
  must(intent({x}));
  refused(intent({x}, 1, 2), "before the last");
  must(RepairTaskEnded{"repair-1", "repair-1-1", TaskEnd::failed, "e"});
  refused(intent({x}, 1, 2), "before the last");
  refused(RepairConfirmed{"repair-1", "other-task", {}}, "no intent");
  must(RepairAbsent{"repair-1", "repair-1-1", "e"});
  refused(RepairConfirmed{"repair-1", "repair-1-1", {}}, "absent");
  refused(intent({x}, 1, 3), "count up");
  must(intent({x}, 1, 2));
}

TEST_F(Fold, DeltaFilesGoOnlyWhenTheirRowsAreIn) {
  auto x = extent(chunk_a, 0, 2);
  must(scan_of(0, 10, chunk_a, 5, {x, extent(chunk_a, 20, 1, scan::DeltaKind::early)}));
  EXPECT_EQ(p().set_aside.size(), 1u);
  refused(DeltaExpired{{x.file}}, "not repaired");
  must(intent({x}));
  must(RepairTaskEnded{"repair-1", "repair-1-1", TaskEnd::success, ""});
  must(RepairConfirmed{"repair-1", "repair-1-1", {{chunk_a, 2, 5}}});
  must(DeltaExpired{{x.file}});
  EXPECT_TRUE(p().set_aside.empty());
  EXPECT_TRUE(p().repairs.at("repair-1").intent.extents.empty());
}

TEST(EventJson, MeansTheSameWhenReadBack) {
  auto x = extent(chunk_a, 7, 3, scan::DeltaKind::early);
  auto scanned = scan_of(5, 9, chunk_a, 4, {x});
  scanned.batch.partitions[0].lost = 2;
  RepairIntended planned = intent({x});
  planned.delivery = Delivery::http;
  planned.base_url = "http://127.0.0.1:1";
  planned.expires_at = instant_of_ms(77);
  const Drift drift{.kind = DriftKind::count_mismatch,
                    .object = "o",
                    .evidence = "e",
                    .value = "v",
                    .action = "a",
                    .restarts_tasks = true,
                    .rows = -1,
                    .expected = 2,
                    .segments = 3};
  const scan::Extent extent = planned.extents.empty() ? scan::Extent{} : planned.extents.front();
  const LoadTarget target{chunk_a, 3, 4, "abc", 5, {extent}, {extent}, {extent, extent}};
  LoadRequested asked{"load-1", 1, "key", "print", {}, {}, {{{chunk_a}, {0}, 3}}};
  asked.request = {"clicks",
                   {chunk_a, chunk_b},
                   {"/a/*.json"},
                   "rows",
                   {"{}"},
                   LoadMode::replace,
                   chunk_b,
                   "key",
                   chunk_b,
                   7,
                   true,
                   true,
                   true,
                   "b",
                   "r"};
  asked.content = {LoadInput::http, {{"/a/1.json", 10, "digest", 3, {chunk_a}}},
                   {{chunk_a, 3}},  {3, 2, 1, 4},
                   Proof::reported, {"1.json:4: no row"}};
  std::vector<Body> all{PipelineDeclared{2, "a: \"b\"\n", "f", "r", "c0ffee00", "ann@host"},
                        SupervisorPosted{2, "created"},
                        scanned,
                        ChunkClosed{chunk_a, "committed_offsets"},
                        ChunkSealed{chunk_a, 9, 2, "counted", "abc"},
                        ChunkUncertain{chunk_a, 9, 8, "one is missing"},
                        planned,
                        RepairAccepted{"repair-1", "t", true},
                        RepairTaskEnded{"repair-1", "t", TaskEnd::vanished, "gone"},
                        RepairConfirmed{"repair-1", "t", {{chunk_a, 3, 4}}},
                        RepairAbsent{"repair-1", "t", "e"},
                        DeltaExpired{{"a", "b"}},
                        SupervisorProven{3},
                        SupervisorRolledBack{3, 2, "bad"},
                        PipelineReleased{"r", "b", "kept"},
                        DriftFound{drift, 2},
                        DriftCleared{DriftKind::rules_changed, "o", DriftEnd::released},
                        HealIntended{DriftKind::rules_changed, "o", "a", 2},
                        HealEnded{DriftKind::rules_changed, "o", 2, "e"},
                        DriftGivenUp{DriftKind::rules_changed, "o", 2, "r"},
                        DriftAdopted{DriftKind::count_mismatch, "o", "v", -4},
                        Frozen{"r", "b"},
                        Unfrozen{"r", "b"},
                        ReleaseIntended{"r", "b"},
                        asked,
                        LoadRouted{"load-1", "window", "window-1", {"why", "and why"}},
                        LoadTaskIntended{"load-1", 1, 2, "t", {target}},
                        LoadTaskAccepted{"load-1", "t", true},
                        LoadTaskEnded{"load-1", "t", TaskEnd::failed, "e", 7},
                        LoadTaskSeen{"load-1", "t", "published"},
                        LoadTaskCounted{"load-1", "t", {{chunk_a, 3}}},
                        LoadTaskAbsent{"load-1", "t", "e"},
                        LoadCancelAsked{"load-1", "b", "r"},
                        LoadRetryAsked{"load-1", "b", "r"},
                        LoadEnded{"load-1", LoadEnd::cancelled, "e"},
                        LoadDeclared{"nightly", "a: \"b\"\n", instant_of_ms(5), "b", "r"},
                        LoadWithdrawn{"nightly", "b", "r"},
                        LoadRefused{"nightly", "nightly@1", "refused", "e"},
                        ResetIntended{2, "latest", {{0, 9}}, {{0, 5}}, false, true, "r", "b"},
                        ResetQuiesced{2, {{0, 6}}},
                        ResetMeasured{2, {{chunk_a, {{0, 1}}, {{1, 2}}, false}}, {}, 3},
                        OffsetsReset{2},
                        ResetEnded{2, "e"},
                        WindowOpened{1, "load-1", "r", instant_of_ms(9), false},
                        WindowSuspended{1},
                        WindowQuiesced{1},
                        WindowBroken{1},
                        WindowClosed{1, "deadline"},
                        WindowResumed{1, "resumed"}};
  ASSERT_EQ(all.size(), std::variant_size_v<Body>);
  for (const Body& body : all) {
    auto back = from_json(kind_of(body), to_json(body));
    ASSERT_TRUE(back) << back.error().message;
    EXPECT_EQ(*back, body) << to_json(body);
    EXPECT_THAT(to_json(body), testing::Not(HasSubstr("\n")));
  }
}

TEST(EventJson, RefusesWhatItDoesNotKnow) {
  EXPECT_EQ(from_json("no_such", "{}").error().kind, ErrorKind::corrupt);
  EXPECT_EQ(from_json("chunk_closed", "{}").error().kind, ErrorKind::corrupt);
  EXPECT_EQ(from_json("chunk_closed", "{").error().kind, ErrorKind::corrupt);
  EXPECT_EQ(
      from_json("repair_task_ended", R"({"repair":"r","task_id":"t","end":"maybe","error":""})")
          .error()
          .kind,
      ErrorKind::corrupt);
}

}  // namespace
}  // namespace henge::ledger
