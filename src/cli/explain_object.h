// What a person asks `explain` about, found among what the ledger knows.
#pragma once

#include <string>

#include "ledger/state.h"
#include "ledger/story.h"

namespace henge::cli {

// PIPELINE, PIPELINE/CHUNK-START (as much of it as is unambiguous, or any moment in the chunk),
// PIPELINE/repair-N, PIPELINE/DRIFT-KIND[/OBJECT], or a task's id. Errors: not_found (says what
// there is), invalid (ambiguous, or of no such form).
Result<ledger::Subject> find_subject(const ledger::State& state, const std::string& text);

}  // namespace henge::cli
