#include "late/count.h"

#include <algorithm>

#include "model/segment_digest.h"

namespace henge::late {
namespace {

SegmentKey key_of(const Segment& s) {
  return {s.interval, s.version, s.partition, s.tombstone};
}

// What is published over each asked chunk, in whole or in part. Walks over what was asked, not over
// the segment's buckets: a segment of granularity ALL has more of them than could ever be counted.
std::map<Instant, std::vector<const Segment*>> published_by_chunk(
    const std::set<Instant>& asked, Granularity granularity, const std::vector<Segment>& used) {
  std::map<Instant, std::vector<const Segment*>> out;
  for (const Segment& s : used) {
    auto chunk = asked.lower_bound(bucket(granularity, s.interval.start).start);
    for (; chunk != asked.end() && *chunk < s.interval.end; ++chunk) out[*chunk].push_back(&s);
  }
  return out;
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

  for (auto& [chunk, reading] : out) reading.digest = segment_set_digest(std::vector<SegmentKey>());
  for (const auto& [chunk, segments] : published_by_chunk(asked, granularity, used)) {
    std::vector<SegmentKey> keys;
    for (const Segment* s : segments) keys.push_back(key_of(*s));
    const auto visible = visible_segments(std::move(keys), bucket(granularity, chunk));
    Reading& reading = out.at(chunk);
    reading.digest = segment_set_digest(visible);
    for (const Segment* s : segments) {
      if (!std::ranges::binary_search(visible, key_of(*s))) continue;
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
