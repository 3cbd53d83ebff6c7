// Stretches of a topic that are read once, apart from the scan that goes on for ever.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "scan/finding.h"

namespace henge::scan {

// Which rows are kept byte for byte: those that streaming drops, or those it would take, as rows to
// be repaired (where streaming never gets to read them), or none (to count).
enum class Keep { late, on_time, none };

// Half-open.
struct Stretch {
  std::int64_t from = 0;
  std::int64_t to = 0;
  Keep keep = Keep::none;
  bool operator==(const Stretch&) const = default;
};
using Stretches = std::map<std::int32_t, Stretch>;  // by partition

struct StretchesFound {
  ChunkCounts chunks;
  std::vector<Extent> extents;  // of the kept rows, synced
  std::int64_t records = 0;
};

}  // namespace henge::scan
