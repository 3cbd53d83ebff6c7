// Whether a supervisor's consumer fits its topic: Kafka's consumer properties against the measured
// rate, record size and lag. Pure; every advice names the number it rests on.
// Source: Kafka's consumer configuration; what Druid forces is contract 9.4.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/pipeline.h"

namespace henge::offsets {

// What was measured of a topic; what was not is missing, and nothing is said of it.
struct TopicLoad {
  std::optional<int> partitions;
  std::optional<double> records_per_second;  // of all partitions together
  std::optional<double> record_bytes;        // key and value, the mean of a few
  std::optional<std::int64_t> lag;           // records that Druid has not committed
};

enum class AdviceLevel {
  good,     // looked at, and fine
  advice,   // works, and could be better
  warning,  // costs something: throughput, memory, a slot
  wrong,    // the counts can't come out, or Druid ignores it
};

struct Advice {
  std::string property;
  AdviceLevel level = AdviceLevel::good;
  std::string message;  // what is, with its numbers
  std::string todo;     // what to write instead; empty: nothing
  bool operator==(const Advice&) const = default;
};

// One for each property that was looked at, in a fixed order.
std::vector<Advice> check_consumer(const Pipeline& pipeline, const TopicLoad& load);

}  // namespace henge::offsets
