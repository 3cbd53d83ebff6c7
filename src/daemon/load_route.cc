#include "daemon/load_route.h"

#include <fmt/format.h>

#include <algorithm>

#include "daemon/cluster_look.h"
#include "daemon/load_sources.h"
#include "reconcile/route_request.h"
#include "reconcile/storage_reports.h"
#include "route/guards.h"
#include "route/route.h"

namespace henge::daemon {
namespace {

std::string text_of(const route::Reason& reason) {
  return reason.remedy.empty() ? reason.sentence
                               : fmt::format("{} ({})", reason.sentence, reason.remedy);
}

std::vector<std::string> texts(const std::vector<route::Reason>& reasons,
                               std::initializer_list<route::Weight> weights) {
  std::vector<std::string> out;
  for (const route::Reason& reason : reasons)
    for (const route::Weight weight : weights)
      if (reason.weight == weight) out.push_back(text_of(reason));
  return out;
}

// What the ledger keeps of a route.
LoadWay way_of(const route::Route& found, const LoadContent& content) {
  using route::Weight;
  LoadWay way;
  ledger::LoadRouted& routed = way.routed;
  const auto shapes = texts(found.reasons, {Weight::shapes});
  routed.lane = to_string(found.lane);
  if (found.lane == route::Lane::window) routed.window = shapes.front();
  routed.reasons = texts(found.reasons, {Weight::shapes, Weight::waits});
  way.waits = texts(found.reasons, {Weight::waits});
  routed.notes = texts(found.reasons, {Weight::notes});
  routed.finish = found.finish;
  routed.in_time = found.in_time;
  for (const route::TaskRoute& task : found.tasks) {
    // All tasks of a load have the same engine.
    routed.engine = to_string(task.engine);
    routed.sub_tasks = task.sub_tasks;
    routed.parts.push_back({task.duration, task.start});
    std::vector<Instant> chunks;
    for (const Interval& chunk : task.chunks) chunks.push_back(chunk.start);
    way.parts.push_back(make_part(content, std::move(chunks)));
  }
  return way;
}

// As the schedule last saw it; looked at now where no load has waited yet.
runtime::Async<route::Health> deep_storage(Shell& shell) {
  if (shell.deep_storage.state != route::Health::State::unknown) co_return shell.deep_storage;
  std::optional<route::StorageSight> sight;
  if (shell.probe_storage) {
    CO_TRY(sight, co_await shell.probe_storage());
  }
  const Instant now = shell.clock.now();
  co_return route::judge_storage(sight, reconcile::storage_reports(shell.journal.state(), now),
                                 now);
}

}  // namespace

route::RouteLimits route_limits(const LoadsConfig& config) {
  route::RouteLimits limits;
  limits.task_rows_max = config.task_rows_max;
  limits.task_chunks_max = config.task_chunks_max;
  limits.single_rows_max = config.single_rows_max;
  limits.sub_task_rows = config.sub_task_rows;
  limits.sub_tasks_max = config.sub_tasks_max;
  limits.msq = config.msq;
  limits.rows_per_slot_second = static_cast<double>(config.rows_per_slot_second);
  limits.window_max = config.window_max;
  limits.budget.slots_max = config.slots_max;
  limits.budget.datasource_max = config.datasource_slots_max;
  limits.budget.datasources = config.datasources;
  limits.budget.patience = config.patience;
  limits.budget.starve_after = config.starve_after;
  return limits;
}

runtime::Async<bool> ask_msq(ports::Druid& druid, const route::RouteLimits& limits) {
  if (!limits.msq) co_return false;
  co_return co_await druid.runs_query_tasks();
}

runtime::Async<LoadWay> route_load(Shell& shell, const Pipeline& pipeline, LoadRequest request,
                                   LoadContent content) {
  const Instant now = shell.clock.now();
  const route::RouteLimits& limits = shell.settings.route;
  const auto asked = reconcile::route_request("load", pipeline, request, content, now);
  std::vector<Interval> chunks;
  for (const LoadChunk& c : content.chunks)
    chunks.push_back(bucket(pipeline.schema.segment_granularity, c.chunk));
  CO_TRY(auto answers, co_await ask_cluster(shell, pipeline, chunks));
  // A supervisor that has just begun knows of no partition yet; the scan does.
  const auto scanned = static_cast<int>(shell.journal.find(pipeline.name)->partitions.size());
  answers.partitions = std::max(answers.partitions, scanned);
  auto view =
      reconcile::cluster_view(shell.journal.state(), pipeline, answers, chunks, limits, now);
  CO_TRY(view.has_msq, co_await ask_msq(shell.druid, limits));
  CO_TRY(view.deep_storage, co_await deep_storage(shell));
  const route::Route found = route::decide_route(asked, view, limits, now);
  if (found.when == route::When::refused)
    co_return fail(
        ErrorKind::refused,
        fmt::format("{}", fmt::join(texts(found.reasons, {route::Weight::refuses}), "; ")));
  co_return way_of(found, content);
}

}  // namespace henge::daemon
