// What one thread has found since the last batch was cut: counts by partition and chunk, and the
// rows that have to be kept.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "model/time.h"
#include "scan/finding.h"

namespace henge::scan {

// A row that goes into a delta file. Its bytes are at [begin, begin + size) of the findings' text.
struct KeptRow {
  DeltaKind kind = DeltaKind::late;
  Instant chunk{};
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  std::int32_t index = 0;  // of the row in its record, from 0
  Instant arrival{};
  Instant event{};  // the epoch for unparseable rows
  std::size_t begin = 0;
  std::size_t size = 0;
};

struct PartitionFindings {
  PartitionProgress progress;
  std::map<Instant, RowCounts> chunks;
};

struct Findings {
  std::map<std::int32_t, PartitionFindings> partitions;
  std::vector<KeptRow> kept;
  std::string text;
  std::int64_t unparseable_kept = 0;
  // Of all records, to bound a batch by.
  std::int64_t records = 0;

  [[nodiscard]] std::string_view bytes_of(const KeptRow& row) const {
    return std::string_view(text).substr(row.begin, row.size);
  }
};

// Counts and progress of several threads' findings as one batch, without the extents. Threads never
// share a partition.
ScanBatch merge(const std::vector<const Findings*>& findings);

}  // namespace henge::scan
