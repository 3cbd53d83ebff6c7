// Windows, one recorded step after the other: opened, suspended, quiesced, closed, resumed. Whoever
// is alive goes on where the ledger stands.
#pragma once

#include <set>
#include <string>

#include "daemon/shell.h"

namespace henge::daemon {

// Opens windows for these loads, closes those that are over, and takes the supervisor as far as it
// goes now; what it waits for is looked at again in the next round. Errors: what stands in its way;
// it is tried again.
runtime::Async<void> advance_windows(Shell& shell, Pipeline pipeline, std::set<std::string> wanted);

}  // namespace henge::daemon
