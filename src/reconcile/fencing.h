// Windows: when streaming has to stand for a load, for how long, and what is to be done with the
// supervisor next. Pure, as decide.h.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "ledger/state.h"
#include "model/pipeline.h"

namespace henge::reconcile {

struct FencingLimits {
  Millis window_max = std::chrono::hours(2);  // so long may streaming stand for one load
  bool operator==(const FencingLimits&) const = default;
};

// What was just seen of the supervisor.
struct StreamSight {
  bool missing = false;  // Druid has none
  bool suspended = false;
  bool quiet = false;  // suspended, and no task of it reads or publishes (contract 2.3.2)
  bool operator==(const StreamSight&) const = default;
};

// Whether a window is open; where none is, streaming may still stand until it is resumed.
bool any_window_open(const ledger::PipelineState& state);
// Somebody else resumed the supervisor in the middle of a window.
bool is_broken(const ledger::PipelineState& state);

// Whether the load's tasks must not run while streaming does.
bool needs_window(const Pipeline& pipeline, const ledger::LoadState& load);

// What a load that needs a window waits for; empty: its tasks may be sent.
std::string window_wait(const ledger::PipelineState& state, const std::string& load);

// Whether a window may be opened for a load now.
bool may_open_window(const ledger::PipelineState& state, const std::string& load);

// Windows for loads whose turn has come.
std::vector<ledger::Body> open_windows(const ledger::PipelineState& state,
                                       const std::set<std::string>& loads, const StreamSight& seen,
                                       const FencingLimits& limits, Instant now);

// Windows that are over, since their load is or their deadline has passed; and loads that are
// cancelled, since their window is no more what they need.
std::vector<ledger::Body> close_windows(const ledger::PipelineState& state, Instant now);

enum class StandStep {
  wait,
  suspend,  // tell Druid
  note_suspended,
  note_quiesced,
  note_broken,
  resume,        // tell Druid, see it, and note it
  note_left,     // a person had suspended it, or has again: it stays so
  note_by_hand,  // a person resumed it before
  note_missing,  // there is none to resume
};

// The next step with the supervisor; `wait` where streaming does not stand for henge.
StandStep next_step(const ledger::PipelineState& state, const StreamSight& seen);

}  // namespace henge::reconcile
