// The Druid port of one simulated process: Druid's twin behind the network. Every call is a place
// where the process may die.
#pragma once

#include <functional>
#include <memory>

#include "ports/druid.h"
#include "sim/druid_twin.h"
#include "sim/network.h"

namespace henge::sim {

// One request, as it is sent and as it arrives.
struct Call {
  std::string name;   // of the port's method
  std::string about;  // id of task, supervisor or datasource; empty for all
  std::string bytes;  // what it carries; empty for questions
  bool effect = false;
};

struct CallWatch {
  std::function<void(const Call&)> sent;
  std::function<void(const Call&)> arrived;
  std::function<void(const Call&, const Error&)> failed;
};

class SimDruid final : public ports::Druid {
 public:
  SimDruid(DruidTwin& twin, Network& network, VirtualTime& time, Waits& waits,
           const CallWatch& watch)
      : twin_(twin), network_(network), time_(time), waits_(waits), watch_(watch) {}

  ports::Async<std::string> version(ports::Service service) override;
  ports::Async<std::optional<JsonText>> supervisor_spec(std::string id) override;
  ports::Async<SupervisorStatus> supervisor_status(std::string id) override;
  ports::Async<void> post_supervisor(JsonText spec, Audit audit) override;
  ports::Async<void> suspend_supervisor(std::string id, Audit audit) override;
  ports::Async<void> resume_supervisor(std::string id, Audit audit) override;
  ports::Async<void> terminate_supervisor(std::string id, Audit audit) override;
  ports::Async<Sample> sample(JsonText spec) override;
  ports::Async<std::vector<SupervisorVersion>> supervisor_history(std::string id) override;
  ports::Async<std::vector<SupervisorListing>> supervisors() override;
  ports::Async<std::vector<TaskLock>> locks(std::vector<std::string> datasources) override;
  ports::Async<std::map<std::string, SegmentDigest>> segment_digests() override;
  ports::Async<SegmentTable> segments(std::vector<std::string> datasources) override;
  ports::Async<std::map<std::string, std::vector<Rule>>> all_rules() override;
  ports::Async<std::map<std::string, JsonText>> compaction_configs() override;
  ports::Async<std::string> overlord_leader() override;
  ports::Async<void> mark_used(std::string datasource, Interval interval) override;
  ports::Async<void> mark_unused(std::string datasource, Interval interval) override;
  ports::Async<void> reset_offsets(std::string id, std::string stream, PartitionOffsets offsets,
                                   Audit audit) override;
  ports::Async<std::vector<Segment>> unused_segments(std::string datasource,
                                                     Interval interval) override;
  ports::Async<void> set_rules(std::string datasource, std::vector<Rule> rules,
                               Audit audit) override;
  ports::Async<void> set_compaction(std::string datasource, JsonText config, Audit audit) override;
  ports::Async<Submitted> submit_task(JsonText payload) override;
  ports::Async<bool> runs_query_tasks() override;
  ports::Async<Submitted> submit_query(JsonText request) override;
  ports::Async<std::map<std::string, TaskStatus>> task_statuses(
      std::vector<std::string> ids) override;
  ports::Async<std::vector<TaskStatus>> active_tasks(std::string datasource) override;
  ports::Async<std::optional<TaskReport>> task_report(std::string id) override;
  ports::Async<void> shutdown_task(std::string id) override;
  ports::Async<std::vector<Segment>> used_segments(std::string datasource,
                                                   std::vector<Interval> intervals) override;
  ports::Async<std::vector<SegmentRows>> rows_by_segment(std::string datasource,
                                                         std::string count_metric,
                                                         Granularity chunk,
                                                         std::vector<Interval> intervals) override;
  ports::Async<std::vector<Rule>> rules(std::string datasource) override;
  ports::Async<Workers> workers() override;
  ports::Async<JsonText> sql(std::string query) override;

 private:
  template <typename T>
  ports::Async<T> send(Call call, std::function<Result<T>(DruidTwin&)> work);
  template <typename T>
  void thin_out(std::vector<T>& list);

  DruidTwin& twin_;
  Network& network_;
  VirtualTime& time_;
  Waits& waits_;
  const CallWatch& watch_;  // outlives every process: requests under way tell it, too
};

// The id in a task's payload.
std::string task_id_of(const JsonText& payload);

}  // namespace henge::sim
