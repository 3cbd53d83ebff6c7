// The fold of the events of windows: what must hold before each, and what each changes. Used by the
// fold of all events only.
#pragma once

#include "ledger/state.h"

namespace henge::ledger {

// Empty: the event can follow. Else why not.
std::string window_refusal(const PipelineState& pipeline, const WindowOpened& e);
std::string window_refusal(const PipelineState& pipeline, const WindowSuspended& e);
std::string window_refusal(const PipelineState& pipeline, const WindowQuiesced& e);
std::string window_refusal(const PipelineState& pipeline, const WindowBroken& e);
std::string window_refusal(const PipelineState& pipeline, const WindowClosed& e);
std::string window_refusal(const PipelineState& pipeline, const WindowResumed& e);

// Only called when nothing was refused.
void fold_window(PipelineState& pipeline, Instant at, const WindowOpened& e);
void fold_window(PipelineState& pipeline, Instant at, const WindowSuspended& e);
void fold_window(PipelineState& pipeline, Instant at, const WindowQuiesced& e);
void fold_window(PipelineState& pipeline, Instant at, const WindowBroken& e);
void fold_window(PipelineState& pipeline, Instant at, const WindowClosed& e);
void fold_window(PipelineState& pipeline, Instant at, const WindowResumed& e);

}  // namespace henge::ledger
