#include "route/route.h"

#include <algorithm>
#include <tuple>

#include "model/result.h"
#include "route/guards.h"
#include "route/lane.h"
#include "route/split.h"
#include "route/timing.h"

namespace henge::route {
namespace {

void append(std::vector<Reason>& to, std::vector<Reason> more) {
  std::ranges::move(more, std::back_inserter(to));
}

bool waits_as_a_whole(const std::vector<Reason>& reasons) {
  return std::ranges::any_of(reasons, [](const Reason& reason) {
    return reason.weight == Weight::waits && reason.chunks.empty();
  });
}

void refuse(Route& route) {
  route.lane = Lane::refuse;
  route.when = When::refused;
  route.not_before.reset();
  route.tasks.clear();
  route.start.reset();
  route.finish.reset();
  route.in_time = false;
}

// Ready ones first; a window is opened only when all can go.
void order(Route& route) {
  const bool all_ready = std::ranges::all_of(route.tasks, &TaskRoute::ready);
  if (route.lane == Lane::window && !all_ready)
    for (TaskRoute& task : route.tasks) task.ready = false;
  std::ranges::sort(route.tasks, [](const TaskRoute& a, const TaskRoute& b) {
    return std::tuple(!a.ready, a.interval) < std::tuple(!b.ready, b.interval);
  });
}

void decide_when(Route& route) {
  // Without tasks there is nothing to do, and that can be done now.
  const bool some_ready =
      route.tasks.empty() || std::ranges::any_of(route.tasks, &TaskRoute::ready);
  route.when = some_ready && !waits_as_a_whole(route.reasons) ? When::now : When::later;
  for (TaskRoute& task : route.tasks) {
    if (task.ready) continue;
    // When what is on its chunks ends is not known; the route's finish is the earliest there is.
    task.start.reset();
    task.finish.reset();
  }
}

}  // namespace

Route decide_route(const RouteRequest& request, const ClusterView& view, const RouteLimits& limits,
                   Instant now) {
  Route route{.mode = request.mode, .deadline = request.deadline};
  route.reasons = guard_interval(request, limits);
  if (!route.reasons.empty()) {
    refuse(route);
    return route;
  }
  route.reasons = check_guards(request, view, limits);
  append(route.reasons, judge_cluster(view));
  route.lane = choose_lane(request, view, route.reasons);
  route.tasks = split(request, limits, route.reasons);
  order(route);
  if (!route.tasks.empty()) {
    const EngineChoice engine = choose_engine(request, view, limits, route.tasks, route.reasons);
    time_route(request, view, limits, engine, now, route);
  }
  if (any_of(route.reasons, Weight::refuses))
    refuse(route);
  else
    decide_when(route);
  return route;
}

const char* to_string(Lane lane) {
  switch (lane) {
    case Lane::concurrent_append:
      return "concurrent_append";
    case Lane::concurrent_replace:
      return "concurrent_replace";
    case Lane::window:
      return "window";
    case Lane::refuse:
      return "refuse";
  }
  invariant(false, "a lane without a name");
  return "";
}

const char* to_string(When when) {
  switch (when) {
    case When::now:
      return "now";
    case When::later:
      return "later";
    case When::refused:
      return "refused";
  }
  invariant(false, "a time without a name");
  return "";
}

}  // namespace henge::route
