#include "kafka/range_scan.h"

#include <fmt/format.h>

#include <array>
#include <set>

#include "kafka/handles.h"
#include "kafka/scanner.h"
#include "runtime/clock.h"

namespace henge::kafka {

namespace {

constexpr int poll_ms = 200;
constexpr std::size_t messages_max = 1000;

class RangeScan {
 public:
  RangeScan(const Pipeline& pipeline, const Stretches& stretches, const RangeScanOptions& options)
      : pipeline_(pipeline), stretches_(stretches), options_(options) {}

  Result<StretchesFound> run() {
    for (const auto& [partition, stretch] : stretches_)
      if (stretch.from < stretch.to) waiting_.insert(partition);
    if (waiting_.empty()) return found_;
    TRY_VOID(begin());
    Millis last = runtime::monotonic_now();
    while (!waiting_.empty()) {
      if (options_.stopping && options_.stopping())
        return fail(ErrorKind::cancelled, "the stretch was not read to its end");
      TRY(const bool moved, take_some());
      const Millis now = runtime::monotonic_now();
      if (moved) last = now;
      if (now - last >= options_.stalled_after)
        return fail(ErrorKind::unavailable,
                    fmt::format("topic '{}': no record for {} while {} partitions are to be read",
                                pipeline_.stream.topic, humanize(now - last), waiting_.size()));
    }
    TRY_VOID(flush());
    return std::move(found_);
  }

  ~RangeScan() {
    if (!topic_) return;
    for (const auto& [partition, stretch] : stretches_)
      if (stretch.from < stretch.to) rd_kafka_consume_stop(topic_.get(), partition);
  }

 private:
  Result<void> begin() {
    TRY(auto writer,
        scan::DeltaWriter::open(options_.folder, options_.file_ends, scan::delta_file_bytes_max));
    writer_.emplace(std::move(writer));
    for (const auto& [partition, stretch] : stretches_) {
      if (classifiers_.contains(stretch.keep)) continue;
      TRY(auto classifier, scan::Classifier::compile(pipeline_, stretch.keep));
      classifiers_.emplace(stretch.keep, std::move(classifier));
    }
    ScannerOptions scanner;
    scanner.properties = options_.properties;
    TRY(auto conf, make_conf(scan_properties(scanner, stretches_.size())));
    TRY(consumer_, make_consumer(std::move(conf)));
    topic_.reset(rd_kafka_topic_new(consumer_.get(), pipeline_.stream.topic.c_str(), nullptr));
    queue_.reset(rd_kafka_queue_new(consumer_.get()));
    for (const std::int32_t partition : waiting_)
      if (rd_kafka_consume_start_queue(topic_.get(), partition, stretches_.at(partition).from,
                                       queue_.get()) != 0)
        return tl::unexpected<Error>(
            error_of(rd_kafka_last_error(), fmt::format("read partition {}", partition)));
    return {};
  }

  // Whether anything came.
  Result<bool> take_some() {
    std::array<rd_kafka_message_t*, messages_max> messages{};
    const ssize_t count =
        rd_kafka_consume_batch_queue(queue_.get(), poll_ms, messages.data(), messages.size());
    Result<void> taken;
    for (ssize_t i = 0; i < count; ++i) {
      const Owned<rd_kafka_message_t> message(messages[static_cast<std::size_t>(i)]);
      if (taken) taken = take(*message);
    }
    TRY_VOID(taken);
    for (auto& [keep, classifier] : classifiers_)
      if (classifier.findings().text.size() >= options_.kept_bytes_max) TRY_VOID(flush());
    return count > 0;
  }

  Result<void> take(const rd_kafka_message_t& message) {
    if (!waiting_.contains(message.partition)) return {};
    const Stretch& stretch = stretches_.at(message.partition);
    if (message.err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      // All that read_committed readers may see is read; markers may stand behind it.
      waiting_.erase(message.partition);
      return {};
    }
    if (message.err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET ||
        message.err == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE)
      return fail(ErrorKind::conflict,
                  fmt::format("topic '{}', partition {}: offset {} is not in the log any more",
                              pipeline_.stream.topic, message.partition, stretch.from));
    // The others mend themselves, or it stalls.
    if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR || message.offset < stretch.from) return {};
    if (message.offset < stretch.to) {
      scan::Record record{message.partition, message.offset,
                          rd_kafka_message_timestamp(&message, nullptr), std::nullopt};
      if (message.payload != nullptr)
        record.value.emplace(static_cast<const char*>(message.payload), message.len);
      classifiers_.at(stretch.keep).add(record);
    }
    if (message.offset + 1 >= stretch.to) waiting_.erase(message.partition);
    return {};
  }

  Result<void> flush() {
    for (auto& [keep, classifier] : classifiers_) {
      const auto findings = classifier.take();
      found_.records += findings->records;
      const scan::ScanBatch batch = scan::merge({findings.get()});
      for (const auto& [chunk, partitions] : batch.chunks)
        for (const auto& [partition, counts] : partitions)
          add(found_.chunks[chunk][partition], counts);
      TRY(const auto extents, writer_->append({findings.get()}));
      found_.extents.insert(found_.extents.end(), extents.begin(), extents.end());
    }
    return {};
  }

  static void add(scan::RowCounts& to, const scan::RowCounts& more) {
    to.on_time += more.on_time;
    to.late += more.late;
    to.early += more.early;
    to.filtered += more.filtered;
    to.on_time_offset_last = std::max(to.on_time_offset_last, more.on_time_offset_last);
  }

  const Pipeline& pipeline_;
  const Stretches& stretches_;
  const RangeScanOptions& options_;
  std::optional<scan::DeltaWriter> writer_;
  std::map<scan::Keep, scan::Classifier> classifiers_;
  // In this order: the queue goes first, the consumer last.
  Owned<rd_kafka_t> consumer_;
  Owned<rd_kafka_topic_t> topic_;
  Owned<rd_kafka_queue_t> queue_;
  std::set<std::int32_t> waiting_;
  StretchesFound found_;
};

}  // namespace

Result<StretchesFound> scan_stretches(const Pipeline& pipeline, const Stretches& stretches,
                                      const RangeScanOptions& options) {
  return RangeScan(pipeline, stretches, options).run();
}

}  // namespace henge::kafka
