// One timed pass for `./dev bench reconcile`. Prints one JSON object.
// Usage: henge-bench-reconcile henge URL PIPELINES SEGMENTS
//        henge-bench-reconcile changed URL PIPELINES SEGMENTS CHANGED
//        henge-bench-reconcile idle URL PIPELINES SEGMENTS SECONDS
//        henge-bench-reconcile limit URL PIPELINES SEGMENTS
//        henge-bench-reconcile ledger FILE EVENTS
// `henge` is the daemon's own reconciler: at first sight, and again with nothing changed.
// `changed` has other segments in some datasources, and must find them. `idle` is its engine, left
// alone for a while; calls are counted by the server. `limit` receives the same bytes into nothing,
// and then parses them from memory.
#include <fmt/format.h>
#include <sys/resource.h>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "bench_reconcile_daemon.h"
#include "bench_reconcile_ledger.h"
#include "bench_reconcile_limit.h"
#include "runtime/log.h"

namespace {

using namespace henge;
using bench::Daemon;
using bench::processor_seconds;

// Longer than the Coordinator's snapshot may be old, and than the time between two rounds.
constexpr Millis long_enough = std::chrono::seconds(100);

struct Sizes {
  std::string url;
  int pipelines = 0;
  int segments = 0;
};

double resident_mb() {
  std::ifstream file("/proc/self/statm");
  std::int64_t total = 0, resident = 0;
  file >> total >> resident;
  return static_cast<double>(resident) * 4096 / 1e6;
}

double resident_max_mb() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) * 1024 / 1e6;
}

void no_drift(const Daemon& daemon, std::int64_t expected) {
  const std::int64_t found = daemon.drifts();
  if (found != expected) bench::fail(fmt::format("{} drifts, not {}", found, expected));
}

int henge_rounds(const Sizes& sizes) {
  Daemon daemon(sizes.url, sizes.pipelines, sizes.segments);
  const daemon::Runners runners = daemon.runners();
  daemon::Reconciler reconciler(*daemon.shell);
  const double before = resident_mb();
  std::int64_t calls = daemon.client->stats().calls;
  std::int64_t bytes = daemon.client->stats().bytes_received;
  const double processor = processor_seconds();
  const double round = daemon.round(reconciler, runners);
  const double processor_round = processor_seconds() - processor;
  calls = daemon.client->stats().calls - calls;
  bytes = daemon.client->stats().bytes_received - bytes;
  const double peak = resident_max_mb();
  daemon.clock.jump(long_enough);
  daemon.round(reconciler, runners);  // lists once more, since the snapshot may have been old
  std::vector<double> unchanged;
  std::int64_t unchanged_calls = 0;
  for (int n = 0; n < 5; ++n) {
    const std::int64_t earlier = daemon.client->stats().calls;
    unchanged.push_back(daemon.round(reconciler, runners));
    unchanged_calls = daemon.client->stats().calls - earlier;
  }
  std::ranges::sort(unchanged);
  no_drift(daemon, 0);
  fmt::print(R"({{"round_s":{:.4f},"round_cpu_s":{:.4f},"calls":{},"unchanged_round_s":{:.4f},)"
             R"("unchanged_calls":{},"rss_before_mb":{:.1f},"rss_peak_mb":{:.1f},"bytes":{}}})"
             "\n",
             round, processor_round, calls, unchanged[2], unchanged_calls, before, peak, bytes);
  return 0;
}

std::string ask_server(const std::string& url, const std::string& request) {
  const int socket = bench::connect_to(url);
  bench::send(socket, request);
  std::string body = bench::receive_body(socket);
  ::close(socket);
  return body;
}

int changed_round(const Sizes& sizes, int changed) {
  Daemon daemon(sizes.url, sizes.pipelines, sizes.segments);
  const daemon::Runners runners = daemon.runners();
  daemon::Reconciler reconciler(*daemon.shell);
  daemon.round(reconciler, runners);
  daemon.clock.jump(long_enough);
  daemon.round(reconciler, runners);
  no_drift(daemon, 0);
  for (int n = 0; n < changed; ++n) {
    ask_server(sizes.url, fmt::format("POST /bench/change/{} HTTP/1.1\r\nHost: a\r\n"
                                      "Content-Length: 0\r\n\r\n",
                                      n));
  }
  daemon.clock.jump(long_enough);
  std::int64_t calls = daemon.client->stats().calls;
  const double round = daemon.round(reconciler, runners);
  calls = daemon.client->stats().calls - calls;
  daemon.clock.jump(long_enough);
  daemon.round(reconciler, runners);
  no_drift(daemon, changed);
  fmt::print(R"({{"changed_round_s":{:.4f},"changed":{},"calls":{}}})"
             "\n",
             round, changed, calls);
  return 0;
}

std::int64_t calls_at(const std::string& url) {
  return std::atoll(ask_server(url, "GET /bench/calls HTTP/1.1\r\nHost: a\r\n\r\n").c_str());
}

int idle(const Sizes& sizes, int seconds) {
  Daemon daemon(sizes.url, sizes.pipelines, sizes.segments);
  std::int64_t calls = 0;
  const auto wait = [](int so_many) -> boost::asio::awaitable<void> {
    boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor,
                                    std::chrono::seconds(so_many));
    co_await timer.async_wait(boost::asio::use_awaitable);
  };
  daemon.serve([&]() -> boost::asio::awaitable<void> {
    // Until nothing is listed again because it may be too fresh.
    co_await wait(10);
    daemon.clock.jump(long_enough);
    co_await wait(15);
    const std::int64_t before = calls_at(sizes.url);
    co_await wait(seconds);
    calls = calls_at(sizes.url) - before;
  });
  no_drift(daemon, 0);
  fmt::print(R"({{"calls":{},"seconds":{},"calls_per_s":{:.3f}}})"
             "\n",
             calls, seconds, static_cast<double>(calls) / seconds);
  return 0;
}

int usage(const char* name) {
  fmt::print(stderr,
             "usage: {0} henge|limit URL PIPELINES SEGMENTS, {0} changed|idle URL PIPELINES "
             "SEGMENTS NUMBER, or {0} ledger FILE EVENTS\n",
             name);
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  runtime::log_setup(runtime::LogLevel::error, runtime::LogFormat::text);
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.size() == 3 && words[0] == "ledger") {
    return bench::ledger(words[1], std::atoi(words[2].c_str()));
  }
  if (words.size() < 4) return usage(argv[0]);
  const Sizes sizes{words[1], std::atoi(words[2].c_str()), std::atoi(words[3].c_str())};
  if (words[0] == "henge" && words.size() == 4) return henge_rounds(sizes);
  if (words[0] == "limit" && words.size() == 4) return bench::limit(sizes.url, sizes.pipelines);
  if (words.size() != 5) return usage(argv[0]);
  const int number = std::atoi(words[4].c_str());
  if (words[0] == "changed") return changed_round(sizes, number);
  if (words[0] == "idle") return idle(sizes, number);
  return usage(argv[0]);
}
