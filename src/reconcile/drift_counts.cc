// Sealed chunks that no longer hold what they were sealed with. The list of segments only says
// which chunks to count again; the count decides.
#include <fmt/format.h>

#include <algorithm>

#include "model/segment_digest.h"
#include "reconcile/drift_groups.h"

namespace henge::reconcile {

using ledger::Body;
using ledger::ChunkState;
using ledger::ChunkStatus;
using ledger::PipelineState;

namespace {

// As Patience::readings_apart for chunks in transition.
constexpr Millis readings_apart = std::chrono::seconds(1);

constexpr DriftKind chunk_kinds[] = {DriftKind::segments_missing, DriftKind::segments_unexpected,
                                     DriftKind::segments_unused, DriftKind::count_mismatch};

// Sealed, and nothing of henge's is under way on it.
bool at_rest(const ChunkState& chunk) {
  return chunk.status == ChunkStatus::sealed && chunk.seal && chunk.free();
}

const std::string& digest_of_nothing() {
  static const std::string nothing = segment_set_digest(std::vector<SegmentKey>());
  return nothing;
}

const std::string& listed_digest(const SegmentView& view, Instant start) {
  auto known = view.chunks.find(start);
  return known == view.chunks.end() ? digest_of_nothing() : known->second.digest;
}

// Chunks are counted by name, which is refused and not hidden where it is not allowed: an empty
// listing is good enough to ask.
const SegmentView* view_of(const Look& look) {
  static const SegmentView nothing;
  if (const SegmentView* view = listed_segments(look)) return view;
  const bool listed =
      look.world.segments != nullptr && look.world.segments_listed.contains(look.datasource());
  return listed ? &nothing : nullptr;
}

// Two equal readings since the seal, of segments that all answer; null else. What answers without
// being published is a task's, or, where published rows are missing, what historicals still hold of
// segments that were marked unused.
const late::Reading* settled_reading(const DriftInput& input, const World& world, Instant start,
                                     const ChunkState& chunk) {
  auto of_pipeline = world.readings.find(input.pipeline.name);
  if (of_pipeline == world.readings.end()) return nullptr;
  auto settled = of_pipeline->second.find(start);
  if (settled == of_pipeline->second.end() ||
      !settled->second.agreed_after(chunk.seal->at, readings_apart))
    return nullptr;
  const late::Reading& reading = settled->second.reading;
  const bool whole = reading.unpublished == 0 || reading.rows < chunk.seal->rows;
  return whole && reading.unavailable == 0 ? &reading : nullptr;
}

// The drift of the chunk that the ledger holds; null if there is none.
const ledger::DriftState* recorded(const PipelineState& state, Instant start) {
  if (state.drifts.empty()) return nullptr;
  const std::string object = to_iso(start);
  for (DriftKind kind : chunk_kinds)
    if (auto known = state.drifts.find(key_of(kind, object)); known != state.drifts.end())
      return &known->second;
  return nullptr;
}

// Whether the segments that were marked unused are exactly what makes the chunk whole again.
bool unused_makes_whole(const Look& look, Instant start, const ChunkState& chunk,
                        std::int64_t& segments) {
  auto of_pipeline = look.world.unused.find(look.input.pipeline.name);
  if (of_pipeline == look.world.unused.end() || chunk.seal->digest.empty() ||
      look.world.segments == nullptr)
    return false;
  auto unused = of_pipeline->second.find(start);
  if (unused == of_pipeline->second.end() || unused->second.empty()) return false;
  std::vector<SegmentKey> keys;
  for (const Segment& s : unused->second)
    keys.push_back({s.interval, s.version, s.partition, s.tombstone});
  const auto& table = *look.world.segments;
  for (const SegmentRow& row : table.find(look.datasource()))
    if (!row.realtime)
      keys.push_back({row.interval, table.version(row.version), row.partition, row.tombstone});
  const auto visible = visible_segments(std::move(keys), chunk_interval(look, start));
  segments = std::ranges::count_if(unused->second, [&](const Segment& s) {
    return std::ranges::binary_search(visible,
                                      SegmentKey{s.interval, s.version, s.partition, s.tombstone});
  });
  return segments > 0 && segment_set_digest(visible) == chunk.seal->digest;
}

// Whether it was asked which of the chunk's segments are marked unused, or can't be asked.
bool unused_known(const World& world, const std::string& pipeline, Instant start) {
  if (world.unknown.contains("unused")) return true;
  auto of_pipeline = world.unused.find(pipeline);
  return of_pipeline != world.unused.end() && of_pipeline->second.contains(start);
}

Drift judge_count(const Look& look, Instant start, const ChunkState& chunk,
                  const late::Reading& reading) {
  const ledger::Seal& seal = *chunk.seal;
  Drift drift;
  drift.object = to_iso(start);
  drift.rows = reading.rows - seal.rows;
  drift.expected = seal.rows;
  drift.segments = std::abs(reading.segments - seal.segments);
  drift.value = fmt::format("rows {} segments {}", reading.rows, reading.digest);
  drift.kind = DriftKind::count_mismatch;
  drift.evidence = fmt::format("sealed with {} rows in {} segments, now {} rows in {} segments",
                               seal.rows, seal.segments, reading.rows, reading.segments);
  std::int64_t unused = 0;
  if (drift.rows < 0 && unused_makes_whole(look, start, chunk, unused)) {
    drift.kind = DriftKind::segments_unused;
    drift.segments = unused;
    drift.evidence += fmt::format("; {} that held the rest {} marked unused",
                                  unused == 1 ? "the segment" : fmt::format("{} segments", unused),
                                  unused == 1 ? "is" : "are");
    drift.action =
        fmt::format("mark the segments of {} used again", to_iso(chunk_interval(look, start)));
  } else if (drift.rows < 0 && reading.segments < seal.segments) {
    drift.kind = DriftKind::segments_missing;
  } else if (drift.rows > 0 && reading.segments > seal.segments) {
    drift.kind = DriftKind::segments_unexpected;
    drift.evidence += "; henge wrote none of the others";
  }
  return drift;
}

// Nothing moved since the chunk was counted and found wrong: it still is.
bool unmoved(const Look& look, Instant start) {
  const SegmentView* view = view_of(look);
  auto counted = look.memory.counted.find(start);
  return view != nullptr && counted != look.memory.counted.end() &&
         counted->second == listed_digest(*view, start);
}

void find_in_chunk(const Look& look, Instant start, const ChunkState& chunk,
                   std::vector<Drift>& out) {
  const ledger::DriftState* known = recorded(look.input.state, start);
  const late::Reading* reading = settled_reading(look.input, look.world, start, chunk);
  if (reading == nullptr) {
    if (known != nullptr && unmoved(look, start)) out.push_back(known->drift);
    return;
  }
  if (reading->rows < chunk.seal->rows) {
    // Retention takes chunks away as it should.
    const auto kept = retained(look, chunk_interval(look, start));
    if (!kept || !*kept) return;
    if (!unused_known(look.world, look.input.pipeline.name, start)) return;
  }
  if (reading->rows != chunk.seal->rows) {
    Drift drift = judge_count(look, start, chunk, *reading);
    // Half of a replacement looks like this too, for a moment.
    if (reading->unpublished > 0 && drift.kind != DriftKind::segments_unused) return;
    out.push_back(std::move(drift));
  }
  if (const SegmentView* view = view_of(look))
    look.memory.counted[start] = listed_digest(*view, start);
}

void find(const Look& look, std::vector<Drift>& out) {
  const auto& chunks = look.input.state.chunks;
  std::set<Instant> looked;
  const auto look_at = [&](Instant start) {
    auto chunk = chunks.find(start);
    if (chunk == chunks.end() || !at_rest(chunk->second) || !looked.insert(start).second) return;
    find_in_chunk(look, start, chunk->second, out);
  };
  if (auto mine = look.world.readings.find(look.input.pipeline.name);
      mine != look.world.readings.end())
    for (const auto& [start, reading] : mine->second) look_at(start);
  for (const auto& [key, known] : look.input.state.drifts)
    if (std::ranges::find(chunk_kinds, known.drift.kind) != std::end(chunk_kinds))
      if (auto start = parse_instant(known.drift.object)) look_at(*start);
}

bool can_tell(const Look& look, const Drift& drift) {
  auto start = parse_instant(drift.object);
  if (!start) return false;
  auto chunk = look.input.state.chunks.find(*start);
  if (chunk == look.input.state.chunks.end()) return false;
  // Open again or in doubt: its own life counts it.
  if (chunk->second.status != ChunkStatus::sealed) return true;
  if (!at_rest(chunk->second)) return false;
  const auto kept = retained(look, chunk_interval(look, *start));
  if (kept && !*kept) return true;
  const late::Reading* reading = settled_reading(look.input, look.world, *start, chunk->second);
  if (reading == nullptr) return false;
  if (reading->rows >= chunk->second.seal->rows) return true;
  return reading->unpublished == 0 && kept &&
         unused_known(look.world, look.input.pipeline.name, *start);
}

// Whether the segments of a chunk are listed as they were when it was sealed. Of chunks that are
// asked for from new to old: both lists are walked through side by side, once a round and pipeline.
class SealedAsListed {
 public:
  explicit SealedAsListed(const SegmentView& view)
      : at_(view.chunks.rbegin()), end_(view.chunks.rend()) {}

