#include "druid/druid_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace henge::druid {
namespace {

using ports::TaskState;
using testing::HasSubstr;

// Answers of a real Druid 33, as they came.
std::string recorded(const std::string& name) {
  std::ifstream file(std::string(HENGE_SOURCE_DIR) + "/tests/golden/druid/" + name);
  EXPECT_TRUE(file.is_open()) << name;
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

template <typename T>
T must(Result<T> result) {
  EXPECT_TRUE(result) << result.error().message;
  return std::move(result).value();
}

template <typename T>
ErrorKind kind_of(const Result<T>& result) {
  return result ? ErrorKind::internal : result.error().kind;
}

TEST(DruidJson, ReadsARunningSupervisor) {
  const auto status = must(parse_supervisor_status(recorded("supervisor_status_running.json")));
  EXPECT_EQ(status.id, "druid_x1");
  EXPECT_EQ(status.datasource, "druid_x1");
  EXPECT_EQ(status.stream, "druid_x1");
  EXPECT_EQ(status.state, "RUNNING");
  EXPECT_FALSE(status.suspended);
  EXPECT_TRUE(status.healthy);
  EXPECT_EQ(status.partitions, 2);
  EXPECT_EQ(to_iso(status.generated_at), "2026-11-23T03:58:33.950Z");
  ASSERT_EQ(status.active.size(), 1U);
  EXPECT_EQ(status.active[0].starting_offsets, (ports::PartitionOffsets{{0, 1387}, {1, 613}}));
  EXPECT_EQ(status.active[0].current_offsets, (ports::PartitionOffsets{{0, 1387}, {1, 613}}));
  EXPECT_EQ(to_iso(status.active[0].start_time.value()), "2026-11-23T03:57:37.085Z");
  EXPECT_EQ(status.latest_offsets, (ports::PartitionOffsets{{0, 1387}, {1, 613}}));
  EXPECT_EQ(status.lag, (ports::PartitionOffsets{{0, 0}, {1, 0}}));
  ASSERT_EQ(status.recent_errors.size(), 3U);
  EXPECT_THAT(status.recent_errors[0], HasSubstr("No partitions found"));
}

TEST(DruidJson, ReadsASuspendedSupervisorAndOneThatHasNoOffsetsYet) {
  const auto status = must(parse_supervisor_status(recorded("supervisor_status_suspended.json")));
  EXPECT_TRUE(status.suspended);
  EXPECT_EQ(status.state, "SUSPENDED");
  EXPECT_TRUE(status.active.empty());
  EXPECT_EQ(status.lag.size(), 2U);
  const auto early = must(parse_supervisor_status(
      R"({"id":"a","generationTime":"2026-11-23T03:58:36.076Z",)"
      R"("payload":{"suspended":true,"minimumLag":{},"latestOffsets":null}})"));
  EXPECT_TRUE(early.lag.empty());
  EXPECT_TRUE(early.latest_offsets.empty());
}

TEST(DruidJson, ReadsTaskStatesByStatusCodeFirst) {
  const auto statuses = must(parse_task_statuses(recorded("task_statuses.json")));
  ASSERT_EQ(statuses.size(), 2U);
  EXPECT_EQ(statuses.at("druid.x1.a").state, TaskState::success);
  struct Case {
    const char* code;
    const char* runner;
    TaskState state;
  };
  for (const Case& c :
       {Case{"RUNNING", "WAITING", TaskState::waiting},
        Case{"RUNNING", "PENDING", TaskState::pending},
        Case{"RUNNING", "RUNNING", TaskState::running}, Case{"RUNNING", "NONE", TaskState::running},
        Case{"SUCCESS", "WAITING", TaskState::success},
        Case{"FAILED", "NONE", TaskState::failed}}) {
    const auto tasks = must(parse_tasks(fmt::format(
        R"([{{"id":"t","statusCode":"{}","runnerStatusCode":"{}"}}])", c.code, c.runner)));
    ASSERT_EQ(tasks.size(), 1U);
    EXPECT_EQ(tasks[0].state, c.state) << c.code << " " << c.runner;
  }
  EXPECT_FALSE(parse_tasks(R"([{"id":"t","statusCode":"EXPLODED"}])"));
}

TEST(DruidJson, ReadsTaskLists) {
  const auto tasks = must(parse_tasks(recorded("tasks.json")));
  ASSERT_EQ(tasks.size(), 5U);
  EXPECT_EQ(tasks[0].type, "index_kafka");
  EXPECT_EQ(tasks[0].group_id, "index_kafka_druid_x1");
  EXPECT_EQ(tasks[0].datasource, "druid_x1");
  EXPECT_EQ(to_iso(tasks[0].created_at.value()), "2026-11-23T03:57:36.669Z");
}

TEST(DruidJson, ReadsCountersOfFinishedAndRunningTasks) {
  const auto finished = must(parse_report(recorded("report_finished.json"))).value();
  EXPECT_EQ(finished.processed, 10);
  EXPECT_EQ(finished.unparseable, 1);
  EXPECT_EQ(finished.segments_published, 1);
  const auto running = must(parse_report(recorded("report_running.json"))).value();
  EXPECT_EQ(running.processed, 2000);
  EXPECT_EQ(running.segments_published, std::nullopt);
  EXPECT_EQ(must(parse_report(recorded("report_stream_finished.json"))).value().processed, 0);
  EXPECT_EQ(must(parse_report("{}")), std::nullopt);
}

TEST(DruidJson, ReadsSegmentsTombstonesIncluded) {
  const auto segments = must(parse_segments(recorded("segments.json")));
  ASSERT_EQ(segments.size(), 4U);
  EXPECT_EQ(segments[0].version, "1970-01-01T00:00:00.000Z");
  EXPECT_FALSE(segments[0].tombstone);
  const auto grave = must(parse_segments(
      R"([{"identifier":"d_x","interval":"2026-01-01T00:00:00.000Z/2026-01-01T01:00:00.000Z",)"
      R"("version":"v","size":1,)"
      R"("shardSpec":{"type":"tombstone","partitionNum":0,"partitions":1}}])"));
  EXPECT_TRUE(grave.at(0).tombstone);
  EXPECT_FALSE(parse_segments(R"([{"identifier":"d_x","version":"v"}])"));
  const auto all =
      must(parse_segments(R"([{"identifier":"d_e","version":"v","interval":)"
                          R"("-146136543-09-08T08:23:32.096Z/146140482-04-24T15:36:27.903Z"}])"));
  EXPECT_EQ(all.at(0).interval, bucket(Granularity::all, Instant{}));
}

TEST(DruidJson, SegmentIdsOfCountsAndOfTheMetadataAreTheSame) {
  const auto rows = must(parse_rows_by_segment(recorded("rows_by_segment.json")));
  const auto segments = must(parse_segments(recorded("segments.json")));
  ASSERT_EQ(rows.size(), segments.size());
  std::int64_t sum = 0;
  for (const auto& one : rows) {
    sum += one.rows;
    const bool known = std::any_of(segments.begin(), segments.end(), [&](const auto& s) {
      return s.id == one.segment_id && s.interval.contains(one.chunk);
    });
    EXPECT_TRUE(known) << one.segment_id;
  }
  EXPECT_EQ(sum, 2010);
}

TEST(DruidJson, OneSegmentMayAnswerInSeveralPartsAndBuckets) {
  const auto rows = must(parse_rows_by_segment(
      R"([{"timestamp":"2026-01-01T00:00:00.000Z","result":{"segment":"s","results":[)"
      R"({"timestamp":"2026-01-01T00:00:00.000Z","result":{"rows":3}},)"
      R"({"timestamp":"2026-01-01T01:00:00.000Z","result":{"rows":null}}]}},)"
      R"({"timestamp":"2026-01-01T00:00:00.000Z","result":{"segment":"s","results":[)"
      R"({"timestamp":"2026-01-01T00:00:00.000Z","result":{"rows":4}}]}}])"));
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].rows, 7);
  EXPECT_EQ(rows[1].rows, 0);
}

