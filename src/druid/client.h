// Druid over HTTP: through the Router alone, or with the addresses of Overlord, Coordinator and
// Broker. Lives on one thread, that of the coroutines that call it,
// and goes before their event loop.
#pragma once

#include <memory>
#include <set>

#include "ports/druid.h"
#include "runtime/http_client.h"
#include "runtime/pressure.h"

namespace henge::druid {

struct DruidOptions {
  // The Router (with druid.router.managementProxy.enabled), or each of the others; an own address
  // wins over the Router's.
  std::string router_url;
  std::string overlord_url;
  std::string coordinator_url;
  std::string broker_url;
  std::optional<runtime::BasicAuth> auth;
  std::optional<runtime::TlsOptions> tls;
  // Hosts besides those above that may see the credentials: where a follower redirects to
  // (contract 8.2).
  std::set<std::string> cluster_hosts;
  double calls_per_s_max = 20;
  Millis connect_timeout = std::chrono::seconds(10);
  Millis read_timeout = std::chrono::seconds(30);
  Millis query_timeout = std::chrono::seconds(60);
  // The list of all segments, the slowest answer of all: a million of them are 700 MB.
  Millis segments_timeout = std::chrono::minutes(5);
  // Creating, suspending and resuming block while Druid stops the old tasks' readers, up to 80 s by
  // default (contract 2.2.1).
  Millis supervisor_timeout = std::chrono::seconds(150);
  runtime::RetryPolicy retry;
  runtime::Random random;  // for jitter; nothing: seeded by the machine
  // One for each service: after so many calls in a row without a good answer it is left alone for a
  // while, and calls fail at once. A call is several tries (`retry`).
  runtime::BreakerPolicy breaker{.open_max = std::chrono::seconds(15)};
};

// Supervisor calls that change something are made one at a time: Druid holds one lock for all of
// them (contract 2.2.1).
class DruidClient final : public ports::Druid {
 public:
  // Errors: invalid (no address, or one that can't be parsed).
  static Result<std::unique_ptr<DruidClient>> make(DruidOptions options);
  ~DruidClient() override;

  // GET /status, through the Router /proxy/{overlord,coordinator}/status. The Router hides the
  // Broker: its own version is given for it when there is no address of the Broker.
  ports::Async<std::string> version(ports::Service service) override;
  // GET /druid/indexer/v1/supervisor/{id}
  ports::Async<std::optional<JsonText>> supervisor_spec(std::string id) override;
  // GET /druid/indexer/v1/supervisor/{id}/status (contract 2.7.2)
  ports::Async<ports::SupervisorStatus> supervisor_status(std::string id) override;
  // POST /druid/indexer/v1/supervisor?skipRestartIfUnmodified=true (contract 2.1). Failpoint
  // druid.supervisor.sent.
  ports::Async<void> post_supervisor(JsonText spec, Audit audit) override;
  // POST /druid/indexer/v1/supervisor/{id}/suspend (contract 2.3.1): 400 when it is so already,
  // which is then asked for.
  ports::Async<void> suspend_supervisor(std::string id, Audit audit) override;
  ports::Async<void> resume_supervisor(std::string id, Audit audit) override;
  // POST /druid/indexer/v1/supervisor/{id}/terminate (contract 2.3.5)
  ports::Async<void> terminate_supervisor(std::string id, Audit audit) override;
  // POST /druid/indexer/v1/sampler
  ports::Async<Sample> sample(JsonText spec) override;
  // GET /druid/indexer/v1/supervisor/{id}/history: 404 is an empty one.
  ports::Async<std::vector<SupervisorVersion>> supervisor_history(std::string id) override;

