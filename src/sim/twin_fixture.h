// For tests of the twins: a cluster with one topic, specs in short, rows with names.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "sim/druid_twin.h"

namespace henge::sim {

inline const Instant noon = instant_of_ms(1'780'315'200'000);  // 2026-06-01T12:00Z

struct StreamOptions {
  std::string datasource = "clicks";
  std::string topic = "clicks";
  int tasks = 1;
  std::string duration = "PT10M";
  std::string completion = "PT30M";
  std::string lateness_filter = R"(__time >= \"kafka.timestamp\" - 60000)";  // empty: none
  std::string handoff;  // intermediateHandoffPeriod
  std::string extra_io;
  bool concurrent = true;
  bool earliest = true;
};

inline JsonText stream_spec(const StreamOptions& o = {}) {
  const std::string filter =
      o.lateness_filter.empty()
          ? ""
          : fmt::format(
                R"(,"transformSpec":{{"filter":{{"type":"expression","expression":"{}"}}}})",
                o.lateness_filter);
  const std::string handoff =
      o.handoff.empty() ? "" : fmt::format(R"(,"intermediateHandoffPeriod":"{}")", o.handoff);
  return {fmt::format(
      R"({{"type":"kafka","context":{{"useConcurrentLocks":{}}},"spec":{{"dataSchema":{{)"
      R"("dataSource":"{}","timestampSpec":{{"column":"ts","format":"millis"}},)"
      R"("dimensionsSpec":{{"dimensions":["id"]}},"metricsSpec":[{{"type":"count","name":"n"}}],)"
      R"("granularitySpec":{{"segmentGranularity":"HOUR","rollup":false}}{}}},)"
      R"("ioConfig":{{"topic":"{}","consumerProperties":{{"bootstrap.servers":"k:9092"}},)"
      R"("inputFormat":{{"type":"kafka","valueFormat":{{"type":"json"}}}},"taskCount":{},)"
      R"("taskDuration":"{}","completionTimeout":"{}","useEarliestOffset":{}{}}},)"
      R"("tuningConfig":{{"type":"kafka"{}}}}}}})",
      o.concurrent, o.datasource, filter, o.topic, o.tasks, o.duration, o.completion, o.earliest,
      o.extra_io, handoff)};
}

struct TaskOptions {
  std::string id = "task.1";
  std::string datasource = "clicks";
  std::string source;  // JSON of the input source
  std::string mode = R"("appendToExisting":true)";
  std::string intervals;  // JSON texts, comma separated
  bool concurrent = true;
  std::string tuning;
  std::string context;
};

inline std::string inline_source(const std::string& rows) {
  std::string escaped;
  for (const char c : rows) {
    if (c == '"') escaped += "\\\"";
    if (c == '\n') escaped += "\\n";
    if (c != '"' && c != '\n') escaped += c;
  }
  return fmt::format(R"({{"type":"inline","data":"{}"}})", escaped);
}

inline JsonText index_task(const TaskOptions& o) {
  const std::string intervals =
      o.intervals.empty() ? "" : fmt::format(R"(,"intervals":[{}])", o.intervals);
  return {fmt::format(
      R"({{"type":"index_parallel","id":"{}","context":{{"useConcurrentLocks":{}{}}},)"
      R"("spec":{{"dataSchema":{{"dataSource":"{}",)"
      R"("timestampSpec":{{"column":"ts","format":"millis"}},)"
      R"("dimensionsSpec":{{"dimensions":["id"]}},"metricsSpec":[{{"type":"count","name":"n"}}],)"
      R"("granularitySpec":{{"segmentGranularity":"HOUR","rollup":false{}}}}},)"
      R"("ioConfig":{{"type":"index_parallel","inputSource":{},)"
      R"("inputFormat":{{"type":"json"}},{}}},)"
      R"("tuningConfig":{{"type":"index_parallel"{}}}}}}})",
      o.id, o.concurrent, o.context, o.datasource, intervals, o.source, o.mode, o.tuning)};
}

inline JsonText compact_task(const std::string& id, Interval interval, bool concurrent = true,
                             const std::string& extra = "") {
  return {fmt::format(
      R"({{"type":"compact","id":"{}","dataSource":"clicks","ioConfig":{{"type":"compact",)"
      R"("inputSpec":{{"type":"interval","interval":"{}"}}}},)"
      R"("granularitySpec":{{"segmentGranularity":"HOUR"}},)"
      R"("metricsSpec":[{{"type":"longSum","name":"n","fieldName":"n"}}],)"
      R"("context":{{"useConcurrentLocks":{}}}{}}})",
      id, to_iso(interval), concurrent, extra)};
}

class TwinWorld : public testing::Test {
 protected:
  TwinWorld() { kafka.create_topic("clicks", 2, TimestampType::log_append_time); }

  // One row, `event` before now by that much.
  void produce(const std::string& id, Millis age = Millis(0), std::int32_t partition = 0) {
    kafka.append("clicks", partition, row(id, druid.now() - age), -1, druid.now());
  }
  static std::string row(const std::string& id, Instant event) {
    return fmt::format(R"({{"ts":{},"id":"{}"}})", to_ms(event), id);
  }
  void pass(Millis time) { druid.advance(druid.now() + time); }
  void post(const StreamOptions& options = {}) {
    const auto done = druid.post_supervisor(stream_spec(options), {});
    EXPECT_TRUE(done) << done.error().message;
  }
  Submitted submit(const JsonText& task) {
    const auto done = druid.submit_task(task);
    EXPECT_TRUE(done) << done.error().message;
    return done.value_or(Submitted::already_exists);
  }
  SupervisorStatus status() { return *druid.supervisor_status("clicks"); }
  TaskStatus task(const std::string& id) { return druid.task_statuses({id})->at(id); }

  // What a query of the hour sees, by segment; and in all.
  std::int64_t counted(Instant when) {
    std::int64_t rows = 0;
    const Interval hour = bucket(Granularity::hour, when);
    for (const auto& one : *druid.rows_by_segment("clicks", "n", Granularity::hour, {hour}))
      rows += one.rows;
    return rows;
  }
  std::int64_t counted() { return counted(noon); }
  static std::vector<RowId> ids(const std::vector<SegmentRow64>& rows) {
    std::vector<RowId> out;
    for (const SegmentRow64& one : rows) out.push_back(one.id);
    return out;
  }
  // Every row's identity at most once.
  void expect_no_doubles() {
    auto rows = ids(druid.visible_rows("clicks"));
    EXPECT_EQ(std::ranges::adjacent_find(rows), rows.end()) << "a row is counted twice";
    rows = ids(druid.stored_rows("clicks"));
    EXPECT_EQ(std::ranges::adjacent_find(rows), rows.end()) << "a row is stored twice";
  }

  KafkaTwin kafka;
  DruidTwin druid{kafka, {}, Random(1), noon};
};

}  // namespace henge::sim
