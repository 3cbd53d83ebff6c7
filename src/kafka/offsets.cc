#include "kafka/offsets.h"

#include <fmt/format.h>

#include <array>
#include <functional>
#include <mutex>
#include <set>

#include "kafka/handles.h"
#include "runtime/clock.h"
#include "scan/witness.h"

namespace henge::kafka {

namespace {

// What librdkafka last had to say of a connection: the reason behind a bare timeout.
struct LastError {
  std::mutex mutex;
  rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR_NO_ERROR;
  std::string text;
};

void note_error(rd_kafka_t*, int code, const char* reason, void* opaque) {
  auto* last = static_cast<LastError*>(opaque);
  if (last == nullptr || code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) return;
  const std::scoped_lock lock(last->mutex);
  last->code = static_cast<rd_kafka_resp_err_t>(code);
  last->text = reason;
}

int milliseconds(Millis d) {
  return static_cast<int>(d.count());
}

}  // namespace

struct TopicReader::Handles {
  std::string brokers;
  LastError last;
  Owned<rd_kafka_t> uncommitted;
  Owned<rd_kafka_t> committed;
  Properties properties;
  Owned<rd_kafka_t> peek;  // for single records; opened when one is asked for

  // Adds what librdkafka knows of the connection, which says more than "timed out".
  Error explain(rd_kafka_t* handle, rd_kafka_resp_err_t code, const std::string& doing,
                Millis deadline) {
    rd_kafka_poll(handle, 0);
    Error error = error_of(code, doing);
    if (error.kind != ErrorKind::unavailable) return error;
    const std::scoped_lock lock(last.mutex);
    if (last.code != RD_KAFKA_RESP_ERR_NO_ERROR) error.kind = error_of(last.code, doing).kind;
    error.message =
        fmt::format("{}: Kafka at {} gave no answer within {}: {}", doing, brokers,
                    humanize(deadline), last.text.empty() ? rd_kafka_err2str(code) : last.text);
    return error;
  }
};

TopicReader::TopicReader(std::unique_ptr<Handles> handles) : handles_(std::move(handles)) {}
TopicReader::~TopicReader() = default;

Result<std::unique_ptr<TopicReader>> TopicReader::connect(
    const std::map<std::string, std::string>& properties) {
  auto handles = std::make_unique<Handles>();
  if (const auto servers = properties.find("bootstrap.servers"); servers != properties.end()) {
    handles->brokers = servers->second;
  }
  handles->properties = properties;
  for (const char* isolation : {"read_uncommitted", "read_committed"}) {
    Properties mine = properties;
    mine["isolation.level"] = isolation;
    TRY(auto conf, make_conf(mine));
    rd_kafka_conf_set_opaque(conf.get(), &handles->last);
    rd_kafka_conf_set_error_cb(conf.get(), &note_error);
    TRY(auto consumer, make_consumer(std::move(conf)));
    (handles->uncommitted ? handles->committed : handles->uncommitted) = std::move(consumer);
  }
  return std::unique_ptr<TopicReader>(new TopicReader(std::move(handles)));
}

Result<TopicInfo> TopicReader::topic(const std::string& name, Millis deadline) {
  const std::string doing = fmt::format("look up topic '{}'", name);
  rd_kafka_t* handle = handles_->uncommitted.get();
  // Asking by a local topic object does not make the broker create the topic.
  Owned<rd_kafka_topic_t> local(rd_kafka_topic_new(handle, name.c_str(), nullptr));
  if (!local) return tl::unexpected<Error>(error_of(rd_kafka_last_error(), doing));
  const rd_kafka_metadata_t* raw = nullptr;
  const auto code = rd_kafka_metadata(handle, 0, local.get(), &raw, milliseconds(deadline));
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
    return tl::unexpected<Error>(handles_->explain(handle, code, doing, deadline));
  const std::unique_ptr<const rd_kafka_metadata_t, DeleteHandle> metadata(raw);
  if (metadata->topic_cnt != 1) return fail(ErrorKind::unavailable, doing + ": an empty answer");
  const rd_kafka_metadata_topic_t& topic = metadata->topics[0];
  if (topic.err != RD_KAFKA_RESP_ERR_NO_ERROR)
    return tl::unexpected<Error>(error_of(topic.err, doing));
  TopicInfo info;
  info.brokers = metadata->broker_cnt;
  if (metadata->broker_cnt > 0) {
    info.broker_first = fmt::format("{}:{}", metadata->brokers[0].host, metadata->brokers[0].port);
  }
  for (int i = 0; i < topic.partition_cnt; ++i) {
    info.partitions.push_back(topic.partitions[i].id);
    if (topic.partitions[i].leader < 0) info.without_leader.push_back(topic.partitions[i].id);
  }
  return info;
}

namespace {

// One ListOffsets request to each leader. `time` is a time, or one of Kafka's two logical ones.
Result<Offsets> list_offsets(rd_kafka_t* handle, const std::string& topic,
                             const std::vector<std::int32_t>& partitions, std::int64_t time,
                             Millis deadline, rd_kafka_resp_err_t& code) {
  const std::string doing = fmt::format("ask for offsets of topic '{}'", topic);
  Owned<rd_kafka_topic_partition_list_t> list(
      rd_kafka_topic_partition_list_new(static_cast<int>(partitions.size())));
  for (const std::int32_t p : partitions)
    rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), p)->offset = time;
  code = rd_kafka_offsets_for_times(handle, list.get(), milliseconds(deadline));
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return tl::unexpected<Error>(error_of(code, doing));
  Offsets offsets;
  for (int i = 0; i < list->cnt; ++i) {
    const auto& one = list->elems[i];
    if (one.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return tl::unexpected<Error>(
          error_of(one.err, fmt::format("{}, partition {}", doing, one.partition)));
    }
    offsets[one.partition] = one.offset;
  }
  return offsets;
}

}  // namespace

