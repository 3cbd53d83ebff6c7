// One timed pass over a topic for `./dev bench scan`. Prints one JSON object.
// Usage: henge-bench-scan-run raw|henge BROKERS TOPIC FOLDER
// Both read with the same consumer settings and as many threads; `raw` counts records and bytes and
// looks at nothing.
#include <fmt/format.h>
#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "bench_process.h"
#include "kafka/offsets.h"
#include "kafka/scanner.h"
#include "ports/clock.h"

namespace {

using namespace henge;

using Monotonic = std::chrono::steady_clock;

class WallClock : public ports::Clock {
 public:
  [[nodiscard]] Instant now() const override {
    return std::chrono::time_point_cast<Millis>(std::chrono::system_clock::now());
  }
};

struct Pass {
  std::int64_t records = 0;
  std::int64_t late = 0;
  double seconds = 0;
};

kafka::ScannerOptions options_for(const std::string& brokers) {
  kafka::ScannerOptions options;
  options.properties["bootstrap.servers"] = brokers;
  // A run of two seconds should not be measured by when its last batch happens to be cut.
  options.batch_interval = Millis(100);
  return options;
}

Result<kafka::Offsets> ends_of(const std::string& brokers, const std::string& topic) {
  TRY(auto reader, kafka::TopicReader::connect({{"bootstrap.servers", brokers}}));
  TRY(const auto info, reader->topic(topic, Millis(10'000)));
  return reader->offsets(topic, info.partitions, kafka::OffsetEnd::latest, Millis(10'000));
}

// The records and bytes that all threads of a raw pass have seen, and when the last one was.
struct Tally {
  std::int64_t expected = 0;
  std::atomic<std::int64_t> records = 0;
  std::atomic<std::int64_t> bytes = 0;
  std::atomic<std::int64_t> finished_ns = 0;
};

void count_raw(rd_kafka_queue_t* queue, Monotonic::time_point started, Tally& tally) {
  std::vector<rd_kafka_message_t*> messages(2000);
  while (tally.records < tally.expected) {
    auto count = rd_kafka_consume_batch_queue(queue, 0, messages.data(), messages.size());
    if (count <= 0) {
      messages[0] = rd_kafka_consume_queue(queue, 50);
      count = messages[0] == nullptr ? 0 : 1;
    }
    std::int64_t seen = 0;
    std::int64_t size = 0;
    for (ssize_t i = 0; i < count; ++i) {
      const rd_kafka_message_t& message = *messages[static_cast<std::size_t>(i)];
      if (message.err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        ++seen;
        size += static_cast<std::int64_t>(message.len);
      }
      rd_kafka_message_destroy(messages[static_cast<std::size_t>(i)]);
    }
    tally.bytes += size;
    if ((tally.records += seen) == tally.expected && seen > 0) {
      tally.finished_ns = std::chrono::nanoseconds(Monotonic::now() - started).count();
    }
  }
}

Result<Pass> run_raw(const std::string& brokers, const std::string& topic,
                     const kafka::Offsets& ends) {
  const auto options = options_for(brokers);
  const auto started = Monotonic::now();
  std::array<char, 512> why{};
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  for (const auto& [name, value] : kafka::scan_properties(options, ends.size())) {
    if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), why.data(), why.size()) !=
        RD_KAFKA_CONF_OK) {
      return fail(ErrorKind::invalid, why.data());
    }
  }
  rd_kafka_t* consumer = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why.data(), why.size());
  rd_kafka_topic_t* in = rd_kafka_topic_new(consumer, topic.c_str(), nullptr);
  const auto threads = static_cast<std::size_t>(options.threads);
  std::vector<rd_kafka_queue_t*> queues;
  for (std::size_t i = 0; i < threads; ++i) queues.push_back(rd_kafka_queue_new(consumer));
  Tally tally;
  for (const auto& [partition, end] : ends) {
    tally.expected += end;
    rd_kafka_consume_start_queue(in, partition, 0,
                                 queues[static_cast<std::size_t>(partition) % threads]);
  }
  std::vector<std::thread> running;
  for (auto* queue : queues) {
    running.emplace_back([&tally, queue, started] { count_raw(queue, started, tally); });
  }
  for (auto& thread : running) thread.join();
  const Pass pass{tally.records, 0, static_cast<double>(tally.finished_ns) / 1e9};
  for (const auto& [partition, end] : ends) rd_kafka_consume_stop(in, partition);
  for (auto* queue : queues) rd_kafka_queue_destroy(queue);
  rd_kafka_topic_destroy(in);
  rd_kafka_destroy(consumer);
  return pass;
}

Pipeline bench_pipeline(const std::string& topic) {
  Pipeline pipeline;
  pipeline.name = "bench";
  pipeline.schema.timestamp = {"ts", "iso", std::nullopt};
  pipeline.schema.segment_granularity = Granularity::hour;
  pipeline.stream.topic = topic;
  pipeline.rule.lateness = std::chrono::minutes(60);
  return pipeline;
}

// Batches are acknowledged at once: what a ledger takes for a commit is not part of this.
class Collector {
 public:
  explicit Collector(kafka::Offsets ends) : ends_(std::move(ends)) {}

  void take(const scan::ScanBatch& batch) {
    const std::scoped_lock lock(mutex_);
    for (const auto& p : batch.partitions) {
      pass_.records += p.records;
      positions_[p.partition] = p.to;
    }
    for (const auto& [chunk, partitions] : batch.chunks) {
      for (const auto& [partition, counts] : partitions) pass_.late += counts.late;
    }
    done_ = std::ranges::all_of(
        ends_, [&](const auto& end) { return positions_[end.first] >= end.second; });
    if (scan_ != nullptr) scan_->acknowledge();
    changed_.notify_all();
  }
  void fail_with(Error error) {
    const std::scoped_lock lock(mutex_);
    trouble_ = std::move(error);
    changed_.notify_all();
  }
  void opened(ports::TopicScan* scan) {
    const std::scoped_lock lock(mutex_);
    scan_ = scan;
    scan_->acknowledge();
  }
  Result<Pass> wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return done_ || trouble_; });
    if (trouble_) return tl::unexpected<Error>(*trouble_);
    return pass_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  kafka::Offsets ends_;
  std::map<std::int32_t, std::int64_t> positions_;
  ports::TopicScan* scan_ = nullptr;
  Pass pass_;
  bool done_ = false;
  std::optional<Error> trouble_;
};

