#include "ledger/offset_fold.h"

#include <fmt/format.h>

#include <algorithm>

namespace henge::ledger {

namespace {

// Empty: the reset of that number is in that phase.
std::string in_phase(const PipelineState& pipeline, std::int64_t number, ResetPhase phase) {
  if (!pipeline.reset || pipeline.reset->intent.number != number)
    return fmt::format("reset {} was never asked for, or another came after it", number);
  if (pipeline.reset->phase != phase)
    return fmt::format("reset {} is {}", number, to_string(pipeline.reset->phase));
  return "";
}

std::int64_t rows_of(const std::map<std::int32_t, std::int64_t>& by_partition) {
  std::int64_t total = 0;
  for (const auto& [partition, rows] : by_partition) total += rows;
  return total;
}

std::string chunk_refusal(const PipelineState& pipeline, const ResetChunk& c) {
  auto known = pipeline.chunks.find(c.chunk);
  if (known == pipeline.chunks.end()) return "";
  const ChunkState& chunk = known->second;
  for (const auto& [partition, rows] : c.skipped) {
    auto counts = chunk.counts.find(partition);
    const std::int64_t counted = counts == chunk.counts.end() ? 0 : counts->second.on_time;
    if (rows > counted)
      return fmt::format("{} rows of partition {} are to be skipped in {}, {} were counted", rows,
                         partition, to_iso(c.chunk), counted);
  }
  if (!chunk.repair.empty()) return fmt::format("chunk {} is being repaired", to_iso(c.chunk));
  if (!chunk.load.empty()) return fmt::format("chunk {} is being loaded", to_iso(c.chunk));
  return "";
}

// Rows of confirmed repairs wait again, where they are still on disk; the others never left.
void take_back_repairs(PipelineState& pipeline, Instant start, ChunkState& chunk, Instant at) {
  for (auto& [id, repair] : pipeline.repairs) {
    if (repair.phase != RepairPhase::confirmed) continue;
    auto of_chunk = [&](const scan::Extent& x) { return x.chunk == start; };
    for (const scan::Extent& x : repair.intent.extents) {
      if (!of_chunk(x)) continue;
      chunk.waiting.push_back(x);
      pipeline.delta.rows_open[x.file] += x.rows;
      pipeline.delta.changed_at[x.file] = at;
    }
    // They belong to the repair that takes them next.
    std::erase_if(repair.intent.extents, of_chunk);
  }
}

void open_again(ChunkState& chunk) {
  if (chunk.status != ChunkStatus::open) ++chunk.reopened;
  chunk.status = ChunkStatus::open;
  chunk.doubt.reset();
  chunk.closed_at.reset();
  chunk.closed_by.clear();
}

void apply_to(PipelineState& pipeline, const ResetChunk& c, Instant at) {
  ChunkState& chunk = pipeline.chunks[c.chunk];
  for (const auto& [partition, rows] : c.skipped) {
    scan::RowCounts& counts = chunk.counts[partition];
    counts.on_time -= rows;
    counts.late += rows;
  }
  if (c.rebuilt) {
    take_back_repairs(pipeline, c.chunk, chunk, at);
    chunk.repaired_rows = 0;
    chunk.adopted_rows = 0;
    chunk.doubled_rows = 0;
    chunk.replacement.reset();
    chunk.seal.reset();
  } else {
    chunk.doubled_rows += rows_of(c.again);
  }
  open_again(chunk);
}

// Offsets of the topic before mean nothing in the one that is there now.
void begin_topic_anew(PipelineState& pipeline, const PartitionOffsets& targets) {
  std::erase_if(pipeline.partitions,
                [&](const auto& item) { return !targets.contains(item.first); });
  for (const auto& [partition, offset] : targets) {
    PartitionState& state = pipeline.partitions[partition];
    state.first = state.next = offset;
    state.witness.reset();
  }
  for (auto& [start, chunk] : pipeline.chunks)
    for (auto& [partition, counts] : chunk.counts) counts.on_time_offset_last = -1;
}

void enter(PipelineState& pipeline, ResetPhase phase, Instant at) {
  pipeline.reset->phase = phase;
  pipeline.reset->changed_at = at;
}

}  // namespace

std::string reset_refusal(const PipelineState& pipeline, const ResetIntended& e) {
  if (pipeline.reset && pipeline.reset->under_way())
    return fmt::format("reset {} is under way", pipeline.reset->intent.number);
  if (pipeline.stand) return "streaming stands in a window";
  const std::int64_t last = pipeline.reset ? pipeline.reset->intent.number : 0;
  if (e.number != last + 1) return fmt::format("reset {} after {}", e.number, last);
  if (e.targets.empty()) return "it has no target";
  for (const auto& [partition, offset] : e.targets)
    if (offset < 0) return fmt::format("partition {} has no offset {}", partition, offset);
  return "";
}

std::string reset_refusal(const PipelineState& pipeline, const ResetQuiesced& e) {
  return in_phase(pipeline, e.number, ResetPhase::intended);
}

std::string reset_refusal(const PipelineState& pipeline, const ResetMeasured& e) {
  if (std::string why = in_phase(pipeline, e.number, ResetPhase::quiesced); !why.empty())
    return why;
  std::map<Instant, std::int64_t> skipped;
  for (const ResetChunk& c : e.chunks) {
    if (std::string why = chunk_refusal(pipeline, c); !why.empty()) return why;
    if (!skipped.try_emplace(c.chunk, rows_of(c.skipped)).second)
      return fmt::format("chunk {} is in it twice", to_iso(c.chunk));
  }
  for (const scan::Extent& x : e.extents) {
    if (x.kind != scan::DeltaKind::late) return "its extents must be rows to be repaired";
    skipped[x.chunk] -= x.rows;
  }
  for (const auto& [chunk, rows] : skipped)
    if (rows != 0)
      return fmt::format("chunk {}: {} skipped rows are not in its extents", to_iso(chunk), rows);
  return "";
}

std::string reset_refusal(const PipelineState& pipeline, const OffsetsReset& e) {
  return in_phase(pipeline, e.number, ResetPhase::measured);
}

std::string reset_refusal(const PipelineState& pipeline, const ResetEnded& e) {
  if (e.error.empty()) return in_phase(pipeline, e.number, ResetPhase::done);
  const std::string intended = in_phase(pipeline, e.number, ResetPhase::intended);
  return intended.empty() ? "" : in_phase(pipeline, e.number, ResetPhase::quiesced);
}

void fold_reset(PipelineState& pipeline, Instant at, const ResetIntended& e) {
  pipeline.reset = ResetState{};
  pipeline.reset->intent = e;
  pipeline.reset->asked_at = at;
  enter(pipeline, ResetPhase::intended, at);
}

void fold_reset(PipelineState& pipeline, Instant at, const ResetQuiesced& e) {
  pipeline.reset->committed = e.committed;
  enter(pipeline, ResetPhase::quiesced, at);
}

void fold_reset(PipelineState& pipeline, Instant at, const ResetMeasured& e) {
  for (const ResetChunk& c : e.chunks) apply_to(pipeline, c, at);
  for (const scan::Extent& x : e.extents) {
    pipeline.chunks[x.chunk].waiting.push_back(x);
    pipeline.delta.rows_open[x.file] += x.rows;
    std::int64_t& end = pipeline.delta.file_ends[x.file];
    end = std::max(end, x.offset + x.bytes);
    pipeline.delta.changed_at[x.file] = at;
  }
  pipeline.reset->effect = e;
  pipeline.reset->effect.extents.clear();
  enter(pipeline, ResetPhase::measured, at);
}

void fold_reset(PipelineState& pipeline, Instant at, const OffsetsReset&) {
  if (pipeline.reset->intent.anew) begin_topic_anew(pipeline, pipeline.reset->intent.targets);
  enter(pipeline, ResetPhase::done, at);
}

void fold_reset(PipelineState& pipeline, Instant at, const ResetEnded& e) {
  pipeline.reset->error = e.error;
  enter(pipeline, ResetPhase::ended, at);
}

const char* to_string(ResetPhase phase) {
  switch (phase) {
    case ResetPhase::intended:
      return "intended";
    case ResetPhase::quiesced:
      return "quiesced";
    case ResetPhase::measured:
      return "measured";
    case ResetPhase::done:
      return "done";
    case ResetPhase::ended:
      return "ended";
  }
  return "";
}

}  // namespace henge::ledger
