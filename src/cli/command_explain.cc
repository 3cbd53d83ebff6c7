// explain: why something is as it is, from the ledger's records alone.
#include "cli/commands.h"
#include "cli/explain_object.h"
#include "cli/explain_view.h"
#include "cli/ledger_access.h"
#include "cli/standing.h"
#include "daemon/supervisor_change.h"

namespace henge::cli {
namespace {

Result<ExplainView> make_explain(const Explain& command, const Config& config) {
  TRY(ledger::Journal journal, open_ledger(config));
  const ledger::State& state = journal.state();
  ExplainView view;
  TRY(view.subject, find_subject(state, command.object));
  view.object = name_of(view.subject);
  ledger::Storyteller teller(view.subject);
  // What was appended since the state was read is left for the next time: both must agree.
  const std::int64_t last = journal.sequence();
  TRY_VOID(journal.store().read(1, [&](const ledger::Record& record) -> Result<void> {
    if (record.sequence > last || !teller.wants(record.pipeline)) return {};
    TRY(auto body, ledger::from_json(record.kind, record.body));
    teller.see(record.sequence, {record.at, record.pipeline, std::move(body)});
    return {};
  }));
  view.lines = teller.lines();
  view.total = std::ssize(view.lines);
  if (command.limit > 0 && command.limit < view.total)
    view.lines.erase(view.lines.begin(), view.lines.end() - command.limit);
  TRY(const Pipeline pipeline,
      daemon::pipeline_of(state.pipelines.at(view.subject.pipeline), view.subject.pipeline));
  view.standing = standing(state, pipeline, view.subject);
  view.frozen = freezes_of(state, view.subject.pipeline);
  return view;
}

}  // namespace

ExitCode run(const Explain& command, const Config& config, const Console& console) {
  auto view = make_explain(command, config);
  if (!view) return report(view.error(), console);
  console.print(show_explain(*view, console));
  return ExitCode::done;
}

}  // namespace henge::cli