  bool operator()(Instant start, const ChunkState& chunk) {
    while (at_ != end_ && at_->first > start) ++at_;
    const bool listed = at_ != end_ && at_->first == start;
    return chunk.seal->digest == (listed ? at_->second.digest : digest_of_nothing());
  }

 private:
  std::map<Instant, ChunkView>::const_reverse_iterator at_, end_;
};

// Whether the chunk is to be counted: its segments are not those it was sealed with, or it has a
// drift; and it was not counted since they are what they are.
bool to_recount(const Look& look, std::optional<SealedAsListed>& sealed_as_listed, Instant start,
                const ChunkState& chunk) {
  if (!at_rest(chunk)) return false;
  const ledger::DriftState* drift = recorded(look.input.state, start);
  if (drift == nullptr && (!sealed_as_listed || (*sealed_as_listed)(start, chunk))) return false;
  const auto kept = retained(look, chunk_interval(look, start));
  if (drift == nullptr && kept && !*kept) return false;
  if (drift != nullptr && drift->attempts > 0) return true;  // did it help?
  return !unmoved(look, start);
}

}  // namespace

std::vector<Instant> chunks_to_recount(const DriftInput& input, const World& world,
                                       DriftMemory& memory, std::size_t max) {
  std::vector<Instant> out;
  if (!input.state.managed()) return out;
  const Look look{input, world, memory};
  std::optional<SealedAsListed> sealed_as_listed;
  if (const SegmentView* view = view_of(look)) sealed_as_listed.emplace(*view);
  const auto& chunks = input.state.chunks;
  for (auto chunk = chunks.rbegin(); chunk != chunks.rend() && out.size() < max; ++chunk)
    if (to_recount(look, sealed_as_listed, chunk->first, chunk->second))
      out.push_back(chunk->first);
  return out;
}

std::vector<Instant> chunks_to_look_for_unused(const DriftInput& input, const World& world) {
  std::vector<Instant> out;
  auto mine = world.readings.find(input.pipeline.name);
  if (mine == world.readings.end()) return out;
  for (const auto& [start, settled] : mine->second) {
    auto chunk = input.state.chunks.find(start);
    if (chunk == input.state.chunks.end() || !at_rest(chunk->second)) continue;
    const late::Reading* reading = settled_reading(input, world, start, chunk->second);
    if (reading != nullptr && reading->rows < chunk->second.seal->rows) out.push_back(start);
  }
  return out;
}

std::vector<Body> note_recounted(const DriftInput& input, const World& world) {
  std::vector<Body> events;
  auto mine = world.readings.find(input.pipeline.name);
  if (mine == world.readings.end()) return events;
  for (const auto& [start, settled] : mine->second) {
    auto chunk = input.state.chunks.find(start);
    if (chunk == input.state.chunks.end() || !at_rest(chunk->second)) continue;
    const late::Reading* reading = settled_reading(input, world, start, chunk->second);
    const ledger::Seal& seal = *chunk->second.seal;
    if (reading == nullptr || reading->rows != seal.rows || reading->digest == seal.digest)
      continue;
    events.emplace_back(
        ledger::ChunkSealed{start, reading->rows, reading->segments, seal.proof, reading->digest});
  }
  return events;
}

const DriftGroup& count_drift() {
  static const DriftGroup group{{std::begin(chunk_kinds), std::end(chunk_kinds)}, find, can_tell};
  return group;
}

}  // namespace henge::reconcile
