// SQL that runs as a task, tried on Druid's twin, and on a real Druid that has MSQ:
// HENGE_TEST_DRUID_URL=http://127.0.0.1:8888 (the Router). Skipped without, and where MSQ is not
// there: no real one was tried yet. Leaves a datasource of one hour behind.
#include <gtest/gtest.h>

#include <cstdlib>

#include "druid/client.h"
#include "runtime/clock.h"
#include "runtime/test_loop.h"

namespace henge::druid {
namespace {

using namespace std::chrono_literals;
using ports::Submitted;
using ports::TaskState;
using runtime::TestLoop;

const Interval an_hour{instant_of_ms(1'767'574'800'000), instant_of_ms(1'767'578'400'000)};

class QueryContract : public testing::Test {
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
    if (!must(client->runs_query_tasks())) GTEST_SKIP() << "this Druid has no MSQ";
    const auto now = std::to_string(to_ms(runtime::SystemClock().now()));
    datasource = "henge_contract_query_" + now;
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

  [[nodiscard]] std::string task() const { return "query-" + datasource; }
  // The hour's rows are these lines. Of the form that spec/render_msq.h has.
  [[nodiscard]] JsonText replacement(const std::string& lines) const {
    constexpr const char* range =
        "{0} >= TIMESTAMP '2026-01-05 01:00:00' AND {0} < TIMESTAMP '2026-01-05 02:00:00'";
    const std::string sql = fmt::format(
        R"(REPLACE INTO \"{}\" OVERWRITE WHERE ({}) )"
        R"(SELECT TIME_FLOOR(TIME_PARSE(\"ts\"), 'PT1M') AS \"__time\", \"user\", )"
        R"(COUNT(*) AS \"count\" FROM TABLE(EXTERN('{}', '{}', '{}')) )"
        R"(WHERE (({}) OR TIME_PARSE(\"ts\") IS NULL) GROUP BY 1, 2 )"
        R"(PARTITIONED BY TIME_FLOOR(__time, 'PT1H') CLUSTERED BY \"user\")",
        datasource, fmt::format(range, "__time"),
        fmt::format(R"({{\"type\":\"inline\",\"data\":\"{}\"}})", lines), R"({\"type\":\"json\"})",
        R"([{\"name\":\"ts\",\"type\":\"string\"},{\"name\":\"user\",\"type\":\"string\"}])",
        fmt::format(range, R"(TIME_PARSE(\"ts\"))"));
    return {fmt::format(
        R"({{"context":{{"finalizeAggregations":false,"groupByEnableMultiValueUnnesting":false,)"
        R"("maxNumTasks":2,"maxParseExceptions":0,"sqlQueryId":"{}","sqlTimeZone":"UTC",)"
        R"("useConcurrentLocks":true}},"query":"{}"}})",
        datasource, sql)};
  }
  [[nodiscard]] static std::string row(Instant at, const std::string& user) {
    return fmt::format(R"({{\\\"ts\\\":\\\"{}\\\",\\\"user\\\":\\\"{}\\\"}}\\n)", to_iso(at), user);
  }
  TaskState end_of_task() {
    TaskState state = TaskState::running;
    EXPECT_TRUE(eventually([&] {
      const auto statuses = must(client->task_statuses({task()}));
      if (statuses.contains(task())) state = statuses.at(task()).state;
      return state == TaskState::success || state == TaskState::failed;
    }));
    return state;
  }
  std::int64_t rows() {
    std::int64_t sum = 0;
    for (const auto& one :
         must(client->rows_by_segment(datasource, "count", Granularity::hour, {an_hour})))
      sum += one.rows;
    return sum;
  }

  TestLoop loop;
  std::string datasource;
  std::unique_ptr<DruidClient> client;
};

TEST_F(QueryContract, AReplacementRunsOnceUnderItsNameAndItsRowsAreCounted) {
  const Instant at = an_hour.start;
  const JsonText query = replacement(row(at, "a") + row(at, "a") + row(at + 1min, "it''s") +
                                     row(at - 1min, "before") + row(an_hour.end, "after"));
  EXPECT_EQ(must(client->submit_query(query)), Submitted::accepted);
  EXPECT_EQ(must(client->submit_query(query)), Submitted::already_exists);
  bool seen = false;
  EXPECT_EQ(
      [&] {
        for (const auto& one : must(client->active_tasks(datasource)))
          seen = seen || (one.id == task() && one.type == "query_controller");
        return end_of_task();
      }(),
      TaskState::success);
  EXPECT_TRUE(seen);
  EXPECT_EQ(must(client->submit_query(query)), Submitted::already_exists) << "also when it is over";
  EXPECT_TRUE(eventually([&] { return rows() == 3; })) << "those of the hour, rolled up or not";
}

TEST_F(QueryContract, ARowWithoutATimeMakesItFailAndNothingIsReplaced) {
  ASSERT_EQ(
      must(client->submit_query(replacement(
          row(an_hour.start, "a") + R"({\\\"ts\\\":\\\"never\\\",\\\"user\\\":\\\"b\\\"}\\n)"))),
      Submitted::accepted);
  EXPECT_EQ(end_of_task(), TaskState::failed);
  EXPECT_EQ(rows(), 0);
}

TEST_F(QueryContract, AStatementThatIsNoneIsRefused) {
  const auto refused = loop.run(
      client->submit_query(
          {fmt::format(R"({{"context":{{"sqlQueryId":"{}"}},"query":"REPLACE x"}})", datasource)}),
      180s);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::invalid) << refused.error().message;
  EXPECT_TRUE(must(client->task_statuses({task()})).empty());
}

}  // namespace
}  // namespace henge::druid
