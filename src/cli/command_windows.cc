// windows: for which loads streaming stands, until when, and who resumes it. Asks the ledger only.
#include "cli/commands.h"
#include "cli/ledger_access.h"
#include "cli/window_view.h"
#include "runtime/clock.h"

namespace henge::cli {
namespace {

Result<WindowView> make_windows(const ListWindows& command, const Config& config) {
  TRY(const ledger::Journal journal, open_ledger(config));
  const ledger::State& state = journal.state();
  if (command.pipeline) TRY_VOID(find_pipeline(state, *command.pipeline));
  WindowView view;
  for (const auto& [name, known] : state.pipelines) {
    if (command.pipeline && *command.pipeline != name) continue;
    for (WindowRow& row : window_rows(name, known, command.all))
      view.rows.push_back(std::move(row));
  }
  view.serving = ask_serving(config).up;
  view.frozen = freezes_of(state, command.pipeline);
  view.now = runtime::SystemClock().now();
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
