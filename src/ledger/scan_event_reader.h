// Scans are nearly all of a ledger: their stored form, exactly as to_json() writes it, is read
// without a JSON tree, many times as fast.
#pragma once

#include <optional>
#include <string_view>

#include "ledger/event.h"

namespace henge::ledger {

// Nothing where a single byte is not as today's writer writes it: another version's event, or a
// damaged one. The general reader then decides.
std::optional<ScanAdvanced> read_scan_as_written(std::string_view json);

}  // namespace henge::ledger
