#include "kafka/scanner.h"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "kafka/offsets.h"
#include "kafka/progress.h"
#include "kafka/scan_worker.h"
#include "scan/delta_file.h"

namespace henge::kafka {

namespace {

constexpr Millis retry_delay_min(250);
constexpr Millis retry_delay_max(10'000);
constexpr Millis trouble_repeat(60'000);
constexpr std::size_t kept_rows_max = 200'000;

// Does something again and again, at least `interval` after the last time.
class Pace {
 public:
  explicit Pace(Millis interval) : interval_(interval) {}
  // A clock that was set back makes it due, too.
  [[nodiscard]] bool is_due(Instant now) const {
    return !last_ || now >= *last_ + interval_ || now < *last_;
  }
  void mark(Instant now) { last_ = now; }

 private:
  Millis interval_;
  std::optional<Instant> last_;
};

class Scanner : public ports::TopicScan {
 public:
  Scanner(Pipeline pipeline, ports::TopicScanStart start, ports::TopicScanEvents events,
          ScannerOptions options, const ports::Clock& clock, scan::DeltaWriter writer,
          std::unique_ptr<TopicReader> reader)
      : pipeline_(std::move(pipeline)),
        start_(std::move(start)),
        events_(std::move(events)),
        options_(std::move(options)),
        clock_(clock),
        writer_(std::move(writer)),
        reader_(std::move(reader)) {
    thread_ = std::thread([this] { run(); });
  }

  ~Scanner() override {
    {
      const std::scoped_lock lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_all();
    thread_.join();
  }

  void acknowledge() override {
    {
      const std::scoped_lock lock(mutex_);
      awaiting_ = false;
      nudged_ = true;
    }
    wake_.notify_all();
  }

 private:
  // Waits until the time is over or something happened. False: the scan shall stop.
  bool wait(Millis at_most) {
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, at_most, [this] { return stopping_ || nudged_; });
    nudged_ = false;
    return !stopping_;
  }

  void nudge() {
    {
      const std::scoped_lock lock(mutex_);
      nudged_ = true;
    }
    wake_.notify_all();
  }

  bool is_awaiting() {
    const std::scoped_lock lock(mutex_);
    return awaiting_;
  }

  void run() {
    Millis delay = retry_delay_min;
    while (true) {
      const auto begun = begin();
      if (begun) break;
      report(begun.error());
      if (!wait(delay)) return;
      delay = std::min(delay * 2, retry_delay_max);
    }
    recovered();
    follow();
    end();
  }

  // Partitions, a consumer, its threads.
  Result<void> begin() {
    end();
    progress_ = {};
    TRY(const TopicInfo info, reader_->topic(pipeline_.stream.topic, options_.request_deadline));
    const auto threads = std::clamp<std::size_t>(info.partitions.size(), 1,
                                                 static_cast<std::size_t>(options_.threads));
    const ScanWorker::Limits limits{static_cast<std::size_t>(options_.kept_bytes_max),
                                    kept_rows_max};
    for (std::size_t i = 0; i < threads; ++i) {
      TRY(auto classifier, scan::Classifier::compile(pipeline_));
      TRY(auto conf, make_conf(scan_properties(options_, info.partitions.size())));
      TRY(auto consumer, make_consumer(std::move(conf)));
      workers_.push_back(std::make_unique<ScanWorker>(std::move(consumer), pipeline_.stream.topic,
                                                      std::move(classifier), limits,
                                                      [this] { nudge(); }));
    }
    return take_partitions(info);
  }

  void end() { workers_.clear(); }

  ScanWorker& worker_of(std::int32_t partition) {
    return *workers_[static_cast<std::size_t>(partition) % workers_.size()];
  }

  // Begins with the partitions that are not scanned yet.
  Result<void> take_partitions(const TopicInfo& info) {
    std::vector<std::int32_t> fresh;
    for (const std::int32_t partition : info.partitions) {
      if (!progress_.has(partition)) fresh.push_back(partition);
    }
    if (fresh.empty()) return {};
    std::vector<std::int32_t> unknown;
    for (const std::int32_t partition : fresh) {
      if (!start_.positions.contains(partition)) unknown.push_back(partition);
    }
    Offsets offsets;
    if (!unknown.empty()) {
      TRY(offsets, reader_->offsets(pipeline_.stream.topic, unknown, OffsetEnd::earliest,
                                    options_.request_deadline));
    }
    offsets.insert(start_.positions.begin(), start_.positions.end());
    for (const std::int32_t partition : fresh) {
      const auto floor = start_.arrival_floors.find(partition);
      progress_.add(partition, offsets.at(partition),
                    floor == start_.arrival_floors.end() ? Instant{} : floor->second);
      TRY_VOID(worker_of(partition).start(partition, offsets.at(partition)));
    }
    events_.on_partitions(static_cast<int>(progress_.size()));
    return {};
  }

  void follow() {
    Pace end_check(options_.end_check_interval);
    Pace metadata(options_.metadata_interval);
    Pace batch(options_.batch_interval);
    metadata.mark(clock_.now());
    while (wait(std::min(options_.end_check_interval, options_.batch_interval))) {
      for (const auto& worker : workers_) worker->serve();
      settle(take_worker_errors());
      if (end_check.is_due(clock_.now())) {
        settle(check_ends());
        end_check.mark(clock_.now());
      }
      if (metadata.is_due(clock_.now())) {
        settle(check_partitions());
        metadata.mark(clock_.now());
      }
      const bool is_wanted = std::ranges::any_of(
          workers_, [](const auto& w) { return w->is_full() || w->has_caught_up(); });
      if (!is_awaiting() && (is_wanted || batch.is_due(clock_.now()))) {
        settle(cut());
        batch.mark(clock_.now());
      }
    }
  }

  // The ends are asked for after the clock was read: what was appended before that time lies before
  // them.
  Result<void> check_ends() {
    const Instant asked = clock_.now();
    // Before the question, for the same reason: while it is on its way the scan goes on.
    Positions read;
    for (const std::int32_t partition : progress_.partitions())
      read[partition] = worker_of(partition).position(partition);
    TRY(const Offsets ends, reader_->offsets(pipeline_.stream.topic, progress_.partitions(),
                                             OffsetEnd::latest, options_.request_deadline));
    for (const auto& [partition, end] : ends) {
      const std::int64_t position = read.at(partition);
      if (position > end) {
        return fail(ErrorKind::conflict,
                    fmt::format("topic '{}', partition {}: henge has read to offset {}, but the "
                                "partition ends at {}; "
                                "the topic was deleted and made anew, or cut",
                                pipeline_.stream.topic, partition, position, end));
      }
    }
    progress_.saw_ends(asked, ends);
    recovered();
    return {};
  }

  Result<void> check_partitions() {
    TRY(const TopicInfo info, reader_->topic(pipeline_.stream.topic, options_.request_deadline));
    for (const std::int32_t partition : std::exchange(stalled_, {})) {
      ScanWorker& worker = worker_of(partition);
      TRY_VOID(worker.start(partition, worker.position(partition)));
    }
    return take_partitions(info);
  }

  Result<void> take_worker_errors() {
    Result<void> first;
    for (const auto& worker : workers_) {
      for (const PartitionError& error : worker->take_errors()) {
        auto outcome =
            is_out_of_range(error.code)
                ? start_anew(error.partition)
                : Result<void>(tl::unexpected<Error>(
                      error_of(error.code, fmt::format("read topic '{}', partition {}",
                                                       pipeline_.stream.topic, error.partition))));
        if (first && !outcome) first = std::move(outcome);
      }
    }
    return first;
  }

  static bool is_out_of_range(rd_kafka_resp_err_t code) {
    return code == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET ||
           code == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE;
  }

  // Retention has overtaken the scan, or the partition is not the one it was.
  Result<void> start_anew(std::int32_t partition) {
    TRY(const Offsets starts, reader_->offsets(pipeline_.stream.topic, {partition},
                                               OffsetEnd::earliest, options_.request_deadline));
    const std::int64_t position = worker_of(partition).position(partition);
    const std::int64_t start = starts.at(partition);
    worker_of(partition).stop(partition);
    if (start > position) {
      progress_.lose(partition, start - position);
      TRY_VOID(worker_of(partition).start(partition, start));
      return fail(ErrorKind::conflict,
                  fmt::format("topic '{}', partition {}: offsets {} to {} were deleted by "
                              "retention before henge had read "
                              "them; the scan goes on at {}",
                              pipeline_.stream.topic, partition, position, start - 1, start));
    }
    // Not behind the log, so beyond it: check_ends() tells of that. Asking again at once would
    // change nothing.
    stalled_.push_back(partition);
    return {};
  }

  // Takes what the threads have found, makes it durable and hands it out. What could not be written
  // is kept for the next try.
  Result<void> cut() {
    if (cuts_.empty()) {
      for (const auto& worker : workers_) cuts_.push_back(worker->cut());
    }
    Positions positions;
    std::vector<const scan::Findings*> findings;
    for (const WorkerCut& one : cuts_) {
      positions.insert(one.positions.begin(), one.positions.end());
      findings.push_back(one.findings.get());
    }
    const Instant now = clock_.now();
    progress_.reached(positions);
    auto batch = progress_.batch(findings, positions, now, floors_.is_due(now));
    if (!batch) {
      cuts_.clear();
      return {};
    }
    keep_few_witnesses(*batch, now);
    TRY(batch->extents, writer_.append(findings));
    cuts_.clear();
    floors_.mark(now);
    progress_.handed_out(*batch);
    {
      const std::scoped_lock lock(mutex_);
      awaiting_ = true;
    }
    events_.on_batch(std::move(*batch));
    return {};
  }

  // Batches come once a second; a partition's witness need not be that young.
  void keep_few_witnesses(scan::ScanBatch& batch, Instant now) {
    for (scan::PartitionProgress& p : batch.partitions) {
      if (!p.witness) continue;
      Pace& pace = witnesses_.try_emplace(p.partition, options_.witness_interval).first->second;
      if (pace.is_due(now))
        pace.mark(now);
      else
        p.witness.reset();
    }
  }

  void settle(const Result<void>& outcome) {
    if (!outcome) report(outcome.error());
  }

  // Tells of a trouble when it is new, and once a minute while it lasts.
  void report(const Error& error) {
    const Instant now = clock_.now();
    if (!trouble_since_) trouble_since_ = now;
    if (trouble_ == error && !trouble_told_.is_due(now)) return;
    trouble_ = error;
    trouble_told_.mark(now);
    Error told = error;
    if (now - *trouble_since_ >= Millis(1000))
      told.message += fmt::format(" (for {} now)", humanize(now - *trouble_since_));
    events_.on_trouble(std::move(told));
  }

  void recovered() {
    if (!trouble_since_) return;
    trouble_since_.reset();
    trouble_.reset();
    events_.on_recovered();
  }

  Pipeline pipeline_;
  ports::TopicScanStart start_;
  ports::TopicScanEvents events_;
  ScannerOptions options_;
  const ports::Clock& clock_;
  scan::DeltaWriter writer_;
  std::unique_ptr<TopicReader> reader_;

  // Of the scan's own thread.
  std::vector<std::unique_ptr<ScanWorker>> workers_;
  ScanProgress progress_;
  std::vector<std::int32_t> stalled_;  // partitions whose log ends before what was read of them
  std::vector<WorkerCut> cuts_;        // taken from the threads, not handed out yet
  Pace floors_{options_.progress_interval};
  std::map<std::int32_t, Pace> witnesses_;
  std::optional<Error> trouble_;
  std::optional<Instant> trouble_since_;
  Pace trouble_told_{trouble_repeat};

  std::mutex mutex_;  // guards the rest but the thread
  std::condition_variable wake_;
  bool stopping_ = false;
  bool nudged_ = false;
  bool awaiting_ = false;  // a batch was handed out and is not acknowledged
  std::thread thread_;
};

}  // namespace

std::map<std::string, std::string> scan_properties(const ScannerOptions& options,
                                                   std::size_t partitions) {
  // Per partition, since each has a queue of its own.
  const auto share = options.queue_bytes_max / 1024 /
                     static_cast<std::int64_t>(std::max<std::size_t>(partitions, 1));
  Properties properties{{"fetch.wait.max.ms", "250"},
                        {"fetch.error.backoff.ms", "100"},
                        {"fetch.message.max.bytes", "524288"},
                        {"queued.max.messages.kbytes",
                         fmt::format("{}", std::clamp<std::int64_t>(share, 64, 16 << 10))},
                        {"queued.min.messages", "75000"},
                        {"check.crcs", "true"}};
  for (const auto& [name, value] : options.properties) properties[name] = value;
  properties["isolation.level"] = "read_committed";
  properties["enable.partition.eof"] = "true";
  properties["auto.offset.reset"] = "error";
  properties["enable.auto.commit"] = "false";
  properties["enable.auto.offset.store"] = "false";
  return properties;
}

Result<std::unique_ptr<ports::TopicScan>> open_scan(const Pipeline& pipeline,
                                                    ports::TopicScanStart start,
                                                    ports::TopicScanEvents events,
                                                    ScannerOptions options,
                                                    const ports::Clock& clock) {
  // Mistakes in what the user wrote come out here, before any thread starts.
  TRY_VOID(scan::Classifier::compile(pipeline));
  TRY_VOID(make_conf(scan_properties(options, 1)));
  TRY(auto reader, TopicReader::connect(options.properties));
  const scan::DeltaFolder folder{start.delta_folder, pipeline.name};
  TRY(auto writer, scan::DeltaWriter::open(folder, start.file_ends, options.delta_file_bytes_max));
  return std::unique_ptr<ports::TopicScan>(
      std::make_unique<Scanner>(pipeline, std::move(start), std::move(events), std::move(options),
                                clock, std::move(writer), std::move(reader)));
}

}  // namespace henge::kafka
