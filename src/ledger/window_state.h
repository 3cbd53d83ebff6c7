// What the ledger's events of windows add up to.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "ledger/window_event.h"

namespace henge::ledger {

struct WindowState {
  WindowOpened intent;
  std::string outcome;  // empty: it is open
  Instant opened_at{};
  std::optional<Instant> closed_at;
  bool operator==(const WindowState&) const = default;

  [[nodiscard]] bool open() const { return outcome.empty(); }
};

enum class StandPhase {
  asked,      // the supervisor is told to suspend; whether it was is not seen yet
  suspended,  // its tasks come to their end
  quiesced,   // nothing of it writes: loads are sent
  broken,     // somebody else resumed it in the middle
};
const char* to_string(StandPhase phase);

// Streaming stands: from the first of windows that overlap until the supervisor is resumed after
// the last one.
struct StandState {
  std::int64_t first = 0;  // the window it began with
  bool resume = true;      // nobody had suspended the supervisor before
  StandPhase phase = StandPhase::asked;
  Instant since{};
  Instant changed_at{};
  bool operator==(const StandState&) const = default;
};

}  // namespace henge::ledger
