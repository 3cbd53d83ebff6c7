#include "late/watermark.h"

#include <algorithm>

namespace henge::late {

std::optional<Instant> arrival_watermark(const ledger::PipelineState& state, int partitions,
                                         Millis arrival_disorder) {
  if (partitions <= 0 || state.partitions.empty() ||
      static_cast<int>(state.partitions.size()) < partitions)
    return std::nullopt;
  Instant floor = Instant::max();
  for (const auto& [id, partition] : state.partitions)
    floor = std::min(floor, partition.arrival_floor);
  // A partition that was read, but neither held a record nor was seen idle, has the epoch as its
  // floor: no watermark yet.
  if (floor <= Instant{}) return std::nullopt;
  return floor - arrival_disorder;
}

std::optional<Instant> event_watermark(const ledger::PipelineState& state, int partitions,
                                       const Pipeline& pipeline) {
  auto arrival = arrival_watermark(state, partitions, pipeline.stream.arrival_disorder);
  if (!arrival) return std::nullopt;
  return *arrival - pipeline.rule.lateness;
}

PartitionOffsets committed_offsets(const SupervisorStatus& status) {
  PartitionOffsets committed;
  auto lower = [&](const SupervisorTask& task) {
    for (auto [partition, offset] : task.starting_offsets) {
      auto [known, fresh] = committed.try_emplace(partition, offset);
      if (!fresh) known->second = std::min(known->second, offset);
    }
  };
  std::ranges::for_each(status.active, lower);
  std::ranges::for_each(status.publishing, lower);
  if (committed.empty() && status.suspended && status.detailed_state == "SUSPENDED")
    for (auto [partition, latest] : status.latest_offsets)
      if (auto lag = status.lag.find(partition); lag != status.lag.end())
        committed[partition] = latest - lag->second;
  return committed;
}

bool committed_past(const ledger::ChunkState& chunk, const PartitionOffsets& committed) {
  return std::ranges::all_of(chunk.counts, [&](const auto& entry) {
    const auto& [partition, counts] = entry;
    if (counts.on_time_offset_last < 0) return true;
    auto known = committed.find(partition);
    return known != committed.end() && known->second > counts.on_time_offset_last;
  });
}

std::optional<std::int64_t> uncommitted(const ledger::PipelineState& state,
                                        const PartitionOffsets& committed) {
  std::int64_t total = 0;
  for (const auto& [id, partition] : state.partitions) {
    auto known = committed.find(id);
    if (known == committed.end()) return std::nullopt;
    total += std::max<std::int64_t>(0, partition.next - known->second);
  }
  return total;
}

}  // namespace henge::late
