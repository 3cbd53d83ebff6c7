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

#include "model/druid.h"
#include "model/granularity.h"
#include "model/pipeline.h"
#include "model/result.h"
#include "model/segment_table.h"
#include "model/time.h"

namespace henge::ports {

template <typename T>
using Async = boost::asio::awaitable<Result<T>>;

enum class Service { overlord, coordinator, broker };
inline const char* to_string(Service service) {
  switch (service) {
    case Service::overlord:
      return "Overlord";
    case Service::coordinator:
      return "Coordinator";
    case Service::broker:
      return "Broker";
  }
  invariant(false, "a service without a name");
  return "";
}

using henge::Audit;
using henge::PartitionOffsets;
using henge::Rule;
using henge::Sample;
using henge::Segment;
using henge::SegmentDigest;
using henge::SegmentRows;
using henge::Submitted;
using henge::SupervisorListing;
using henge::SupervisorStatus;
using henge::SupervisorTask;
using henge::SupervisorVersion;
using henge::TaskLock;
using henge::TaskReport;
using henge::TaskState;
using henge::TaskStatus;
using henge::Workers;

class Druid {
 public:
  virtual ~Druid() = default;

  // Services that failed again and again and are only tried now and then, and how they failed last.
  [[nodiscard]] virtual std::map<Service, std::string> shut() const { return {}; }

  // GET /status of one service. The version may be empty (unpackaged builds).
  virtual Async<std::string> version(Service service) = 0;

  // GET /druid/indexer/v1/supervisor/{id}: the stored spec with the server's defaults; nothing if
  // there is none.
  virtual Async<std::optional<JsonText>> supervisor_spec(std::string id) = 0;
  // not_found if there is none.
  virtual Async<SupervisorStatus> supervisor_status(std::string id) = 0;
  // POST /druid/indexer/v1/supervisor?skipRestartIfUnmodified=true. Blocks up to 80 s while Druid
  // stops the old one (contract 2.2.1). Errors: invalid (Druid refuses the spec), unknown_outcome.
  virtual Async<void> post_supervisor(JsonText spec, Audit audit) = 0;
  // POST .../suspend and .../resume; already in that state is success. Errors: not_found,
  // unknown_outcome.
  virtual Async<void> suspend_supervisor(std::string id, Audit audit) = 0;
  virtual Async<void> resume_supervisor(std::string id, Audit audit) = 0;
  // POST .../resetOffsets: the stored offsets of these partitions become these (contract 2.5.3).
  // Answered before it is done: what is stored has to be observed. Errors: not_found,
  // unknown_outcome.
  virtual Async<void> reset_offsets(std::string id, std::string stream, PartitionOffsets offsets,
                                    Audit audit) = 0;
  // POST .../terminate: the tasks publish, the offsets stay (contract 2.3.5). Errors: not_found,
  // unknown_outcome.
  virtual Async<void> terminate_supervisor(std::string id, Audit audit) = 0;
  // POST /druid/indexer/v1/sampler. Errors: invalid (Druid refuses the spec).
  virtual Async<Sample> sample(JsonText spec) = 0;
  // GET /druid/indexer/v1/supervisor/{id}/history, newest first; empty if there is none.
  virtual Async<std::vector<SupervisorVersion>> supervisor_history(std::string id) = 0;

  // What follows is one call for all datasources (contract 2.7.1, 3.3.8, 5.1, 5.3). Lists leave out
  // what the account may not see (contract 8.6): something that is missing is to be asked for by
  // its name before it is believed.
  virtual Async<std::vector<SupervisorListing>> supervisors() = 0;
  virtual Async<std::vector<TaskLock>> locks(std::vector<std::string> datasources) = 0;
  virtual Async<std::map<std::string, SegmentDigest>> segment_digests() = 0;
  // GET /druid/coordinator/v1/metadata/segments?includeOvershadowedStatus, read as a stream. The
  // Coordinator's snapshot: up to a minute old.
  virtual Async<SegmentTable> segments(std::vector<std::string> datasources) = 0;
  // GET /druid/coordinator/v1/rules: own rules of each datasource, `_default` for the cluster's.
  virtual Async<std::map<std::string, std::vector<Rule>>> all_rules() = 0;
  // GET /druid/coordinator/v1/config/compaction: canonical JSON by datasource.
  virtual Async<std::map<std::string, JsonText>> compaction_configs() = 0;
  // Address of the Overlord that leads. Another one than before: what was read in between may be
  // stale (contract 8.3).
  virtual Async<std::string> overlord_leader() = 0;
  // POST /druid/indexer/v1/datasources/{ds}/markUsed. Nothing to be marked is success, a
  // datasource that Druid does not know included.
  virtual Async<void> mark_used(std::string datasource, Interval interval) = 0;
  // POST /druid/indexer/v1/datasources/{ds}/markUnused: all segments within the interval. They stay
  // in deep storage; mark_used brings them back. Errors: as mark_used.
  virtual Async<void> mark_unused(std::string datasource, Interval interval) = 0;
  // GET /druid/coordinator/v1/metadata/datasources/{ds}/unusedSegments?interval=
  virtual Async<std::vector<Segment>> unused_segments(std::string datasource,
                                                      Interval interval) = 0;
  // POST /druid/coordinator/v1/rules/{ds}; an empty list takes the datasource's own rules away.
  virtual Async<void> set_rules(std::string datasource, std::vector<Rule> rules, Audit audit) = 0;
  // POST or DELETE (empty text) /druid/coordinator/v1/config/compaction[/{ds}].
  virtual Async<void> set_compaction(std::string datasource, JsonText config, Audit audit) = 0;

  // POST /druid/indexer/v1/task. `payload` carries its own id. Repeating the same id never runs it
  // twice. Errors: invalid (Druid refuses the spec), unknown_outcome (sent, no answer), unavailable
  // (not sent, 429, 503).
  virtual Async<Submitted> submit_task(JsonText payload) = 0;
  // GET /druid/v2/sql/task/enabled: whether the Broker takes queries as tasks (MSQ).
  virtual Async<bool> runs_query_tasks() = 0;
  // POST /druid/v2/sql/task. `request` carries context.sqlQueryId, and its task is query-<that>.
  // Repeating the same id never runs it twice. Errors: as submit_task.
  virtual Async<Submitted> submit_query(JsonText request) = 0;
  // POST /druid/indexer/v1/taskStatus: unknown ids are missing; only id, state, error are filled.
  virtual Async<std::map<std::string, TaskStatus>> task_statuses(std::vector<std::string> ids) = 0;
  // GET /druid/indexer/v1/tasks for each not-complete state, of one datasource, or of all if the
  // name is empty.
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
