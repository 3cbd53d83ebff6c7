#include "runtime/http_session.h"

#include "runtime/clock.h"
#include "runtime/log.h"

namespace henge::runtime {

namespace asio = boost::asio;

constexpr std::size_t read_bytes = 64UL * 1024;

void HttpSession::rearm() {
  stream_.expires_at(monotonic_now() + limits_.idle_max);
}

asio::awaitable<void> HttpSession::run() {
  for (;;) {
    auto parser = co_await read_request();
    if (!parser) co_return;
    const bool head_only = parser->method() == "HEAD";
    const bool keep = parser->keep_alive();
    ServerResponse response = co_await answer(*parser);
    auto written = co_await write(response, head_only, keep);
    const bool stopping = co_await is_cancelled();
    if (!written || !keep || stopping) co_return;
  }
}

asio::awaitable<void> HttpSession::turn_away() {
  rearm();
  co_await reject(503, "too many connections\n");
}

asio::awaitable<std::optional<MessageParser>> HttpSession::read_request() {
  const MessageLimits bounds{.header_bytes_max = limits_.header_bytes_max,
                             .body_bytes_max = limits_.body_bytes_max};
  MessageParser parser(MessageParser::Kind::request, bounds);
  bool continued = false;
  body_.clear();
  rearm();
  for (;;) {
    auto used = unread_.empty() ? Result<std::size_t>(0) : parser.put(unread_);
    if (!used) {
      int status = 400;
      if (used.error().kind == ErrorKind::refused) status = parser.body_too_large() ? 413 : 431;
      co_await reject(status, used.error().message + "\n");
      co_return std::nullopt;
    }
    unread_.erase(0, *used);
    body_ += parser.take_body();
    if (parser.done()) co_return std::move(parser);
    if (*used > 0 && !unread_.empty()) continue;
    // curl and others wait for this before they send a large body.
    if (parser.header_done() && !continued && find_header(parser.headers(), "Expect")) {
      continued = true;
      auto sent = co_await stream_.write("HTTP/1.1 100 Continue\r\n\r\n");
      if (!sent) co_return std::nullopt;
    }
    auto more = co_await read_more(parser);
    if (!more) co_return std::nullopt;
  }
}

Async<void> HttpSession::read_more(MessageParser& parser) {
  const std::size_t kept = unread_.size();
  unread_.resize(kept + read_bytes);
  auto got = co_await stream_.read_some(unread_.data() + kept, read_bytes);
  unread_.resize(kept + got.value_or(0));
  if (!got) co_return tl::unexpected<Error>(std::move(got).error());
  if (*got > 0) co_return Result<void>();
  if (parser.started()) co_return fail(ErrorKind::unavailable, "closed in the middle of a request");
  co_return fail(ErrorKind::unavailable, "closed");
}

asio::awaitable<ServerResponse> HttpSession::answer(MessageParser& parser) {
  ServerRequest request;
  request.method = parser.method();
  request.target = parser.target();
  request.path = request.target.substr(0, request.target.find('?'));
  request.headers = parser.take_headers();
  request.body = std::move(body_);
  request.peer = peer_;
  int status = 200;
  const Handler* handler = routes_.find(request.method, request.path, status);
  if (handler == nullptr) co_return text_response(status, std::string(reason_of(status)) + "\n");
  // A handler has no deadline of this side: waiting for it is not idling.
  stream_.expires_at(Millis::max());
  std::string broken;
  try {
    ServerResponse response = co_await (*handler)(std::move(request));
    co_return response;
  } catch (const std::exception& thrown) {
    broken = thrown.what();
  }
  log(LogLevel::error, "a request handler broke", {{"path", parser.target()}, {"error", broken}});
  co_return text_response(500, "internal error\n");
}

Async<void> HttpSession::write(ServerResponse& response, bool head_only, bool keep) {
  std::string head = fmt::format("HTTP/1.1 {} {}\r\n", response.status, reason_of(response.status));
  for (const auto& [name, value] : response.headers) head += fmt::format("{}: {}\r\n", name, value);
  const bool chunked = response.source && !response.source_bytes;
  if (chunked) {
    head += "Transfer-Encoding: chunked\r\n";
  } else if (response.status != 204 && response.status != 304) {
    head += fmt::format("Content-Length: {}\r\n",
                        response.source ? *response.source_bytes : response.body.size());
  }
  head += keep ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n";
  const bool body_follows = !head_only && !response.source;
  if (body_follows) head += response.body;
  rearm();
  CO_TRY_VOID(co_await stream_.write(head));
  if (head_only || !response.source) co_return Result<void>();
  auto streamed = co_await write_source(response);
  co_return streamed;
}

Async<void> HttpSession::write_source(ServerResponse& response) {
  const bool chunked = !response.source_bytes;
  std::uint64_t left = response.source_bytes.value_or(0);
  for (;;) {
    CO_TRY(std::string block, co_await response.source());
    if (!chunked && block.size() > left) {
      log(LogLevel::error, "a body is longer than announced", {{"peer", peer_}});
      co_return fail(ErrorKind::internal, "a body is longer than announced");
    }
    const bool last = block.empty();
    if (!chunked) left -= block.size();
    if (last && !chunked && left > 0) {
      log(LogLevel::error, "a body is shorter than announced", {{"peer", peer_}});
      co_return fail(ErrorKind::internal, "a body is shorter than announced");
    }
    if (chunked) block = last ? "0\r\n\r\n" : fmt::format("{:x}\r\n{}\r\n", block.size(), block);
    rearm();
    if (!block.empty()) {
      CO_TRY_VOID(co_await stream_.write(block));
    }
    if (last) co_return Result<void>();
  }
}

asio::awaitable<void> HttpSession::reject(int status, std::string text) {
  ServerResponse response = text_response(status, std::move(text));
  auto sent = co_await write(response, false, false);
  if (!sent) {
    log(LogLevel::debug, "a refused peer did not wait for its answer",
        {{"peer", peer_}, {"error", sent.error().message}});
    co_return;
  }
  // Closing with bytes unread would reset the connection and take the answer with it: read on for a
  // moment.
  constexpr std::size_t drain_max = 1024UL * 1024;
  stream_.end_writing();
  stream_.expires_at(monotonic_now() + std::min(limits_.idle_max, Millis(1000)));
  std::string ignored(read_bytes, '\0');
  for (std::size_t drained = 0; drained < drain_max;) {
    auto got = co_await stream_.read_some(ignored.data(), ignored.size());
    if (!got || *got == 0) co_return;
    drained += *got;
  }
}

}  // namespace henge::runtime
