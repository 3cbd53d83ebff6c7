// Setting Druid's offsets, one recorded step after the other: suspended, quiesced, measured, reset,
// resumed. Whoever is alive goes on where the ledger stands.
#pragma once

#include <string>

#include "daemon/runner.h"

namespace henge::daemon {

struct ResetRequest {
  std::string pipeline;
  std::string to;
  PartitionOffsets targets;
  PartitionOffsets before;  // what the person who said yes was shown
  bool anew = false;
  std::string reason;
  std::string by;
};

// Records that it is wanted; rounds do the rest. Its number. Errors: not_found (no such pipeline),
// refused (frozen, released, a change or another reset is under way; Druid has committed other
// offsets than were shown), unavailable.
runtime::Async<std::int64_t> intend_reset(Shell& shell, ResetRequest request);

// Takes the reset that is under way as far as it goes now. What it waits for (tasks that end,
// repairs under way, the scan) is looked at again in the next round. Errors: what stands in its
// way; it is tried again.
runtime::Async<void> advance_reset(Shell& shell, Runner& runner);

}  // namespace henge::daemon