TEST(DruidJson, ReadsRulesWorkersAndVersion) {
  const auto rules = must(parse_rules(recorded("rules.json")));
  ASSERT_EQ(rules.size(), 1U);
  EXPECT_EQ(rules[0].type, "loadForever");
  EXPECT_EQ(rules[0].replicants.at("_default_tier"), 1);
  const auto kinds = must(parse_rules(recorded("rules_of_every_kind.json")));
  ASSERT_EQ(kinds.size(), 5U);
  EXPECT_EQ(to_iso(kinds[0].interval.value()), "2026-01-01T00:00:00.000Z/2026-03-01T00:00:00.000Z");
  EXPECT_EQ(kinds[1].period, "P1M");
  EXPECT_FALSE(kinds[1].include_future);
  EXPECT_EQ(kinds[1].replicants.at("cold"), 1);
  EXPECT_EQ(kinds[2].type, "dropBeforeByPeriod");
  EXPECT_EQ(kinds[2].interval, std::nullopt);
  EXPECT_EQ(kinds[3].type, "dropForever");
  EXPECT_EQ(must(parse_workers(recorded("workers.json"))).capacity_total, 6);
  EXPECT_EQ(must(parse_version(recorded("version.json"))), "33.0.0");
  EXPECT_EQ(must(parse_version(R"({"version":"unknown"})")), "");
}

