// What Kafka says of a topic, as plain values: what decides on offsets never sees a client.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "model/druid.h"
#include "model/time.h"

namespace henge {

// A record by which its partition is known again: another topic of the same name has another record
// at that offset.
struct Witness {
  std::int64_t offset = 0;
  Instant arrival{};
  std::string hash;  // of its value: XXH3-64, 16 hex digits; a tombstone has the empty text's
  bool operator==(const Witness&) const = default;
};

// The first record at or after the offset that was asked for.
struct RecordSeen {
  Witness record;
  std::int64_t bytes = 0;  // of key and value
  bool operator==(const RecordSeen&) const = default;
};

// One look at a topic. What could not be learned is missing.
struct TopicLook {
  Instant at{};               // before the questions
  PartitionOffsets starts;    // of the logs
  PartitionOffsets ends;      // high watermarks
  Instant since{};            // `at_since`: the first offset that arrived at or after this
  PartitionOffsets at_since;  // the end where nothing did
  // By partition and the offset that was asked for.
  std::map<std::pair<std::int32_t, std::int64_t>, RecordSeen> records;
  std::optional<Millis> retention;              // retention.ms; nothing: for ever, or not known
  std::optional<std::int64_t> retention_bytes;  // of one partition; likewise
};

}  // namespace henge
