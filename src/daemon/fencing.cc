#include "daemon/fencing.h"

#include <fmt/format.h>

#include <utility>

#include "daemon/freeze.h"
#include "daemon/quiesce.h"
#include "reconcile/fencing.h"
#include "reconcile/windows.h"
#include "runtime/failpoint.h"

namespace henge::daemon {

using reconcile::StandStep;
using runtime::failpoint;

namespace {

const ledger::PipelineState& state_of(Shell& shell, const Pipeline& pipeline) {
  const ledger::PipelineState* known = shell.journal.find(pipeline.name);
  invariant(known != nullptr, "a window's pipeline is in the ledger");
  return *known;
}

runtime::Async<reconcile::StreamSight> look(Shell& shell, Pipeline pipeline) {
  auto sight = co_await look_at_supervisor(shell, pipeline);
  if (sight) co_return reconcile::StreamSight{false, sight->status.suspended, sight->quiet};
  if (sight.error().kind != ErrorKind::not_found)
    co_return tl::unexpected<Error>(std::move(sight).error());
  // An Overlord that has just begun to lead knows no status yet: the stored spec decides.
  CO_TRY(const auto spec, co_await shell.druid.supervisor_spec(supervisor_id(pipeline)));
  if (spec) co_return tl::unexpected<Error>(std::move(sight).error());
  co_return reconcile::StreamSight{true, false, false};
}

Audit audit_of(const ledger::PipelineState& state) {
  const auto& first = state.windows.at(static_cast<std::size_t>(state.stand->first - 1)).intent;
  return {"henge", fmt::format("window {} for {}", first.number, first.load)};
}

// Carries out one step. Whether there may be another at once.
runtime::Async<bool> take_step(Shell& shell, Pipeline pipeline, StandStep step) {
  const std::string& name = pipeline.name;
  if (step == StandStep::wait) co_return false;
  const std::int64_t first = state_of(shell, pipeline).stand->first;
  const auto resumed = [&](const char* how) {
    return record(shell, name, {ledger::WindowResumed{first, how}});
  };
  switch (step) {
    case StandStep::wait:
      break;
    case StandStep::suspend:
      CO_TRY_VOID(co_await shell.druid.suspend_supervisor(supervisor_id(pipeline),
                                                          audit_of(state_of(shell, pipeline))));
      failpoint("window.sent");
      co_return true;
    case StandStep::note_suspended:
      CO_TRY_VOID(record(shell, name, {ledger::WindowSuspended{first}}));
      failpoint("window.suspended");
      co_return true;
    case StandStep::note_quiesced:
      CO_TRY_VOID(record(shell, name, {ledger::WindowQuiesced{first}}));
      failpoint("window.quiesced");
      break;
    case StandStep::note_broken:
      CO_TRY_VOID(record(shell, name, {ledger::WindowBroken{first}}));
      break;
    case StandStep::resume:
      CO_TRY_VOID(co_await resume_and_see(shell, pipeline, audit_of(state_of(shell, pipeline))));
      failpoint("window.resumed");
      CO_TRY_VOID(resumed("resumed"));
      break;
    case StandStep::note_left:
      CO_TRY_VOID(resumed("left_suspended"));
      break;
    case StandStep::note_by_hand:
      CO_TRY_VOID(resumed("resumed_by_hand"));
      break;
    case StandStep::note_missing:
      CO_TRY_VOID(resumed("missing"));
      break;
  }
  co_return false;
}

void tell_broken(Shell& shell, const Pipeline& pipeline) {
  const std::string what = pipeline.name + ": window";
  const ledger::PipelineState& state = state_of(shell, pipeline);
  if (!reconcile::is_broken(state)) return shell.troubles.clear(what, shell.clock.now());
  shell.troubles.set(
      what,
      Error{ErrorKind::conflict,
            fmt::format("somebody else resumed the supervisor in the middle of window "
                        "{}: nothing more is loaded in it",
                        state.stand->first)},
      shell.clock.now());
}

}  // namespace

runtime::Async<void> advance_windows(Shell& shell, Pipeline pipeline,
                                     std::set<std::string> wanted) {
  const auto over = reconcile::close_windows(state_of(shell, pipeline), shell.clock.now());
  CO_TRY_VOID(record(shell, pipeline.name, over));
  if (!over.empty()) failpoint("window.closed");
  // Loads go on waiting outside of the hours in which streaming may be made to stand.
  if (!reconcile::windows_allow(pipeline.windows, shell.clock.now())) wanted.clear();
  bool told = false;
  for (;;) {
    if (!state_of(shell, pipeline).stand && wanted.empty()) break;
    CO_TRY(const auto seen, co_await look(shell, pipeline));
    // After the await: a person may have said stop.
    if (freeze_refusal(shell.journal.state(), pipeline.name)) break;
    const auto opened = reconcile::open_windows(state_of(shell, pipeline), wanted, seen,
                                                shell.settings.fencing, shell.clock.now());
    CO_TRY_VOID(record(shell, pipeline.name, opened));
    if (!opened.empty()) failpoint("window.opened");
    wanted.clear();
    const StandStep step = reconcile::next_step(state_of(shell, pipeline), seen);
    if (step == StandStep::suspend && std::exchange(told, true))
      co_return fail(ErrorKind::unknown_outcome,
                     fmt::format("supervisor '{}' was told to suspend and is not suspended yet",
                                 supervisor_id(pipeline)));
    CO_TRY(const bool more, co_await take_step(shell, pipeline, step));
    if (!more) break;
  }
  tell_broken(shell, pipeline);
  co_return Result<void>{};
}

}  // namespace henge::daemon
