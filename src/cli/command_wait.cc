// wait: looks at the ledger until an interval is as far as was asked for. Asks nobody else and
// changes nothing.
#include "cli/commands.h"
#include "cli/ledger_access.h"
#include "cli/progress.h"
#include "cli/wait_view.h"
#include "daemon/supervisor_change.h"
#include "daemon/wiring.h"
#include "runtime/clock.h"

namespace henge::cli {
namespace {

constexpr Millis look_again = std::chrono::seconds(1);

// What can't become true any more, however long one waits.
Result<void> can_come(const ledger::PipelineState& state, const std::string& name) {
  if (!state.released) return {};
  return fail(ErrorKind::invalid,
              "pipeline '" + name + "' was released: nobody works on its chunks any more");
}

Result<void> look(ledger::Journal& journal, const Wait& command, WaitView& view) {
  TRY_VOID(journal.catch_up());
  TRY(const ledger::PipelineState* state, find_pipeline(journal.state(), command.pipeline));
  TRY(const Pipeline pipeline, daemon::pipeline_of(*state, command.pipeline));
  TRY_VOID(late::check_on_borders(pipeline.schema.segment_granularity, command.interval));
  view.readiness = late::readiness(pipeline, *state, command.interval, command.until);
  view.frozen = freezes_of(journal.state(), command.pipeline);
  return view.readiness.ready() ? Result<void>{} : can_come(*state, command.pipeline);
}

runtime::Async<void> look_until(ledger::Journal& journal, const Wait& command, WaitView& view) {
  const Millis started = runtime::monotonic_now();
  for (;;) {
    CO_TRY_VOID(look(journal, command, view));
    view.waited = runtime::monotonic_now() - started;
    if (view.readiness.ready()) co_return Result<void>{};
    view.timed_out = command.timeout && view.waited >= *command.timeout;
    if (view.timed_out) co_return Result<void>{};
    Millis pause = look_again;
    if (command.timeout) pause = std::min(pause, *command.timeout - view.waited);
    CO_TRY_VOID(co_await runtime::sleep_for(pause));
  }
}

}  // namespace

ExitCode run(const Wait& command, const Config& config, const Console& console) {
  auto journal = open_ledger(config);
  if (!journal) return report(journal.error(), console);
  WaitView view;
  view.pipeline = command.pipeline;
  view.interval = command.interval;
  view.until = command.until;
  const runtime::SystemClock clock;
  Progress progress(clock.now(), console.err);
  auto tick = [&] {
    const Step step{"waiting: " + missing_text(view.readiness, view.until),
                    view.readiness.ready_chunks, view.readiness.chunks};
    console.complain(progress.update(clock.now(), step));
  };
  auto work = [&]() -> runtime::Async<void> { return look_until(*journal, command, view); };
  auto done = daemon::run_to_end(work, tick);
  console.complain(progress.clear());
  if (!done) {
    const ExitCode code = report(done.error(), console);
    return code == ExitCode::interrupted ? code : ExitCode::error;
  }
  view.serving = ask_serving(config).up;
  console.print(show_wait(view, console));
  return view.timed_out ? ExitCode::timed_out : ExitCode::done;
}

}  // namespace henge::cli
