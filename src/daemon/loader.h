// One pipeline's loads at work, as steps of its rounds: what was observed becomes outcomes, what is
// due is intended, sent, cancelled. Acts only on what the ledger holds.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>

#include "daemon/shell.h"
#include "reconcile/load_plan.h"

namespace henge::daemon {

class Loader : public std::enable_shared_from_this<Loader> {
 public:
  Loader(Shell& shell, Pipeline pipeline) : shell_(shell), pipeline_(std::move(pipeline)) {}

  // Task statuses into outcomes; asks Druid for the report of a task that is over where only that
  // tells its rows.
  runtime::Async<void> take_statuses(const reconcile::Observation& seen);
  [[nodiscard]] std::set<Instant> chunks_to_count(const reconcile::Observation& seen) const;
  // Counts into outcomes.
  Result<void> judge(const reconcile::Observation& seen);
  // Cancels, plans, sends.
  runtime::Async<void> act(const reconcile::Observation& seen);
  // No task of a load is under way.
  [[nodiscard]] bool idle() const;
  // What each load waits for, as of the last round.
  [[nodiscard]] const std::map<std::string, std::string>& waits() const { return waits_; }
  // Loads that need a window opened now, as of the last round.
  [[nodiscard]] const std::set<std::string>& windows_wanted() const { return windows_wanted_; }

 private:
  [[nodiscard]] const ledger::PipelineState& state() const;
  [[nodiscard]] reconcile::LoadPace pace() const;
  [[nodiscard]] bool needs_report(const ledger::LoadTaskEnded& ended) const;
  [[nodiscard]] bool may_arrive(const std::string& task) const;
  boost::asio::awaitable<std::map<std::string, std::int64_t>> reported_rows(
      std::vector<std::string> tasks);
  runtime::Async<void> cancel_tasks();
  std::vector<ledger::LoadTaskIntended> choose(reconcile::LoadPlan plan);
  Result<void> intend(std::vector<ledger::LoadTaskIntended> intents);
  struct Due {
    std::string load;
    std::size_t part;
    std::string task;
  };
  void send_intended();
  [[nodiscard]] bool is_due(const ledger::LoadState& load, const ledger::LoadPartState& part) const;
  [[nodiscard]] bool is_still_due(const Due& one) const;
  boost::asio::awaitable<void> send(Due one, runtime::Gate::Place place);
  void forget_sending(const std::string& task);
  [[nodiscard]] std::string trouble_of(const std::string& task) const;
  void note_accepted(ledger::LoadTaskAccepted event);
  boost::asio::awaitable<void> record_accepted();
  Result<void> take_answer(const std::string& load, const std::string& task,
                           const Result<Submitted>& answer);

  Shell& shell_;
  Pipeline pipeline_;
  std::map<std::string, std::string> waits_;
  std::set<std::string> windows_wanted_;
  std::set<std::string> sending_;  // task ids that wait at the gate, or with a POST on the way
  std::vector<ledger::LoadTaskAccepted> accepted_;  // told, and not recorded yet
  std::map<std::string, Instant> send_after_;
  std::map<std::string, int> send_tries_;
  std::map<std::string, Instant> sent_at_;     // of the last POST that may still arrive
  std::map<std::string, Instant> stopped_at_;  // when a task was last told to stop
};

}  // namespace henge::daemon
