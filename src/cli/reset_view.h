// What `offsets reset` shows: before and after, what it means, and what became of it. JSON is a
// contract.
#pragma once

#include <optional>
#include <string>

#include "cli/console.h"
#include "ledger/offset_state.h"
#include "offsets/reset.h"

namespace henge::cli {

struct ResetView {
  std::string pipeline;
  std::string to;
  offsets::ResetPlan plan;
  std::optional<ledger::ResetState> done;  // nothing: it was not asked for
};

// Before it is asked whether it shall be done.
std::string show_reset_plan(const ResetView& view, const Console& console);
// How it ended; in JSON the plan is in it.
std::string show_reset_done(const ResetView& view, const Console& console);

// What a reset means in rows, summed over chunks.
struct ResetSums {
  std::int64_t skipped = 0;
  std::int64_t again = 0;    // of all chunks
  std::int64_t doubled = 0;  // of those: in chunks that are not built anew
  std::int64_t rebuilt_chunks = 0;
  std::int64_t doubled_chunks = 0;
};
ResetSums sums_of(const ledger::ResetMeasured& effect);

}  // namespace henge::cli
