// When a load's tasks can run and how wide: by the schedule of everything that waits and runs.
#pragma once

#include <vector>

#include "route/reason.h"
#include "route/request.h"
#include "route/route.h"
#include "route/split.h"

namespace henge::route {

// What the cluster as a whole makes wait: health of deep storage and Overlord, no workers.
std::vector<Reason> judge_cluster(const ClusterView& view);

// Chooses the number of sub-tasks and fills in slots, durations, start and finish of each task and
// of the route; in_time, not_before. `route` has its lane and at least one task.
void time_route(const RouteRequest& request, const ClusterView& view, const RouteLimits& limits,
                const EngineChoice& engine, Instant now, Route& route);

}  // namespace henge::route
