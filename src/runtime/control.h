// Asking a running henge through its local control socket, for a program that has no event loop.
#pragma once

#include "runtime/http_client.h"

namespace henge::runtime {

// Blocks until the answer is there or `deadline` is over. Errors: unavailable (nobody serves
// there), and those of HttpClient::send.
Result<HttpResponse> call_control(const std::string& socket_path, const std::string& method,
                                  const std::string& target, const std::string& body,
                                  Millis deadline);

}  // namespace henge::runtime
