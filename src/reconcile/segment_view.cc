#include "reconcile/segment_view.h"

#include <algorithm>

#include "model/segment_digest.h"

namespace henge::reconcile {
namespace {

SegmentKey key_of(const SegmentRow& row, const SegmentTable& table) {
  return {row.interval, table.version(row.version), row.partition, row.tombstone};
}

using Rows = std::vector<std::size_t>;  // places in the listing

// What the rows that overlap one chunk say of it; those that are visible are marked.
ChunkView view_chunk(std::span<const SegmentRow> rows, const Rows& there, const SegmentTable& table,
                     Interval chunk, std::vector<bool>& visible_rows) {
  std::vector<SegmentKey> keys;
  for (std::size_t i : there) keys.push_back(key_of(rows[i], table));
  const auto visible = visible_segments(std::move(keys), chunk);
  ChunkView view;
  view.digest = segment_set_digest(visible);
  for (std::size_t i : there) {
    if (!std::ranges::binary_search(visible, key_of(rows[i], table))) continue;
    visible_rows[i] = true;
    ++view.segments;
    view.rows += std::max<std::int64_t>(0, rows[i].rows);
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

  std::map<Instant, Rows> by_chunk;
  std::vector<bool> visible(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const SegmentRow& row = rows[i];
    if (row.realtime) continue;
    auto chunk = chunks.lower_bound(bucket(granularity, row.interval.start).start);
    // Of another granularity: it may be seen where no chunk is known. Druid's own word is good
    // enough for that.
    if (!aligned(row)) visible[i] = !row.overshadowed && !row.tombstone;
    for (; chunk != chunks.end() && *chunk < row.interval.end; ++chunk)
      by_chunk[*chunk].push_back(i);
  }

  SegmentView view;
  for (const auto& [start, there] : by_chunk) {
    ChunkView one = view_chunk(rows, there, table, bucket(granularity, start), visible);
    if (one.segments > 0) view.chunks.emplace(start, std::move(one));
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (!visible[i]) continue;
    if (!aligned(rows[i])) ++view.off_granularity[rows[i].interval];
    ++view.shapes[rows[i].shape];
  }
  return view;
}

}  // namespace henge::reconcile
