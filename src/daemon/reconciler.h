// The wide look: everything in Druid that belongs to the ledger's pipelines, in a bounded number of
// calls, compared with what was declared and done; drift is recorded, and healed where a policy
// says so.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>

#include "daemon/runner.h"
#include "daemon/topic_watcher.h"
#include "reconcile/drift.h"

namespace henge::daemon {

using Runners = std::map<std::string, std::shared_ptr<Runner>>;

class Reconciler {
 public:
  explicit Reconciler(Shell& shell) : shell_(shell), topics_(shell) {}

  // Observe, find, judge, heal: one round over all given pipelines. Only one at a time; a second
  // call while one runs returns at once. What could not be observed is a trouble, and no drift.
  boost::asio::awaitable<void> round(Runners runners);
  [[nodiscard]] bool busy() const { return busy_; }

 private:
  using World = reconcile::World;
  using Step = runtime::Async<void>;

  // What is kept of a pipeline from round to round. Lost with the process, which costs time only.
  struct Memory {
    reconcile::DriftMemory drift;
    late::Readings recounted;
    // Of the declared versions that are behind this one: what was taken from them.
    std::size_t versions = 0;
    std::set<std::string> columns_before;
  };
  struct Listed {
    SegmentDigest digest;
    std::uint64_t number = 0;
    Instant changed_at{};  // when another digest was first seen
    Instant at{};
  };

  Step one_round(const Runners& runners);
  Step observe_lists(World& world, const Runners& runners);
  Step observe_segments(World& world, const Runners& runners);
  Step ask_for_missing(World& world, const Runners& runners);
  Step observe_statuses(World& world, const Runners& runners);
  Step look_ahead(const World& world, const Runners& runners);
  Step recount(World& world, const Runners& runners);
  Step recount_one(World& world, const Runner& runner, const reconcile::DriftInput& input);
  Step judge(World& world, const Runners& runners);
  [[nodiscard]] bool may_heal(const Runner& runner, const ledger::HealIntended& intent) const;
  Step heal(std::shared_ptr<Runner> runner, ledger::HealIntended intent);

  // Keeps an answer, or why there is none. Errors: cancelled only.
  template <typename T>
  Result<void> take(World& world, const char* part, std::optional<T>& slot, Result<T> answer);
  Result<void> not_answered(World& world, const char* part, const Error& error);
  Result<reconcile::DriftInput> input_of(const std::shared_ptr<Runner>& runner);
  [[nodiscard]] bool can_judge(const Runner& runner) const;

  Shell& shell_;
  TopicWatcher topics_;
  bool busy_ = false;
  std::map<std::string, Memory> memory_;  // by pipeline
  std::set<std::string> held_;            // pipelines that henge kept suspended as a look began
  SegmentTable table_;
  std::map<std::string, Listed> listed_;  // by datasource
  std::string next_status_;               // the pipeline whose status is asked for next
};

}  // namespace henge::daemon
