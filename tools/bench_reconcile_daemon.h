// The parts of a running henge for `./dev bench reconcile`: the real client, engine and reconciler;
// a ledger in memory, in which all chunks are sealed, and topics in which nothing happens.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "bench_reconcile_limit.h"
#include "bench_reconcile_pipeline.h"
#include "daemon/engine.h"
#include "daemon/supervisor_change.h"
#include "druid/client.h"
#include "model/segment_digest.h"
#include "runtime/clock.h"

namespace bench {

using namespace henge;

// Takes every event and keeps none: the state in memory is all that is asked for.
class ForgetfulStore final : public ledger::EventStore {
 public:
  Result<std::int64_t> append(const std::vector<ledger::NewRecord>& records,
                              std::int64_t expected) override {
    return expected + static_cast<std::int64_t>(records.size());
  }
  Result<void> read(std::int64_t, const ledger::Visit&) override { return {}; }
  Result<ledger::Head> last() override { return ledger::Head{}; }
  Result<ledger::Verification> verify() override { return ledger::Verification{}; }
};

// Goes like the machine's, from a fixed date on, and jumps when it is told to.
class BenchClock final : public ports::Clock {
 public:
  [[nodiscard]] Instant now() const override {
    const auto gone = std::chrono::duration_cast<Millis>(Monotonic::now() - begun_);
    return instant_of_ms(1'795'400'000'000) + gone + jumped_;
  }
  void jump(Millis by) { jumped_ += by; }

 private:
  Monotonic::time_point begun_ = Monotonic::now();
  Millis jumped_{};
};

class QuietScan final : public ports::TopicScan {
 public:
  void acknowledge() override {}
};

class Daemon {
 public:
  Daemon(const std::string& url, int pipelines, int segments);
  ~Daemon();

  // One round of a reconciler; the seconds it took.
  double round(daemon::Reconciler& reconciler, const daemon::Runners& runners);
  [[nodiscard]] daemon::Runners runners();
  // Rounds of the engine, and what comes between: as in `henge serve`, until it is told to stop.
  template <typename F>
  void serve(F meanwhile);
  // Open drifts of all pipelines. Ends the program when something was not answered.
  [[nodiscard]] std::int64_t drifts() const;

  boost::asio::io_context io;
  BenchClock clock;
  std::unique_ptr<druid::DruidClient> client;
  std::optional<daemon::Shell> shell;

 private:
  void declare(int pipeline, int segments);
  void note_settings();
  template <typename T>
  T ask(runtime::Async<T> call);
  static std::vector<ledger::Body> history_of(int pipeline, int segments, Instant now);

