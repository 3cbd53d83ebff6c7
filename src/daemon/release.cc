#include "daemon/release.h"

#include <fmt/format.h>

#include "daemon/freeze.h"
#include "daemon/quiesce.h"
#include "runtime/failpoint.h"

namespace henge::daemon {

using runtime::failpoint;

runtime::Async<Released> finish_release(Doors& shell, std::string name) {
  const ledger::PipelineState* known = shell.journal.find(name);
  invariant(known != nullptr && known->releasing.has_value(), "only what is intended is finished");
  if (auto frozen = freeze_refusal(shell.journal.state(), name))
    co_return tl::unexpected<Error>(*std::move(frozen));
  const ledger::Release wanted = *known->releasing;
  CO_TRY(const Pipeline pipeline, pipeline_of(*known, name));
  const std::string id = supervisor_id(pipeline);
  CO_TRY(auto live, co_await shell.druid.supervisor_spec(id));
  if (live) {
    Audit audit{wanted.by.empty() ? "henge" : wanted.by, "released: " + wanted.reason};
    auto sent = co_await shell.druid.terminate_supervisor(id, std::move(audit));
    failpoint("release.terminated");
    // Whatever the answer was: what Druid holds decides.
    CO_TRY(live, co_await shell.druid.supervisor_spec(id));
    if (live && !sent) co_return tl::unexpected<Error>(std::move(sent).error());
    if (live)
      co_return fail(ErrorKind::unknown_outcome,
                     fmt::format("supervisor '{}' was told to terminate and is still there", id));
  }
  CO_TRY_VOID(
      record(shell, name, {ledger::PipelineReleased{wanted.reason, wanted.by, wanted.supervisor}}));
  Released released{name, wanted.supervisor, true};
  co_return released;
}

runtime::Async<Released> release_pipeline(Doors& shell, std::string name, SupervisorFate fate,
                                          Change change) {
  const ledger::PipelineState* known = shell.journal.find(name);
  if (known == nullptr)
    co_return fail(ErrorKind::not_found, fmt::format("pipeline '{}' is not in the ledger", name));
  if (known->released) {
    Released before{name, known->release ? known->release->supervisor : "kept", false};
    co_return before;
  }
  // A released pipeline's window would never be closed, and its supervisor never be resumed.
  CO_TRY_VOID(must_not_be_held(known, name));
  if (fate == SupervisorFate::keep) {
    if (known->releasing)
      co_return fail(ErrorKind::refused,
                     fmt::format("pipeline '{}' is being released and its supervisor terminated, "
                                 "as {} asked; it can't be kept any more",
                                 name, known->releasing->by));
    CO_TRY_VOID(record(shell, name, {ledger::PipelineReleased{change.reason, change.by, "kept"}}));
    Released kept{name, "kept", true};
    co_return kept;
  }
  if (auto frozen = freeze_refusal(shell.journal.state(), name))
    co_return tl::unexpected<Error>(*std::move(frozen));
  if (!known->releasing) {
    CO_TRY_VOID(record(shell, name, {ledger::ReleaseIntended{change.reason, change.by}}));
  }
  failpoint("release.intended");
  co_return co_await finish_release(shell, name);
}

}  // namespace henge::daemon
