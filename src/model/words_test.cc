// Words and defaults that people, files and Druid see: they are promises, so they stand here once
// more.
#include <gtest/gtest.h>

#include "model/config.h"
#include "model/druid.h"
#include "model/pipeline.h"

namespace henge {
namespace {

using namespace std::chrono;

TEST(Words, OfTheLog) {
  EXPECT_STREQ(to_string(LogLevel::trace), "trace");
  EXPECT_STREQ(to_string(LogLevel::debug), "debug");
  EXPECT_STREQ(to_string(LogLevel::info), "info");
  EXPECT_STREQ(to_string(LogLevel::warn), "warn");
  EXPECT_STREQ(to_string(LogLevel::error), "error");
  EXPECT_STREQ(to_string(LogFormat::text), "text");
  EXPECT_STREQ(to_string(LogFormat::json), "json");
  EXPECT_LT(LogLevel::trace, LogLevel::debug) << "levels are compared";
  EXPECT_LT(LogLevel::warn, LogLevel::error);
}

TEST(Words, OfInputAndProof) {
  EXPECT_STREQ(to_string(InputFormatKind::json), "json");
  EXPECT_STREQ(to_string(InputFormatKind::csv), "csv");
  EXPECT_STREQ(to_string(InputFormatKind::tsv), "tsv");
  EXPECT_STREQ(to_string(Proof::counted), "counted");
  EXPECT_STREQ(to_string(Proof::reported), "reported");
}

TEST(Defaults, OfAProcessReachNobodyFromOutside) {
  const Config config;
  EXPECT_EQ(config.druid.url, "http://127.0.0.1:8888");
  EXPECT_EQ(config.delta.listen, "127.0.0.1:0")
      << "late rows are not served to the network unasked";
  EXPECT_TRUE(config.druid.tls.verify) << "certificates are checked unless told otherwise";
  EXPECT_FALSE(config.druid.auth);
  EXPECT_TRUE(config.kafka_properties.empty());
}

TEST(Defaults, OfAProcessAreKindToDruid) {
  const Config config;
  EXPECT_EQ(config.druid.calls_per_second_max, 20);
  EXPECT_EQ(config.round_interval, seconds(5));
  EXPECT_LT(config.druid.connect_timeout, config.druid.request_timeout);
  EXPECT_GT(config.druid.supervisor_timeout, seconds(80))
      << "Druid may take 80 s to stop a supervisor; giving up before means not knowing";
  EXPECT_GE(config.delta.expiry, hours(1)) << "a task may wait for a worker before it fetches";
}

TEST(Defaults, OfAPipelineLoseNothing) {
  const Pipeline p;
  EXPECT_TRUE(p.stream.use_earliest_offset) << "else a new partition's first records are skipped";
  EXPECT_GE(p.stream.task_duration, minutes(1)) << "less kills every task on Druid 32 to 36";
  EXPECT_GT(p.stream.arrival_disorder, Millis(0));
  EXPECT_FALSE(p.rule.earliness) << "nothing is kept from streaming unasked";
  EXPECT_FALSE(p.schema.rollup);
  EXPECT_EQ(p.schema.segment_granularity, Granularity::hour);
  EXPECT_EQ(p.schema.query_granularity, Granularity::none);
  EXPECT_EQ(p.proof, Proof::counted);
}

TEST(Defaults, OfLateRepairsAreFewAndLarge) {
  const LatePolicy late;
  EXPECT_LT(late.rows_min, late.rows_max);
  EXPECT_EQ(late.max_delay, minutes(10));
  EXPECT_GT(late.retention, late.max_delay) << "rows outlive the wait for their repair";
}

TEST(PipelineValue, ItsSupervisorIsNamedAsDruidNamesIt) {
  Pipeline p;
  p.name = "clicks-eu";
  p.datasource = "clicks";
  EXPECT_EQ(supervisor_id(p), "clicks");
}

TEST(PipelineValue, IsEqualOnlyWhenEveryPartIs) {
  const Pipeline p;
  for (auto change : std::vector<void (*)(Pipeline&)>{
           [](Pipeline& x) { x.name = "x"; },
           [](Pipeline& x) { x.labels["team"] = "x"; },
           [](Pipeline& x) { x.datasource = "x"; },
           [](Pipeline& x) { x.schema.timestamp.format = "iso"; },
           [](Pipeline& x) { x.schema.timestamp.missing_value = ""; },
           [](Pipeline& x) { x.schema.dimensions.push_back({"a", "string", {}}); },
           [](Pipeline& x) { x.schema.metrics.push_back({"a", "count", "", {}}); },
           [](Pipeline& x) { x.schema.filter.text = "{}"; },
           [](Pipeline& x) { x.stream.topic = "x"; },
           [](Pipeline& x) { x.stream.consumer_properties["a"].value = "b"; },
           [](Pipeline& x) { x.stream.input_format.kind = InputFormatKind::csv; },
           [](Pipeline& x) { x.stream.intermediate_handoff_period = Millis(0); },
           [](Pipeline& x) { x.rule.lateness += Millis(1); },
           [](Pipeline& x) { x.rule.earliness = Millis(0); },
           [](Pipeline& x) { ++x.late.rows_max; },
           [](Pipeline& x) { x.compaction_partitions.text = "{}"; },
           [](Pipeline& x) { x.proof = Proof::reported; },
       }) {
    Pipeline other = p;
    change(other);
    EXPECT_NE(other, p);
  }
}

TEST(DruidValue, WhatWasNotSaidIsNotClaimed) {
  const SupervisorStatus status;
  EXPECT_FALSE(status.suspended);
  EXPECT_TRUE(status.lag.empty());
  const TaskStatus task;
  EXPECT_EQ(task.state, TaskState::running) << "never over by default";
  EXPECT_FALSE(TaskReport{}.segments_published) << "unknown, not none";
  EXPECT_FALSE(Segment{}.tombstone);
}

TEST(JsonTextValue, IsEmptyWithoutText) {
  EXPECT_TRUE(JsonText{}.empty());
  EXPECT_FALSE((JsonText{"{}"}).empty()) << "an empty object is a value";
}

}  // namespace
}  // namespace henge
