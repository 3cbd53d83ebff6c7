// status, chunks and late: read the ledger beside whoever writes it, and ask Druid where it can be
// asked. Nothing is changed.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/ledger_access.h"
#include "cli/text_width.h"
#include "cli/watch_view.h"
#include "daemon/apply.h"
#include "daemon/shell.h"
#include "daemon/wiring.h"
#include "runtime/clock.h"
#include "runtime/control.h"
#include "scan/delta_file.h"

namespace henge::cli {
namespace {

Result<StatusView> make_status(const Status& command, const Config& config,
                               const Console& console) {
  TRY(ledger::Journal journal, open_ledger(config));
  if (command.pipeline) TRY_VOID(find_pipeline(journal.state(), *command.pipeline));
  TRY(auto druid, daemon::make_druid(config, daemon::process_secrets()));
  StatusView view;
  const auto left_out = std::ranges::count_if(
      journal.state().pipelines, [](const auto& item) { return item.second.released; });
  if (!command.pipeline && !command.all && left_out > 0)
    view.notes.push_back(
        fmt::format("left out: {}; --all shows them", counted(left_out, "released pipeline")));
  auto work = [&]() -> runtime::Async<void> {
    bool reachable = true;
    for (const auto& [name, state] : journal.state().pipelines) {
      if (command.pipeline ? *command.pipeline != name : state.released && !command.all) continue;
      CO_TRY(Pipeline pipeline, daemon::pipeline_of(state, name));
      std::optional<SupervisorStatus> supervisor;
      if (reachable && !state.released) {
        auto answer = co_await druid->supervisor_status(supervisor_id(pipeline));
        if (answer) {
          supervisor = std::move(*answer);
        } else {
          view.notes.push_back(fmt::format("{}: {}", name, answer.error().message));
          reachable = answer.error().kind != ErrorKind::unavailable;
        }
      }
      view.rows.push_back(status_row(pipeline, state, supervisor));
    }
    co_return Result<void>{};
  };
  TRY_VOID(run_with_progress(console, "asking Druid", work));
  Serving serving = ask_serving(config);
  view.serving = serving.up;
  view.troubles = std::move(serving.troubles);
  if (!serving.up)
    view.notes.push_back("no henge serves this ledger: nothing moves until `henge serve` runs");
  view.frozen = freezes_of(journal.state(), command.pipeline);
  view.now = runtime::SystemClock().now();
  return view;
}

struct Listed {
  scan::Extent extent;
  std::string state;
  std::string repair;
};

std::vector<Listed> list_extents(const ledger::PipelineState& state) {
  std::vector<Listed> out;
  for (const auto& [start, chunk] : state.chunks) {
    for (const auto& x : chunk.waiting) out.push_back({x, "waiting", ""});
    for (const auto& x : chunk.covered) out.push_back({x, "replaced", ""});
  }
  for (const auto& [id, repair] : state.repairs)
    for (const auto& x : repair.intent.extents)
      out.push_back(
          {x, repair.phase == ledger::RepairPhase::confirmed ? "repaired" : "repairing", id});
  for (const auto& x : state.set_aside) out.push_back({x, "kept", ""});
  std::ranges::sort(out, {},
                    [](const Listed& l) { return std::pair(l.extent.file, l.extent.offset); });
  return out;
}

bool wanted(const Late& command, const Listed& listed) {
  if (!command.state) return true;
  switch (*command.state) {
    case LateState::waiting:
      return listed.state == "waiting";
    case LateState::repairing:
      return listed.state == "repairing";
    case LateState::repaired:
      return listed.state == "repaired";
  }
  return true;
}

void add_rows(const Listed& listed, const scan::DeltaFolder& folder, std::int64_t limit,
              LateView& view) {
  auto bytes = scan::read_extent(folder, listed.extent);
  if (!bytes) {
    view.notes.push_back(bytes.error().message);
    return;
  }
  auto entries = scan::parse_entries(*bytes);
  if (!entries) {
    view.notes.push_back(entries.error().message);
    return;
  }
  for (const auto& e : *entries) {
    if (limit > 0 && static_cast<std::int64_t>(view.rows.size()) >= limit) return;
    LateRow row;
    row.partition = e.partition;
    row.offset = e.offset;
    row.index = e.index;
    row.event = e.event;
    row.arrival = e.arrival;
    row.chunk = listed.extent.chunk;
    row.kind = scan::to_string(e.kind);
    row.state = listed.state;
    row.repair = listed.repair;
    row.bytes = static_cast<std::int64_t>(e.bytes.size());
    view.rows.push_back(std::move(row));
  }
}

Result<LateView> make_late(const Late& command, const Config& config) {
  TRY(ledger::Journal journal, open_ledger(config));
  TRY(const ledger::PipelineState* state, find_pipeline(journal.state(), command.pipeline));
  TRY(Pipeline pipeline, daemon::pipeline_of(*state, command.pipeline));
  LateView view;
  view.pipeline = command.pipeline;
  view.lateness = pipeline.rule.lateness;
  view.frozen = freezes_of(journal.state(), command.pipeline);
  daemon::Settings settings;
  settings.state_folder = config.state_directory;
  const scan::DeltaFolder folder{daemon::delta_folder(settings, command.pipeline),
                                 command.pipeline};
  for (const Listed& listed : list_extents(*state)) {
    if (!wanted(command, listed)) continue;
    view.total += listed.extent.rows;
    if (command.limit == 0 || static_cast<std::int64_t>(view.rows.size()) < command.limit)
      add_rows(listed, folder, command.limit, view);
  }
  return view;
}

}  // namespace

ExitCode run(const Status& command, const Config& config, const Console& console) {
  auto view = make_status(command, config, console);
  if (!view) return report(view.error(), console);
  console.print(show_status(*view, console));
  return ExitCode::done;
}

ExitCode run(const Chunks& command, const Config& config, const Console& console) {
  auto journal = open_ledger(config);
  if (!journal) return report(journal.error(), console);
  auto state = find_pipeline(journal->state(), command.pipeline);
  if (!state) return report(state.error(), console);
  auto pipeline = daemon::pipeline_of(**state, command.pipeline);
  if (!pipeline) return report(pipeline.error(), console);
  ChunkFilter filter{command.state, std::nullopt};
  if (command.since) filter.since = resolve(*command.since, runtime::SystemClock().now());
  const auto frozen = freezes_of(journal->state(), command.pipeline);
  console.print(show_chunks(*pipeline, **state, filter, frozen, console));
  return ExitCode::done;
}

ExitCode run(const Late& command, const Config& config, const Console& console) {
  auto view = make_late(command, config);
  if (!view) return report(view.error(), console);
  console.print(show_late(*view, console));
  return view->notes.empty() ? ExitCode::done : ExitCode::error;
}

}  // namespace henge::cli
