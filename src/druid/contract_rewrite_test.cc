// What happens to the rows of a chunk that is rewritten, and to those that are appended meanwhile:
// tried on a real Druid and on its twin alike, HENGE_TEST_DRUID_URL=http://127.0.0.1:8888 (the
// Router). Skipped without. Leaves unused segments and finished tasks behind.
#include <gtest/gtest.h>

#include <cstdlib>
#include <set>

#include "druid/client.h"
#include "runtime/clock.h"
#include "runtime/test_loop.h"

namespace henge::druid {
namespace {

using namespace std::chrono_literals;
using runtime::TestLoop;

const Instant one = instant_of_ms(1'767'574'800'000);  // 2026-01-05T01:00Z
const Interval first{one, one + 1h};
const Interval second{one + 1h, one + 2h};
const Interval third{one + 2h, one + 3h};
const Interval all{one, one + 3h};

// Rows by chunk.
using Counts = std::map<Instant, std::int64_t>;

class RewriteContract : public testing::Test {
 protected:
  void SetUp() override {
    const char* url = std::getenv("HENGE_TEST_DRUID_URL");
    if (url == nullptr) GTEST_SKIP() << "HENGE_TEST_DRUID_URL is not set";
    DruidOptions options;
    options.router_url = url;
    options.calls_per_s_max = 0;
    auto made = DruidClient::make(std::move(options));
    ASSERT_TRUE(made) << made.error().message;
    client = std::move(*made);
    const auto now = std::to_string(to_ms(runtime::SystemClock().now()));
    datasource = "henge_contract_rewrite_" + now;
  }

  template <typename T>
  T must(ports::Async<T> call) {
    auto result = loop.run(std::move(call), 180s);
    EXPECT_TRUE(result) << to_string(result.error().kind) << " " << result.error().message;
    return result ? std::move(*result) : T{};
  }
  void must(ports::Async<void> call) {
    auto result = loop.run(std::move(call), 180s);
    EXPECT_TRUE(result) << to_string(result.error().kind) << " " << result.error().message;
  }
  bool eventually(const std::function<bool()>& holds) {
    for (int round = 0; round < 1200; ++round) {
      if (holds()) return true;
      must(runtime::sleep_for(100ms));
    }
    return false;
  }

  // A row for each time.
  [[nodiscard]] std::string index_task(const std::string& name, const std::vector<Instant>& rows,
                                       const std::string& mode, const std::string& intervals = "",
                                       const std::string& tuning = "") const {
    std::string data;
    for (const Instant at : rows) data += fmt::format(R"({{\"ts\":\"{}\"}}\n)", to_iso(at));
    return fmt::format(
        R"({{"type":"index_parallel","id":"{0}.{1}","spec":{{"dataSchema":{{"dataSource":"{1}",)"
        R"("timestampSpec":{{"column":"ts","format":"iso"}},)"
        R"("dimensionsSpec":{{"dimensions":["user"]}},)"
        R"("metricsSpec":[{{"type":"count","name":"count"}}],)"
        R"("granularitySpec":{{"segmentGranularity":"HOUR","queryGranularity":"NONE",)"
        R"("rollup":false{3}}}}},"ioConfig":{{"type":"index_parallel",)"
        R"("inputSource":{{"type":"inline","data":"{2}"}},"inputFormat":{{"type":"json"}},{4}}},)"
        R"("tuningConfig":{{"type":"index_parallel",)"
        R"("partitionsSpec":{{"type":"dynamic"}}{5}}}}},)"
        R"("context":{{"useConcurrentLocks":true}}}})",
        name, datasource, data, intervals, mode, tuning);
  }
  [[nodiscard]] std::string append(const std::string& name,
                                   const std::vector<Instant>& rows) const {
    return index_task(name, rows, R"("appendToExisting":true)");
  }
  [[nodiscard]] std::string replace(const std::string& name, const std::vector<Instant>& rows,
                                    Interval interval) const {
    return index_task(name, rows, R"("appendToExisting":false,"dropExisting":true)",
                      fmt::format(R"(,"intervals":["{}"])", to_iso(interval)));
  }
  [[nodiscard]] std::string compact(const std::string& name, Interval interval) const {
    return fmt::format(
        R"({{"type":"compact","id":"{0}.{1}","dataSource":"{1}","ioConfig":{{"type":"compact",)"
        R"("inputSpec":{{"type":"interval","interval":"{2}"}}}},)"
        R"("granularitySpec":{{"segmentGranularity":"HOUR"}},)"
        R"("metricsSpec":[{{"type":"longSum","name":"count","fieldName":"count"}}],)"
        R"("context":{{"useConcurrentLocks":true}}}})",
        name, datasource, to_iso(interval));
  }
  std::string submit(const std::string& payload) {
    EXPECT_EQ(must(client->submit_task(JsonText{payload})), Submitted::accepted);
    const auto from = payload.find("\"id\":\"") + 6;
    return payload.substr(from, payload.find('"', from) - from);
  }
  TaskStatus ended(const std::string& id) {
    TaskStatus status;
    EXPECT_TRUE(eventually([&] {
      status = must(client->task_statuses({id})).at(id);
      return status.state == TaskState::success || status.state == TaskState::failed;
    }));
    return status;
  }

