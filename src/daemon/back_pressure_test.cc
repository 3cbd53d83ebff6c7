// Many loads at a Druid that has no room or is down: few calls, nothing lost, nothing twice, and
// what nobody wants any more is not sent.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "daemon/fake_druid.h"
#include "daemon/load_sources.h"
#include "daemon/shell_fixture.h"
#include "daemon/supervisor_change.h"

namespace henge::daemon {
namespace {

using ledger::PartPhase;
using std::chrono::hours;
using std::chrono::seconds;

constexpr int loads = 40;

class QuietScan : public ports::TopicScan {
 public:
  void acknowledge() override {}
};

// Takes so many tasks and then says that its queue is full.
class CrowdedDruid : public FakeDruid {
 public:
  int room = 1'000'000;
  ports::Async<Workers> workers() override { co_return Workers{1'000, 0, 1}; }
  std::map<ports::Service, std::string> down;
  [[nodiscard]] std::map<ports::Service, std::string> shut() const override { return down; }
  ports::Async<Submitted> submit_task(JsonText payload) override {
    next_answer = room > 0 ? Answer::accept : Answer::unavailable;
    room = std::max(0, room - 1);
    return FakeDruid::submit_task(std::move(payload));
  }
};

class BackPressure : public ShellTest {
 protected:
  BackPressure() : ShellTest("pressure") {
    clock.at = *parse_instant("2026-03-03T12:00:00Z");
    settings.route.budget.slots_max = settings.route.budget.datasource_max = loads;
    auto open = [](const Pipeline&, const ports::TopicScanStart&,
                   const ports::TopicScanEvents& events) {
      events.on_partitions(1);
      return Result<std::unique_ptr<ports::TopicScan>>(std::make_unique<QuietScan>());
    };
    gate = std::make_shared<runtime::Gate>(runtime::GatePolicy{},
                                           [this] { return clock.at.time_since_epoch(); });
    open_shell(druid, open);
    shell->overlord = gate;
    engine.emplace(*shell);
    declare();
  }
  ~BackPressure() override { close_shell(); }

  void declare() {
    ledger::ScanAdvanced scanned;
    scan::PartitionProgress progress;
    progress.arrival_max = progress.arrival_floor = clock.at;
    scanned.batch.partitions.push_back(progress);
    append({ledger::PipelineDeclared{1, clicks_document, "f", "", "c0ffee00"},
            ledger::SupervisorPosted{1, "created"}, std::move(scanned)});
    druid.status.partitions = 1;
    druid.status.state = "RUNNING";
    const Pipeline pipeline = *pipeline_of(state(), "clicks");
    for (int number = 1; number <= loads; ++number) accept_load(pipeline, number);
    engine->start();
    run_tasks();
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
    event.parts = {make_part(event.content, {chunk})};
    append({std::move(event), ledger::LoadRouted{name(number), "concurrent_append", "", {}}});
  }
  static std::string name(int number) { return fmt::format("load-{:06}", number); }
  int in(PartPhase phase) {
    return static_cast<int>(std::ranges::count_if(
        state().loads, [&](const auto& item) { return item.second.parts.front().phase == phase; }));
  }

  CrowdedDruid druid;
  std::shared_ptr<runtime::Gate> gate;
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

TEST_F(BackPressure, AServiceThatIsLeftAloneIsSaid) {
  druid.down = {{ports::Service::broker, "503 from it"}};
  rounds(1);
  ASSERT_TRUE(troubles.all().contains("calls to the Broker"));
  EXPECT_NE(troubles.all().at("calls to the Broker").message.find("503 from it"),
            std::string::npos);
  druid.down.clear();
  rounds(1);
  EXPECT_TRUE(troubles.all().empty());
}

TEST_F(BackPressure, TriesOfOneTaskAreSpreadByChance) {
  std::vector<Millis> gaps;
  for (const double chance : {0.0, 0.5})
    gaps.push_back(runtime::spread_delay(seconds(8), seconds(60), 1, chance));
  EXPECT_EQ(gaps, (std::vector<Millis>{seconds(4), seconds(6)}));
  int drawn = 0;
  shell->chance = [&drawn] {
    ++drawn;
    return 0.0;
  };
  druid.room = 0;
  rounds(4);
  EXPECT_GT(drawn, 0);
}

}  // namespace
}  // namespace henge::daemon
