#include "runtime/http_server.h"

#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <list>
#include <set>

#include "runtime/clock.h"
#include "runtime/http_session.h"
#include "runtime/log.h"
#include "runtime/socket_stream.h"
#include "runtime/task_group.h"

namespace henge::runtime {

namespace asio = boost::asio;
using asio::ip::tcp;
using asio::local::stream_protocol;

ServerResponse text_response(int status, std::string text) {
  ServerResponse response;
  response.status = status;
  response.headers.emplace_back("Content-Type", "text/plain; charset=utf-8");
  response.body = std::move(text);
  return response;
}

ServerResponse json_response(int status, std::string json) {
  ServerResponse response;
  response.status = status;
  response.headers.emplace_back("Content-Type", "application/json");
  response.body = std::move(json);
  return response;
}

void Routes::add(std::string method, std::string path, Handler handler) {
  routes_.push_back(Route{std::move(method), std::move(path), std::move(handler)});
}

const Handler* Routes::find(std::string_view method, std::string_view path, int& status) const {
  const std::string_view wanted = method == "HEAD" ? "GET" : method;
  const Route* best = nullptr;
  status = 404;
  for (const Route& route : routes_) {
    const bool below = route.path.ends_with('/') && path.starts_with(route.path);
    if (path != route.path && !below) continue;
    if (route.method != wanted) {
      if (best == nullptr) status = 405;
      continue;
    }
    if (best == nullptr || route.path.size() > best->path.size()) best = &route;
  }
  if (best == nullptr) return nullptr;
  status = 200;
  return &best->handler;
}

namespace {

std::string peer_of(const tcp::socket& socket) {
  boost::system::error_code ec;
  const auto endpoint = socket.remote_endpoint(ec);
  return ec ? "gone" : fmt::format("{}:{}", endpoint.address().to_string(), endpoint.port());
}

std::string peer_of(const stream_protocol::socket&) {
  return "local";
}

tl::unexpected<Error> bind_failure(const std::string& where, const boost::system::error_code& ec) {
  ErrorKind kind = ErrorKind::unavailable;
  if (ec == asio::error::address_in_use) kind = ErrorKind::conflict;
  if (ec == asio::error::access_denied) kind = ErrorKind::denied;
  return fail(kind, fmt::format("listening on {}: {}", where, ec.message()));
}

template <typename Acceptor, typename Endpoint>
boost::system::error_code open_acceptor(Acceptor& acceptor, const Endpoint& endpoint) {
  boost::system::error_code ec;
  acceptor.open(endpoint.protocol(), ec);
  if (!ec) acceptor.set_option(asio::socket_base::reuse_address(true), ec);
  if (!ec) acceptor.bind(endpoint, ec);
  if (!ec) acceptor.listen(asio::socket_base::max_listen_connections, ec);
  return ec;
}

}  // namespace

// Every coroutine of the server owns it, so that one that outlives stop() or the server finds it.
struct HttpServer::Impl {
  Impl(asio::any_io_executor ex, Routes r, ServerLimits l)
      : executor(std::move(ex)), routes(std::move(r)), limits(l), tasks(executor) {}

  asio::any_io_executor executor;
  Routes routes;
  ServerLimits limits;
  TaskGroup tasks;
  std::list<tcp::acceptor> tcp_acceptors;
  std::list<stream_protocol::acceptor> unix_acceptors;
  std::vector<std::string> socket_files;
  std::set<Stream*> open;

