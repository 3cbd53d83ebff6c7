#include "daemon/engine.h"

#include <fmt/format.h>

#include <algorithm>

#include "daemon/quiesce.h"
#include "daemon/supervisor_change.h"
#include "runtime/log.h"

namespace henge::daemon {

using runtime::LogLevel;

namespace {

constexpr Millis idle_again(20);
constexpr int idle_times = 1500;  // half a minute: what takes longer has lost its answer

}  // namespace

void Engine::start() {
  for (const auto& [name, state] : shell_.journal.state().pipelines)
    if (state.managed()) start_runner(name);
}

void Engine::start_runner(const std::string& name) {
  const std::string what = name + ": start";
  const ledger::PipelineState* known = shell_.journal.find(name);
  auto pipeline = pipeline_of(*known, name);
  if (!pipeline) {
    shell_.troubles.set(what, pipeline.error(), shell_.clock.now());
    return;
  }
  auto runner = std::make_shared<Runner>(shell_, std::move(*pipeline));
  auto started = runner->start_scan();
  if (!started) {
    shell_.troubles.set(what, started.error(), shell_.clock.now());
    return;
  }
  shell_.troubles.clear(what, shell_.clock.now());
  runners_[name] = std::move(runner);
  versions_[name] = version_in_force(*known);
  runtime::log(LogLevel::info, "pipeline started", {{"pipeline", name}});
}

boost::asio::awaitable<void> Engine::run() {
  while (!co_await runtime::is_cancelled()) {
    co_await round();
    auto slept = co_await shell_.sleep(shell_.settings.round_interval);
    if (!slept) break;
  }
  for (auto& [name, runner] : runners_) runner->stop_scan();
}

boost::asio::awaitable<void> Engine::round() {
  std::vector<std::string> ids;
  for (const auto& [name, state] : shell_.journal.state().pipelines) {
    go_on(name, state);
    auto runner = runners_.find(name);
    if (runner == runners_.end()) continue;
    for (auto& id : runner->second->tasks_to_ask()) ids.push_back(std::move(id));
  }
  auto statuses = std::make_shared<TaskStatuses>(std::map<std::string, TaskStatus>{});
  if (!ids.empty()) {
    auto answer = co_await shell_.druid.task_statuses(std::move(ids));
    if (answer) {
      shell_.troubles.clear("task statuses", shell_.clock.now());
      *statuses = std::move(*answer);
    } else {
      shell_.troubles.set("task statuses", answer.error(), shell_.clock.now());
      statuses->reset();
    }
  }
  watch_gate();
  std::map<std::string, std::string> datasources;
  for (const auto& [name, runner] : runners_) datasources[name] = runner->pipeline().datasource;
  slots_.begin_round(datasources);
  for (const auto& [name, runner] : runners_)
    if (!runner->busy()) shell_.tasks.spawn(name + " round", runner->round(statuses));
  for (const auto& [name, runner] : runners_) scheduler_.look(name, runner->partitions());
  const Instant now = shell_.clock.now();
  if (reconciler_.busy() ||
      (reconciled_at_ && now - *reconciled_at_ < shell_.settings.reconcile_interval))
    co_return;
  reconciled_at_ = now;
  shell_.tasks.spawn("reconcile", reconcile());
}

// Tries what waits for the Overlord, and says so for as long as it takes none; and which of
// Druid's services are left alone.
void Engine::watch_gate() {
  shell_.overlord->pump();
  const auto services = shell_.druid.shut();
  for (const auto service :
       {ports::Service::overlord, ports::Service::coordinator, ports::Service::broker}) {
    const std::string what = std::string("calls to the ") + ports::to_string(service);
    const auto shut = services.find(service);
    if (shut == services.end())
      shell_.troubles.clear(what, shell_.clock.now());
    else
      shell_.troubles.set(
          what,
          {ErrorKind::unavailable,
           "it fails again and again, and single calls are made until it does not: " +
               shut->second},
          shell_.clock.now());
  }
  const auto why = shell_.overlord->shut();
  if (!why) return shell_.troubles.clear("Overlord", shell_.clock.now());
  shell_.troubles.set(
      "Overlord",
      {ErrorKind::unavailable, "it takes no tasks; single ones are tried until it does: " + *why},
      shell_.clock.now());
}

boost::asio::awaitable<void> Engine::reconcile() {
  Runners judged;
  for (const auto& [name, runner] : runners_)
    if (!posting_.contains(name)) judged.emplace(name, runner);
  co_await reconciler_.round(std::move(judged));
}

// What a pipeline needs before its round: a runner, or the end of what a death cut short. A freeze
// stops all of that but the runner, which only looks.
void Engine::go_on(const std::string& name, const ledger::PipelineState& state) {
  if (state.released || releasing_.contains(name)) return;
  const bool frozen = ledger::freeze_of(shell_.journal.state(), state) != nullptr;
  if (state.releasing) {
    if (!frozen && releasing_.insert(name).second)
      shell_.tasks.spawn(name + " release", finish_releasing(name));
    return;
  }
  if (!runners_.contains(name)) return start_runner(name);
  // A change that was put back leaves a runner behind that works by what Druid refused.
  if (!posting_.contains(name) && versions_[name] != version_in_force(state)) {
    const auto refreshed = refresh_runner(name);
    if (!refreshed) shell_.troubles.set(name + ": start", refreshed.error(), shell_.clock.now());
    if (!runners_.contains(name)) return;
  }
  if (state.apply_under_way() && !frozen && posting_.insert(name).second)
    shell_.tasks.spawn(name + " apply", finish_apply(name));
}

// An apply that was recorded, but died before its outcome was.
boost::asio::awaitable<void> Engine::finish_apply(std::string name) {
  auto known = runners_.find(name);
  if (known != runners_.end()) {
    auto runner = known->second;
    auto done = co_await post_declared(shell_, runner->pipeline());
    shell_.troubles.follow(name + ": apply", done, shell_.clock.now());
  }
  posting_.erase(name);
}

// A release that was recorded, but died before its outcome was, or did not reach Druid.
boost::asio::awaitable<void> Engine::finish_releasing(std::string name) {
  stop_runner(name);
  auto done = co_await finish_release(shell_, name);
  shell_.troubles.follow(name + ": release", done, shell_.clock.now());
  releasing_.erase(name);
}

// Whether something that was decided before may still reach Druid: a round, an apply, a heal.
bool Engine::under_way(const std::string& name, const Runner* runner) const {
  const ledger::PipelineState* known = shell_.journal.find(name);
  return (runner != nullptr && runner->busy()) || posting_.contains(name) ||
         (known != nullptr &&
          std::ranges::any_of(known->drifts, [](const auto& item) { return item.second.healing; }));
}

runtime::Async<Released> Engine::release(std::string name, SupervisorFate fate, Change change) {
  CO_TRY_VOID(must_not_be_held(shell_.journal.find(name), name));
  if (!releasing_.insert(name).second)
    co_return fail(ErrorKind::refused, fmt::format("pipeline '{}' is being released", name));
  // What is on its way to Druid arrives before the end is recorded.
  auto known = runners_.find(name);
  const std::shared_ptr<Runner> runner = known == runners_.end() ? nullptr : known->second;
  stop_runner(name);
  Result<void> waited;
  for (int times = 0; waited && times < idle_times && under_way(name, runner.get()); ++times)
    waited = co_await shell_.sleep(idle_again);
  if (waited && under_way(name, runner.get()))
    waited = fail(ErrorKind::unavailable,
                  fmt::format("something of '{}' is still on its way to Druid; try again", name));
  auto released = waited ? co_await release_pipeline(shell_, name, fate, std::move(change))
                         : tl::unexpected<Error>(waited.error());
  releasing_.erase(name);
  co_return released;
}

runtime::Async<Applied> Engine::apply(Declaration declaration, Change change) {
  const std::string name = declaration.pipeline.name;
  if (releasing_.contains(name))
    co_return fail(ErrorKind::refused, fmt::format("pipeline '{}' is being released", name));
  CO_TRY_VOID(must_not_be_held(shell_.journal.find(name), name));
  posting_.insert(name);
  auto applied = co_await apply_pipeline(shell_, std::move(declaration), std::move(change));
  posting_.erase(name);
  if (!applied) co_return applied;
  CO_TRY_VOID(refresh_runner(name));
  co_return applied;
}

// New settings take effect in a new runner; the old one's round ends by itself.
Result<void> Engine::refresh_runner(const std::string& name) {
  const ledger::PipelineState& state = *shell_.journal.find(name);
  TRY(Pipeline now, pipeline_of(state, name));
  auto known = runners_.find(name);
  if (known != runners_.end() && !(known->second->pipeline() == now)) stop_runner(name);
  if (!runners_.contains(name)) start_runner(name);
  versions_[name] = version_in_force(state);
  return {};
}

const Runner* Engine::find_runner(const std::string& name) const {
  auto known = runners_.find(name);
  return known == runners_.end() ? nullptr : known->second.get();
}

void Engine::stop_runner(const std::string& name) {
  auto known = runners_.find(name);
  if (known == runners_.end()) return;
  known->second->stop_scan();
  runners_.erase(known);
}

}  // namespace henge::daemon
