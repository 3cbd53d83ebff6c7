// What follows for loads from the ledger and from what was just observed. Pure, as decide.h.
#pragma once

#include <string>
#include <vector>

#include "reconcile/decide.h"

namespace henge::reconcile {

// Task ids of loads whose status the next round needs.
std::vector<std::string> load_tasks_to_ask(const ledger::PipelineState& state);

// Task statuses into outcomes of tasks: accepted (adopted), ended, vanished. Rows that Druid
// reports are not in it.
std::vector<ledger::Body> judge_load_tasks(const ledger::PipelineState& state,
                                           const Observation& seen, const Patience& patience);

// Counts into outcomes: other segments seen, counted (and the chunks sealed again), absent, or a
// chunk is uncertain.
std::vector<ledger::Body> judge_loads(const Pipeline& pipeline, const ledger::PipelineState& state,
                                      const Observation& seen, const Patience& patience);

// Loads of which nothing is under way any more and nothing will be. Replacements end as failed,
// too, where the data of a later one came first: late rows in between would be lost.
std::vector<ledger::Body> end_loads(const Pipeline& pipeline, const ledger::PipelineState& state,
                                    Instant now);

}  // namespace henge::reconcile
