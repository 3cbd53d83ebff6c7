// What henge relies on, tried on a real Druid: HENGE_TEST_DRUID_URL=http://127.0.0.1:8888 (the
// Router), and for supervisors HENGE_TEST_KAFKA (127.0.0.1:9092 if unset). Skipped without. Leaves
// one unused datasource's segments and finished tasks behind.
#include <gtest/gtest.h>

#include <cstdlib>

#include "druid/client.h"
#include "runtime/clock.h"
#include "runtime/test_loop.h"

namespace henge::druid {
namespace {

using ports::Service;
using ports::Submitted;
using ports::TaskState;
using runtime::sleep_for;
using runtime::TestLoop;

const Interval january{instant_of_ms(1'767'225'600'000),
                       instant_of_ms(1'769'904'000'000)};  // 2026-01

class DruidContract : public testing::Test {
 protected:
  void SetUp() override {
    const char* url = std::getenv("HENGE_TEST_DRUID_URL");
    if (url == nullptr) GTEST_SKIP() << "HENGE_TEST_DRUID_URL is not set";
    router = url;
    DruidOptions options;
    options.router_url = router;
    auto made = DruidClient::make(std::move(options));
    ASSERT_TRUE(made) << made.error().message;
    client = std::move(*made);
    // New names each time: a used task id stays known to Druid.
    suffix = std::to_string(to_ms(runtime::SystemClock().now()));
  }

  template <typename T>
  T must(ports::Async<T> call) {
    auto result = loop.run(std::move(call), std::chrono::seconds(180));
    EXPECT_TRUE(result) << to_string(result.error().kind) << " " << result.error().message;
    return result ? std::move(*result) : T{};
  }
  void must(ports::Async<void> call) {
    auto result = loop.run(std::move(call), std::chrono::seconds(180));
    EXPECT_TRUE(result) << to_string(result.error().kind) << " " << result.error().message;
  }
  template <typename T>
  Error must_fail(ports::Async<T> call) {
    auto result = loop.run(std::move(call), std::chrono::seconds(180));
    EXPECT_FALSE(result);
    return result ? Error{} : std::move(result).error();
  }

  // Looks every half second, for two minutes at the most.
  bool eventually(const std::function<bool()>& holds) {
    for (int round = 0; round < 240; ++round) {
      if (holds()) return true;
      must(sleep_for(Millis(500)));
    }
    return false;
  }

  [[nodiscard]] std::string append_task(const std::string& id, const std::string& rows) const {
    return fmt::format(
        R"({{"type":"index_parallel","id":"{}","spec":{{"dataSchema":{{"dataSource":"{}",)"
        R"("timestampSpec":{{"column":"ts","format":"iso"}},)"
        R"("dimensionsSpec":{{"dimensions":["user"]}},)"
        R"("metricsSpec":[{{"type":"count","name":"count"}}],)"
        R"("granularitySpec":{{"segmentGranularity":"HOUR",)"
        R"("queryGranularity":"NONE","rollup":false}}}},)"
        R"("ioConfig":{{"type":"index_parallel","inputSource":{{"type":"inline","data":"{}"}},)"
        R"("inputFormat":{{"type":"json"}},"appendToExisting":true}},)"
        R"("tuningConfig":{{"type":"index_parallel","partitionsSpec":{{"type":"dynamic"}}}}}},)"
        R"("context":{{"useConcurrentLocks":true}}}})",
        id, datasource, rows);
  }

  TaskState wait_for_task(const std::string& id) {
    TaskState state = TaskState::running;
    const bool ended = eventually([&] {
      const auto statuses = must(client->task_statuses({id, "henge.no.such.task"}));
      EXPECT_EQ(statuses.size(), 1U);  // unknown ids are simply missing
      if (statuses.contains(id)) state = statuses.at(id).state;
      return state == TaskState::success || state == TaskState::failed;
    });
    EXPECT_TRUE(ended);
    return state;
  }

