// One timed pass for `./dev bench reconcile`. Prints one JSON object.
// Usage: henge-bench-reconcile henge URL PIPELINES SEGMENTS
//        henge-bench-reconcile limit URL PIPELINES SEGMENTS
//        henge-bench-reconcile ledger FILE EVENTS
// `henge` observes everything through the Druid port and compares it with 1 declared version of
// each pipeline: at first sight, again with nothing changed, and with one datasource changed.
// `limit` receives the same bytes into nothing, and then parses them from memory.
#include <fmt/format.h>
#include <sys/resource.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "bench_reconcile_ledger.h"
#include "bench_reconcile_limit.h"
#include "druid/client.h"
#include "model/segment_digest.h"
#include "reconcile/drift.h"

namespace {

using namespace henge;
using Monotonic = std::chrono::steady_clock;

constexpr std::int64_t hour_ms = 3'600'000;
constexpr std::int64_t first_hour_ms = 1'767'225'600'000;  // as the server's
constexpr int partitions_per_chunk = 4;

double seconds_since(Monotonic::time_point begun) {
  return std::chrono::duration<double>(Monotonic::now() - begun).count();
}

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

[[noreturn]] void give_up(const std::string& why) {
  fmt::print(stderr, "{}\n", why);
  std::exit(1);
}

template <typename T>
T must(Result<T> result) {
  if (!result) give_up(result.error().message);
  return std::move(*result);
}

std::string datasource(int pipeline) {
  return fmt::format("pipeline_{:04}", pipeline);
}

// What henge holds of one pipeline: declared, posted, and all its chunks sealed.
struct Declared {
  Pipeline pipeline;
  ledger::PipelineState state;
  JsonText desired;
  reconcile::DriftMemory memory;
};

Declared declare(int number, int segments) {
  Declared out;
  out.pipeline.name = out.pipeline.datasource = datasource(number);
  for (const char* name : {"country", "city", "device", "browser", "language", "page", "referrer",
                           "campaign", "user"}) {
    out.pipeline.schema.dimensions.push_back(Dimension{name, "string", {}});
  }
  for (const char* name : {"count", "bytes_sum", "latency_ms_sum"}) {
    out.pipeline.schema.metrics.push_back(
        Metric{name, name == std::string("count") ? "count" : "longSum", "", {}});
  }
  out.pipeline.schema.count_metric = "count";
  out.state.version = out.state.posted_version = 1;
  out.state.incarnation = "abcdef";
  for (int first = 0; first < segments; first += partitions_per_chunk) {
    const Instant start = instant_of_ms(first_hour_ms + first / partitions_per_chunk * hour_ms);
    const Interval interval{start, start + Millis(hour_ms)};
    const std::string version = to_iso(start + Millis(1234));
    std::vector<SegmentKey> keys;
    for (int p = 0; p < std::min(partitions_per_chunk, segments - first); ++p) {
      keys.push_back({interval, version, p, false});
    }
    ledger::ChunkState chunk;
    chunk.status = ledger::ChunkStatus::sealed;
    chunk.seal = ledger::Seal{};
    chunk.seal->segments = static_cast<std::int64_t>(keys.size());
    chunk.seal->digest = segment_set_digest(keys);
    out.state.chunks.emplace(start, std::move(chunk));
  }
  return out;
}

// What a round leaves behind for the next one.
struct Observed {
  SegmentTable segments;
  std::map<std::string, SegmentDigest> digests;
  std::map<std::string, std::uint64_t> listed;
};

class Bench {
 public:
  Bench(const std::string& url, int pipelines, int segments) {
    druid::DruidOptions options;
    options.router_url = url;
    options.calls_per_s_max = 0;
    client_ = must(druid::DruidClient::make(std::move(options)));
    for (int number = 0; number < pipelines; ++number) {
      const std::int64_t begin = std::int64_t{segments} * number / pipelines;
      const std::int64_t end = std::int64_t{segments} * (number + 1) / pipelines;
      declared_.push_back(declare(number, static_cast<int>(end - begin)));
      names_.push_back(datasource(number));
    }
  }

  void run();

 private:
  struct Times {
    double seconds = 0;
    double observe = 0;
    double list = 0;  // of the observation: the segments
    double diff = 0;
    std::int64_t calls = 0;
    std::int64_t drifts = 0;
    std::int64_t recounts = 0;
  };

  template <typename T>
  T ask(ports::Async<T> call);
  reconcile::World observe(Times& times);
  void list_changed(const std::map<std::string, SegmentDigest>& digests);
  Times round();
  void diff(const reconcile::World& world, Times& times);
  void take_as_desired(const reconcile::World& world);

