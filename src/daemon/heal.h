// What healing a drift does in Druid, by kind. Every one is safe to repeat.
#pragma once

#include "daemon/shell.h"
#include "model/drift.h"

namespace henge::daemon {

// Does what the intent, which the ledger holds, says. Whether it helped is seen in a later round.
// Errors: refused (no healing for the kind), and those of the calls.
runtime::Async<void> heal_drift(Doors& shell, Pipeline pipeline, ledger::HealIntended intent);

}  // namespace henge::daemon
