// Asking a running henge through its local control socket.
#pragma once

#include "runtime/http_client.h"

namespace henge::runtime {

// Blocks until the answer is there or `deadline` is over. Errors: unavailable (nobody serves
// there), and those of HttpClient::send.
Result<HttpResponse> call_control(const std::string& socket_path, const std::string& method,
                                  const std::string& target, const std::string& body,
                                  Millis deadline);

// POST, for a program that has an event loop. Errors: as above, and cancelled.
Async<HttpResponse> ask_control(HttpClient& client, std::string socket_path, std::string target,
                                std::string body, Millis deadline);

}  // namespace henge::runtime
