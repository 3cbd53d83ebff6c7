#include "runtime/http_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/gzip.h"
#include "runtime/scripted_server.h"
#include "runtime/task_group.h"
#include "runtime/test_loop.h"

namespace henge::runtime {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

class HttpClientTest : public testing::Test {
 protected:
  // Retries come at once: the jitter source gives the smallest delay.
  static HttpClientOptions options() {
    HttpClientOptions made;
    made.random = [] { return 0.0; };
    return made;
  }
  static HttpCall get(std::string url) {
    HttpCall call;
    call.url = std::move(url);
    call.deadline = std::chrono::seconds(5);
    return call;
  }
  static HttpCall post_task(std::string url, std::string body = "{\"id\":\"t\"}") {
    HttpCall call = get(std::move(url));
    call.method = "POST";
    call.body = std::move(body);
    call.repeat = Repeat::ambiguous;
    return call;
  }
  Result<HttpResponse> send(HttpClient& client, HttpCall call) {
    return loop.run(client.send(std::move(call)));
  }

  // A port on which nobody listens.
  std::string refused_url() {
    const ScriptedServer gone(loop.io(), [](int, const std::string&) { return reply(200, ""); });
    return gone.url();
  }

  TestLoop loop;
};

TEST_F(HttpClientTest, ConnectionsAreKeptAndUsedAgain) {
  ScriptedServer server(loop.io(),
                        [](int n, const std::string&) { return reply(200, std::to_string(n)); });
  HttpClient client(options());
  for (int n = 0; n < 5; ++n) {
    const auto response = send(client, get(server.url("/a?b=c")));
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(response->body, std::to_string(n));
  }
  EXPECT_EQ(server.connections, 1);
  EXPECT_THAT(server.requests[0], HasSubstr("GET /a?b=c HTTP/1.1\r\nHost: 127.0.0.1:"));
  EXPECT_EQ(client.stats().calls, 5);
  EXPECT_EQ(client.stats().connections_opened, 1);
}

TEST_F(HttpClientTest, AConnectionTheServerClosedMeanwhileIsReplaced) {
  ScriptedServer server(loop.io(), [](int, const std::string&) { return reply(200, "x"); });
  HttpClient client(options());
  ASSERT_TRUE(send(client, get(server.url())));
  server.close_all();
  const auto again = send(client, get(server.url()));
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(server.connections, 2);
  EXPECT_EQ(client.stats().retries, 0);
}

TEST_F(HttpClientTest, ACloseThatCrossesTheRequestIsTriedOnAFreshConnectionWhereHarmless) {
  // The kept connection looks alive, takes the request and is closed without a byte.
  ScriptedServer server(loop.io(), [](int n, const std::string&) {
    return n == 1 ? Reply{"", After::close} : reply(200, "x");
  });
  HttpClient client(options());
  HttpCall call = get(server.url());
  call.retry = retry_never;
  ASSERT_TRUE(send(client, call));
  const auto again = send(client, call);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(server.connections, 2);
  EXPECT_EQ(server.requests.size(), 3U);
}

TEST_F(HttpClientTest, AnAmbiguousCallNeverRidesOnAKeptConnection) {
  ScriptedServer server(loop.io(), [](int, const std::string&) { return reply(200, "x"); });
  HttpClient client(options());
  ASSERT_TRUE(send(client, get(server.url())));
  ASSERT_TRUE(send(client, post_task(server.url())));
  EXPECT_EQ(server.connections, 2);
}

TEST_F(HttpClientTest, RefusedConnectionsAreUnavailableAndTellTheTries) {
  const std::string url = refused_url();
  HttpClient client(options());
  HttpCall call = post_task(url + "druid/indexer/v1/task");
  call.retry.tries_max = 3;
  const auto response = send(client, call);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind, ErrorKind::unavailable);
  EXPECT_THAT(response.error().message,
              MatchesRegex("POST http://127.0.0.1:[0-9]+/druid/indexer/v1/task: 3 tries in 0.[0-9] "
                           "s: Connection refused"));
  EXPECT_EQ(client.stats().retries, 2);
}

