// What `route` shows: which way a load would take, and why. JSON is a contract.
#pragma once

#include <string>
#include <vector>

#include "cli/console.h"
#include "cli/freeze_view.h"
#include "route/route.h"

namespace henge::cli {

struct RouteView {
  std::string pipeline;
  route::RouteRequest request;
  route::Route route;
  std::vector<std::string> sources;
  bool explain = false;  // every reason, not only what refuses, waits or concerns the deadline
  std::vector<FreezeNote> frozen;
};

std::string show_route(const RouteView& view, const Console& console);

}  // namespace henge::cli
