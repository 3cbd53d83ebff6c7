// When loads that documents declare are due. Pure, as decide.h: document, ledger and now in, loads
// to ask for out. Each has a key of document and slot, so that it is asked for once, whoever asks.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ledger/state.h"
#include "model/load_document.h"
#include "model/pipeline.h"

namespace henge::reconcile {

struct ScheduleLimits {
  int open_max = 4;              // loads of one document under way at once
  std::size_t chunks_max = 500;  // so many of the last chunks are looked for by `exists`
  Millis retry_min = std::chrono::minutes(1);
  Millis retry_max = std::chrono::hours(1);
  bool operator==(const ScheduleLimits&) const = default;
};

// Intervals whose path has to be looked for: `exists` only, of loads that were not asked for yet.
std::vector<Interval> intervals_to_look_for(const Pipeline& pipeline,
                                            const ledger::PipelineState& state,
                                            const ledger::LoadDocumentState& declared,
                                            const LoadDocument& document,
                                            const ScheduleLimits& limits, Instant now);

// Paths that are there: by the start of their interval, when they were last changed.
using PathsSeen = std::map<Instant, Instant>;

struct SchedulePlan {
  std::vector<LoadRequest> due;    // to be asked for now, in order
  std::vector<std::string> waits;  // what is due and has to wait, a sentence each
  bool operator==(const SchedulePlan&) const = default;
};

// `partitions` is how many the topic has.
SchedulePlan plan_schedule(const Pipeline& pipeline, int partitions,
                           const ledger::PipelineState& state,
                           const ledger::LoadDocumentState& declared, const LoadDocument& document,
                           const PathsSeen& paths, const ScheduleLimits& limits, Instant now);

// After so many refusals it is tried again so long after the last.
Millis retry_after(const ledger::RefusedLoad& refused, const ScheduleLimits& limits);

// The newest refusal of what is still due; null: there is none.
const ledger::RefusedLoad* last_refusal(const ledger::LoadDocumentState& declared,
                                        const LoadDocument& document, Instant now);

// When it is next due, where that is a moment: of cron, and of what was refused. Nothing where it
// is over, or depends on a chunk or a path.
std::optional<Instant> next_due(const ledger::PipelineState& state,
                                const ledger::LoadDocumentState& declared,
                                const LoadDocument& document, const ScheduleLimits& limits,
                                Instant now);

// What it waits for, for people: next at a moment, when a chunk is sealed, or over.
std::string next_text(const ledger::PipelineState& state, const ledger::LoadDocumentState& declared,
                      const LoadDocument& document, const ScheduleLimits& limits, Instant now);

// Since when a document that is declared now counts what is due: a document that is declared again
// with the same schedule goes on, with another one it begins anew.
Instant schedule_since(const LoadDocument* before, const ledger::LoadDocumentState* declared,
                       const LoadDocument& document, Instant now);

}  // namespace henge::reconcile
