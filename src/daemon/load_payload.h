// The task of a load's part as bytes: a function of the recorded request and intent, so that a
// repeat is the same.
#pragma once

#include "ledger/load_state.h"
#include "model/pipeline.h"
#include "model/result.h"

namespace henge::daemon {

// `part` is a place in the load's parts. Errors: invalid.
Result<JsonText> load_payload(const Pipeline& pipeline, const ledger::LoadState& load,
                              std::size_t part);

// Whether the local files of a part are still there, as long as they were. Errors: not_found,
// invalid (another length).
Result<void> check_files(const ledger::LoadState& load, std::size_t part);

}  // namespace henge::daemon
