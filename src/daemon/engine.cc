#include "daemon/engine.h"

#include "runtime/log.h"

namespace henge::daemon {

using runtime::LogLevel;

void Engine::start() {
  for (const auto& [name, state] : shell_.journal.state().pipelines)
    if (!state.released) start_runner(name);
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
    if (state.released) continue;
    auto runner = runners_.find(name);
    if (runner == runners_.end()) {
      start_runner(name);
      continue;
    }
    if (state.apply_under_way() && posting_.insert(name).second)
      shell_.tasks.spawn(name + " apply", finish_apply(name));
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
  for (const auto& [name, runner] : runners_)
    if (!runner->busy()) shell_.tasks.spawn(name + " round", runner->round(statuses));
}

// An apply that was recorded, but died before its outcome was.
boost::asio::awaitable<void> Engine::finish_apply(std::string name) {
  auto runner = runners_.at(name);
  auto done = co_await post_declared(shell_, runner->pipeline());
  if (done)
    shell_.troubles.clear(name + ": apply", shell_.clock.now());
  else if (done.error().kind != ErrorKind::cancelled)
    shell_.troubles.set(name + ": apply", done.error(), shell_.clock.now());
  posting_.erase(name);
}

runtime::Async<Applied> Engine::apply(Declaration declaration, Change change) {
  const std::string name = declaration.pipeline.name;
  posting_.insert(name);
  auto applied = co_await apply_pipeline(shell_, std::move(declaration), std::move(change));
  posting_.erase(name);
  if (!applied) co_return applied;
  CO_TRY_VOID(refresh_runner(name));
  co_return applied;
}

// New settings take effect in a new runner; the old one's round ends by itself.
Result<void> Engine::refresh_runner(const std::string& name) {
  TRY(Pipeline now, pipeline_of(*shell_.journal.find(name), name));
  auto known = runners_.find(name);
  if (known != runners_.end() && !(known->second->pipeline() == now)) stop_runner(name);
  if (!runners_.contains(name)) start_runner(name);
  return {};
}

void Engine::stop_runner(const std::string& name) {
  auto known = runners_.find(name);
  if (known == runners_.end()) return;
  known->second->stop_scan();
  runners_.erase(known);
}

}  // namespace henge::daemon
