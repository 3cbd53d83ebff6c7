#include "runtime/control.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

namespace henge::runtime {

namespace {

boost::asio::awaitable<void> ask(HttpClient& client, HttpCall call,
                                 std::optional<Result<HttpResponse>>& answer) {
  auto result = co_await client.send(std::move(call));
  answer.emplace(std::move(result));
}

HttpCall control_call(const std::string& socket_path, const std::string& method,
                      const std::string& target, const std::string& body, Millis deadline) {
  HttpCall call;
  call.method = method;
  call.url = "http://localhost" + target;
  call.unix_path = socket_path;
  call.body = body;
  call.repeat = method == "GET" ? Repeat::harmless : Repeat::ambiguous;
  call.deadline = deadline;
  call.retry = retry_never;
  return call;
}

}  // namespace

Async<HttpResponse> ask_control(HttpClient& client, std::string socket_path, std::string target,
                                std::string body, Millis deadline) {
  HttpCall call = control_call(socket_path, "POST", target, body, deadline);
  co_return co_await client.send(std::move(call));
}

Result<HttpResponse> call_control(const std::string& socket_path, const std::string& method,
                                  const std::string& target, const std::string& body,
                                  Millis deadline) {
  boost::asio::io_context io(1);
  HttpClient client{HttpClientOptions{}};
  HttpCall call = control_call(socket_path, method, target, body, deadline);
  std::optional<Result<HttpResponse>> answer;
  std::exception_ptr thrown;
  boost::asio::co_spawn(io, ask(client, std::move(call), answer),
                        [&](std::exception_ptr e) { thrown = e; });
  io.run();
  if (thrown || !answer) return fail(ErrorKind::internal, "the call to the control socket broke");
  return std::move(*answer);
}

}  // namespace henge::runtime
