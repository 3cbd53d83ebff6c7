// The desired state of one datasource, as the pipeline file declares it, after checks and defaults.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/drift.h"
#include "model/granularity.h"
#include "model/lateness.h"
#include "model/time.h"

namespace henge {

// A JSON value in Druid's own shape that henge passes on: canonical text (sorted keys, no white
// space), never re-ordered by a reader.
struct JsonText {
  std::string text;
  bool operator==(const JsonText&) const = default;
  [[nodiscard]] bool empty() const { return text.empty(); }
};

struct TimestampSpec {
  std::string column = "timestamp";
  std::string format = "auto";  // iso, millis, posix, micro, nano, auto, or a Joda pattern
  std::optional<std::string> missing_value;
  bool operator==(const TimestampSpec&) const = default;
};

struct Dimension {
  std::string name;
  std::string type = "string";
  JsonText spec;  // Druid's object form, complete
  bool operator==(const Dimension&) const = default;
};

struct Metric {
  std::string name;
  std::string type;        // Druid's aggregator type
  std::string field_name;  // empty where the aggregator has none
  JsonText spec;
  bool operator==(const Metric&) const = default;
};

struct Transform {
  std::string name;
  JsonText spec;
  bool operator==(const Transform&) const = default;
};

struct Schema {
  TimestampSpec timestamp;
  std::vector<Dimension> dimensions;
  std::vector<Metric>
      metrics;               // as declared, in order; never without a count metric after validation
  std::string count_metric;  // name of the metric of type count
  bool rollup = false;
  Granularity query_granularity = Granularity::none;
  Granularity segment_granularity = Granularity::hour;
  std::vector<Transform> transforms;
  JsonText filter;  // the user's own filter; empty if none
  bool operator==(const Schema&) const = default;
};

enum class InputFormatKind { json, csv, tsv };

struct InputFormat {
  InputFormatKind kind = InputFormatKind::json;
  JsonText spec;  // Druid's object form, complete
  bool operator==(const InputFormat&) const = default;
};

// A consumer property as written; a secret stays a reference until the moment it is used.
// `value` holds ${env:NAME} and ${file:PATH} unresolved, so that plans, ledger, logs and diffs
// never see the secret.
struct Property {
  std::string value;
  bool operator==(const Property&) const = default;
};

struct Stream {
  std::string topic;
  std::map<std::string, Property> consumer_properties;  // must hold bootstrap.servers
  InputFormat input_format;
  int task_count = 1;
  int replicas = 1;
  Millis task_duration = std::chrono::hours(1);
  Millis completion_timeout = std::chrono::minutes(30);
  bool use_earliest_offset = true;
  JsonText tuning_config;  // passthrough; may hold intermediateHandoffPeriod
  std::optional<Millis> intermediate_handoff_period;
  // How far arrival times may run backwards in a partition (CreateTime topics, broker clocks). The
  // watermark waits this much longer.
  Millis arrival_disorder = std::chrono::seconds(5);
  bool operator==(const Stream&) const = default;
};

// The consumer group that shows Druid's committed position to Kafka's tools.
struct Mirror {
  bool enabled = true;
  std::string group;  // henge.<pipeline> where the file names none
  bool operator==(const Mirror&) const = default;
};

struct LatePolicy {
  Millis max_delay = std::chrono::minutes(
      10);  // from a late record's arrival until its repair is submitted, at the most
  std::int64_t rows_min = 10'000;     // this many waiting rows start a repair before max_delay
  std::int64_t rows_max = 2'000'000;  // rows of one repair task at the most
  Millis retention =
      std::chrono::hours(24 * 7);  // how long delta files of repaired records are kept
  bool operator==(const LatePolicy&) const = default;
};

// How far henge can prove a chunk's number of rows.
enum class Proof {
  counted,   // henge evaluates every rule itself; Druid's SUM(count) must equal henge's own number
  reported,  // an expression filter decides in Druid alone; the number is the one Druid's tasks
             // report
};

// Which locks streaming and batch tasks take.
enum class Locks {
  concurrent,  // Druid's concurrent locks: loads go on beside streaming
  exclusive,   // Druid's default: a load needs a window, in which streaming stands
};

struct Pipeline {
  std::string name;
  std::map<std::string, std::string> labels;
  std::string datasource;
  Schema schema;
  Stream stream;
  LatenessRule rule;
  LatePolicy late;
  Mirror mirror;
  JsonText
      append_partitions;  // partitionsSpec of append tasks: dynamic, or empty for Druid's default
  JsonText batch_partitions;       // partitionsSpec of replace tasks
  JsonText compaction_partitions;  // partitionsSpec of compaction
  Proof proof = Proof::counted;
  Locks locks = Locks::concurrent;
  DriftRuleEdits drift;  // over the configuration's
  // When streaming may be made to stand for a load; without any of allow, always but in deny.
  std::vector<MaintenanceWindow> windows;
  bool operator==(const Pipeline&) const = default;
};

// The supervisor's id: Druid's default, the datasource's name.
inline const std::string& supervisor_id(const Pipeline& p) {
  return p.datasource;
}

const char* to_string(InputFormatKind kind);
const char* to_string(Proof proof);

}  // namespace henge
