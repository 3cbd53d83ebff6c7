// One look at what Druid holds in some chunks of one pipeline.
#pragma once

#include <set>

#include "daemon/shell.h"
#include "late/count.h"

namespace henge::daemon {

// Two calls for all chunks: what the metadata lists, then what answers. Errors: those of the calls.
runtime::Async<std::map<Instant, late::Reading>> look_at_chunks(Doors& shell,
                                                                const Pipeline& pipeline,
                                                                std::set<Instant> chunks);

}  // namespace henge::daemon
