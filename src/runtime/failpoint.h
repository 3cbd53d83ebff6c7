// Named places at which a crash test ends the process. HENGE_FAILPOINT=name[:n] in the environment,
// read once, makes the n-th passage (the first by default) of the place `name` raise SIGKILL.
// Without it a passage costs one comparison.
#pragma once

#include <functional>
#include <string_view>

namespace henge::runtime {

void failpoint(std::string_view name);

// For a simulation, which has many processes on one thread: told of each passage on this thread,
// until it is taken back by an empty one. It may throw, to leave the code where it stands.
void on_failpoint(std::function<void(std::string_view name)> told);

// What HENGE_FAILPOINT says; an empty name when it says nothing. A count that is no number from 1
// up counts as 1.
struct Failpoint {
  std::string_view name;
  int count = 1;
  bool operator==(const Failpoint&) const = default;
};
Failpoint parse_failpoint(std::string_view text);

}  // namespace henge::runtime
