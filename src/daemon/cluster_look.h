// One look at everything that a load's route depends on.
#pragma once

#include <vector>

#include "daemon/shell.h"
#include "reconcile/cluster_view.h"

namespace henge::daemon {

// About ten calls, however many chunks; changes nothing. The pipeline is declared in the ledger.
// Errors: those of the calls.
runtime::Async<reconcile::ClusterAnswers> ask_cluster(Doors& shell, const Pipeline& pipeline,
                                                      std::vector<Interval> chunks);

}  // namespace henge::daemon
