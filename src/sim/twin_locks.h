// The locks on time chunks that Druid's Overlord gives to tasks: types, priorities, revocation
// (contract 3.3).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/druid.h"

namespace henge::sim {

struct LockRequest {
  std::string datasource;
  std::string task;
  std::string group;
  LockType type = LockType::exclusive;
  Interval interval;
  int priority = 0;
};

struct HeldLock {
  TaskLock shown;
  std::string task;
  std::uint64_t acquired = 0;  // place in the order of all commits and locks
};

class TwinLocks {
 public:
  // The lock, held now or before, or nothing: another task of the same or a higher priority is in
  // the way. Locks of lower priority that are in the way are revoked; their tasks' next action
  // fails.
  std::optional<HeldLock> acquire(const LockRequest& request, Instant now, std::uint64_t order);
  // A task's lock on all of the interval, revoked ones included.
  [[nodiscard]] const HeldLock* find(const std::string& task, Interval interval) const;
  [[nodiscard]] bool has_revoked(const std::string& task) const;
  void release(const std::string& task);
  [[nodiscard]] std::vector<TaskLock> of(const std::string& datasource) const;
  [[nodiscard]] std::int64_t revoked() const { return revoked_; }

 private:
  std::map<std::string, std::vector<HeldLock>> locks_;  // by datasource
  std::map<std::string, std::string> tasks_;            // task -> datasource
  std::int64_t revoked_ = 0;
  Instant last_version_{};
};

// Whether the two may be held at the same time by different tasks.
bool can_coexist(const TaskLock& held, LockType type, Interval interval);

}  // namespace henge::sim
