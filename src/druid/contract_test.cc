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
    options.calls_per_s_max = 0;
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

  [[nodiscard]] static std::string stream_spec(const std::string& id, const char* task_duration) {
    const char* kafka = std::getenv("HENGE_TEST_KAFKA");
    return fmt::format(R"({{"type":"kafka","spec":{{"dataSchema":{{"dataSource":"{0}",)"
                       R"("timestampSpec":{{"column":"ts","format":"iso"}},)"
                       R"("dimensionsSpec":{{"dimensions":["user"]}},)"
                       R"("metricsSpec":[{{"type":"count","name":"count"}}],)"
                       R"("granularitySpec":{{"segmentGranularity":"HOUR",)"
                       R"("queryGranularity":"NONE","rollup":false}}}},)"
                       R"("ioConfig":{{"topic":"{0}","inputFormat":{{"type":"json"}},)"
                       R"("taskDuration":"{2}","useEarliestOffset":true,)"
                       R"("consumerProperties":{{"bootstrap.servers":"{1}"}}}},)"
                       R"("tuningConfig":{{"type":"kafka"}}}},)"
                       R"("context":{{"useConcurrentLocks":true}}}})",
                       id, kafka == nullptr ? "127.0.0.1:9092" : kafka, task_duration);
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

  // As a person does it; henge never does.
  void mark_unused(Interval interval) {
    runtime::HttpClient http{runtime::HttpClientOptions{}};
    runtime::HttpCall call;
    call.method = "POST";
    call.url = router + "/druid/indexer/v1/datasources/" + datasource + "/markUnused";
    call.headers = {{"Content-Type", "application/json"}, {"Accept", "application/json"}};
    call.body = fmt::format(R"({{"interval":"{}"}})", to_iso(interval));
    EXPECT_EQ(must(http.send(std::move(call))).status, 200);
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
  const std::string id = "henge_contract_stream";
  // The topic need not exist: this is about the supervisor alone.
  const std::string spec = stream_spec(id, "PT5M");
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

  must(client->terminate_supervisor(id, {}));
}

const ports::SupervisorListing* listing_of(const std::vector<ports::SupervisorListing>& all,
                                           const std::string& id) {
  const auto at = std::ranges::find(all, id, &ports::SupervisorListing::id);
  return at == all.end() ? nullptr : &*at;
}

TEST_F(DruidContract, AllSupervisorsAreListedInOneCallWithTheirSpecs) {
  const std::string id = "henge_contract_list";
  must(client->post_supervisor(JsonText{stream_spec(id, "PT5M")}, {}));
  must(client->suspend_supervisor(id, {}));
  auto all = must(client->supervisors());
  const auto* suspended = listing_of(all, id);
  ASSERT_NE(suspended, nullptr);
  EXPECT_EQ(suspended->datasource, id);
  EXPECT_TRUE(suspended->suspended);
  EXPECT_NE(suspended->state, "");
  EXPECT_EQ(suspended->spec, must(client->supervisor_spec(id)));
  must(client->resume_supervisor(id, {}));
  all = must(client->supervisors());
  ASSERT_NE(listing_of(all, id), nullptr);
  EXPECT_FALSE(listing_of(all, id)->suspended);
  must(client->terminate_supervisor(id, {}));
  all = must(client->supervisors());
  EXPECT_EQ(listing_of(all, id), nullptr);
}

TEST_F(DruidContract, AHistoryIsNewestFirstAndEndsWithATombstone) {
  const std::string id = "henge_contract_history";
  EXPECT_TRUE(must(client->supervisor_history("henge_no_such")).empty());
  must(client->post_supervisor(JsonText{stream_spec(id, "PT5M")}, Audit{"henge", "first\nof two"}));
  must(client->post_supervisor(JsonText{stream_spec(id, "PT10M")}, Audit{"henge", "second"}));
  must(client->terminate_supervisor(id, Audit{"henge", "done"}));
  EXPECT_EQ(must_fail(client->terminate_supervisor(id, {})).kind, ErrorKind::not_found);
  const auto history = must(client->supervisor_history(id));
  ASSERT_GE(history.size(), 3U);
  EXPECT_TRUE(history[0].tombstone);
  EXPECT_FALSE(history[1].tombstone);
  EXPECT_NE(history[1].spec.text.find("PT600S"), std::string::npos);
  EXPECT_NE(history[2].spec.text.find("PT300S"), std::string::npos);
  EXPECT_GT(history[1].version, history[2].version);
}

TEST_F(DruidContract, ASampleSaysWhatBecomesOfRecords) {
  const auto spec = [](const std::string& type) {
    return fmt::format(
        R"({{"type":"{0}","spec":{{"type":"{0}","dataSchema":{{"dataSource":"x",)"
        R"("timestampSpec":{{"column":"ts","format":"iso"}},)"
        R"("dimensionsSpec":{{"dimensions":["user"]}},)"
        R"("metricsSpec":[{{"type":"count","name":"count"}}],)"
        R"("granularitySpec":{{"segmentGranularity":"HOUR","queryGranularity":"NONE",)"
        R"("rollup":false}}}},"ioConfig":{{"type":"{0}","inputSource":{{"type":"inline","data":)"
        R"("{{\"ts\":\"2026-01-05T01:10:00Z\",\"user\":\"a\"}}\n{{\"ts\":\"no\"}}\nxx"}},)"
        R"("inputFormat":{{"type":"json"}}}},"tuningConfig":{{"type":"{0}"}}}},)"
        R"("samplerConfig":{{"numRows":10,"timeoutMs":5000}}}})",
        type);
  };
  const auto sample = must(client->sample(JsonText{spec("index")}));
  EXPECT_EQ(sample.rows_read, 3);
  EXPECT_EQ(sample.rows_indexed, 1);
  EXPECT_EQ(sample.errors.size(), 2U);
  EXPECT_EQ(must_fail(client->sample(JsonText{spec("nope")})).kind, ErrorKind::invalid);
}

