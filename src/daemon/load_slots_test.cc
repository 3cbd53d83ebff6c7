// Loads of a running henge and the slots that they take: as the router split them, as many at once
// as the budget, the workers and deep storage bear, the urgent ones first.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>

#include "daemon/fake_druid.h"
#include "daemon/load_request.h"
#include "daemon/load_sources.h"
#include "daemon/shell_fixture.h"
#include "daemon/storage_probe.h"
#include "daemon/supervisor_change.h"
#include "runtime/http_server.h"

namespace henge::daemon {
namespace {

using ledger::PartPhase;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

class QuietScan : public ports::TopicScan {
 public:
  void acknowledge() override {}
};

class CountedWorkers : public FakeDruid {
 public:
  Workers seen{100, 0, 1};
  ports::Async<Workers> workers() override { co_return seen; }
};

using ServerAnswer = boost::asio::awaitable<runtime::ServerResponse>;

class LoadSlots : public ShellTest {
 protected:
  // What is seen of the place that is configured.
  route::StorageSight probed(const LoadsConfig& config) {
    std::optional<Result<route::StorageSight>> seen;
    const auto probe = storage_probe(config, pool);
    spawn([&]() -> boost::asio::awaitable<void> { seen = co_await probe(); });
    io.restart();
    while (!seen && io.run_one_for(seconds(10)) > 0) {
    }
    if (seen && *seen) return **seen;
    ADD_FAILURE() << (seen ? seen->error().message : "no answer");
    return {};
  }
  LoadSlots() : ShellTest("slots") {
    clock.at = *parse_instant("2026-03-03T12:00:00Z");
    settings.route.budget.slots_max = settings.route.budget.datasource_max = 2;
    auto open = [](const Pipeline&, const ports::TopicScanStart&,
                   const ports::TopicScanEvents& events) {
      events.on_partitions(1);
      return Result<std::unique_ptr<ports::TopicScan>>(std::make_unique<QuietScan>());
    };
    open_shell(druid, open);
    engine.emplace(*shell);
    ledger::ScanAdvanced scanned;
    scan::PartitionProgress progress;
    progress.arrival_max = progress.arrival_floor = clock.at;
    scanned.batch.partitions.push_back(progress);
    append({ledger::PipelineDeclared{1, clicks_document, "f", "", "c0ffee00"},
            ledger::SupervisorPosted{1, "created"}, std::move(scanned)});
    druid.status.partitions = 1;
    druid.status.state = "RUNNING";
    engine->start();
    run_tasks();
  }
  ~LoadSlots() override { close_shell(); }

  static Instant hour(int number) { return *parse_instant("2026-03-01T00:00Z") - hours(number); }
  static std::string name(int number) { return fmt::format("load-{:06}", number); }

  // One row of one hour of history.
  void accept(std::optional<Instant> deadline = {}, std::int64_t priority = 0) {
    const int number = ++loads;
    const Pipeline pipeline = *pipeline_of(state(), "clicks");
    ledger::LoadRequested event;
    event.number = number;
    event.load = name(number);
    event.request.pipeline = "clicks";
    event.request.interval = {hour(number), hour(number) + hours(1)};
    event.request.inline_rows =
        fmt::format("{{\"ts\":\"{}\",\"id\":\"a\"}}\n", to_iso(hour(number)));
    event.request.deadline = deadline;
    event.request.priority = priority;
    event.content = read_inline(pipeline, event.request, {hour(number)}).value();
    event.fingerprint = event.key = load_fingerprint(event.request, event.content);
    event.parts = {make_part(event.content, {hour(number)})};
    append({std::move(event), ledger::LoadRouted{name(number), "concurrent_append", "", {}}});
  }
  std::vector<int> under_way() {
    std::vector<int> out;
    for (int number = 1; number <= loads; ++number) {
      const PartPhase phase = state().loads.at(name(number)).parts.front().phase;
      if (phase == PartPhase::intended || phase == PartPhase::accepted) out.push_back(number);
    }
    return out;
  }
  void finish(int number) {
    const auto& part = state().loads.at(name(number)).parts.front();
    druid.finish(part.task_id, TaskState::success);
    druid.published[hour(number)] = {1};
  }
  std::string wait_of(int number) {
    const auto& waits = engine->find_runner("clicks")->loader().waits();
    const auto known = waits.find(name(number));
    return known == waits.end() ? "" : known->second;
  }
  Result<LoadAsked> ask(LoadRequest request, LoadTrial trial = LoadTrial::record) {
    std::optional<Result<LoadAsked>> answer;
    spawn([&]() -> boost::asio::awaitable<void> {
      answer = co_await ask_load(*shell, request, trial);
    });
    io.restart();
    while (!answer && io.run_one_for(seconds(10)) > 0) {
    }
    return std::move(*answer);
  }

