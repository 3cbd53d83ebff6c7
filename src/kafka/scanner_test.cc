// The scanner against a Kafka cluster in this process.
#include "kafka/scanner.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <mutex>

#include "kafka/group.h"
#include "kafka/mock_kafka.h"
#include "kafka/offsets.h"
#include "scan/delta_file.h"

namespace henge::kafka {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t noon = 1'767'268'800'000;
constexpr std::int64_t minute = 60'000;
constexpr const char* topic = "clicks";

// Every look at it is a tenth of a second later: pacing goes on, whatever the machine does.
class TickingClock : public ports::Clock {
 public:
  [[nodiscard]] Instant now() const override {
    return instant_of_ms(noon + 60 * minute + 100 * ticks_++);
  }

 private:
  mutable std::atomic<std::int64_t> ticks_ = 0;
};

// What a scan tells, put together.
class Listener {
 public:
  ports::TopicScanEvents events() {
    ports::TopicScanEvents e;
    e.on_batch = [this](scan::ScanBatch batch) { note([&] { take(std::move(batch)); }); };
    e.on_partitions = [this](int n) { note([&] { partitions = n; }); };
    e.on_trouble = [this](Error error) { note([&] { troubles.push_back(std::move(error)); }); };
    e.on_recovered = [this] { note([&] { ++recovered; }); };
    return e;
  }
  template <typename Condition>
  bool wait_for(Condition condition) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, std::chrono::seconds(20), condition);
  }

  std::mutex mutex;
  std::condition_variable changed;
  ports::TopicScan* scan = nullptr;
  bool acknowledges = true;
  int partitions = 0;
  int batches = 0;
  int recovered = 0;
  std::vector<Error> troubles;
  std::map<std::int32_t, std::int64_t> positions;
  std::map<std::int32_t, Instant> floors;
  std::map<std::int32_t, Witness> witnesses;
  scan::PartitionProgress total;
  scan::RowCounts counts;
  std::vector<scan::Extent> extents;

 private:
  template <typename Change>
  void note(Change change) {
    const std::scoped_lock lock(mutex);
    change();
    changed.notify_all();
  }
  void take(scan::ScanBatch batch) {
    ++batches;
    for (const auto& p : batch.partitions) {
      if (positions.contains(p.partition)) EXPECT_EQ(p.from, positions[p.partition]);
      positions[p.partition] = p.to;
      floors[p.partition] = p.arrival_floor;
      if (p.witness) witnesses[p.partition] = *p.witness;
      total.records += p.records;
      total.unparseable += p.unparseable;
      total.null_values += p.null_values;
    }
    for (const auto& [chunk, by_partition] : batch.chunks) {
      for (const auto& [partition, one] : by_partition) {
        counts.on_time += one.on_time;
        counts.late += one.late;
      }
    }
    extents.insert(extents.end(), batch.extents.begin(), batch.extents.end());
    if (acknowledges && scan != nullptr) scan->acknowledge();
  }
};

