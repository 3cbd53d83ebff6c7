// The scan's twin keeps the promises of kafka/scanner: positions, floors, acknowledgement, losses.
#include "sim/twin_scan.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>

namespace henge::sim {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

const Instant noon = instant_of_ms(1'780'315'200'000);

class Scan : public testing::Test {
 protected:
  Scan() {
    folder = fs::path(testing::TempDir()) /
             testing::UnitTest::GetInstance()->current_test_info()->name();
    fs::remove_all(folder);
    kafka.create_topic("clicks", 2, TimestampType::log_append_time);
    pipeline.name = "clicks";
    pipeline.stream.topic = "clicks";
    pipeline.schema.timestamp = {"t", "millis", std::nullopt};
    pipeline.rule.lateness = 60s;
  }
  ~Scan() override {
    scan.reset();
    fs::remove_all(folder);
  }

  TwinScanOptions options() {
    TwinScanOptions out;
    out.before_write = [this] { return std::exchange(disk, std::nullopt); };
    return out;
  }
  void open(ports::TopicScanStart start = {}) {
    start.delta_folder = folder;
    ports::TopicScanEvents events;
    events.on_batch = [this](scan::ScanBatch batch) { batches.push_back(std::move(batch)); };
    events.on_partitions = [this](int n) { partitions = n; };
    events.on_trouble = [this](Error error) { troubles.push_back(std::move(error)); };
    events.on_recovered = [this] { ++recovered; };
    auto opened = scans.opener()(pipeline, std::move(start), std::move(events));
    ASSERT_TRUE(opened) << opened.error().message;
    scan = std::move(*opened);
  }
  void produce(Millis age, std::int32_t partition = 0) {
    kafka.append("clicks", partition, fmt::format(R"({{"t":{}}})", to_ms(now - age)), -1, now);
  }
  // Polls each 100 ms and acknowledges at once.
  void pass(Millis time) {
    for (const Instant end = now + time; now < end;) {
      now += 100ms;
      const std::size_t before = batches.size();
      scans.poll(now);
      if (batches.size() > before && acknowledges) scan->acknowledge();
    }
  }
  [[nodiscard]] const scan::PartitionProgress& progress(std::int32_t partition) const {
    const auto& all = batches.back().partitions;
    return *std::ranges::find(all, partition, &scan::PartitionProgress::partition);
  }