TEST_F(HttpClientTest, ALostAnswerIsUnknownAndNeverSentAgain) {
  struct Case {
    const char* name;
    Reply reply;
  };
  for (const Case& c :
       {Case{"closed before an answer", {"", After::close}},
        Case{"closed in the header", {"HTTP/1.1 200 OK\r\nConte", After::close}},
        Case{"closed in the body",
             {"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", After::close}},
        Case{"closed in a chunk",
             {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", After::close}},
        Case{"not HTTP", {"hello there\r\n\r\n", After::close}},
        Case{"silent", {"", After::hang}}}) {
    ScriptedServer server(loop.io(), [&](int, const std::string&) { return c.reply; });
    HttpClient client(options());
    HttpCall call = post_task(server.url());
    call.deadline = Millis(200);
    const auto response = send(client, call);
    ASSERT_FALSE(response) << c.name;
    EXPECT_EQ(response.error().kind, ErrorKind::unknown_outcome)
        << c.name << ": " << response.error().message;
    EXPECT_EQ(server.requests.size(), 1U) << c.name;
  }
}

TEST_F(HttpClientTest, ACutAnswerIsAskedForAgainWhereHarmless) {
  ScriptedServer server(loop.io(), [](int n, const std::string&) {
    if (n == 0) return Reply{"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", After::close};
    return reply(200, "whole");
  });
  HttpClient client(options());
  const auto response = send(client, get(server.url()));
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->body, "whole");
  EXPECT_EQ(client.stats().retries, 1);
}

TEST_F(HttpClientTest, TheDeadlineEndsASlowAnswer) {
  ScriptedServer server(
      loop.io(), [](int, const std::string&) { return Reply{"HTTP/1.1 200 OK\r\n", After::hang}; });
  HttpClient client(options());
  HttpCall call = get(server.url());
  call.deadline = Millis(150);
  call.retry.tries_max = 2;
  const auto response = send(client, call);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind, ErrorKind::unavailable);
  EXPECT_THAT(response.error().message, HasSubstr("2 tries"));
  EXPECT_THAT(response.error().message, HasSubstr("timed out"));
}

TEST_F(HttpClientTest, BusyAnswersAreTriedAgainAlsoForAmbiguousCalls) {
  for (const int status : {503, 429}) {
    ScriptedServer server(loop.io(), [&](int n, const std::string&) {
      return n < 2 ? reply(status, "busy") : reply(200, "ok");
    });
    HttpClient client(options());
    const auto response = send(client, post_task(server.url()));
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(response->status, 200);
    EXPECT_EQ(server.requests.size(), 3U);
    EXPECT_EQ(server.requests[0], server.requests[2]);
  }
}

TEST_F(HttpClientTest, AGatewaysFailureIsTriedAgainOnlyWhereHarmless) {
  for (const int status : {502, 504}) {
    ScriptedServer server(loop.io(), [&](int n, const std::string&) {
      return n == 0 ? reply(status, "") : reply(200, "ok");
    });
    HttpClient client(options());
    const auto ambiguous = send(client, post_task(server.url()));
    ASSERT_TRUE(ambiguous);
    EXPECT_EQ(ambiguous->status, status);
    EXPECT_EQ(error_of_status(*ambiguous, Repeat::ambiguous, "").kind, ErrorKind::unknown_outcome);
    EXPECT_EQ(server.requests.size(), 1U);
    EXPECT_EQ(send(client, get(server.url()))->status, 200);
  }
}

TEST_F(HttpClientTest, RedirectsToTheLeaderKeepMethodAndBody) {
  ScriptedServer leader(loop.io(), [](int, const std::string&) { return reply(200, "leader"); });
  for (const int status : {307, 308}) {
    ScriptedServer follower(loop.io(), [&](int, const std::string&) {
      return reply(status, "", "Location: " + leader.url("/druid/indexer/v1/task") + "\r\n");
    });
    HttpClient client(options());
    const auto response =
        send(client, post_task(follower.url("/druid/indexer/v1/task"), "the body"));
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(response->body, "leader");
    EXPECT_THAT(leader.requests.back(),
                testing::StartsWith("POST /druid/indexer/v1/task HTTP/1.1"));
    EXPECT_THAT(leader.requests.back(), testing::EndsWith("\r\n\r\nthe body"));
  }
}