Result<Offsets> TopicReader::offsets(const std::string& topic,
                                     const std::vector<std::int32_t>& partitions, OffsetEnd end,
                                     Millis deadline) {
  rd_kafka_t* handle =
      end == OffsetEnd::latest_committed ? handles_->committed.get() : handles_->uncommitted.get();
  const std::int64_t time =
      end == OffsetEnd::earliest ? RD_KAFKA_OFFSET_BEGINNING : RD_KAFKA_OFFSET_END;
  rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR_NO_ERROR;
  auto offsets = list_offsets(handle, topic, partitions, time, deadline, code);
  if (!offsets && code != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return tl::unexpected<Error>(handles_->explain(
        handle, code, fmt::format("ask for offsets of topic '{}'", topic), deadline));
  }
  return offsets;
}

Result<Offsets> TopicReader::offsets_at(const std::string& topic,
                                        const std::vector<std::int32_t>& partitions, Instant at,
                                        Millis deadline) {
  rd_kafka_t* handle = handles_->uncommitted.get();
  rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR_NO_ERROR;
  TRY(auto found, list_offsets(handle, topic, partitions, to_ms(at), deadline, code));
  std::vector<std::int32_t> behind;
  for (const auto& [partition, offset] : found) {
    if (offset < 0) behind.push_back(partition);
  }
  if (behind.empty()) return found;
  TRY(const auto ends, offsets(topic, behind, OffsetEnd::latest, deadline));
  for (const auto& [partition, end] : ends) found[partition] = end;
  return found;
}

Result<void> TopicReader::open_peek() {
  if (handles_->peek) return {};
  Properties mine = handles_->properties;
  // One record is wanted of each partition: little is fetched, and nothing ahead.
  mine["isolation.level"] = "read_uncommitted";
  mine["auto.offset.reset"] = "error";
  mine["enable.auto.commit"] = "false";
  mine["enable.partition.eof"] = "true";
  mine["fetch.wait.max.ms"] = "100";
  mine["fetch.error.backoff.ms"] = "50";
  mine["queued.min.messages"] = "1";
  mine["fetch.message.max.bytes"] = "16384";
  TRY(auto conf, make_conf(mine));
  TRY(handles_->peek, make_consumer(std::move(conf)));
  return {};
}

