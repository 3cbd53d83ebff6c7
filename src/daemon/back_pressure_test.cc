// Many loads at a Druid that has no room or is down: few calls, nothing lost, nothing twice, and
// what nobody wants any more is not sent.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <filesystem>

#include "daemon/engine.h"
#include "daemon/fake_druid.h"
#include "daemon/load_sources.h"
#include "daemon/supervisor_change.h"
#include "runtime/clock.h"

namespace henge::daemon {
namespace {

using ledger::PartPhase;
using std::chrono::hours;
using std::chrono::seconds;

constexpr int loads = 40;

const char* document = R"(apiVersion: henge/v1
kind: Pipeline
metadata: {name: clicks}
spec:
  datasource: ds
  schema:
    timestamp: {column: ts, format: iso}
    dimensions: [id]
    segmentGranularity: HOUR
  stream:
    topic: clicks
    consumerProperties: {bootstrap.servers: "127.0.0.1:1"}
    inputFormat: {type: json}
  lateness: PT1H
)";

class FixedClock : public ports::Clock {
 public:
  Instant at = *parse_instant("2026-03-03T12:00:00Z");
  [[nodiscard]] Instant now() const override { return at; }
};

class QuietScan : public ports::TopicScan {
 public:
  void acknowledge() override {}
};

// Takes so many tasks and then says that its queue is full.
class CrowdedDruid : public FakeDruid {
 public:
  int room = 1'000'000;
  ports::Async<Submitted> submit_task(JsonText payload) override {
    next_answer = room > 0 ? Answer::accept : Answer::unavailable;
    room = std::max(0, room - 1);
    return FakeDruid::submit_task(std::move(payload));
  }
};

class BackPressure : public testing::Test {
 protected:
  BackPressure() {
    folder = std::filesystem::temp_directory_path() / fmt::format("henge-pressure-{}", ::getpid());
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
    settings.state_folder = folder;
    settings.load_tasks_max = loads;
    auto opened = ledger::Journal::open((folder / "ledger.db").string(), ledger::Mode::write);
    journal.emplace(std::move(opened.value()));
    tasks.emplace(io.get_executor());
    auto open = [](const Pipeline&, const ports::TopicScanStart&,
                   const ports::TopicScanEvents& events) {
      events.on_partitions(1);
      return Result<std::unique_ptr<ports::TopicScan>>(std::make_unique<QuietScan>());
    };
    gate = std::make_shared<runtime::Gate>(runtime::GatePolicy{},
                                           [this] { return clock.at.time_since_epoch(); });
    shell.emplace(Shell{{druid, clock, *journal, troubles, {}},
                        io.get_executor(),
                        runtime::sleep_for,
                        open,
                        pool,
                        *tasks,
                        settings,
                        "key",
                        {},
                        {},
                        {},
                        gate});
    engine.emplace(*shell);
    declare();
  }
  ~BackPressure() override {
    tasks->cancel();
    run();
    std::filesystem::remove_all(folder);
  }

  void declare() {
    ledger::ScanAdvanced scanned;
    scan::PartitionProgress progress;
    progress.arrival_max = progress.arrival_floor = clock.at;
    scanned.batch.partitions.push_back(progress);
    append({ledger::PipelineDeclared{1, document, "f", "", "c0ffee00"},
            ledger::SupervisorPosted{1, "created"}, std::move(scanned)});
    druid.status.partitions = 1;
    druid.status.state = "RUNNING";
    const Pipeline pipeline = *pipeline_of(state(), "clicks");
    for (int number = 1; number <= loads; ++number) accept_load(pipeline, number);
    engine->start();
    run();
  }
  // One row of one hour of history.
  void accept_load(const Pipeline& pipeline, int number) {
    const Instant chunk = *parse_instant("2026-03-01T00:00:00Z") - hours(number);
    ledger::LoadRequested event;
    event.number = number;
    event.load = name(number);
    event.request.pipeline = "clicks";
    event.request.interval = {chunk, chunk + hours(1)};
    event.request.inline_rows = fmt::format("{{\"ts\":\"{}\",\"id\":\"a\"}}\n", to_iso(chunk));
    event.content = read_inline(pipeline, event.request, {chunk}).value();
    event.fingerprint = event.key = load_fingerprint(event.request, event.content);
    event.parts = split_load(event.request, event.content, 1'000'000, 1);
    append({std::move(event), ledger::LoadRouted{name(number), "concurrent_append", "", {}}});
  }
  void append(const std::vector<ledger::Body>& events) {
    auto done = journal->append("clicks", events, clock.at);
    ASSERT_TRUE(done) << done.error().message;
  }
  static std::string name(int number) { return fmt::format("load-{:06}", number); }
  const ledger::PipelineState& state() { return *journal->find("clicks"); }
  int in(PartPhase phase) {
    return static_cast<int>(std::ranges::count_if(
        state().loads, [&](const auto& item) { return item.second.parts.front().phase == phase; }));
  }

