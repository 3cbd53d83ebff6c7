// A supervisor's change that can fail without an outage: tried by Druid's sampler first, read back
// afterwards, and the last good spec put back when the new one is refused or vanishes (Druid stops
// the old supervisor before it builds the new one).
#pragma once

#include <string>

#include "daemon/shell.h"

namespace henge::daemon {

struct Applied {
  std::string pipeline;
  std::string action;  // created, updated, unchanged, rolled_back
  std::int64_t version = 0;
  std::string note;  // what a person should know: why it was rolled back
};

// Has Druid read some of the topic's records by the spec and index them, without keeping anything.
// An empty topic proves that the spec is taken. Errors: invalid (Druid refuses the spec, or can't
// parse any of the records: what it said), unavailable.
runtime::Async<void> try_by_sampler(Doors& shell, Pipeline pipeline);

// Sends what is declared and not yet seen in Druid, reads it back, records the outcome. Idempotent.
// When Druid refuses it, or has no supervisor afterwards, the one before is put back at once and
// the result says so. Errors: unknown_outcome, unavailable (the next round tries again), conflict
// (somebody else writes the supervisor).
runtime::Async<Applied> post_declared(Doors& shell, Pipeline pipeline);

// Makes Druid's supervisor what the pipeline says, whoever changed it; one that is suspended stays
// so. Records nothing. Errors: as post_declared.
runtime::Async<void> restore_supervisor(Doors& shell, Pipeline pipeline, Audit audit);

// Puts the version before `failed` back, if there is one, and records it. `failed` is not posted
// again by itself. Errors: as post_declared.
runtime::Async<Applied> put_back(Doors& shell, std::string name, std::int64_t failed,
                                 std::string reason);

// The latest declaration, or, while that one is refused, the one Druid holds.
std::int64_t version_in_force(const ledger::PipelineState& state);
// The pipeline of the version in force, with its true proof. Errors: corrupt - it was valid when it
// was recorded.
Result<Pipeline> pipeline_of(const ledger::PipelineState& state, const std::string& name);
// Of one declaration, by its number. Errors: not_found, corrupt.
Result<Pipeline> pipeline_of_version(const ledger::PipelineState& state, const std::string& name,
                                     std::int64_t version);

// With the proof that henge can really give: what its scan can't evaluate is left to Druid and only
// reported.
Pipeline with_true_proof(Pipeline pipeline);

}  // namespace henge::daemon
