// What follows from the ledger and from what was just observed. Pure: the same values give the same
// decisions. Each function returns events to be appended, in order; the caller appends and folds
// them before it calls the next.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "late/count.h"
#include "late/watermark.h"
#include "ledger/state.h"
#include "model/druid.h"
#include "model/pipeline.h"

namespace henge::reconcile {

// How patient the decisions are. Resolved once from the configuration.
struct Patience {
  Millis readings_apart = std::chrono::seconds(1);  // between two equal readings that are to agree
  Millis doubt_after =
      std::chrono::seconds(60);  // a count that stays unequal this long makes a chunk uncertain
  // The same while segments are still on their way to historicals.
  Millis doubt_unavailable_after = std::chrono::minutes(10);
  Millis vanished_after =
      std::chrono::seconds(60);  // Druid must not know a task for this long before it is given up
  // How long after its intent a task is sent; and after how long one that Druid does not know is no
  // longer taken for never sent: Druid forgets what ended long ago. The time between is for
  // requests on their way.
  Millis send_for = std::chrono::hours(1);
  Millis forgotten_after = std::chrono::minutes(70);
  Millis retry_min =
      std::chrono::seconds(5);  // before the second attempt of a repair; doubles with each
  Millis retry_max = std::chrono::minutes(10);
  bool operator==(const Patience&) const = default;
};

// Everything a round saw of one pipeline. What could not be observed is missing, never guessed.
struct Observation {
  Instant now{};
  int partitions = 0;  // of the topic; 0 if unknown
  std::optional<SupervisorStatus> supervisor;
  bool tasks_known = false;  // whether `tasks` is an answer: an unknown id is then really unknown
  std::map<std::string, TaskStatus> tasks;       // of the repairs under way
  std::map<std::string, Instant> missing_since;  // task ids Druid does not know, and since when
  late::Readings readings;                       // of the chunks in transition
};

// Chunks that a count could move on: read to the end but not sealed, or with a repair whose task is
// over.
std::set<Instant> chunks_in_transition(const Pipeline& pipeline, const ledger::PipelineState& state,
                                       int partitions);

// Whether the supervisor's offsets could close a chunk now: some chunk was read to the end and is
// still open, or the topic's partitions are not known.
bool needs_supervisor(const Pipeline& pipeline, const ledger::PipelineState& state, int partitions);

// Task statuses into outcomes of tasks: accepted (adopted), ended, vanished.
std::vector<ledger::Body> judge_tasks(const ledger::PipelineState& state, const Observation& seen,
                                      const Patience& patience);

// Counts into outcomes of repairs: confirmed (and sealed again), absent, or the chunk is uncertain.
// A task's own status never decides (contract 1.6.3).
std::vector<ledger::Body> judge_repairs(const Pipeline& pipeline,
                                        const ledger::PipelineState& state, const Observation& seen,
                                        const Patience& patience);

// Watermark and counts into closed, sealed and uncertain chunks.
std::vector<ledger::Body> judge_chunks(const Pipeline& pipeline, const ledger::PipelineState& state,
                                       const Observation& seen, const Patience& patience);

// What bounds new repairs.
struct RepairLimits {
  std::int64_t inline_bytes_max = 1'000'000;
  std::string base_url;  // where delta rows are served; empty: inline only
  Millis address_valid = std::chrono::hours(24);
  int repairs_max = 2;  // under way at once, of this pipeline
};

// Late rows that wait into repairs: the chunks that are due, taken together into few tasks; and
// next attempts of repairs that were seen to be absent. `held` are chunks whose rows must wait
// (retention rules would never load them).
std::vector<ledger::Body> plan_repairs(const Pipeline& pipeline, const ledger::PipelineState& state,
                                       const std::set<Instant>& held, const RepairLimits& limits,
                                       const Patience& patience, Instant now);

// Whether the rules load a chunk at all, now: the first rule that covers it decides. No rules: not
// loaded.
bool rules_load(const std::vector<Rule>& rules, Interval chunk, Instant now);

}  // namespace henge::reconcile
