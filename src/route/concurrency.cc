#include "route/concurrency.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace henge::route {
namespace {

bool is_concurrent(LockType type) {
  return type == LockType::append || type == LockType::replace;
}

// Its own context says so, or it holds concurrent locks, or its supervisor's spec of before its
// birth says so.
bool task_proven(const TaskWriter& task, const Writers& writers,
                 const std::set<std::string>& groups_concurrent) {
  if (task.concurrent) return *task.concurrent;
  if (groups_concurrent.contains(task.group_id.empty() ? task.id : task.group_id)) return true;
  if (task.owner != LockOwner::stream || !task.created_at || writers.supervisors.empty())
    return false;
  return std::ranges::all_of(writers.supervisors, [&](const SupervisorWriter& s) {
    return s.concurrent && s.stored_at && *task.created_at > *s.stored_at;
  });
}

}  // namespace

ConcurrencyProof prove_concurrent(const Writers& writers) {
  ConcurrencyProof proof;
  proof.writers = static_cast<int>(writers.supervisors.size() + writers.tasks.size()) +
                  (writers.compaction_concurrent ? 1 : 0);
  const auto against = [&proof](std::string why) {
    if (proof.against.empty()) proof.against = std::move(why);
  };
  for (const SupervisorWriter& s : writers.supervisors)
    if (!s.concurrent)
      against(fmt::format("supervisor {} has no useConcurrentLocks in its context", s.id));
  std::set<std::string> groups_concurrent;
  for (const LockView& view : writers.locks) {
    if (view.lock.revoked) continue;
    if (is_concurrent(view.lock.type))
      groups_concurrent.insert(view.lock.group_id);
    else
      against(fmt::format("{} holds {} lock of {}", view.lock.group_id,
                          view.lock.type == LockType::shared ? "a SHARED" : "an EXCLUSIVE",
                          to_iso(view.lock.interval)));
  }
  for (const TaskWriter& task : writers.tasks)
    if (!task_proven(task, writers, groups_concurrent))
      against(fmt::format(
          "task {} {}", task.id,
          task.concurrent ? "has no useConcurrentLocks in its context"
                          : "may be older than its supervisor's context and holds no lock yet"));
  if (writers.compaction_concurrent && !*writers.compaction_concurrent)
    against("auto-compaction has no useConcurrentLocks in its task context");
  proof.proven = proof.against.empty();
  return proof;
}

}  // namespace henge::route
