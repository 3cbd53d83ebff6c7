// Which late rows a replacement covers, and which must be appended on top of it: decided by each
// row's arrival.
#pragma once

#include "ledger/state.h"
#include "model/result.h"
#include "scan/delta_file.h"

namespace henge::daemon {

// Fills dropped, covered and returned of a target: late rows of its chunk that wait, and those
// that were repaired. Reads delta files where an extent's rows may lie on both sides. Blocks.
// Errors: not_found, corrupt, unavailable.
Result<void> cover_late_rows(const scan::DeltaFolder& folder, const ledger::PipelineState& state,
                             Instant as_of, ledger::LoadTarget& target);

}  // namespace henge::daemon
