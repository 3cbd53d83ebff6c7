// Serves the rows of repairs to Druid's workers, to whoever knows the address, until it expires.
#pragma once

#include "daemon/engine.h"
#include "runtime/http_server.h"

namespace henge::daemon {

// GET /v1/delta/PIPELINE/TASK/TOKEN: the rows, one a line, chunked. 404 for anything that is not
// exactly a repair's address, 410 when it has expired. A damaged delta file cuts the connection: no
// task takes a part for the whole.
void add_delta_routes(runtime::Routes& routes, Shell& shell);

// On the local socket only: POST /v1/apply, /v1/freeze, /v1/unfreeze, /v1/release, GET /v1/health.
// The same for loads: POST /v1/load, /v1/load/try, /v1/load/show, /v1/load/cancel, /v1/load/retry.
void add_load_routes(runtime::Routes& routes, Shell& shell, Engine& engine);
void add_control_routes(runtime::Routes& routes, Shell& shell, Engine& engine);

}  // namespace henge::daemon
