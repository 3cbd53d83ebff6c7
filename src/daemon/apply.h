// From a declared pipeline to a supervisor in Druid: what would change, and making it so.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "daemon/shell.h"
#include "daemon/supervisor_change.h"
#include "model/diagnostic.h"
#include "spec/promise.h"
#include "spec/supervisor_diff.h"

namespace henge::daemon {

// A pipeline as a file declares it: the value, and the text that the ledger keeps.
struct Declaration {
  Pipeline pipeline;
  std::string document;
};

// The one pipeline of a document; `source` names it in messages. Errors: invalid.
Result<Declaration> read_declaration(const std::string& source, std::string document);

struct PipelinePlan {
  std::string pipeline;
  spec::SupervisorDiff supervisor;
  bool declared = false;         // the ledger knows the pipeline
  bool settings_change = false;  // what henge itself does changes: late policy, disorder, labels
  std::int64_t version = 0;      // of the last declaration; 0: none
  std::vector<std::string> restarts;  // streaming tasks that stop, publish and start again
  // What those tasks read and have not published: read again if they can't stop in good order.
  Millis rereads_max{};
  // Where Druid is not what the ledger's last version made it: somebody else's doing, apart from
  // what the files change. Nothing if it is as it was left, or was never applied.
  std::optional<spec::SupervisorDiff> drift;
  spec::SealPromise promise;
  std::string promise_text;
  std::vector<Diagnostic> warnings;
  std::optional<Error> refusal;  // a guard says no: apply would stop here

  [[nodiscard]] bool changes() const {
    return supervisor.action != spec::SupervisorAction::none || settings_change || !declared;
  }
};

// Reads Druid and the ledger, changes nothing. `known` is the ledger's state of the pipeline, null
// if there is none.
runtime::Async<PipelinePlan> plan_pipeline(ports::Druid& druid, const ledger::PipelineState* known,
                                           Pipeline pipeline);

// Who wants a change, and why. Kept in the ledger and given to Druid's audit.
struct Change {
  std::string reason;
  std::string by;
};

// Tries the spec on real records, records the declaration, sends the supervisor, reads it back,
// records the outcome. Idempotent: a repeat after a death at any step ends in the same. Errors:
// refused (a guard), invalid (Druid refuses the spec: nothing was changed), unknown_outcome,
// unavailable.
runtime::Async<Applied> apply_pipeline(Doors& shell, Declaration declaration, Change change);

// What can't change under a running count: which rows go where is decided by it. Empty if nothing
// of it changes.
std::vector<std::string> frozen_changes(const Pipeline& before, const Pipeline& after);

}  // namespace henge::daemon