  Instant now = noon;
  fs::path folder;
  KafkaTwin kafka;
  Pipeline pipeline;
  std::optional<Error> disk;  // what the next write says
  TwinScans scans{kafka, options()};
  std::unique_ptr<ports::TopicScan> scan;
  bool acknowledges = true;
  int partitions = 0;
  int recovered = 0;
  std::vector<scan::ScanBatch> batches;
  std::vector<Error> troubles;
};

TEST_F(Scan, RowsGoThroughTheirDoorsAndLateOnesAreKept) {
  open();
  produce(0s);
  produce(60s);
  produce(60s + 1ms);
  produce(5min, 1);
  pass(1s);
  EXPECT_EQ(partitions, 2);
  ASSERT_EQ(batches.size(), 1U);
  EXPECT_EQ(progress(0).from, 0);
  EXPECT_EQ(progress(0).to, 3);
  EXPECT_EQ(progress(0).records, 3);
  std::int64_t on_time = 0;
  std::int64_t late = 0;
  for (const auto& [chunk, by_partition] : batches[0].chunks)
    for (const auto& [partition, counts] : by_partition) {
      on_time += counts.on_time;
      late += counts.late;
    }
  EXPECT_EQ(on_time, 2);
  EXPECT_EQ(late, 2);
  std::int64_t kept = 0;
  for (const auto& extent : batches[0].extents) {
    kept += extent.rows;
    EXPECT_TRUE(scan::read_extent({folder, "clicks"}, extent));
  }
  EXPECT_EQ(kept, 2);
}

TEST_F(Scan, NothingFurtherComesBeforeTheBatchIsAcknowledged) {
  acknowledges = false;
  open();
  produce(0s);
  pass(2s);
  produce(0s);
  pass(1h);
  EXPECT_EQ(batches.size(), 1U);
  EXPECT_EQ(scans.next_poll_at(), std::nullopt);
  scan->acknowledge();
  acknowledges = true;
  pass(1s);
  ASSERT_EQ(batches.size(), 2U);
  EXPECT_EQ(progress(0).from, 1);
  EXPECT_EQ(progress(0).to, 2);
}

TEST_F(Scan, WhatWasNotAcknowledgedIsScannedAgain) {
  acknowledges = false;
  open();
  produce(5min);
  pass(2s);
  const auto first = batches.at(0);
  scan.reset();
  EXPECT_EQ(scans.open(), 0U);
  acknowledges = true;
  open();
  pass(2s);
  EXPECT_EQ(batches.at(1).extents.size(), first.extents.size());
  EXPECT_EQ(progress(0).from, 0);
}

TEST_F(Scan, AnIdlePartitionsFloorFollowsTheQuestionForItsEnd) {
  open();
  pass(20s);
  EXPECT_GE(batches.size(), 3U) << "progress alone, each five seconds";
  EXPECT_LE(batches.size(), 5U);
  EXPECT_GE(progress(0).arrival_floor, now - 6s);
  EXPECT_EQ(progress(0).to, 0);
}

TEST_F(Scan, TimestampsAheadOfTheClockDoNotMoveTheFloorAheadOfIt) {
  kafka.create_topic("clicks", 1, TimestampType::create_time);
  open();
  kafka.append("clicks", 0, R"({"t":1})", to_ms(noon + 24h), now);
  pass(2s);
  EXPECT_LE(progress(0).arrival_floor, now);
}

TEST_F(Scan, PositionsAndFloorsOfTheLedgerAreWhereItGoesOn) {
  produce(0s);
  produce(0s);
  ports::TopicScanStart start;
  start.positions = {{0, 1}};
  start.arrival_floors = {{0, noon + 1h}};
  open(start);
  pass(1s);
  EXPECT_EQ(progress(0).from, 1);
  EXPECT_EQ(progress(0).to, 2);
  EXPECT_EQ(progress(0).arrival_floor, noon + 1h) << "a floor never goes back";
}

TEST_F(Scan, WhatRetentionTookIsCountedAsLostAndTold) {
  open();
  pass(1s);
  for (int i = 0; i < 5; ++i) produce(0s);
  kafka.delete_before("clicks", 0, 3);
  pass(5s);
  ASSERT_FALSE(troubles.empty());
  EXPECT_EQ(troubles[0].kind, ErrorKind::conflict);
  std::int64_t lost = 0;
  for (const auto& batch : batches)
    for (const auto& one : batch.partitions) lost += one.lost;
  EXPECT_EQ(lost, 3);
  EXPECT_EQ(progress(0).to, 5);
  EXPECT_GE(recovered, 1);
}

TEST_F(Scan, ATopicMadeAnewIsATroubleThatLasts) {
  open();
  produce(0s);
  pass(2s);
  kafka.recreate_topic("clicks", 2);
  pass(10s);
  ASSERT_FALSE(troubles.empty());
  EXPECT_EQ(troubles[0].kind, ErrorKind::conflict);
  EXPECT_EQ(recovered, 0);
}

TEST_F(Scan, NewPartitionsAreFoundAndReadFromTheirBeginning) {
  open();
  pass(1s);
  kafka.add_partitions("clicks", 3);
  produce(0s, 2);
  pass(12s);
  EXPECT_EQ(partitions, 3);
  bool read = false;
  for (const auto& batch : batches)
    for (const auto& one : batch.partitions) read = read || (one.partition == 2 && one.to == 1);
  EXPECT_TRUE(read);
}

TEST_F(Scan, AFullDiskLosesNothing) {
  open();
  produce(5min);
  disk = Error{ErrorKind::exhausted, "no space left on device"};
  pass(500ms);
  EXPECT_TRUE(batches.empty());
  ASSERT_EQ(troubles.size(), 1U);
  EXPECT_EQ(troubles[0].kind, ErrorKind::exhausted);
  pass(3s);
  ASSERT_FALSE(batches.empty());
  EXPECT_EQ(batches[0].extents.size(), 1U);
  EXPECT_EQ(recovered, 1);
}

TEST_F(Scan, WithoutABrokerItTriesOn) {
  kafka.reachable = false;
  open();
  produce(0s);
  pass(5s);
  EXPECT_TRUE(batches.empty());
  EXPECT_EQ(troubles.size(), 1U) << "told once";
  kafka.reachable = true;
  pass(2s);
  EXPECT_EQ(progress(0).to, 1);
  EXPECT_EQ(recovered, 1);
}

TEST_F(Scan, ALongBacklogComesInSeveralBatches) {
  for (int i = 0; i < 25; ++i) produce(0s);
  scan.reset();
  TwinScanOptions few;
  few.records_max = 10;
  TwinScans small{kafka, few};
  ports::TopicScanStart start;
  start.delta_folder = folder;
  std::int64_t to = 0;
  int count = 0;
  ports::TopicScanEvents events;
  events.on_batch = [&](const scan::ScanBatch& batch) {
    ++count;
    EXPECT_EQ(batch.partitions[0].from, to);
    to = batch.partitions[0].to;
  };
  events.on_partitions = [](int) {};
  auto opened = small.opener()(pipeline, start, events);
  ASSERT_TRUE(opened);
  for (int i = 0; i < 10 && to < 25; ++i) {
    now += 1s;
    small.poll(now);
    (*opened)->acknowledge();
  }
  EXPECT_EQ(to, 25);
  EXPECT_EQ(count, 3);
}

}  // namespace
}  // namespace henge::sim
