// One pipeline at work: its scan, its rounds, its repairs. Acts only on what the ledger holds;
// decides nothing itself.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "daemon/loader.h"
#include "daemon/shell.h"
#include "reconcile/judge_change.h"

namespace henge::daemon {

// Statuses of all pipelines' repair tasks, asked for in one call. Nothing if Druid did not answer.
using TaskStatuses = std::optional<std::map<std::string, TaskStatus>>;

class Runner : public std::enable_shared_from_this<Runner> {
 public:
  Runner(Shell& shell, Pipeline pipeline);
  ~Runner();

  // Renders the supervisor and opens the scan from where the ledger stands. Errors: those of
  // render_supervisor() and OpenTopicScan.
  Result<void> start_scan();
  void stop_scan();

  // Observe, judge, plan, submit: one round. Only one at a time; a second call while one runs
  // returns at once.
  boost::asio::awaitable<void> round(std::shared_ptr<const TaskStatuses> statuses);
  [[nodiscard]] bool busy() const { return busy_; }

  // Task ids whose status the next round needs.
  [[nodiscard]] std::vector<std::string> tasks_to_ask() const;
  [[nodiscard]] const Pipeline& pipeline() const { return pipeline_; }
  // The spec that Druid should hold; empty before start_scan().
  [[nodiscard]] const JsonText& supervisor() const { return supervisor_; }
  [[nodiscard]] const Loader& loader() const { return *loader_; }
  // Of the topic; 0 while it is not known.
  [[nodiscard]] int partitions() const { return seen_.partitions; }
  // Tasks that Druid answered not to know for long enough.
  [[nodiscard]] std::vector<std::string> missing_tasks() const;

 private:
  using Step = runtime::Async<void>;

  Step one_round();
  Step judge_and_act();
  void take_statuses(const TaskStatuses& statuses);
  Step find_ghosts();
  Step observe_supervisor();
  Step watch_change();
  runtime::Async<bool> holds_version_before();
  Step count_chunks();
  runtime::Async<std::set<Instant>> held_chunks();
  void submit_intended();
  [[nodiscard]] bool is_due(const ledger::RepairState& repair) const;
  [[nodiscard]] bool is_still_due(const ledger::RepairIntended& intent) const;
  boost::asio::awaitable<void> submit(ledger::RepairIntended intent, runtime::Gate::Place place);
  Result<void> take_answer(const ledger::RepairIntended& intent, const Result<Submitted>& answer);
  boost::asio::awaitable<void> take_batch(scan::ScanBatch batch, std::int64_t scan);
  Result<void> expire_deltas();
  [[nodiscard]] const ledger::PipelineState& state() const;
  [[nodiscard]] bool frozen() const;
  [[nodiscard]] std::string trouble(const char* what) const { return pipeline_.name + ": " + what; }

  Shell& shell_;
  Pipeline pipeline_;
  JsonText supervisor_;
  std::shared_ptr<Loader> loader_;
  reconcile::Observation seen_;
  std::vector<Rule> rules_;
  Instant rules_at_{};
  Instant expired_at_{};
  Instant ghosts_at_{};
  std::set<std::string> ghosts_;     // tasks that are over, but go on being called running
  bool supervisor_missing_ = false;  // Druid said so, asked by name, in this round
  reconcile::ChangeWatch watch_;
  bool busy_ = false;
  std::set<std::string> submitting_;  // task ids that wait at the gate, or with a POST on the way
  std::map<std::string, Instant> submit_after_;  // back-off of POSTs that did not reach Druid
  std::map<std::string, int> submit_tries_;
  std::unique_ptr<ports::TopicScan> scan_;
  std::int64_t scans_ = 0;     // begun so far: what an earlier one handed out is not taken
  bool scan_missing_ = false;  // it could not be begun; each round tries again
  struct Inbox;                // how the scan's threads reach this one, also after it is gone
  std::shared_ptr<Inbox> inbox_;
};

}  // namespace henge::daemon
