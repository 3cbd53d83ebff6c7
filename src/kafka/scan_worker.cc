#include "kafka/scan_worker.h"

#include <fmt/format.h>

#include <algorithm>

namespace henge::kafka {

namespace {

constexpr std::size_t messages_max = 2000;
// A batch of so many means that there is a backlog.
constexpr std::size_t busy_messages = 500;
// How long an idle worker sleeps before it looks whether it shall stop; the stop also wakes it.
constexpr int idle_wait_ms = 500;
// Another thread wrote the records: fetching their bytes some records ahead hides most of the way
// from its cache.
constexpr std::size_t prefetch_distance = 6;
constexpr std::size_t cache_line = 64;
constexpr std::size_t prefetch_bytes_max = 256;

void prefetch(const rd_kafka_message_t& message) {
  const auto* bytes = static_cast<const char*>(message.payload);
  for (std::size_t i = 0; i < std::min(message.len, prefetch_bytes_max); i += cache_line)
    __builtin_prefetch(bytes + i);
}

}  // namespace

ScanWorker::ScanWorker(Owned<rd_kafka_t> consumer, const std::string& topic,
                       scan::Classifier classifier, Limits limits, std::function<void()> wake)
    : consumer_(std::move(consumer)),
      topic_(rd_kafka_topic_new(consumer_.get(), topic.c_str(), nullptr)),
      queue_(rd_kafka_queue_new(consumer_.get())),
      limits_(limits),
      wake_(std::move(wake)),
      classifier_(std::move(classifier)) {
  thread_ = std::thread([this] { run(); });
}

ScanWorker::~ScanWorker() {
  for (const std::int32_t partition : started_) rd_kafka_consume_stop(topic_.get(), partition);
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  room_.notify_all();
  rd_kafka_queue_yield(queue_.get());
  thread_.join();
}

Result<void> ScanWorker::start(std::int32_t partition, std::int64_t offset) {
  {
    const std::scoped_lock lock(mutex_);
    position_of(partition) = offset;
  }
  if (rd_kafka_consume_start_queue(topic_.get(), partition, offset, queue_.get()) != 0) {
    return tl::unexpected<Error>(
        error_of(rd_kafka_last_error(), fmt::format("read partition {}", partition)));
  }
  started_.insert(partition);
  return {};
}

void ScanWorker::stop(std::int32_t partition) {
  if (started_.erase(partition) > 0) rd_kafka_consume_stop(topic_.get(), partition);
}

void ScanWorker::serve() {
  rd_kafka_poll(consumer_.get(), 0);
}

WorkerCut ScanWorker::cut() {
  WorkerCut cut;
  {
    const std::scoped_lock lock(mutex_);
    cut.findings = classifier_.take();
    for (std::size_t p = 0; p < positions_.size(); ++p) {
      if (positions_[p] >= 0) cut.positions[static_cast<std::int32_t>(p)] = positions_[p];
    }
    full_ = false;
    caught_up_ = false;
  }
  room_.notify_all();
  return cut;
}

std::int64_t ScanWorker::position(std::int32_t partition) const {
  const std::scoped_lock lock(mutex_);
  const auto index = static_cast<std::size_t>(partition);
  return index < positions_.size() ? std::max<std::int64_t>(positions_[index], 0) : 0;
}

std::int64_t& ScanWorker::position_of(std::int32_t partition) {
  const auto index = static_cast<std::size_t>(partition);
  if (index >= positions_.size()) {
    positions_.resize(index + 1, -1);
    ends_.resize(index + 1, -1);
  }
  return positions_[index];
}

bool ScanWorker::is_at_all_ends() const {
  for (std::size_t p = 0; p < positions_.size(); ++p) {
    if (positions_[p] >= 0 && positions_[p] != ends_[p] &&
        positions_[p] != fetched_end(static_cast<std::int32_t>(p)))
      return false;
  }
  return true;
}

// librdkafka tells an end only when the broker has let a request for more wait in vain; the answer
// that brought the last records named it already.
std::int64_t ScanWorker::fetched_end(std::int32_t partition) const {
  std::int64_t low = -1;
  std::int64_t high = -1;
  const auto error = rd_kafka_get_watermark_offsets(
      consumer_.get(), rd_kafka_topic_name(topic_.get()), partition, &low, &high);
  return error == RD_KAFKA_RESP_ERR_NO_ERROR ? high : -1;
}

std::vector<PartitionError> ScanWorker::take_errors() {
  const std::scoped_lock lock(mutex_);
  return std::exchange(errors_, {});
}

void ScanWorker::run() {
  std::vector<rd_kafka_message_t*> messages(messages_max);
  while (!stopping_) {
    const std::size_t count = receive(messages);
    if (count > 0) take(messages, count);
    for (std::size_t i = 0; i < count; ++i) rd_kafka_message_destroy(messages[i]);
    if (!full_) continue;
    wake_();
    std::unique_lock lock(mutex_);
    room_.wait(lock, [this] { return !full_ || stopping_; });
  }
}

// What is there already, without waiting for more; else the first message that comes. (librdkafka
// waits the whole time given for a batch to fill up, which would add to the delay of every batch.)
std::size_t ScanWorker::receive(std::vector<rd_kafka_message_t*>& messages) {
  const ssize_t ready =
      rd_kafka_consume_batch_queue(queue_.get(), 0, messages.data(), messages.size());
  if (ready > 0) {
    was_busy_ = was_busy_ || static_cast<std::size_t>(ready) >= busy_messages;
    had_backlog_ = had_backlog_ || was_busy_;
    partition_ = messages[0]->partition;
    return static_cast<std::size_t>(ready);
  }
  if (was_busy_) ask_for_more();
  was_busy_ = false;
  messages[0] = rd_kafka_consume_queue(queue_.get(), idle_wait_ms);
  return messages[0] == nullptr ? 0 : 1;
}

// librdkafka stops fetching while a queue is full, and then looks only once a second whether it has
// been emptied - unless its thread has something else to do. So it is given something: a small
// question, the answer to which is not waited for.
void ScanWorker::ask_for_more() {
  const Owned<rd_kafka_topic_partition_list_t> list(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(list.get(), rd_kafka_topic_name(topic_.get()), partition_)
      ->offset = RD_KAFKA_OFFSET_END;
  rd_kafka_offsets_for_times(consumer_.get(), list.get(), 1);
}

void ScanWorker::take(const std::vector<rd_kafka_message_t*>& messages, std::size_t count) {
  bool is_awaited = false;
  {
    const std::scoped_lock lock(mutex_);
    for (std::size_t i = 0; i < count; ++i) {
      if (i + prefetch_distance < count) prefetch(*messages[i + prefetch_distance]);
      take(*messages[i]);
      // The last of each partition's run: hashing every record would cost too much.
      if (i + 1 == count || messages[i + 1]->partition != messages[i]->partition)
        keep_witness(*messages[i]);
    }
    const scan::Findings& findings = classifier_.findings();
    full_ = findings.text.size() >= limits_.kept_bytes || findings.kept.size() >= limits_.kept_rows;
    if (had_backlog_ && is_at_all_ends()) {
      had_backlog_ = false;
      caught_up_ = true;
    }
    is_awaited = caught_up_ || !errors_.empty();
  }
  if (is_awaited) wake_();
}

namespace {

scan::Record record_of(const rd_kafka_message_t& message) {
  scan::Record record{message.partition, message.offset,
                      rd_kafka_message_timestamp(&message, nullptr), std::nullopt};
  if (message.payload != nullptr)
    record.value.emplace(static_cast<const char*>(message.payload), message.len);
  return record;
}

}  // namespace

void ScanWorker::keep_witness(const rd_kafka_message_t& message) {
  // One that was left over from before a partition was started anew was not taken.
  if (message.err == RD_KAFKA_RESP_ERR_NO_ERROR &&
      position_of(message.partition) == message.offset + 1)
    classifier_.keep_witness(record_of(message));
}

void ScanWorker::take(const rd_kafka_message_t& message) {
  std::int64_t& position = position_of(message.partition);
  if (message.err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
    // Its offset is the next one to be fetched: transaction markers and other holes are behind it.
    position = std::max(position, message.offset);
    ends_[static_cast<std::size_t>(message.partition)] = position;
    return;
  }
  if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    errors_.push_back({message.partition, message.err});
    return;
  }
  // Left over from before a partition was started anew.
  if (message.offset < position) return;
  position = message.offset + 1;
  classifier_.add(record_of(message));
}

}  // namespace henge::kafka
