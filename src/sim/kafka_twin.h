// A Kafka cluster in memory: partitions with offsets, retention, holes, topics that are made anew.
// It knows no clock; whoever appends says when. Both readers, Druid's twin and the scan's twin,
// read from it.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/druid.h"
#include "model/result.h"
#include "model/time.h"

namespace henge::sim {

enum class TimestampType { log_append_time, create_time };

struct KafkaRecord {
  std::int64_t offset = 0;
  std::int64_t timestamp_ms = -1;    // what consumers see
  Instant appended{};                // when it came into the log, whatever its timestamp says
  std::optional<std::string> value;  // nothing: a tombstone
};

struct KafkaTopic {
  struct Partition {
    std::int64_t start = 0;  // log start
    std::int64_t end = 0;    // next offset: high watermark and last stable offset
    std::deque<KafkaRecord> records;
  };
  std::uint64_t id = 0;  // a topic that is made anew has another one
  TimestampType timestamps = TimestampType::log_append_time;
  std::vector<Partition> partitions;
};

class KafkaTwin {
 public:
  // While false, every question to the cluster fails as unavailable.
  bool reachable = true;
  // Every topic that somebody asks for is there, with this many partitions; 0: it has to be made.
  int partitions_made_on_demand = 0;

  // Errors of all that name a topic: unavailable, not_found.
  void create_topic(const std::string& topic, int partitions, TimestampType timestamps);
  void delete_topic(const std::string& topic);
  // The same name, another topic: a new id, offsets from 0.
  void recreate_topic(const std::string& topic, int partitions);
  // To `total`; never fewer.
  void add_partitions(const std::string& topic, int total);

  // Gives the offset. `create_time_ms` is what the producer says; it counts on topics of CreateTime
  // alone.
  std::int64_t append(const std::string& topic, std::int32_t partition,
                      std::optional<std::string> value, std::int64_t create_time_ms, Instant now);
  // Offsets that no consumer ever sees: transaction markers, aborted records.
  void skip(const std::string& topic, std::int32_t partition, std::int64_t offsets);
  // Retention: what lies before `offset` is gone.
  void delete_before(const std::string& topic, std::int32_t partition, std::int64_t offset);
  // Retention by age, for all partitions of all topics: what was appended before that time is gone.
  void delete_appended_before(Instant time);

  [[nodiscard]] Result<const KafkaTopic*> topic(const std::string& name) const;
  [[nodiscard]] bool has_topic(const std::string& name) const { return topics_.contains(name); }
  [[nodiscard]] Result<PartitionOffsets> starts(const std::string& topic) const;
  [[nodiscard]] Result<PartitionOffsets> ends(const std::string& topic) const;

  // Where a reader is after it has read from `from` what was appended at `until` at the latest, at
  // most `records_max` records; holes are passed over. Before the log's start and behind its end
  // nothing is read and `from` comes back.
  std::int64_t read(const std::string& topic, std::int32_t partition, std::int64_t from,
                    Instant until, std::int64_t records_max,
                    const std::function<void(const KafkaRecord&)>& visit) const;

 private:
  KafkaTopic::Partition& at(const std::string& topic, std::int32_t partition);

  mutable std::map<std::string, KafkaTopic> topics_;
  mutable std::uint64_t ids_ = 0;
};

}  // namespace henge::sim