  void run() {
    io.restart();
    io.poll();
    while (tasks->running() > 0) {
      io.restart();
      ASSERT_GT(io.run_one_for(seconds(10)), 0u) << "something waits for ever";
      io.poll();
    }
  }
  // Each two seconds after the one before.
  void rounds(int n) {
    for (int i = 0; i < n; ++i) {
      clock.at += seconds(2);
      auto one = [this]() -> boost::asio::awaitable<void> { co_await engine->round(); };
      boost::asio::co_spawn(io, one, [](const std::exception_ptr& error) { EXPECT_FALSE(error); });
      run();
    }
  }

  std::filesystem::path folder;
  boost::asio::io_context io{1};
  runtime::BlockingPool pool{1};
  CrowdedDruid druid;
  FixedClock clock;
  Troubles troubles;
  Settings settings;
  std::optional<ledger::Journal> journal;
  std::optional<runtime::TaskGroup> tasks;
  std::shared_ptr<runtime::Gate> gate;
  std::optional<Shell> shell;
  std::optional<Engine> engine;
};

TEST_F(BackPressure, AllAreSentWhereThereIsRoom) {
  rounds(4);
  EXPECT_EQ(in(PartPhase::accepted), loads);
  EXPECT_EQ(druid.submitted.size(), std::size_t{loads});
  EXPECT_TRUE(troubles.all().empty());
}

TEST_F(BackPressure, WhatIsDownIsTriedNowAndThenAndGetsEverythingOnceWhenItIsBack) {
  druid.room = 0;
  rounds(4);
  EXPECT_LE(druid.submitted.size(), 10u) << "of forty";
  rounds(150);
  EXPECT_LE(druid.submitted.size(), 30u) << "five minutes";
  EXPECT_EQ(in(PartPhase::intended), loads) << "none is given up";
  ASSERT_TRUE(troubles.all().contains("Overlord"));
  EXPECT_LT(troubles.all().at("Overlord").since, clock.at - seconds(290)) << "said once";
  druid.room = 1'000'000;
  rounds(400);
  EXPECT_EQ(in(PartPhase::accepted), loads);
  EXPECT_EQ(druid.tasks.size(), std::size_t{loads});
  EXPECT_TRUE(troubles.all().empty());
}

TEST_F(BackPressure, AQueueThatIsFullShrinksTheLimitAndIsFilledAsItEmpties) {
  const int before = gate->limit();
  druid.room = 10;
  rounds(4);
  EXPECT_LT(gate->limit(), before);
  EXPECT_EQ(in(PartPhase::accepted), 10);
  for (int i = 0; i < 400 && in(PartPhase::accepted) < loads; ++i) {
    druid.room = 2;
    rounds(1);
  }
  EXPECT_EQ(in(PartPhase::accepted), loads);
  EXPECT_EQ(druid.tasks.size(), std::size_t{loads});
  EXPECT_LT(druid.submitted.size(), 3u * loads);
}

TEST_F(BackPressure, ALoadThatIsCancelledWhileItWaitsIsNotSent) {
  druid.room = 0;
  rounds(4);
  ASSERT_TRUE(gate->shut());
  ASSERT_EQ(state().loads.at(name(loads)).parts.front().phase, PartPhase::intended);
  const std::string task = state().loads.at(name(loads)).parts.front().task_id;
  ASSERT_EQ(std::ranges::count(druid.submitted, task), 0) << "it waits at the gate";
  append({ledger::LoadCancelAsked{name(loads), "someone", "not needed"}});
  druid.room = 1'000'000;
  rounds(100);
  EXPECT_EQ(in(PartPhase::accepted), loads - 1);
  EXPECT_EQ(std::ranges::count(druid.submitted, task), 0);
}

}  // namespace
}  // namespace henge::daemon
