#include "late/count.h"

#include <algorithm>

namespace henge::late {
namespace {

// Versions sort as text: ISO instants, and the epoch for concurrent appends.
using Generation = std::pair<Interval, std::string>;

bool overshadows(const Generation& newer, const Generation& older) {
  return newer.second > older.second && newer.first.start <= older.first.start &&
         older.first.end <= newer.first.end;
}

// Segments of one interval and version stand or fall together, so generations are compared, not
// segments.
std::vector<const Segment*> visible_of(const std::vector<Segment>& used) {
  std::set<Generation> all;
  for (const Segment& s : used) all.emplace(s.interval, s.version);
  std::set<Generation> visible;
  for (const Generation& g : all)
    if (std::ranges::none_of(all, [&](const Generation& other) { return overshadows(other, g); }))
      visible.insert(g);
  std::vector<const Segment*> out;
  for (const Segment& s : used)
    if (visible.contains({s.interval, s.version})) out.push_back(&s);
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

  for (const Segment* s : visible_of(used)) {
    if (s->tombstone) continue;
    for (Instant chunk = bucket(granularity, s->interval.start).start; chunk < s->interval.end;
         chunk = bucket(granularity, chunk).end) {
      auto reading = out.find(chunk);
      if (reading == out.end()) continue;
      ++reading->second.segments;
      if (!answered.contains(s->id)) ++reading->second.unavailable;
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
