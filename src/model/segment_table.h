// All segments of many datasources, held compactly: versions and shapes are kept once, a segment is
// one flat row. Made for a million segments in under 200 bytes each.
#pragma once

#include <cstdint>
#include <map>
#include <set>
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
  bool like_last =
      false;  // all but the row is what it was in the last add(), and need not be looked at
};

// Texts kept once and known by a number. The way from text to number costs some bytes a text and is
// only there while it is needed.
class TextIds {
 public:
  // The number of a text, a new one for a new text.
  std::uint32_t id(std::string_view text);
  [[nodiscard]] const std::string& text(std::uint32_t id) const { return texts_[id]; }
  [[nodiscard]] std::size_t size() const { return texts_.size(); }
  // Gives back what growing and finding took; both come again when needed.
  void shrink();

 private:
  static constexpr std::uint32_t none = 0xffffffff;
  void grow();

  std::vector<std::string> texts_;
  std::vector<std::uint32_t> slots_;  // open addressing by hash, at most half full
};

class SegmentTable {
 public:
  // In any order, before finish(); quickest with a datasource's segments together.
  void add(const ListedSegment& segment);
  // Sorts each datasource by interval, version and partition; gives back what growth reserved.
  void finish();

  // Empty if the datasource has none.
  [[nodiscard]] std::span<const SegmentRow> find(std::string_view datasource) const;
  [[nodiscard]] std::vector<std::string> datasources() const;
  [[nodiscard]] const std::string& version(std::uint32_t id) const { return versions_.text(id); }
  [[nodiscard]] const SegmentShape& shape(std::uint32_t id) const { return shapes_[id]; }
  [[nodiscard]] std::int64_t size() const { return size_; }
  // Takes all rows of the named datasources from `other`, which may have none of them, and keeps
  // the rest. Both are finished.
  void replace(SegmentTable other, const std::vector<std::string>& datasources);

 private:
  // The last segment's: segments are listed in runs of the same datasource, columns and version.
  struct Recent {
    std::string datasource;
    std::string dimensions;
    std::string metrics;
    std::string version;
    std::size_t place = 0;
    std::uint32_t version_id = 0;
    std::uint32_t shape = 0;
    bool known = false;
  };

  void remember(const ListedSegment& segment);
  std::size_t place_of(std::string_view datasource);
  std::uint32_t shape_id(std::string_view dimensions, std::string_view metrics);
  std::uint32_t shape_id(const SegmentShape& shape);
  void drop_unused();
  [[nodiscard]] bool has_only(const std::set<std::string_view>& named) const;

  std::map<std::string, std::size_t, std::less<>> places_;  // in rows_
  std::vector<std::vector<SegmentRow>> rows_;
  TextIds versions_;
  std::vector<SegmentShape> shapes_;
  std::map<SegmentShape, std::uint32_t> shape_ids_;
  std::int64_t size_ = 0;
  Recent recent_;
};

}  // namespace henge
