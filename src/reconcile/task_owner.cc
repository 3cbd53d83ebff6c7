#include "reconcile/task_owner.h"

#include <fmt/format.h>

#include <algorithm>

#include "spec/render_msq.h"

namespace henge::reconcile {
namespace {

// A task that appends or replaces for henge: henge_<pipeline>_<what>_<incarnation>_...; tasks that
// it started carry its id as their group's. The same pipeline of another ledger has another
// incarnation.
bool henges_own(const Pipeline& pipeline, const std::string& incarnation, const std::string& id) {
  std::string_view name = id;
  if (name.starts_with(spec::msq_task_prefix)) name.remove_prefix(spec::msq_task_prefix.size());
  return name.starts_with(fmt::format("henge_{}_", pipeline.name)) &&
         id.find(fmt::format("_{}_", incarnation)) != std::string::npos;
}

std::string supervisors_group(const Pipeline& pipeline) {
  return fmt::format("index_kafka_{}", supervisor_id(pipeline));
}

// Group index_kafka_<supervisor>, as Druid 33 gives it. A task without a group is known by its id,
// index_kafka_<supervisor>_<hash>_<letters>: neither part has an underscore, so that the supervisor
// `clicks` does not own the tasks of `clicks_eu`.
bool supervisors_own(const Pipeline& pipeline, const TaskStatus& task) {
  if (task.type != "index_kafka") return false;
  const std::string group = supervisors_group(pipeline);
  if (!task.group_id.empty() && task.group_id != task.id) return task.group_id == group;
  if (!task.id.starts_with(group + "_")) return false;
  return std::ranges::count(std::string_view(task.id).substr(group.size() + 1), '_') <= 1;
}

// Druid's own compaction and clean-up, by the names it gives them: Druid 33 begins with
// coordinator-issued, later ones with auto (contract 6.3.8); kind of task and datasource follow.
bool druids_own(const Pipeline& pipeline, const std::string& id) {
  for (const char* issuer : {"coordinator-issued", "auto"})
    for (const char* type : {"compact", "kill"})
      if (id.starts_with(fmt::format("{}_{}_{}_", issuer, type, pipeline.datasource))) return true;
  return false;
}

}  // namespace

TaskOwner owner_of_id(const Pipeline& pipeline, const std::string& incarnation,
                      const std::string& id) {
  if (henges_own(pipeline, incarnation, id)) return TaskOwner::henge;
  if (druids_own(pipeline, id)) return TaskOwner::druid;
  return id == supervisors_group(pipeline) ? TaskOwner::supervisor : TaskOwner::foreign;
}

TaskOwner owner_of(const Pipeline& pipeline, const std::string& incarnation,
                   const TaskStatus& task) {
  for (const std::string& id : {task.id, task.group_id})
    for (const TaskOwner owner : {TaskOwner::henge, TaskOwner::druid})
      if (owner_of_id(pipeline, incarnation, id) == owner) return owner;
  return supervisors_own(pipeline, task) ? TaskOwner::supervisor : TaskOwner::foreign;
}

}  // namespace henge::reconcile