namespace {

using PeekKey = std::pair<std::int32_t, std::int64_t>;

RecordSeen seen(const rd_kafka_message_t& message) {
  scan::Record record{message.partition, message.offset,
                      rd_kafka_message_timestamp(&message, nullptr), std::nullopt};
  if (message.payload != nullptr)
    record.value.emplace(static_cast<const char*>(message.payload), message.len);
  return {scan::witness_of(record), static_cast<std::int64_t>(message.len + message.key_len)};
}

// Each partition is read at one offset at a time: a second offset of the same one waits for the
// next round.
void peek_once(rd_kafka_t* consumer, const std::string& topic,
               const std::map<std::int32_t, std::int64_t>& at,
               const std::function<int()>& milliseconds_left,
               std::map<PeekKey, RecordSeen>& found) {
  const Owned<rd_kafka_topic_t> local(rd_kafka_topic_new(consumer, topic.c_str(), nullptr));
  const Owned<rd_kafka_queue_t> queue(rd_kafka_queue_new(consumer));
  std::set<std::int32_t> waiting;
  for (const auto& [partition, offset] : at)
    if (rd_kafka_consume_start_queue(local.get(), partition, offset, queue.get()) == 0)
      waiting.insert(partition);
  const std::set<std::int32_t> started = waiting;
  while (!waiting.empty()) {
    const int left = milliseconds_left();
    if (left <= 0) break;
    const Owned<rd_kafka_message_t> message(rd_kafka_consume_queue(queue.get(), left));
    if (!message) break;
    // An error or the partition's end: there is no such record, or none can be had now.
    if (!waiting.contains(message->partition)) continue;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR)
      found[{message->partition, at.at(message->partition)}] = seen(*message);
    waiting.erase(message->partition);
  }
  for (const std::int32_t partition : started) rd_kafka_consume_stop(local.get(), partition);
}

}  // namespace

Result<std::map<PeekKey, RecordSeen>> TopicReader::records(const std::string& topic,
                                                           const std::vector<PeekKey>& wanted,
                                                           Millis deadline) {
  TRY_VOID(open_peek());
  const Millis until = runtime::monotonic_now() + deadline;
  const auto left = [&] { return milliseconds(until - runtime::monotonic_now()); };
  std::map<PeekKey, RecordSeen> found;
  std::vector<PeekKey> rest = wanted;
  while (!rest.empty() && left() > 0) {
    std::map<std::int32_t, std::int64_t> at;
    std::vector<PeekKey> later;
    for (const auto& [partition, offset] : rest)
      if (!at.try_emplace(partition, offset).second) later.emplace_back(partition, offset);
    peek_once(handles_->peek.get(), topic, at, left, found);
    rest = std::move(later);
  }
  return found;
}

Result<std::map<std::string, std::string>> TopicReader::topic_config(const std::string& name,
                                                                     Millis deadline) {
  const std::string doing = fmt::format("read the settings of topic '{}'", name);
  rd_kafka_t* handle = handles_->uncommitted.get();
  const Owned<rd_kafka_queue_t> queue(rd_kafka_queue_new(handle));
  const Owned<rd_kafka_AdminOptions_t> options(
      rd_kafka_AdminOptions_new(handle, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS));
  std::array<char, 256> why{};
  rd_kafka_AdminOptions_set_request_timeout(options.get(), milliseconds(deadline), why.data(),
                                            why.size());
  const Owned<rd_kafka_ConfigResource_t> resource(
      rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, name.c_str()));
  rd_kafka_ConfigResource_t* wanted[] = {resource.get()};
  rd_kafka_DescribeConfigs(handle, wanted, 1, options.get(), queue.get());
  const Owned<rd_kafka_event_t> event(
      rd_kafka_queue_poll(queue.get(), milliseconds(deadline) + 1000));
  const auto* result = event ? rd_kafka_event_DescribeConfigs_result(event.get()) : nullptr;
  if (result == nullptr) {
    return tl::unexpected<Error>(
        handles_->explain(handle, RD_KAFKA_RESP_ERR__TIMED_OUT, doing, deadline));
  }
  if (const auto code = rd_kafka_event_error(event.get()); code != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return tl::unexpected<Error>(handles_->explain(handle, code, doing, deadline));
  }
  std::size_t count = 0;
  const auto* resources = rd_kafka_DescribeConfigs_result_resources(result, &count);
  if (count != 1) return fail(ErrorKind::unavailable, doing + ": an empty answer");
  if (const auto code = rd_kafka_ConfigResource_error(resources[0]);
      code != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return tl::unexpected<Error>(error_of(code, doing));
  }
  std::map<std::string, std::string> config;
  const auto* entries = rd_kafka_ConfigResource_configs(resources[0], &count);
  for (std::size_t i = 0; i < count; ++i) {
    const char* value = rd_kafka_ConfigEntry_value(entries[i]);
    if (value != nullptr) config[rd_kafka_ConfigEntry_name(entries[i])] = value;
  }
  return config;
}

}  // namespace henge::kafka
