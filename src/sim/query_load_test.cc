// Loads by MSQ from end to end: asked for, routed, sent over HTTP to Druid's twin, which takes the
// statement apart by itself, and counted. No real Druid ran them (docs/msq.md).
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <fstream>
#include <iterator>

#include "daemon/load_request.h"
#include "daemon/shell_fixture.h"
#include "daemon/supervisor_change.h"
#include "druid/client.h"
#include "runtime/http_server.h"
#include "sim/druid_http.h"
#include "sim/druid_over.h"
#include "sim/twin_impl.h"
#include "spec/render_supervisor.h"

namespace henge::sim {
namespace {

using ledger::LoadEnd;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::StartsWith;

const char* const document = R"(apiVersion: henge/v1
kind: Pipeline
metadata: {name: clicks}
spec:
  datasource: ds
  schema:
    timestamp: {column: ts, format: auto}
    dimensions: [id, page]
    rollup: true
    queryGranularity: MINUTE
    segmentGranularity: HOUR
    filter: {type: not, field: {type: selector, dimension: page, value: "it's a bot"}}
  stream:
    topic: clicks
    consumerProperties: {bootstrap.servers: "127.0.0.1:1"}
    inputFormat: {type: json}
  batch:
    replacePartitionsSpec: {type: range, partitionDimensions: [id], targetRowsPerSegment: 1000000}
  lateness: PT1H
)";

class QuietScan : public ports::TopicScan {
 public:
  void acknowledge() override {}
};

// The answer to the first query is lost on its way.
class Lossy : public DruidOver {
 public:
  using DruidOver::DruidOver;
  bool lose = false;
  int sent = 0;
  ports::Async<Submitted> submit_query(JsonText request) override {
    ++sent;
    auto answer = co_await DruidOver::submit_query(std::move(request));
    if (std::exchange(lose, false))
      co_return fail(ErrorKind::unknown_outcome, "the answer is lost");
    co_return answer;
  }
};

class QueryLoads : public daemon::ShellTest {
 protected:
  QueryLoads() : ShellTest("query-loads") {
    clock.at = *parse_instant("2026-03-03T12:00:00Z");
    kafka.create_topic("clicks", 1, TimestampType::log_append_time);
    twin.advance(clock.at);
    const auto port = server.listen_tcp("127.0.0.1", 0);
    druid::DruidOptions options;
    options.router_url = fmt::format("http://127.0.0.1:{}", port.value());
    options.calls_per_s_max = 0;
    client = druid::DruidClient::make(std::move(options)).value();
    druid.emplace(*client);
    settings.route.msq = true;
    settings.route.msq_rows_min = 100;
    settings.route.sub_task_rows = 60;
    open_shell(*druid, [](const Pipeline&, const ports::TopicScanStart&,
                          const ports::TopicScanEvents& events) {
      events.on_partitions(1);
      return Result<std::unique_ptr<ports::TopicScan>>(std::make_unique<QuietScan>());
    });
    ledger::ScanAdvanced scanned;
    scan::PartitionProgress progress;
    progress.arrival_max = progress.arrival_floor = clock.at + hours(1);
    scanned.batch.partitions.push_back(progress);
    append({ledger::PipelineDeclared{1, document, "f", "", "c0ffee00"},
            ledger::SupervisorPosted{1, "created"}, ledger::SupervisorProven{1},
            std::move(scanned)});
    const Pipeline pipeline = *daemon::pipeline_of(state(), "clicks");
    EXPECT_TRUE(wait(client->post_supervisor(*spec::render_supervisor(pipeline), {})));
    engine.emplace(*shell);
    engine->start();
    settle();
  }
  ~QueryLoads() override {
    client->stop();
    bool stopped = false;
    spawn([&]() -> boost::asio::awaitable<void> {
      co_await server.stop();
      stopped = true;
    });
    until([&] { return stopped; });
    close_shell();
  }

