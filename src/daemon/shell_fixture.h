// What tests of a running henge begin with: a pipeline, a clock that is set, a ledger in a folder
// of its own, and a shell on it that ends and begins like a process.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "daemon/engine.h"
#include "runtime/clock.h"

namespace henge::daemon {

// Lines of the spec may be added.
inline constexpr const char* clicks_document = R"(apiVersion: henge/v1
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

class SetClock : public ports::Clock {
 public:
  Instant at = *parse_instant("2026-03-01T12:00:00Z");
  [[nodiscard]] Instant now() const override { return at; }
};

class ShellTest : public testing::Test {
 protected:
  explicit ShellTest(const std::string& name)
      : folder(std::filesystem::temp_directory_path() /
               ("henge-" + name + "-" + std::to_string(::getpid()))) {
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
    settings.state_folder = folder;
  }
  // The shell is to be closed by then.
  ~ShellTest() override { std::filesystem::remove_all(folder); }

  void open_shell(ports::Druid& druid, ports::OpenTopicScan open_scan,
                  ports::Sleep sleep = runtime::sleep_for) {
    auto opened = ledger::Journal::open((folder / "ledger.db").string(), ledger::Mode::write);
    ASSERT_TRUE(opened) << opened.error().message;
    journal.emplace(std::move(*opened));
    tasks.emplace(io.get_executor());
    shell.emplace(Shell{{druid, clock, *journal, troubles, {}},
                        io.get_executor(),
                        std::move(sleep),
                        std::move(open_scan),
                        pool,
                        *tasks,
                        settings,
                        "key"});
  }
  // What a killed process leaves behind: the ledger, and whatever Druid has.
  void close_shell() {
    tasks->cancel();
    run_to_end([this]() -> boost::asio::awaitable<void> { co_await tasks->join(); });
    engine.reset();
    shell.reset();
    tasks.reset();
    journal.reset();
  }

  void spawn(std::function<boost::asio::awaitable<void>()> work) {
    boost::asio::co_spawn(io, std::move(work),
                          [](const std::exception_ptr& error) { EXPECT_FALSE(error); });
  }
  // The work, and all that waits for time as well.
  void run_to_end(std::function<boost::asio::awaitable<void>()> work) {
    spawn(std::move(work));
    io.restart();
    io.run();
  }
  // Until no task of the shell is left.
  void run_tasks() {
    io.restart();
    io.poll();
    while (tasks->running() > 0) {
      io.restart();
      ASSERT_GT(io.run_one_for(std::chrono::seconds(10)), 0u) << "something waits for ever";
      io.poll();
    }
  }
  // Each two seconds after the one before, with the tasks that it sent off.
  void rounds(int count) {
    for (int i = 0; i < count; ++i) {
      clock.at += std::chrono::seconds(2);
      spawn([this]() -> boost::asio::awaitable<void> { co_await engine->round(); });
      run_tasks();
    }
  }
  void append(const std::vector<ledger::Body>& events) {
    auto done = journal->append("clicks", events, clock.at);
    ASSERT_TRUE(done) << done.error().message;
  }
  const ledger::PipelineState& state() { return *journal->find("clicks"); }

  std::filesystem::path folder;
  boost::asio::io_context io{1};
  runtime::BlockingPool pool{1};
  SetClock clock;
  Troubles troubles;
  Settings settings;
  std::optional<ledger::Journal> journal;
  std::optional<runtime::TaskGroup> tasks;
  std::optional<Shell> shell;
  std::optional<Engine> engine;
};

// A topic of which no scan is opened.
inline Result<std::unique_ptr<ports::TopicScan>> no_scan(const Pipeline&, ports::TopicScanStart,
                                                         ports::TopicScanEvents) {
  return nullptr;
}

}  // namespace henge::daemon