  CountedWorkers druid;
  int loads = 0;
};

TEST_F(LoadSlots, NoMoreAtOnceThanTheBudgetAndTheUrgentOnesFirst) {
  for (int i = 0; i < 4; ++i) accept();
  accept(clock.at + minutes(5));
  accept(clock.at + minutes(4));
  rounds(4);
  EXPECT_THAT(under_way(), ElementsAre(5, 6)) << "those with deadlines";
  EXPECT_THAT(wait_of(1), HasSubstr("other loads go first; a start is expected"));
  rounds(4);
  EXPECT_THAT(under_way(), ElementsAre(5, 6)) << "and no more while they run";
  finish(5);
  rounds(4);
  EXPECT_THAT(under_way(), ElementsAre(1, 6)) << "then the oldest";
  for (int left = 0; left < 12; ++left) {
    for (const int number : under_way()) finish(number);
    rounds(4);
    EXPECT_LE(under_way().size(), 2u);
  }
  for (int number = 1; number <= loads; ++number)
    EXPECT_EQ(state().loads.at(name(number)).end, ledger::LoadEnd::counted) << number;
}

TEST_F(LoadSlots, WorkersThatAreBusyBoundIt) {
  druid.seen = {4, 3, 1};
  for (int i = 0; i < 3; ++i) accept();
  rounds(5);
  EXPECT_THAT(under_way(), ElementsAre(1));
  druid.seen = {4, 1, 1};
  rounds(20);
  EXPECT_THAT(under_way(), ElementsAre(1, 2)) << "the budget's";
}

TEST_F(LoadSlots, HowLongATaskRanIsKept) {
  accept();
  rounds(4);
  EXPECT_EQ(state().loads.at(name(1)).parts.front().ran, std::nullopt);
  clock.at += seconds(50);
  finish(1);
  rounds(1);
  const auto ran = state().loads.at(name(1)).parts.front().ran;
  ASSERT_TRUE(ran);
  EXPECT_GE(*ran, seconds(50));
  EXPECT_LE(*ran, seconds(60));
}

TEST_F(LoadSlots, ALoadThatIsAskedForLooksAtDeepStorage) {
  int looks = 0;
  shell->probe_storage = [&looks]() -> runtime::Async<route::StorageSight> {
    ++looks;
    co_return route::StorageSight{"/deep", "no such folder"};
  };
  LoadRequest request;
  request.pipeline = "clicks";
  request.interval = {hour(1), hour(1) + hours(1)};
  request.inline_rows = fmt::format("{{\"ts\":\"{}\",\"id\":\"a\"}}\n", to_iso(hour(1)));
  const auto asked = ask(request);
  ASSERT_TRUE(asked) << asked.error().message;
  EXPECT_EQ(looks, 1);
  EXPECT_THAT(asked->routed.reasons, Contains(HasSubstr("/deep: no such folder")));
}

TEST_F(LoadSlots, RoundsMayBeFarApart) {
  accept();
  for (int i = 0; i < 6; ++i) {
    rounds(1);
    clock.at += minutes(3);
  }
  EXPECT_THAT(under_way(), ElementsAre(1)) << wait_of(1);
}

TEST_F(LoadSlots, AWideTaskTakesItsSlotsWhole) {
  settings.route.budget.slots_max = settings.route.budget.datasource_max = 4;
  for (int i = 0; i < 3; ++i) accept();
  ledger::LoadRouted wide{name(1), "concurrent_append", "", {}};
  wide.engine = "parallel";
  wide.sub_tasks = 2;
  wide.parts = {{minutes(1), {}}};
  append({wide});
  rounds(4);
  EXPECT_THAT(under_way(), ElementsAre(1, 2)) << "three slots and one: the third waits";
  EXPECT_THAT(druid.submitted, testing::SizeIs(2));
}

TEST_F(LoadSlots, WhileDeepStorageFailsNothingStarts) {
  std::string error = "no such folder";
  shell->probe_storage = [&error]() -> runtime::Async<route::StorageSight> {
    co_return route::StorageSight{"/deep", error};
  };
  accept();
  rounds(6);
  EXPECT_TRUE(under_way().empty());
  EXPECT_EQ(wait_of(1), "deep storage fails, no task could publish: /deep: no such folder");
  EXPECT_TRUE(troubles.all().contains("deep storage"));
  error.clear();
  rounds(12);
  EXPECT_THAT(under_way(), ElementsAre(1));
  EXPECT_FALSE(troubles.all().contains("deep storage"));
}

TEST_F(LoadSlots, ALoadIsSplitAndTimedAsTheRouterSaysAndTheLedgerKeepsIt) {
  settings.route.task_chunks_max = 2;
  for (int number = 1; number <= 5; ++number) {
    std::ofstream out(folder / (to_short_iso(hour(number)) + ".json"));
    out << fmt::format("{{\"ts\":\"{}\",\"id\":\"a\"}}\n", to_iso(hour(number)));
  }
  LoadRequest request;
  request.pipeline = "clicks";
  request.interval = {hour(5), hour(0)};
  request.sources = {(folder / "{chunk}.json").string()};
  request.deadline = clock.at + seconds(20);
  const auto asked = ask(request);
  ASSERT_TRUE(asked) << asked.error().message;
  ASSERT_THAT(asked->parts, testing::SizeIs(3));
  EXPECT_THAT(asked->parts[0].chunks, ElementsAre(hour(5), hour(4)));
  EXPECT_THAT(asked->parts[2].chunks, ElementsAre(hour(1)));
  EXPECT_THAT(asked->parts[0].files, testing::SizeIs(2));
  EXPECT_EQ(asked->routed.engine, "single");
  EXPECT_FALSE(asked->routed.in_time) << "a task takes half a minute";
  EXPECT_THAT(asked->notes, Contains(HasSubstr("after the deadline")));
  const ledger::LoadState& load = state().loads.at(asked->load);
  ASSERT_TRUE(load.route);
  EXPECT_EQ(*load.route, asked->routed);
  ASSERT_THAT(load.route->parts, testing::SizeIs(3));
  EXPECT_EQ(load.route->parts[0].duration, settings.route.task_overhead);
  EXPECT_TRUE(load.route->finish);
}

TEST_F(LoadSlots, WhatADeadlineNeedsIsSaidWhenItIsMetToo) {
  LoadRequest request;
  request.pipeline = "clicks";
  request.interval = {hour(1), hour(0)};
  request.inline_rows = fmt::format("{{\"ts\":\"{}\",\"id\":\"a\"}}\n", to_iso(hour(1)));
  request.deadline = clock.at + hours(2);
  const auto asked = ask(request);
  ASSERT_TRUE(asked) << asked.error().message;
  EXPECT_TRUE(asked->routed.in_time);
  EXPECT_THAT(asked->notes, Contains(HasSubstr("before the deadline")));
}

TEST_F(LoadSlots, ATrialTakesNothingUpAgain) {
  LoadRequest request;
  request.pipeline = "clicks";
  request.interval = {hour(1), hour(0)};
  request.inline_rows = fmt::format("{{\"ts\":\"{}\",\"id\":\"a\"}}\n", to_iso(hour(1)));
  const auto asked = ask(request);
  ASSERT_TRUE(asked) << asked.error().message;
  append({ledger::LoadEnded{asked->load, ledger::LoadEnd::cancelled, ""}});
  const auto tried = ask(request, LoadTrial::dry_run);
  ASSERT_TRUE(tried) << tried.error().message;
  EXPECT_TRUE(tried->attached);
  EXPECT_FALSE(state().loads.at(asked->load).open());
  ASSERT_TRUE(ask(request));
  EXPECT_TRUE(state().loads.at(asked->load).open()) << "asked for again, it goes on";
}

TEST_F(LoadSlots, AFolderIsLookedAt) {
  const route::StorageSight here = look_at_folder(folder.string());
  EXPECT_EQ(here.error, "");
  EXPECT_GT(here.free_bytes.value_or(0), 0);
  EXPECT_EQ(look_at_folder((folder / "missing").string()).error, "No such file or directory");
  std::ofstream(folder / "file") << "x";
  EXPECT_EQ(look_at_folder((folder / "file").string()).error, "it is no folder");
  EXPECT_FALSE(storage_probe({}, pool)) << "nothing is configured";
}

TEST_F(LoadSlots, AnAddressIsAsked) {
  LoadsConfig config;
  config.deep_storage = "http://127.0.0.1:1/";
  EXPECT_NE(probed(config).error, "") << "nobody listens there";
}

// As S3 does without credentials: 403 where the bucket is, 404 where there is none.
TEST_F(LoadSlots, ABucketIsAskedFor) {
  std::vector<std::string> asked;
  runtime::Routes routes;
  routes.add("GET", "/", [&](runtime::ServerRequest request) -> ServerAnswer {
    asked.push_back(request.target);
    const bool there = request.path == "/segments";
    co_return runtime::text_response(there ? 403 : request.path == "/broken" ? 500 : 404, "");
  });
  runtime::HttpServer s3(io.get_executor(), std::move(routes), {});
  const auto port = s3.listen_tcp("127.0.0.1", 0);
  ASSERT_TRUE(port);
  LoadsConfig config;
  config.s3_endpoint = fmt::format("http://127.0.0.1:{}/", *port);
  const auto error_of = [&](const std::string& place) {
    config.deep_storage = place;
    const route::StorageSight sight = probed(config);
    EXPECT_EQ(sight.where, place);
    return sight.error;
  };
  EXPECT_EQ(error_of("s3://segments/druid/prod"), "");
  EXPECT_THAT(asked, ElementsAre("/segments?list-type=2&max-keys=0"));
  EXPECT_EQ(error_of("s3://misspelt"), "there is no bucket 'misspelt'");
  EXPECT_EQ(error_of("s3://broken"), "it answers 500");
}

}  // namespace
}  // namespace henge::daemon
