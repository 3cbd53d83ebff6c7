#include "runtime/http_parser.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

namespace henge::runtime {

namespace beast = boost::beast;
namespace http = boost::beast::http;

namespace {

struct Message {
  std::string method;
  std::string target;
  int status = 0;
  Headers headers;
  std::string body;
  std::function<bool(std::string_view)> sink;  // false: enough
};

template <bool is_request>
class Parser final : public http::basic_parser<is_request> {
 public:
  explicit Parser(Message& message) : message_(message) {}

 private:
  using View = beast::string_view;
  using Code = beast::error_code;

  void on_request_impl(http::verb, View method, View target, int, Code& ec) override {
    message_.method = std::string(method);
    message_.target = std::string(target);
    ec = {};
  }
  void on_response_impl(int status, View, int, Code& ec) override {
    message_.status = status;
    ec = {};
  }
  void on_field_impl(http::field, View name, View value, Code& ec) override {
    message_.headers.emplace_back(std::string(name), std::string(value));
    ec = {};
  }
  void on_header_impl(Code& ec) override { ec = {}; }
  void on_body_init_impl(const boost::optional<std::uint64_t>&, Code& ec) override { ec = {}; }
  std::size_t on_body_impl(View body, Code& ec) override { return append(body, ec); }
  void on_chunk_header_impl(std::uint64_t, View, Code& ec) override { ec = {}; }
  std::size_t on_chunk_body_impl(std::uint64_t, View body, Code& ec) override {
    return append(body, ec);
  }
  void on_finish_impl(Code& ec) override { ec = {}; }

  std::size_t append(View body, Code& ec) {
    ec = {};
    if (!message_.sink) {
      message_.body.append(body.data(), body.size());
    } else if (!message_.sink({body.data(), body.size()})) {
      ec = boost::asio::error::operation_aborted;
    }
    return body.size();
  }

  Message& message_;
};

Error to_error(const beast::error_code& ec) {
  if (ec == http::error::header_limit)
    return {ErrorKind::refused, "the header is larger than allowed"};
  if (ec == http::error::body_limit) return {ErrorKind::refused, "the body is larger than allowed"};
  return {ErrorKind::invalid, "not HTTP: " + ec.message()};
}

}  // namespace

struct MessageParser::Impl {
  // One of the two, by kind; both see the same message.
  std::unique_ptr<Parser<true>> request;
  std::unique_ptr<Parser<false>> response;
  Message message;
  bool started = false;
  bool body_too_large = false;
  std::optional<Error> refused;  // by the sink

  template <typename F>
  auto with(F f) const {
    return request ? f(*request) : f(*response);
  }
};

MessageParser::MessageParser(Kind kind, MessageLimits limits) : impl_(std::make_unique<Impl>()) {
  if (kind == Kind::request) {
    impl_->request = std::make_unique<Parser<true>>(impl_->message);
  } else {
    impl_->response = std::make_unique<Parser<false>>(impl_->message);
    impl_->response->skip(kind == Kind::response_without_body);
  }
  impl_->with([&](auto& parser) {
    parser.eager(true);
    parser.header_limit(static_cast<std::uint32_t>(limits.header_bytes_max));
    parser.body_limit(limits.body_bytes_max);
  });
}

MessageParser::~MessageParser() = default;
MessageParser::MessageParser(MessageParser&&) noexcept = default;
MessageParser& MessageParser::operator=(MessageParser&&) noexcept = default;

Result<std::size_t> MessageParser::put(std::string_view bytes) {
  beast::error_code ec;
  impl_->started = impl_->started || !bytes.empty();
  const std::size_t used = impl_->with([&](auto& parser) {
    return parser.put(boost::asio::buffer(bytes.data(), bytes.size()), ec);
  });
  impl_->body_too_large = ec == http::error::body_limit;
  if (impl_->refused) return tl::unexpected<Error>(*std::exchange(impl_->refused, std::nullopt));
  if (ec && ec != http::error::need_more) return tl::unexpected<Error>(to_error(ec));
  return used;
}

Result<void> MessageParser::put_end() {
  beast::error_code ec;
  if (!impl_->started) return fail(ErrorKind::unavailable, "closed without an answer");
  impl_->with([&](auto& parser) { parser.put_eof(ec); });
  if (ec) return fail(ErrorKind::unavailable, "closed in the middle of a message");
  return {};
}

bool MessageParser::started() const {
  return impl_->started;
}
bool MessageParser::header_done() const {
  return impl_->with([](auto& parser) { return parser.is_header_done(); });
}
bool MessageParser::body_too_large() const {
  return impl_->body_too_large;
}
bool MessageParser::done() const {
  return impl_->with([](auto& parser) { return parser.is_done(); });
}
bool MessageParser::keep_alive() const {
  return impl_->with([](auto& parser) { return parser.keep_alive(); });
}
const std::string& MessageParser::method() const {
  return impl_->message.method;
}
const std::string& MessageParser::target() const {
  return impl_->message.target;
}
int MessageParser::status() const {
  return impl_->message.status;
}
const Headers& MessageParser::headers() const {
  return impl_->message.headers;
}
Headers MessageParser::take_headers() {
  return std::exchange(impl_->message.headers, {});
}
void MessageParser::body_to(Sink sink) {
  // The parser may move, what it points to does not.
  Impl* impl = impl_.get();
  impl->message.sink = [impl, sink = std::move(sink)](std::string_view bytes) {
    Result<void> taken = sink(bytes);
    if (!taken) impl->refused = std::move(taken).error();
    return !impl->refused;
  };
}
std::string MessageParser::take_body() {
  return std::exchange(impl_->message.body, {});
}

}  // namespace henge::runtime
