#include "runtime/http_exchange.h"

#include "runtime/failpoint.h"

namespace henge::runtime {

constexpr std::size_t read_bytes = 128UL * 1024;

Async<HttpResponse> Exchange::run(std::string_view head) {
  auto sent = co_await write(head);
  written_ = sent.has_value();
  if (written_ && !call_.failpoint_sent.empty()) failpoint(call_.failpoint_sent);
  if (!sent && sent.error().kind == ErrorKind::cancelled)
    co_return tl::unexpected<Error>(std::move(sent).error());
  // A server that refuses a request early (413, 401) answers and closes while it is still being
  // written: its answer counts.
  auto response = co_await read();
  if (!sent && !response)
    co_return tl::unexpected<Error>(std::move(sent).error().within("sending"));
  if (!sent) may_keep_ = false;
  co_return response;
}

Async<void> Exchange::write(std::string_view head) {
  constexpr std::size_t joined_max = 16UL * 1024;
  if (call_.body.size() <= joined_max) {
    std::string joined(head);
    joined += call_.body;
    CO_TRY_VOID(co_await stream_.write(joined));
    co_return Result<void>();
  }
  CO_TRY_VOID(co_await stream_.write(head));
  CO_TRY_VOID(co_await stream_.write(call_.body));
  co_return Result<void>();
}

MessageParser Exchange::parser_for_answer() const {
  const bool head_only = call_.method == "HEAD";
  const MessageLimits limits{.body_bytes_max = call_.body_bytes_max};
  return {head_only ? MessageParser::Kind::response_without_body : MessageParser::Kind::response,
          limits};
}

Async<void> Exchange::read_more(MessageParser& parser) {
  const std::size_t kept = unread_.size();
  unread_.resize(kept + read_bytes);
  auto got = co_await stream_.read_some(unread_.data() + kept, read_bytes);
  unread_.resize(kept + got.value_or(0));
  if (!got) co_return tl::unexpected<Error>(std::move(got).error());
  if (*got == 0) {
    CO_TRY_VOID(parser.put_end());
    co_return Result<void>();
  }
  answered_ = true;
  bytes_received_ += static_cast<std::int64_t>(*got);
  co_return Result<void>();
}

Async<HttpResponse> Exchange::read() {
  HttpResponse response;
  MessageParser parser = parser_for_answer();
  for (;;) {
    while (!unread_.empty() && !parser.done()) {
      CO_TRY(const std::size_t used, parser.put(unread_));
      if (used == 0) break;
      unread_.erase(0, used);
      CO_TRY_VOID(accept_body(parser, response));
    }
    const bool interim = parser.done() && parser.status() < 200;
    if (interim) {
      parser = parser_for_answer();  // 100 Continue and its like: the answer proper follows
      continue;
    }
    if (parser.done()) break;
    CO_TRY_VOID(co_await read_more(parser));
    CO_TRY_VOID(accept_body(parser, response));
    if (parser.done()) break;
  }
  if (inflater_ && !inflater_->done() && body_bytes_ > 0)
    co_return fail(ErrorKind::unavailable, "the compressed body is cut off");
  may_keep_ = parser.keep_alive() && unread_.empty();
  response.status = parser.status();
  response.headers = parser.take_headers();
  co_return response;
}

Result<void> Exchange::accept_body(MessageParser& parser, HttpResponse& response) {
  std::string block = parser.take_body();
  if (block.empty()) return {};
  const bool compressed = find_header(parser.headers(), "Content-Encoding") == "gzip";
  if (compressed) {
    if (!inflater_) inflater_.emplace();
    TRY(block, inflater_->put(block, call_.body_bytes_max));
  }
  body_bytes_ += block.size();
  if (body_bytes_ > call_.body_bytes_max)
    return fail(ErrorKind::refused, "the answer is larger than allowed");
  if (!wants_blocks(parser.status())) {
    response.body += block;
    return {};
  }
  if (block.empty()) return {};
  delivered_ = true;
  return call_.on_block(block);
}

}  // namespace henge::runtime
