// One life of henge: the real engine with everything it needs on an event loop of its own, between
// simulated doors. Destroying it is kill -9: nothing of it runs any more.
#pragma once

#include <boost/asio/io_context.hpp>
#include <optional>
#include <string>

#include "daemon/engine.h"
#include "daemon/freeze.h"
#include "daemon/load_request.h"
#include "sim/memory_store.h"
#include "sim/sim_druid.h"
#include "sim/twin_scan.h"

namespace henge::sim {

// What outlives a process: its machine.
struct Machine {
  VirtualTime& time;
  SimClock& clock;
  DruidTwin& druid;
  KafkaTwin& kafka;
  Network& network;
  CallWatch& watch;
  std::shared_ptr<MemoryDisk> disk;
  daemon::Settings settings;
  TwinScanOptions scans;
  // A mutant's hand between henge and a door; nothing else.
  std::function<std::unique_ptr<ledger::EventStore>(std::unique_ptr<ledger::EventStore>)> store;
  std::function<std::unique_ptr<ports::Druid>(ports::Druid&)> over_druid;
  std::function<ports::OpenTopicScan(ports::OpenTopicScan)> open_scan;
};

class Process {
 public:
  explicit Process(Machine& machine);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  // Opens the ledger and begins its rounds. Errors: those of Journal::open.
  Result<void> start();
  // Runs one handler of the event loop, if there is one.
  bool step();
  // Looks at the topics, if it is time.
  bool poll_scans();
  // When the scans want to be polled, in virtual time.
  [[nodiscard]] std::optional<Instant> next_poll_at() const;

  // SIGTERM.
  void stop();
  [[nodiscard]] bool stopping() const { return stopping_; }
  // All that ran has ended by itself.
  [[nodiscard]] bool ended() const { return tasks_->running() == 0; }
  // What broke it, where something did.
  [[nodiscard]] const std::optional<std::string>& broken() const { return broken_; }

  // A person's `henge apply`; `done` hears what came of it, unless the process dies before.
  void apply(daemon::Declaration declaration, std::string reason,
             std::function<void(Result<daemon::Applied>)> done);
  // `henge freeze`, `unfreeze` and `release` of one pipeline, as apply().
  void freeze(std::string pipeline, daemon::Freezing wanted,
              std::function<void(Result<daemon::FreezeChange>)> done);
  void release(std::string pipeline, std::function<void(Result<daemon::Released>)> done);
  // `henge load`, as apply().
  void load(LoadRequest request, std::function<void(Result<daemon::LoadAsked>)> done);
  // `henge load cancel`, as apply().
  void cancel_load(std::string pipeline, std::string load, std::function<void(Result<void>)> done);
  // What a worker gets that asks for the rows of a repair.
  Result<std::string> serve_rows(const std::string& url);
  [[nodiscard]] const ledger::Journal& journal() const { return *journal_; }
  [[nodiscard]] const daemon::Troubles& troubles() const { return troubles_; }

 private:
  Machine& machine_;
  TwinScans scans_;
  // From here on in the order in which things must not go: see ~Process().
  std::optional<boost::asio::io_context> io_;
  std::optional<Waits> waits_;
  std::optional<SimDruid> druid_;
  std::unique_ptr<ports::Druid> over_druid_;
  std::optional<ledger::Journal> journal_;
  runtime::BlockingPool pool_{0};
  daemon::Troubles troubles_;
  std::optional<runtime::TaskGroup> tasks_;
  std::optional<daemon::Shell> shell_;
  std::optional<daemon::Engine> engine_;
  bool stopping_ = false;
  std::optional<std::string> broken_;
};

}  // namespace henge::sim
