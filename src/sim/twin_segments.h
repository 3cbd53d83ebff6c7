// The segments of Druid's twin: the metadata store's rows, what historicals and tasks announce, and
// the timeline that decides which of them a query sees.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "model/druid.h"
#include "model/granularity.h"
#include "sim/row_identity.h"
#include "sim/twin_spec.h"

namespace henge::sim {

inline const std::string epoch_version = "1970-01-01T00:00:00.000Z";

// Segments of one interval and version stand or fall together.
struct Generation {
  Interval interval;
  std::string version;
  auto operator<=>(const Generation&) const = default;
};

struct SegmentKey {
  Generation generation;
  std::int32_t partition = 0;
  auto operator<=>(const SegmentKey&) const = default;
};

std::string segment_id(const std::string& datasource, const SegmentKey& key);

// Rows of a segment; shared by its upgraded copies. A task's rows grow while it reads.
struct SegmentRows64 {
  std::vector<SegmentRow64> rows;
  std::int64_t unnamed = 0;  // more rows, without identity, at the interval's start
  [[nodiscard]] std::int64_t size() const {
    return static_cast<std::int64_t>(rows.size()) + unnamed;
  }
};
using SharedRows = std::shared_ptr<SegmentRows64>;
using SharedColumns = std::shared_ptr<const SegmentColumns>;

struct StoredSegment {
  std::int32_t core = 0;  // size of the version's core set; 0: appended, visible one by one
  SharedRows rows;        // none: a tombstone
  SharedColumns columns;
  std::int64_t size_bytes = 0;
  Instant created{};
  std::uint64_t committed = 0;  // place in the order of all commits
  std::optional<Instant> unused_since;
  std::optional<Instant> loaded_at;  // a historical answers from then on
  bool load_pending = false;
  bool answers = true;  // false: a person or a fault took it from the historicals
  [[nodiscard]] bool tombstone() const { return rows == nullptr; }
};

// What a task holds in memory, under one of its identities.
struct RealtimeSegment {
  std::int32_t core = 0;
  SharedRows rows;
  SharedColumns columns;
};

// A segment that answers, and the rows of it that nothing newer hides.
struct VisibleSegment {
  SegmentKey key;
  const SegmentRows64* rows = nullptr;
  const SegmentColumns* columns = nullptr;
  std::vector<Interval> hidden;  // parts that a newer version covers
  [[nodiscard]] bool shows(Instant event) const;
};

class DatasourceSegments {
 public:
  explicit DatasourceSegments(std::string name) : name_(std::move(name)) {}

  // --- allocation
  // Where a row of `event` goes that is appended: into the chunk that is there, whatever its
  // granularity, else into a new one.
  struct Place {
    Interval interval;
    std::optional<std::string> version;  // nothing: the chunk is new
    std::int32_t core = 0;
  };
  [[nodiscard]] Place place_for(Instant event, Granularity chunk) const;
  // A number that no segment of the generation has or had.
  std::int32_t next_partition(const Generation& generation, std::int32_t core);

  // --- the metadata store
  StoredSegment& publish(const SegmentKey& key, StoredSegment segment);
  void set_unused(const SegmentKey& key, Instant now);
  void set_used(const SegmentKey& key, Instant now);
  void erase(const SegmentKey& key);
  [[nodiscard]] const std::map<SegmentKey, StoredSegment>& all() const { return segments_; }
  [[nodiscard]] std::map<SegmentKey, StoredSegment>& all() { return segments_; }
  [[nodiscard]] StoredSegment* find(const SegmentKey& key);
  // Used segments that overlap the interval, overshadowed ones included.
  [[nodiscard]] std::vector<SegmentKey> used(Interval interval) const;
  // Whether used generations of higher version, whole ones, cover all of it.
  [[nodiscard]] bool is_overshadowed(const SegmentKey& key) const;
  // The same for a moment that is past: of what was used then.
  [[nodiscard]] std::set<SegmentKey> overshadowed_at(Instant when) const;

  // --- what answers
  void announce(const SegmentKey& key, RealtimeSegment segment) {
    realtime_[key] = std::move(segment);
  }
  void withdraw(const SegmentKey& key) { realtime_.erase(key); }
  [[nodiscard]] const std::map<SegmentKey, RealtimeSegment>& realtime() const { return realtime_; }
  [[nodiscard]] std::vector<VisibleSegment> visible(Interval interval) const;
  // Of the used ones, as if all answered.
  [[nodiscard]] std::vector<VisibleSegment> stored_visible(Interval interval) const;

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] std::uint64_t revision() const { return changes_.size(); }
  // What may have changed in the store after that revision.
  [[nodiscard]] std::vector<Interval> changed_since(std::uint64_t revision) const;
  void touch(Interval interval) { changes_.push_back(interval); }

 private:
  // The first segment that may overlap the interval.
  [[nodiscard]] std::map<SegmentKey, StoredSegment>::const_iterator first_near(
      Interval interval) const;

  std::string name_;
  std::map<SegmentKey, StoredSegment> segments_;
  Millis longest_{};  // of any segment's interval
  std::map<SegmentKey, RealtimeSegment> realtime_;
  std::map<Generation, std::int32_t> partitions_;  // next free number
  std::vector<Interval> changes_;
};

}  // namespace henge::sim