class ScannerTest : public ::testing::Test {
 protected:
  ScannerTest() {
    std::string name = (fs::temp_directory_path() / "henge-scanner-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  ~ScannerTest() override { fs::remove_all(folder_); }

  static Pipeline pipeline() {
    Pipeline p;
    p.name = "clicks";
    p.schema.timestamp = {"t", "millis", std::nullopt};
    p.stream.topic = topic;
    p.rule.lateness = Millis(10 * minute);
    return p;
  }
  ScannerOptions options() const {
    ScannerOptions o;
    o.properties["bootstrap.servers"] = kafka_.brokers();
    o.batch_interval = o.end_check_interval = o.progress_interval = Millis(20);
    o.metadata_interval = Millis(100);
    o.request_deadline = Millis(1000);
    return o;
  }
  std::unique_ptr<ports::TopicScan> open(Listener& listener, ports::TopicScanStart start = {}) {
    start.delta_folder = folder_.string();
    auto scan = open_scan(pipeline(), std::move(start), listener.events(), options(), clock_);
    EXPECT_TRUE(scan) << scan.error().message;
    const std::scoped_lock lock(listener.mutex);
    listener.scan = scan->get();
    // A batch may have come before the listener knew whom to tell.
    if (listener.acknowledges) (*scan)->acknowledge();
    return std::move(*scan);
  }
  void send(std::int32_t partition, std::int64_t event) {
    kafka_.send(topic, partition, noon, fmt::format(R"({{"t":{}}})", event));
  }

  fs::path folder_;
  TickingClock clock_;
  MockKafka kafka_;
};

TEST_F(ScannerTest, reads_all_partitions_and_keeps_what_is_late) {
  kafka_.make_topic(topic, 3);
  for (int i = 0; i < 3000; ++i) send(i % 3, i % 100 == 0 ? noon - 60 * minute : noon);
  kafka_.flush();
  Listener listener;
  const auto scan = open(listener);
  ASSERT_TRUE(listener.wait_for([&] { return listener.total.records == 3000; }));
  EXPECT_EQ(listener.partitions, 3);
  EXPECT_EQ(listener.counts.on_time, 2970);
  EXPECT_EQ(listener.counts.late, 30);
  std::int64_t rows = 0;
  for (const auto& extent : listener.extents) {
    rows += extent.rows;
    EXPECT_TRUE(scan::read_extent({folder_, "clicks"}, extent));
  }
  EXPECT_EQ(rows, 30);
  EXPECT_TRUE(listener.troubles.empty());
}

TEST_F(ScannerTest, hands_out_one_batch_at_a_time_and_scans_again_what_was_not_acknowledged) {
  kafka_.make_topic(topic, 1);
  for (int i = 0; i < 10; ++i) send(0, noon - 60 * minute);
  kafka_.flush();
  {
    Listener silent;
    silent.acknowledges = false;
    const auto scan = open(silent);
    ASSERT_TRUE(silent.wait_for([&] { return silent.batches == 1; }));
    send(0, noon);
    kafka_.flush();
    std::unique_lock lock(silent.mutex);
    EXPECT_FALSE(silent.changed.wait_for(lock, std::chrono::milliseconds(300),
                                         [&] { return silent.batches > 1; }));
  }
  Listener listener;
  const auto scan = open(listener);
  ASSERT_TRUE(listener.wait_for([&] { return listener.total.records == 11; }));
  EXPECT_EQ(listener.counts.late, 10);
}

TEST_F(ScannerTest, goes_on_where_the_ledger_stands) {
  kafka_.make_topic(topic, 2);
  for (int i = 0; i < 20; ++i) send(i % 2, noon - 60 * minute);
  kafka_.flush();
  ports::TopicScanStart start;
  {
    Listener listener;
    const auto scan = open(listener);
    ASSERT_TRUE(listener.wait_for([&] { return listener.total.records == 20; }));
    start.positions = listener.positions;
    for (const auto& e : listener.extents)
      start.file_ends[e.file] = std::max(start.file_ends[e.file], e.offset + e.bytes);
  }
  for (int i = 0; i < 6; ++i) send(i % 2, noon - 60 * minute);
  kafka_.flush();
  Listener listener;
  listener.positions = start.positions;
  const auto scan = open(listener, start);
  ASSERT_TRUE(listener.wait_for([&] { return listener.counts.late == 6; }));
  EXPECT_EQ(listener.total.records, 6);
  EXPECT_EQ(listener.positions, (std::map<std::int32_t, std::int64_t>{{0, 13}, {1, 13}}));
}

TEST_F(ScannerTest, an_idle_partition_does_not_hold_the_floor_back) {
  kafka_.make_topic(topic, 2);
  send(0, noon);
  kafka_.flush();
  Listener listener;
  const auto scan = open(listener);
  // Far beyond the arrival time of the only record: the moment the ends were asked for.
  EXPECT_TRUE(listener.wait_for([&] {
    return listener.floors[0] > instant_of_ms(noon + 61 * minute) &&
           listener.floors[1] > instant_of_ms(noon + 61 * minute);
  }));
}

TEST_F(ScannerTest, tombstones_and_empty_values) {
  kafka_.make_topic(topic, 1);
  kafka_.send(topic, 0, noon, std::nullopt);
  kafka_.send(topic, 0, noon, "");
  send(0, noon);
  kafka_.flush();
  Listener listener;
  const auto scan = open(listener);
  ASSERT_TRUE(listener.wait_for([&] { return listener.total.records == 3; }));
  EXPECT_EQ(listener.counts.on_time, 1);
  EXPECT_EQ(listener.total.null_values + listener.total.unparseable, 2);
  EXPECT_EQ(listener.total.null_values, 1);
}

TEST_F(ScannerTest, waits_for_a_topic_that_does_not_exist) {
  kafka_.make_topic(topic, 1);
  send(0, noon);
  kafka_.flush();
  kafka_.forget_topic(topic, true);
  Listener listener;
  const auto scan = open(listener);
  ASSERT_TRUE(listener.wait_for([&] { return !listener.troubles.empty(); }));
  EXPECT_EQ(listener.troubles[0].kind, ErrorKind::not_found);
  kafka_.forget_topic(topic, false);
  EXPECT_TRUE(
      listener.wait_for([&] { return listener.recovered > 0 && listener.total.records == 1; }));
}

TEST_F(ScannerTest, tells_of_a_broker_that_does_not_answer_and_of_its_return) {
  kafka_.make_topic(topic, 1);
  send(0, noon);
  kafka_.flush();
  Listener listener;
  const auto scan = open(listener);
  ASSERT_TRUE(listener.wait_for([&] { return listener.total.records == 1; }));
  kafka_.set_down();
  ASSERT_TRUE(listener.wait_for([&] { return !listener.troubles.empty(); }));
  EXPECT_EQ(listener.troubles[0].kind, ErrorKind::unavailable);
  EXPECT_NE(listener.troubles[0].message.find(kafka_.brokers()), std::string::npos)
      << listener.troubles[0].message;
  kafka_.set_up();
  EXPECT_TRUE(listener.wait_for([&] { return listener.recovered > 0; }));
}

TEST_F(ScannerTest, a_position_beyond_the_end_is_a_conflict) {
  kafka_.make_topic(topic, 1);
  send(0, noon);
  kafka_.flush();
  Listener listener;
  ports::TopicScanStart start;
  start.positions[0] = 500;
  const auto scan = open(listener, start);
  ASSERT_TRUE(listener.wait_for([&] { return !listener.troubles.empty(); }));
  EXPECT_EQ(listener.troubles[0].kind, ErrorKind::conflict) << listener.troubles[0].message;
  EXPECT_EQ(listener.total.records, 0);
}

TEST_F(ScannerTest, mistakes_come_out_before_anything_starts) {
  Listener listener;
  ports::TopicScanStart start;
  start.delta_folder = folder_.string();
  auto bad_property = options();
  bad_property.properties["no.such.property"] = "x";
  EXPECT_EQ(open_scan(pipeline(), start, listener.events(), bad_property, clock_).error().kind,
            ErrorKind::invalid);
  auto bad_format = pipeline();
  bad_format.schema.timestamp.format = "MMM";
  EXPECT_EQ(open_scan(bad_format, start, listener.events(), options(), clock_).error().kind,
            ErrorKind::invalid);
}

TEST_F(ScannerTest, offsets_of_a_topic) {
  kafka_.make_topic(topic, 2);
  for (int i = 0; i < 7; ++i) send(0, noon);
  kafka_.flush();
  const auto reader = TopicReader::connect({{"bootstrap.servers", kafka_.brokers()}});
  ASSERT_TRUE(reader);
  const auto info = (*reader)->topic(topic, Millis(5000));
  ASSERT_TRUE(info) << info.error().message;
  EXPECT_EQ(info->partitions, (std::vector<std::int32_t>{0, 1}));
  EXPECT_EQ((*reader)->offsets(topic, {0, 1}, OffsetEnd::latest, Millis(5000)),
            (Offsets{{0, 7}, {1, 0}}));
  EXPECT_EQ((*reader)->offsets(topic, {0, 1}, OffsetEnd::earliest, Millis(5000)),
            (Offsets{{0, 0}, {1, 0}}));
  const auto nobody = TopicReader::connect({{"bootstrap.servers", "127.0.0.1:1"}});
  const auto refused = (*nobody)->topic(topic, Millis(500));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::unavailable);
  EXPECT_NE(refused.error().message.find("127.0.0.1:1"), std::string::npos);
}

TEST_F(ScannerTest, single_records_of_a_topic) {
  kafka_.make_topic(topic, 2);
  for (int i = 0; i < 5; ++i) send(0, noon + i * minute);
  send(1, noon);
  kafka_.flush();
  const auto reader = TopicReader::connect({{"bootstrap.servers", kafka_.brokers()}});
  ASSERT_TRUE(reader);
  const auto found = (*reader)->records(topic, {{0, 1}, {0, 4}, {0, 77}, {1, 0}}, Millis(5000));
  ASSERT_TRUE(found) << found.error().message;
  ASSERT_EQ(found->size(), 3U) << "beyond the end there is none";
  EXPECT_EQ(found->at({0, 1}).record.offset, 1);
  EXPECT_EQ(found->at({0, 4}).record.offset, 4);
  EXPECT_EQ(found->at({0, 4}).record.hash.size(), 16U);
  EXPECT_GT(found->at({0, 4}).bytes, 0);
  EXPECT_EQ((*reader)->records(topic, {{0, 4}}, Millis(5000))->at({0, 4}), found->at({0, 4}))
      << "a record is known again";
}

TEST_F(ScannerTest, a_batch_has_witnesses_and_not_in_every_batch) {
  kafka_.make_topic(topic, 2);
  for (int i = 0; i < 3; ++i) send(1, noon);
  kafka_.flush();
  Listener listener;
  const auto scan = open(listener);
  ASSERT_TRUE(listener.wait_for([&] { return listener.positions[1] == 3; }));
  const auto reader = TopicReader::connect({{"bootstrap.servers", kafka_.brokers()}});
  const std::scoped_lock lock(listener.mutex);
  ASSERT_TRUE(listener.witnesses.contains(1));
  EXPECT_FALSE(listener.witnesses.contains(0)) << "nothing was read of it";
  const Witness witness = listener.witnesses.at(1);
  EXPECT_EQ((*reader)
                ->records(topic, {{1, witness.offset}}, Millis(5000))
                ->at({1, witness.offset})
                .record,
            witness)
      << "who looks at the topic later must see the same record";
}

TEST_F(ScannerTest, a_group_shows_what_was_committed_to_it) {
  kafka_.make_topic(topic, 2);
  auto group = Group::open({{"bootstrap.servers", kafka_.brokers()}}, "henge.clicks");
  ASSERT_TRUE(group);
  ASSERT_TRUE((*group)->commit(topic, {}, Millis(5000)));
  const auto done = (*group)->commit(topic, {{0, 5}, {1, 0}}, Millis(10'000));
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ((*group)->committed(topic, {0, 1}, Millis(5000)), (Offsets{{0, 5}, {1, 0}}));
  ASSERT_TRUE((*group)->commit(topic, {{0, 3}}, Millis(5000))) << "it may go back";
  EXPECT_EQ((*group)->committed(topic, {0, 1}, Millis(5000)), (Offsets{{0, 3}, {1, 0}}));
  const auto nobody = Group::open({{"bootstrap.servers", "127.0.0.1:1"}}, "g");
  EXPECT_EQ((*nobody)->commit(topic, {{0, 1}}, Millis(300)).error().kind, ErrorKind::unavailable);
}

}  // namespace
}  // namespace henge::kafka
