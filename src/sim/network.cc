#include "sim/network.h"

namespace henge::sim {

Fate Network::draw() {
  const Conditions& c = conditions;
  Fate fate;
  // The same draws for every call, whatever the conditions: faults don't change each other.
  const Millis there = random_.between(Millis(1), Millis(20));
  const Millis back = random_.between(Millis(1), Millis(20));
  const bool lost = random_.chance(c.lost_request);
  const bool unheard = random_.chance(c.lost_answer);
  const bool late = random_.chance(c.late_request);
  const bool twice = random_.chance(c.doubled_request);
  const bool slow = random_.chance(c.slow_answer);
  const bool error = random_.chance(c.server_error);
  const Millis long_time = random_.about(std::chrono::seconds(40));
  const Millis some_time = random_.between(Millis(50), patience - Millis(100));
  fate.returns = there + back;
  if (error) {
    fate.refused = true;
    fate.answered = false;
    return fate;
  }
  if (lost) {
    fate.answered = false;
    fate.returns = patience;
    return fate;
  }
  fate.arrives = late ? long_time : there;
  fate.returns = *fate.arrives + (slow ? some_time : back);
  if (twice) fate.again = *fate.arrives + some_time;
  if (unheard || fate.returns > patience) {
    fate.answered = false;
    fate.returns = patience;
  }
  return fate;
}

}  // namespace henge::sim
