// The task of a repair as bytes: a function of the recorded intent and the delta files, so that a
// repeat is the same.
#pragma once

#include <string>

#include "ledger/event.h"
#include "model/pipeline.h"
#include "model/result.h"

namespace henge::daemon {

// Reads the delta files when the rows travel inline. Errors: corrupt, not_found (a delta file),
// invalid (rows that can't be carried inline).
Result<JsonText> repair_payload(const Pipeline& pipeline, const ledger::RepairIntended& intent,
                                const std::string& delta_folder, const std::string& key);

// Rows of one extent, one a line, as a task reads them. Errors: corrupt, not_found, invalid.
Result<std::string> extent_lines(const Pipeline& pipeline, const scan::Extent& extent,
                                 const std::string& delta_folder);

// Where a repair's rows are served: unguessable without the key, and of use until it expires.
std::string delta_path(const std::string& pipeline, const ledger::RepairIntended& intent,
                       const std::string& key);

}  // namespace henge::daemon
