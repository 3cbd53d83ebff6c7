// The active tasks of all datasources, found by datasource: a round asks for each pipeline's, and
// there are thousands of both.
#pragma once

#include <initializer_list>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "model/druid.h"

namespace henge::reconcile {

class ActiveTasks {
 public:
  ActiveTasks() = default;
  // In any order; those of one datasource keep theirs.
  explicit(false) ActiveTasks(std::vector<TaskStatus> tasks);
  ActiveTasks(std::initializer_list<TaskStatus> tasks) : ActiveTasks(std::vector(tasks)) {}

  [[nodiscard]] std::span<const TaskStatus> of(const std::string& datasource) const;
  [[nodiscard]] bool contains(const std::string& task_id) const;

 private:
  std::map<std::string, std::vector<TaskStatus>> by_datasource_;
};

}  // namespace henge::reconcile
