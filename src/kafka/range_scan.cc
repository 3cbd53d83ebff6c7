#include "kafka/range_scan.h"

#include <fmt/format.h>

#include <array>
#include <set>

#include "kafka/handles.h"
#include "kafka/scanner.h"
#include "runtime/clock.h"

namespace henge::kafka {

namespace {

using scan::Stretch;
using scan::Stretches;
using scan::StretchesFound;

constexpr int poll_ms = 200;
constexpr std::size_t messages_max = 1000;

class StretchReader {
 public:
  StretchReader(const std::string& topic, const Stretches& stretches, const StretchOptions& options,
                const std::function<Result<void>(const scan::Record&)>& take)
      : name_(topic), stretches_(stretches), options_(options), take_(take) {
    for (const auto& [partition, stretch] : stretches_)
      if (stretch.from < stretch.to) waiting_.insert(partition);
  }

  ~StretchReader() {
    for (const std::int32_t partition : started_) rd_kafka_consume_stop(topic_.get(), partition);
  }
  StretchReader(const StretchReader&) = delete;
  StretchReader& operator=(const StretchReader&) = delete;

  [[nodiscard]] bool done() const { return waiting_.empty(); }

  Result<void> begin() {
    ScannerOptions scanner;
    scanner.properties = options_.properties;
    TRY(auto conf, make_conf(scan_properties(scanner, stretches_.size())));
    TRY(consumer_, make_consumer(std::move(conf)));
    topic_.reset(rd_kafka_topic_new(consumer_.get(), name_.c_str(), nullptr));
    queue_.reset(rd_kafka_queue_new(consumer_.get()));
    for (const std::int32_t partition : waiting_) {
      if (rd_kafka_consume_start_queue(topic_.get(), partition, stretches_.at(partition).from,
                                       queue_.get()) != 0)
        return tl::unexpected<Error>(
            error_of(rd_kafka_last_error(), fmt::format("read partition {}", partition)));
      started_.insert(partition);
    }
    last_ = runtime::monotonic_now();
    return {};
  }

  Result<void> take_some() {
    if (options_.stopping && options_.stopping())
      return fail(ErrorKind::cancelled, "the stretch was not read to its end");
    std::array<rd_kafka_message_t*, messages_max> messages{};
    const ssize_t count =
        rd_kafka_consume_batch_queue(queue_.get(), poll_ms, messages.data(), messages.size());
    Result<void> taken;
    for (ssize_t i = 0; i < count; ++i) {
      const Owned<rd_kafka_message_t> message(messages[static_cast<std::size_t>(i)]);
      if (taken) taken = take(*message);
    }
    TRY_VOID(taken);
    const Millis now = runtime::monotonic_now();
    if (count > 0) last_ = now;
    if (now - last_ < options_.stalled_after) return {};
    return fail(ErrorKind::unavailable,
                fmt::format("topic '{}': no record for {} while {} partitions are to be read",
                            name_, humanize(now - last_), waiting_.size()));
  }

 private:
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
                              name_, message.partition, stretch.from));
    // The others mend themselves, or it stalls.
    if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR || message.offset < stretch.from) return {};
    if (message.offset < stretch.to) {
      scan::Record record{message.partition, message.offset,
                          rd_kafka_message_timestamp(&message, nullptr), std::nullopt};
      if (message.payload != nullptr)
        record.value.emplace(static_cast<const char*>(message.payload), message.len);
      TRY_VOID(take_(record));
    }
    if (message.offset + 1 >= stretch.to) waiting_.erase(message.partition);
    return {};
  }

  const std::string& name_;
  const Stretches& stretches_;
  const StretchOptions& options_;
  const std::function<Result<void>(const scan::Record&)>& take_;
  // In this order: the queue goes first, the consumer last.
  Owned<rd_kafka_t> consumer_;
  Owned<rd_kafka_topic_t> topic_;
  Owned<rd_kafka_queue_t> queue_;
  std::set<std::int32_t> waiting_;
  std::set<std::int32_t> started_;
  Millis last_{};
};

void add(scan::RowCounts& to, const scan::RowCounts& more) {
  to.on_time += more.on_time;
  to.late += more.late;
  to.early += more.early;
  to.filtered += more.filtered;
  to.on_time_offset_last = std::max(to.on_time_offset_last, more.on_time_offset_last);
}

}  // namespace

Result<void> read_stretches(const std::string& topic, const Stretches& stretches,
                            const StretchOptions& options,
                            const std::function<Result<void>(const scan::Record&)>& take,
                            const std::function<Result<void>()>& after_batch) {
  StretchReader reader(topic, stretches, options, take);
  if (reader.done()) return {};
  TRY_VOID(reader.begin());
  while (!reader.done()) {
    TRY_VOID(reader.take_some());
    TRY_VOID(after_batch());
  }
  return {};
}

Result<StretchesFound> scan_stretches(const Pipeline& pipeline, const Stretches& stretches,
                                      const RangeScanOptions& options) {
  TRY(auto writer,
      scan::DeltaWriter::open(options.folder, options.file_ends, scan::delta_file_bytes_max));
  std::map<scan::Keep, scan::Classifier> classifiers;
  for (const auto& [partition, stretch] : stretches) {
    if (classifiers.contains(stretch.keep)) continue;
    TRY(auto classifier, scan::Classifier::compile(pipeline, stretch.keep));
    classifiers.emplace(stretch.keep, std::move(classifier));
  }
  StretchesFound found;
  const auto take = [&](const scan::Record& record) -> Result<void> {
    classifiers.at(stretches.at(record.partition).keep).add(record);
    return {};
  };
  const auto flush = [&]() -> Result<void> {
    for (auto& [keep, classifier] : classifiers) {
      const auto findings = classifier.take();
      found.records += findings->records;
      const scan::ScanBatch batch = scan::merge({findings.get()});
      for (const auto& [chunk, partitions] : batch.chunks)
        for (const auto& [partition, counts] : partitions)
          add(found.chunks[chunk][partition], counts);
      TRY(const auto extents, writer.append({findings.get()}));
      found.extents.insert(found.extents.end(), extents.begin(), extents.end());
    }
    return {};
  };
  const auto after_batch = [&]() -> Result<void> {
    for (const auto& [keep, classifier] : classifiers)
      if (classifier.findings().text.size() >= options.kept_bytes_max) return flush();
    return {};
  };
  TRY_VOID(read_stretches(pipeline.stream.topic, stretches, options.reading, take, after_batch));
  TRY_VOID(flush());
  return found;
}

}  // namespace henge::kafka
