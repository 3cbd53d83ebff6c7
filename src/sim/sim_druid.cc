#include "sim/sim_druid.h"

#include <nlohmann/json.hpp>

#include "druid/druid_json.h"

namespace henge::sim {

using ports::Async;

std::string task_id_of(const JsonText& payload) {
  // Canonical JSON or not, the id stands at the top level.
  const auto parsed = nlohmann::json::parse(payload.text, nullptr, false);
  return parsed.is_object() ? parsed.value("id", "") : "";
}

namespace {

std::string query_id_of(const JsonText& request) {
  return druid::query_task_id(request).value_or("");
}

// The datasource a supervisor's spec is for, which is its id.
std::string supervisor_id_of(const JsonText& spec) {
  const auto parsed = nlohmann::json::parse(spec.text, nullptr, false);
  const auto at = nlohmann::json::json_pointer("/spec/dataSchema/dataSource");
  return parsed.is_object() && parsed.contains(at) ? parsed.at(at).get<std::string>() : "";
}

}  // namespace

template <typename T>
Async<T> SimDruid::send(Call call, std::function<Result<T>(DruidTwin&)> work) {
  const Fate fate = network_.draw();
  if (watch_.sent) watch_.sent(call);
  struct Exchange {
    Call call;
    std::function<Result<T>(DruidTwin&)> work;
    std::optional<Result<T>> answer;
  };
  auto exchange = std::make_shared<Exchange>(Exchange{std::move(call), std::move(work), {}});
  // Nothing of this process: a request under way outlives it.
  auto arrive = [exchange, &twin = twin_, &time = time_, &watch = watch_] {
    twin.advance(time.now());
    if (watch.arrived) watch.arrived(exchange->call);
    auto answer = exchange->work(twin);
    if (!exchange->answer) exchange->answer = std::move(answer);
  };
  if (fate.arrives) time_.after(*fate.arrives, arrive);
  if (fate.again) time_.after(*fate.again, arrive);
  CO_TRY_VOID(co_await waits_.sleep(fate.returns));
  const bool effect = exchange->call.effect;
  if (!fate.answered || !exchange->answer) {
    Error error{ErrorKind::unavailable, "Druid does not answer"};
    if (fate.refused)
      error.message = "503 from a gateway";
    else if (effect)
      error = {ErrorKind::unknown_outcome, "sent, but no answer came"};
    if (watch_.failed) watch_.failed(exchange->call, error);
    co_return tl::unexpected<Error>(std::move(error));
  }
  if (!*exchange->answer && watch_.failed) watch_.failed(exchange->call, exchange->answer->error());
  co_return std::move(*exchange->answer);
}

template <typename T>
void SimDruid::thin_out(std::vector<T>& list) {
  if (network_.conditions.partial_list > 0)
    std::erase_if(list, [this](const T&) { return network_.leaves_out(); });
}

Async<std::string> SimDruid::version(ports::Service service) {
  Call call{"version", "", "", false};
  return send<std::string>(std::move(call),
                           [service](DruidTwin& druid) { return druid.version(service); });
}

Async<std::optional<JsonText>> SimDruid::supervisor_spec(std::string id) {
  Call call{"supervisor_spec", id, "", false};
  return send<std::optional<JsonText>>(std::move(call), [id = std::move(id)](DruidTwin& druid) {
    return druid.supervisor_spec(id);
  });
}

Async<SupervisorStatus> SimDruid::supervisor_status(std::string id) {
  Call call{"supervisor_status", id, "", false};
  return send<SupervisorStatus>(std::move(call), [id = std::move(id)](DruidTwin& druid) {
    return druid.supervisor_status(id);
  });
}

Async<void> SimDruid::post_supervisor(JsonText spec, Audit audit) {
  Call call{"post_supervisor", supervisor_id_of(spec), spec.text, true};
  return send<void>(std::move(call),
                    [spec = std::move(spec), audit = std::move(audit)](DruidTwin& druid) {
                      return druid.post_supervisor(spec, audit);
                    });
}

Async<void> SimDruid::suspend_supervisor(std::string id, Audit audit) {
  Call call{"suspend_supervisor", id, "", true};
  return send<void>(std::move(call),
                    [id = std::move(id), audit = std::move(audit)](DruidTwin& druid) {
                      return druid.suspend_supervisor(id, audit);
                    });
}

Async<void> SimDruid::resume_supervisor(std::string id, Audit audit) {
  Call call{"resume_supervisor", id, "", true};
  return send<void>(std::move(call),
                    [id = std::move(id), audit = std::move(audit)](DruidTwin& druid) {
                      return druid.resume_supervisor(id, audit);
                    });
}

Async<void> SimDruid::terminate_supervisor(std::string id, Audit audit) {
  Call call{"terminate_supervisor", id, "", true};
  return send<void>(std::move(call),
                    [id = std::move(id), audit = std::move(audit)](DruidTwin& druid) {
                      return druid.terminate_supervisor(id, audit);
                    });
}

Async<Sample> SimDruid::sample(JsonText spec) {
  Call call{"sample", "", "", false};
  return send<Sample>(std::move(call),
                      [spec = std::move(spec)](DruidTwin& druid) { return druid.sample(spec); });
}

Async<std::vector<SupervisorVersion>> SimDruid::supervisor_history(std::string id) {
  Call call{"supervisor_history", id, "", false};
  return send<std::vector<SupervisorVersion>>(
      std::move(call),
      [id = std::move(id)](DruidTwin& druid) { return druid.supervisor_history(id); });
}

Async<std::vector<SupervisorListing>> SimDruid::supervisors() {
  Call call{"supervisors", "", "", false};
  CO_TRY(auto list, co_await send<std::vector<SupervisorListing>>(
                        std::move(call), [](DruidTwin& druid) { return druid.supervisors(); }));
  thin_out(list);
  co_return list;
}

Async<std::vector<TaskLock>> SimDruid::locks(std::vector<std::string> datasources) {
  Call call{"locks", "", "", false};
  CO_TRY(auto list,
         co_await send<std::vector<TaskLock>>(std::move(call), [datasources](DruidTwin& druid) {
           return druid.locks(datasources);
         }));
  thin_out(list);
  co_return list;
}

Async<std::map<std::string, SegmentDigest>> SimDruid::segment_digests() {
  Call call{"segment_digests", "", "", false};
  return send<std::map<std::string, SegmentDigest>>(
      std::move(call), [](DruidTwin& druid) { return druid.segment_digests(); });
}

Async<SegmentTable> SimDruid::segments(std::vector<std::string> datasources) {
  Call call{"segments", "", "", false};
  return send<SegmentTable>(std::move(call),
                            [datasources = std::move(datasources)](DruidTwin& druid) {
                              return druid.segments(datasources);
                            });
}

Async<std::map<std::string, std::vector<Rule>>> SimDruid::all_rules() {
  Call call{"all_rules", "", "", false};
  return send<std::map<std::string, std::vector<Rule>>>(
      std::move(call), [](DruidTwin& druid) { return druid.all_rules(); });
}

Async<std::map<std::string, JsonText>> SimDruid::compaction_configs() {
  Call call{"compaction_configs", "", "", false};
  return send<std::map<std::string, JsonText>>(
      std::move(call), [](DruidTwin& druid) { return druid.compaction_configs(); });
}

Async<std::string> SimDruid::overlord_leader() {
  Call call{"overlord_leader", "", "", false};
  return send<std::string>(std::move(call),
                           [](DruidTwin& druid) { return druid.overlord_leader(); });
}

Async<void> SimDruid::mark_used(std::string datasource, Interval interval) {
  Call call{"mark_used", datasource, "", true};
  return send<void>(std::move(call),
                    [datasource = std::move(datasource), interval](DruidTwin& druid) {
                      return druid.mark_used(datasource, interval);
                    });
}

Async<void> SimDruid::mark_unused(std::string datasource, Interval interval) {
  Call call{"mark_unused", datasource, "", true};
  return send<void>(std::move(call),
                    [datasource = std::move(datasource), interval](DruidTwin& druid) {
                      return druid.mark_unused(datasource, interval);
                    });
}

Async<void> SimDruid::reset_offsets(std::string id, std::string /*stream*/,
                                    PartitionOffsets offsets, Audit /*audit*/) {
  Call call{"reset_offsets", id, "", true};
  return send<void>(std::move(call),
                    [id = std::move(id), offsets = std::move(offsets)](DruidTwin& druid) {
                      return druid.reset_offsets(id, offsets);
                    });
}

Async<std::vector<Segment>> SimDruid::unused_segments(std::string datasource, Interval interval) {
  Call call{"unused_segments", datasource, "", false};
  return send<std::vector<Segment>>(
      std::move(call), [datasource = std::move(datasource), interval](DruidTwin& druid) {
        return druid.unused_segments(datasource, interval);
      });
}

Async<void> SimDruid::set_rules(std::string datasource, std::vector<Rule> rules, Audit audit) {
  Call call{"set_rules", datasource, "", true};
  return send<void>(std::move(call), [datasource = std::move(datasource), rules = std::move(rules),
                                      audit = std::move(audit)](DruidTwin& druid) {
    return druid.set_rules(datasource, rules, audit);
  });
}

Async<void> SimDruid::set_compaction(std::string datasource, JsonText config, Audit audit) {
  Call call{"set_compaction", datasource, config.text, true};
  return send<void>(
      std::move(call),
      [datasource = std::move(datasource), config = std::move(config), audit = std::move(audit)](
          DruidTwin& druid) { return druid.set_compaction(datasource, config, audit); });
}

Async<Submitted> SimDruid::submit_task(JsonText payload) {
  Call call{"submit_task", task_id_of(payload), payload.text, true};
  return send<Submitted>(std::move(call), [payload = std::move(payload)](DruidTwin& druid) {
    return druid.submit_task(payload);
  });
}

Async<bool> SimDruid::runs_query_tasks() {
  return send<bool>({"runs_query_tasks", "", "", false},
                    [](DruidTwin& druid) { return druid.runs_query_tasks(); });
}

Async<Submitted> SimDruid::submit_query(JsonText request) {
  Call call{"submit_query", query_id_of(request), request.text, true};
  return send<Submitted>(std::move(call), [request = std::move(request)](DruidTwin& druid) {
    return druid.submit_query(request);
  });
}

Async<std::map<std::string, TaskStatus>> SimDruid::task_statuses(std::vector<std::string> ids) {
  Call call{"task_statuses", "", "", false};
  return send<std::map<std::string, TaskStatus>>(
      std::move(call),
      [ids = std::move(ids)](DruidTwin& druid) { return druid.task_statuses(ids); });
}

Async<std::vector<TaskStatus>> SimDruid::active_tasks(std::string datasource) {
  Call call{"active_tasks", datasource, "", false};
  CO_TRY(auto list,
         co_await send<std::vector<TaskStatus>>(std::move(call), [datasource](DruidTwin& druid) {
           return druid.active_tasks(datasource);
         }));
  thin_out(list);
  co_return list;
}

Async<std::optional<TaskReport>> SimDruid::task_report(std::string id) {
  Call call{"task_report", id, "", false};
  return send<std::optional<TaskReport>>(
      std::move(call), [id = std::move(id)](DruidTwin& druid) { return druid.task_report(id); });
}

Async<void> SimDruid::shutdown_task(std::string id) {
  Call call{"shutdown_task", id, "", true};
  return send<void>(std::move(call),
                    [id = std::move(id)](DruidTwin& druid) { return druid.shutdown_task(id); });
}

Async<std::vector<Segment>> SimDruid::used_segments(std::string datasource,
                                                    std::vector<Interval> intervals) {
  Call call{"used_segments", datasource, "", false};
  return send<std::vector<Segment>>(
      std::move(call),
      [datasource = std::move(datasource), intervals = std::move(intervals)](DruidTwin& druid) {
        return druid.used_segments(datasource, intervals);
      });
}

Async<std::vector<SegmentRows>> SimDruid::rows_by_segment(std::string datasource,
                                                          std::string count_metric,
                                                          Granularity chunk,
                                                          std::vector<Interval> intervals) {
  Call call{"rows_by_segment", datasource, "", false};
  return send<std::vector<SegmentRows>>(
      std::move(call), [datasource = std::move(datasource), count_metric = std::move(count_metric),
                        chunk, intervals = std::move(intervals)](DruidTwin& druid) {
        return druid.rows_by_segment(datasource, count_metric, chunk, intervals);
      });
}

Async<std::vector<Rule>> SimDruid::rules(std::string datasource) {
  Call call{"rules", datasource, "", false};
  return send<std::vector<Rule>>(
      std::move(call),
      [datasource = std::move(datasource)](DruidTwin& druid) { return druid.rules(datasource); });
}

Async<Workers> SimDruid::workers() {
  Call call{"workers", "", "", false};
  return send<Workers>(std::move(call), [](DruidTwin& druid) { return druid.workers(); });
}

Async<JsonText> SimDruid::sql(std::string query) {
  Call call{"sql", "", "", false};
  return send<JsonText>(std::move(call),
                        [query = std::move(query)](DruidTwin& druid) { return druid.sql(query); });
}

}  // namespace henge::sim
