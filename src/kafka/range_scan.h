// Reads stretches of a topic once, to their end: what a reset of the offsets skips or reads twice,
// or a sample of what is there.
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

struct StretchOptions {
  std::map<std::string, std::string> properties;
  Millis stalled_after = std::chrono::seconds(30);  // no record for so long: it is given up
  std::function<bool()> stopping = {};              // asked for now and then
};

// Hands over every record of the stretches as read_committed readers see them, and tells after each
// batch. Blocks until all is read. Errors: unavailable (Kafka stalls), conflict (retention took the
// beginning of a stretch), cancelled, those of the callbacks.
Result<void> read_stretches(const std::string& topic, const scan::Stretches& stretches,
                            const StretchOptions& options,
                            const std::function<Result<void>(const scan::Record&)>& take,
                            const std::function<Result<void>()>& after_batch);

struct RangeScanOptions {
  StretchOptions reading;
  scan::DeltaFolder folder;
  scan::DeltaEnds file_ends;                           // what the ledger knows
  std::size_t kept_bytes_max = std::size_t{16} << 20;  // held in memory before they are written
};

// Counts the rows of the stretches, and keeps those that are to be kept. Nobody else may write the
// delta folder meanwhile. Errors: those of read_stretches and of DeltaWriter.
Result<scan::StretchesFound> scan_stretches(const Pipeline& pipeline,
                                            const scan::Stretches& stretches,
                                            const RangeScanOptions& options);

}  // namespace henge::kafka
