// drift: what the ledger knows to differ in Druid. Asks nobody and changes nothing.
#include "cli/commands.h"
#include "cli/drift_view.h"
#include "cli/ledger_access.h"
#include "daemon/supervisor_change.h"
#include "reconcile/windows.h"
#include "runtime/clock.h"

namespace henge::cli {
namespace {

Result<DriftView> make_drift(const ShowDrift& command, const Config& config) {
  TRY(const ledger::Journal journal, open_ledger(config));
  const ledger::State& state = journal.state();
  if (command.pipeline) TRY_VOID(find_pipeline(state, *command.pipeline));
  DriftView view;
  view.pipeline = command.pipeline.value_or("");
  for (const auto& [name, known] : state.pipelines) {
    if ((command.pipeline && *command.pipeline != name) || known.drifts.empty()) continue;
    TRY(const Pipeline pipeline, daemon::pipeline_of(known, name));
    const DriftSettings settings = drift_settings(config.drift, pipeline.drift);
    for (const auto& [key, drift] : known.drifts) {
      if (command.kind && *command.kind != drift.drift.kind) continue;
      DriftRow row = drift_row(name, drift, rule_of(settings, drift.drift.kind));
      if (row.outcome == DriftOutcome::ignored && !command.all)
        ++view.ignored;
      else
        view.rows.push_back(std::move(row));
    }
  }
  sort_drift(view.rows);
  view.serving = ask_serving(config).up;
  view.frozen = freezes_of(state, command.pipeline);
  view.now = runtime::SystemClock().now();
  view.window_opens = reconcile::windows_open_at(config.drift.windows, view.now);
  return view;
}

}  // namespace

ExitCode run(const ShowDrift& command, const Config& config, const Console& console) {
  auto view = make_drift(command, config);
  if (!view) return report(view.error(), console);
  console.print(show_drift(*view, console));
  return view->rows.empty() ? ExitCode::done : ExitCode::changes;
}

}  // namespace henge::cli
