// What `drift` shows: where Druid is not what it should be, the alarms first. JSON is a contract.
#pragma once

#include <string>
#include <vector>

#include "cli/console.h"
#include "cli/freeze_view.h"
#include "ledger/state.h"
#include "model/drift.h"

namespace henge::cli {

enum class DriftOutcome {
  alarm,      // given up: only a person can end it
  healing,    // an attempt is under way
  will_heal,  // by policy, when it has lasted long enough
  will_adopt,
  person,   // alert: a person decides
  ignored,  // by policy
};
const char* to_string(DriftOutcome outcome);

struct DriftRow {
  std::string pipeline;
  ledger::DriftState state;
  DriftRule rule;
  DriftOutcome outcome = DriftOutcome::person;
  // Shown first and loud: given up, or a declared supervisor that is not there.
  bool loud = false;
};

struct DriftView {
  Instant now{};
  std::string pipeline;  // the only one that was asked for; empty: all
  std::vector<DriftRow> rows;
  std::int64_t ignored = 0;  // left out, because their policy ignores them
  bool serving = false;
  std::vector<FreezeNote> frozen;
  // When henge may act next by its maintenance windows: now, later, or nothing within a year.
  std::optional<Instant> window_opens;
};

struct DriftFilter {
  std::optional<std::string> pipeline;
  std::optional<DriftKind> kind;
  bool all = false;  // also those that are ignored
};

DriftRow drift_row(const std::string& pipeline, const ledger::DriftState& state,
                   const DriftRule& rule);
// The loud ones first, then by pipeline, kind and object.
void sort_drift(std::vector<DriftRow>& rows);
std::string show_drift(const DriftView& view, const Console& console);

}  // namespace henge::cli