TEST_F(HttpClientTest, RedirectsInACircleEnd) {
  ScriptedServer server(
      loop.io(), [](int, const std::string&) { return reply(307, "", "Location: /again\r\n"); });
  HttpClient client(options());
  HttpCall call = get(server.url());
  call.retry = retry_never;
  const auto response = send(client, call);
  ASSERT_FALSE(response);
  EXPECT_THAT(response.error().message, HasSubstr("redirects"));
  EXPECT_EQ(server.requests.size(), 6U);
}

TEST_F(HttpClientTest, CredentialsGoToTrustedHostsOnly) {
  HttpClientOptions with_auth = options();
  with_auth.auth = BasicAuth{"henge", "secret"};
  with_auth.trusted_hosts = {"127.0.0.1"};
  ScriptedServer other(loop.io(), [](int, const std::string&) { return reply(200, "other"); });
  ScriptedServer server(loop.io(), [&](int, const std::string&) {
    return reply(307, "", fmt::format("Location: http://localhost:{}/x\r\n", other.port()));
  });
  HttpClient client(with_auth);
  const auto response = send(client, get(server.url()));
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_THAT(server.requests.at(0), HasSubstr("Authorization: Basic aGVuZ2U6c2VjcmV0\r\n"));
  EXPECT_THAT(other.requests.at(0), Not(HasSubstr("Authorization")));
}

TEST_F(HttpClientTest, CompressedBodiesAreInflated) {
  const std::string plain(300'000, 'a');
  const std::string packed = gzip(plain);
  ScriptedServer server(loop.io(), [&](int n, const std::string&) {
    return reply(200, n == 1 ? packed.substr(0, packed.size() / 2) : packed,
                 "Content-Encoding: gzip\r\n");
  });
  HttpClient client(options());
  HttpCall call = get(server.url());
  call.retry = retry_never;
  const auto whole = send(client, call);
  ASSERT_TRUE(whole) << whole.error().message;
  EXPECT_EQ(whole->body, plain);
  EXPECT_THAT(server.requests[0], HasSubstr("Accept-Encoding: gzip\r\n"));
  EXPECT_FALSE(send(client, call));
  call.body_bytes_max = 200'000;
  const auto big = send(client, call);
  ASSERT_FALSE(big);
  EXPECT_EQ(big.error().kind, ErrorKind::refused);
}

TEST_F(HttpClientTest, ChunkedAndClosedBodiesAreReadWhole) {
  ScriptedServer server(loop.io(), [](int n, const std::string&) {
    if (n == 0)
      return Reply{
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
          After::keep};
    if (n == 1)
      return Reply{"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
                   After::keep};
    return Reply{"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nuntil the end", After::close};
  });
  HttpClient client(options());
  EXPECT_EQ(send(client, get(server.url()))->body, "abcde");
  EXPECT_EQ(send(client, get(server.url()))->body, "ok");
  EXPECT_EQ(send(client, get(server.url()))->body, "until the end");
  EXPECT_EQ(server.connections, 1);
}

TEST_F(HttpClientTest, HeadAnswersHaveNoBody) {
  ScriptedServer server(loop.io(), [](int, const std::string&) {
    return Reply{"HTTP/1.1 200 OK\r\nContent-Length: 12345\r\n\r\n", After::keep};
  });
  HttpClient client(options());
  HttpCall call = get(server.url());
  call.method = "HEAD";
  const auto response = send(client, call);
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(find_header(response->headers, "content-length"), "12345");
  EXPECT_EQ(response->body, "");
}

TEST_F(HttpClientTest, BlocksGoToTheReceiverAndNeverTwice) {
  const std::string part(100'000, 'x');
  ScriptedServer server(loop.io(), [&](int n, const std::string&) {
    if (n == 0) return reply(503, "later");
    if (n == 1) return reply(200, part);
    return Reply{fmt::format("HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n{}", part),
                 After::close};
  });
  HttpClient client(options());
  std::string seen;
  HttpCall call = get(server.url());
  call.on_block = [&](std::string_view block) -> Result<void> {
    seen += block;
    return {};
  };
  const auto response = send(client, call);
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->body, "");
  EXPECT_EQ(seen, part);
  seen.clear();
  EXPECT_FALSE(send(client, call));
  EXPECT_EQ(seen, part);
  EXPECT_EQ(server.requests.size(), 3U);
}

TEST_F(HttpClientTest, AnErrorOfTheReceiverEndsTheCall) {
  ScriptedServer server(loop.io(), [](int, const std::string&) { return reply(200, "x"); });
  HttpClient client(options());
  HttpCall call = get(server.url());
  call.on_block = [](std::string_view) -> Result<void> {
    return fail(ErrorKind::exhausted, "disk full");
  };
  const auto response = send(client, call);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind, ErrorKind::exhausted);
}