  // GET /druid/indexer/v1/supervisor?full (contract 2.7.1)
  ports::Async<std::vector<SupervisorListing>> supervisors() override;
  // POST /druid/indexer/v1/activeLocks (contract 3.3.8)
  ports::Async<std::vector<TaskLock>> locks(std::vector<std::string> datasources) override;
  // SQL over sys.segments (contract 5.3)
  ports::Async<std::map<std::string, SegmentDigest>> segment_digests() override;
  // GET /druid/coordinator/v1/metadata/segments?includeOvershadowedStatus (contract 5.1.1); a long
  // list of names goes in several calls.
  ports::Async<SegmentTable> segments(std::vector<std::string> datasources) override;
  // GET /druid/coordinator/v1/rules
  ports::Async<std::map<std::string, std::vector<Rule>>> all_rules() override;
  // GET /druid/coordinator/v1/config/compaction (contract 6.3.2)
  ports::Async<std::map<std::string, JsonText>> compaction_configs() override;
  // GET /druid/indexer/v1/leader (contract 8.1)
  ports::Async<std::string> overlord_leader() override;
  // POST /druid/indexer/v1/datasources/{ds}/markUsed (contract 5.4)
  ports::Async<void> mark_used(std::string datasource, Interval interval) override;
  ports::Async<void> mark_unused(std::string datasource, Interval interval) override;
  ports::Async<void> reset_offsets(std::string id, std::string stream, PartitionOffsets offsets,
                                   Audit audit) override;
  // GET /druid/coordinator/v1/metadata/datasources/{ds}/unusedSegments (contract 5.1.4)
  ports::Async<std::vector<Segment>> unused_segments(std::string datasource,
                                                     Interval interval) override;
  // POST /druid/coordinator/v1/rules/{ds}
  ports::Async<void> set_rules(std::string datasource, std::vector<Rule> rules,
                               Audit audit) override;
  // POST /druid/coordinator/v1/config/compaction, DELETE .../{ds}; taking away what is not there is
  // done.
  ports::Async<void> set_compaction(std::string datasource, JsonText config, Audit audit) override;
  // POST /druid/indexer/v1/task (contract 3.1). Failpoint druid.task.sent.
  ports::Async<ports::Submitted> submit_task(JsonText payload) override;
  // GET /druid/v2/sql/task/enabled
  ports::Async<bool> runs_query_tasks() override;
  // POST /druid/v2/sql/task (docs/msq.md). Failpoint druid.query.sent.
  ports::Async<ports::Submitted> submit_query(JsonText request) override;
  // POST /druid/indexer/v1/taskStatus (contract 3.2); more than 10,000 ids go in several calls.
  ports::Async<std::map<std::string, ports::TaskStatus>> task_statuses(
      std::vector<std::string> ids) override;
  // GET /druid/indexer/v1/tasks?state=waiting, pending, running: in the order a task goes, so that
  // none slips through between the calls.
  ports::Async<std::vector<ports::TaskStatus>> active_tasks(std::string datasource) override;
  // GET /druid/indexer/v1/task/{id}/reports (contract 1.5.7)
  ports::Async<std::optional<ports::TaskReport>> task_report(std::string id) override;
  // POST /druid/indexer/v1/task/{id}/shutdown; a finished task is no error (contract 3.2).
  ports::Async<void> shutdown_task(std::string id) override;
  // POST /druid/coordinator/v1/metadata/datasources/{ds}/segments?full (contract 5.1.3)
  ports::Async<std::vector<ports::Segment>> used_segments(std::string datasource,
                                                          std::vector<Interval> intervals) override;
  // POST /druid/v2/ timeseries with bySegment
  ports::Async<std::vector<ports::SegmentRows>> rows_by_segment(
      std::string datasource, std::string count_metric, Granularity chunk,
      std::vector<Interval> intervals) override;
  // GET /druid/coordinator/v1/rules/{ds}?full=true: the datasource's own, then the cluster's.
  ports::Async<std::vector<ports::Rule>> rules(std::string datasource) override;
  // GET /druid/indexer/v1/workers
  ports::Async<ports::Workers> workers() override;
  // POST /druid/v2/sql
  ports::Async<JsonText> sql(std::string query) override;

  [[nodiscard]] std::map<ports::Service, std::string> shut() const override;
  [[nodiscard]] runtime::HttpClientStats stats() const;
  // Ends every call under way; later ones fail: cancelled.
  void stop();

 private:
  struct Impl;
  explicit DruidClient(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace henge::druid
