#include "reconcile/active_tasks.h"

#include <algorithm>

namespace henge::reconcile {

ActiveTasks::ActiveTasks(std::vector<TaskStatus> tasks) {
  for (TaskStatus& task : tasks) by_datasource_[task.datasource].push_back(std::move(task));
}

std::span<const TaskStatus> ActiveTasks::of(const std::string& datasource) const {
  const auto found = by_datasource_.find(datasource);
  return found == by_datasource_.end() ? std::span<const TaskStatus>() : found->second;
}

bool ActiveTasks::contains(const std::string& task_id) const {
  return std::ranges::any_of(by_datasource_, [&](const auto& one) {
    return std::ranges::find(one.second, task_id, &TaskStatus::id) != one.second.end();
  });
}

}  // namespace henge::reconcile
