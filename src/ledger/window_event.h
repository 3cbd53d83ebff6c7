// Windows: streaming stands while loads are done that can't be beside it. Part of the ledger's
// events. Windows that overlap share one suspension, named by the window it began with.
#pragma once

#include <cstdint>
#include <string>

#include "model/time.h"

namespace henge::ledger {

// Intent: from here on the supervisor is kept suspended, and is resumed when all windows are over.
// Numbers count up from 1.
struct WindowOpened {
  std::int64_t number = 0;
  std::string load;    // for which
  std::string reason;  // why it can't be done beside streaming
  Instant deadline{};  // it is over then, whatever became of the load
  bool resume = true;  // the supervisor was at work: it is to be again
  bool operator==(const WindowOpened&) const = default;
};

// Outcome: the supervisor was seen to be suspended.
struct WindowSuspended {
  std::int64_t first = 0;  // the window by which the suspension began
  bool operator==(const WindowSuspended&) const = default;
};

// Outcome: none of its tasks reads or publishes any more.
struct WindowQuiesced {
  std::int64_t first = 0;
  bool operator==(const WindowQuiesced&) const = default;
};

// Observed: somebody else resumed the supervisor in the middle. It is not suspended again.
struct WindowBroken {
  std::int64_t first = 0;
  bool operator==(const WindowBroken&) const = default;
};

// Decided: nothing needs this window any more: counted, failed, cancelled (its load), deadline.
struct WindowClosed {
  std::int64_t number = 0;
  std::string outcome;
  bool operator==(const WindowClosed&) const = default;
};

// Outcome, after all windows: the supervisor is at work again (resumed, resumed_by_hand), is left
// as a person had it (left_suspended), or is not there any more (missing).
struct WindowResumed {
  std::int64_t first = 0;
  std::string how;
  bool operator==(const WindowResumed&) const = default;
};

}  // namespace henge::ledger
