// The loud line that every command shows while a person stops henge from acting, and what freeze,
// unfreeze and release answer.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/console.h"
#include "ledger/state.h"

namespace henge::cli {

struct FreezeNote {
  std::string pipeline;  // empty: everything
  std::string by;
  std::string reason;
  Instant since{};
  bool operator==(const FreezeNote&) const = default;
};

// The freeze of everything first, then each pipeline's own; only of the one that is named.
std::vector<FreezeNote> freezes_of(const ledger::State& state,
                                   const std::optional<std::string>& pipeline);

// A line each; empty where nothing is frozen.
std::string show_freezes(const std::vector<FreezeNote>& notes, const Console& console);
// What stops a pipeline, or everything for an empty name, as the JSON text of the field `frozen`:
// {"pipeline", "by", "reason", "since"} or null.
std::string freeze_json(const std::vector<FreezeNote>& notes, const std::string& pipeline);

struct FreezeAnswer {
  std::string pipeline;  // empty: everything
  bool frozen = false;   // now
  bool changed = false;
};
std::string show_freeze_answer(const FreezeAnswer& answer, const Console& console);

struct ReleaseView {
  std::string pipeline;
  std::string datasource;
  bool terminate = false;
  std::int64_t waiting = 0;          // late rows that no repair will bring in any more
  std::vector<std::string> repairs;  // under way: their tasks end, nobody counts their rows
};
ReleaseView release_view(const std::string& name, const std::string& datasource,
                         const ledger::PipelineState& state, bool terminate);
// What will happen, before it is asked whether it should.
std::string show_release_plan(const ReleaseView& view, const Console& console);

struct ReleaseAnswer {
  std::string pipeline;
  std::string supervisor;  // kept, terminated
  bool changed = false;
};
std::string show_release_answer(const ReleaseAnswer& answer, const Console& console);

}  // namespace henge::cli
