// route: which way a load would take, and why. Reads files, ledger and Druid; changes nothing.
#include <algorithm>
#include <filesystem>

#include "cli/commands.h"
#include "cli/ledger_access.h"
#include "cli/route_view.h"
#include "daemon/cluster_look.h"
#include "daemon/load_route.h"
#include "daemon/load_sources.h"
#include "daemon/storage_probe.h"
#include "daemon/supervisor_change.h"
#include "daemon/wiring.h"
#include "reconcile/route_request.h"
#include "reconcile/storage_reports.h"
#include "route/guards.h"
#include "runtime/clock.h"
#include "runtime/system.h"

namespace henge::cli {
namespace {

// What Druid's workers fetch themselves is not read here: how much it is stays unknown.
std::optional<LoadInput> remote_input(const std::vector<std::string>& sources) {
  const auto all = [&](std::initializer_list<std::string_view> schemes) {
    return std::ranges::all_of(sources, [&](const std::string& source) {
      return std::ranges::any_of(
          schemes, [&](std::string_view scheme) { return source.starts_with(scheme); });
    });
  };
  if (sources.empty()) return std::nullopt;
  if (all({"http://", "https://"})) return LoadInput::http;
  if (all({"s3://"})) return LoadInput::s3;
  if (all({"druid://"})) return LoadInput::druid;
  return std::nullopt;
}

LoadContent remote_content(LoadInput input, const LoadRequest& request,
                           const std::vector<Instant>& chunks) {
  LoadContent content;
  content.input = input;
  for (const std::string& source : request.sources) {
    LoadFile& file = content.files.emplace_back();
    file.uri = source;
  }
  for (const Instant chunk : chunks) content.chunks.push_back({chunk, -1});
  return content;
}

Result<LoadContent> read_content(const Pipeline& pipeline, const LoadRequest& request,
                                 const std::vector<Instant>& chunks) {
  if (const auto input = remote_input(request.sources))
    return remote_content(*input, request, chunks);
  TRY(const Pipeline reading, daemon::pipeline_of_load(pipeline, request));
  return daemon::read_local(reading, request, chunks, [](const daemon::ReadingProgress&) {});
}

// What is wrong with the interval is said as a route, before any source is read.
std::optional<route::Route> refused_interval(const route::RouteRequest& asked,
                                             const route::RouteLimits& limits) {
  if (route::guard_interval(asked, limits).empty()) return std::nullopt;
  return route::decide_route(asked, {}, limits, {});
}

Result<RouteView> make_route(const Route& command, const Config& config, const Console& console) {
  TRY(ledger::Journal journal, open_ledger(config));
  const LoadRequest& request = command.request;
  TRY(const ledger::PipelineState* state, find_pipeline(journal.state(), request.pipeline));
  TRY(const Pipeline pipeline, daemon::pipeline_of(*state, request.pipeline));
  const runtime::SystemClock clock;
  const route::RouteLimits limits = daemon::route_limits(config.loads);
  RouteView view;
  view.pipeline = request.pipeline;
  view.sources = request.sources;
  view.explain = command.explain;
  view.frozen = freezes_of(journal.state(), request.pipeline);
  view.request = reconcile::route_request("route", pipeline, request, {}, clock.now());
  if (auto refused = refused_interval(view.request, limits)) {
    view.route = std::move(*refused);
    return view;
  }
  const auto chunks =
      route::chunks_in(request.interval, view.request.granularity, limits.chunks_max);
  std::vector<Instant> starts;
  for (const Interval& chunk : chunks) starts.push_back(chunk.start);
  TRY(const LoadContent content, read_content(pipeline, request, starts));
  view.request = reconcile::route_request("route", pipeline, request, content, clock.now());

  const spec::SecretSources secrets = daemon::process_secrets();
  TRY(auto druid, daemon::make_druid(config, secrets));
  daemon::Troubles troubles;
  runtime::BlockingPool pool(1);
  const daemon::ProbeStorage probe = daemon::storage_probe(config.loads, pool);
  auto work = [&]() -> runtime::Async<void> {
    daemon::Doors doors{*druid, clock, journal, troubles, secrets};
    CO_TRY(const auto answers, co_await daemon::ask_cluster(doors, pipeline, chunks));
    const Instant now = clock.now();
    auto seen = reconcile::cluster_view(journal.state(), pipeline, answers, chunks, limits, now);
    CO_TRY(seen.has_msq, co_await daemon::ask_msq(*druid, limits));
    std::optional<route::StorageSight> storage;
    if (probe) {
      CO_TRY(storage, co_await probe());
    }
    const auto reports = reconcile::storage_reports(journal.state(), now);
    seen.deep_storage = route::judge_storage(storage, reports, now);
    view.route = route::decide_route(view.request, seen, limits, now);
    co_return Result<void>{};
  };
  TRY_VOID(run_with_progress(console, "asking Druid", work));
  return view;
}

}  // namespace

ExitCode run(const Route& command, const Config& config, const Console& console) {
  auto view = make_route(command, config, console);
  if (!view) return report(view.error(), console);
  console.print(show_route(*view, console));
  return view->route.when == route::When::refused ? ExitCode::refused : ExitCode::done;
}

}  // namespace henge::cli
