// How one part of a load stands; shared by what judges and what plans loads.
#pragma once

#include "ledger/state.h"

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

}  // namespace henge::reconcile
