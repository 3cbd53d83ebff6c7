// SQL that the twin runs as a task: REPLACE from outside, read as far as henge writes it and no
// further. It is taken apart here, and not by what wrote it, so that a wrong statement gives wrong
// rows. For this folder alone.
#pragma once

#include "sim/twin_spec.h"

namespace henge::sim {

// The body of POST /druid/v2/sql/task. Errors: invalid, in Druid's manner.
Result<TaskSpec> read_query_task(const JsonText& request);

}  // namespace henge::sim
