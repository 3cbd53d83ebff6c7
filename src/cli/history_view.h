// What `history` shows: a pipeline's versions and what became of each, newest first. JSON is a
// contract.
#pragma once

#include <string>
#include <vector>

#include "cli/console.h"
#include "cli/freeze_view.h"
#include "ledger/state.h"

namespace henge::cli {

struct HistoryRow {
  enum class Kind { version, rolled_back, released } kind = Kind::version;
  std::int64_t sequence = 0;  // in the ledger
  Instant at{};
  std::string by;
  std::string reason;
  std::int64_t version = 0;     // the one declared, or gone back from
  std::int64_t to_version = 0;  // the one gone back to; 0: none, the supervisor was taken back
  std::string
      state;  // of a version: current, current_unproven, refused, waiting, superseded, not_posted
  bool proven = false;
  std::string supervisor;  // of a release: kept, terminated
};

// One event of the ledger, if history is made of it.
std::optional<HistoryRow> history_row(std::int64_t sequence, const ledger::Event& event);

struct HistoryView {
  std::string pipeline;
  std::int64_t current = 0;  // the version Druid was last seen to hold; 0: none
  std::vector<HistoryRow> rows;
  std::int64_t total = 0;
  std::vector<FreezeNote> frozen;
};

// `events` in the ledger's order; what became of the versions is in the state.
HistoryView history_view(const std::string& pipeline, const ledger::PipelineState& state,
                         std::vector<HistoryRow> events, std::int64_t limit);
std::string show_history(const HistoryView& view, const Console& console);

}  // namespace henge::cli
