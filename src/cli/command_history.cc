// history and rollback: the versions of a pipeline, and back to one of them.
#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/history_view.h"
#include "cli/ledger_access.h"
#include "spec/parse.h"

namespace henge::cli {
namespace {

Result<HistoryView> make_history(const History& command, const Config& config) {
  TRY(ledger::Journal journal, open_ledger(config));
  TRY(const ledger::PipelineState* state, find_pipeline(journal.state(), command.pipeline));
  std::vector<HistoryRow> rows;
  const auto read = [&](const ledger::Record& record) -> Result<void> {
    const bool wanted = record.kind == "pipeline_declared" ||
                        record.kind == "supervisor_rolled_back" ||
                        record.kind == "pipeline_released";
    if (!wanted || record.pipeline != command.pipeline) return {};
    TRY(auto body, ledger::from_json(record.kind, record.body));
    if (auto row = history_row(record.sequence, {record.at, record.pipeline, std::move(body)}))
      rows.push_back(*std::move(row));
    return {};
  };
  TRY_VOID(journal.store().read(1, read));
  HistoryView view = history_view(command.pipeline, *state, std::move(rows), command.limit);
  view.frozen = freezes_of(journal.state(), command.pipeline);
  return view;
}

// The document of the version, as a file would give it.
Result<spec::ParsedPipeline> document_of(const Rollback& command, const Config& config,
                                         const Console& console) {
  TRY(const ledger::Journal journal, open_ledger(config));
  TRY(const ledger::PipelineState* state, find_pipeline(journal.state(), command.pipeline));
  const ledger::DeclaredVersion* version = ledger::find_version(*state, command.to);
  if (version == nullptr)
    return fail(ErrorKind::not_found, fmt::format("pipeline '{}' has no version {}; it has 1 to {}",
                                                  command.pipeline, command.to, state->version));
  if (state->released)
    return fail(ErrorKind::refused,
                fmt::format("pipeline '{}' was released; `henge apply` declares it anew",
                            command.pipeline));
  if (version->refused)
    console.complain(console.style.paint(
        Tone::warn, fmt::format("version {} failed in Druid when it was applied; `henge history "
                                "{}` says why\n",
                                command.to, command.pipeline)));
  auto parsed =
      spec::parse_pipelines(fmt::format("{}@{}", command.pipeline, command.to), version->document);
  if (has_errors(parsed.diagnostics) || parsed.pipelines.size() != 1)
    return fail(ErrorKind::invalid,
                fmt::format("version {} can't be declared by this henge: {}", command.to,
                            parsed.diagnostics.empty() ? "expected one pipeline"
                                                       : to_text(parsed.diagnostics.front())));
  // Byte for byte what was declared then.
  parsed.pipelines.front().document = version->document;
  return std::move(parsed.pipelines.front());
}

}  // namespace

ExitCode run(const History& command, const Config& config, const Console& console) {
  auto view = make_history(command, config);
  if (!view) return report(view.error(), console);
  console.print(show_history(*view, console));
  return ExitCode::done;
}

ExitCode run(const Rollback& command, const Config& config, const Console& console) {
  auto document = document_of(command, config, console);
  if (!document) return report(document.error(), console);
  std::string reason = fmt::format("back to version {}", command.to);
  if (!command.reason.empty()) reason += ": " + command.reason;
  std::vector<spec::ParsedPipeline> documents;
  documents.push_back(std::move(*document));
  return apply_documents(std::move(documents), Apply{{}, command.confirm, reason}, config, console);
}

}  // namespace henge::cli
