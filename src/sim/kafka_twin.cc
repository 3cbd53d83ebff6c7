#include "sim/kafka_twin.h"

#include <fmt/format.h>

#include <algorithm>

namespace henge::sim {

void KafkaTwin::create_topic(const std::string& topic, int partitions, TimestampType timestamps) {
  KafkaTopic made;
  made.id = ++ids_;
  made.timestamps = timestamps;
  made.partitions.resize(static_cast<std::size_t>(partitions));
  topics_[topic] = std::move(made);
}

void KafkaTwin::delete_topic(const std::string& topic) {
  topics_.erase(topic);
}

void KafkaTwin::recreate_topic(const std::string& topic, int partitions) {
  const auto known = topics_.find(topic);
  create_topic(topic, partitions,
               known == topics_.end() ? TimestampType::log_append_time : known->second.timestamps);
}

void KafkaTwin::add_partitions(const std::string& topic, int total) {
  auto& partitions = topics_.at(topic).partitions;
  partitions.resize(std::max(partitions.size(), static_cast<std::size_t>(total)));
}

KafkaTopic::Partition& KafkaTwin::at(const std::string& topic, std::int32_t partition) {
  const auto known = topics_.find(topic);
  invariant(known != topics_.end(), "a world appends to topics it has made");
  return known->second.partitions.at(static_cast<std::size_t>(partition));
}

std::int64_t KafkaTwin::append(const std::string& topic, std::int32_t partition,
                               std::optional<std::string> value, std::int64_t create_time_ms,
                               Instant now) {
  auto& log = at(topic, partition);
  const bool by_broker = topics_.at(topic).timestamps == TimestampType::log_append_time;
  log.records.push_back({log.end, by_broker ? to_ms(now) : create_time_ms, now, std::move(value)});
  return log.end++;
}

void KafkaTwin::skip(const std::string& topic, std::int32_t partition, std::int64_t offsets) {
  at(topic, partition).end += offsets;
}

void KafkaTwin::delete_before(const std::string& topic, std::int32_t partition,
                              std::int64_t offset) {
  auto& log = at(topic, partition);
  log.start = std::max(log.start, std::min(offset, log.end));
  while (!log.records.empty() && log.records.front().offset < log.start) log.records.pop_front();
}

void KafkaTwin::delete_appended_before(Instant time) {
  for (auto& [name, topic] : topics_) {
    for (auto& log : topic.partitions) {
      while (!log.records.empty() && log.records.front().appended < time) {
        log.start = log.records.front().offset + 1;
        log.records.pop_front();
      }
    }
  }
}

Result<const KafkaTopic*> KafkaTwin::topic(const std::string& name) const {
  if (!reachable) return fail(ErrorKind::unavailable, "Kafka: no broker answers");
  auto known = topics_.find(name);
  if (known == topics_.end()) {
    if (partitions_made_on_demand == 0)
      return fail(ErrorKind::not_found, fmt::format("topic '{}' does not exist", name));
    KafkaTopic made;
    made.id = ++ids_;
    made.partitions.resize(static_cast<std::size_t>(partitions_made_on_demand));
    known = topics_.emplace(name, std::move(made)).first;
  }
  return &known->second;
}

Result<PartitionOffsets> KafkaTwin::starts(const std::string& topic_name) const {
  TRY(const KafkaTopic* found, topic(topic_name));
  PartitionOffsets out;
  for (std::size_t p = 0; p < found->partitions.size(); ++p)
    out[static_cast<std::int32_t>(p)] = found->partitions[p].start;
  return out;
}

Result<PartitionOffsets> KafkaTwin::ends(const std::string& topic_name) const {
  TRY(const KafkaTopic* found, topic(topic_name));
  PartitionOffsets out;
  for (std::size_t p = 0; p < found->partitions.size(); ++p)
    out[static_cast<std::int32_t>(p)] = found->partitions[p].end;
  return out;
}

std::int64_t KafkaTwin::read(const std::string& topic_name, std::int32_t partition,
                             std::int64_t from, Instant until, std::int64_t records_max,
                             const std::function<void(const KafkaRecord&)>& visit) const {
  const auto known = topics_.find(topic_name);
  if (!reachable || known == topics_.end()) return from;
  const auto index = static_cast<std::size_t>(partition);
  if (index >= known->second.partitions.size()) return from;
  const auto& log = known->second.partitions[index];
  if (from < log.start || from >= log.end) return from;
  auto at = std::ranges::lower_bound(log.records, from, {}, &KafkaRecord::offset);
  std::int64_t next = from;
  for (std::int64_t count = 0; at != log.records.end(); ++at, ++count) {
    if (at->appended > until || count == records_max) return next;
    visit(*at);
    next = at->offset + 1;
  }
  return log.end;
}

}  // namespace henge::sim
