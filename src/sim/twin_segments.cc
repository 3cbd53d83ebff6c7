#include "sim/twin_segments.h"

#include <fmt/format.h>

#include <algorithm>

namespace henge::sim {

namespace {

bool overlap(Interval a, Interval b) {
  return a.start < b.end && b.start < a.end;
}

bool covers(Interval outer, Interval inner) {
  return outer.start <= inner.start && inner.end <= outer.end;
}

// Which partitions of each generation are there.
struct Presence {
  std::int32_t core = 0;
  std::set<std::int32_t> partitions;
  // The core set is atomic; without one, each segment counts by itself (contract 5.1.7).
  [[nodiscard]] bool whole() const {
    std::int32_t found = 0;
    for (const std::int32_t partition : partitions) found += partition < core ? 1 : 0;
    return core == 0 ? !partitions.empty() : found == core;
  }
};
using Presences = std::map<Generation, Presence>;

void add(Presences& presences, const SegmentKey& key, std::int32_t core) {
  Presence& presence = presences[key.generation];
  presence.core = std::max(presence.core, core);
  presence.partitions.insert(key.partition);
}

// For each generation the parts that whole generations of higher version cover; those that nothing
// covers are missing. Generations are sorted by start: each is compared only with the heap of
// overlapping ones it stands in.
std::map<Generation, std::vector<Interval>> hidden_parts(const Presences& presences) {
  std::map<Generation, std::vector<Interval>> hidden;
  for (auto begin = presences.begin(); begin != presences.end();) {
    Instant reach = begin->first.interval.end;
    auto end = std::next(begin);
    for (; end != presences.end() && end->first.interval.start < reach; ++end)
      reach = std::max(reach, end->first.interval.end);
    for (auto newer = begin; newer != end; ++newer) {
      if (std::next(begin) == end || !newer->second.whole()) continue;
      for (auto older = begin; older != end; ++older)
        if (newer->first.version > older->first.version &&
            overlap(newer->first.interval, older->first.interval))
          hidden[older->first].push_back(newer->first.interval);
    }
    begin = end;
  }
  return hidden;
}

bool is_covered(Interval interval, std::vector<Interval> parts) {
  std::ranges::sort(parts);
  Instant to = interval.start;
  for (const Interval& part : parts)
    if (part.start <= to) to = std::max(to, part.end);
  return to >= interval.end;
}

}  // namespace

std::string segment_id(const std::string& datasource, const SegmentKey& key) {
  const auto& [interval, version] = key.generation;
  std::string id =
      fmt::format("{}_{}_{}_{}", datasource, to_iso(interval.start), to_iso(interval.end), version);
  if (key.partition != 0) id += fmt::format("_{}", key.partition);
  return id;
}

bool VisibleSegment::shows(Instant event) const {
  return std::ranges::none_of(hidden, [&](const Interval& part) { return part.contains(event); });
}

DatasourceSegments::Place DatasourceSegments::place_for(Instant event, Granularity chunk) const {
  Place place{bucket(chunk, event), std::nullopt, 0};
  const Interval wanted = place.interval;
  Interval room = wanted;
  for (const auto& [key, segment] : segments_) {
    if (key.generation.interval.start >= wanted.end) break;
    if (segment.unused_since || !overlap(key.generation.interval, wanted)) continue;
    const auto& [interval, version] = key.generation;
    if (interval.contains(event)) {
      if (place.version && version < *place.version) continue;
      place.core = version == place.version ? std::max(place.core, segment.core) : segment.core;
      place.interval = interval;
      place.version = version;
    } else if (interval.end <= event) {
      room.start = std::max(room.start, interval.end);
    } else {
      room.end = std::min(room.end, interval.start);
    }
  }
  // Finer segments stand in the chunk: the new one takes the largest granularity that fits beside.
  if (!place.version && room != wanted) {
    place.interval = bucket(Granularity::minute, event);
    for (const auto finer : {Granularity::five_minute, Granularity::fifteen_minute,
                             Granularity::hour, Granularity::six_hour, Granularity::day})
      if (covers(room, bucket(finer, event))) place.interval = bucket(finer, event);
  }
  return place;
}

std::int32_t DatasourceSegments::next_partition(const Generation& generation, std::int32_t core) {
  std::int32_t& next = partitions_[generation];
  next = std::max(next, core);
  return next++;
}

StoredSegment& DatasourceSegments::publish(const SegmentKey& key, StoredSegment segment) {
  longest_ = std::max(longest_, key.generation.interval.end - key.generation.interval.start);
  std::int32_t& next = partitions_[key.generation];
  next = std::max(next, key.partition + 1);
  touch(key.generation.interval);
  return segments_[key] = std::move(segment);
}

void DatasourceSegments::set_unused(const SegmentKey& key, Instant now) {
  segments_.at(key).unused_since = now;
  touch(key.generation.interval);
}

void DatasourceSegments::set_used(const SegmentKey& key, Instant) {
  segments_.at(key).unused_since.reset();
  touch(key.generation.interval);
}

void DatasourceSegments::erase(const SegmentKey& key) {
  touch(key.generation.interval);
  segments_.erase(key);
}

StoredSegment* DatasourceSegments::find(const SegmentKey& key) {
  const auto found = segments_.find(key);
  return found == segments_.end() ? nullptr : &found->second;
}

std::map<SegmentKey, StoredSegment>::const_iterator DatasourceSegments::first_near(
    Interval interval) const {
  // Eternity is longer than what can be subtracted from a time.
  if (longest_ > std::chrono::hours(24 * 400)) return segments_.begin();
  return segments_.lower_bound(SegmentKey{{{interval.start - longest_, Instant::min()}, ""}, 0});
}

std::vector<SegmentKey> DatasourceSegments::used(Interval interval) const {
  std::vector<SegmentKey> out;
  for (auto at = first_near(interval); at != segments_.end(); ++at) {
    const auto& [key, segment] = *at;
    if (key.generation.interval.start >= interval.end) break;
    if (!segment.unused_since && overlap(key.generation.interval, interval)) out.push_back(key);
  }
  return out;
}

bool DatasourceSegments::is_overshadowed(const SegmentKey& key) const {
  Presences presences;
  for (const SegmentKey& one : used(key.generation.interval))
    add(presences, one, segments_.at(one).core);
  const auto hidden = hidden_parts(presences);
  const auto parts = hidden.find(key.generation);
  return parts != hidden.end() && is_covered(key.generation.interval, parts->second);
}

std::set<SegmentKey> DatasourceSegments::overshadowed_at(Instant when) const {
  const auto was_used = [&](const StoredSegment& segment) {
    return segment.created <= when && (!segment.unused_since || *segment.unused_since > when);
  };
  Presences presences;
  for (const auto& [key, segment] : segments_)
    if (was_used(segment)) add(presences, key, segment.core);
  std::set<SegmentKey> out;
  for (const auto& [generation, parts] : hidden_parts(presences)) {
    if (!is_covered(generation.interval, parts)) continue;
    for (const std::int32_t partition : presences.at(generation).partitions)
      out.insert({generation, partition});
  }
  return out;
}

std::vector<Interval> DatasourceSegments::changed_since(std::uint64_t revision) const {
  std::vector<Interval> out(changes_.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(
                                                   revision, changes_.size())),
                            changes_.end());
  std::ranges::sort(out);
  out.erase(std::ranges::unique(out).begin(), out.end());
  return out;
}

