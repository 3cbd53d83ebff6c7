// Named places at which a crash test ends the process. HENGE_FAILPOINT=name[:n] in the environment,
// read once, makes the n-th passage (the first by default) of the place `name` raise SIGKILL.
// Without it a passage costs one comparison.
#pragma once

#include <string_view>

namespace henge::runtime {

void failpoint(std::string_view name);

// What HENGE_FAILPOINT says; an empty name when it says nothing. A count that is no number from 1
// up counts as 1.
struct Failpoint {
  std::string_view name;
  int count = 1;
  bool operator==(const Failpoint&) const = default;
};
Failpoint parse_failpoint(std::string_view text);

}  // namespace henge::runtime
