// windows: for which loads streaming stands, until when, and who resumes it. Asks the ledger only.
#include "cli/commands.h"
#include "cli/ledger_access.h"
#include "cli/window_view.h"
#include "daemon/supervisor_change.h"
#include "reconcile/windows.h"
#include "runtime/clock.h"

namespace henge::cli {
namespace {

std::optional<PlannedWindow> planned_window(const std::string& name,
                                            const ledger::PipelineState& known, Instant now) {
  if (!known.managed()) return std::nullopt;
  // One that can't be read is a trouble of `status`.
  const auto pipeline = daemon::pipeline_of(known, name);
  if (!pipeline || pipeline->windows.empty()) return std::nullopt;
  return PlannedWindow{name, reconcile::windows_allow(pipeline->windows, now),
                       reconcile::windows_open_at(pipeline->windows, now)};
}

Result<WindowView> make_windows(const ListWindows& command, const Config& config) {
  TRY(const ledger::Journal journal, open_ledger(config));
  const ledger::State& state = journal.state();
  if (command.pipeline) TRY_VOID(find_pipeline(state, *command.pipeline));
  WindowView view;
  view.pipeline = command.pipeline.value_or("");
  view.now = runtime::SystemClock().now();
  for (const auto& [name, known] : state.pipelines) {
    if (command.pipeline && *command.pipeline != name) continue;
    if (const auto planned = planned_window(name, known, view.now))
      view.planned.push_back(*planned);
    for (WindowRow& row : window_rows(name, known, command.all))
      view.rows.push_back(std::move(row));
  }
  view.serving = ask_serving(config).up;
  view.frozen = freezes_of(state, command.pipeline);
  return view;
}

}  // namespace

ExitCode run(const ListWindows& command, const Config& config, const Console& console) {
  auto view = make_windows(command, config);
  if (!view) return report(view.error(), console);
  console.print(show_windows(*view, console));
  return ExitCode::done;
}

}  // namespace henge::cli
