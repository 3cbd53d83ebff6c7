// What `wait` shows when it is over, however it ended. JSON is a contract.
#pragma once

#include <string>
#include <vector>

#include "cli/console.h"
#include "cli/freeze_view.h"
#include "late/readiness.h"

namespace henge::cli {

struct WaitView {
  std::string pipeline;
  Interval interval;
  late::Until until = late::Until::sealed;
  late::Readiness readiness;
  Millis waited{};
  bool timed_out = false;
  bool serving = false;  // whether a henge is at work that could bring it about
  std::vector<FreezeNote> frozen;
};

std::string show_wait(const WaitView& view, const Console& console);

// One line on what is still missing: the oldest chunk and why.
std::string missing_text(const late::Readiness& readiness, late::Until until);

}  // namespace henge::cli
