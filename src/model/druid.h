// What Druid says of itself, as plain values: the vocabulary of the port and of everything that
// decides on what was observed.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/time.h"

namespace henge {

using PartitionOffsets = std::map<std::int32_t, std::int64_t>;

struct SupervisorTask {
  std::string id;
  PartitionOffsets starting_offsets;
  PartitionOffsets current_offsets;  // readers' positions, refreshed by Druid every
                                     // offsetFetchPeriod; may be absent
  std::optional<Instant> start_time;
};

// GET /druid/indexer/v1/supervisor/{id}/status (contract 2.7.2)
struct SupervisorStatus {
  std::string id;
  std::string datasource;
  std::string stream;
  std::string state;  // RUNNING, SUSPENDED, UNHEALTHY_TASKS, ...
  std::string detailed_state;
  bool suspended = false;
  bool healthy = true;
  Instant generated_at{};
  int partitions = 0;
  std::vector<SupervisorTask> active;
  std::vector<SupervisorTask> publishing;
  PartitionOffsets latest_offsets;
  PartitionOffsets lag;  // minimumLag: latest - highest known position, the stored one if suspended
                         // (contract 2.7.5). Empty, as latest_offsets, for up to 30 s after a start
  std::vector<std::string> recent_errors;
};

enum class TaskState { waiting, pending, running, success, failed };

struct TaskStatus {
  std::string id;
  std::string group_id;
  std::string type;
  std::string datasource;
  TaskState state = TaskState::running;
  std::string error;
  std::optional<Instant> created_at;
};

// What a finished or running task says of itself. Rows are Druid's own counters.
struct TaskReport {
  std::int64_t processed = 0;
  std::int64_t processed_with_error = 0;
  std::int64_t thrown_away = 0;
  std::int64_t unparseable = 0;
  std::optional<std::int64_t> segments_published;
  std::string error;
};

enum class Submitted {
  accepted,
  already_exists,  // the same id was accepted before: adopt it (contract 3.1.2)
};

// A used segment of the metadata store, read at once, overshadowed ones included (contract 5.1.3).
struct Segment {
  std::string id;
  Interval interval;
  std::string version;
  std::int32_t partition = 0;
  std::int64_t size_bytes = 0;
  bool tombstone = false;
};

// What one segment answered to a count query.
struct SegmentRows {
  std::string segment_id;
  Instant chunk{};  // start of the bucket the rows are in
  std::int64_t rows = 0;
};

struct Workers {
  int capacity_total = 0;
  int capacity_used = 0;
  int workers = 0;
};

// One retention rule. Load rules come before drop rules as an operator ordered them; the first that
// covers a chunk decides.
struct Rule {
  std::string type;  // loadForever, loadByInterval, loadByPeriod, dropForever, dropByInterval, ...
  std::optional<Interval> interval;  // of ...ByInterval
  std::string period;                // ISO 8601 of ...ByPeriod, months and years allowed: P1M
  bool include_future = true;        // of ...ByPeriod
  std::map<std::string, std::int64_t> replicants;  // by tier
};

}  // namespace henge
