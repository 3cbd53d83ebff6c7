// Which way a load goes: asks Druid, decides, and says why.
#pragma once

#include <string>
#include <vector>

#include "daemon/shell.h"
#include "model/load.h"

namespace henge::daemon {

struct LoadWay {
  std::string lane;
  std::string window;                // why it needs one; empty: it needs none
  std::vector<std::string> reasons;  // what decided, and what it waits for
  std::vector<std::string> notes;    // worth knowing
};

// `pipeline` is declared in the ledger. Errors: refused - guards say no, each with what would
// change that; those of Druid's answers.
runtime::Async<LoadWay> route_load(Doors& shell, const Pipeline& pipeline, LoadRequest request,
                                   LoadContent content);

}  // namespace henge::daemon
