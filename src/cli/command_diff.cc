// diff: two declarations, or a declaration and what Druid holds, side by side.
#include <fmt/format.h>

#include <charconv>
#include <filesystem>

#include "cli/commands.h"
#include "cli/diagnostics_view.h"
#include "cli/diff_view.h"
#include "cli/ledger_access.h"
#include "daemon/supervisor_change.h"
#include "daemon/wiring.h"
#include "spec/load.h"
#include "spec/render.h"
#include "spec/render_supervisor.h"
#include "spec/spec_diff.h"

namespace henge::cli {
namespace {

// One side, as it was found. Live: what Druid holds, or nothing.
struct Side {
  std::string name;
  Pipeline pipeline;
  std::string document;
  bool live = false;
  std::optional<JsonText> held;
};

bool is_file(const std::string& word) {
  return word.ends_with(".yaml") || word.ends_with(".yml") || word.find('/') != std::string::npos;
}

Result<Side> from_file(const std::string& path, const std::string& wanted) {
  spec::Loaded loaded = spec::load({path});
  for (const auto& d : loaded.diagnostics)
    if (d.severity == Severity::error) return fail(ErrorKind::invalid, to_text(d));
  for (auto& p : loaded.pipelines)
    if (loaded.pipelines.size() == 1 || p.pipeline.name == wanted)
      return Side{path, daemon::with_true_proof(std::move(p.pipeline)), std::move(p.document),
                  false, std::nullopt};
  return fail(
      ErrorKind::invalid,
      fmt::format("{}: it holds {} pipelines, and none is called '{}'; name a file with one", path,
                  loaded.pipelines.size(), wanted));
}

Result<Side> from_ledger(const Config& config, const std::string& word) {
  const std::size_t at = word.find('@');
  const std::string name = word.substr(0, at);
  TRY(const ledger::Journal journal, open_ledger(config));
  TRY(const ledger::PipelineState* state, find_pipeline(journal.state(), name));
  Side side{word, {}, state->document, false, std::nullopt};
  if (at == std::string::npos) {
    TRY(side.pipeline, daemon::pipeline_of_version(*state, name, state->version));
    return side;
  }
  const std::string which = word.substr(at + 1);
  if (which == "live") {
    side.live = true;
    TRY(side.pipeline, daemon::pipeline_of(*state, name));
    return side;
  }
  std::int64_t number = 0;
  const char* end = which.data() + which.size();
  const auto [stop, error] = std::from_chars(which.data(), end, number);
  if (error != std::errc() || stop != end)
    return fail(ErrorKind::invalid,
                fmt::format("'{}': behind the @ stands a version's number or live", word));
  TRY(side.pipeline, daemon::pipeline_of_version(*state, name, number));
  side.document = ledger::find_version(*state, number)->document;
  return side;
}

Result<Side> side_of(const Config& config, const std::string& word, const std::string& other) {
  if (is_file(word)) return from_file(word, other.substr(0, other.find('@')));
  auto side = from_ledger(config, word);
  const bool unknown = !side && side.error().kind == ErrorKind::not_found;
  if (unknown && word.find('@') == std::string::npos && std::filesystem::is_regular_file(word))
    return from_file(word, other.substr(0, other.find('@')));
  return side;
}

Result<void> ask_druid(const Config& config, const Console& console, std::vector<Side*> sides) {
  if (std::ranges::none_of(sides, &Side::live)) return {};
  TRY(auto druid, daemon::make_druid(config, daemon::process_secrets()));
  auto work = [&]() -> runtime::Async<void> {
    for (Side* side : sides) {
      if (!side->live) continue;
      CO_TRY(side->held, co_await druid->supervisor_spec(supervisor_id(side->pipeline)));
    }
    co_return Result<void>{};
  };
  return run_with_progress(console, "asking Druid", work);
}

Result<std::vector<spec::SpecChange>> diff_live(const Side& declared, const Side& live) {
  TRY(const JsonText desired, spec::render_supervisor(declared.pipeline));
  TRY(auto diff, spec::diff_supervisor(desired, live.held));
  return std::move(diff.changes);
}

Result<void> compare_supervisors(const Side& a, const Side& b, DiffView& view) {
  view.before_missing = a.live && !a.held;
  view.after_missing = b.live && !b.held;
  if (view.before_missing || view.after_missing) return {};
  if (a.live && b.live) {
    TRY(view.supervisor, spec::diff_specs(*a.held, *b.held));
  } else if (a.live) {
    TRY(view.supervisor, diff_live(b, a));
  } else if (b.live) {
    // It is told from the declaration's side, so that it says what was done to Druid.
    TRY(view.supervisor, diff_live(a, b));
    for (auto& change : view.supervisor) std::swap(change.before, change.after);
  } else {
    TRY(const JsonText one, spec::render_supervisor(a.pipeline));
    TRY(const JsonText other, spec::render_supervisor(b.pipeline));
    TRY(view.supervisor, spec::diff_specs(one, other));
  }
  return {};
}

Result<void> compare_batches(const Side& a, const Side& b, DiffView& view) {
  if (a.live || b.live) return {};
  for (const auto mode : {spec::Mode::append, spec::Mode::replace, spec::Mode::compaction}) {
    BatchDiff batch{mode, {}, ""};
    const auto one = spec::render(a.pipeline, mode);
    const auto other = spec::render(b.pipeline, mode);
    if (one && other) {
      TRY(batch.changes, spec::diff_specs(*one, *other));
    } else {
      batch.absent = !one ? one.error().message : other.error().message;
    }
    view.batch.push_back(std::move(batch));
  }
  TRY(view.declaration, spec::diff_documents(a.document, b.document));
  return {};
}

Result<DiffView> make_diff(const Diff& command, const Config& config, const Console& console) {
  TRY(Side a, side_of(config, command.before, command.after));
  TRY(Side b, side_of(config, command.after, command.before));
  TRY_VOID(ask_druid(config, console, {&a, &b}));
  DiffView view;
  view.before = command.before;
  view.after = command.after;
  TRY_VOID(compare_supervisors(a, b, view));
  TRY_VOID(compare_batches(a, b, view));
  return view;
}

}  // namespace

ExitCode run(const Diff& command, const Config& config, const Console& console) {
  auto view = make_diff(command, config, console);
  if (!view) return report(view.error(), console);
  console.print(show_diff(*view, console));
  return view->same() ? ExitCode::done : ExitCode::changes;
}

}  // namespace henge::cli