TEST_F(DruidContract, RulesAreSetAndTakenAway) {
  datasource = "henge_contract_rules";
  EXPECT_FALSE(must(client->all_rules()).contains(datasource));
  Rule load;
  load.type = "loadByPeriod";
  load.period = "P1M";
  load.include_future = false;
  load.replicants = {{"_default_tier", 2}};
  Rule none = load;  // to be kept, on no tier
  none.type = "loadByInterval";
  none.period = "";
  none.include_future = true;
  none.interval = january;
  none.replicants = {};
  Rule drop;
  drop.type = "dropForever";
  const std::vector<Rule> rules = {load, none, drop};
  must(client->set_rules(datasource, rules, Audit{"henge", "a test"}));
  const auto all = must(client->all_rules());
  ASSERT_TRUE(all.contains("_default"));
  ASSERT_TRUE(all.contains(datasource));
  EXPECT_EQ(all.at(datasource), rules);
  auto effective = must(client->rules(datasource));
  ASSERT_GT(effective.size(), rules.size());
  effective.resize(rules.size());
  EXPECT_EQ(effective, rules);
  must(client->set_rules(datasource, {}, Audit{"henge", "a test"}));
  EXPECT_FALSE(must(client->all_rules()).contains(datasource));
}

TEST_F(DruidContract, CompactionIsConfiguredAndTakenAway) {
  datasource = "henge_contract_compaction";
  must(client->set_compaction(datasource, JsonText{}, {}));  // nothing there: done
  EXPECT_FALSE(must(client->compaction_configs()).contains(datasource));
  const JsonText config{
      fmt::format(R"({{"dataSource":"{}","skipOffsetFromLatest":"P30D"}})", datasource)};
  must(client->set_compaction(datasource, config, Audit{"henge", "a test"}));
  const auto configs = must(client->compaction_configs());
  ASSERT_TRUE(configs.contains(datasource));
  EXPECT_NE(configs.at(datasource).text.find(R"("skipOffsetFromLatest":"P30D")"),
            std::string::npos);
  must(client->set_compaction(datasource, JsonText{}, Audit{"henge", "a test"}));
  EXPECT_FALSE(must(client->compaction_configs()).contains(datasource));
  EXPECT_EQ(must_fail(client->set_compaction(datasource, JsonText{"{}"}, {})).kind,
            ErrorKind::invalid);
}

TEST_F(DruidContract, TheLeaderHasAnAddress) {
  const std::string leader = must(client->overlord_leader());
  EXPECT_TRUE(leader.starts_with("http://") || leader.starts_with("https://")) << leader;
  EXPECT_EQ(must(client->overlord_leader()), leader);
}

