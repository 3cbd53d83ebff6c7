// What `offsets` shows: partition by partition where the log, Druid and henge stand, and a verdict.
// JSON is a contract.
#pragma once

#include <string>
#include <vector>

#include "cli/console.h"
#include "cli/freeze_view.h"
#include "offsets/verdict.h"

namespace henge::cli {

struct OffsetsView {
  std::string pipeline;
  std::string topic;
  std::string supervisor;  // Druid's state, or why it is not known
  std::string group;       // the mirror; empty: none
  Instant now{};
  offsets::Report report;
  std::optional<Millis> retention;
  std::optional<std::int64_t> retention_bytes;
  std::vector<std::string> notes;  // what could not be asked
  std::vector<FreezeNote> frozen;
};

std::string show_offsets(const OffsetsView& view, const Console& console);
// The serving henge may have seen a topic made anew by a record that the ledger's newest witness
// has replaced since: what it found holds until a reset ends it.
void add_found(offsets::Report& report, const ledger::PipelineState& state);
// One is to be looked after: at risk, lost, removed or made anew.
bool needs_care(offsets::Verdict verdict);

}  // namespace henge::cli
