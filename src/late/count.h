// Counting: what Druid's segments say a chunk holds, and when two readings agree well enough to be
// believed.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "model/druid.h"
#include "model/granularity.h"

namespace henge::late {

// One look at one chunk.
struct Reading {
  Instant at{};
  std::int64_t rows = 0;         // over segments that are published and answer
  std::int64_t unpublished = 0;  // over segments that answer, but only in a task's memory
  std::int64_t segments = 0;     // published and visible
  std::int64_t unavailable = 0;  // published and visible, but nobody answers for them
  std::string identity;          // which segments; equal when nothing moved
  std::string digest = {};       // of the published, visible ones: model/segment_digest.h

  [[nodiscard]] bool same_as(const Reading& other) const {
    return rows == other.rows && unpublished == other.unpublished &&
           unavailable == other.unavailable && identity == other.identity;
  }
  bool operator==(const Reading&) const = default;
};

// Puts together what the metadata store lists and what the Broker answered, for each asked chunk. A
// chunk without segments reads as 0 rows. Segments whose part of the chunk is covered by newer
// versions are overshadowed and not visible in it.
std::map<Instant, Reading> read_chunks(const std::set<Instant>& asked, Granularity granularity,
                                       const std::vector<Segment>& used,
                                       const std::vector<SegmentRows>& answers, Instant now);

// A reading and since when it has been the same.
struct Settled {
  Reading reading;
  Instant since{};
  int times = 1;
  Instant previous{};  // when the equal reading before this one was taken

  // Two equal readings with the same segments, at least `apart` from each other.
  [[nodiscard]] bool agreed(Millis apart) const {
    return times >= 2 && reading.at - since >= apart;
  }
  // The same, with both readings taken after `moment`: what was read before something happened says
  // nothing about it.
  [[nodiscard]] bool agreed_after(Instant moment, Millis apart) const {
    return times >= 2 && previous >= moment && reading.at - std::max(since, moment) >= apart;
  }
  [[nodiscard]] Millis lasted() const { return reading.at - since; }
  bool operator==(const Settled&) const = default;
};
using Readings = std::map<Instant, Settled>;

// The readings after one more look. Chunks that were not looked at are forgotten: their next
// reading starts afresh.
Readings settle(const Readings& before, const std::map<Instant, Reading>& look);

}  // namespace henge::late
