// One accepted connection: requests in, responses out, one after the other.
#pragma once

#include "runtime/http_parser.h"
#include "runtime/http_server.h"
#include "runtime/stream.h"

namespace henge::runtime {

class HttpSession {
 public:
  // All must outlive the session.
  HttpSession(Stream& stream, const Routes& routes, const ServerLimits& limits, std::string peer)
      : stream_(stream), routes_(routes), limits_(limits), peer_(std::move(peer)) {}

  // Until the other side closes, is idle for too long, breaks the protocol, or the server stops.
  boost::asio::awaitable<void> run();
  // Answers 503 to one that is too many.
  boost::asio::awaitable<void> turn_away();

 private:
  // Nothing: the connection is over (an answer about it is sent where there is something to
  // answer).
  boost::asio::awaitable<std::optional<MessageParser>> read_request();
  Async<void> read_more(MessageParser& parser);
  boost::asio::awaitable<ServerResponse> answer(MessageParser& parser);
  Async<void> write(ServerResponse& response, bool head_only, bool keep);
  Async<void> write_source(ServerResponse& response);
  boost::asio::awaitable<void> reject(int status, std::string text);
  void rearm();

  Stream& stream_;
  const Routes& routes_;
  const ServerLimits& limits_;
  std::string peer_;
  std::string unread_;
  std::string body_;  // of the request being read
};

}  // namespace henge::runtime
