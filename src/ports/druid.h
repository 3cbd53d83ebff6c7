// The door to Druid: every call henge makes, in plain values. One real implementation (druid/),
// simulated ones in tests. All calls are safe to repeat except where said. Errors of every call:
// unavailable, denied, cancelled; others are named.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/granularity.h"
#include "model/pipeline.h"
#include "model/result.h"
#include "model/time.h"

namespace henge::ports {

template <typename T>
using Async = boost::asio::awaitable<Result<T>>;

enum class Service { overlord, coordinator, broker };

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
  PartitionOffsets lag;  // minimumLag: latest - highest known position; against the stored offsets
                         // while suspended (contract 2.7.5)
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

struct Rule {
  std::string type;
  std::map<std::string, std::int64_t> replicants;  // by tier
};

class Druid {
 public:
  virtual ~Druid() = default;

  // GET /status of one service. The version may be empty (unpackaged builds).
  virtual Async<std::string> version(Service service) = 0;

  // GET /druid/indexer/v1/supervisor/{id}: the stored spec with the server's defaults; nothing if
  // there is none.
  virtual Async<std::optional<JsonText>> supervisor_spec(std::string id) = 0;
  // not_found if there is none.
  virtual Async<SupervisorStatus> supervisor_status(std::string id) = 0;
  // POST /druid/indexer/v1/supervisor?skipRestartIfUnmodified=true. Blocks up to 80 s while Druid
  // stops the old one (contract 2.2.1). Errors: invalid (Druid refuses the spec), unknown_outcome.
  virtual Async<void> post_supervisor(JsonText spec) = 0;
  // POST .../suspend and .../resume; already in that state is success. Errors: not_found,
  // unknown_outcome.
  virtual Async<void> suspend_supervisor(std::string id) = 0;
  virtual Async<void> resume_supervisor(std::string id) = 0;

  // POST /druid/indexer/v1/task. `payload` carries its own id. Repeating the same id never runs it
  // twice. Errors: invalid (Druid refuses the spec), unknown_outcome (sent, no answer), unavailable
  // (not sent, 429, 503).
  virtual Async<Submitted> submit_task(JsonText payload) = 0;
  // POST /druid/indexer/v1/taskStatus: all ids in one call; unknown ids are missing in the answer.
  virtual Async<std::map<std::string, TaskStatus>> task_statuses(std::vector<std::string> ids) = 0;
  // GET /druid/indexer/v1/tasks for each not-complete state, of one datasource.
  virtual Async<std::vector<TaskStatus>> active_tasks(std::string datasource) = 0;
  // GET /druid/indexer/v1/task/{id}/reports; nothing if there is none (killed tasks have none).
  virtual Async<std::optional<TaskReport>> task_report(std::string id) = 0;
  // POST .../task/{id}/shutdown. Errors: not_found.
  virtual Async<void> shutdown_task(std::string id) = 0;

  // POST /druid/coordinator/v1/metadata/datasources/{ds}/segments?full, body: intervals. Empty if
  // the datasource is unknown.
  virtual Async<std::vector<Segment>> used_segments(std::string datasource,
                                                    std::vector<Interval> intervals) = 0;
  // A native timeseries by segment: sum of the count metric per bucket and answering segment. One
  // query for all intervals. Only segments the Broker can see answer; served by realtime tasks or
  // historicals alike.
  virtual Async<std::vector<SegmentRows>> rows_by_segment(std::string datasource,
                                                          std::string count_metric,
                                                          Granularity chunk,
                                                          std::vector<Interval> intervals) = 0;
  // Retention rules that apply to a datasource, defaults included, in order.
  virtual Async<std::vector<Rule>> rules(std::string datasource) = 0;
  virtual Async<Workers> workers() = 0;
  // POST /druid/v2/sql with resultFormat object: a JSON array of rows.
  virtual Async<JsonText> sql(std::string query) = 0;
};

}  // namespace henge::ports