  TestLoop loop;
  std::string router;
  std::string suffix;
  std::string datasource = "henge_contract_batch";
  std::unique_ptr<DruidClient> client;
};

TEST_F(DruidContract, EveryServiceTellsItsVersion) {
  EXPECT_NE(must(client->version(Service::overlord)), "");
  EXPECT_NE(must(client->version(Service::coordinator)), "");
  EXPECT_NE(must(client->version(Service::broker)), "");
}

TEST_F(DruidContract, WorkersAndRulesAreListed) {
  const auto workers = must(client->workers());
  EXPECT_GE(workers.workers, 1);
  EXPECT_GE(workers.capacity_total, 1);
  EXPECT_FALSE(must(client->rules("henge_no_such_datasource")).empty());
}

TEST_F(DruidContract, WhatDoesNotExistIsNotFoundOrEmpty) {
  EXPECT_EQ(must(client->supervisor_spec("henge_no_such")), std::nullopt);
  EXPECT_EQ(must_fail(client->supervisor_status("henge_no_such")).kind, ErrorKind::not_found);
  EXPECT_EQ(must(client->task_report("henge.no.such")).has_value(), false);
  EXPECT_EQ(must_fail(client->shutdown_task("henge.no.such")).kind, ErrorKind::not_found);
  EXPECT_EQ(must_fail(client->suspend_supervisor("henge_no_such", {})).kind, ErrorKind::not_found);
  EXPECT_TRUE(must(client->used_segments("henge_no_such", {january})).empty());
  EXPECT_TRUE(must(client->rows_by_segment("henge_no_such", "count", Granularity::hour, {january}))
                  .empty());
  EXPECT_TRUE(must(client->active_tasks("henge_no_such")).empty());
}

TEST_F(DruidContract, RefusalsAreInvalidAndCarryDruidsText) {
  const Error task = must_fail(client->submit_task(JsonText{R"({"type":"nope","id":"henge.x"})"}));
  EXPECT_EQ(task.kind, ErrorKind::invalid);
  EXPECT_NE(task.message.find("nope"), std::string::npos) << task.message;
  const Error spec = must_fail(client->post_supervisor(JsonText{R"({"type":"kafka"})"}, {}));
  EXPECT_EQ(spec.kind, ErrorKind::invalid) << spec.message;
  EXPECT_EQ(must_fail(client->sql("selct 1")).kind, ErrorKind::invalid);
}

TEST_F(DruidContract, ATaskIdRunsOnceAndItsRowsAreCountedBySegment) {
  const std::string id = "henge.contract." + suffix;
  const std::string payload = append_task(
      id, R"({\"ts\":\"2026-01-05T01:10:00Z\",\"user\":\"a\"}\n{\"ts\":\"2026-01-05T01:20:00Z\"}\n)"
          R"({\"ts\":\"2026-01-05T02:20:00Z\"}\nno json\n)");
  EXPECT_EQ(must(client->submit_task(JsonText{payload})), Submitted::accepted);
  EXPECT_EQ(must(client->submit_task(JsonText{payload})), Submitted::already_exists);
  ASSERT_EQ(wait_for_task(id), TaskState::success);
  EXPECT_EQ(must(client->submit_task(JsonText{payload})), Submitted::already_exists);

  const auto report = must(client->task_report(id));
  ASSERT_TRUE(report);
  EXPECT_EQ(report->processed, 3);
  EXPECT_EQ(report->unparseable, 1);
  EXPECT_EQ(report->segments_published, 2);

  // Published is known at once; being counted needs a historical to have loaded it.
  const auto segments = must(client->used_segments(datasource, {january}));
  ASSERT_GE(segments.size(), 2U);
  const bool counted = eventually([&] {
    return must(client->rows_by_segment(datasource, "count", Granularity::hour, {january}))
               .size() == segments.size();
  });
  EXPECT_TRUE(counted);
  std::map<std::string, std::int64_t> rows;
  for (const auto& one :
       must(client->rows_by_segment(datasource, "count", Granularity::hour, {january}))) {
    rows[one.segment_id] += one.rows;
  }
  for (const auto& segment : segments) EXPECT_GE(rows[segment.id], 1) << segment.id;
  const auto total = must(client->sql("SELECT SUM(\"count\") AS n FROM \"" + datasource + "\""));
  std::int64_t sum = 0;
  for (const auto& [segment, count] : rows) sum += count;
  EXPECT_EQ(total.text, fmt::format(R"([{{"n":{}}}])", sum));
}

TEST_F(DruidContract, ASupervisorIsCreatedSuspendedAndResumed) {
  const char* kafka = std::getenv("HENGE_TEST_KAFKA");
  const std::string id = "henge_contract_stream";
  // The topic need not exist: this is about the supervisor alone.
  const std::string spec = fmt::format(
      R"({{"type":"kafka","spec":{{"dataSchema":{{"dataSource":"{0}",)"
      R"("timestampSpec":{{"column":"ts","format":"iso"}},)"
      R"("dimensionsSpec":{{"dimensions":["user"]}},)"
      R"("metricsSpec":[{{"type":"count","name":"count"}}],)"
      R"("granularitySpec":{{"segmentGranularity":"HOUR",)"
      R"("queryGranularity":"NONE","rollup":false}}}},)"
      R"("ioConfig":{{"topic":"{0}","inputFormat":{{"type":"json"}},)"
      R"("taskDuration":"PT5M","useEarliestOffset":true,)"
      R"("consumerProperties":{{"bootstrap.servers":"{1}"}}}},"tuningConfig":{{"type":"kafka"}}}},)"
      R"("context":{{"useConcurrentLocks":true}}}})",
      id, kafka == nullptr ? "127.0.0.1:9092" : kafka);
  must(client->post_supervisor(JsonText{spec}, {}));
  must(client->post_supervisor(JsonText{spec}, {}));
  const auto stored = must(client->supervisor_spec(id));
  ASSERT_TRUE(stored);
  EXPECT_NE(stored->text.find("\"taskDuration\":\"PT300S\""), std::string::npos);

  const auto status = must(client->supervisor_status(id));
  EXPECT_EQ(status.id, id);
  EXPECT_EQ(status.stream, id);
  EXPECT_FALSE(status.suspended);
  must(client->suspend_supervisor(id, {}));
  must(client->suspend_supervisor(id, {}));
  EXPECT_TRUE(must(client->supervisor_status(id)).suspended);
  must(client->resume_supervisor(id, {}));
  must(client->resume_supervisor(id, {}));
  EXPECT_FALSE(must(client->supervisor_status(id)).suspended);

  runtime::HttpClient http{runtime::HttpClientOptions{}};
  runtime::HttpCall terminate;
  terminate.method = "POST";
  terminate.url = router + "/druid/indexer/v1/supervisor/" + id + "/terminate";
  terminate.deadline = std::chrono::seconds(120);
  EXPECT_EQ(must(http.send(terminate)).status, 200);
}

}  // namespace
}  // namespace henge::druid
