// What follows for loads from the ledger and from what was just observed. Pure, as decide.h.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "reconcile/decide.h"

namespace henge::reconcile {

// Task ids of loads whose status the next round needs.
std::vector<std::string> load_tasks_to_ask(const ledger::PipelineState& state);

// Chunks whose count could move a load on: those of tasks that are over, and those of the parts
// whose turn it is.
std::set<Instant> chunks_of_loads(const ledger::PipelineState& state, int tasks_max);

// Task statuses into outcomes of tasks: accepted (adopted), ended, vanished. Rows that Druid
// reports are not in it.
std::vector<ledger::Body> judge_load_tasks(const ledger::PipelineState& state,
                                           const Observation& seen, const Patience& patience);

// Counts into outcomes: other segments seen, counted (and the chunks sealed again), absent, or a
// chunk is uncertain.
std::vector<ledger::Body> judge_loads(const Pipeline& pipeline, const ledger::PipelineState& state,
                                      const Observation& seen, const Patience& patience);

// Loads of which nothing is under way any more and nothing will be.
std::vector<ledger::Body> end_loads(const ledger::PipelineState& state);

// Parts that may be sent now, as intents that lack only what becomes of late rows; and for each
// load that waits, what for.
struct LoadPlan {
  std::vector<ledger::LoadTaskIntended> intents;
  std::map<std::string, std::string> waits;  // by load
  std::set<std::string> windows;  // loads whose turn has come, and that need a window opened first
};
LoadPlan plan_loads(const Pipeline& pipeline, const ledger::PipelineState& state,
                    const Observation& seen, const Patience& patience, int tasks_max);

inline constexpr std::int64_t load_attempts_max = 3;

}  // namespace henge::reconcile
