// Whose a task of a datasource is, by the names that henge, supervisors and Druid itself give.
#pragma once

#include <string>

#include "model/druid.h"
#include "model/pipeline.h"

namespace henge::reconcile {

enum class TaskOwner { henge, supervisor, druid, foreign };

// By an id alone: a task's, or a group's, as locks name it. The supervisor's tasks and groups are
// known by it too.
TaskOwner owner_of_id(const Pipeline& pipeline, const std::string& incarnation,
                      const std::string& id);
// By id, group and type.
TaskOwner owner_of(const Pipeline& pipeline, const std::string& incarnation,
                   const TaskStatus& task);

}  // namespace henge::reconcile
