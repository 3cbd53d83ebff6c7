#include "daemon/cluster_look.h"

#include <algorithm>

#include "daemon/chunk_look.h"

namespace henge::daemon {
namespace {

// The versions of the specs of the datasource's supervisors.
runtime::Async<std::map<std::string, std::vector<SupervisorVersion>>> ask_histories(
    Doors& shell, std::string datasource, std::vector<SupervisorListing> listed) {
  std::map<std::string, std::vector<SupervisorVersion>> histories;
  for (const SupervisorListing& supervisor : listed) {
    if (supervisor.datasource != datasource) continue;
    CO_TRY(histories[supervisor.id], co_await shell.druid.supervisor_history(supervisor.id));
  }
  co_return histories;
}

// How many partitions the topic has, as the supervisor sees it; 0 where there is none.
runtime::Async<int> ask_partitions(Doors& shell, std::string supervisor) {
  const auto status = co_await shell.druid.supervisor_status(supervisor);
  if (status) co_return status->partitions;
  if (status.error().kind == ErrorKind::not_found) co_return 0;
  co_return tl::unexpected<Error>(status.error());
}

// Chunks that have segments marked unused; asked only where a chunk has no others.
runtime::Async<std::set<Instant>> ask_unused(Doors& shell, Pipeline pipeline,
                                             std::map<Instant, late::Reading> readings) {
  std::set<Instant> unused;
  const bool some_empty = std::ranges::any_of(
      readings, [](const auto& reading) { return reading.second.segments == 0; });
  if (!some_empty) co_return unused;
  const Granularity granularity = pipeline.schema.segment_granularity;
  const Interval all{readings.begin()->first, bucket(granularity, readings.rbegin()->first).end};
  CO_TRY(const auto segments, co_await shell.druid.unused_segments(pipeline.datasource, all));
  for (const Segment& segment : segments)
    unused.insert(bucket(granularity, segment.interval.start).start);
  co_return unused;
}

}  // namespace

runtime::Async<reconcile::ClusterAnswers> ask_cluster(Doors& shell, const Pipeline& pipeline,
                                                      std::vector<Interval> chunks) {
  ports::Druid& druid = shell.druid;
  const std::string datasource = pipeline.datasource;
  reconcile::ClusterAnswers answers;
  CO_TRY(answers.version, co_await druid.version(ports::Service::overlord));
  CO_TRY(answers.supervisors, co_await druid.supervisors());
  CO_TRY(answers.histories, co_await ask_histories(shell, datasource, answers.supervisors));
  CO_TRY(answers.partitions, co_await ask_partitions(shell, supervisor_id(pipeline)));
  // Tasks before locks: a task that takes its lock meanwhile is seen by one of them.
  CO_TRY(answers.tasks, co_await druid.active_tasks(""));
  std::vector<std::string> datasources{datasource};
  CO_TRY(answers.locks, co_await druid.locks(std::move(datasources)));
  CO_TRY(answers.workers, co_await druid.workers());
  CO_TRY(answers.compaction, co_await druid.compaction_configs());
  CO_TRY(answers.rules, co_await druid.rules(datasource));
  std::set<Instant> starts;
  for (const Interval& chunk : chunks) starts.insert(chunk.start);
  if (starts.empty()) co_return answers;
  CO_TRY(answers.readings, co_await look_at_chunks(shell, pipeline, std::move(starts)));
  CO_TRY(answers.unused, co_await ask_unused(shell, pipeline, answers.readings));
  co_return answers;
}

}  // namespace henge::daemon
