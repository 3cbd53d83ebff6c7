#include "sim/twin_locks.h"

#include <algorithm>

#include "sim/twin_segments.h"

namespace henge::sim {

namespace {

bool encloses(Interval outer, Interval inner) {
  return outer.start <= inner.start && inner.end <= outer.end;
}

}  // namespace

bool can_coexist(const TaskLock& held, LockType type, Interval interval) {
  const bool apart = held.interval.end <= interval.start || interval.end <= held.interval.start;
  if (apart || held.revoked) return true;
  switch (type) {
    case LockType::exclusive:
      return false;
    case LockType::shared:
      return held.type == LockType::shared;
    case LockType::append:
      return held.type == LockType::append ||
             (held.type == LockType::replace && encloses(held.interval, interval));
    case LockType::replace:
      return held.type == LockType::append && encloses(interval, held.interval);
  }
  return false;
}

std::optional<HeldLock> TwinLocks::acquire(const LockRequest& request, Instant now,
                                           std::uint64_t order) {
  if (const HeldLock* held = find(request.task, request.interval)) return *held;
  auto& locks = locks_[request.datasource];
  std::vector<HeldLock*> in_the_way;
  const HeldLock* shared = nullptr;  // tasks of one group hold a lock together
  for (HeldLock& held : locks) {
    const bool of_group = held.shown.group_id == request.group && held.shown.type == request.type;
    if (of_group && !held.shown.revoked && encloses(held.shown.interval, request.interval))
      shared = &held;
    if (of_group || can_coexist(held.shown, request.type, request.interval)) continue;
    if (held.shown.priority >= request.priority) return std::nullopt;
    in_the_way.push_back(&held);
  }
  for (HeldLock* held : in_the_way) {
    held->shown.revoked = true;
    ++revoked_;
  }
  HeldLock lock;
  lock.task = request.task;
  lock.acquired = order;
  lock.shown = {request.datasource, request.type,     request.group, request.interval,
                epoch_version,      request.priority, false};
  if (shared != nullptr) {
    lock.shown = shared->shown;
  } else if (request.type != LockType::append) {
    // Newer than every other, though two are asked for within a millisecond.
    last_version_ = std::max(now, last_version_ + Millis(1));
    lock.shown.version = to_iso(last_version_);
  }
  tasks_[request.task] = request.datasource;
  locks.push_back(lock);
  return lock;
}

const HeldLock* TwinLocks::find(const std::string& task, Interval interval) const {
  const auto datasource = tasks_.find(task);
  if (datasource == tasks_.end()) return nullptr;
  const auto locks = locks_.find(datasource->second);
  if (locks == locks_.end()) return nullptr;
  for (const HeldLock& held : locks->second)
    if (held.task == task && encloses(held.shown.interval, interval)) return &held;
  return nullptr;
}

bool TwinLocks::has_revoked(const std::string& task) const {
  const auto datasource = tasks_.find(task);
  if (datasource == tasks_.end()) return false;
  return std::ranges::any_of(locks_.at(datasource->second), [&](const HeldLock& held) {
    return held.task == task && held.shown.revoked;
  });
}

void TwinLocks::release(const std::string& task) {
  const auto datasource = tasks_.find(task);
  if (datasource == tasks_.end()) return;
  std::erase_if(locks_[datasource->second],
                [&](const HeldLock& held) { return held.task == task; });
  tasks_.erase(datasource);
}

std::vector<TaskLock> TwinLocks::of(const std::string& datasource) const {
  std::vector<TaskLock> out;
  const auto locks = locks_.find(datasource);
  if (locks == locks_.end()) return out;
  for (const HeldLock& held : locks->second) out.push_back(held.shown);
  return out;
}

}  // namespace henge::sim
