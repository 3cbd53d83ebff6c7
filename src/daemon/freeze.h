// The freeze a person puts on one pipeline or on everything: while it lasts henge looks and counts,
// and acts on nothing.
#pragma once

#include <optional>
#include <string>

#include "daemon/shell.h"

namespace henge::daemon {

// Who froze it, since when, why, and how to go on: the refusal of whatever would act. Nothing where
// the pipeline (it need not be declared yet) is not frozen.
std::optional<Error> freeze_refusal(const ledger::State& state, const std::string& pipeline);

enum class Freezing { freeze, unfreeze };

struct FreezeChange {
  std::string pipeline;  // empty: everything
  bool changed = false;  // false: it was not frozen, and need not be unfrozen
};

// Records it. An empty name is everything. A second freeze replaces the first one's reason. Errors:
// not_found (no such pipeline), refused (released; unfreezing a pipeline while everything is
// frozen), those of record().
Result<FreezeChange> set_freeze(Doors& shell, const std::string& pipeline, Freezing wanted,
                                const std::string& reason, const std::string& by);

}  // namespace henge::daemon
