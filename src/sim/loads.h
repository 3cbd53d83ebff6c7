// What people load by hand in a world, again and again until it is counted, and the rows by which
// it is measured.
#pragma once

#include <deque>
#include <optional>
#include <vector>

#include "model/load.h"
#include "sim/producer.h"
#include "sim/random.h"
#include "sim/scenario.h"

namespace henge::sim {

struct HandLoad {
  std::size_t subject = 0;
  LoadRequest request;
  std::vector<Instant> chunks;
  // Rows that nobody streamed: Druid may hold them from now on, and must once it is counted.
  std::vector<Produced> rows;
  bool cancels = false;  // the person has a change of mind once, and another one later
  bool counted = false;
};

// All loads of a world, in the order in which they were thought of.
using HandLoads = std::deque<HandLoad>;

// A load into chunks in which no other one of these is under way: new rows for chunks that lie
// behind the watermark for sure, known or not; or all rows of one, as a lake holds them, to take
// the place of what is there. Nothing where there is no such chunk.
std::optional<HandLoad> draw_load(const Scenario& scenario, std::size_t subject, const Truth& truth,
                                  const HandLoads& others, Instant now, Random& random);

}  // namespace henge::sim
