// A Druid in memory for tests of the shell: tasks publish when they are told to, answers get lost
// when they are told to.
#pragma once

#include <nlohmann/json.hpp>
#include <set>

#include "ports/druid.h"

namespace henge::daemon {

class FakeDruid : public ports::Druid {
 public:
  enum class Answer { accept, lose_after_accepting, refuse, unavailable };

  Answer next_answer = Answer::accept;
  bool reachable = true;
  bool counts = true;  // else the Broker is away
  std::map<std::string, TaskStatus> tasks;
  std::set<std::string> ghosts;        // over, but taskStatus goes on calling them running
  std::vector<std::string> submitted;  // every POST, repeats included
  bool msq = false;                    // SQL runs as tasks
  std::vector<JsonText> queries;       // of them, those that were SQL
  std::map<Instant, std::vector<std::int64_t>> published;  // rows by segment of each chunk
  SupervisorStatus status;
  int resets = 0;  // of offsets
  std::optional<JsonText> supervisor;
  std::vector<Rule> load_rules{{"loadForever", std::nullopt, "", true, {{"_default_tier", 1}}}};
  Granularity granularity = Granularity::hour;

  void finish(const std::string& id, TaskState state, const std::string& error = "") {
    tasks.at(id).state = state;
    tasks.at(id).error = error;
  }

  ports::Async<std::string> version(ports::Service) override { co_return std::string("33.0.0"); }
  ports::Async<std::optional<JsonText>> supervisor_spec(std::string) override {
    co_return supervisor;
  }
  ports::Async<SupervisorStatus> supervisor_status(std::string) override {
    if (!reachable) co_return fail(ErrorKind::unavailable, "no route to Druid");
    co_return status;
  }
  ports::Async<void> post_supervisor(JsonText spec, Audit) override {
    supervisor = std::move(spec);
    co_return Result<void>{};
  }
  ports::Async<void> suspend_supervisor(std::string, Audit) override { co_return Result<void>{}; }
  ports::Async<void> resume_supervisor(std::string, Audit) override { co_return Result<void>{}; }
  ports::Async<void> terminate_supervisor(std::string, Audit) override {
    supervisor.reset();
    co_return Result<void>{};
  }
  ports::Async<Sample> sample(JsonText) override { co_return Sample{}; }
  ports::Async<std::vector<SupervisorVersion>> supervisor_history(std::string) override {
    co_return std::vector<SupervisorVersion>{};
  }
  ports::Async<std::vector<SupervisorListing>> supervisors() override {
    co_return std::vector<SupervisorListing>{};
  }
  ports::Async<std::vector<TaskLock>> locks(std::vector<std::string>) override {
    co_return std::vector<TaskLock>{};
  }
  ports::Async<std::map<std::string, SegmentDigest>> segment_digests() override {
    co_return std::map<std::string, SegmentDigest>{};
  }
  ports::Async<SegmentTable> segments(std::vector<std::string>) override {
    co_return SegmentTable{};
  }
  ports::Async<std::map<std::string, std::vector<Rule>>> all_rules() override {
    co_return std::map<std::string, std::vector<Rule>>{};
  }
  ports::Async<std::map<std::string, JsonText>> compaction_configs() override {
    co_return std::map<std::string, JsonText>{};
  }
  ports::Async<std::string> overlord_leader() override { co_return std::string("leader"); }
  ports::Async<void> mark_used(std::string, Interval) override { co_return Result<void>{}; }
  ports::Async<void> mark_unused(std::string, Interval interval) override {
    std::erase_if(published, [&](const auto& item) { return interval.contains(item.first); });
    co_return Result<void>{};
  }
  ports::Async<void> reset_offsets(std::string, std::string, PartitionOffsets offsets,
                                   Audit) override {
    if (!reachable) co_return fail(ErrorKind::unavailable, "no route to Druid");
    for (const auto& [partition, offset] : offsets)
      status.lag[partition] = status.latest_offsets[partition] - offset;
    ++resets;
    co_return Result<void>{};
  }
  ports::Async<std::vector<Segment>> unused_segments(std::string, Interval) override {
    co_return std::vector<Segment>{};
  }
  ports::Async<void> set_rules(std::string, std::vector<Rule>, Audit) override {
    co_return Result<void>{};
  }
  ports::Async<void> set_compaction(std::string, JsonText, Audit) override {
    co_return Result<void>{};
  }

