// A plan in a file: what was shown is what will be done, or nothing. Made by `plan --out`, carried
// out by `apply FILE`.
#pragma once

#include <string>
#include <vector>

#include "daemon/apply.h"
#include "daemon/load_documents.h"

namespace henge::daemon {

struct SavedPipeline {
  std::string name;
  std::string document;      // the declaration as it was planned
  std::int64_t version = 0;  // of the ledger's last declaration then; 0: none
  std::string action;        // none, create, update_restart
  bool settings_change = false;
  std::vector<spec::SpecChange> changes;  // of the supervisor
  bool operator==(const SavedPipeline&) const = default;
};

struct SavedLoad {
  std::string name;
  std::string document;
  std::string action;  // declare, redeclare, none
  bool operator==(const SavedLoad&) const = default;
};

struct SavedPlan {
  std::string ledger;  // ledger::identity() of the one it was made against
  Instant made_at{};
  std::vector<SavedPipeline> pipelines;
  std::vector<SavedLoad> loads = {};
  bool operator==(const SavedPlan&) const = default;
};

SavedPipeline saved(const PipelinePlan& plan, std::string document);

// JSON for people and machines, with a checksum over all of it.
std::string to_text(const SavedPlan& plan);
// Whether a file's text is meant to be a saved plan, sound or not.
bool looks_like_saved_plan(const std::string& text);
// Errors: invalid (another format version: both are named; no plan at all), corrupt (cut short or
// changed: nothing of it may be used).
Result<SavedPlan> parse_saved_plan(const std::string& file, const std::string& text);

// What is not as it was when the plan was made, one sentence each. Empty: the plan still holds.
// `now` are plans of the same documents, made just now.
std::vector<std::string> moved_since(const SavedPlan& plan, const std::string& ledger,
                                     const std::vector<PipelinePlan>& now);

// The same of its load documents.
std::vector<std::string> moved_loads(const SavedPlan& plan, const ledger::State& now);

// The refusal that lists what moved.
Error moved_error(const std::vector<std::string>& moved);

// The planned documents as declarations. Errors: invalid - this henge reads the document otherwise
// than the one that planned it.
Result<std::vector<Declaration>> declarations_of(const SavedPlan& plan);
Result<std::vector<LoadDeclaration>> load_declarations_of(const SavedPlan& plan);

// Plans the same documents again, now, and refuses when anything moved. Changes nothing. Errors:
// refused, and those of plan_pipeline.
runtime::Async<void> check_unmoved(Doors& shell, SavedPlan plan);

}  // namespace henge::daemon