TEST_F(DruidContract, NothingIsLockedWhereNothingRuns) {
  EXPECT_TRUE(must(client->locks({"henge_no_such", "henge_contract_nobody"})).empty());
}

// One task's segments as each of the bulk calls shows them: locked while it runs, then digested and
// listed, not listed once marked unused, and back again.
TEST_F(DruidContract, SegmentsAreDigestedListedAndMarkedUsedAgain) {
  datasource = "henge_contract_bulk_" + suffix;
  const std::string id = "henge.contract.bulk." + suffix;
  const std::string payload = append_task(
      id, R"({\"ts\":\"2026-01-05T01:10:00Z\",\"user\":\"a\"}\n{\"ts\":\"2026-01-05T02:20:00Z\"})");
  EXPECT_EQ(must(client->submit_task(JsonText{payload})), Submitted::accepted);
  std::vector<TaskLock> locked;
  bool listed_active = false;
  // The task needs a good part of a second: often enough, and not for ever.
  for (int look = 0; look < 2000 && locked.empty(); ++look) {
    for (const auto& task : must(client->active_tasks(""))) listed_active |= task.id == id;
    locked = must(client->locks({"henge_no_such", datasource}));
  }
  EXPECT_TRUE(listed_active);
  ASSERT_FALSE(locked.empty());
  EXPECT_EQ(locked[0].datasource, datasource);
  EXPECT_EQ(locked[0].type, LockType::append);
  EXPECT_EQ(locked[0].group_id, id);
  EXPECT_EQ(locked[0].priority, 50);
  EXPECT_FALSE(locked[0].revoked);
  EXPECT_LE(locked[0].interval.start, instant_of_ms(1'767'574'800'000));
  ASSERT_EQ(wait_for_task(id), TaskState::success);
  EXPECT_TRUE(eventually([&] { return must(client->locks({datasource})).empty(); }));

  auto segments = must(client->used_segments(datasource, {january}));
  ASSERT_EQ(segments.size(), 2U);
  std::ranges::sort(segments, {}, [](const Segment& segment) { return segment.interval; });
  EXPECT_TRUE(eventually([&] {
    const auto digests = must(client->segment_digests());
    const auto at = digests.find(datasource);
    return at != digests.end() && at->second.published == 2 && at->second.rows == 2 &&
           at->second.unavailable == 0;
  }));
  const SegmentDigest digest = must(client->segment_digests()).at(datasource);
  EXPECT_EQ(digest.overshadowed, 0);
  EXPECT_EQ(digest.realtime, 0);
  EXPECT_EQ(digest.size_bytes, segments[0].size_bytes + segments[1].size_bytes);
  EXPECT_EQ(digest.version_max, std::max(segments[0].version, segments[1].version));

  // The Coordinator's snapshot is up to a minute old.
  SegmentTable table;
  EXPECT_TRUE(eventually([&] {
    table = must(client->segments({"henge_no_such", datasource}));
    return table.size() == 2;
  }));
  EXPECT_EQ(table.datasources(), std::vector<std::string>{datasource});
  const auto rows = table.find(datasource);
  ASSERT_EQ(rows.size(), 2U);
  for (std::size_t at = 0; at < 2; ++at) {
    EXPECT_EQ(rows[at].interval, segments[at].interval);
    EXPECT_EQ(table.version(rows[at].version), segments[at].version);
    EXPECT_EQ(rows[at].size_bytes, segments[at].size_bytes);
    EXPECT_FALSE(rows[at].overshadowed);
    EXPECT_FALSE(rows[at].tombstone);
    EXPECT_EQ(table.shape(rows[at].shape), (SegmentShape{{"user"}, {"count"}}));
  }

  const Interval first = segments[0].interval;
  mark_unused(first);
  EXPECT_EQ(must(client->used_segments(datasource, {january})).size(), 1U);
  const auto unused = must(client->unused_segments(datasource, january));
  ASSERT_EQ(unused.size(), 1U);
  EXPECT_EQ(unused[0].id, segments[0].id);
  EXPECT_EQ(unused[0].interval, first);
  must(client->mark_used(datasource, first));
  must(client->mark_used(datasource, first));
  must(client->mark_used("henge_no_such", first));
  EXPECT_TRUE(must(client->unused_segments(datasource, january)).empty());
  EXPECT_EQ(must(client->used_segments(datasource, {january})).size(), 2U);
  mark_unused(january);
}

}  // namespace
}  // namespace henge::druid
