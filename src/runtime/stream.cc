#include "runtime/stream.h"

#include <openssl/err.h>
#include <sys/socket.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <cerrno>

#include "runtime/clock.h"
#include "runtime/socket_stream.h"

namespace henge::runtime {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace ssl = boost::asio::ssl;
using asio::ip::tcp;
using asio::local::stream_protocol;

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

struct TlsContext::Impl {
  ssl::context context{ssl::context::tls_client};
};

TlsContext::TlsContext(std::unique_ptr<Impl> made) : impl(std::move(made)) {}
TlsContext::TlsContext(TlsContext&&) noexcept = default;
TlsContext& TlsContext::operator=(TlsContext&&) noexcept = default;
TlsContext::~TlsContext() = default;

Result<TlsContext> TlsContext::load(const TlsOptions& options) {
  auto made = std::make_unique<Impl>();
  ssl::context& context = made->context;
  boost::system::error_code ec;
  const auto bad = [&](std::string_view what, const std::string& file) {
    return fail(ErrorKind::invalid, fmt::format("{} {}: {}", what, file, ec.message()));
  };
  context.set_verify_mode(options.verify ? ssl::verify_peer : ssl::verify_none, ec);
  context.set_options(ssl::context::no_tlsv1 | ssl::context::no_tlsv1_1, ec);
  if (options.ca_file.empty()) {
    context.set_default_verify_paths(ec);
    if (ec) return bad("CA certificates of the system", "");
  } else {
    context.load_verify_file(options.ca_file, ec);
    if (ec) return bad("CA file", options.ca_file);
  }
  if (!options.certificate_file.empty()) {
    context.set_password_callback(
        [password = options.key_password](std::size_t, auto) { return password; }, ec);
    context.use_certificate_chain_file(options.certificate_file, ec);
    if (ec) return bad("client certificate", options.certificate_file);
    context.use_private_key_file(options.key_file, ssl::context::pem, ec);
    if (ec) return bad("client key", options.key_file);
  }
  return TlsContext(std::move(made));
}

namespace {

Error to_error(const boost::system::error_code& ec) {
  if (ec == asio::error::operation_aborted) return {ErrorKind::cancelled, "stopped"};
  if (ec == beast::error::timeout) return {ErrorKind::unavailable, "timed out"};
  // The other side's alert about a certificate arrives with the first read under TLS 1.3.
  const bool alert = ec.category() == asio::error::get_ssl_category() &&
                     ERR_GET_REASON(static_cast<unsigned long>(ec.value())) > SSL_AD_REASON_OFFSET;
  if (alert) return {ErrorKind::denied, "TLS: " + ec.message()};
  if (ec == ssl::error::stream_truncated) return {ErrorKind::unavailable, "connection cut off"};
  return {ErrorKind::unavailable, ec.message()};
}

std::chrono::steady_clock::time_point to_steady(Millis deadline) {
  return std::chrono::steady_clock::time_point(deadline);
}

// One implementation for all three kinds: `Layered` is what is read and written, its lowest layer
// has the clock.
template <typename Layered>
class SocketStream final : public Stream {
 public:
  explicit SocketStream(Layered layered) : layered_(std::move(layered)) {}

  Async<std::size_t> read_some(char* data, std::size_t size) override {
    auto [ec, read] = co_await layered_.async_read_some(asio::buffer(data, size), as_result);
    if (ec == asio::error::eof) co_return std::size_t{0};
    if (ec) co_return tl::unexpected<Error>(to_error(ec));
    co_return read;
  }

  Async<void> write(std::string_view bytes) override {
    auto [ec, written] =
        co_await asio::async_write(layered_, asio::buffer(bytes.data(), bytes.size()), as_result);
    if (ec) co_return tl::unexpected<Error>(to_error(ec));
    co_return Result<void>();
  }

  void expires_at(Millis deadline) override {
    if (deadline == Millis::max()) {
      lowest().expires_never();
    } else {
      lowest().expires_at(to_steady(deadline));
    }
  }