TEST_F(HttpClientTest, AnAnswerOverTheLimitIsRefused) {
  ScriptedServer server(loop.io(),
                        [](int, const std::string&) { return reply(200, std::string(5000, 'x')); });
  HttpClient client(options());
  HttpCall call = get(server.url());
  call.body_bytes_max = 1000;
  const auto response = send(client, call);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind, ErrorKind::refused);
  EXPECT_EQ(server.requests.size(), 1U);
}

TEST_F(HttpClientTest, AnEarlyRefusalOfALargeBodyIsTheAnswer) {
  // The server answers after the header and closes with most of the body unread.
  boost::asio::ip::tcp::acceptor acceptor(loop.io(), {boost::asio::ip::address_v4::loopback(), 0});
  auto refuse = [&]() -> boost::asio::awaitable<void> {
    auto socket = co_await acceptor.async_accept(boost::asio::use_awaitable);
    std::string buffer;
    co_await boost::asio::async_read_until(socket, boost::asio::dynamic_buffer(buffer), "\r\n\r\n",
                                           boost::asio::use_awaitable);
    const std::string answer = reply(413, "too big", "Connection: close\r\n").bytes;
    co_await boost::asio::async_write(socket, boost::asio::buffer(answer),
                                      boost::asio::use_awaitable);
    socket.shutdown(boost::asio::ip::tcp::socket::shutdown_send);
    // Drain a little: with bytes unread a close would reset the connection and lose the answer.
    for (int n = 0; n < 20'000; ++n) {
      char block[4096];
      auto [ec, got] = co_await socket.async_read_some(
          boost::asio::buffer(block), boost::asio::as_tuple(boost::asio::use_awaitable));
      if (ec) break;
    }
  };
  boost::asio::co_spawn(loop.io(), refuse, boost::asio::detached);
  HttpClient client(options());
  const auto response =
      send(client, post_task(fmt::format("http://127.0.0.1:{}/", acceptor.local_endpoint().port()),
                             std::string(20'000'000, 'x')));
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->status, 413);
}

TEST_F(HttpClientTest, CallsAreLimitedPerSecond) {
  HttpClientOptions limited = options();
  limited.calls_per_s_max = 20;
  limited.calls_burst = 1;
  ScriptedServer server(loop.io(), [](int, const std::string&) { return reply(200, "x"); });
  HttpClient client(limited);
  const Millis start = monotonic_now();
  for (int n = 0; n < 5; ++n) ASSERT_TRUE(send(client, get(server.url())));
  EXPECT_GE(monotonic_now() - start, Millis(190));
  EXPECT_GT(client.stats().limited_ms, 0);
  EXPECT_EQ(client.stats().calls_last_minute, 5);
}

TEST_F(HttpClientTest, NoMoreConnectionsThanAllowed) {
  HttpClientOptions narrow = options();
  narrow.connections_max = 2;
  ScriptedServer server(loop.io(), [](int, const std::string&) { return reply(200, "x"); });
  HttpClient client(narrow);
  int done = 0;
  auto one = [&]() -> boost::asio::awaitable<void> {
    auto response = co_await client.send(get(server.url()));
    done += response ? 1 : 0;
  };
  TaskGroup group(loop.executor());
  for (int n = 0; n < 10; ++n) group.spawn("call", one());
  loop.run(group.join());
  EXPECT_EQ(done, 10);
  EXPECT_LE(server.connections, 2);
}

