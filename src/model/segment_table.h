// All segments of many datasources, held compactly: versions and shapes are kept once, a segment is
// one flat row. Made for a million segments in under 200 bytes each.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/time.h"

namespace henge {

struct SegmentRow {
  Interval interval;
  std::int64_t size_bytes = 0;
  std::int64_t rows = -1;  // -1: not known
  std::int32_t partition = 0;
  std::uint32_t version = 0;      // SegmentTable::version
  std::uint32_t shape = 0;        // SegmentTable::shape
  std::int16_t replication = -1;  // replication factor: -1 unknown, 0 not to be loaded
  bool overshadowed = false;
  bool tombstone = false;
  bool realtime = false;
  bool operator==(const SegmentRow&) const = default;
};

// What a segment says of its columns; each a sorted list of names.
struct SegmentShape {
  std::vector<std::string> dimensions;
  std::vector<std::string> metrics;
  auto operator<=>(const SegmentShape&) const = default;
};

// A segment as it is listed, before it is held.
struct ListedSegment {
  std::string_view datasource;
  std::string_view version;
  std::string_view dimensions;  // comma-joined, as Druid lists them
  std::string_view metrics;
  SegmentRow row;  // version and shape are filled by add()
};

class SegmentTable {
 public:
  // In any order, before finish().
  void add(const ListedSegment& segment);
  // Sorts each datasource by interval, version and partition; gives back what growth reserved.
  void finish();

  // Empty if the datasource has none.
  [[nodiscard]] std::span<const SegmentRow> find(std::string_view datasource) const;
  [[nodiscard]] std::vector<std::string> datasources() const;
  [[nodiscard]] const std::string& version(std::uint32_t id) const { return versions_[id]; }
  [[nodiscard]] const SegmentShape& shape(std::uint32_t id) const { return shapes_[id]; }
  [[nodiscard]] std::int64_t size() const { return size_; }
  // Takes all rows of the datasources that `other` has (or names in `empty`) from it, and keeps the
  // rest.
  void replace(const SegmentTable& other, const std::vector<std::string>& datasources);

 private:
  std::uint32_t version_id(std::string_view text);
  std::uint32_t shape_id(std::string_view dimensions, std::string_view metrics);

  std::map<std::string, std::vector<SegmentRow>, std::less<>> rows_;
  std::vector<std::string> versions_;
  std::map<std::string, std::uint32_t, std::less<>> version_ids_;
  std::vector<SegmentShape> shapes_;
  std::map<std::string, std::uint32_t, std::less<>> shape_ids_;  // by the listed text
  std::int64_t size_ = 0;
};

}  // namespace henge
