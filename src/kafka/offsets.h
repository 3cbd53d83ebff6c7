// What Kafka says of a topic: partitions, offsets, settings. Blocking calls with a deadline: run
// them off the event loop.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "model/result.h"
#include "model/time.h"
#include "model/topic.h"

namespace henge::kafka {

using Offsets = std::map<std::int32_t, std::int64_t>;

struct TopicInfo {
  std::vector<std::int32_t> partitions;
  std::vector<std::int32_t> without_leader;
  int brokers = 0;
  std::string broker_first;  // host:port of one broker, as the cluster names it
};

enum class OffsetEnd {
  earliest,          // the log's start
  latest,            // the high watermark: everything that was appended
  latest_committed,  // the last stable offset: where read_committed readers have to stop
};

// A few connections to one cluster, kept open.
class TopicReader {
 public:
  // Does not wait for the network. Errors: invalid - a property that librdkafka does not accept.
  static Result<std::unique_ptr<TopicReader>> connect(
      const std::map<std::string, std::string>& properties);

  TopicReader(const TopicReader&) = delete;
  TopicReader& operator=(const TopicReader&) = delete;
  ~TopicReader();

  // Errors of all: unavailable (says which brokers were tried, and for how long), denied,
  // not_found.
  Result<TopicInfo> topic(const std::string& name, Millis deadline);
  Result<Offsets> offsets(const std::string& topic, const std::vector<std::int32_t>& partitions,
                          OffsetEnd end, Millis deadline);
  // The first offset of each partition whose arrival is at or after `at`; the end where there is
  // none.
  Result<Offsets> offsets_at(const std::string& topic, const std::vector<std::int32_t>& partitions,
                             Instant at, Millis deadline);
  // For each of them the first record at or after that offset, whether its transaction was
  // committed or not; one that is not in the log, or did not come in time, is missing.
  Result<std::map<std::pair<std::int32_t, std::int64_t>, RecordSeen>> records(
      const std::string& topic, const std::vector<std::pair<std::int32_t, std::int64_t>>& wanted,
      Millis deadline);
  // message.timestamp.type, retention.ms, cleanup.policy and the like.
  Result<std::map<std::string, std::string>> topic_config(const std::string& name, Millis deadline);

 private:
  struct Handles;
  Result<void> open_peek();
  explicit TopicReader(std::unique_ptr<Handles> handles);

  std::unique_ptr<Handles> handles_;
};

}  // namespace henge::kafka