  ledger::Journal journal_;
  daemon::Troubles troubles_;
  daemon::Settings settings_;
  runtime::BlockingPool pool_{1};
  runtime::TaskGroup tasks_{io.get_executor()};
};

inline Daemon::Daemon(const std::string& url, int pipelines, int segments)
    : journal_(must(ledger::Journal::open(std::make_unique<ForgetfulStore>()))) {
  druid::DruidOptions options;
  options.router_url = url;
  options.calls_per_s_max = 0;
  client = must(druid::DruidClient::make(std::move(options)));
  for (int pipeline = 0; pipeline < pipelines; ++pipeline) {
    declare(pipeline, segments_of(pipeline, pipelines, segments));
  }
  note_settings();
  auto open =
      [](const Pipeline&, const ports::TopicScanStart&,
         const ports::TopicScanEvents& events) -> Result<std::unique_ptr<ports::TopicScan>> {
    events.on_partitions(1);
    return std::make_unique<QuietScan>();
  };
  shell.emplace(daemon::Shell{{*client, clock, journal_, troubles_, {}},
                              io.get_executor(),
                              runtime::sleep_for,
                              open,
                              pool_,
                              tasks_,
                              settings_,
                              "key"});
}

inline Daemon::~Daemon() {
  tasks_.cancel();
  client->stop();
  boost::asio::co_spawn(
      io, [this]() -> boost::asio::awaitable<void> { co_await tasks_.join(); },
      [](const std::exception_ptr&) {});
  io.restart();
  io.run();
}

template <typename T>
T Daemon::ask(runtime::Async<T> call) {
  std::optional<Result<T>> answer;
  boost::asio::co_spawn(io, std::move(call), [&answer](const std::exception_ptr&, Result<T> value) {
    answer.emplace(std::move(value));
  });
  io.restart();
  io.run();
  return must(std::move(*answer));
}

// As a henge before this one left it: rules and compaction are known.
inline void Daemon::note_settings() {
  reconcile::World world;
  world.now = clock.now();
  world.rules = ask(client->all_rules());
  world.compaction = ask(client->compaction_configs());
  std::vector<std::string> names;
  for (const auto& [name, state] : journal_.state().pipelines) names.push_back(name);
  for (const std::string& name : names) {
    const ledger::PipelineState& state = *journal_.find(name);
    const Pipeline pipeline = must(daemon::pipeline_of(state, name));
    const reconcile::DriftInput input{pipeline, {}, state, 0, false, {}};
    must_be(journal_.append(name, reconcile::note_observed(input, world), clock.now()));
  }
}

inline void Daemon::declare(int pipeline, int segments) {
  must_be(
      journal_.append(name_of(pipeline), history_of(pipeline, segments, clock.now()), clock.now()));
}

inline std::vector<ledger::Body> Daemon::history_of(int pipeline, int segments, Instant now) {
  ledger::PipelineDeclared declared;
  declared.version = 1;
  declared.document = document_of(pipeline);
  declared.fingerprint = "0123456789abcdef";
  declared.incarnation = "abcdef01";
  ledger::ScanAdvanced scanned;
  std::vector<ledger::Body> seals;
  std::int64_t rows = 0;
  for (int first = 0; first < segments; first += partitions_per_chunk) {
    const Interval chunk = chunk_of(first);
    const std::string version = version_of(chunk);
    std::vector<SegmentKey> keys;
    for (int p = 0; p < std::min(partitions_per_chunk, segments - first); ++p) {
      keys.push_back({chunk, version, p, false});
    }
    scanned.batch.chunks[chunk.start][0] = {1'000, 0, 0, 0, rows += 1'000};
    seals.emplace_back(ledger::ChunkClosed{chunk.start, "committed_offsets"});
    seals.emplace_back(ledger::ChunkSealed{chunk.start, 1'000,
                                           static_cast<std::int64_t>(keys.size()), "counted",
                                           segment_set_digest(keys)});
  }
  scan::PartitionProgress progress;
  progress.to = progress.records = rows + 1;
  progress.arrival_max = progress.arrival_floor = now;
  scanned.batch.partitions.push_back(progress);
  std::vector<ledger::Body> events = {declared, ledger::SupervisorPosted{1, "created"},
                                      ledger::SupervisorProven{1}, std::move(scanned)};
  events.insert(events.end(), seals.begin(), seals.end());
  return events;
}

inline daemon::Runners Daemon::runners() {
  daemon::Runners out;
  for (const auto& [name, state] : journal_.state().pipelines) {
    out[name] = std::make_shared<daemon::Runner>(*shell, must(daemon::pipeline_of(state, name)));
    must_be(out[name]->start_scan());
  }
  io.restart();
  io.run();
  return out;
}

inline double Daemon::round(daemon::Reconciler& reconciler, const daemon::Runners& runners) {
  const auto begun = Monotonic::now();
  boost::asio::co_spawn(io, reconciler.round(runners), [](const std::exception_ptr& thrown) {
    if (thrown) std::rethrow_exception(thrown);
  });
  io.restart();
  io.run();
  return seconds_since(begun);
}

template <typename F>
void Daemon::serve(F meanwhile) {
  daemon::Engine engine(*shell);
  engine.start();
  tasks_.spawn("engine", engine.run());
  boost::asio::co_spawn(
      io,
      [this, meanwhile]() -> boost::asio::awaitable<void> {
        co_await meanwhile();
        tasks_.cancel();
        co_await tasks_.join();
      },
      [](const std::exception_ptr& thrown) {
        if (thrown) std::rethrow_exception(thrown);
      });
  io.restart();
  io.run();
}

inline std::int64_t Daemon::drifts() const {
  for (const auto& [what, trouble] : troubles_.all()) fail(what + ": " + trouble.message);
  std::int64_t found = 0;
  for (const auto& [name, state] : journal_.state().pipelines) {
    found += static_cast<std::int64_t>(state.drifts.size());
  }
  return found;
}

}  // namespace bench