  bool is_fresh() override {
    char byte = 0;
    const auto got = ::recv(lowest().socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
  }

  void end_writing() override {
    boost::system::error_code ignored;  // the other side may have closed already
    lowest().socket().shutdown(asio::socket_base::shutdown_send, ignored);
  }

  void close() override { lowest().close(); }

  auto& lowest() {
    if constexpr (requires { layered_.next_layer(); }) {
      return layered_.next_layer();
    } else {
      return layered_;
    }
  }
  Layered& layered() { return layered_; }

 private:
  Layered layered_;
};

using TcpStream = beast::tcp_stream;
using UnixStream = beast::basic_stream<stream_protocol>;

using Addresses = std::vector<tcp::endpoint>;

// Name look-up runs on a thread of Asio's and can't be interrupted: past the deadline it is left to
// end alone.
Async<Addresses> resolve(std::string host, std::uint16_t port, Millis deadline) {
  boost::system::error_code ec;
  const auto numeric = asio::ip::make_address(host, ec);
  if (!ec) {
    Addresses one(1, tcp::endpoint(numeric, port));
    co_return one;
  }
  struct Lookup {
    explicit Lookup(const asio::any_io_executor& executor) : resolver(executor), done(executor) {}
    tcp::resolver resolver;
    asio::steady_timer done;  // cancelled when the answer is there
    boost::system::error_code ec;
    bool answered = false;
    Addresses found;
  };
  auto executor = co_await asio::this_coro::executor;
  auto lookup = std::make_shared<Lookup>(executor);
  lookup->done.expires_at(to_steady(deadline));
  lookup->resolver.async_resolve(host, std::to_string(port),
                                 [lookup](auto code, const auto& results) {
                                   lookup->answered = true;
                                   lookup->ec = code;
                                   for (const auto& entry : results)
                                     lookup->found.push_back(entry.endpoint());
                                   lookup->done.cancel();
                                 });
  auto [timer_ec] = co_await lookup->done.async_wait(as_result);
  if (lookup->answered && !lookup->ec) co_return lookup->found;
  if (lookup->answered)
    co_return fail(ErrorKind::unavailable, fmt::format("host {}: {}", host, lookup->ec.message()));
  if (timer_ec) co_return fail(ErrorKind::cancelled, "stopped");
  co_return fail(ErrorKind::unavailable, fmt::format("host {}: name look-up timed out", host));
}

std::string tls_failure(const ssl::stream<TcpStream>& stream, const boost::system::error_code& ec) {
  const long verdict =
      SSL_get_verify_result(const_cast<ssl::stream<TcpStream>&>(stream).native_handle());
  if (verdict != X509_V_OK) return X509_verify_cert_error_string(verdict);
  return ec.message();
}

Async<std::unique_ptr<Stream>> start_tls(TcpStream tcp, std::string host, TlsContext& tls) {
  ssl::stream<TcpStream> stream(std::move(tcp), tls.impl->context);
  boost::system::error_code ec;
  asio::ip::make_address(host, ec);
  // Server name indication is for names only (RFC 6066).
  if (ec) SSL_set_tlsext_host_name(stream.native_handle(), host.c_str());
  stream.set_verify_callback(ssl::host_name_verification(host));
  auto [tls_ec] = co_await stream.async_handshake(ssl::stream_base::client, as_result);
  if (tls_ec == beast::error::timeout || tls_ec == asio::error::operation_aborted) {
    co_return tl::unexpected<Error>(to_error(tls_ec).within("TLS handshake"));
  }
  if (tls_ec) {
    const bool ours = tls_ec.category() == asio::error::get_ssl_category();
    co_return fail(ours ? ErrorKind::denied : ErrorKind::unavailable,
                   "TLS handshake: " + tls_failure(stream, tls_ec));
  }
  co_return std::make_unique<SocketStream<ssl::stream<TcpStream>>>(std::move(stream));
}

Async<std::unique_ptr<Stream>> connect_unix(std::string path, Millis deadline) {
  auto executor = co_await asio::this_coro::executor;
  if (path.size() >= 108)
    co_return fail(ErrorKind::invalid,
                   fmt::format("unix socket {}: the path is longer than 107 bytes", path));
  UnixStream stream(executor);
  stream.expires_at(to_steady(deadline));
  const stream_protocol::endpoint endpoint(path);
  auto [ec] = co_await stream.async_connect(endpoint, as_result);
  if (ec) co_return tl::unexpected<Error>(to_error(ec).within("unix socket " + path));
  co_return std::make_unique<SocketStream<UnixStream>>(std::move(stream));
}

}  // namespace

Async<std::unique_ptr<Stream>> connect(Endpoint endpoint, TlsContext* tls, Millis deadline) {
  const bool stopping = co_await is_cancelled();
  if (stopping) co_return fail(ErrorKind::cancelled, "stopped");
  if (!endpoint.unix_path.empty()) {
    auto local = co_await connect_unix(endpoint.unix_path, deadline);
    co_return local;
  }
  CO_TRY(const Addresses addresses, co_await resolve(endpoint.host, endpoint.port, deadline));
  auto executor = co_await asio::this_coro::executor;
  TcpStream stream(executor);
  stream.expires_at(to_steady(deadline));
  auto [ec, used] = co_await stream.async_connect(addresses, as_result);
  if (ec) {
    Error error = to_error(ec);
    if (ec == beast::error::timeout) error.message = "connecting timed out";
    co_return tl::unexpected<Error>(std::move(error));
  }
  boost::system::error_code ignored;  // a socket without the option works as well, only slower
  stream.socket().set_option(tcp::no_delay(true), ignored);
  if (tls != nullptr) {
    auto secured = co_await start_tls(std::move(stream), endpoint.host, *tls);
    co_return secured;
  }
  co_return std::make_unique<SocketStream<TcpStream>>(std::move(stream));
}

std::unique_ptr<Stream> wrap_socket(tcp::socket socket) {
  boost::system::error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  return std::make_unique<SocketStream<TcpStream>>(TcpStream(std::move(socket)));
}

std::unique_ptr<Stream> wrap_socket(stream_protocol::socket socket) {
  return std::make_unique<SocketStream<UnixStream>>(UnixStream(std::move(socket)));
}

}  // namespace henge::runtime
