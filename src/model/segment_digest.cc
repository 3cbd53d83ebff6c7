#include "model/segment_digest.h"

#include <algorithm>
#include <array>
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
  // Eight bytes, the lowest first. A byte of zeros only multiplies: those at the end do it at once.
  void add(std::uint64_t value) {
    std::size_t zeros = 8;
    for (; value != 0; value >>= 8, --zeros) byte(static_cast<unsigned char>(value));
    state_ *= prime_powers[zeros];
  }
  void add(std::string_view text) {
    add(text.size());
    for (char c : text) byte(static_cast<unsigned char>(c));
  }
  [[nodiscard]] std::string hex() const {
    std::uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 33)) * 0xff51afd7ed558ccdULL;
    mixed = (mixed ^ (mixed >> 33)) * 0xc4ceb9fe1a85ec53ULL;
    mixed ^= mixed >> 33;
    std::string out(16, '0');
    for (auto digit = out.rbegin(); digit != out.rend(); ++digit, mixed >>= 4)
      *digit = "0123456789abcdef"[mixed & 15];
    return out;
  }

 private:
  static constexpr std::uint64_t prime = 0x100000001b3ULL;
  static constexpr std::array<std::uint64_t, 9> prime_powers = [] {
    std::array<std::uint64_t, 9> powers{1};
    for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * prime;
    return powers;
  }();

  void byte(unsigned char c) { state_ = (state_ ^ c) * prime; }

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