  ports::Async<Submitted> submit_task(JsonText payload) override {
    return take(nlohmann::json::parse(payload.text).at("id"), "index_parallel");
  }
  ports::Async<Submitted> take(std::string id, std::string type) {
    submitted.push_back(id);
    if (!reachable || next_answer == Answer::unavailable)
      co_return fail(ErrorKind::unavailable, "connection refused");
    if (next_answer == Answer::refuse) co_return fail(ErrorKind::invalid, "bad spec");
    const bool known = tasks.contains(id);
    if (!known) tasks[id] = {id, id, type, "ds", TaskState::running, "", {}};
    if (next_answer == Answer::lose_after_accepting)
      co_return fail(ErrorKind::unknown_outcome, "answer lost");
    co_return known ? Submitted::already_exists : Submitted::accepted;
  }
  ports::Async<bool> runs_query_tasks() override { co_return msq; }
  ports::Async<Submitted> submit_query(JsonText request) override {
    const auto context = nlohmann::json::parse(request.text).at("context");
    const std::string id = "query-" + context.at("sqlQueryId").get<std::string>();
    queries.push_back(std::move(request));
    return take(id, "query_controller");
  }
  ports::Async<std::map<std::string, TaskStatus>> task_statuses(
      std::vector<std::string> ids) override {
    if (!reachable) co_return fail(ErrorKind::unavailable, "no route to Druid");
    std::map<std::string, TaskStatus> out;
    for (const auto& id : ids)
      if (tasks.contains(id)) out[id] = tasks.at(id);
    co_return out;
  }
  ports::Async<std::vector<TaskStatus>> active_tasks(std::string) override {
    std::vector<TaskStatus> out;
    for (const auto& [id, task] : tasks)
      if (task.state == TaskState::running && !ghosts.contains(id)) out.push_back(task);
    co_return out;
  }
  ports::Async<std::optional<TaskReport>> task_report(std::string) override {
    co_return std::nullopt;
  }
  ports::Async<void> shutdown_task(std::string) override { co_return Result<void>{}; }

  ports::Async<std::vector<Segment>> used_segments(std::string,
                                                   std::vector<Interval> intervals) override {
    if (!reachable) co_return fail(ErrorKind::unavailable, "no route to Druid");
    std::vector<Segment> out;
    each(intervals, [&](Instant chunk, std::size_t i, std::int64_t) {
      out.push_back({name(chunk, i), bucket(granularity, chunk), "1", static_cast<std::int32_t>(i),
                     0, false});
    });
    co_return out;
  }
  ports::Async<std::vector<SegmentRows>> rows_by_segment(std::string, std::string, Granularity,
                                                         std::vector<Interval> intervals) override {
    if (!counts) co_return fail(ErrorKind::unavailable, "no route to the Broker");
    std::vector<SegmentRows> out;
    each(intervals, [&](Instant chunk, std::size_t i, std::int64_t rows) {
      out.push_back({name(chunk, i), chunk, rows});
    });
    co_return out;
  }
  ports::Async<std::vector<Rule>> rules(std::string) override { co_return load_rules; }
  ports::Async<Workers> workers() override { co_return Workers{4, 0, 1}; }
  ports::Async<JsonText> sql(std::string) override { co_return JsonText{"[]"}; }

 private:
  static std::string name(Instant chunk, std::size_t i) {
    return to_iso(chunk) + "_" + std::to_string(i);
  }

  template <typename F>
  void each(const std::vector<Interval>& intervals, F visit) const {
    for (const auto& [chunk, segments] : published)
      for (const auto& interval : intervals)
        if (interval.contains(chunk))
          for (std::size_t i = 0; i < segments.size(); ++i) visit(chunk, i, segments[i]);
  }
};

}  // namespace henge::daemon
