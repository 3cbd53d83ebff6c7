// A Druid port that passes everything on: the base of mutants, which change one call.
#pragma once

#include "ports/druid.h"

namespace henge::sim {

class DruidOver : public ports::Druid {
 public:
  explicit DruidOver(ports::Druid& inner) : inner_(inner) {}

  ports::Async<std::string> version(ports::Service service) override {
    return inner_.version(service);
  }
  ports::Async<std::optional<JsonText>> supervisor_spec(std::string id) override {
    return inner_.supervisor_spec(std::move(id));
  }
  ports::Async<SupervisorStatus> supervisor_status(std::string id) override {
    return inner_.supervisor_status(std::move(id));
  }
  ports::Async<void> post_supervisor(JsonText spec, Audit audit) override {
    return inner_.post_supervisor(std::move(spec), std::move(audit));
  }
  ports::Async<void> suspend_supervisor(std::string id, Audit audit) override {
    return inner_.suspend_supervisor(std::move(id), std::move(audit));
  }
  ports::Async<void> resume_supervisor(std::string id, Audit audit) override {
    return inner_.resume_supervisor(std::move(id), std::move(audit));
  }
  ports::Async<void> terminate_supervisor(std::string id, Audit audit) override {
    return inner_.terminate_supervisor(std::move(id), std::move(audit));
  }
  ports::Async<Sample> sample(JsonText spec) override { return inner_.sample(std::move(spec)); }
  ports::Async<std::vector<SupervisorVersion>> supervisor_history(std::string id) override {
    return inner_.supervisor_history(std::move(id));
  }
  ports::Async<std::vector<SupervisorListing>> supervisors() override {
    return inner_.supervisors();
  }
  ports::Async<std::vector<TaskLock>> locks(std::vector<std::string> datasources) override {
    return inner_.locks(std::move(datasources));
  }
  ports::Async<std::map<std::string, SegmentDigest>> segment_digests() override {
    return inner_.segment_digests();
  }
  ports::Async<SegmentTable> segments(std::vector<std::string> datasources) override {
    return inner_.segments(std::move(datasources));
  }
  ports::Async<std::map<std::string, std::vector<Rule>>> all_rules() override {
    return inner_.all_rules();
  }
  ports::Async<std::map<std::string, JsonText>> compaction_configs() override {
    return inner_.compaction_configs();
  }
  ports::Async<std::string> overlord_leader() override { return inner_.overlord_leader(); }
  ports::Async<void> mark_used(std::string datasource, Interval interval) override {
    return inner_.mark_used(std::move(datasource), interval);
  }
  ports::Async<void> mark_unused(std::string datasource, Interval interval) override {
    return inner_.mark_unused(std::move(datasource), interval);
  }
  ports::Async<void> reset_offsets(std::string id, std::string stream, PartitionOffsets offsets,
                                   Audit audit) override {
    return inner_.reset_offsets(std::move(id), std::move(stream), std::move(offsets),
                                std::move(audit));
  }
  ports::Async<std::vector<Segment>> unused_segments(std::string datasource,
                                                     Interval interval) override {
    return inner_.unused_segments(std::move(datasource), interval);
  }
  ports::Async<void> set_rules(std::string datasource, std::vector<Rule> rules,
                               Audit audit) override {
    return inner_.set_rules(std::move(datasource), std::move(rules), std::move(audit));
  }
  ports::Async<void> set_compaction(std::string datasource, JsonText config, Audit audit) override {
    return inner_.set_compaction(std::move(datasource), std::move(config), std::move(audit));
  }
  ports::Async<Submitted> submit_task(JsonText payload) override {
    return inner_.submit_task(std::move(payload));
  }
  ports::Async<bool> runs_query_tasks() override { return inner_.runs_query_tasks(); }
  ports::Async<Submitted> submit_query(JsonText request) override {
    return inner_.submit_query(std::move(request));
  }
  ports::Async<std::map<std::string, TaskStatus>> task_statuses(
      std::vector<std::string> ids) override {
    return inner_.task_statuses(std::move(ids));
  }
  ports::Async<std::vector<TaskStatus>> active_tasks(std::string datasource) override {
    return inner_.active_tasks(std::move(datasource));
  }
  ports::Async<std::optional<TaskReport>> task_report(std::string id) override {
    return inner_.task_report(std::move(id));
  }
  ports::Async<void> shutdown_task(std::string id) override {
    return inner_.shutdown_task(std::move(id));
  }
  ports::Async<std::vector<Segment>> used_segments(std::string datasource,
                                                   std::vector<Interval> intervals) override {
    return inner_.used_segments(std::move(datasource), std::move(intervals));
  }
  ports::Async<std::vector<SegmentRows>> rows_by_segment(std::string datasource,
                                                         std::string count_metric,
                                                         Granularity chunk,
                                                         std::vector<Interval> intervals) override {
    return inner_.rows_by_segment(std::move(datasource), std::move(count_metric), chunk,
                                  std::move(intervals));
  }
  ports::Async<std::vector<Rule>> rules(std::string datasource) override {
    return inner_.rules(std::move(datasource));
  }
  ports::Async<Workers> workers() override { return inner_.workers(); }
  ports::Async<JsonText> sql(std::string query) override { return inner_.sql(std::move(query)); }

 protected:
  ports::Druid& inner_;
};

}  // namespace henge::sim
