// One or two sentences on how something stands and what comes next, from the ledger's state.
#pragma once

#include <string>

#include "ledger/state.h"
#include "ledger/story.h"
#include "model/pipeline.h"

namespace henge::cli {

// `pipeline` is the one declared; the subject is one of it.
std::string standing(const ledger::State& state, const Pipeline& pipeline,
                     const ledger::Subject& subject);

}  // namespace henge::cli