  void close();
  template <typename Acceptor>
  static asio::awaitable<void> accept_all(std::shared_ptr<Impl> self, Acceptor& acceptor);
  static asio::awaitable<void> serve(std::shared_ptr<Impl> self, std::unique_ptr<Stream> stream,
                                     std::string peer);
};

template <typename Acceptor>
asio::awaitable<void> HttpServer::Impl::accept_all(std::shared_ptr<Impl> self, Acceptor& acceptor) {
  for (;;) {
    auto [ec, socket] = co_await acceptor.async_accept(asio::as_tuple(asio::use_awaitable));
    if (ec == asio::error::operation_aborted || !acceptor.is_open()) co_return;
    if (ec) {
      // Out of descriptors, most likely: without a pause the loop would spin until one is free.
      log(LogLevel::warning, "cannot accept a connection", {{"error", ec.message()}});
      auto paused = co_await sleep_for(Millis(100));
      if (!paused) co_return;
      continue;
    }
    std::string peer = peer_of(socket);
    self->tasks.spawn("connection", serve(self, wrap_socket(std::move(socket)), std::move(peer)));
  }
}

asio::awaitable<void> HttpServer::Impl::serve(std::shared_ptr<Impl> self,
                                              std::unique_ptr<Stream> stream, std::string peer) {
  Stream* const key = stream.get();
  const bool full = self->open.size() >= static_cast<std::size_t>(self->limits.connections_max);
  self->open.insert(key);
  HttpSession session(*stream, self->routes, self->limits, std::move(peer));
  if (full) {
    co_await session.turn_away();
  } else {
    co_await session.run();
  }
  self->open.erase(key);
  stream->close();
}

HttpServer::HttpServer(asio::any_io_executor executor, Routes routes, ServerLimits limits)
    : impl_(std::make_shared<Impl>(std::move(executor), std::move(routes), limits)) {}

HttpServer::~HttpServer() {
  impl_->close();
  impl_->tasks.abandon();
}

void HttpServer::Impl::close() {
  boost::system::error_code ignored;  // closing what is closed already is what was wanted
  for (auto& acceptor : tcp_acceptors) acceptor.close(ignored);
  for (auto& acceptor : unix_acceptors) acceptor.close(ignored);
  for (const auto& path : socket_files) ::unlink(path.c_str());
  socket_files.clear();
  for (Stream* stream : open) stream->close();
}

Result<std::uint16_t> HttpServer::listen_tcp(const std::string& address, std::uint16_t port) {
  boost::system::error_code ec;
  const auto ip = asio::ip::make_address(address, ec);
  if (ec)
    return fail(ErrorKind::invalid,
                fmt::format("\"{}\" is no numeric address to listen on", address));
  tcp::acceptor acceptor(impl_->executor);
  ec = open_acceptor(acceptor, tcp::endpoint(ip, port));
  if (ec) return bind_failure(fmt::format("{}:{}", address, port), ec);
  const std::uint16_t bound = acceptor.local_endpoint().port();
  auto& kept = impl_->tcp_acceptors.emplace_back(std::move(acceptor));
  impl_->tasks.spawn("accept on port", Impl::accept_all(impl_, kept));
  return bound;
}

Result<void> HttpServer::listen_unix(const std::string& path) {
  if (path.size() >= 108)
    return fail(ErrorKind::invalid,
                fmt::format("unix socket {}: the path is longer than 107 bytes", path));
  const stream_protocol::endpoint endpoint(path);
  boost::system::error_code ec;
  stream_protocol::socket probe(impl_->executor);
  probe.connect(endpoint, ec);
  if (!ec)
    return fail(ErrorKind::conflict,
                fmt::format("listening on {}: another process serves there", path));
  struct stat info{};
  if (ec == asio::error::connection_refused && ::stat(path.c_str(), &info) == 0 &&
      S_ISSOCK(info.st_mode)) {
    ::unlink(path.c_str());  // left over by a process that was killed; if this fails, bind says why
  }
  stream_protocol::acceptor acceptor(impl_->executor);
  const mode_t before = ::umask(0177);
  ec = open_acceptor(acceptor, endpoint);
  ::umask(before);
  if (ec) return bind_failure(path, ec);
  impl_->socket_files.push_back(path);
  auto& kept = impl_->unix_acceptors.emplace_back(std::move(acceptor));
  impl_->tasks.spawn("accept on socket", Impl::accept_all(impl_, kept));
  return {};
}

asio::awaitable<void> HttpServer::stop() {
  auto impl = impl_;
  impl->close();
  impl->tasks.cancel();
  co_await impl->tasks.join();
}

std::size_t HttpServer::connections() const {
  return impl_->open.size();
}

}  // namespace henge::runtime
