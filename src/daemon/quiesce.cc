#include "daemon/quiesce.h"

#include <fmt/format.h>

#include <algorithm>

namespace henge::daemon {

runtime::Async<SupervisorSight> look_at_supervisor(Doors& shell, Pipeline pipeline) {
  SupervisorSight sight;
  CO_TRY(sight.status, co_await shell.druid.supervisor_status(supervisor_id(pipeline)));
  const SupervisorStatus& status = sight.status;
  const bool idle = status.suspended && status.detailed_state == "SUSPENDED" &&
                    status.active.empty() && status.publishing.empty();
  if (!idle) co_return sight;
  CO_TRY(const auto tasks, co_await shell.druid.active_tasks(pipeline.datasource));
  sight.quiet = std::ranges::none_of(
      tasks, [](const TaskStatus& task) { return task.type == "index_kafka"; });
  co_return sight;
}

runtime::Async<void> resume_and_see(Doors& shell, Pipeline pipeline, Audit audit) {
  const std::string id = supervisor_id(pipeline);
  CO_TRY_VOID(co_await shell.druid.resume_supervisor(id, std::move(audit)));
  CO_TRY(const auto status, co_await shell.druid.supervisor_status(id));
  if (status.suspended)
    co_return fail(ErrorKind::unknown_outcome,
                   fmt::format("supervisor '{}' was told to resume and is still suspended", id));
  co_return Result<void>{};
}

Result<void> must_not_be_held(const ledger::PipelineState* state, const std::string& pipeline) {
  if (state == nullptr) return {};
  if (state->resetting())
    return fail(ErrorKind::refused,
                fmt::format("the offsets of pipeline '{}' are being reset", pipeline));
  if (!state->stand) return {};
  std::string loads;
  for (const ledger::WindowState& window : state->windows)
    if (window.open()) loads += (loads.empty() ? " for " : ", ") + window.intent.load;
  return fail(
      ErrorKind::refused,
      fmt::format("streaming into '{}' stands in a window{} (`henge windows {}`); it goes on "
                  "by itself",
                  pipeline, loads, pipeline));
}

}  // namespace henge::daemon