TEST_F(HttpClientTest, StoppingEndsWhatIsUnderWay) {
  for (const Repeat repeat : {Repeat::harmless, Repeat::ambiguous}) {
    ScriptedServer server(loop.io(),
                          [](int, const std::string&) { return Reply{"", After::hang}; });
    HttpClient client(options());
    std::optional<Result<HttpResponse>> result;
    auto call = [&]() -> boost::asio::awaitable<void> {
      HttpCall request = post_task(server.url());
      request.repeat = repeat;
      result.emplace(co_await client.send(std::move(request)));
    };
    auto stop_when_sent = [&]() -> boost::asio::awaitable<void> {
      while (server.requests.empty()) {
        auto waited = co_await sleep_for(Millis(1));
        EXPECT_TRUE(waited);
      }
      client.stop();
    };
    TaskGroup group(loop.executor());
    group.spawn("call", call());
    group.spawn("stop", stop_when_sent());
    loop.run(group.join());
    ASSERT_TRUE(result && !*result);
    EXPECT_EQ(result->error().kind,
              repeat == Repeat::ambiguous ? ErrorKind::unknown_outcome : ErrorKind::cancelled);
    EXPECT_EQ(send(client, get(server.url())).error().kind, ErrorKind::cancelled);
  }
}

TEST_F(HttpClientTest, CancellingTheCallerEndsTheCall) {
  ScriptedServer server(loop.io(), [](int, const std::string&) { return Reply{"", After::hang}; });
  HttpClient client(options());
  std::optional<Result<HttpResponse>> result;
  TaskGroup group(loop.executor());
  auto call = [&]() -> boost::asio::awaitable<void> {
    result.emplace(co_await client.send(get(server.url())));
  };
  auto cancel_when_sent = [&]() -> boost::asio::awaitable<void> {
    while (server.requests.empty()) {
      auto waited = co_await sleep_for(Millis(1));
      EXPECT_TRUE(waited);
    }
    group.cancel();
  };
  group.spawn("call", call());
  group.spawn("cancel", cancel_when_sent());
  loop.run(group.join());
  ASSERT_TRUE(result && !*result);
  EXPECT_EQ(result->error().kind, ErrorKind::cancelled) << result->error().message;
}

TEST_F(HttpClientTest, BadAddressesAreInvalidAndUnknownHostsUnavailable) {
  HttpClient client(options());
  EXPECT_EQ(send(client, get("ftp://x/")).error().kind, ErrorKind::invalid);
  HttpCall call = get("http://henge-no-such-host.invalid:1/");
  call.retry = retry_never;
  const auto response = send(client, call);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind, ErrorKind::unavailable);
  EXPECT_THAT(response.error().message, HasSubstr("henge-no-such-host.invalid"));
}

TEST(HttpStatus, EachMeansOneReaction) {
  struct Case {
    int status;
    Repeat repeat;
    ErrorKind kind;
  };
  for (const Case& c : {Case{400, Repeat::harmless, ErrorKind::invalid},
                        Case{401, Repeat::harmless, ErrorKind::denied},
                        Case{403, Repeat::ambiguous, ErrorKind::denied},
                        Case{404, Repeat::harmless, ErrorKind::not_found},
                        Case{409, Repeat::harmless, ErrorKind::conflict},
                        Case{413, Repeat::ambiguous, ErrorKind::invalid},
                        Case{429, Repeat::ambiguous, ErrorKind::unavailable},
                        Case{503, Repeat::ambiguous, ErrorKind::unavailable},
                        Case{500, Repeat::harmless, ErrorKind::unavailable},
                        Case{500, Repeat::ambiguous, ErrorKind::unknown_outcome},
                        Case{504, Repeat::ambiguous, ErrorKind::unknown_outcome}}) {
    HttpResponse response;
    response.status = c.status;
    response.tried = "GET http://x/: 1 try in 0.0 s";
    const Error error = error_of_status(response, c.repeat, "why");
    EXPECT_EQ(error.kind, c.kind) << c.status;
    EXPECT_THAT(error.message, HasSubstr("1 try in 0.0 s: " + std::to_string(c.status)));
    EXPECT_THAT(error.message, HasSubstr(": why"));
  }
}

}  // namespace
}  // namespace henge::runtime
