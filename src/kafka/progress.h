// How far a scan has come in each partition, and from when on nothing earlier can come. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "model/time.h"
#include "scan/finding.h"
#include "scan/findings.h"

namespace henge::kafka {

using Positions = std::map<std::int32_t, std::int64_t>;

class ScanProgress {
 public:
  // A partition that is scanned from `offset` on. `floor` is what is known of it from before, or
  // the epoch.
  void add(std::int32_t partition, std::int64_t offset, Instant floor);
  [[nodiscard]] bool has(std::int32_t partition) const { return partitions_.contains(partition); }
  [[nodiscard]] std::size_t size() const { return partitions_.size(); }
  [[nodiscard]] std::vector<std::int32_t> partitions() const;

  // Retention had deleted `offsets` of them before they were scanned.
  void lose(std::int32_t partition, std::int64_t offsets);
  // The partitions ended at `ends` (high watermarks) when they were asked for, after the time
  // `asked`. An earlier answer that the scan has not reached yet is kept instead: under a steady
  // flow the newest is never reached.
  void saw_ends(Instant asked, const Positions& ends);
  // The scan stands at `positions`. What was appended before a question for the ends was asked is
  // then behind it, where the position has reached that end; an open transaction holds the position
  // back, and so the floor.
  void reached(const Positions& positions);

  // A batch from what was found up to `positions`, and the floors as of now; nothing if neither has
  // moved. A floor alone counts as moved only if `with_floors`. The extents are not in it.
  std::optional<scan::ScanBatch> batch(const std::vector<const scan::Findings*>& findings,
                                       const Positions& positions, Instant now, bool with_floors);
  // The batch was handed out: the next one begins where it ended.
  void handed_out(const scan::ScanBatch& batch);

 private:
  struct Partition {
    std::int64_t handed = 0;  // the end of the last batch
    std::int64_t lost = 0;    // since the last batch
    Instant floor{};
    Instant floor_handed{};
    // The oldest answer for the partition's end that was not reached yet.
    std::optional<std::int64_t> end;
    Instant end_asked{};
  };

  std::map<std::int32_t, Partition> partitions_;
};

}  // namespace henge::kafka
