// Stretches of a topic, against a Kafka cluster in this process.
#include "kafka/range_scan.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "kafka/mock_kafka.h"

namespace henge::kafka {
namespace {

namespace fs = std::filesystem;
using scan::Keep;

constexpr std::int64_t noon = 1'767'268'800'000;
constexpr std::int64_t minute = 60'000;
constexpr const char* topic = "clicks";

class RangeScanTest : public testing::Test {
 protected:
  RangeScanTest() {
    folder_ = fs::temp_directory_path() / fmt::format("henge-range-{}", ::getpid());
    fs::remove_all(folder_);
    kafka_.make_topic(topic, 2);
    // Every third record is late.
    for (std::int64_t i = 0; i < 30; ++i)
      kafka_.send(topic, 0, noon + i,
                  fmt::format(R"({{"t":{},"n":{}}})", noon - (i % 3 == 0 ? 90 * minute : 0), i));
    kafka_.send(topic, 1, noon, fmt::format(R"({{"t":{}}})", noon));
    kafka_.flush();
  }
  ~RangeScanTest() override { fs::remove_all(folder_); }

  static Pipeline pipeline() {
    Pipeline p;
    p.name = topic;
    p.stream.topic = topic;
    p.schema.timestamp = {"t", "millis", std::nullopt};
    p.schema.segment_granularity = Granularity::hour;
    p.rule.lateness = Millis(10 * minute);
    return p;
  }
  RangeScanOptions options() {
    RangeScanOptions o;
    o.reading.properties = {{"bootstrap.servers", kafka_.brokers()}};
    o.folder = {folder_, topic};
    return o;
  }

  MockKafka kafka_;
  fs::path folder_;
};

TEST_F(RangeScanTest, CountsAStretchToTheRecordAndKeepsWhatStreamingWouldTake) {
  const auto found = scan_stretches(pipeline(), {{0, {6, 15, Keep::on_time}}}, options());
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->records, 9);
  const auto& counts = found->chunks.at(instant_of_ms(noon)).at(0);
  EXPECT_EQ(counts.on_time, 6);
  EXPECT_EQ(counts.on_time_offset_last, 14);
  EXPECT_EQ(found->chunks.at(instant_of_ms(noon - 120 * minute)).at(0).late, 3);
  ASSERT_EQ(found->extents.size(), 1U) << "late rows have their own door already";
  EXPECT_EQ(found->extents[0].rows, 6);
  EXPECT_EQ(found->extents[0].kind, scan::DeltaKind::late);
  EXPECT_EQ(found->extents[0].chunk, instant_of_ms(noon));
}

TEST_F(RangeScanTest, CountsOnlyWhereNothingIsToBeKept) {
  const auto found =
      scan_stretches(pipeline(), {{0, {0, 30, Keep::none}}, {1, {0, 1, Keep::none}}}, options());
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->chunks.at(instant_of_ms(noon)).at(0).on_time, 20);
  EXPECT_EQ(found->chunks.at(instant_of_ms(noon)).at(1).on_time, 1);
  EXPECT_TRUE(found->extents.empty());
}

TEST_F(RangeScanTest, AnEmptyStretchAsksNobody) {
  RangeScanOptions nowhere = options();
  nowhere.reading.properties = {{"bootstrap.servers", "127.0.0.1:1"}};
  const auto found = scan_stretches(pipeline(), {{0, {5, 5, Keep::on_time}}}, nowhere);
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->records, 0);
}

TEST_F(RangeScanTest, GivesUpWhenNothingComesOrItIsTold) {
  RangeScanOptions nowhere = options();
  nowhere.reading.properties = {{"bootstrap.servers", "127.0.0.1:1"}};
  nowhere.reading.stalled_after = Millis(300);
  EXPECT_EQ(scan_stretches(pipeline(), {{0, {0, 5, Keep::none}}}, nowhere).error().kind,
            ErrorKind::unavailable);
  RangeScanOptions stopped = options();
  stopped.reading.stopping = [] { return true; };
  EXPECT_EQ(scan_stretches(pipeline(), {{0, {0, 5, Keep::none}}}, stopped).error().kind,
            ErrorKind::cancelled);
}

}  // namespace
}  // namespace henge::kafka
