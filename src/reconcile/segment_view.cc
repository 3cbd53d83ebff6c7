#include "reconcile/segment_view.h"

#include <algorithm>
#include <optional>

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

using Group = std::span<const SegmentRow>;  // of one interval

// One version, no tombstone, nothing twice: as a chunk is that was written once or appended to. All
// of it is visible.
bool is_plain(Group group) {
  for (std::size_t i = 0; i < group.size(); ++i) {
    if (group[i].tombstone || group[i].realtime || group[i].version != group[0].version)
      return false;
    if (i > 0 && group[i].partition <= group[i - 1].partition) return false;
  }
  return true;
}

// The listing as groups of one interval each, where each is a whole chunk of its own; nothing else.
std::optional<std::vector<Group>> plain_groups(std::span<const SegmentRow> rows,
                                               Granularity granularity) {
  std::vector<Group> groups;
  for (std::size_t from = 0; from < rows.size();) {
    std::size_t to = from + 1;
    while (to < rows.size() && rows[to].interval == rows[from].interval) ++to;
    const Group group = rows.subspan(from, to - from);
    const Interval& interval = group[0].interval;
    if (!groups.empty() && interval.start < groups.back()[0].interval.end) return std::nullopt;
    if (bucket(granularity, interval.start) != interval || !is_plain(group)) return std::nullopt;
    groups.push_back(group);
    from = to;
  }
  return groups;
}

// What view_segments() says of most datasources, without asking what hides what.
SegmentView view_plain(const std::vector<Group>& groups, const SegmentTable& table) {
  SegmentView view;
  std::vector<SegmentKey> keys;
  for (const Group group : groups) {
    ChunkView chunk;
    keys.clear();
    for (const SegmentRow& row : group) {
      keys.push_back(key_of(row, table));
      chunk.rows += std::max<std::int64_t>(0, row.rows);
      ++view.shapes[row.shape];
    }
    chunk.segments = static_cast<std::int64_t>(group.size());
    chunk.digest = segment_set_digest(keys);
    view.chunks.emplace_hint(view.chunks.end(), group[0].interval.start, std::move(chunk));
  }
  return view;
}

}  // namespace

std::optional<SegmentView> view_whole_chunks(std::span<const SegmentRow> rows,
                                             const SegmentTable& table, Granularity granularity) {
  const auto groups = plain_groups(rows, granularity);
  return groups ? std::optional(view_plain(*groups, table)) : std::nullopt;
}

SegmentView view_segments(std::span<const SegmentRow> rows, const SegmentTable& table,
                          Granularity granularity,
                          const std::function<std::set<Instant>()>& known) {
  if (auto whole = view_whole_chunks(rows, table, granularity)) return std::move(*whole);
  // Chunks that have segments of their own, and those the ledger knows.
  std::set<Instant> chunks = known();
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
