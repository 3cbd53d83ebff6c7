// Which way a load goes: asks Druid, decides, and says why.
#pragma once

#include <string>
#include <vector>

#include "daemon/shell.h"
#include "ledger/load_event.h"
#include "model/config.h"
#include "model/load.h"

namespace henge::daemon {

route::RouteLimits route_limits(const LoadsConfig& config);

// Whether the cluster has MSQ; not asked where the limits do not let it be chosen.
runtime::Async<bool> ask_msq(ports::Druid& druid, const route::RouteLimits& limits);

struct LoadWay {
  ledger::LoadRouted routed;       // but for the load's name
  std::vector<std::string> waits;  // of its reasons those why nothing begins yet
  std::vector<LoadPart> parts;     // the router's tasks
};

// `pipeline` is declared in the ledger. Errors: refused - guards say no, each with what would
// change that; those of Druid's answers.
runtime::Async<LoadWay> route_load(Shell& shell, const Pipeline& pipeline, LoadRequest request,
                                   LoadContent content);

}  // namespace henge::daemon
