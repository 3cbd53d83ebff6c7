#include "late/count.h"

#include <algorithm>

namespace henge::late {
namespace {

// Segments of one interval and version stand or fall together. Versions sort as text: ISO instants,
// and the epoch for concurrent appends.
using Generation = std::pair<Interval, std::string>;

// What is published over one chunk, in whole or in part.
struct Published {
  std::set<Generation> generations;  // in order of their starts
  std::vector<const Segment*> segments;
};

// By asked chunk. Walks over what was asked, not over the segment's buckets: a segment of
// granularity ALL has more of them than could ever be counted.
std::map<Instant, Published> published_by_chunk(const std::set<Instant>& asked,
                                                Granularity granularity,
                                                const std::vector<Segment>& used) {
  std::map<Instant, Published> out;
  for (const Segment& s : used) {
    auto chunk = asked.lower_bound(bucket(granularity, s.interval.start).start);
    for (; chunk != asked.end() && *chunk < s.interval.end; ++chunk) {
      out[*chunk].generations.emplace(s.interval, s.version);
      out[*chunk].segments.push_back(&s);
    }
  }
  return out;
}

// Whether newer generations, alone or together, cover what the segment has in the chunk.
bool overshadowed(const Segment& s, Interval chunk, const std::set<Generation>& generations) {
  Instant reached = std::max(s.interval.start, chunk.start);
  for (const auto& [interval, version] : generations)
    if (version > s.version && interval.start <= reached) reached = std::max(reached, interval.end);
  return reached >= std::min(s.interval.end, chunk.end);
}

}  // namespace

std::map<Instant, Reading> read_chunks(const std::set<Instant>& asked, Granularity granularity,
                                       const std::vector<Segment>& used,
                                       const std::vector<SegmentRows>& answers, Instant now) {
  std::map<Instant, Reading> out;
  std::map<Instant, std::vector<std::string>> ids;
  for (Instant chunk : asked) out[chunk].at = now;

  std::set<std::string> published;
  for (const Segment& s : used) published.insert(s.id);
  std::set<std::string> answered;
  for (const SegmentRows& a : answers) {
    answered.insert(a.segment_id);
    auto reading = out.find(a.chunk);
    if (reading == out.end() || a.rows == 0) continue;
    bool is_published = published.contains(a.segment_id);
    (is_published ? reading->second.rows : reading->second.unpublished) += a.rows;
    if (!is_published) ids[a.chunk].push_back("task:" + a.segment_id);
  }

  for (const auto& [chunk, there] : published_by_chunk(asked, granularity, used)) {
    const Interval whole = bucket(granularity, chunk);
    Reading& reading = out.at(chunk);
    for (const Segment* s : there.segments) {
      if (s->tombstone || overshadowed(*s, whole, there.generations)) continue;
      ++reading.segments;
      if (!answered.contains(s->id)) ++reading.unavailable;
      ids[chunk].push_back(s->id);
    }
  }
  for (auto& [chunk, list] : ids) {
    std::ranges::sort(list);
    for (const auto& id : list) out[chunk].identity += id + "\n";
  }
  return out;
}

Readings settle(const Readings& before, const std::map<Instant, Reading>& look) {
  Readings after;
  for (const auto& [chunk, reading] : look) {
    auto known = before.find(chunk);
    if (known != before.end() && known->second.reading.same_as(reading))
      after[chunk] = {reading, known->second.since, known->second.times + 1,
                      known->second.reading.at};
    else
      after[chunk] = {reading, reading.at, 1};
  }
  return after;
}

}  // namespace henge::late
