// Which segments of a chunk are visible, and a short text that changes when they do. Overshadowing
// is computed here and not taken from Druid's flag, so that two ways of listing the same segments
// give the same digest.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/druid.h"
#include "model/segment_table.h"
#include "model/time.h"

namespace henge {

// What tells one segment of a datasource from another.
struct SegmentKey {
  Interval interval;
  std::string_view version;
  std::int32_t partition = 0;
  bool tombstone = false;
  auto operator<=>(const SegmentKey&) const = default;
};

// The keys of segments that queries see in the chunk, tombstones left out, sorted. `used` are used
// and published segments, overshadowed ones included; those outside the chunk don't matter. Newer
// versions, alone or together, that cover what a segment has in the chunk overshadow it. Versions
// sort as text: ISO instants, and the epoch for concurrent appends.
std::vector<SegmentKey> visible_segments(std::vector<SegmentKey> used, Interval chunk);

// 16 hex digits; no visible segment has a digest, too.
std::string segment_set_digest(const std::vector<SegmentKey>& visible);
std::string segment_set_digest(const std::vector<Segment>& used, Interval chunk);
std::string segment_set_digest(std::span<const SegmentRow> rows, const SegmentTable& table,
                               Interval chunk);

}  // namespace henge