  Counts counted() {
    Counts out;
    for (const auto& row :
         must(client->rows_by_segment(datasource, "count", Granularity::hour, {all})))
      out[row.chunk] += row.rows;
    return out;
  }
  bool becomes(const Counts& expected) {
    const bool came = eventually([&] { return counted() == expected; });
    if (!came) EXPECT_EQ(counted(), expected);
    return came;
  }
  std::vector<Segment> used(Interval interval) {
    auto out = must(client->used_segments(datasource, {interval}));
    std::ranges::sort(out, {}, [](const Segment& s) { return std::pair(s.version, s.partition); });
    return out;
  }

  TestLoop loop;
  std::string datasource;
  std::unique_ptr<DruidClient> client;
};

TEST_F(RewriteContract, AReplaceHidesWhatWasThereChunkByChunkAndLeavesTombstones) {
  ended(submit(append("a", {one, one, one, one + 1h})));
  ASSERT_TRUE(becomes({{one, 3}, {one + 1h, 1}}));
  submit(replace("r", {one}, all));
  std::set<std::int64_t> seen;
  std::set<std::int64_t> seen_after;
  EXPECT_TRUE(eventually([&] {
    Counts now = counted();
    seen.insert(now[one]);
    seen_after.insert(now[one + 1h]);
    return now[one] == 1 && now[one + 1h] == 0;
  }));
  EXPECT_EQ(seen, (std::set<std::int64_t>{1, 3})) << "nothing in between";
  EXPECT_EQ(seen_after, (std::set<std::int64_t>{0, 1}));
  const auto versions = used(first);
  ASSERT_EQ(versions.size(), 2U) << "the overshadowed one stays used for a while";
  EXPECT_LT(versions[0].version, versions[1].version);
  EXPECT_FALSE(versions[1].tombstone);
  EXPECT_TRUE(used(second).back().tombstone);
  EXPECT_TRUE(used(third).empty()) << "where nothing was there is no tombstone";

  ended(submit(append("late", {one, one + 1h, one + 2h})));
  EXPECT_TRUE(becomes({{one, 2}, {one + 1h, 1}, {one + 2h, 1}}));
  EXPECT_EQ(used(first).back().version, versions[1].version) << "into the version that is there";
  EXPECT_EQ(used(first).back().partition, 1);
  EXPECT_EQ(used(second).back().partition, 1);
  EXPECT_EQ(used(third).back().version, "1970-01-01T00:00:00.000Z");
}

TEST_F(RewriteContract, AReplaceWithoutRowsEmptiesItsInterval) {
  ended(submit(append("a", {one, one + 1h})));
  ASSERT_TRUE(becomes({{one, 1}, {one + 1h, 1}}));
  EXPECT_EQ(ended(submit(replace("r", {one + 2h}, first))).state, TaskState::success);
  EXPECT_TRUE(becomes({{one + 1h, 1}}));
  EXPECT_TRUE(used(first).back().tombstone);
}

TEST_F(RewriteContract, AppendsBesideACompactionAreNeitherLostNorDoubled) {
  ended(submit(append("a", {one, one, one})));
  ASSERT_TRUE(becomes({{one, 3}}));
  for (int round = 0; round < 3; ++round) {
    const auto compaction = submit(compact(fmt::format("c{}", round), first));
    must(runtime::sleep_for(Millis(150 * round)));
    const auto beside = submit(append(fmt::format("b{}", round), {one}));
    std::set<std::int64_t> seen;
    const auto look = [&] { seen.insert(counted()[one]); };
    EXPECT_TRUE(eventually([&] {
      look();
      const auto states = must(client->task_statuses({compaction, beside}));
      return states.at(compaction).state == TaskState::success &&
             states.at(beside).state == TaskState::success;
    }));
    EXPECT_TRUE(eventually([&] {
      look();
      return counted()[one] == 4 + round;
    }));
    for (int i = 0; i < 30; ++i) look();
    EXPECT_EQ(seen, (std::set<std::int64_t>{3 + round, 4 + round}));
  }
}

TEST_F(RewriteContract, WhatIsNotThereCannotBeCompacted) {
  ended(submit(append("a", {one})));
  const auto status = ended(submit(compact("c", third)));
  EXPECT_EQ(status.state, TaskState::failed);
  EXPECT_NE(status.error, "");
  EXPECT_TRUE(used(third).empty());
}

TEST_F(RewriteContract, TwoCompactionsOfAChunkRunOneAfterTheOther) {
  ended(submit(append("a", {one, one})));
  ASSERT_TRUE(becomes({{one, 2}}));
  const auto earlier = submit(compact("c1", first));
  const auto later = submit(compact("c2", first));
  bool waited = false;
  std::vector<TaskLock> locks;
  EXPECT_TRUE(eventually([&] {
    for (const auto& task : must(client->active_tasks(datasource)))
      waited = waited || (task.id == later && task.state == TaskState::waiting);
    if (locks.empty()) locks = must(client->locks({datasource}));
    return must(client->task_statuses({later})).at(later).state == TaskState::success;
  }));
  EXPECT_TRUE(waited);
  ASSERT_FALSE(locks.empty());
  EXPECT_EQ(locks[0].type, LockType::replace);
  EXPECT_EQ(locks[0].group_id, earlier);
  EXPECT_EQ(locks[0].priority, 25);
  EXPECT_EQ(locks[0].interval, first);
  EXPECT_EQ(must(client->task_statuses({earlier})).at(earlier).state, TaskState::success);
  EXPECT_TRUE(becomes({{one, 2}}));
  EXPECT_GT(used(first).back().version, locks[0].version);
}

TEST_F(RewriteContract, RowsOutsideTheIntervalsAreThrownAway) {
  const auto id = submit(index_task("a", {one, one + 1h, one + 2h}, R"("appendToExisting":true)",
                                    fmt::format(R"(,"intervals":["{}"])", to_iso(first))));
  EXPECT_EQ(ended(id).state, TaskState::success);
  const auto report = must(client->task_report(id));
  ASSERT_TRUE(report);
  EXPECT_EQ(report->processed, 1);
  EXPECT_EQ(report->thrown_away, 2);
  EXPECT_TRUE(becomes({{one, 1}}));
}

TEST_F(RewriteContract, ShutDownWhileItWaitsForReplicasATaskIsFailedAndItsRowsAreThere) {
  Rule rule;
  rule.type = "loadForever";
  rule.replicants = {{"_default_tier", 2}};  // of one historical
  must(client->set_rules(datasource, {rule}, {}));
  const auto id = submit(index_task("a", {one}, R"("appendToExisting":true)", "",
                                    R"(,"awaitSegmentAvailabilityTimeoutMillis":600000)"));
  EXPECT_TRUE(eventually([&] { return !used(first).empty(); }));
  ASSERT_TRUE(becomes({{one, 1}}));
  EXPECT_EQ(must(client->task_statuses({id})).at(id).state, TaskState::running);
  must(client->shutdown_task(id));
  const auto status = ended(id);
  EXPECT_EQ(status.state, TaskState::failed);
  EXPECT_EQ(must(client->task_report(id)), std::nullopt);
  EXPECT_EQ(used(first).size(), 1U);
  EXPECT_TRUE(becomes({{one, 1}}));
  must(client->shutdown_task(id));
  must(client->set_rules(datasource, {}, {}));
}

TEST_F(RewriteContract, MistakesBeyondTheAllowanceFailATaskWithoutARow) {
  std::string payload =
      index_task("a", {one}, R"("appendToExisting":true)", "", R"(,"maxParseExceptions":0)");
  payload.replace(payload.find(R"(\n")"), 2, R"(\nxx\n)");
  const auto status = ended(submit(payload));
  EXPECT_EQ(status.state, TaskState::failed);
  EXPECT_NE(status.error, "");
  EXPECT_TRUE(used(all).empty());
}

}  // namespace
}  // namespace henge::druid
