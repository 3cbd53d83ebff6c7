// The fold of the drift events: what must hold before each, and what each changes. Used by the fold
// of all events only.
#pragma once

#include "ledger/state.h"

namespace henge::ledger {

// Empty: the event can follow. Else why not.
std::string drift_refusal(const State& state, const PipelineState& pipeline, const DriftFound& e);
std::string drift_refusal(const State& state, const PipelineState& pipeline, const DriftCleared& e);
std::string drift_refusal(const State& state, const PipelineState& pipeline, const HealIntended& e);
std::string drift_refusal(const State& state, const PipelineState& pipeline, const HealEnded& e);
std::string drift_refusal(const State& state, const PipelineState& pipeline, const DriftGivenUp& e);
std::string drift_refusal(const State& state, const PipelineState& pipeline, const DriftAdopted& e);

// Only called when nothing was refused.
void fold_drift(PipelineState& pipeline, Instant at, const DriftFound& e);
void fold_drift(PipelineState& pipeline, Instant at, const DriftCleared& e);
void fold_drift(PipelineState& pipeline, Instant at, const HealIntended& e);
void fold_drift(PipelineState& pipeline, Instant at, const HealEnded& e);
void fold_drift(PipelineState& pipeline, Instant at, const DriftGivenUp& e);
void fold_drift(PipelineState& pipeline, Instant at, const DriftAdopted& e);

}  // namespace henge::ledger
