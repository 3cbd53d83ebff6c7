#include "reconcile/cluster_view.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "late/watermark.h"
#include "reconcile/decide.h"
#include "reconcile/load_slots.h"
#include "reconcile/task_owner.h"
#include "reconcile/windows.h"
#include "route/concurrency.h"

namespace henge::reconcile {
namespace {

using nlohmann::json;
using route::ChunkStanding;
using route::ChunkWork;
using route::LockOwner;

struct Parts {
  const ledger::State& ledger;
  const ledger::PipelineState& state;
  const Pipeline& pipeline;
  const ClusterAnswers& answers;
  Instant now;
};

using Path = std::initializer_list<const char*>;

// What a path of names leads to; null where there is nothing, or the text is no JSON.
json value_at(const JsonText& text, Path path) {
  const json parsed = json::parse(text.text, nullptr, false);
  const json* at = &parsed;
  for (const char* name : path) {
    if (!at->is_object()) return {};
    const auto found = at->find(name);
    if (found == at->end()) return {};
    at = &*found;
  }
  return *at;
}
bool flag_at(const JsonText& text, Path path) {
  const json value = value_at(text, path);
  return value == true || value == "true";
}
int number_at(const JsonText& text, Path path, int otherwise) {
  const json value = value_at(text, path);
  return value.is_number_integer() ? value.get<int>() : otherwise;
}

// "33.0.0" -> 33; 0 where it says nothing.
int major_of(const std::string& version) {
  int major = 0;
  std::from_chars(version.data(), version.data() + version.size(), major);
  return major;
}

LockOwner lock_owner(TaskOwner owner) {
  switch (owner) {
    case TaskOwner::henge:
      return LockOwner::henge;
    case TaskOwner::supervisor:
      return LockOwner::stream;
    case TaskOwner::druid:
      return LockOwner::druid;
    case TaskOwner::foreign:
      return LockOwner::foreign;
  }
  return LockOwner::foreign;
}

// Tasks of the datasource's other supervisors are streaming's too.
LockOwner owner_of_group(const Parts& parts, const std::string& group) {
  for (const SupervisorListing& s : parts.answers.supervisors)
    if (s.datasource == parts.pipeline.datasource && group == "index_kafka_" + s.id)
      return LockOwner::stream;
  return lock_owner(owner_of_id(parts.pipeline, parts.state.incarnation, group));
}
LockOwner owner_of_task(const Parts& parts, const TaskStatus& task) {
  const LockOwner owner = lock_owner(owner_of(parts.pipeline, parts.state.incarnation, task));
  return owner == LockOwner::foreign ? owner_of_group(parts, task.group_id) : owner;
}

bool over(const TaskStatus& task) {
  return task.state == TaskState::success || task.state == TaskState::failed;
}

ChunkStanding standing_of(const ledger::ChunkState& chunk) {
  switch (chunk.status) {
    case ledger::ChunkStatus::open:
      return ChunkStanding::open;
    case ledger::ChunkStatus::closed:
      return ChunkStanding::closed;
    case ledger::ChunkStatus::sealed:
      return chunk.waiting.empty() ? ChunkStanding::sealed : ChunkStanding::dirty;
    case ledger::ChunkStatus::uncertain:
      return ChunkStanding::uncertain;
  }
  return ChunkStanding::unknown;
}

// Druid's own compaction holds its locks while it works on a chunk.
const route::LockView* compaction_of(Interval chunk, const std::vector<route::LockView>& locks) {
  for (const route::LockView& view : locks)
    if (view.owner == LockOwner::druid && !view.lock.revoked &&
        view.lock.interval.start < chunk.end && chunk.start < view.lock.interval.end)
      return &view;
  return nullptr;
}

route::ChunkView chunk_view(const Parts& parts, Interval chunk,
                            const std::vector<route::LockView>& locks) {
  route::ChunkView view{.interval = chunk};
  if (const auto known = parts.state.chunks.find(chunk.start); known != parts.state.chunks.end()) {
    view.standing = standing_of(known->second);
    if (!known->second.repair.empty()) {
      view.work = ChunkWork::repair;
      view.work_id = known->second.repair;
    } else if (!known->second.load.empty()) {
      view.work = ChunkWork::load;
      view.work_id = known->second.load;
    }
  }
  if (const auto* lock = compaction_of(chunk, locks); lock && view.work == ChunkWork::none) {
    view.work = ChunkWork::compaction;
    view.work_id = lock->lock.group_id;
  }
  const auto reading = parts.answers.readings.find(chunk.start);
  if (reading != parts.answers.readings.end()) {
    // Segments that nobody answers for hold rows that were not counted.
    if (reading->second.unavailable == 0) view.rows = reading->second.rows;
    view.unused_only = reading->second.segments == 0 && parts.answers.unused.contains(chunk.start);
  }
  view.retained = rules_load(parts.answers.rules, chunk, parts.now);
  return view;
}

std::vector<route::LockView> locks_of(const Parts& parts) {
  std::vector<route::LockView> views;
  for (const TaskLock& lock : parts.answers.locks)
    if (lock.datasource == parts.pipeline.datasource)
      views.push_back({lock, owner_of_group(parts, lock.group_id)});
  return views;
}

// What a person, or another program, lets run on the datasource. A kill task removes only what is
// unused already.
std::vector<route::ForeignTask> foreign_of(const Parts& parts) {
  std::vector<route::ForeignTask> foreign;
  for (const TaskStatus& task : parts.answers.tasks) {
    if (task.datasource != parts.pipeline.datasource || over(task) || task.type == "kill") continue;
    if (owner_of_task(parts, task) != LockOwner::foreign) continue;
    const std::string& id = task.group_id.empty() ? task.id : task.group_id;
    if (std::ranges::find(foreign, id, &route::ForeignTask::id) == foreign.end())
      foreign.push_back({.id = id, .type = task.type});
  }
  return foreign;
}

// Since when all versions of the spec have concurrent locks; nothing where that is not known.
std::optional<Instant> concurrent_since(const ClusterAnswers& answers,
                                        const std::string& supervisor) {
  std::optional<Instant> since;
  const auto history = answers.histories.find(supervisor);
  if (history == answers.histories.end()) return since;
  for (const SupervisorVersion& version : history->second) {
    const auto at = parse_instant(version.version);
    if (version.tombstone || !at || !flag_at(version.spec, {"context", "useConcurrentLocks"}))
      break;
    since = *at;
  }
  return since;
}

bool listed(const ClusterAnswers& answers, const std::string& supervisor) {
  return std::ranges::find(answers.supervisors, supervisor, &SupervisorListing::id) !=
         answers.supervisors.end();
}

route::ConcurrencyProof concurrency_of(const Parts& parts,
                                       const std::vector<route::LockView>& locks) {
  route::Writers writers;
  writers.locks = locks;
  for (const SupervisorListing& s : parts.answers.supervisors) {
    if (s.datasource != parts.pipeline.datasource) continue;
    route::SupervisorWriter writer{
        .id = s.id, .concurrent = flag_at(s.spec, {"context", "useConcurrentLocks"})};
    writer.stored_at = concurrent_since(parts.answers, s.id);
    writer.suspended = s.suspended;
    writers.supervisors.push_back(std::move(writer));
  }
  for (const TaskStatus& task : parts.answers.tasks) {
    if (task.datasource != parts.pipeline.datasource || over(task) || task.type == "kill") continue;
    route::TaskWriter writer{.id = task.id, .group_id = task.group_id};
    writer.owner = owner_of_task(parts, task);
    writer.created_at = task.created_at;
    // henge's own tasks are rendered with what is declared; Druid's compaction has the context that
    // is set.
    if (writer.owner == LockOwner::henge)
      writer.concurrent = parts.pipeline.locks == Locks::concurrent;
    if (writer.owner == LockOwner::druid) continue;
    writers.tasks.push_back(std::move(writer));
  }
  const auto compaction = parts.answers.compaction.find(parts.pipeline.datasource);
  if (compaction != parts.answers.compaction.end())
    writers.compaction_concurrent =
        flag_at(compaction->second, {"taskContext", "useConcurrentLocks"});
  route::ConcurrencyProof proof = prove_concurrent(writers);
  // A list may leave out what the account may not see (contract 8.6).
  const std::string& own = supervisor_id(parts.pipeline);
  if (parts.state.managed() && !listed(parts.answers, own))
    proof = {.proven = false,
             .writers = proof.writers,
             .against = "supervisor " + own + " is declared, and Druid does not show it"};
  return proof;
}

std::optional<Millis> rejection(const JsonText& spec, const char* field) {
  const json period = value_at(spec, {"spec", "ioConfig", field});
  if (!period.is_string()) return std::nullopt;
  const auto fixed = parse_period(period.get<std::string>());
  // One that can't be read is there all the same.
  return fixed ? *fixed : Millis(0);
}

route::StreamView stream_of(const Parts& parts) {
  route::StreamView view;
  for (const SupervisorListing& s : parts.answers.supervisors) {
    if (s.datasource != parts.pipeline.datasource) continue;
    ++view.supervisors;
    view.suspended = view.suspended || s.suspended;
    if (auto period = rejection(s.spec, "lateMessageRejectionPeriod"))
      view.late_rejection_period = period;
    if (auto period = rejection(s.spec, "earlyMessageRejectionPeriod"))
      view.early_rejection_period = period;
  }
  // What henge suspends it also resumes.
  if (parts.state.stand && parts.state.stand->resume) view.suspended = false;
  // A supervisor that is missing comes back, and reads on from where it was.
  if (parts.state.managed()) view.supervisors = std::max(view.supervisors, 1);
  return view;
}

route::Capacity capacity_of(const ClusterAnswers& answers) {
  route::Capacity capacity{.total = answers.workers.capacity_total,
                           .used = answers.workers.capacity_used};
  capacity.queued = static_cast<int>(std::ranges::count_if(answers.tasks, [](const auto& task) {
    return task.state == TaskState::pending || task.state == TaskState::waiting;
  }));
  capacity.kept_for_stream = kept_for_stream(answers.supervisors);
  return capacity;
}

}  // namespace

// While tasks publish, their successors read: a supervisor needs its tasks' slots twice.
int kept_for_stream(const std::vector<SupervisorListing>& supervisors) {
  int kept = 0;
  for (const SupervisorListing& s : supervisors)
    if (!s.suspended)
      kept += number_at(s.spec, {"spec", "ioConfig", "taskCount"}, 1) *
              number_at(s.spec, {"spec", "ioConfig", "replicas"}, 1);
  return kept;
}

route::ClusterView cluster_view(const ledger::State& ledger, const Pipeline& pipeline,
                                const ClusterAnswers& answers, const std::vector<Interval>& chunks,
                                const route::RouteLimits& limits, Instant now) {
  const ledger::PipelineState& state = ledger.pipelines.at(pipeline.name);
  const Parts parts{ledger, state, pipeline, answers, now};
  route::ClusterView view;
  view.druid_major = major_of(answers.version);
  view.locks = locks_of(parts);
  for (const Interval& chunk : chunks) view.chunks.push_back(chunk_view(parts, chunk, view.locks));
  view.watermark = late::event_watermark(state, answers.partitions, pipeline);
  view.foreign_tasks = foreign_of(parts);
  view.concurrency = concurrency_of(parts, view.locks);
  view.stream = stream_of(parts);
  view.windows = {.planned = !pipeline.windows.empty(),
                  .open = windows_allow(pipeline.windows, now),
                  .opens_next = windows_open_at(pipeline.windows, now)};
  view.capacity = capacity_of(answers);
  LoadsUnderWay loads = loads_under_way(ledger, {{pipeline.name, pipeline.datasource}}, limits);
  view.waiting = std::move(loads.waiting);
  view.running = std::move(loads.running);
  view.rows_per_slot_second = measured_rate(state);
  view.deep_storage = {route::Health::State::unknown, "it was not looked at"};
  if (const ledger::Freeze* freeze = ledger::freeze_of(ledger, state)) view.frozen = freeze->reason;
  return view;
}

}  // namespace henge::reconcile
