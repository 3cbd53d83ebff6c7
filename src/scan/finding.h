// What one pass over a stretch of a topic found: the values that go from the scanner to the ledger.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/time.h"
#include "model/topic.h"

namespace henge::scan {

// Rows of one chunk in one partition. Unit: rows, not records (a record may hold several).
struct RowCounts {
  std::int64_t on_time = 0;
  std::int64_t late = 0;
  std::int64_t early = 0;
  std::int64_t filtered = 0;  // the user's own filter drops them, whichever door they came to
  // Largest offset of a record with an on-time row of this chunk; -1 if there is none.
  std::int64_t on_time_offset_last = -1;
  bool operator==(const RowCounts&) const = default;
};

// One partition's scanned stretch [from, to). Offset holes (transaction markers, compaction) are
// part of it and no loss.
struct PartitionProgress {
  std::int32_t partition = 0;
  std::int64_t from = 0;
  std::int64_t to = 0;
  std::int64_t records = 0;
  std::int64_t unparseable = 0;  // rows Druid would count as unparseable: no JSON, an empty value,
                                 // no or a wrong timestamp
  std::int64_t null_values = 0;  // records without a value: tombstones
  // Records whose Kafka timestamp is missing (-1); the rule is applied with -1, as Druid does.
  std::int64_t without_timestamp = 0;
  // Offsets within [from, to) that retention took before this scan came to them.
  std::int64_t lost = 0;
  Instant arrival_max{};  // largest arrival time in the stretch
  // No record at or after `to` can have an earlier arrival time, disorder aside: arrival_max of all
  // that was scanned, or the moment the end was seen with nothing behind it (position == last
  // stable offset == high watermark).
  Instant arrival_floor{};
  // A record of the stretch by which the topic is known again; not in every batch.
  std::optional<Witness> witness = {};
  bool operator==(const PartitionProgress&) const = default;
};

enum class DeltaKind { late, early, unparseable };
const char* to_string(DeltaKind kind);

// Rows of one chunk and kind, contiguous in one delta file, written and fsync'd before the extent
// is handed out.
struct Extent {
  std::string file;  // name inside the pipeline's delta folder
  std::int64_t offset = 0;
  std::int64_t bytes = 0;
  std::int64_t rows = 0;
  std::int64_t payload_bytes = 0;  // bytes of the rows themselves, without framing
  DeltaKind kind = DeltaKind::late;
  Instant chunk{};          // start of the chunk; for unparseable rows the epoch
  Instant arrival_first{};  // earliest arrival of its rows: the clock of late.maxDelay
  std::string checksum;     // XXH3-64 of the extent's bytes, 16 hex digits
  bool operator==(const Extent&) const = default;
};

// chunk start -> partition -> counts
using ChunkCounts = std::map<Instant, std::map<std::int32_t, RowCounts>>;

struct ScanBatch {
  std::vector<PartitionProgress> partitions;
  ChunkCounts chunks;
  std::vector<Extent> extents;
  bool operator==(const ScanBatch&) const = default;
};

}  // namespace henge::scan
