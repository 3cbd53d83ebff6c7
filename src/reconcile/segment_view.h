// What the listed segments of one datasource say, chunk by chunk: computed once for each listing.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "model/granularity.h"
#include "model/segment_table.h"

namespace henge::reconcile {

// The visible segments of one chunk.
struct ChunkView {
  std::string digest;  // model/segment_digest.h
  std::int64_t segments = 0;
  std::int64_t rows = 0;  // of the segments whose rows are known
  bool operator==(const ChunkView&) const = default;
};

struct SegmentView {
  std::map<Instant, ChunkView> chunks;  // those with visible segments
  // Visible segments whose interval is no bucket of the granularity: count by interval.
  std::map<Interval, std::int64_t> off_granularity;
  // Visible segments by the names of their columns: count by shape.
  std::map<std::uint32_t, std::int64_t> shapes;
  bool operator==(const SegmentView&) const = default;
};

// The view of a listing that needs no chunks of the ledger: each segment covers a whole chunk of
// its own granularity, and none hides another. Nothing of any other listing.
std::optional<SegmentView> view_whole_chunks(std::span<const SegmentRow> rows,
                                             const SegmentTable& table, Granularity granularity);

// `known` gives the chunks to be looked at even where only a segment of another granularity covers
// them; it is asked only where there may be such a segment.
SegmentView view_segments(std::span<const SegmentRow> rows, const SegmentTable& table,
                          Granularity granularity, const std::function<std::set<Instant>()>& known);

}  // namespace henge::reconcile
