// The Overlord's tasks in Druid's twin: the queue, workers' slots, what is known of each task; and
// the batch tasks themselves. For this folder alone.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "sim/twin_cluster.h"

namespace henge::sim {

struct TwinTask {
  std::string id;
  std::string group;
  std::string type;
  std::string datasource;
  std::string error;
  TaskState state = TaskState::pending;
  Instant created{};
  Instant ended{};
  std::optional<Instant> assigned;
  std::uint64_t number = 0;  // place in the order of all submits
  bool ghost = false;        // over, but taskStatus goes on calling it running
  JsonText payload;
  std::optional<TaskReport> report;
  std::function<void()> on_assigned;  // it has a slot
  std::function<void()> on_killed;    // clean up: it is FAILED in a moment
};

inline bool is_active(TaskState state) {
  return state != TaskState::success && state != TaskState::failed;
}

class TwinQueue {
 public:
  explicit TwinQueue(TwinCluster& cluster) : cluster_(cluster) {}

  // As `waiting` or `pending`; the latter gets a slot when one is free.
  TwinTask& add(TwinTask task);
  void make_ready(const std::string& id);
  // Ends an active task; its locks are free.
  void end(const std::string& id, TaskState state, std::string error);
  // FAILED from outside: a person, a supervisor, a dying worker.
  void kill(const std::string& id, const std::string& error);
  void forget(const std::string& id);
  [[nodiscard]] TwinTask* find(const std::string& id);
  [[nodiscard]] bool is_alive(const std::string& id, std::uint64_t number) const;
  [[nodiscard]] const std::map<std::string, TwinTask>& all() const { return tasks_; }
  [[nodiscard]] const std::set<std::string>& active() const { return active_; }
  [[nodiscard]] int slots_used() const { return slots_used_; }
  void forget_ghosts();
  // Called when locks may have become free.
  std::function<void()> on_locks_freed;

 private:
  void assign(const std::string& id, std::uint64_t number);
  void assign_waiting();

  TwinCluster& cluster_;
  std::map<std::string, TwinTask> tasks_;
  std::set<std::string> active_;
  std::map<std::uint64_t, std::string> without_slot_;  // in the order they came
  std::uint64_t numbers_ = 0;
  int slots_used_ = 0;
};

// index_parallel, compact, kill, noop.
class TwinBatch {
 public:
  TwinBatch(TwinCluster& cluster, TwinQueue& queue);

  // Errors: invalid.
  Result<Submitted> submit(const JsonText& payload);
  // SQL that runs as a task: it takes a slot for itself, and one for each of its workers.
  Result<Submitted> submit_query(const JsonText& request);
  // Tasks that wait for locks try again.
  void locks_freed();

 private:
  struct Job {
    TaskSpec spec;
    std::uint64_t number = 0;
    std::vector<HeldLock> locks;
    RowTotals totals;
    std::vector<SharedAllocation> allocations;  // of an append
    std::vector<Replacement> replacements;
    HeldLock replacing;  // the lock the replacements are published under
    bool committed = false;
    std::optional<Instant> waits_for_lock_since;
    std::int64_t segments = 0;
    std::vector<std::string> workers;  // tasks of a query
    std::size_t workers_there = 0;
  };

  Result<Submitted> enqueue(TaskSpec spec, const JsonText& payload);
  void begin(Job& job);
  void start_workers(Job& job);
  void stop_workers(Job& job, TaskState state);
  [[nodiscard]] std::vector<Interval> intervals_to_lock(const Job& job) const;
  bool take_locks(Job& job);
  [[nodiscard]] LockRequest request(const Job& job, Interval interval) const;
  void run(const std::string& id, std::uint64_t number, void (TwinBatch::*step)(Job&));
  void later(const Job& job, Millis delay, void (TwinBatch::*step)(Job&));
  void fail_job(Job& job, const std::string& error);
  void work(Job& job);
  Result<void> index(Job& job, const IndexSpec& spec);
  Result<bool> place_appended(Job& job, const IndexSpec& spec,
                              const std::vector<SegmentRow64>& rows);
  Result<void> place_replacing(Job& job, const IndexSpec& spec, std::vector<SegmentRow64> rows);
  Result<std::string> fetch(const IndexSpec& spec);
  void reindex(Job& job, Interval interval, std::optional<Granularity> chunk,
               SharedColumns columns);
  Result<void> compact(Job& job, const CompactSpec& spec);
  void kill_unused(const Job& job, Interval interval);
  void publish(Job& job);
  void await_loaded(Job& job);
  void finish(Job& job);
  [[nodiscard]] TaskReport report(const Job& job) const;

  TwinCluster& cluster_;
  TwinQueue& queue_;
  std::map<std::string, Job> jobs_;
  std::set<std::string> waiting_;
};

}  // namespace henge::sim
