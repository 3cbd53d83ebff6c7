// Whether the chunks of an interval have come as far as somebody waits for. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/state.h"
#include "model/granularity.h"
#include "model/pipeline.h"

namespace henge::late {

enum class Until {
  closed,    // no row that streaming accepts can come any more, and Druid has committed them all
  sealed,    // the count of every chunk came out, or it can't have any rows
  loaded,    // the same, and there are rows in the interval
  repaired,  // sealed, and no late row waits or is on its way
};
const char* to_string(Until until);
// Errors: invalid, names the choices.
Result<Until> parse_until(std::string_view text);

struct ChunkBehind {
  Instant chunk{};
  std::string state;  // open, closed, sealed, uncertain; empty: no row of it was seen yet
  std::string why;
  bool operator==(const ChunkBehind&) const = default;
};

struct Readiness {
  std::int64_t chunks = 0;
  std::int64_t ready_chunks = 0;
  std::int64_t rows = 0;            // that Druid holds by the last counts
  std::vector<ChunkBehind> behind;  // the oldest first
  std::string why;                  // of the interval as a whole: nothing is behind, and yet...
  [[nodiscard]] bool ready() const { return behind.empty() && why.empty(); }
};

// Chunks of which no row was seen are as far as time is: closed, sealed and repaired once the
// watermark is past them.
Readiness readiness(const Pipeline& pipeline, const ledger::PipelineState& state, Interval interval,
                    Until until);

// Errors: invalid - the interval is empty, holds more than a million chunks, or does not begin and
// end on chunk borders; then the nearest that does is named.
Result<void> check_on_borders(Granularity chunk, Interval interval);

}  // namespace henge::late
