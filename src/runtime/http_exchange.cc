#include "runtime/http_exchange.h"

#include <cstring>

#include "runtime/failpoint.h"

namespace henge::runtime {

// More than the largest header, so that there is always room behind what is not yet used.
constexpr std::size_t buffer_bytes = 256UL * 1024;

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

MessageParser Exchange::parser_for_answer() {
  const bool head_only = call_.method == "HEAD";
  const MessageLimits limits{.body_bytes_max = call_.body_bytes_max};
  MessageParser parser(
      head_only ? MessageParser::Kind::response_without_body : MessageParser::Kind::response,
      limits);
  parser.body_to([this](std::string_view bytes) { return accept_body(bytes); });
  return parser;
}

Async<void> Exchange::read_more(MessageParser& parser) {
  if (!buffer_) buffer_ = std::make_unique_for_overwrite<char[]>(buffer_bytes);
  // What the parser could not use yet is the start of a line: short.
  std::memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  auto got = co_await stream_.read_some(buffer_.get() + end_, buffer_bytes - end_);
  if (!got) co_return tl::unexpected<Error>(std::move(got).error());
  if (*got == 0) {
    CO_TRY_VOID(parser.put_end());
    co_return Result<void>();
  }
  end_ += *got;
  answered_ = true;
  bytes_received_ += static_cast<std::int64_t>(*got);
  co_return Result<void>();
}

Async<HttpResponse> Exchange::read() {
  MessageParser parser = parser_for_answer();
  parser_ = &parser;
  for (;;) {
    while (begin_ < end_ && !parser.done()) {
      CO_TRY(const std::size_t used, parser.put({buffer_.get() + begin_, end_ - begin_}));
      if (used == 0) break;
      begin_ += used;
    }
    const bool interim = parser.done() && parser.status() < 200;
    if (interim) {
      parser = parser_for_answer();  // 100 Continue and its like: the answer proper follows
      continue;
    }
    if (parser.done()) break;
    CO_TRY_VOID(co_await read_more(parser));
    if (parser.done()) break;
  }
  if (inflater_ && !inflater_->done() && body_bytes_ > 0)
    co_return fail(ErrorKind::unavailable, "the compressed body is cut off");
  may_keep_ = parser.keep_alive() && begin_ == end_;
  HttpResponse response;
  response.status = parser.status();
  response.headers = parser.take_headers();
  response.body = std::move(body_);
  co_return response;
}

Result<void> Exchange::accept_body(std::string_view bytes) {
  std::string inflated;
  if (find_header(parser_->headers(), "Content-Encoding") == "gzip") {
    if (!inflater_) inflater_.emplace();
    TRY(inflated, inflater_->put(bytes, call_.body_bytes_max));
    bytes = inflated;
  }
  body_bytes_ += bytes.size();
  if (body_bytes_ > call_.body_bytes_max)
    return fail(ErrorKind::refused, "the answer is larger than allowed");
  if (!wants_blocks(parser_->status())) {
    body_ += bytes;
    return {};
  }
  if (bytes.empty()) return {};
  delivered_ = true;
  return call_.on_block(bytes);
}

}  // namespace henge::runtime
