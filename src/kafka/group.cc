#include "kafka/group.h"

#include <fmt/format.h>

#include "kafka/handles.h"

namespace henge::kafka {

struct Group::Handles {
  std::string name;
  Owned<rd_kafka_t> consumer;

  // It never joined the group: leaving it properly would only wait, long, for a coordinator that
  // may not answer.
  ~Handles() {
    if (consumer) rd_kafka_destroy_flags(consumer.release(), RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
  }
};

Group::Group(std::unique_ptr<Handles> handles) : handles_(std::move(handles)) {}
Group::~Group() = default;

Result<std::unique_ptr<Group>> Group::open(const std::map<std::string, std::string>& properties,
                                           const std::string& group) {
  Properties mine = properties;
  mine["group.id"] = group;
  mine["enable.auto.commit"] = "false";
  mine["enable.auto.offset.store"] = "false";
  TRY(auto conf, make_conf(mine));
  auto handles = std::make_unique<Handles>();
  handles->name = group;
  TRY(handles->consumer, make_consumer(std::move(conf)));
  return std::unique_ptr<Group>(new Group(std::move(handles)));
}

namespace {

bool has_members(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID ||
         code == RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION ||
         code == RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS;
}

Result<void> outcome_of(rd_kafka_resp_err_t code, const std::string& doing) {
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  if (has_members(code))
    return fail(ErrorKind::conflict, doing +
                                         ": the group has consumers of its own; choose another "
                                         "name in spec.stream.mirror.group");
  return tl::unexpected<Error>(error_of(code, doing));
}

}  // namespace

Result<void> Group::commit(const std::string& topic, const Offsets& offsets, Millis deadline) {
  if (offsets.empty()) return {};
  const std::string doing = fmt::format("commit to consumer group '{}'", handles_->name);
  const Owned<rd_kafka_topic_partition_list_t> list(
      rd_kafka_topic_partition_list_new(static_cast<int>(offsets.size())));
  for (const auto& [partition, offset] : offsets)
    rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition)->offset = offset;
  // By way of a queue: the call that waits by itself has no deadline.
  const Owned<rd_kafka_queue_t> queue(rd_kafka_queue_new(handles_->consumer.get()));
  const auto sent =
      rd_kafka_commit_queue(handles_->consumer.get(), list.get(), queue.get(), nullptr, nullptr);
  TRY_VOID(outcome_of(sent, doing));
  const Owned<rd_kafka_event_t> event(
      rd_kafka_queue_poll(queue.get(), static_cast<int>(deadline.count())));
  if (!event)
    return fail(ErrorKind::unavailable,
                fmt::format("{}: no answer within {}", doing, humanize(deadline)));
  TRY_VOID(outcome_of(rd_kafka_event_error(event.get()), doing));
  const rd_kafka_topic_partition_list_t* done = rd_kafka_event_topic_partition_list(event.get());
  for (int i = 0; done != nullptr && i < done->cnt; ++i)
    TRY_VOID(outcome_of(done->elems[i].err,
                        fmt::format("{}, partition {}", doing, done->elems[i].partition)));
  return {};
}

Result<Offsets> Group::committed(const std::string& topic,
                                 const std::vector<std::int32_t>& partitions, Millis deadline) {
  const std::string doing = fmt::format("read consumer group '{}'", handles_->name);
  const Owned<rd_kafka_topic_partition_list_t> list(
      rd_kafka_topic_partition_list_new(static_cast<int>(partitions.size())));
  for (const std::int32_t partition : partitions)
    rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition);
  TRY_VOID(outcome_of(
      rd_kafka_committed(handles_->consumer.get(), list.get(), static_cast<int>(deadline.count())),
      doing));
  Offsets out;
  for (int i = 0; i < list->cnt; ++i) {
    TRY_VOID(outcome_of(list->elems[i].err, doing));
    if (list->elems[i].offset >= 0) out[list->elems[i].partition] = list->elems[i].offset;
  }
  return out;
}

}  // namespace henge::kafka
