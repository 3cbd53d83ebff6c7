// Beside the stream or instead of it: whether a load can be written while streaming goes on.
#pragma once

#include <vector>

#include "route/reason.h"
#include "route/request.h"
#include "route/route.h"

namespace henge::route {

// Never `refuse`: what forbids the lane is among `reasons`.
Lane choose_lane(const RouteRequest& request, const ClusterView& view,
                 std::vector<Reason>& reasons);

}  // namespace henge::route
