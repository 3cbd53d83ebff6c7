// What `plan` and `apply` show: symbols that say the same without colours, and JSON that is a
// contract.
#pragma once

#include <string>
#include <vector>

#include "cli/console.h"
#include "cli/freeze_view.h"
#include "daemon/apply.h"
#include "daemon/load_documents.h"

namespace henge::cli {

struct PlanView {
  std::vector<daemon::PipelinePlan> plans;
  std::vector<FreezeNote> frozen = {};       // of these pipelines, and of everything
  std::vector<std::string> undeclared = {};  // in the ledger and not in the folder that was given
  std::vector<daemon::LoadDocumentPlan> loads = {};
  [[nodiscard]] bool changes() const;
  [[nodiscard]] bool refused() const;
};

std::string show_plan(const PlanView& view, const Console& console);

struct AppliedRow {
  std::string pipeline;
  std::string action;  // created, updated, unchanged, rolled_back; empty if it failed
  std::int64_t version = 0;
  std::optional<Error> error;
  std::string note;       // why it was rolled back
  std::string load = {};  // a load document of that pipeline
};
std::string show_applied(const std::vector<AppliedRow>& rows, const Console& console);

}  // namespace henge::cli
