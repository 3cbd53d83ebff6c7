// Reads stretches of a topic once, to their end: what a reset of the offsets skips or reads twice.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "model/pipeline.h"
#include "model/result.h"
#include "scan/classify.h"
#include "scan/delta_file.h"

namespace henge::kafka {

using scan::Stretch;
using scan::Stretches;
using scan::StretchesFound;

struct RangeScanOptions {
  std::map<std::string, std::string> properties;
  scan::DeltaFolder folder;
  scan::DeltaEnds file_ends;                           // what the ledger knows
  std::size_t kept_bytes_max = std::size_t{16} << 20;  // held in memory before they are written
  Millis stalled_after = std::chrono::seconds(30);     // no record for so long: it is given up
  std::function<bool()> stopping;                      // asked for now and then
};

// Blocks until all is read, as read_committed readers see it. Nobody else may write the delta
// folder meanwhile. Errors: unavailable (Kafka stalls), conflict (retention took the beginning of a
// stretch), cancelled, those of DeltaWriter.
Result<StretchesFound> scan_stretches(const Pipeline& pipeline, const Stretches& stretches,
                                      const RangeScanOptions& options);

}  // namespace henge::kafka
