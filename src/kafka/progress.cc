#include "kafka/progress.h"

#include <algorithm>

namespace henge::kafka {

void ScanProgress::add(std::int32_t partition, std::int64_t offset, Instant floor) {
  partitions_.emplace(partition, Partition{offset, 0, floor, floor, std::nullopt, {}});
}

std::vector<std::int32_t> ScanProgress::partitions() const {
  std::vector<std::int32_t> all;
  for (const auto& [partition, state] : partitions_) all.push_back(partition);
  return all;
}

void ScanProgress::lose(std::int32_t partition, std::int64_t offsets) {
  partitions_.at(partition).lost += offsets;
}

void ScanProgress::saw_ends(Instant asked, const Positions& ends) {
  for (const auto& [partition, end] : ends) {
    const auto state = partitions_.find(partition);
    if (state == partitions_.end()) continue;
    Partition& at = state->second;
    // A smaller end than before is an answer about another log: the old one may never be reached.
    if (at.end && *at.end <= end) continue;
    at.end = end;
    at.end_asked = asked;
  }
}

void ScanProgress::reached(const Positions& positions) {
  for (auto& [partition, state] : partitions_) {
    const auto at = positions.find(partition);
    if (!state.end || at == positions.end() || at->second < *state.end) continue;
    state.floor = std::max(state.floor, state.end_asked);
    state.end.reset();
  }
}

std::optional<scan::ScanBatch> ScanProgress::batch(
    const std::vector<const scan::Findings*>& findings, const Positions& positions, Instant now,
    bool with_floors) {
  scan::ScanBatch found = scan::merge(findings);
  std::map<std::int32_t, scan::PartitionProgress> progress;
  for (const scan::PartitionProgress& one : found.partitions) progress[one.partition] = one;
  bool moved = false;
  for (auto& [partition, state] : partitions_) {
    const auto at = positions.find(partition);
    const auto records = progress.find(partition);
    // Arrival times ahead of the clock are a producer's mistake: they must not close chunks that
    // are still to come.
    if (records != progress.end())
      state.floor = std::max(state.floor, std::min(records->second.arrival_max, now));
    scan::PartitionProgress& one = progress[partition];
    one.partition = partition;
    one.from = state.handed;
    one.to = at == positions.end() ? state.handed : std::max(state.handed, at->second);
    one.lost = state.lost;
    one.arrival_floor = state.floor;
    moved = moved || one.to > one.from || (with_floors && state.floor > state.floor_handed);
  }
  if (!moved) return std::nullopt;
  found.partitions.clear();
  for (auto& [partition, one] : progress) {
    const bool news =
        one.to > one.from || one.arrival_floor > partitions_.at(partition).floor_handed;
    if (news) found.partitions.push_back(one);
  }
  return found;
}

void ScanProgress::handed_out(const scan::ScanBatch& batch) {
  for (const scan::PartitionProgress& one : batch.partitions) {
    Partition& state = partitions_.at(one.partition);
    state.handed = one.to;
    state.lost -= one.lost;
    state.floor_handed = one.arrival_floor;
  }
}

}  // namespace henge::kafka