  void until(const std::function<bool()>& holds) {
    io.restart();
    while (!holds()) ASSERT_GT(io.run_one_for(seconds(10)), 0u) << "something waits for ever";
  }
  void settle() {
    until([&] { return tasks->running() == 0; });
  }
  template <typename T>
  Result<T> wait(runtime::Async<T> call) {
    std::optional<Result<T>> answer;
    boost::asio::co_spawn(io, std::move(call), [&](const std::exception_ptr&, Result<T> value) {
      answer.emplace(std::move(value));
    });
    until([&] { return answer.has_value(); });
    return std::move(*answer);
  }
  // Rounds, two seconds each, until it holds.
  bool eventually(const std::function<bool()>& holds) {
    for (int round = 0; round < 100 && !holds(); ++round) {
      clock.at += seconds(2);
      bool over = false;
      spawn([&]() -> boost::asio::awaitable<void> {
        co_await engine->round();
        over = true;
      });
      until([&] { return over; });
      settle();
    }
    return holds();
  }

  static Instant hour(int number) { return *parse_instant("2026-03-01T00:00Z") + hours(number); }
  // Two hours of rows, each a time in another form; every tenth is a bot's, every eleventh of
  // another day.
  std::string file(const std::string& name, int rows) {
    std::ofstream out(folder / name);
    for (int i = 0; i < rows; ++i) {
      Instant at = hour(i % 2) + minutes(i % 60);
      if (i % 11 == 10) at += hours(24);
      const std::string time = i % 3 == 0   ? std::to_string(to_ms(at))
                               : i % 3 == 1 ? '"' + to_iso(at) + '"'
                                            : '"' + std::to_string(to_ms(at)) + '"';
      out << fmt::format(R"({{"ts":{},"id":"row {}","page":"{}"}})", time, i,
                         i % 10 == 9 ? "it's a bot" : "home")
          << "\n";
    }
    return (folder / name).string();
  }
  static LoadRequest replacement(std::vector<std::string> sources) {
    LoadRequest request;
    request.pipeline = "clicks";
    request.interval = {hour(0), hour(2)};
    request.mode = LoadMode::replace;
    request.sources = std::move(sources);
    return request;
  }
  Result<daemon::LoadAsked> ask(LoadRequest request,
                                daemon::LoadTrial trial = daemon::LoadTrial::record) {
    return wait(daemon::ask_load(*shell, std::move(request), trial));
  }
  const ledger::LoadState& load() { return state().loads.at("load-000001"); }
  std::vector<std::string> tasks_of(const std::string& type) {
    std::vector<std::string> out;
    for (const auto& [id, task] : twin.impl().queue.all())
      if (task.type == type) out.push_back(id);
    return out;
  }

  static TwinSettings twin_settings() {
    TwinSettings settings;
    settings.msq = true;
    settings.fetch = [](const std::string& path) -> Result<std::string> {
      std::ifstream in(path);
      if (!in) return fail(ErrorKind::not_found, path);
      return std::string(std::istreambuf_iterator<char>(in), {});
    };
    return settings;
  }

