#include "sim/kafka_twin.h"

#include <gtest/gtest.h>

namespace henge::sim {
namespace {

const Instant start = instant_of_ms(1'000'000);

std::vector<std::int64_t> read_all(const KafkaTwin& kafka, std::int64_t from, Instant until,
                                   std::int64_t& next, std::int64_t most = 1000) {
  std::vector<std::int64_t> offsets;
  next = kafka.read("t", 0, from, until, most,
                    [&](const KafkaRecord& record) { offsets.push_back(record.offset); });
  return offsets;
}

TEST(KafkaTwin, TheTopicDecidesWhichTimestampConsumersSee) {
  KafkaTwin kafka;
  kafka.create_topic("broker", 1, TimestampType::log_append_time);
  kafka.create_topic("producer", 1, TimestampType::create_time);
  for (const char* topic : {"broker", "producer"}) kafka.append(topic, 0, "x", 77, start);
  EXPECT_EQ((*kafka.topic("broker"))->partitions[0].records[0].timestamp_ms, to_ms(start));
  EXPECT_EQ((*kafka.topic("producer"))->partitions[0].records[0].timestamp_ms, 77);
}

TEST(KafkaTwin, AReaderPassesHolesAndStopsAtTheEndOrAtATime) {
  KafkaTwin kafka;
  kafka.create_topic("t", 1, TimestampType::log_append_time);
  kafka.append("t", 0, "a", 0, start);
  kafka.skip("t", 0, 3);
  kafka.append("t", 0, "b", 0, start + Millis(10));
  kafka.skip("t", 0, 1);
  std::int64_t next = 0;
  EXPECT_EQ(read_all(kafka, 0, start + Millis(10), next), (std::vector<std::int64_t>{0, 4}));
  EXPECT_EQ(next, 6) << "the markers behind the last record are passed";
  EXPECT_EQ(read_all(kafka, 0, start, next), (std::vector<std::int64_t>{0}));
  EXPECT_EQ(next, 1) << "what was appended later is not there yet";
  EXPECT_EQ(read_all(kafka, 2, start + Millis(10), next), (std::vector<std::int64_t>{4}));
  EXPECT_TRUE(read_all(kafka, 6, start + Millis(10), next).empty());
  EXPECT_EQ(next, 6);
  EXPECT_TRUE(read_all(kafka, 9, start + Millis(10), next).empty());
  EXPECT_EQ(next, 9) << "beyond the end nothing moves";
}

TEST(KafkaTwin, RetentionMovesTheStartAndAReaderBehindItGetsNothing) {
  KafkaTwin kafka;
  kafka.create_topic("t", 1, TimestampType::log_append_time);
  for (int i = 0; i < 4; ++i) kafka.append("t", 0, "x", 0, start + Millis(i));
  kafka.delete_before("t", 0, 2);
  EXPECT_EQ(kafka.starts("t")->at(0), 2);
  std::int64_t next = 0;
  EXPECT_TRUE(read_all(kafka, 1, start + Millis(9), next).empty());
  EXPECT_EQ(next, 1);
  kafka.delete_appended_before(start + Millis(3));
  EXPECT_EQ(kafka.starts("t")->at(0), 3);
  EXPECT_EQ(kafka.ends("t")->at(0), 4);
}

TEST(KafkaTwin, ATopicMadeAnewHasAnotherIdAndOffsetsFromZero) {
  KafkaTwin kafka;
  kafka.create_topic("t", 1, TimestampType::create_time);
  kafka.append("t", 0, "x", 5, start);
  const auto before = (*kafka.topic("t"))->id;
  kafka.recreate_topic("t", 3);
  EXPECT_NE((*kafka.topic("t"))->id, before);
  EXPECT_EQ(*kafka.ends("t"), (PartitionOffsets{{0, 0}, {1, 0}, {2, 0}}));
  EXPECT_EQ((*kafka.topic("t"))->timestamps, TimestampType::create_time);
}

TEST(KafkaTwin, WhatIsNotThereOrOutOfReachIsSaidSo) {
  KafkaTwin kafka;
  EXPECT_EQ(kafka.topic("t").error().kind, ErrorKind::not_found);
  kafka.partitions_made_on_demand = 2;
  EXPECT_EQ(kafka.ends("t")->size(), 2U);
  kafka.reachable = false;
  EXPECT_EQ(kafka.ends("t").error().kind, ErrorKind::unavailable);
}

}  // namespace
}  // namespace henge::sim