  boost::asio::io_context io_;
  std::unique_ptr<druid::DruidClient> client_;
  std::vector<Declared> declared_;
  std::vector<std::string> names_;
  Observed observed_;
  std::uint64_t listings_ = 0;
  bool desired_known_ = false;
};

template <typename T>
T Bench::ask(ports::Async<T> call) {
  std::optional<Result<T>> answer;
  boost::asio::co_spawn(
      io_, std::move(call),
      [&answer](const std::exception_ptr&, Result<T> value) { answer.emplace(std::move(value)); });
  io_.restart();
  io_.run();
  return must(std::move(*answer));
}

reconcile::World Bench::observe(Times& times) {
  const auto begun = Monotonic::now();
  reconcile::World world;
  const std::string leader = ask(client_->overlord_leader());
  std::map<std::string, SupervisorListing> supervisors;
  for (SupervisorListing& one : ask(client_->supervisors())) {
    supervisors.emplace(one.id, std::move(one));
  }
  world.supervisors = std::move(supervisors);
  world.tasks = ask(client_->active_tasks(""));
  world.locks = ask(client_->locks(names_));
  world.rules = ask(client_->all_rules());
  world.compaction = ask(client_->compaction_configs());
  ask(client_->workers());
  const auto digests = ask(client_->segment_digests());
  const auto listing = Monotonic::now();
  list_changed(digests);
  times.list = seconds_since(listing);
  if (ask(client_->overlord_leader()) != leader) give_up("another Overlord leads");
  world.digests = digests;
  world.segments = &observed_.segments;
  world.segments_listed = observed_.listed;
  times.observe = seconds_since(begun);
  return world;
}

void Bench::list_changed(const std::map<std::string, SegmentDigest>& digests) {
  std::vector<std::string> changed;
  for (const std::string& name : names_) {
    const auto now = digests.find(name);
    const auto before = observed_.digests.find(name);
    if (now == digests.end()) continue;
    if (before == observed_.digests.end() || before->second != now->second) changed.push_back(name);
  }
  if (changed.empty()) return;
  SegmentTable fresh = ask(client_->segments(changed));
  ++listings_;
  for (const std::string& name : changed) observed_.listed[name] = listings_;
  if (observed_.segments.size() == 0) {
    observed_.segments = std::move(fresh);
  } else {
    observed_.segments.replace(fresh, changed);
  }
  observed_.digests = digests;
}

void Bench::diff(const reconcile::World& world, Times& times) {
  for (Declared& one : declared_) {
    const reconcile::DriftInput input{one.pipeline, one.desired, one.state, 0, false, {}};
    times.drifts += static_cast<std::int64_t>(find_drift(input, world, one.memory).drifts.size());
    times.recounts +=
        static_cast<std::int64_t>(chunks_to_recount(input, world, one.memory, 100).size());
  }
}

// The specs that were posted, made outside of the measured time: Druid's own answer.
void Bench::take_as_desired(const reconcile::World& world) {
  for (Declared& one : declared_) one.desired = world.supervisors->at(one.pipeline.datasource).spec;
  desired_known_ = true;
}

Bench::Times Bench::round() {
  Times times;
  const std::int64_t calls = client_->stats().calls;
  auto begun = Monotonic::now();
  reconcile::World world = observe(times);
  times.seconds = seconds_since(begun);
  if (!desired_known_) take_as_desired(world);
  begun = Monotonic::now();
  world.now = instant_of_ms(1'795'400'000'000);
  diff(world, times);
  times.diff = seconds_since(begun);
  times.seconds += times.diff;
  times.calls = client_->stats().calls - calls;
  return times;
}

void Bench::run() {
  const double before = resident_mb();
  const Times first = round();
  const double after = resident_mb();
  const double peak = resident_max_mb();
  const auto segments = observed_.segments.size();
  std::vector<double> unchanged;
  Times quiet;
  for (int n = 0; n < 5; ++n) {
    quiet = round();
    unchanged.push_back(quiet.seconds);
  }
  std::ranges::sort(unchanged);
  fmt::print(
      R"({{"round_s":{:.4f},"observe_s":{:.4f},"list_s":{:.4f},"diff_s":{:.4f},"calls":{},)"
      R"("unchanged_round_s":{:.4f},"unchanged_observe_s":{:.4f},"unchanged_calls":{},)"
      R"("drifts":{},"recounts":{},"segments":{},"rss_before_mb":{:.1f},"rss_after_mb":{:.1f},)"
      R"("rss_peak_mb":{:.1f},"bytes":{}}})"
      "\n",
      first.seconds, first.observe, first.list, first.diff, first.calls, unchanged[2],
      quiet.observe, quiet.calls, first.drifts, first.recounts, segments, before, after, peak,
      client_->stats().bytes_received);
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.size() == 4 && words[0] == "henge") {
    Bench(words[1], std::atoi(words[2].c_str()), std::atoi(words[3].c_str())).run();
    return 0;
  }
  if (words.size() == 4 && words[0] == "limit") {
    return bench::limit(words[1], std::atoi(words[2].c_str()));
  }
  if (words.size() == 3 && words[0] == "ledger") {
    return bench::ledger(words[1], std::atoi(words[2].c_str()));
  }
  fmt::print(stderr, "usage: {} henge|limit URL PIPELINES SEGMENTS, or: {} ledger FILE EVENTS\n",
             argv[0], argv[0]);
  return 1;
}
