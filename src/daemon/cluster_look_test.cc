// One look at all that a route depends on: what is asked, and that nothing is guessed when an
// answer is missing.
#include "daemon/cluster_look.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "daemon/fake_druid.h"
#include "runtime/test_loop.h"

namespace henge::daemon {
namespace {

const Instant eight = parse_instant("2026-03-01T08:00Z").value();

class FixedClock : public ports::Clock {
 public:
  [[nodiscard]] Instant now() const override { return eight + std::chrono::hours(6); }
};

// Two supervisors of the datasource and one of another, all with a history.
class ClusterDruid : public FakeDruid {
 public:
  std::vector<std::string> histories_asked;
  int unused_asked = 0;
  bool workers_answer = true;
  bool has_supervisor = true;

  ports::Async<std::vector<SupervisorListing>> supervisors() override {
    std::vector<SupervisorListing> listed;
    for (const char* id : {"ds", "ds_eu", "other"}) {
      SupervisorListing& one = listed.emplace_back();
      one.id = id;
      one.datasource = std::string(id) == "other" ? "other" : "ds";
    }
    co_return listed;
  }
  ports::Async<std::vector<SupervisorVersion>> supervisor_history(std::string id) override {
    histories_asked.push_back(id);
    std::vector<SupervisorVersion> versions(1);
    co_return versions;
  }
  ports::Async<SupervisorStatus> supervisor_status(std::string) override {
    if (!has_supervisor) co_return fail(ErrorKind::not_found, "no supervisor");
    co_return status;
  }
  ports::Async<std::vector<Segment>> unused_segments(std::string, Interval) override {
    ++unused_asked;
    Segment segment;
    segment.interval = {eight + std::chrono::hours(1), eight + std::chrono::hours(2)};
    co_return std::vector<Segment>{segment};
  }
  ports::Async<Workers> workers() override {
    if (!workers_answer) co_return fail(ErrorKind::unavailable, "no route to Druid");
    co_return Workers{4, 1, 1};
  }
};

class ClusterLookTest : public testing::Test {
 protected:
  void SetUp() override {
    folder = std::filesystem::temp_directory_path() /
             fmt::format("henge_cluster_look_{}", static_cast<const void*>(this));
    std::filesystem::create_directories(folder);
    pipeline.name = "p";
    pipeline.datasource = "ds";
    pipeline.schema.count_metric = "n";
    druid.status.partitions = 3;
    druid.published[eight] = {100, 20};
    druid.published[eight + std::chrono::hours(1)] = {7};
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  Result<reconcile::ClusterAnswers> look(std::vector<Interval> chunks) {
    auto journal =
        ledger::Journal::open((folder / "ledger.db").string(), ledger::Mode::write).value();
    Troubles troubles;
    Doors doors{druid, clock, journal, troubles, {}};
    return loop.run(ask_cluster(doors, pipeline, std::move(chunks)));
  }
  static Interval chunk(int after) {
    return {eight + std::chrono::hours(after), eight + std::chrono::hours(after + 1)};
  }

  std::filesystem::path folder;
  FixedClock clock;
  ClusterDruid druid;
  Pipeline pipeline;
  runtime::TestLoop loop;
};

TEST_F(ClusterLookTest, TakesEveryAnswer) {
  const auto answers = look({chunk(0), chunk(1)});
  ASSERT_TRUE(answers) << answers.error().message;
  EXPECT_EQ(answers->version, "33.0.0");
  EXPECT_EQ(answers->supervisors.size(), 3U);
  EXPECT_EQ(druid.histories_asked, (std::vector<std::string>{"ds", "ds_eu"}));
  EXPECT_EQ(answers->histories.size(), 2U);
  EXPECT_EQ(answers->partitions, 3);
  EXPECT_EQ(answers->workers.capacity_total, 4);
  EXPECT_EQ(answers->rules.size(), 1U);
  EXPECT_EQ(answers->readings.at(eight).rows, 120);
  EXPECT_EQ(answers->readings.at(chunk(1).start).rows, 7);
  EXPECT_EQ(druid.unused_asked, 0) << "each chunk has segments in use";
}

TEST_F(ClusterLookTest, AsksForUnusedSegmentsWhereAChunkHasNoOthers) {
  druid.published.erase(chunk(1).start);
  const auto answers = look({chunk(0), chunk(1)});
  ASSERT_TRUE(answers);
  EXPECT_EQ(druid.unused_asked, 1);
  EXPECT_EQ(answers->unused, std::set<Instant>{chunk(1).start});
}

TEST_F(ClusterLookTest, WithoutASupervisorThePartitionsAreNotKnown) {
  druid.has_supervisor = false;
  const auto answers = look({chunk(0)});
  ASSERT_TRUE(answers);
  EXPECT_EQ(answers->partitions, 0);
}

TEST_F(ClusterLookTest, AMissingAnswerIsAnError) {
  druid.workers_answer = false;
  const auto answers = look({chunk(0)});
  ASSERT_FALSE(answers);
  EXPECT_EQ(answers.error().kind, ErrorKind::unavailable);
}

TEST_F(ClusterLookTest, WithoutChunksNothingIsCounted) {
  druid.reachable = false;  // lists and counts of segments would fail
  const auto answers = look({});
  ASSERT_TRUE(answers) << answers.error().message;
  EXPECT_TRUE(answers->readings.empty());
}

}  // namespace
}  // namespace henge::daemon
