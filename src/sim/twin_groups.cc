// Task groups: from their first task to the end of the last hand-off.
#include <fmt/format.h>

#include <algorithm>

#include "sim/twin_streams.h"

namespace henge::sim {

namespace {

constexpr int stream_priority = 75;
constexpr Millis lock_timeout = std::chrono::minutes(5);
constexpr Millis lock_retry = Millis(1000);
constexpr Millis publish_retry = Millis(10'000);
constexpr Millis refresh_min = std::chrono::minutes(1);

std::string random_letters(Random& random) {
  std::string out;
  for (int i = 0; i < 8; ++i) out += static_cast<char>('a' + random.below(16));
  return out;
}

}  // namespace

TwinGroup* TwinStreams::group(const std::string& id, std::uint64_t number, std::uint64_t attempt) {
  auto& groups = supervisors_.at(id).groups;
  const auto at = std::ranges::find(groups, number, &TwinGroup::number);
  return at == groups.end() || at->attempt != attempt ? nullptr : &*at;
}

void TwinStreams::later(const TwinSupervisor& supervisor, const TwinGroup& of, Millis delay,
                        Step step) {
  cluster_.after(delay, [this, id = supervisor.id, number = of.number, attempt = of.attempt, step] {
    TwinGroup* at = group(id, number, attempt);
    if (at != nullptr) (this->*step)(supervisors_.at(id), *at);
  });
}

void TwinStreams::launch(TwinSupervisor& supervisor, TwinGroup& group_of) {
  ++group_of.attempt;
  group_of.reading_since.reset();
  group_of.blocked_since.reset();
  group_of.totals = {};
  group_of.task = fmt::format("{}_{}", group_of.sequence_name, random_letters(cluster_.random));
  TwinTask task;
  task.id = group_of.task;
  task.group = "index_kafka_" + supervisor.id;
  task.type = "index_kafka";
  task.datasource = supervisor.spec.datasource;
  task.payload = {fmt::format(R"({{"type":"index_kafka","id":"{}","dataSource":"{}",)"
                              R"("ioConfig":{{"taskGroupId":{},"baseSequenceName":"{}"}}}})",
                              task.id, task.datasource, group_of.id, group_of.sequence_name)};
  task.on_assigned = [this, id = supervisor.id, number = group_of.number,
                      attempt = group_of.attempt] {
    if (TwinGroup* at = group(id, number, attempt))
      later(supervisors_.at(id), *at, cluster_.draw(cluster_.settings.times.start),
            &TwinStreams::come_up);
  };
  task.on_killed = [this, id = supervisor.id, number = group_of.number,
                    attempt = group_of.attempt] {
    if (TwinGroup* at = group(id, number, attempt)) task_failed(supervisors_.at(id), *at);
  };
  queue_.add(std::move(task));
}

void TwinStreams::come_up(TwinSupervisor& supervisor, TwinGroup& group_of) {
  // Seen on 33: the timer that moves the rejection bounds gets 0 minutes.
  if (supervisor.spec.task_duration < refresh_min)
    return fail_group(supervisor, group_of, "java.lang.IllegalArgumentException: null");
  group_of.reading_since = cluster_.now;
  group_of.reader_delay = cluster_.draw(cluster_.settings.times.reader_delay);
  if (cluster_.strikes(cluster_.faults.stream_fails_reading)) {
    const Millis at = cluster_.random.between(Millis(100), supervisor.spec.task_duration);
    cluster_.after(at, [this, id = supervisor.id, number = group_of.number,
                        attempt = group_of.attempt] {
      TwinGroup* failing = group(id, number, attempt);
      if (failing != nullptr && failing->phase == TwinGroup::Phase::reading)
        fail_group(supervisors_.at(id), *failing, "java.lang.OutOfMemoryError: Java heap space");
    });
  }
  if (group_of.intermediate_handoff)
    later(supervisor, group_of, *group_of.intermediate_handoff, &TwinStreams::checkpoint);
  later(supervisor, group_of, cluster_.settings.times.handoff_poll, &TwinStreams::poll_handoff);
}

// Up to now, or up to the first row whose chunk is locked by somebody else.
void TwinStreams::read(TwinGroup& group_of) {
  if (group_of.phase != TwinGroup::Phase::reading || !group_of.reading_since) return;
  TwinSequence& sequence = group_of.sequences.back();
  bool blocked = false;
  for (const auto& [partition, offset] : group_of.start)
    blocked = !read_partition(group_of, sequence, partition) || blocked;
  if (!blocked) group_of.blocked_since.reset();
}

bool TwinStreams::read_partition(TwinGroup& group_of, TwinSequence& sequence,
                                 std::int32_t partition) {
  std::int64_t& position = sequence.position[partition];
  std::optional<std::int64_t> blocked_at;
  std::vector<SegmentRow64> rows;
  const Instant until = cluster_.now - group_of.reader_delay;
  const std::int64_t next = cluster_.kafka.read(
      group_of.topic, partition, position, until, std::numeric_limits<std::int64_t>::max(),
      [&](const KafkaRecord& record) {
        if (blocked_at) return;
        rows.clear();
        const RowTotals before = group_of.totals;
        std::optional<std::string_view> value;
        if (record.value) value = *record.value;
        group_of.gate->take(value, record.timestamp_ms, group_of.bounds, group_of.totals,
                            [&](SegmentRow64 row) { rows.push_back(row); });
        if (rows.empty() || place(group_of, sequence, rows)) {
          ++cluster_.stats.rows_read;
          return;
        }
        group_of.totals = before;
        blocked_at = record.offset;
      });
  position = blocked_at.value_or(next);
  return !blocked_at;
}

// False: one of them has no place now; then none was placed.
bool TwinStreams::place(TwinGroup& group_of, TwinSequence& sequence,
                        const std::vector<SegmentRow64>& rows) {
  const auto found = [&](Instant event) -> Allocation* {
    for (const SharedAllocation& one : sequence.allocations)
      if (one->key.generation.interval.contains(event)) return one.get();
    return nullptr;
  };
  const TwinTask* task = queue_.find(group_of.task);
  for (const SegmentRow64& row : rows) {
    if (found(row.event) != nullptr) continue;
    LockRequest request{group_of.gate->datasource(),
                        group_of.task,
                        task->group,
                        group_of.concurrent_locks ? LockType::append : LockType::exclusive,
                        {},
                        stream_priority};
    auto made = cluster_.allocate(request, row.event, group_of.gate->chunk(), group_of.columns);
    if (made && *made) {
      sequence.allocations.push_back(*made);
      cluster_.announce(**made);
      continue;
    }
    if (!group_of.blocked_since) group_of.blocked_since = cluster_.now;
    const bool expired = cluster_.now - *group_of.blocked_since > lock_timeout;
    const bool dies = !made || expired;
    cluster_.after(dies ? Millis(0) : lock_retry,
                   [this, task_id = group_of.task, number = task->number, dies,
                    name = group_of.gate->datasource()] {
                     if (!queue_.is_alive(task_id, number)) return;
                     if (dies)
                       queue_.kill(task_id, "Could not allocate segment: no lock");
                     else
                       catch_up(name);
                   });
    return false;
  }
  for (const SegmentRow64& row : rows) found(row.event)->rows->rows.push_back(row);
  return true;
}

// intermediateHandoffPeriod: what was read so far is published while the task reads on.
void TwinStreams::checkpoint(TwinSupervisor& supervisor, TwinGroup& group_of) {
  if (group_of.phase != TwinGroup::Phase::reading) return;
  read(group_of);
  later(supervisor, group_of, *group_of.intermediate_handoff, &TwinStreams::checkpoint);
  TwinSequence& last = group_of.sequences.back();
  if (last.position == last.start) return;
  last.closed = true;
  last.publish_since = cluster_.now;
  const PartitionOffsets from = last.position;
  group_of.sequences.push_back({last.number + 1, from, from, {}, false, false, {}});
  later(supervisor, group_of, cluster_.draw(cluster_.settings.times.publish),
        &TwinStreams::publish);
}

void TwinStreams::stop_reading(TwinSupervisor& supervisor, TwinGroup& group_of) {
  read(group_of);
  TwinSequence& last = group_of.sequences.back();
  last.closed = true;
  last.publish_since = cluster_.now;
  group_of.phase = TwinGroup::Phase::publishing;
  group_of.end_at_latest = cluster_.now + supervisor.spec.completion_timeout;
  for (const auto& [partition, offset] : last.position) supervisor.next_start[partition] = offset;
  later(supervisor, group_of, cluster_.draw(cluster_.settings.times.publish),
        &TwinStreams::publish);
}

void TwinStreams::publish(TwinSupervisor& supervisor, TwinGroup& group_of) {
  if (!cluster_.is_up(ports::Service::overlord)) {
    const Millis rest = cluster_.up_again(ports::Service::overlord) - cluster_.now;
    return later(supervisor, group_of, rest + Millis(500), &TwinStreams::publish);
  }
  for (TwinSequence& sequence : group_of.sequences) {
    if (sequence.published) continue;
    if (!sequence.closed) return;
    const bool last = &sequence == &group_of.sequences.back();
    if (cluster_.locks.has_revoked(group_of.task))
      return fail_group(supervisor, group_of, "Cannot publish segments: locks were revoked");
    if (last && cluster_.strikes(cluster_.faults.stream_fails_publishing))
      return fail_group(supervisor, group_of, "java.io.IOException: No space left on device");
    switch (commit(supervisor.id, sequence)) {
      case Commit::done:
        break;
      case Commit::wait:
        if (cluster_.now - sequence.publish_since > cluster_.settings.times.publish_retries)
          return fail_group(supervisor, group_of, "Failed to publish: the predecessor is missing");
        return later(supervisor, group_of, publish_retry, &TwinStreams::publish);
      case Commit::diverged:
        return fail_group(supervisor, group_of,
                          "Inconsistent metadata state. This can happen if you update input topic "
                          "in a spec without changing the supervisor name.");
    }
    if (last && cluster_.strikes(cluster_.faults.stream_fails_after_publish))
      return fail_group(supervisor, group_of, "The worker was lost");
  }
  if (group_of.phase != TwinGroup::Phase::publishing) return;
  // Without rows there is no hand-off to wait for.
  const bool rows = std::ranges::any_of(
      group_of.sequences, [](const TwinSequence& one) { return !one.allocations.empty(); });
  if (!rows) poll_handoff(supervisor, group_of);
}

// Segments and offsets in one transaction; the stored offsets must be where the sequence starts
// (contract 1.6.1).
TwinStreams::Commit TwinStreams::commit(const std::string& supervisor, TwinSequence& sequence) {
  PartitionOffsets& stored = store_[supervisor];
  for (const auto& [partition, from] : sequence.start) {
    const auto known = stored.find(partition);
    if (known == stored.end() || known->second == from) continue;
    if (known->second < from) return Commit::wait;
    ++cluster_.stats.metadata_conflicts;
    return Commit::diverged;
  }
  for (const auto& [partition, to] : sequence.position) stored[partition] = to;
  cluster_.commit_append(sequence.allocations);
  sequence.published = true;
  ++cluster_.stats.stream_publishes;
  return Commit::done;
}

// Tasks ask once a minute whether what they published answers elsewhere; then they let go of it.
void TwinStreams::poll_handoff(TwinSupervisor& supervisor, TwinGroup& group_of) {
  bool over = group_of.phase == TwinGroup::Phase::publishing;
  for (TwinSequence& sequence : group_of.sequences) {
    if (!sequence.published) {
      over = false;
      continue;
    }
    const bool expired = cluster_.now - sequence.publish_since >= group_of.handoff_timeout;
    std::erase_if(sequence.allocations, [&](const SharedAllocation& one) {
      if (!expired && !cluster_.is_handed_off(*one)) return false;
      cluster_.withdraw(*one);
      return true;
    });
    over = over && sequence.allocations.empty();
  }
  while (group_of.sequences.size() > 1 && group_of.sequences.front().published &&
         group_of.sequences.front().allocations.empty())
    group_of.sequences.pop_front();
  if (!over)
    return later(supervisor, group_of, cluster_.settings.times.handoff_poll,
                 &TwinStreams::poll_handoff);
  TaskReport report;
  report.processed = group_of.totals.processed;
  report.thrown_away = group_of.totals.thrown_away;
  report.unparseable = group_of.totals.unparseable;
  supervisor.task_failures = 0;
  const std::string task = group_of.task;
  queue_.find(task)->report = report;
  end_group(supervisor, group_of.number);
  queue_.end(task, TaskState::success, "");
}

void TwinStreams::withdraw_all(TwinGroup& group_of) {
  for (TwinSequence& sequence : group_of.sequences) {
    for (const SharedAllocation& one : sequence.allocations) {
      cluster_.withdraw(*one);
      cluster_.forget(one);
    }
    sequence.allocations.clear();
  }
}

void TwinStreams::fail_group(TwinSupervisor&, TwinGroup& group_of, const std::string& error) {
  queue_.kill(std::string(group_of.task), error);
}

// The group's task is dead. While it was reading, another one reads again what was not published;
// while it was publishing, the group is given up, and with it all that began where it ended
// (contract 1.6.5).
void TwinStreams::task_failed(TwinSupervisor& supervisor, TwinGroup& group_of) {
  ++supervisor.task_failures;
  note_error(supervisor, fmt::format("Task [{}] failed", group_of.task));
  withdraw_all(group_of);
  if (group_of.phase == TwinGroup::Phase::publishing) {
    for (const auto& [partition, offset] : group_of.start) supervisor.next_start.erase(partition);
    kill_successors(supervisor, group_of);
    end_group(supervisor, group_of.number);
    return;
  }
  std::erase_if(group_of.sequences, [](const TwinSequence& one) { return one.published; });
  const TwinSequence first = group_of.sequences.front();
  group_of.sequences.clear();
  group_of.sequences.push_back({first.number, first.start, first.start, {}, false, false, {}});
  ++group_of.attempt;
  group_of.reading_since.reset();
  // After the task's end is stored.
  cluster_.after(Millis(0),
                 [this, id = supervisor.id, number = group_of.number, attempt = group_of.attempt] {
                   if (TwinGroup* at = group(id, number, attempt)) launch(supervisors_.at(id), *at);
                 });
}

void TwinStreams::kill_successors(TwinSupervisor& supervisor, const TwinGroup& failed) {
  std::vector<std::pair<std::uint64_t, std::string>> successors;
  for (const TwinGroup& one : supervisor.groups) {
    const bool follows = std::ranges::any_of(
        one.start, [&](const auto& at) { return failed.start.contains(at.first); });
    if (one.number > failed.number && follows) successors.emplace_back(one.number, one.task);
  }
  for (const auto& [number, task] : successors) {
    const auto at = std::ranges::find(supervisor.groups, number, &TwinGroup::number);
    for (const auto& [partition, offset] : at->start) supervisor.next_start.erase(partition);
    end_group(supervisor, number);
    queue_.kill(task, "Killing forcefully as the preceding task group failed");
  }
}

void TwinStreams::end_group(TwinSupervisor& supervisor, std::uint64_t number) {
  const auto at = std::ranges::find(supervisor.groups, number, &TwinGroup::number);
  if (at == supervisor.groups.end()) return;
  withdraw_all(*at);
  supervisor.groups.erase(at);
}

}  // namespace henge::sim
