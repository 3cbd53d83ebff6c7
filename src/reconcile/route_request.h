// A load as a person asked for it and what its sources hold, as the router takes it.
#pragma once

#include <string>

#include "model/load.h"
#include "model/pipeline.h"
#include "route/request.h"

namespace henge::reconcile {

// `id` names its tasks in the schedule. Rows that were not counted stay unknown.
route::RouteRequest route_request(std::string id, const Pipeline& pipeline,
                                  const LoadRequest& request, const LoadContent& content,
                                  Instant submitted_at);

}  // namespace henge::reconcile
