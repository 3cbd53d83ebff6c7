// Drift that was found into events: what is recorded, what is healed or adopted now, and when henge
// leaves a drift to a person. Pure.
#pragma once

#include <string>
#include <vector>

#include "ledger/state.h"
#include "model/drift.h"
#include "reconcile/drift.h"

namespace henge::reconcile {

// Events to be appended for one pipeline, in one append, in order: found, cleared, intents of
// heals, given up, adopted. HealIntended is the permission to act: the caller appends, does what
// the kind's healing is (docs/drift.md) and appends HealEnded. A drift is not cleared before its
// HealEnded; after a restart, heals_under_way() says which are still owed one. `memory` is the one
// that find_drift() filled: it remembers since when a drift is there.
std::vector<ledger::Body> judge_drift(const ledger::State& state, const std::string& pipeline,
                                      const Found& found, const DriftSettings& settings,
                                      const DriftMemory& memory, Instant now);

// Heals that were recorded and have no outcome yet, as keys: to be done (again; all are safe to
// repeat) and ended.
std::vector<ledger::HealIntended> heals_under_way(const ledger::PipelineState& state);

// Whether the drift is past the rule's amounts: rows, percent of what was expected, segments. Any
// of them excuses a drift that has it and stays within; 0 excuses nothing.
bool beyond(const Drift& drift, const DriftRule& rule);

// How long after the given attempt the next one may be made.
Millis heal_backoff(const HealLimits& limits, std::int64_t attempts);

}  // namespace henge::reconcile
