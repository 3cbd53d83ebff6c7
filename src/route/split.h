// A load's interval into tasks, on chunk borders, and the engine of each.
#pragma once

#include <vector>

#include "route/reason.h"
#include "route/request.h"
#include "route/route.h"

namespace henge::route {

// Rows of the whole load, counted or by its size; nothing if neither is known.
std::optional<std::int64_t> rows_of(const Input& input, const RouteLimits& limits);

// Tasks of whole chunks, oldest first; chunks that have to wait (by the reasons that name them)
// come in tasks of their own, where the input can be divided. Engines are not chosen yet.
std::vector<TaskRoute> split(const RouteRequest& request, const RouteLimits& limits,
                             std::vector<Reason>& reasons);

// What an engine could do with a task, before slots are looked at.
struct EngineChoice {
  Engine engine = Engine::single;
  int sub_tasks_min = 1;
  int sub_tasks_wanted = 1;  // that the task's size and files are good for
  int passes = 1;            // over the input
  bool operator==(const EngineChoice&) const = default;
};

// By the largest task: all tasks of a load take the same engine. What forbids it is among
// `reasons`.
EngineChoice choose_engine(const RouteRequest& request, const ClusterView& view,
                           const RouteLimits& limits, const std::vector<TaskRoute>& tasks,
                           std::vector<Reason>& reasons);

// Slots that a task takes in all: one with sub-tasks or workers has one more that leads.
int slots_of(Engine engine, int sub_tasks);

}  // namespace henge::route
