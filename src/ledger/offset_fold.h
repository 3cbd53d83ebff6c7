// The fold of the events of a reset: what must hold before each, and what each changes. Used by the
// fold of all events only.
#pragma once

#include "ledger/state.h"

namespace henge::ledger {

// Empty: the event can follow. Else why not.
std::string reset_refusal(const PipelineState& pipeline, const ResetIntended& e);
std::string reset_refusal(const PipelineState& pipeline, const ResetQuiesced& e);
std::string reset_refusal(const PipelineState& pipeline, const ResetMeasured& e);
std::string reset_refusal(const PipelineState& pipeline, const OffsetsReset& e);
std::string reset_refusal(const PipelineState& pipeline, const ResetEnded& e);

// Only called when nothing was refused.
void fold_reset(PipelineState& pipeline, Instant at, const ResetIntended& e);
void fold_reset(PipelineState& pipeline, Instant at, const ResetQuiesced& e);
void fold_reset(PipelineState& pipeline, Instant at, const ResetMeasured& e);
void fold_reset(PipelineState& pipeline, Instant at, const OffsetsReset& e);
void fold_reset(PipelineState& pipeline, Instant at, const ResetEnded& e);

}  // namespace henge::ledger
