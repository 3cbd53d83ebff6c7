#include "reconcile/segment_view.h"

#include <algorithm>

#include "model/segment_digest.h"

namespace henge::reconcile {
namespace {

SegmentKey key_of(const SegmentRow& row, const SegmentTable& table) {
  return {row.interval, table.version(row.version), row.partition, row.tombstone};
}

// What the rows that overlap one chunk say of it.
ChunkView view_chunk(const std::vector<const SegmentRow*>& rows, const SegmentTable& table,
                     Interval chunk, std::set<const SegmentRow*>& seen) {
  std::vector<SegmentKey> keys;
  for (const SegmentRow* row : rows) keys.push_back(key_of(*row, table));
  const auto visible = visible_segments(std::move(keys), chunk);
  ChunkView view;
  view.digest = segment_set_digest(visible);
  for (const SegmentRow* row : rows) {
    if (!std::ranges::binary_search(visible, key_of(*row, table))) continue;
    seen.insert(row);
    ++view.segments;
    view.rows += std::max<std::int64_t>(0, row->rows);
  }
  return view;
}

}  // namespace

SegmentView view_segments(std::span<const SegmentRow> rows, const SegmentTable& table,
                          Granularity granularity, const std::set<Instant>& known) {
  // Chunks that have segments of their own, and those the ledger knows.
  std::set<Instant> chunks = known;
  const auto aligned = [&](const SegmentRow& row) {
    return bucket(granularity, row.interval.start) == row.interval;
  };
  for (const SegmentRow& row : rows)
    if (!row.realtime && aligned(row)) chunks.insert(row.interval.start);

  std::map<Instant, std::vector<const SegmentRow*>> by_chunk;
  std::set<const SegmentRow*> nowhere;  // in no such chunk: of another granularity, and alone
  for (const SegmentRow& row : rows) {
    if (row.realtime) continue;
    const Instant first = bucket(granularity, row.interval.start).start;
    auto chunk = chunks.lower_bound(first);
    if (chunk == chunks.end() || *chunk >= row.interval.end) nowhere.insert(&row);
    for (; chunk != chunks.end() && *chunk < row.interval.end; ++chunk)
      by_chunk[*chunk].push_back(&row);
  }

  SegmentView view;
  std::set<const SegmentRow*> seen;
  for (const auto& [start, there] : by_chunk) {
    ChunkView one = view_chunk(there, table, bucket(granularity, start), seen);
    if (one.segments > 0) view.chunks.emplace(start, std::move(one));
  }
  for (const SegmentRow& row : rows) {
    const bool alone = nowhere.contains(&row) && !row.overshadowed && !row.tombstone;
    if (!seen.contains(&row) && !alone) continue;
    if (!aligned(row)) ++view.off_granularity[row.interval];
    ++view.shapes[row.shape];
  }
  return view;
}

}  // namespace henge::reconcile
