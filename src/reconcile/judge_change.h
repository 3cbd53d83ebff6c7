// Whether a supervisor that was changed is well, or the one before has to come back. Pure.
#pragma once

#include <optional>
#include <string>

#include "ledger/state.h"
#include "model/druid.h"

namespace henge::reconcile {

struct ChangePatience {
  // A new supervisor is proven when it was well for this long with all its readers at work...
  Millis proven_after = std::chrono::seconds(120);
  // ...but for the moments between two generations of tasks.
  Millis gap_max = std::chrono::seconds(30);
  // One that is unwell gets this long: Druid itself waits for three failures in a row before it
  // says so (contract 2.7.3).
  Millis unwell_max = std::chrono::seconds(30);
  bool operator==(const ChangePatience&) const = default;
};

// What the rounds since the change saw. Kept by the caller; forgotten with the process, which costs
// time only.
struct ChangeWatch {
  std::int64_t version = 0;  // of the ledger, that is being watched
  std::optional<Instant> well_since;
  std::optional<Instant> at_work;  // when all readers were last seen at work
  std::optional<Instant> unwell_since;
  bool operator==(const ChangeWatch&) const = default;
};

// One look at the supervisor. `missing`: Druid answered, asked by name, that there is none.
struct SupervisorLook {
  Instant now{};
  std::optional<SupervisorStatus> status;  // nothing: no answer, which says nothing
  bool missing = false;
};

enum class ChangeVerdict { wait, proven, roll_back };

struct ChangeJudgement {
  ChangeVerdict verdict = ChangeVerdict::wait;
  std::string reason;  // of a roll-back: what was seen
  ChangeWatch watch;   // to be given to the next judgement
};

// The version to go back to when `failed` fails: the last good one, else the one that Druid held
// before. 0: none.
std::int64_t version_before(const ledger::PipelineState& state, std::int64_t failed);

// Whether the version Druid was last seen to hold is still to be proven.
bool is_watched(const ledger::PipelineState& state);

// Watches versions that Druid was seen to hold and that are not proven. Without an older version
// nothing is rolled back: a supervisor that is unwell is better than none, and an alarm anyway. One
// that is suspended can't be judged.
ChangeJudgement judge_change(const ledger::PipelineState& state, const SupervisorLook& look,
                             ChangeWatch watch, const ChangePatience& patience);

}  // namespace henge::reconcile
