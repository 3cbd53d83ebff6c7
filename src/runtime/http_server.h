// A small HTTP/1.1 server for what henge offers itself: delta rows for Druid's workers, the local
// control socket, the API. Lives on one thread, that of its executor.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "runtime/async.h"
#include "runtime/http_message.h"

namespace henge::runtime {

struct ServerRequest {
  std::string method;
  std::string target;  // path and query as sent
  std::string path;    // the target before `?`
  Headers headers;
  std::string body;
  std::string peer;  // address:port, or "local" on a unix socket
};

// The next bytes of a body; empty at its end. An error cuts the connection, so that nobody takes a
// part for the whole.
using BodySource = std::function<Async<std::string>()>;

struct ServerResponse {
  int status = 200;
  Headers headers;  // Content-Length, Transfer-Encoding and Connection are the server's own
  std::string body;
  BodySource source;  // set: the body comes from here and `body` is not looked at
  std::optional<std::uint64_t> source_bytes;  // Content-Length of `source`; nothing: chunked
};

ServerResponse text_response(int status, std::string text);
ServerResponse json_response(int status, std::string json);

using Handler = std::function<boost::asio::awaitable<ServerResponse>(ServerRequest)>;

// Which handler takes which request: an exact path, or all below a path that ends in '/'; the
// longest one wins. 404 and 405 are answered here. HEAD goes to the GET handler, its body is not
// sent.
class Routes {
 public:
  void add(std::string method, std::string path, Handler handler);
  // Null: none; `status` then says 404 or 405.
  [[nodiscard]] const Handler* find(std::string_view method, std::string_view path,
                                    int& status) const;

 private:
  struct Route {
    std::string method;
    std::string path;
    Handler handler;
  };
  std::vector<Route> routes_;
};

struct ServerLimits {
  std::size_t header_bytes_max = 32UL * 1024;
  std::uint64_t body_bytes_max = 4UL * 1024 * 1024;
  int connections_max = 256;  // more are answered 503 and closed
  Millis idle_max = std::chrono::seconds(
      60);  // without a request; also for one request to arrive, one block to be taken
};

class HttpServer {
 public:
  HttpServer(boost::asio::any_io_executor executor, Routes routes, ServerLimits limits);
  // Closes everything without waiting; a handler must then own what it uses. stop() is the orderly
  // way.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Each may be called several times. Port 0 takes any; the port that was bound comes back.
  // Errors: invalid (no numeric address), conflict (in use), denied.
  Result<std::uint16_t> listen_tcp(const std::string& address, std::uint16_t port);
  // Only the owner may connect (mode 0600). A socket file nobody listens on is replaced. Errors: as
  // above.
  Result<void> listen_unix(const std::string& path);

  // No new connections, those open are cut, handlers that run are cancelled and waited for. Socket
  // files go.
  boost::asio::awaitable<void> stop();
  [[nodiscard]] std::size_t connections() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace henge::runtime