TEST(DruidJson, WhatIsNotTheExpectedShapeIsUnavailableAndSaysWhat) {
  for (const char* body : {"", "<html>gateway</html>", "[", "[{\"id\":", "null", "3", "\"x\"",
                           R"({"a":1})", R"([3])"}) {
    EXPECT_EQ(kind_of(parse_segments(body)), ErrorKind::unavailable) << body;
    EXPECT_EQ(kind_of(parse_tasks(body)), ErrorKind::unavailable) << body;
    EXPECT_EQ(kind_of(parse_supervisor_status(body)), ErrorKind::unavailable) << body;
    EXPECT_EQ(kind_of(parse_rows_by_segment(body)), ErrorKind::unavailable) << body;
  }
  EXPECT_THAT(parse_tasks("<html>bad gateway</html>").error().message, HasSubstr("bad gateway"));
  EXPECT_THAT(parse_tasks("[{}]").error().message, HasSubstr("id"));
}

TEST(DruidJson, ErrorBodiesOfEveryKindGiveOneLine) {
  EXPECT_EQ(error_text(recorded("error_entry_already_exists.json")),
            "Task[druid.x1.a] already exists");
  EXPECT_EQ(error_code(recorded("error_entry_already_exists.json")), "entryAlreadyExists");
  EXPECT_THAT(error_text(recorded("error_html.html")), HasSubstr("JsonParseException"));
  EXPECT_THAT(error_text(recorded("error_sql.json")), HasSubstr("Non-query expression"));
  EXPECT_EQ(error_text(R"({"error":"[x] is already suspended"})"), "[x] is already suspended");
  EXPECT_EQ(error_text(R"({"Access-Check-Result":"Unauthorized"})"), "Unauthorized");
  EXPECT_EQ(error_text("Cannot find any\n  task"), "Cannot find any task");
  EXPECT_EQ(error_text(""), "");
  EXPECT_EQ(error_code(""), "");
  EXPECT_LE(error_text(std::string(5000, 'x')).size(), 303U);
  const std::string umlauts = error_text(std::string(299, 'x') + "\xC3\xA4\xC3\xA4");
  EXPECT_EQ(umlauts, std::string(299, 'x') + "...");
}

TEST(DruidJson, A404OfAnUnknownPathIsNotAMissingObject) {
  EXPECT_TRUE(is_missing_object("Cannot find any supervisor with id: [nope]"));
  EXPECT_TRUE(is_missing_object(R"({"error":"no"})"));
  EXPECT_FALSE(is_missing_object(""));
  EXPECT_FALSE(is_missing_object("<html>\n<title>Error 404</title>"));
}

TEST(DruidJson, RequestsAreWhatDruidExpects) {
  const std::vector<Interval> hours{{instant_of_ms(0), instant_of_ms(3'600'000)}};
  const std::string query =
      render_rows_query("ds", "count", Granularity::hour, hours, Millis(60'000));
  EXPECT_THAT(query, HasSubstr(R"("bySegment":true)"));
  EXPECT_THAT(query, HasSubstr(R"("granularity":"HOUR")"));
  EXPECT_THAT(query,
              HasSubstr(R"("intervals":["1970-01-01T00:00:00.000Z/1970-01-01T01:00:00.000Z"])"));
  EXPECT_THAT(query, HasSubstr(R"("timeout":60000)"));
  EXPECT_EQ(render_intervals(hours), R"(["1970-01-01T00:00:00.000Z/1970-01-01T01:00:00.000Z"])");
  EXPECT_EQ(render_ids({"a", "b\"c"}), R"(["a","b\"c"])");
  EXPECT_EQ(must(task_id(JsonText{R"({"id":"x"})"})), "x");
  EXPECT_EQ(task_id(JsonText{"{}"}).error().kind, ErrorKind::invalid);
  EXPECT_EQ(task_id(JsonText{"garbage"}).error().kind, ErrorKind::invalid);
}

}  // namespace
}  // namespace henge::druid
