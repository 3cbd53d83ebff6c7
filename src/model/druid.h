// What Druid says of itself, as plain values: the vocabulary of the port and of everything that
// decides on what was observed.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/pipeline.h"
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

// A supervisor as the list of all of them shows it: GET /druid/indexer/v1/supervisor?full (contract
// 2.7.1). One call for all.
struct SupervisorListing {
  std::string id;
  std::string datasource;
  std::string state;  // as in SupervisorStatus
  std::string detailed_state;
  bool suspended = false;
  bool healthy = true;
  JsonText spec;  // with the server's defaults
  bool operator==(const SupervisorListing&) const = default;
};

// One entry of a supervisor's history, newest first (contract 2.7.1). A tombstone ends it.
struct SupervisorVersion {
  std::string version;  // when it was stored, as Druid writes it
  JsonText spec;
  bool tombstone = false;
  bool operator==(const SupervisorVersion&) const = default;
};

enum class LockType { exclusive, shared, append, replace };

// POST /druid/indexer/v1/activeLocks (contract 3.3.8). `group_id` is the task's, or that of the
// task that started it.
struct TaskLock {
  std::string datasource;
  LockType type = LockType::exclusive;
  std::string group_id;
  Interval interval;
  std::string version;
  int priority = 0;
  bool revoked = false;
  bool operator==(const TaskLock&) const = default;
};

// What all segments of a datasource add up to, by SQL over sys.segments (contract 5.3): one query
// for all datasources. Equal digests: the segments need not be listed again.
struct SegmentDigest {
  std::int64_t published = 0;  // used, overshadowed ones included
  std::int64_t overshadowed = 0;
  std::int64_t unavailable = 0;  // published, not overshadowed, to be loaded, and not answering
  std::int64_t realtime = 0;
  std::int64_t size_bytes = 0;
  std::int64_t rows = 0;    // as far as the Broker knows them
  std::string version_max;  // of the published ones
  bool operator==(const SegmentDigest&) const = default;
};

// Who changes something in Druid and why: X-Druid-Author and X-Druid-Comment, kept by Druid's audit
// where it keeps one.
struct Audit {
  std::string author;
  std::string comment;
  bool operator==(const Audit&) const = default;
};

// What the sampler made of a spec and its records (POST /druid/indexer/v1/sampler).
struct Sample {
  std::int64_t rows_read = 0;
  std::int64_t rows_indexed = 0;
  std::vector<std::string> errors;  // of single records, at most a few
  std::int64_t unparseable = 0;     // of rows_read
  bool operator==(const Sample&) const = default;
};

// One retention rule. Load rules come before drop rules as an operator ordered them; the first that
// covers a chunk decides.
struct Rule {
  std::string type;  // loadForever, loadByInterval, loadByPeriod, dropForever, dropByInterval, ...
  std::optional<Interval> interval;  // of ...ByInterval
  std::string period;                // ISO 8601 of ...ByPeriod, months and years allowed: P1M
  bool include_future = true;        // of ...ByPeriod
  std::map<std::string, std::int64_t> replicants;  // by tier
  bool operator==(const Rule&) const = default;
};

}  // namespace henge
