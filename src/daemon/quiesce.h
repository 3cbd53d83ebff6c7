// What it takes to let a supervisor stand and go on again: used by everything that suspends one.
#pragma once

#include "daemon/shell.h"

namespace henge::daemon {

struct SupervisorSight {
  SupervisorStatus status;
  bool quiet = false;  // suspended, and nothing of it reads or publishes (contract 2.3.2)
};

// Errors: not_found, those of the calls.
runtime::Async<SupervisorSight> look_at_supervisor(Doors& shell, Pipeline pipeline);

// Resumes it, and sees that it is. Errors: unknown_outcome (it does not show yet), those of the
// calls.
runtime::Async<void> resume_and_see(Doors& shell, Pipeline pipeline, Audit audit);

// Nothing else is done to the supervisor while henge keeps it suspended: for a reset of the
// offsets, or for windows. `state` may be null: the pipeline is not known yet. Errors: refused.
Result<void> must_not_be_held(const ledger::PipelineState* state, const std::string& pipeline);

}  // namespace henge::daemon
