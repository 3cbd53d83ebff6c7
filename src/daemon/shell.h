// What every part of a running henge shares: the doors, the ledger, the settings. Made once by
// wiring.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <map>
#include <string>

#include "ledger/journal.h"
#include "model/drift.h"
#include "ports/clock.h"
#include "ports/druid.h"
#include "ports/topic_scan.h"
#include "ports/topic_watch.h"
#include "reconcile/decide.h"
#include "reconcile/fencing.h"
#include "reconcile/judge_change.h"
#include "route/start_board.h"
#include "route/storage_health.h"
#include "runtime/blocking.h"
#include "runtime/gate.h"
#include "runtime/task_group.h"
#include "spec/references.h"

namespace henge::daemon {

struct Settings {
  std::string state_folder;
  Millis round_interval = std::chrono::seconds(5);
  Millis reconcile_interval = std::chrono::seconds(30);
  reconcile::Patience patience;
  reconcile::RepairLimits repairs;
  reconcile::ChangePatience change;
  reconcile::FencingLimits fencing;
  DriftConfig drift;         // where a pipeline says nothing else
  route::RouteLimits route;  // of loads
};

// A look at deep storage. Errors: cancelled.
using ProbeStorage = std::function<runtime::Async<route::StorageSight>()>;

// Troubles that last, by what they concern; shown by `status` while they do.
class Troubles {
 public:
  struct Trouble {
    std::string message;
    Instant since{};
  };
  // Logs a trouble when it is new or says something else.
  void set(const std::string& what, const Error& error, Instant now);
  // Logs that it is over, if there was one.
  void clear(const std::string& what, Instant now);
  // Sets or clears by how something ended; being told to stop is neither.
  template <typename T>
  void follow(const std::string& what, const Result<T>& outcome, Instant now) {
    if (outcome)
      clear(what, now);
    else if (outcome.error().kind != ErrorKind::cancelled)
      set(what, outcome.error(), now);
  }
  [[nodiscard]] const std::map<std::string, Trouble>& all() const { return all_; }

 private:
  std::map<std::string, Trouble> all_;
};

// What is needed to record and to apply.
struct Doors {
  ports::Druid& druid;
  const ports::Clock& clock;
  ledger::Journal& journal;
  Troubles& troubles;
  spec::SecretSources secrets;  // resolves references at the last moment
};

struct Shell : Doors {
  boost::asio::any_io_executor loop;
  ports::Sleep sleep;
  ports::OpenTopicScan open_scan;
  runtime::BlockingPool& pool;
  runtime::TaskGroup& tasks;
  const Settings& settings;
  std::string delivery_key;  // signs the addresses of delta rows; never logged or stored elsewhere
  ports::LookAtTopic look_at_topic = {};  // empty: topics are not looked at
  ports::CommitGroup commit_group = {};
  ports::ScanStretches scan_stretches = {};
  // All tasks of all pipelines go to the Overlord through it.
  std::shared_ptr<runtime::Gate> overlord = std::make_shared<runtime::Gate>();
  runtime::Random chance = [] { return 1.0; };  // for jitter
  // Which of all pipelines' load tasks start now.
  std::shared_ptr<route::StartBoard> starts = std::make_shared<route::StartBoard>();
  ProbeStorage probe_storage = {};  // empty: the configuration names no place
  // As it was seen last.
  route::Health deep_storage = {route::Health::State::unknown, "it was not looked at yet"};
};

// Appends events of one pipeline. A full disk or a busy store is a trouble that is shown; the
// caller tries again later. Throws, to end the process, where only a new start from the ledger can
// help: its disk failed, or another writer has it.
Result<void> record(Doors& shell, const std::string& pipeline,
                    const std::vector<ledger::Body>& events);

std::string delta_folder(const Settings& settings, const std::string& pipeline);

}  // namespace henge::daemon
