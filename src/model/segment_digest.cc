#include "model/segment_digest.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

namespace henge {
namespace {

// Segments of one interval and version stand or fall together.
using Generation = std::pair<Interval, std::string_view>;

bool overlap(const Interval& a, const Interval& b) {
  return a.start < b.end && b.start < a.end;
}

// `generations` are in order of their starts.
bool overshadowed(const Generation& one, Interval chunk, const std::set<Generation>& generations) {
  Instant reached = std::max(one.first.start, chunk.start);
  for (const auto& [interval, version] : generations)
    if (version > one.second && interval.start <= reached)
      reached = std::max(reached, interval.end);
  return reached >= std::min(one.first.end, chunk.end);
}

// FNV-1a, spread by a last mixing: against chance, not against an enemy.
class Fingerprint {
 public:
  void add(std::uint64_t value) {
    for (int i = 0; i < 8; ++i) byte(static_cast<unsigned char>(value >> (8 * i)));
  }
  void add(std::string_view text) {
    add(text.size());
    for (char c : text) byte(static_cast<unsigned char>(c));
  }
  [[nodiscard]] std::string hex() const {
    std::uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 33)) * 0xff51afd7ed558ccdULL;
    mixed = (mixed ^ (mixed >> 33)) * 0xc4ceb9fe1a85ec53ULL;
    return fmt::format("{:016x}", mixed ^ (mixed >> 33));
  }

 private:
  void byte(unsigned char c) { state_ = (state_ ^ c) * 0x100000001b3ULL; }

  std::uint64_t state_ = 0xcbf29ce484222325ULL;
};

}  // namespace

std::vector<SegmentKey> visible_segments(std::vector<SegmentKey> used, Interval chunk) {
  std::erase_if(used, [&](const SegmentKey& key) { return !overlap(key.interval, chunk); });
  std::ranges::sort(used);
  const auto [first, last] = std::ranges::unique(used);
  used.erase(first, last);
  std::set<Generation> generations;
  for (const SegmentKey& key : used) generations.emplace(key.interval, key.version);
  std::set<Generation> hidden;
  if (generations.size() > 1)
    for (const Generation& one : generations)
      if (overshadowed(one, chunk, generations)) hidden.insert(one);
  std::erase_if(used, [&](const SegmentKey& key) {
    return key.tombstone || hidden.contains({key.interval, key.version});
  });
  return used;
}

std::string segment_set_digest(const std::vector<SegmentKey>& visible) {
  Fingerprint print;
  for (const SegmentKey& key : visible) {
    print.add(static_cast<std::uint64_t>(to_ms(key.interval.start)));
    print.add(static_cast<std::uint64_t>(to_ms(key.interval.end)));
    print.add(key.version);
    print.add(static_cast<std::uint64_t>(key.partition));
  }
  return print.hex();
}

std::string segment_set_digest(const std::vector<Segment>& used, Interval chunk) {
  std::vector<SegmentKey> keys;
  for (const Segment& s : used) keys.push_back({s.interval, s.version, s.partition, s.tombstone});
  return segment_set_digest(visible_segments(std::move(keys), chunk));
}

std::string segment_set_digest(std::span<const SegmentRow> rows, const SegmentTable& table,
                               Interval chunk) {
  std::vector<SegmentKey> keys;
  for (const SegmentRow& row : rows)
    if (!row.realtime)
      keys.push_back({row.interval, table.version(row.version), row.partition, row.tombstone});
  return segment_set_digest(visible_segments(std::move(keys), chunk));
}

}  // namespace henge
