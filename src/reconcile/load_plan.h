// Which parts of loads wait for nothing but worker slots, and which chunks have to be counted to
// know it. Pure, as decide.h.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "reconcile/decide.h"
#include "route/start_board.h"

namespace henge::reconcile {

// How loads go on: how patient, how estimated, and how far ahead it is looked.
struct LoadPace {
  const Patience& patience;
  const route::RouteLimits& limits;
  int looks_max = 4;
};

// Chunks whose count could move a load on: those of tasks that are over, and those of parts whose
// turn may come next, `looks_max` of them for each way of being urgent.
std::set<Instant> chunks_of_loads(const Pipeline& pipeline, const ledger::PipelineState& state,
                                  const Observation& seen, const LoadPace& pace);

// One part that waits for its slots, as the schedule takes it; `offer.ready` when it could be sent
// now, or, where it needs a window, when one could be opened for it.
struct WaitingPart {
  route::Offer offer;
  std::string load;
  bool opens_window = false;
  ledger::LoadTaskIntended intent = {};  // lacks only what becomes of late rows
};
// The parts that wait for nothing else; and for each load of which a part waits for something else,
// what for.
struct LoadPlan {
  std::vector<WaitingPart> waiting;          // the most urgent load first
  std::map<std::string, std::string> waits;  // by load
};
LoadPlan plan_loads(const Pipeline& pipeline, const ledger::PipelineState& state,
                    const Observation& seen, const LoadPace& pace);

}  // namespace henge::reconcile