  KafkaTwin kafka;
  DruidTwin twin{kafka, twin_settings(), Random(7), *parse_instant("2026-03-03T11:00:00Z")};
  DruidHttp http{twin, [this] { return clock.at; }};
  runtime::HttpServer server{io.get_executor(), http.routes(), {}};
  std::unique_ptr<druid::DruidClient> client;
  std::optional<Lossy> druid;
};

constexpr int rows_each = 440;

TEST_F(QueryLoads, IsSentAsSqlOnceAndCounted) {
  const auto asked = ask(replacement({file("a.json", rows_each), file("b.json", rows_each)}));
  ASSERT_TRUE(asked) << asked.error().message;
  EXPECT_EQ(asked->routed.engine, "msq");
  EXPECT_EQ(asked->routed.sub_tasks, 2) << "one a file";
  const std::string task = "query-henge_clicks_load_c0ffee00_000001_1_1";
  ASSERT_TRUE(eventually([&] { return tasks_of("query_worker").size() == 2; }));
  EXPECT_THAT(tasks_of("query_controller"), testing::ElementsAre(task));
  // Its tasks and its locks are henge's: they keep no other load away.
  LoadRequest other = replacement({(folder / "a.json").string()});
  other.interval = {hour(24), hour(26)};
  const auto beside = ask(other, daemon::LoadTrial::dry_run);
  EXPECT_TRUE(beside) << beside.error().message;
  ASSERT_TRUE(eventually([&] { return !load().open(); }));
  EXPECT_EQ(load().end, LoadEnd::counted) << load().error;
  const auto expected = load().intent.content.rows.accepted;
  EXPECT_EQ(expected, 2 * 360) << "neither bots nor rows of another day";
  EXPECT_EQ(std::ssize(twin.stored_rows("ds")), expected);
  EXPECT_EQ(load().parts.front().attempt, 1);
  EXPECT_EQ(druid->sent, 1);
  EXPECT_THAT(tasks_of("index_parallel"), testing::IsEmpty());
}

TEST_F(QueryLoads, TwiceIsTheSameAsOnce) {
  ASSERT_TRUE(ask(replacement({file("a.json", rows_each)})));
  druid->lose = true;
  ASSERT_TRUE(eventually([&] { return druid->sent > 0; }));
  // As somebody sends it again who does not know of the first.
  const std::string task = load().parts.front().task_id;
  const auto again = wait(client->submit_query(*twin.task_payload(task)));
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(*again, Submitted::already_exists);
  ASSERT_TRUE(eventually([&] { return !load().open(); }));
  EXPECT_EQ(load().end, LoadEnd::counted) << load().error;
  EXPECT_EQ(tasks_of("query_controller").size(), 1U) << "and it ran once";
  EXPECT_EQ(std::ssize(twin.stored_rows("ds")), load().intent.content.rows.accepted);
}

TEST_F(QueryLoads, OneThatFailsIsCountedAndGoesByIndexParallel) {
  ASSERT_TRUE(ask(replacement({file("a.json", rows_each)})));
  twin.faults().batch_fails_before_publish.next = 1;
  ASSERT_TRUE(eventually([&] { return !load().open(); }));
  EXPECT_EQ(load().end, LoadEnd::counted) << load().error;
  EXPECT_EQ(load().parts.front().attempt, 2);
  EXPECT_THAT(load().parts.front().task_id, StartsWith("henge_clicks_load_"));
  EXPECT_EQ(tasks_of("query_controller").size(), 1U);
  EXPECT_EQ(std::ssize(twin.stored_rows("ds")), load().intent.content.rows.accepted);
}

TEST_F(QueryLoads, FailedAfterItsRowsWereThereIsSeenByTheCount) {
  ASSERT_TRUE(ask(replacement({file("a.json", rows_each)})));
  twin.faults().batch_fails_after_publish.next = 1;
  ASSERT_TRUE(eventually([&] { return !load().open(); }));
  EXPECT_EQ(load().end, LoadEnd::counted) << load().error;
  EXPECT_EQ(load().parts.front().attempt, 1) << "no second attempt";
  EXPECT_EQ(std::ssize(twin.stored_rows("ds")), load().intent.content.rows.accepted);
}

TEST_F(QueryLoads, WithoutTheExtensionItGoesAsBefore) {
  twin.settings().msq = false;
  const auto asked = ask(replacement({file("a.json", rows_each)}));
  ASSERT_TRUE(asked) << asked.error().message;
  EXPECT_EQ(asked->routed.engine, "parallel");
  EXPECT_THAT(fmt::format("{}", fmt::join(asked->routed.reasons, "; ")),
              HasSubstr("the cluster does not run queries as tasks"));
  ASSERT_TRUE(eventually([&] { return !load().open(); }));
  EXPECT_EQ(load().end, LoadEnd::counted) << load().error;
}

TEST_F(QueryLoads, AnExtensionThatIsGoneMeanwhileIsNoLoss) {
  ASSERT_TRUE(ask(replacement({file("a.json", rows_each)})));
  twin.settings().msq = false;
  ASSERT_TRUE(eventually([&] { return !load().open(); }));
  EXPECT_EQ(load().end, LoadEnd::failed);
  EXPECT_THAT(load().error, HasSubstr("404"));
  ASSERT_TRUE(daemon::retry_load(*shell, "clicks", "load-000001", "a person", ""));
  ASSERT_TRUE(eventually([&] { return !load().open(); }));
  EXPECT_EQ(load().end, LoadEnd::counted) << "by index_parallel: " << load().error;
}

TEST_F(QueryLoads, IsNotAskedForWhereItIsOff) {
  settings.route.msq = false;
  const auto asked = ask(replacement({file("a.json", rows_each)}));
  ASSERT_TRUE(asked) << asked.error().message;
  EXPECT_EQ(asked->routed.engine, "parallel");
  EXPECT_THAT(fmt::format("{}", fmt::join(asked->routed.reasons, "; ")), HasSubstr("`never`"));
}

}  // namespace
}  // namespace henge::sim
