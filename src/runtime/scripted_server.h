// For tests: an HTTP server that misbehaves as told. It answers each request with raw bytes and
// then keeps, closes or hangs.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <cstdlib>
#include <functional>
#include <list>

namespace henge::runtime {

enum class After { keep, close, hang };

struct Reply {
  std::string bytes;
  After after = After::keep;
};

inline Reply reply(int status, const std::string& body, const std::string& headers = "",
                   After after = After::keep) {
  return {fmt::format("HTTP/1.1 {} Text\r\nContent-Length: {}\r\n{}\r\n{}", status, body.size(),
                      headers, body),
          after};
}

class ScriptedServer {
  using tcp = boost::asio::ip::tcp;
  using TlsStream = boost::asio::ssl::stream<tcp::socket>;

 public:
  // (number of the request from 0, the whole request) -> what to do
  using Script = std::function<Reply(int, const std::string&)>;

  ScriptedServer(boost::asio::io_context& io, Script script,
                 boost::asio::ssl::context* tls = nullptr)
      : acceptor_(io, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0)),
        script_(std::move(script)),
        tls_(tls) {
    boost::asio::co_spawn(io, accept_all(), boost::asio::detached);
  }
  ~ScriptedServer() {
    boost::system::error_code ignored;
    acceptor_.close(ignored);
    for (auto& close : closers_) close();
    // The coroutines refer to this object: let them see that their sockets are gone.
    auto& io = static_cast<boost::asio::io_context&>(acceptor_.get_executor().context());
    io.restart();
    io.poll();
  }

  [[nodiscard]] std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
  [[nodiscard]] std::string url(const std::string& target = "/") const {
    return fmt::format("{}://127.0.0.1:{}{}", tls_ != nullptr ? "https" : "http", port(), target);
  }

  int connections = 0;
  std::vector<std::string> requests;
  // What a connection that is not the first of its kind does before a request: the server closes
  // kept connections.
  std::function<bool(int)> close_at_accept;
  void close_all() {
    for (auto& close : closers_) close();
  }

 private:
  boost::asio::awaitable<void> accept_all() {
    for (;;) {
      auto [ec, socket] =
          co_await acceptor_.async_accept(boost::asio::as_tuple(boost::asio::use_awaitable));
      if (ec) co_return;
      const int number = connections++;
      if (close_at_accept && close_at_accept(number)) continue;
      auto executor = acceptor_.get_executor();
      if (tls_ != nullptr) {
        auto stream = std::make_shared<TlsStream>(std::move(socket), *tls_);
        closers_.emplace_back([stream] { close(stream->lowest_layer()); });
        boost::asio::co_spawn(executor, serve_tls(stream), boost::asio::detached);
      } else {
        auto plain = std::make_shared<tcp::socket>(std::move(socket));
        closers_.emplace_back([plain] { close(*plain); });
        boost::asio::co_spawn(executor, serve(plain), boost::asio::detached);
      }
    }
  }

  template <typename Socket>
  static void close(Socket& socket) {
    boost::system::error_code ignored;
    socket.close(ignored);
  }

  boost::asio::awaitable<void> serve_tls(std::shared_ptr<TlsStream> stream) {
    auto [ec] = co_await stream->async_handshake(boost::asio::ssl::stream_base::server,
                                                 boost::asio::as_tuple(boost::asio::use_awaitable));
    if (!ec) {
      co_await serve(stream);
    } else {
      close(stream->lowest_layer());
    }
  }

  template <typename Stream>
  boost::asio::awaitable<void> serve(std::shared_ptr<Stream> stream) {
    constexpr auto as_result = boost::asio::as_tuple(boost::asio::use_awaitable);
    std::string buffer;
    for (;;) {
      auto [ec, head] = co_await boost::asio::async_read_until(
          *stream, boost::asio::dynamic_buffer(buffer), "\r\n\r\n", as_result);
      if (ec) co_return;
      const auto at = buffer.find("Content-Length: ");
      const std::size_t body =
          at < head ? static_cast<std::size_t>(std::atoi(buffer.c_str() + at + 16)) : 0;
      while (buffer.size() < head + body) {
        char block[4096];
        auto [read_ec, n] = co_await stream->async_read_some(boost::asio::buffer(block), as_result);
        if (read_ec) co_return;
        buffer.append(block, n);
      }
      requests.push_back(buffer.substr(0, head + body));
      buffer.erase(0, head + body);
      const Reply answer = script_(static_cast<int>(requests.size()) - 1, requests.back());
      auto [write_ec, n] =
          co_await boost::asio::async_write(*stream, boost::asio::buffer(answer.bytes), as_result);
      if (write_ec) co_return;
      if (answer.after == After::close) {
        close(stream->lowest_layer());
        co_return;
      }
      if (answer.after == After::hang) co_return;  // the socket stays open, kept by its closer
    }
  }

  tcp::acceptor acceptor_;
  Script script_;
  boost::asio::ssl::context* tls_;
  std::list<std::function<void()>> closers_;
};

}  // namespace henge::runtime
