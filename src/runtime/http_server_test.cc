#include "runtime/http_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <filesystem>
#include <thread>

#include "runtime/clock.h"
#include "runtime/control.h"
#include "runtime/http_client.h"
#include "runtime/test_loop.h"

namespace henge::runtime {
namespace {

using boost::asio::awaitable;
using boost::asio::ip::tcp;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

awaitable<ServerResponse> echo(ServerRequest request) {
  std::string text =
      fmt::format("{} {} {} {}", request.method, request.target, request.path, request.body);
  ServerResponse response = text_response(200, std::move(text));
  response.headers.emplace_back("X-Peer", request.peer);
  co_return response;
}

awaitable<ServerResponse> broken(ServerRequest) {
  throw std::runtime_error("deliberate");
  co_return ServerResponse{};
}

// 40 blocks of 50,000 bytes; `lie` announces one byte more.
ServerResponse blocks(bool known, bool lie) {
  ServerResponse response;
  response.source = [left = 40]() mutable -> Async<std::string> {
    co_return left-- > 0 ? std::string(50'000, 'b') : std::string();
  };
  if (known) response.source_bytes = 2'000'000U + (lie ? 1U : 0U);
  return response;
}

class HttpServerTest : public testing::Test {
 protected:
  void start(ServerLimits limits = {}) {
    Routes routes;
    routes.add("GET", "/", &echo);
    routes.add("POST", "/echo", &echo);
    routes.add("GET", "/broken", &broken);
    routes.add("GET", "/deltas/", [](ServerRequest request) -> awaitable<ServerResponse> {
      co_return blocks(!request.path.ends_with("chunked"), request.path.ends_with("lie"));
    });
    routes.add("GET", "/slow", [](ServerRequest) -> awaitable<ServerResponse> {
      auto slept = co_await sleep_for(std::chrono::seconds(100));
      co_return text_response(slept ? 200 : 503, "slept");
    });
    server = std::make_unique<HttpServer>(loop.executor(), std::move(routes), limits);
    auto bound = server->listen_tcp("127.0.0.1", 0);
    ASSERT_TRUE(bound) << bound.error().message;
    port = *bound;
  }
  void TearDown() override {
    if (server) loop.run(server->stop());
    std::filesystem::remove_all(folder);
  }
  [[nodiscard]] std::string url(const std::string& target) const {
    return fmt::format("http://127.0.0.1:{}{}", port, target);
  }
  Result<HttpResponse> get(const std::string& target) {
    HttpCall call;
    call.url = url(target);
    call.retry = retry_never;
    return loop.run(client.send(std::move(call)));
  }
  // Sends raw bytes and reads until the server closes.
  std::string raw(const std::string& bytes) {
    auto talk = [](std::string out, std::uint16_t to) -> awaitable<std::string> {
      auto executor = co_await boost::asio::this_coro::executor;
      tcp::socket socket(executor);
      const tcp::endpoint endpoint(boost::asio::ip::address_v4::loopback(), to);
      co_await socket.async_connect(endpoint, boost::asio::use_awaitable);
      co_await boost::asio::async_write(socket, boost::asio::buffer(out),
                                        boost::asio::use_awaitable);
      std::string in;
      auto buffer = boost::asio::dynamic_buffer(in);
      const auto ended = co_await boost::asio::async_read(
          socket, buffer, boost::asio::as_tuple(boost::asio::use_awaitable));
      EXPECT_NE(std::get<0>(ended), boost::system::error_code());
      co_return in;
    };
    return loop.run(talk(bytes, port));
  }
  std::string socket_path() {
    std::string name = (std::filesystem::temp_directory_path() / "henge_test_XXXXXX").string();
    folder = ::mkdtemp(name.data());
    return folder + "/control.sock";
  }

  TestLoop loop;
  HttpClient client{HttpClientOptions{}};
  std::unique_ptr<HttpServer> server;
  std::uint16_t port = 0;
  std::string folder;
};

TEST_F(HttpServerTest, AnswersByRoute) {
  start();
  const auto response = get("/any/thing?x=1");
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->body, "GET /any/thing?x=1 /any/thing ");
  EXPECT_THAT(std::string(find_header(response->headers, "x-peer").value()),
              StartsWith("127.0.0.1:"));
  HttpCall post;
  post.method = "POST";
  post.url = url("/echo");
  post.body = std::string(1'000'000, 'p');
  EXPECT_THAT(loop.run(client.send(post))->body, EndsWith("ppp"));
  post.url = url("/broken");
  EXPECT_EQ(loop.run(client.send(post))->status, 405);
  EXPECT_EQ(get("/broken")->status, 500);
}

TEST_F(HttpServerTest, StreamedBodiesComeWhole) {
  start();
  for (const char* target : {"/deltas/known", "/deltas/chunked"}) {
    const auto response = get(target);
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(response->body.size(), 2'000'000U);
  }
  HttpCall head;
  head.method = "HEAD";
  head.url = url("/deltas/known");
  const auto response = loop.run(client.send(head));
  ASSERT_TRUE(response);
  EXPECT_EQ(find_header(response->headers, "Content-Length"), "2000000");
}

TEST_F(HttpServerTest, ABodyShorterThanAnnouncedIsCutNotEnded) {
  start();
  const auto response = get("/deltas/lie");
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind, ErrorKind::unavailable);
}

TEST_F(HttpServerTest, BrokenAndOversizedRequestsAreRefused) {
  ServerLimits limits;
  limits.body_bytes_max = 100;
  limits.header_bytes_max = 1000;
  start(limits);
  EXPECT_THAT(raw("nonsense\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(raw("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 101\r\n\r\n"),
              StartsWith("HTTP/1.1 413 "));
  EXPECT_THAT(raw("GET / HTTP/1.1\r\nX: " + std::string(2000, 'x') + "\r\n\r\n"),
              StartsWith("HTTP/1.1 431 "));
  EXPECT_THAT(raw("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
              StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(raw("POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nConnection: "
                  "close\r\nContent-Length: 0\r\n\r\n"),
              HasSubstr("HTTP/1.1 200 OK"));
}

TEST_F(HttpServerTest, PipelinedRequestsAreAnsweredInOrder) {
  start();
  const std::string answers =
      raw("GET /1 HTTP/1.1\r\nHost: a\r\n\r\nPOST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: "
          "3\r\n\r\nabc"
          "GET /3 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  const auto first = answers.find("GET /1");
  const auto second = answers.find("POST /echo /echo abc");
  const auto third = answers.find("GET /3");
  EXPECT_LT(first, second);
  EXPECT_LT(second, third);
  EXPECT_NE(third, std::string::npos);
}

TEST_F(HttpServerTest, IdleConnectionsAreClosed) {
  ServerLimits limits;
  limits.idle_max = Millis(50);
  start(limits);
  EXPECT_EQ(raw(""), "");
  EXPECT_EQ(raw("GET / HTTP/1.1\r\nHo"), "");
}

TEST_F(HttpServerTest, TooManyConnectionsAreTurnedAway) {
  ServerLimits limits;
  limits.connections_max = 1;
  start(limits);
  ASSERT_TRUE(get("/"));  // kept by the client
  EXPECT_THAT(raw("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), StartsWith("HTTP/1.1 503 "));
}

TEST_F(HttpServerTest, ListeningTwiceIsAConflict) {
  start();
  EXPECT_EQ(server->listen_tcp("127.0.0.1", port).error().kind, ErrorKind::conflict);
  EXPECT_EQ(server->listen_tcp("localhost", 0).error().kind, ErrorKind::invalid);
}

TEST_F(HttpServerTest, StoppingCancelsHandlers) {
  start();
  std::optional<Result<HttpResponse>> result;
  auto call = [&]() -> awaitable<void> {
    HttpCall slow;
    slow.url = url("/slow");
    slow.retry = retry_never;
    result.emplace(co_await client.send(std::move(slow)));
  };
  auto stop_when_busy = [&]() -> awaitable<void> {
    while (server->connections() == 0) {
      auto waited = co_await sleep_for(Millis(1));
      EXPECT_TRUE(waited);
    }
    co_await server->stop();
  };
  const Millis before = monotonic_now();
  boost::asio::co_spawn(loop.io(), call, [](std::exception_ptr) {});
  loop.run(stop_when_busy());
  EXPECT_LT(monotonic_now() - before, std::chrono::seconds(10));
  EXPECT_EQ(server->connections(), 0U);
}

TEST_F(HttpServerTest, TheControlSocketIsForTheOwnerAlone) {
  start();
  const std::string path = socket_path();
  ASSERT_TRUE(server->listen_unix(path));
  struct stat info{};
  ASSERT_EQ(::stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
  EXPECT_EQ(server->listen_unix(path).error().kind, ErrorKind::conflict);

  std::optional<Result<HttpResponse>> answer;
  std::thread caller([&] {
    answer.emplace(call_control(path, "POST", "/echo", "hello", std::chrono::seconds(5)));
  });
  auto wait = [&]() -> awaitable<void> {
    while (!answer) {
      auto waited = co_await sleep_for(Millis(1));
      EXPECT_TRUE(waited);
    }
  };
  loop.run(wait());
  caller.join();
  ASSERT_TRUE(*answer) << answer->error().message;
  EXPECT_EQ((*answer)->body, "POST /echo /echo hello");
  EXPECT_EQ(find_header((*answer)->headers, "X-Peer"), "local");

  loop.run(server->stop());
  EXPECT_NE(::stat(path.c_str(), &info), 0);
  const auto gone = call_control(path, "GET", "/", "", std::chrono::seconds(5));
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().kind, ErrorKind::unavailable);
  EXPECT_THAT(gone.error().message, HasSubstr(path));
}

TEST_F(HttpServerTest, ASocketFileLeftOverByAKilledProcessIsReplaced) {
  start();
  const std::string path = socket_path();
  {
    boost::asio::local::stream_protocol::acceptor left(
        loop.io(), boost::asio::local::stream_protocol::endpoint(path));
  }
  ASSERT_TRUE(std::filesystem::exists(path));
  const auto listening = server->listen_unix(path);
  EXPECT_TRUE(listening) << listening.error().message;
  const std::string file = folder + "/a_file";
  std::filesystem::create_directory(file);
  EXPECT_FALSE(server->listen_unix(file));
}

TEST_F(HttpServerTest, AServerMayGoWithoutBeingStopped) {
  start();
  ASSERT_TRUE(get("/"));
  server.reset();
  EXPECT_EQ(get("/").error().kind, ErrorKind::unavailable);
  start();
  server.reset();  // before the loop ran at all
}

TEST(Routes, TheLongestPathWins) {
  Routes routes;
  routes.add("GET", "/a/", &echo);
  routes.add("GET", "/a/b", &broken);
  routes.add("PUT", "/a/b", &echo);
  int status = 0;
  EXPECT_NE(routes.find("GET", "/a/b", status), nullptr);
  EXPECT_NE(routes.find("GET", "/a/x", status), routes.find("GET", "/a/b", status));
  EXPECT_NE(routes.find("HEAD", "/a/b", status), nullptr);
  EXPECT_EQ(routes.find("POST", "/a/b", status), nullptr);
  EXPECT_EQ(status, 405);
  EXPECT_EQ(routes.find("GET", "/b", status), nullptr);
  EXPECT_EQ(status, 404);
}

}  // namespace
}  // namespace henge::runtime
