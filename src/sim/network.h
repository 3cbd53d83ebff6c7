// The way between henge and Druid: requests take time, get lost, come late or twice; answers get
// lost. What was sent arrives, also when its sender is gone.
#pragma once

#include <optional>

#include "sim/random.h"
#include "sim/virtual_time.h"

namespace henge::sim {

// Shares of the calls that meet it.
struct Conditions {
  double lost_request = 0;
  double lost_answer = 0;
  double late_request = 0;
  double doubled_request = 0;
  double slow_answer = 0;
  double server_error = 0;
  double partial_list = 0;  // of the entries of a list
};

// What becomes of one call.
struct Fate {
  std::optional<Millis> arrives;  // after it was sent
  std::optional<Millis> again;    // the same request a second time
  bool answered = true;           // the caller hears what came of it
  bool refused = false;           // a gateway says 503: certainly not done
  Millis returns{};               // when the caller goes on, with an answer or without
};

class Network {
 public:
  explicit Network(const Random& random) : random_(random.fork("network")) {}

  Conditions conditions;
  static constexpr Millis patience = std::chrono::seconds(20);  // the caller's deadline

  Fate draw();
  // For lists in times of partial ones: whether an entry is left out.
  bool leaves_out() { return random_.chance(conditions.partial_list); }

 private:
  Random random_;
};

}  // namespace henge::sim
