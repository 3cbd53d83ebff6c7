// The small parts: retry schedule, call limit, addresses, parser, gzip, log lines, failpoints,
// waiting and groups.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <thread>

#include "runtime/blocking.h"
#include "runtime/clock.h"
#include "runtime/failpoint.h"
#include "runtime/gzip.h"
#include "runtime/http_message.h"
#include "runtime/http_parser.h"
#include "runtime/log.h"
#include "runtime/rate_limit.h"
#include "runtime/retry.h"
#include "runtime/semaphore.h"
#include "runtime/signals.h"
#include "runtime/task_group.h"
#include "runtime/test_loop.h"

namespace henge::runtime {
namespace {

using boost::asio::awaitable;
using std::chrono::seconds;
using testing::HasSubstr;

TEST(Retry, DelaysDoubleUpToTheirBoundWithFullJitter) {
  const RetryPolicy policy{.tries_max = 10,
                           .delay_base = Millis(100),
                           .delay_max = Millis(1000),
                           .total_max = seconds(60)};
  EXPECT_EQ(retry_delay(policy, 1, 0.999999), Millis(99));
  EXPECT_EQ(retry_delay(policy, 2, 0.5), Millis(100));
  EXPECT_EQ(retry_delay(policy, 4, 0.5), Millis(400));
  EXPECT_EQ(retry_delay(policy, 5, 0.5), Millis(500));
  EXPECT_EQ(retry_delay(policy, 1000, 0.5), Millis(500));
  EXPECT_EQ(retry_delay(policy, 3, 0.0), Millis(0));
}

TEST(Retry, TriesAndTimeEndIt) {
  const RetryPolicy policy{.tries_max = 3,
                           .delay_base = Millis(100),
                           .delay_max = Millis(1000),
                           .total_max = Millis(5000)};
  EXPECT_EQ(next_try(policy, 1, Millis(0), Millis(0), 0.5), Millis(50));
  EXPECT_EQ(next_try(policy, 3, Millis(0), Millis(0), 0.5), std::nullopt);
  EXPECT_EQ(next_try(policy, 1, Millis(4960), Millis(0), 0.5), std::nullopt);
  EXPECT_EQ(next_try(policy, 1, Millis(0), Millis(700), 0.5), Millis(700));
  EXPECT_EQ(next_try(policy, 1, Millis(0), seconds(100), 0.5), Millis(1000));
  EXPECT_EQ(tries_text(1, Millis(12)), "1 try in 0.0 s");
  EXPECT_EQ(tries_text(3, Millis(12'400)), "3 tries in 12.4 s");
}

TEST(Retry, RandomStaysInItsRange) {
  const Random random = system_random();
  double sum = 0;
  for (int n = 0; n < 1000; ++n) {
    const double x = random();
    ASSERT_GE(x, 0.0);
    ASSERT_LT(x, 1.0);
    sum += x;
  }
  EXPECT_NEAR(sum / 1000, 0.5, 0.1);
}

TEST(Retry, RepeatsOnlyWhatSurelyDidNotHappen) {
  for (const ErrorKind kind : {ErrorKind::unavailable, ErrorKind::unknown_outcome,
                               ErrorKind::denied, ErrorKind::invalid}) {
    TestLoop loop;
    int tries = 0;
    auto operation = [&]() -> Async<int> {
      ++tries;
      co_return fail(kind, "no");
    };
    auto result = loop.run(retry<int>(RetryPolicy{.tries_max = 3}, [] { return 0.0; }, operation));
    EXPECT_FALSE(result);
    EXPECT_EQ(tries, kind == ErrorKind::unavailable ? 3 : 1);
  }
}

TEST(TokenBucket, GivesABurstThenARate) {
  TokenBucket bucket(10, 3);
  EXPECT_EQ(bucket.take(seconds(100)), Millis(0));
  EXPECT_EQ(bucket.take(seconds(100)), Millis(0));
  EXPECT_EQ(bucket.take(seconds(100)), Millis(0));
  EXPECT_EQ(bucket.take(seconds(100)), Millis(100));
  EXPECT_EQ(bucket.take(seconds(100)), Millis(200));
  EXPECT_EQ(bucket.take(seconds(101)), Millis(0));
  EXPECT_EQ(bucket.take(seconds(100)),
            Millis(0));  // a clock that goes back gives nothing and takes nothing
  TokenBucket unlimited(0, 1);
  for (int n = 0; n < 100; ++n) EXPECT_EQ(unlimited.take(Millis(0)), Millis(0));
}

TEST(TokenBucket, NoWindowHoldsMoreThanBurstAndRate) {
  // However callers come, call k is used no earlier than burst and rate allow.
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    TokenBucket bucket(7, 5);
    std::uint64_t x = seed;
    Millis now(0);
    std::vector<std::int64_t> used;
    for (int n = 0; n < 200; ++n) {
      x = x * 6364136223846793005ULL + 1442695040888963407ULL;
      now += Millis(static_cast<std::int64_t>((x >> 33U) % 200));
      used.push_back((now + bucket.take(now)).count());
    }
    for (std::size_t from = 0; from < used.size(); ++from) {
      for (std::size_t to = from; to < used.size(); ++to) {
        const double allowed = 5.0 + 7.0 * static_cast<double>(used[to] - used[from] + 1) / 1000.0;
        ASSERT_LE(static_cast<double>(to - from), allowed) << seed << " " << from << " " << to;
      }
    }
  }
}

TEST(RateMeter, CountsTheLastMinute) {
  RateMeter meter;
  for (int s = 0; s < 100; ++s) meter.add(seconds(s));
  EXPECT_EQ(meter.total(), 100);
  EXPECT_EQ(meter.last_minute(seconds(99)), 60);
  EXPECT_EQ(meter.last_minute(seconds(129)), 30);
  EXPECT_EQ(meter.last_minute(seconds(1000)), 0);
}

TEST(Url, IsTakenApart) {
  struct Case {
    const char* text;
    Url url;
  };
  for (const Case& c :
       {Case{"http://h", {"http", "h", 80, "/"}}, Case{"https://h/", {"https", "h", 443, "/"}},
        Case{"http://h:8888/a/b?c=d&e", {"http", "h", 8888, "/a/b?c=d&e"}},
        Case{"http://[::1]:81/x", {"http", "::1", 81, "/x"}},
        Case{"HTTP://h?q", {"http", "h", 80, "/?q"}}}) {
    const auto url = parse_url(c.text);
    ASSERT_TRUE(url) << c.text;
    EXPECT_EQ(*url, c.url) << c.text;
  }
  EXPECT_EQ(to_text(Url{"http", "::1", 81, "/x"}), "http://[::1]:81/x");
  for (const char* bad : {"", "h:80", "/a", "ftp://h", "http://", "http://u:p@h/", "http://h:0/",
                          "http://h:99999/", "http://a b/"}) {
    EXPECT_EQ(parse_url(bad).has_value(), false) << bad;
  }
}

TEST(Url, LocationsAreResolved) {
  const Url base{"https", "h", 9088, "/a?b"};
  EXPECT_EQ(to_text(*resolve_location(base, "/x?y#z")), "https://h:9088/x?y");
  EXPECT_EQ(to_text(*resolve_location(base, "http://o:1/x")), "http://o:1/x");
  EXPECT_EQ(to_text(*resolve_location(base, "//o:1/x")), "https://o:1/x");
  EXPECT_FALSE(resolve_location(base, "x/y"));
}

TEST(HttpMessage, SmallTexts) {
  EXPECT_EQ(percent_encode("a b/c%\xC3\xA4~"), "a%20b%2Fc%25%C3%A4~");
  EXPECT_EQ(to_header(BasicAuth{"Aladdin", "open sesame"}), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
  const Headers headers{{"Content-Type", "x"}, {"content-type", "y"}};
  EXPECT_EQ(find_header(headers, "CONTENT-TYPE"), "x");
  EXPECT_EQ(find_header(headers, "Content"), std::nullopt);
}

TEST(MessageParser, ReadsTheSameHoweverTheBytesAreCut) {
  const std::string wire =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX: "
      "y\r\n\r\n4\r\nabcd\r\n3;ext=1\r\nefg\r\n0\r\nTrailer: t\r\n\r\n";
  for (std::size_t step = 1; step <= wire.size(); ++step) {
    MessageParser parser(MessageParser::Kind::response, MessageLimits{});
    std::string unread;
    std::string body;
    for (std::size_t at = 0; at < wire.size(); at += step) {
      unread += wire.substr(at, step);
      while (!unread.empty() && !parser.done()) {
        const auto used = parser.put(unread);
        ASSERT_TRUE(used) << used.error().message;
        unread.erase(0, *used);
        body += parser.take_body();
        if (*used == 0) break;
      }
    }
    EXPECT_TRUE(parser.done()) << step;
    EXPECT_EQ(body, "abcdefg") << step;
    EXPECT_EQ(find_header(parser.headers(), "x"), "y");
  }
}

TEST(MessageParser, EndsAndLimits) {
  MessageParser empty(MessageParser::Kind::response, MessageLimits{});
  EXPECT_EQ(empty.put_end().error().kind, ErrorKind::unavailable);
  MessageParser cut(MessageParser::Kind::response, MessageLimits{});
  ASSERT_TRUE(cut.put("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab"));
  EXPECT_EQ(cut.put_end().error().kind, ErrorKind::unavailable);
  MessageParser big(MessageParser::Kind::request, MessageLimits{.body_bytes_max = 10});
  const auto refused = big.put("POST / HTTP/1.1\r\nContent-Length: 11\r\n\r\n");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::refused);
}

TEST(Gzip, RoundTripsInAnyPieces) {
  std::string plain;
  for (int n = 0; n < 20'000; ++n) plain += std::to_string(n * 7919 % 1000);
  const std::string packed = gzip(plain);
  for (const std::size_t step : {1UL, 7UL, 1000UL, packed.size()}) {
    Inflater inflater;
    std::string out;
    for (std::size_t at = 0; at < packed.size(); at += step) {
      const auto block = inflater.put(std::string_view(packed).substr(at, step), 1'000'000);
      ASSERT_TRUE(block);
      out += *block;
    }
    EXPECT_TRUE(inflater.done());
    EXPECT_EQ(out, plain);
  }
  Inflater broken;
  EXPECT_EQ(broken.put("no gzip at all", 1000).error().kind, ErrorKind::corrupt);
}

TEST(Log, LinesForPeopleAndMachines) {
  const Instant now = instant_of_ms(1'767'225'600'000);
  EXPECT_EQ(log_line(LogFormat::text, now, LogLevel::info, "repair sent",
                     {{"task", "a.b"}, {"why", "two words"}, {"none", ""}}),
            "2026-01-01T00:00:00.000Z info    repair sent task=a.b why=\"two words\" none=\"\"");
  EXPECT_EQ(log_line(LogFormat::json, now, LogLevel::error, "say \"x\"", {{"line", "a\nb\x01"}}),
            R"({"time":"2026-01-01T00:00:00.000Z","level":"error",)"
            R"("message":"say \"x\"","line":"a\nb\u0001"})");
  EXPECT_THAT(log_line(LogFormat::text, now, LogLevel::info, "m", {{"druid_password", "hunter2"}}),
              HasSubstr("druid_password=***"));
  EXPECT_EQ(*parse_log_level("warning"), LogLevel::warning);
  EXPECT_EQ(*parse_log_level("warn"), LogLevel::warning);
  EXPECT_THAT(parse_log_level("loud").error().message, HasSubstr("info, warn, error"));
}

TEST(Failpoint, IsParsed) {
  EXPECT_EQ(parse_failpoint("a.b"), (Failpoint{"a.b", 1}));
  EXPECT_EQ(parse_failpoint("a.b:3"), (Failpoint{"a.b", 3}));
  EXPECT_EQ(parse_failpoint("a.b:x"), (Failpoint{"a.b", 1}));
  EXPECT_EQ(parse_failpoint("a.b:0"), (Failpoint{"a.b", 1}));
}

TEST(FailpointDeathTest, KillsAtTheNamedPassageOnly) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(
      {
        ::setenv("HENGE_FAILPOINT", "step.two:2", 1);
        failpoint("step.one");
        failpoint("step.two");
        std::fputs("first passed\n", stderr);
        failpoint("step.two");
        std::exit(0);
      },
      testing::KilledBySignal(SIGKILL), "first passed");
}

TEST(Clock, SleepsEndAndSeeCancellation) {
  TestLoop loop;
  EXPECT_TRUE(loop.run(sleep_for(Millis(1))));
  const SystemClock clock;
  EXPECT_TRUE(loop.run(sleep_until(clock, clock.now() + Millis(5))));
  EXPECT_TRUE(loop.run(sleep_until(clock, clock.now() - seconds(5))));
  TaskGroup group(loop.executor());
  std::vector<ErrorKind> seen;
  auto sleeper = [&]() -> awaitable<void> {
    for (int n = 0; n < 2; ++n) {
      auto slept = co_await sleep_for(std::chrono::hours(1));
      if (!slept) seen.push_back(slept.error().kind);
    }
  };
  group.spawn("sleeper", sleeper());
  auto cancel = [&]() -> awaitable<void> {
    group.cancel();
    co_await group.join();
  };
  loop.run(cancel());
  EXPECT_EQ(seen, (std::vector<ErrorKind>{ErrorKind::cancelled, ErrorKind::cancelled}));
}

TEST(TaskGroup, AnExceptionCancelsTheRestAndComesOutOfJoin) {
  TestLoop loop;
  TaskGroup group(loop.executor());
  std::string failed;
  group.on_failure([&](const std::string& name, std::exception_ptr) { failed = name; });
  bool stopped = false;
  auto waits = [&]() -> awaitable<void> {
    auto slept = co_await sleep_for(std::chrono::hours(1));
    stopped = !slept;
  };
  auto throws = []() -> awaitable<void> {
    auto slept = co_await sleep_for(Millis(1));
    if (slept) throw std::runtime_error("deliberate");
  };
  group.spawn("waits", waits());
  group.spawn("throws", throws());
  EXPECT_EQ(group.running(), 2U);
  EXPECT_THROW(loop.run(group.join()), std::runtime_error);
  EXPECT_TRUE(stopped);
  EXPECT_EQ(failed, "throws");
  EXPECT_EQ(group.running(), 0U);
}

TEST(TaskGroup, CancelledFromOutsideTheLoopATaskMayEndFirst) {
  TestLoop loop;
  TaskGroup group(loop.executor());
  int ended = 0;
  auto quick = [&]() -> awaitable<void> {
    ++ended;
    co_return;
  };
  for (int n = 0; n < 3; ++n) group.spawn("quick", quick());
  group.cancel();
  loop.run(group.join());
  EXPECT_EQ(ended, 3);
  EXPECT_EQ(group.running(), 0U);
}

TEST(Blocking, ComesBackToTheLoopWithValueOrException) {
  TestLoop loop;
  BlockingPool pool(2);
  auto use = [&]() -> awaitable<int> {
    const auto home = std::this_thread::get_id();
    std::thread::id there;
    auto work = [&] {
      there = std::this_thread::get_id();
      return 42;
    };
    const int value = co_await blocking(pool, work);
    EXPECT_NE(there, home);
    EXPECT_EQ(std::this_thread::get_id(), home);
    auto throws = [] { throw std::runtime_error("deliberate"); };
    bool thrown = false;
    try {
      co_await blocking(pool, throws);
    } catch (const std::runtime_error&) {
      thrown = true;
    }
    EXPECT_TRUE(thrown);
    co_return value;
  };
  EXPECT_EQ(loop.run(use()), 42);
}

TEST(Blocking, ManyAtATimeAllComeBack) {
  TestLoop loop;
  BlockingPool pool(4);
  TaskGroup group(loop.executor());
  int sum = 0;
  auto one = [&](int n) -> awaitable<void> {
    auto work = [n] { return n; };
    const int value = co_await blocking(pool, work);
    sum += value;
  };
  for (int n = 0; n < 500; ++n) group.spawn("one", one(n));
  loop.run(group.join());
  EXPECT_EQ(sum, 499 * 500 / 2);
}

TEST(ShareOut, EachNumberOnceAndThenItIsDone) {
  for (const std::size_t count : {0UL, 1UL, 3UL, 5000UL}) {
    std::vector<std::atomic<int>> calls(count);
    share_out(count, [&calls](std::size_t i) { ++calls[i]; });
    EXPECT_TRUE(std::ranges::all_of(calls, [](const auto& times) { return times == 1; })) << count;
  }
}

TEST(ShareOut, AnExceptionComesOutAfterTheOthersHaveEnded) {
  std::atomic<int> under_way{0};
  const auto work = [&under_way](std::size_t i) {
    ++under_way;
    if (i == 7) {
      --under_way;
      throw std::runtime_error("deliberate");
    }
    --under_way;
  };
  EXPECT_THROW(share_out(1000, work), std::runtime_error);
  EXPECT_EQ(under_way, 0);
}

TEST(Semaphore, ServesInOrderAndGivesUpInTime) {
  TestLoop loop;
  Semaphore semaphore(1);
  std::vector<int> order;
  TaskGroup group(loop.executor());
  auto one = [&](int n) -> awaitable<void> {
    auto permit = co_await semaphore.acquire(seconds(10));
    EXPECT_TRUE(permit);
    order.push_back(n);
    co_await boost::asio::post(boost::asio::use_awaitable);
    order.push_back(n);
  };
  for (int n = 0; n < 5; ++n) group.spawn("one", one(n));
  loop.run(group.join());
  EXPECT_EQ(order, (std::vector<int>{0, 0, 1, 1, 2, 2, 3, 3, 4, 4}));
  auto held = loop.run(semaphore.acquire(Millis(5)));
  ASSERT_TRUE(held);
  EXPECT_EQ(loop.run(semaphore.acquire(Millis(5))).error().kind, ErrorKind::unavailable);
}

TEST(Signals, AreValues) {
  TestLoop loop;
  Signals signals(loop.executor());
  std::raise(SIGHUP);
  EXPECT_EQ(*loop.run(signals.next()), Signal::reload);
  std::raise(SIGTERM);
  EXPECT_EQ(*loop.run(signals.next()), Signal::stop);
}

TEST(Retry, ASpreadDelayDoublesAndIsNeverLessThanHalf) {
  using std::chrono::seconds;
  struct Row {
    int tries;
    double random;
    Millis delay;
  };
  for (const Row& row :
       {Row{1, 0.0, Millis(2500)}, Row{1, 0.5, Millis(3750)}, Row{2, 0.0, seconds(5)},
        Row{3, 0.5, seconds(15)}, Row{99, 0.0, seconds(30)}, Row{99, 0.5, seconds(45)}})
    EXPECT_EQ(spread_delay(seconds(5), seconds(60), row.tries, row.random), row.delay)
        << row.tries << " " << row.random;
}

}  // namespace
}  // namespace henge::runtime
