// How the control socket tells of an error. For the .cc files of this folder only.
#pragma once

#include "model/result.h"
#include "runtime/http_server.h"

namespace henge::daemon {

runtime::ServerResponse error_response(const Error& error);

}  // namespace henge::daemon
