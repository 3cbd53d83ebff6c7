// All pipelines of a ledger at work: rounds, one bulk question for all tasks, runners that don't
// wait for each other.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "daemon/apply.h"
#include "daemon/load_scheduler.h"
#include "daemon/reconciler.h"
#include "daemon/release.h"
#include "daemon/slot_watch.h"

namespace henge::daemon {

class Engine {
 public:
  explicit Engine(Shell& shell)
      : shell_(shell), reconciler_(shell), scheduler_(shell), slots_(shell) {}

  // Starts a runner for everything that is declared. A pipeline that can't start is a trouble and
  // tried again each round.
  void start();
  // Rounds until cancelled; then stops the scans. What is under way ends where it stands: the
  // ledger knows.
  boost::asio::awaitable<void> run();
  // One round: starts what is not running, asks for all tasks at once, sends every idle runner off.
  boost::asio::awaitable<void> round();
  // The wide look at everything in Druid, every Settings::reconcile_interval.
  boost::asio::awaitable<void> reconcile();
  // Declares and starts, or restarts with the new settings.
  runtime::Async<Applied> apply(Declaration declaration, Change change);
  // Stops its runner and lets it go; when that fails the runner comes back in the next round.
  runtime::Async<Released> release(std::string name, SupervisorFate fate, Change change);
  // Null: it does not run.
  [[nodiscard]] const Runner* find_runner(const std::string& name) const;

 private:
  void start_runner(const std::string& name);
  void stop_runner(const std::string& name);
  Result<void> refresh_runner(const std::string& name);
  void go_on(const std::string& name, const ledger::PipelineState& state);
  void watch_gate();
  [[nodiscard]] bool under_way(const std::string& name, const Runner* runner) const;
  boost::asio::awaitable<void> finish_apply(std::string name);
  boost::asio::awaitable<void> finish_releasing(std::string name);

  Shell& shell_;
  std::map<std::string, std::shared_ptr<Runner>> runners_;
  std::map<std::string, std::int64_t> versions_;  // that the runners were made of
  std::set<std::string> posting_;                 // an apply is under way
  std::set<std::string> releasing_;               // no runner is started, its release is under way
  Reconciler reconciler_;
  LoadScheduler scheduler_;
  SlotWatch slots_;
  std::optional<Instant> reconciled_at_;
};

}  // namespace henge::daemon
