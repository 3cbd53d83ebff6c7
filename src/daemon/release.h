// Letting a pipeline go, asked for by its name: its supervisor stays as it is, or is terminated.
#pragma once

#include <string>

#include "daemon/apply.h"

namespace henge::daemon {

enum class SupervisorFate { keep, terminate };

struct Released {
  std::string pipeline;
  std::string supervisor;  // kept, terminated
  bool changed = true;     // false: it was released before
};

// Records that henge does not manage the pipeline any more. A termination is recorded as an intent,
// sent, and the release recorded when Druid was seen to hold no supervisor; a repeat goes on where
// it stopped. Errors: not_found (no such pipeline), refused (frozen, streaming stands in a window,
// its offsets are being reset, or a termination is under way and it is to be kept),
// unknown_outcome, unavailable (the serving henge tries again by itself).
runtime::Async<Released> release_pipeline(Doors& shell, std::string name, SupervisorFate fate,
                                          Change change);

// Goes on with a termination that was recorded. Idempotent. Errors: as release_pipeline.
runtime::Async<Released> finish_release(Doors& shell, std::string name);

}  // namespace henge::daemon
