// Tasks: those of henge's that Druid lost, and those of others that write what henge's write.
#include <fmt/format.h>

#include <algorithm>

#include "reconcile/drift_groups.h"
#include "reconcile/task_owner.h"

namespace henge::reconcile {
namespace {

using ledger::RepairPhase;

// Whoever starts a kill task, it removes what is unused already, and writes nothing.
bool known_writer(const Look& look, const TaskStatus& task) {
  return task.type == "kill" ||
         owner_of(look.input.pipeline, look.input.state.incarnation, task) != TaskOwner::foreign;
}

bool goes_on(const TaskStatus& task) {
  return task.state != TaskState::success && task.state != TaskState::failed;
}

// Locks of the datasource that hold, by whom they were taken: a task's group.
std::map<std::string, std::vector<const TaskLock*>> locks_of(const Look& look) {
  std::map<std::string, std::vector<const TaskLock*>> out;
  if (!look.world.locks) return out;
  auto here = look.world.locks->find(look.datasource());
  if (here == look.world.locks->end()) return out;
  for (const TaskLock& lock : here->second)
    if (!lock.revoked) out[lock.group_id].push_back(&lock);
  return out;
}

// EXCLUSIVE and REPLACE keep others out, or replace what they write.
const char* name_of(LockType type) {
  switch (type) {
    case LockType::exclusive:
      return "an EXCLUSIVE";
    case LockType::replace:
      return "a REPLACE";
    case LockType::shared:
      return "a SHARED";
    case LockType::append:
      return "an APPEND";
  }
  return "a";
}

bool keeps_out_more(const TaskLock* a, const TaskLock* b) {
  const auto rank = [](LockType type) {
    return type == LockType::exclusive ? 0 : (type == LockType::replace ? 1 : 2);
  };
  return std::pair(rank(a->type), a->interval.start) < std::pair(rank(b->type), b->interval.start);
}

std::string locks_text(std::vector<const TaskLock*> locks) {
  const TaskLock* worst = *std::ranges::min_element(locks, keeps_out_more);
  std::string text =
      fmt::format("holds {} lock on {}", name_of(worst->type), to_iso(worst->interval));
  if (locks.size() > 1) text += fmt::format(" and {} more", locks.size() - 1);
  return text;
}

// Whose tasks are not in the list of active ones, which leaves out what is not shown to everybody:
// a lock is evidence of a writer all the same.
void find_hidden(const Look& look, const std::set<std::string>& shown, std::vector<Drift>& out) {
  for (const auto& [group, locks] : locks_of(look)) {
    const bool known =
        shown.contains(group) ||
        owner_of_id(look.input.pipeline, look.input.state.incarnation, group) != TaskOwner::foreign;
    if (known || group.find("_kill_") != std::string::npos) continue;
    Drift drift;
    drift.kind = DriftKind::task_doubled;
    drift.object = group;
    drift.evidence = fmt::format(
        "a task of group {} {} in datasource '{}', and the list of tasks "
        "does not show it",
        group, locks_text(locks), look.datasource());
    drift.value = group;
    out.push_back(std::move(drift));
  }
}

void find_foreign(const Look& look, std::vector<Drift>& out) {
  if (!look.world.tasks) return;
  const auto locks = locks_of(look);
  std::set<std::string> groups;  // one drift for a task and all that it started
  for (const TaskStatus& task : look.world.tasks->of(look.datasource())) {
    if (!goes_on(task)) continue;
    const std::string& object = task.group_id.empty() ? task.id : task.group_id;
    if (!groups.insert(object).second || known_writer(look, task)) continue;
    Drift drift;
    drift.kind = DriftKind::task_doubled;
    drift.object = object;
    drift.evidence = fmt::format(
        "task {}{} writes datasource '{}', and neither this ledger nor the supervisor "
        "'{}' started it",
        task.id, task.type.empty() ? "" : fmt::format(" of type {}", task.type), look.datasource(),
        look.supervisor());
    if (auto held = locks.find(object); held != locks.end())
      drift.evidence += "; it " + locks_text(held->second);
    drift.value = object;
    out.push_back(std::move(drift));
  }
  find_hidden(look, groups, out);
}

bool vanished(const Look& look, const ledger::RepairState& repair) {
  if (repair.phase == RepairPhase::ended) return repair.end == ledger::TaskEnd::vanished;
  return repair.phase == RepairPhase::accepted &&
         look.world.missing_tasks.contains(repair.intent.task_id);
}

void find_vanished(const Look& look, std::vector<Drift>& out) {
  for (const auto& [id, repair] : look.input.state.repairs) {
    if (!vanished(look, repair)) continue;
    Drift drift;
    drift.kind = DriftKind::task_vanished;
    drift.object = repair.intent.task_id;
    drift.evidence = fmt::format(
        "Druid does not know task {} of {} with {} rows any more; whether its rows are there is "
        "being counted",
        repair.intent.task_id, id, repair.intent.rows);
    drift.value = "vanished";
    drift.rows = repair.intent.rows;
    drift.expected = repair.intent.rows;
    out.push_back(std::move(drift));
  }
}

void find(const Look& look, std::vector<Drift>& out) {
  find_vanished(look, out);
  find_foreign(look, out);
}

bool active(const Look& look, const std::string& task) {
  return look.world.tasks && look.world.tasks->contains(task);
}

bool can_tell(const Look& look, const Drift& drift) {
  if (drift.kind == DriftKind::task_doubled)
    return look.world.tasks.has_value() && look.world.locks.has_value();
  for (const auto& [id, repair] : look.input.state.repairs)
    if (repair.intent.task_id == drift.object && repair.phase == RepairPhase::accepted)
      return active(look, drift.object);
  return true;  // over, by what the ledger says of it
}

}  // namespace

const DriftGroup& task_drift() {
  static const DriftGroup group{
      {DriftKind::task_vanished, DriftKind::task_doubled}, find, can_tell};
  return group;
}

}  // namespace henge::reconcile
