// The fold of the load events: what must hold before each, and what each changes. Used by the fold
// of all events only.
#pragma once

#include "ledger/state.h"

namespace henge::ledger {

// Empty: the event can follow. Else why not.
std::string load_refusal(const State& state, const PipelineState& pipeline, const LoadRequested& e);
std::string load_refusal(const State& state, const PipelineState& pipeline, const LoadRouted& e);
std::string load_refusal(const State& state, const PipelineState& pipeline,
                         const LoadTaskIntended& e);
std::string load_refusal(const State& state, const PipelineState& pipeline,
                         const LoadTaskAccepted& e);
std::string load_refusal(const State& state, const PipelineState& pipeline, const LoadTaskEnded& e);
std::string load_refusal(const State& state, const PipelineState& pipeline, const LoadTaskSeen& e);
std::string load_refusal(const State& state, const PipelineState& pipeline,
                         const LoadTaskCounted& e);
std::string load_refusal(const State& state, const PipelineState& pipeline,
                         const LoadTaskAbsent& e);
std::string load_refusal(const State& state, const PipelineState& pipeline,
                         const LoadCancelAsked& e);
std::string load_refusal(const State& state, const PipelineState& pipeline,
                         const LoadRetryAsked& e);
std::string load_refusal(const State& state, const PipelineState& pipeline, const LoadEnded& e);
std::string load_refusal(const State& state, const PipelineState& pipeline, const LoadDeclared& e);
std::string load_refusal(const State& state, const PipelineState& pipeline, const LoadWithdrawn& e);
std::string load_refusal(const State& state, const PipelineState& pipeline, const LoadRefused& e);

// Only called when nothing was refused.
void fold_load(PipelineState& pipeline, Instant at, const LoadRequested& e);
void fold_load(PipelineState& pipeline, Instant at, const LoadRouted& e);
void fold_load(PipelineState& pipeline, Instant at, const LoadTaskIntended& e);
void fold_load(PipelineState& pipeline, Instant at, const LoadTaskAccepted& e);
void fold_load(PipelineState& pipeline, Instant at, const LoadTaskEnded& e);
void fold_load(PipelineState& pipeline, Instant at, const LoadTaskSeen& e);
void fold_load(PipelineState& pipeline, Instant at, const LoadTaskCounted& e);
void fold_load(PipelineState& pipeline, Instant at, const LoadTaskAbsent& e);
void fold_load(PipelineState& pipeline, Instant at, const LoadCancelAsked& e);
void fold_load(PipelineState& pipeline, Instant at, const LoadRetryAsked& e);
void fold_load(PipelineState& pipeline, Instant at, const LoadEnded& e);
void fold_load(PipelineState& pipeline, Instant at, const LoadDeclared& e);
void fold_load(PipelineState& pipeline, Instant at, const LoadWithdrawn& e);
void fold_load(PipelineState& pipeline, Instant at, const LoadRefused& e);

}  // namespace henge::ledger