Result<Pass> run_henge(const std::string& brokers, const std::string& topic,
                       const kafka::Offsets& ends, const std::string& folder) {
  const auto started = Monotonic::now();
  WallClock clock;
  Collector collector(ends);
  ports::TopicScanStart start;
  start.delta_folder = folder;
  ports::TopicScanEvents events;
  events.on_batch = [&](scan::ScanBatch batch) { collector.take(batch); };
  events.on_partitions = [](int) {};
  events.on_trouble = [&](Error error) { collector.fail_with(std::move(error)); };
  events.on_recovered = [] {};
  TRY(const auto scan, kafka::open_scan(bench_pipeline(topic), std::move(start), std::move(events),
                                        options_for(brokers), clock));
  collector.opened(scan.get());
  TRY(Pass pass, collector.wait());
  pass.seconds = std::chrono::duration<double>(Monotonic::now() - started).count();
  return pass;
}

Result<Pass> run(const std::string& mode, const std::string& brokers, const std::string& topic,
                 const std::string& folder) {
  TRY(const auto ends, ends_of(brokers, topic));
  if (mode == "raw") return run_raw(brokers, topic, ends);
  if (mode == "henge") return run_henge(brokers, topic, ends, folder);
  return fail(ErrorKind::invalid, "the mode is raw or henge");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    fmt::print(stderr, "usage: henge-bench-scan-run raw|henge BROKERS TOPIC FOLDER\n");
    return 1;
  }
  const auto pass = run(argv[1], argv[2], argv[3], argv[4]);
  if (!pass) {
    fmt::print(stderr, "{}\n", pass.error().message);
    return 1;
  }
  fmt::print(R"({{"records":{},"late":{},"seconds":{:.3f},"rss_mb":{:.1f},"cpu_seconds":{:.3f}}})"
             "\n",
             pass->records, pass->late, pass->seconds, bench::resident_peak_mb(),
             bench::processor_seconds());
  return 0;
}
