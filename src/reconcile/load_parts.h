// How one part of a load stands; shared by what judges and what plans loads.
#pragma once

#include <string>

#include "ledger/state.h"
#include "model/pipeline.h"

namespace henge::reconcile {

inline constexpr std::int64_t load_attempts_max = 3;

inline bool sent(const ledger::LoadPartState& part) {
  return part.phase == ledger::PartPhase::intended || part.phase == ledger::PartPhase::accepted;
}

inline bool on_its_way(const ledger::LoadPartState& part) {
  return sent(part) || part.phase == ledger::PartPhase::ended;
}

// No further attempt is made of it by itself.
inline bool spent(const ledger::LoadPartState& part) {
  return part.phase == ledger::PartPhase::absent &&
         (part.end == ledger::TaskEnd::refused || part.tries >= load_attempts_max);
}

inline bool replaces(const ledger::LoadState& load) {
  return load.intent.request.mode == LoadMode::replace;
}

// Nothing of the chunk was ever scanned or counted: batch's own.
inline bool untouched(const ledger::ChunkState& chunk) {
  return chunk.counts.empty() && !chunk.seal && chunk.status == ledger::ChunkStatus::open;
}

inline bool may_be_sent(const ledger::LoadPartState& part) {
  return part.phase == ledger::PartPhase::waiting ||
         (part.phase == ledger::PartPhase::absent && !spent(part));
}

// Whether a load reads what it replaces: its data hold what is there, late rows that were repaired
// included, and no row that waits.
inline bool reads_itself(const LoadContent& content, const Pipeline& pipeline) {
  return content.input == LoadInput::druid && !content.files.empty() &&
         content.files.front().uri == pipeline.datasource;
}

// Why data as of that moment can't take the chunk's place: it holds newer ones, or late rows that
// were repaired since are not kept any more. Empty: they can.
std::string too_old_for(const Pipeline& pipeline, const ledger::PipelineState& state, Instant chunk,
                        Instant as_of, Instant now);
// The same of all parts that are still to be sent.
std::string overtaken(const Pipeline& pipeline, const ledger::PipelineState& state,
                      const ledger::LoadState& load, Instant now);

// MSQ is tried once. What it could not load goes by index_parallel, with as many sub-tasks as it
// had workers; so does a part that only empties its chunks.
inline bool runs_as_query(const ledger::LoadState& load, std::size_t part, std::int64_t attempt) {
  return attempt == 1 && load.route && load.route->engine == "msq" &&
         load.intent.parts[part].rows != 0;
}

}  // namespace henge::reconcile
