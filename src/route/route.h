// Which way a load takes: lane, engine, split, order and time, each with its reasons. Pure: the
// same request and the same observation give the same route.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "route/reason.h"
#include "route/request.h"

namespace henge::route {

enum class Lane {
  concurrent_append,
  concurrent_replace,
  window,  // suspend, quiesced, load, counted, resume
  refuse,
};

enum class When { now, later, refused };

// One task to be submitted.
struct TaskRoute {
  Interval interval{};
  std::vector<Interval> chunks = {};
  std::optional<std::int64_t> rows = {};  // estimated or counted
  Engine engine = Engine::single;
  int sub_tasks = 1;                   // of parallel: maxNumConcurrentSubTasks
  int slots = 1;                       // in all
  Millis duration{};                   // estimated
  bool ready = true;                   // nothing on its chunks has to end first
  std::optional<Instant> start = {};   // estimated; nothing while it is not ready
  std::optional<Instant> finish = {};  // estimated
  bool operator==(const TaskRoute&) const = default;
};

struct Route {
  Lane lane = Lane::refuse;
  Mode mode = Mode::append;
  When when = When::refused;
  std::optional<Instant> not_before = {};  // when it is known what `later` means
  std::vector<TaskRoute> tasks = {};       // in the order in which they start
  std::optional<Instant> start = {};       // estimated, of the first
  std::optional<Instant> finish = {};      // estimated: of the last, and streaming resumed
  std::optional<Instant> deadline = {};
  bool in_time = true;               // finish by the deadline, as far as both are known
  std::vector<Reason> reasons = {};  // all of them, guards first
  bool operator==(const Route&) const = default;
};

Route decide_route(const RouteRequest& request, const ClusterView& view, const RouteLimits& limits,
                   Instant now);

const char* to_string(Lane lane);
const char* to_string(When when);

}  // namespace henge::route
