// henge-twin: Druid's twin on a port of this machine, by the real clock, as a Router with its
// management proxy on. For the contract suite, benches and trying things out; keeps nothing.
#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <charconv>
#include <cstdio>
#include <string_view>

#include "runtime/clock.h"
#include "runtime/signals.h"
#include "sim/druid_http.h"
#include "sim/druid_http_request.h"

namespace {

using namespace henge;

struct Options {
  std::uint16_t port = 0;  // any
  std::uint64_t seed = 1;
  int partitions = 2;  // of every topic that a supervisor names
  int speed = 1;       // how much faster time goes
  int datasources = 0;
  int segments = 0;  // in all, spread over the datasources
  int slots = 0;     // of workers; the twin's own number
  int msq = 0;       // 1: SQL runs as tasks
  int run_min = 0;   // seconds that a batch task reads; as quick as the lab's where nothing is said
  int run_max = 0;
  bool bad = false;
};

Options parse(int count, char** arguments) {
  Options out;
  const auto number = [&](std::string_view text, auto& into) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), into);
    out.bad = out.bad || error != std::errc() || end != text.data() + text.size();
  };
  for (int i = 1; i < count; i += 2) {
    const std::string_view name = arguments[i];
    const std::string_view value = i + 1 < count ? arguments[i + 1] : "";
    if (name == "--port") {
      number(value, out.port);
    } else if (name == "--seed") {
      number(value, out.seed);
    } else if (name == "--partitions") {
      number(value, out.partitions);
    } else if (name == "--speed") {
      number(value, out.speed);
    } else if (name == "--datasources") {
      number(value, out.datasources);
    } else if (name == "--segments") {
      number(value, out.segments);
    } else if (name == "--slots") {
      number(value, out.slots);
    } else if (name == "--msq") {
      number(value, out.msq);
    } else if (name == "--run-min") {
      number(value, out.run_min);
    } else if (name == "--run-max") {
      number(value, out.run_max);
    } else {
      out.bad = true;
    }
  }
  return out;
}

// Hour after hour of segments that answer, back from now.
void fill(sim::DruidTwin& twin, const Options& options) {
  if (options.datasources == 0) return;
  const Instant end = bucket(Granularity::hour, twin.now()).start;
  for (int d = 0; d < options.datasources; ++d) {
    const int segments = options.segments / options.datasources;
    for (int i = 0; i < segments; ++i) {
      const Instant start = end - std::chrono::hours(i + 1);
      sim::ForeignSegment made;
      made.datasource = fmt::format("twin_{:04}", d);
      made.interval = {start, start + std::chrono::hours(1)};
      made.version = to_iso(start);
      made.rows_unnamed = 1000;
      made.size_bytes = 100'000;
      made.dimensions = "user,page,country";
      twin.add_segment(std::move(made));
    }
  }
}

// POST /kafka/TOPIC/PARTITION: each line of the body is a record.
runtime::ServerResponse produce(sim::KafkaTwin& kafka, const runtime::ServerRequest& request,
                                Instant now) {
  const auto parts = sim::path_parts(request.path);
  std::int32_t partition = -1;
  if (parts.size() == 3)
    std::from_chars(parts[2].data(), parts[2].data() + parts[2].size(), partition);
  const Result<const sim::KafkaTopic*> topic =
      parts.size() == 3 ? kafka.topic(parts[1]) : fail(ErrorKind::invalid, "");
  if (!topic || partition < 0 || partition >= static_cast<int>((*topic)->partitions.size()))
    return runtime::text_response(400, "expected /kafka/TOPIC/PARTITION\n");
  std::string_view rest = request.body;
  while (!rest.empty()) {
    const auto line = rest.substr(0, rest.find('\n'));
    kafka.append(parts[1], partition, std::string(line), to_ms(now), now);
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
  }
  return runtime::text_response(200, "");
}

boost::asio::awaitable<void> until_stopped(boost::asio::io_context& io) {
  runtime::Signals signals(io.get_executor());
  auto signal = co_await signals.next();
  io.stop();
}

}  // namespace

int main(int count, char** arguments) {
  const Options options = parse(count, arguments);
  if (options.bad) {
    fmt::print(stderr,
               "usage: henge-twin [--port N] [--seed N] [--speed N] [--partitions N]\n"
               "                  [--datasources N --segments N] [--slots N] [--msq 0|1]\n"
               "                  [--run-min SECONDS --run-max SECONDS]\n");
    return 1;
  }
  const runtime::SystemClock clock;
  sim::KafkaTwin kafka;
  kafka.partitions_made_on_demand = options.partitions;
  sim::TwinSettings settings;
  // As quick as the lab's indexer, which starts no process for a task.
  settings.times.assign = {Millis(50), Millis(200)};
  settings.times.start = {Millis(100), Millis(400)};
  settings.times.run = {Millis(500), Millis(1000)};
  settings.times.snapshot_period = Millis(5000);
  if (options.slots > 0) settings.capacity = options.slots;
  settings.msq = options.msq != 0;
  if (options.run_max > 0)
    settings.times.run = {std::chrono::seconds(options.run_min),
                          std::chrono::seconds(options.run_max)};
  sim::DruidTwin twin(kafka, std::move(settings), sim::Random(options.seed), clock.now());
  fill(twin, options);
  const Instant begun = clock.now();
  const auto now = [&] { return begun + (clock.now() - begun) * options.speed; };
  sim::DruidHttp http(twin, now);
  runtime::Routes routes = http.routes();
  routes.add(
      "POST", "/kafka/",
      [&](runtime::ServerRequest request) -> boost::asio::awaitable<runtime::ServerResponse> {
        twin.advance(now());
        co_return produce(kafka, request, now());
      });
  routes.add("GET", "/twin/calls",
             [&](const runtime::ServerRequest&) -> boost::asio::awaitable<runtime::ServerResponse> {
               co_return runtime::text_response(200, fmt::format("{}\n", http.requests));
             });
  boost::asio::io_context io(1);
  runtime::ServerLimits limits;
  limits.body_bytes_max = std::uint64_t{64} << 20;
  runtime::HttpServer server(io.get_executor(), std::move(routes), limits);
  const auto port = server.listen_tcp("127.0.0.1", options.port);
  if (!port) {
    fmt::print(stderr, "henge-twin: {}\n", port.error().message);
    return 1;
  }
  fmt::print("http://127.0.0.1:{}\n", *port);
  std::fflush(stdout);
  boost::asio::co_spawn(io, until_stopped(io), [](std::exception_ptr) {});
  io.run();
  return 0;
}