namespace {

std::vector<VisibleSegment> look(const Presences& presences,
                                 const std::map<SegmentKey, VisibleSegment>& there) {
  const auto hidden = hidden_parts(presences);
  std::vector<VisibleSegment> out;
  for (const auto& [key, segment] : there) {
    if (!presences.at(key.generation).whole()) continue;
    VisibleSegment one = segment;
    if (const auto parts = hidden.find(key.generation); parts != hidden.end()) {
      if (is_covered(key.generation.interval, parts->second)) continue;
      one.hidden = parts->second;
    }
    out.push_back(std::move(one));
  }
  return out;
}

}  // namespace

std::vector<VisibleSegment> DatasourceSegments::visible(Interval interval) const {
  Presences presences;
  std::map<SegmentKey, VisibleSegment> there;
  for (auto at = first_near(interval); at != segments_.end(); ++at) {
    const auto& [key, segment] = *at;
    if (key.generation.interval.start >= interval.end) break;
    if (!segment.loaded_at || !segment.answers || !overlap(key.generation.interval, interval))
      continue;
    add(presences, key, segment.core);
    there[key] = {key, segment.rows.get(), segment.columns.get(), {}};
  }
  for (const auto& [key, segment] : realtime_) {
    if (key.generation.interval.start >= interval.end) break;
    if (!overlap(key.generation.interval, interval)) continue;
    add(presences, key, segment.core);
    there[key] = {key, segment.rows.get(), segment.columns.get(), {}};
  }
  return look(presences, there);
}

std::vector<VisibleSegment> DatasourceSegments::stored_visible(Interval interval) const {
  Presences presences;
  std::map<SegmentKey, VisibleSegment> there;
  for (const SegmentKey& key : used(interval)) {
    const StoredSegment& segment = segments_.at(key);
    add(presences, key, segment.core);
    there[key] = {key, segment.rows.get(), segment.columns.get(), {}};
  }
  return look(presences, there);
}

}  // namespace henge::sim
