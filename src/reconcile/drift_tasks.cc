// Tasks: those of henge's that Druid lost, and those of others that write what henge's write.
#include <fmt/format.h>

#include <algorithm>

#include "reconcile/drift_groups.h"

namespace henge::reconcile {
namespace {

using ledger::RepairPhase;

// A task that appends or replaces for henge: henge_<pipeline>_<what>_<incarnation>_...; tasks that
// it started carry its id as their group's. The same pipeline of another ledger has another
// incarnation.
bool henges_own(const Look& look, const std::string& id) {
  return id.starts_with(fmt::format("henge_{}_", look.input.pipeline.name)) &&
         id.find(fmt::format("_{}_", look.input.state.incarnation)) != std::string::npos;
}

// Group index_kafka_<supervisor>, as Druid 33 gives it. A task without a group is known by its id,
// index_kafka_<supervisor>_<hash>_<letters>: neither part has an underscore, so that the supervisor
// `clicks` does not own the tasks of `clicks_eu`.
bool supervisors_own(const Look& look, const TaskStatus& task) {
  if (task.type != "index_kafka") return false;
  const std::string group = fmt::format("index_kafka_{}", look.supervisor());
  if (!task.group_id.empty() && task.group_id != task.id) return task.group_id == group;
  if (!task.id.starts_with(group + "_")) return false;
  return std::ranges::count(std::string_view(task.id).substr(group.size() + 1), '_') <= 1;
}

// Druid's own compaction and clean-up (contract 6.3.8).
bool druids_own(const TaskStatus& task) {
  return task.id.starts_with("coordinator-issued") || task.id.starts_with("auto") ||
         task.type == "kill";
}

bool known_writer(const Look& look, const TaskStatus& task) {
  return henges_own(look, task.id) || henges_own(look, task.group_id) ||
         supervisors_own(look, task) || druids_own(task);
}

bool writes_here(const Look& look, const TaskStatus& task) {
  return task.datasource == look.datasource() && task.state != TaskState::success &&
         task.state != TaskState::failed;
}

void find_foreign(const Look& look, std::vector<Drift>& out) {
  if (!look.world.tasks) return;
  std::set<std::string> groups;  // one drift for a task and all that it started
  for (const TaskStatus& task : *look.world.tasks) {
    if (!writes_here(look, task) || known_writer(look, task)) continue;
    const std::string& object = task.group_id.empty() ? task.id : task.group_id;
    if (!groups.insert(object).second) continue;
    Drift drift;
    drift.kind = DriftKind::task_doubled;
    drift.object = object;
    drift.evidence = fmt::format(
        "task {}{} writes datasource '{}', and neither this ledger nor the supervisor "
        "'{}' started it",
        task.id, task.type.empty() ? "" : fmt::format(" of type {}", task.type), look.datasource(),
        look.supervisor());
    drift.value = object;
    out.push_back(std::move(drift));
  }
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
        "Druid took task {} of {} with {} rows and does not know it any more; whether "
        "its rows are there is being counted",
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
  return look.world.tasks &&
         std::ranges::any_of(*look.world.tasks, [&](const TaskStatus& t) { return t.id == task; });
}

bool can_tell(const Look& look, const Drift& drift) {
  if (drift.kind == DriftKind::task_doubled) return look.world.tasks.has_value();
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
