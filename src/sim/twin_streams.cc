#include "sim/twin_streams.h"

#include <fmt/format.h>

#include <algorithm>

namespace henge::sim {

namespace {

constexpr int unhealthy_after = 3;
constexpr std::size_t recent_errors_max = 3;

}  // namespace

const TwinSupervisor* TwinStreams::find(const std::string& id) const {
  const auto found = supervisors_.find(id);
  return found == supervisors_.end() ? nullptr : &found->second;
}

PartitionOffsets TwinStreams::committed(const std::string& id) const {
  const auto found = store_.find(id);
  return found == store_.end() ? PartitionOffsets() : found->second;
}

void TwinStreams::remember(TwinSupervisor& supervisor, const JsonText& spec, bool tombstone) {
  // Two versions of one millisecond would be one row in the metadata store.
  Instant at = cluster_.now;
  if (!supervisor.history.empty())
    at = std::max(at, *parse_instant(supervisor.history.back().version) + Millis(1));
  supervisor.history.push_back({to_iso(at), spec, tombstone});
}

Result<void> TwinStreams::post(const JsonText& posted) {
  TRY(StreamSpec spec, read_stream_spec(posted));
  const auto known = supervisors_.find(spec.id);
  // ?skipRestartIfUnmodified=true
  if (known != supervisors_.end() && known->second.exists &&
      known->second.spec.stored == spec.stored)
    return {};
  TwinSupervisor& supervisor = supervisors_[spec.id];
  supervisor.id = spec.id;
  if (supervisor.exists) stop_groups(supervisor);
  supervisor.exists = false;
  remember(supervisor, spec.stored, false);
  if (cluster_.strikes(cluster_.faults.supervisor_start_fails)) {
    ++supervisor.incarnation;
    return fail(ErrorKind::invalid, "the supervisor could not be started");
  }
  supervisor.spec = std::move(spec);
  start(supervisor);
  return {};
}

Result<void> TwinStreams::set_suspended(const std::string& id, bool suspended) {
  const auto known = supervisors_.find(id);
  if (known == supervisors_.end() || !known->second.exists)
    return fail(ErrorKind::not_found, fmt::format("[{}] does not exist", id));
  TwinSupervisor& supervisor = known->second;
  if (supervisor.spec.suspended == suspended)
    return fail(ErrorKind::conflict,
                fmt::format("[{}] is already {}", id, suspended ? "suspended" : "running"));
  stop_groups(supervisor);
  supervisor.spec = with_suspended(supervisor.spec, suspended);
  remember(supervisor, supervisor.spec.stored, false);
  start(supervisor);
  return {};
}

Result<void> TwinStreams::terminate(const std::string& id) {
  const auto known = supervisors_.find(id);
  if (known == supervisors_.end() || !known->second.exists)
    return fail(ErrorKind::not_found, fmt::format("[{}] does not exist", id));
  TwinSupervisor& supervisor = known->second;
  stop_groups(supervisor);
  remember(supervisor, tombstone_spec(supervisor.spec), true);
  supervisor.exists = false;
  ++supervisor.incarnation;
  return {};
}

Result<void> TwinStreams::reset_offsets(const std::string& id, const PartitionOffsets& offsets) {
  const auto known = supervisors_.find(id);
  if (known == supervisors_.end() || !known->second.exists)
    return fail(ErrorKind::not_found, fmt::format("[{}] does not exist", id));
  TwinSupervisor& supervisor = known->second;
  if (offsets.empty()) {
    store_.erase(id);
    supervisor.next_start.clear();
  }
  for (const auto& [partition, offset] : offsets) {
    store_[id][partition] = offset;
    supervisor.next_start.erase(partition);
  }
  std::vector<std::string> killed;
  for (const TwinGroup& one : supervisor.groups) {
    const bool concerned = offsets.empty() || std::ranges::any_of(one.start, [&](const auto& at) {
                             return offsets.contains(at.first);
                           });
    if (concerned && one.phase == TwinGroup::Phase::reading) killed.push_back(one.task);
  }
  for (const std::string& task : killed) {
    end_group(supervisor, std::ranges::find(supervisor.groups, task, &TwinGroup::task)->number);
    queue_.kill(task, "DataSourceMetadata is reset");
  }
  return {};
}

void TwinStreams::restart_all() {
  for (auto& [id, supervisor] : supervisors_)
    if (supervisor.exists) start(supervisor);
}

void TwinStreams::start(TwinSupervisor& supervisor) {
  supervisor.exists = true;
  ++supervisor.incarnation;
  supervisor.started = cluster_.now;
  supervisor.discovered = false;
  supervisor.connected = false;
  supervisor.stream_failures = 0;
  supervisor.task_failures = 0;
  supervisor.recent_errors.clear();
  // What it knows of ends it has from the groups it finds; else the store decides.
  supervisor.next_start.clear();
  for (const TwinGroup& one : supervisor.groups)
    for (const auto& [partition, offset] : one.sequences.back().position)
      if (one.phase == TwinGroup::Phase::publishing) supervisor.next_start[partition] = offset;
  supervisor.connecting = false;
  cluster_.after(supervisor.spec.start_delay,
                 [this, id = supervisor.id, incarnation = supervisor.incarnation] {
                   TwinSupervisor& at = supervisors_.at(id);
                   if (at.incarnation != incarnation) return;
                   at.connecting = true;
                   cluster_.after(cluster_.draw(cluster_.settings.times.first_run),
                                  [this, id, incarnation] { run(id, incarnation); });
                 });
}

// Running tasks read no further and publish; those that have not come up are killed (contract
// 2.2.2).
void TwinStreams::stop_groups(TwinSupervisor& supervisor) {
  std::vector<std::uint64_t> numbers;
  for (const TwinGroup& one : supervisor.groups) numbers.push_back(one.number);
  for (const std::uint64_t number : numbers) {
    const auto at = std::ranges::find(supervisor.groups, number, &TwinGroup::number);
    if (at == supervisor.groups.end() || at->phase != TwinGroup::Phase::reading) continue;
    if (at->reading_since) {
      stop_reading(supervisor, *at);
      continue;
    }
    const std::string task = at->task;
    end_group(supervisor, number);
    queue_.kill(task, "Killing task for graceful shutdown");
  }
}

// One pass of the supervisor's own loop, every `period`.
void TwinStreams::run(const std::string& id, std::uint64_t incarnation) {
  TwinSupervisor& supervisor = supervisors_.at(id);
  if (!supervisor.exists || supervisor.incarnation != incarnation) return;
  if (!cluster_.is_up(ports::Service::overlord)) {
    cluster_.at(cluster_.up_again(ports::Service::overlord),
                [this, id, incarnation] { run(id, incarnation); });
    return;
  }
  cluster_.after(supervisor.spec.period, [this, id, incarnation] { run(id, incarnation); });
  auto done = connect(supervisor);
  supervisor.stream_reached = done.has_value();
  if (done) {
    supervisor.connected = true;
    supervisor.discovered = true;
    check_durations(supervisor);
    check_completion(supervisor);
    if (!supervisor.spec.suspended) done = create_groups(supervisor);
  }
  if (done) {
    supervisor.stream_failures = 0;
    return;
  }
  ++supervisor.stream_failures;
  note_error(supervisor, done.error().message);
}

Result<void> TwinStreams::connect(TwinSupervisor& supervisor) {
  auto found = cluster_.kafka.topic(supervisor.spec.topic);
  if (!found && found.error().kind == ErrorKind::not_found)
    return fail(ErrorKind::unavailable,
                fmt::format("org.apache.druid.java.util.common.ISE: No partitions found for stream "
                            "[{}]",
                            supervisor.spec.topic));
  if (!found) return tl::unexpected<Error>(std::move(found).error());
  supervisor.partitions = static_cast<int>((*found)->partitions.size());
  return {};
}

void TwinStreams::note_error(TwinSupervisor& supervisor, const std::string& error) {
  auto& errors = supervisor.recent_errors;
  errors.push_back(error);
  if (errors.size() > recent_errors_max) errors.erase(errors.begin());
}

void TwinStreams::check_durations(TwinSupervisor& supervisor) {
  std::vector<std::uint64_t> over;
  for (const TwinGroup& one : supervisor.groups) {
    if (one.phase != TwinGroup::Phase::reading || !one.reading_since) continue;
    // A new partition of the topic belongs to the group: it ends early, and the next one has it.
    bool grown = false;
    for (int p = one.id; p < supervisor.partitions; p += supervisor.spec.task_count)
      grown = grown || !one.start.contains(p);
    if (grown || cluster_.now >= *one.reading_since + supervisor.spec.task_duration)
      over.push_back(one.number);
  }
  for (const std::uint64_t number : over) {
    const auto at = std::ranges::find(supervisor.groups, number, &TwinGroup::number);
    if (at != supervisor.groups.end()) stop_reading(supervisor, *at);
  }
}

void TwinStreams::check_completion(TwinSupervisor& supervisor) {
  std::vector<std::uint64_t> late;
  for (const TwinGroup& one : supervisor.groups)
    if (one.phase == TwinGroup::Phase::publishing && cluster_.now >= one.end_at_latest)
      late.push_back(one.number);
  for (const std::uint64_t number : late) {
    const auto at = std::ranges::find(supervisor.groups, number, &TwinGroup::number);
    if (at == supervisor.groups.end()) continue;
    fail_group(supervisor, *at,
               "No task in the corresponding pending completion taskGroup "
               "succeeded before completion timeout elapsed");
  }
}

Result<PartitionOffsets> TwinStreams::start_of(const TwinSupervisor& supervisor, int group) {
  const std::string& topic = supervisor.spec.topic;
  TRY(const PartitionOffsets starts, cluster_.kafka.starts(topic));
  TRY(const PartitionOffsets ends, cluster_.kafka.ends(topic));
  const PartitionOffsets stored = committed(supervisor.id);
  PartitionOffsets out;
  for (int p = group; p < supervisor.partitions; p += supervisor.spec.task_count) {
    if (const auto next = supervisor.next_start.find(p); next != supervisor.next_start.end()) {
      out[p] = next->second;
    } else if (const auto known = stored.find(p); known != stored.end()) {
      // Only the earliest offset is checked, never the latest (contract 9.6).
      if (known->second < starts.at(p))
        return fail(ErrorKind::unavailable,
                    fmt::format("Previous sequenceNumber [{}] is no longer available for partition "
                                "[{}]. You can clear the previous sequenceNumber and start reading "
                                "from a valid message by using the supervisor's reset API.",
                                known->second, p));
      out[p] = known->second;
    } else {
      const bool earliest = supervisor.spec.use_earliest_offset || !stored.empty();
      out[p] = earliest ? starts.at(p) : ends.at(p);
    }
  }
  return out;
}

Result<void> TwinStreams::create_groups(TwinSupervisor& supervisor) {
  const StreamSpec& spec = supervisor.spec;
  for (int id = 0; id < std::min(spec.task_count, supervisor.partitions); ++id) {
    const bool there = std::ranges::any_of(supervisor.groups, [&](const TwinGroup& one) {
      return one.id == id && one.phase == TwinGroup::Phase::reading;
    });
    if (there) continue;
    // One that cannot begin keeps those behind it from beginning, too.
    TRY(const PartitionOffsets start, start_of(supervisor, id));
    TwinGroup made;
    made.id = id;
    made.number = ++groups_;
    made.created = cluster_.now;
    made.gate = spec.gate;
    made.columns = std::make_shared<const SegmentColumns>(spec.gate->columns());
    made.topic = spec.topic;
    made.concurrent_locks = spec.concurrent_locks;
    made.handoff_timeout = spec.handoff_timeout;
    made.intermediate_handoff = spec.intermediate_handoff;
    if (spec.late_period) made.bounds.min = cluster_.now - *spec.late_period;
    if (spec.early_period) made.bounds.max = cluster_.now + spec.task_duration + *spec.early_period;
    made.start = start;
    made.sequence_name =
        fmt::format("index_kafka_{}_{:015x}", supervisor.id, cluster_.random.next() >> 4U);
    made.sequences.push_back({0, start, start, {}, false, false, {}});
    for (const auto& [partition, offset] : start) supervisor.next_start[partition] = offset;
    supervisor.groups.push_back(std::move(made));
    launch(supervisor, supervisor.groups.back());
  }
  return {};
}

std::string TwinStreams::detailed_state_of(const TwinSupervisor& supervisor) const {
  if (supervisor.stream_failures >= unhealthy_after && supervisor.stream_reached)
    return "UNHEALTHY_SUPERVISOR";
  if (supervisor.stream_failures >= unhealthy_after)
    return supervisor.connected ? "LOST_CONTACT_WITH_STREAM" : "UNABLE_TO_CONNECT_TO_STREAM";
  // Suspended or not, it begins as PENDING, and looks for its tasks first (seen on 33).
  if (!supervisor.discovered) return supervisor.connecting ? "CONNECTING_TO_STREAM" : "PENDING";
  if (supervisor.spec.suspended) return "SUSPENDED";
  if (supervisor.task_failures >= unhealthy_after) return "UNHEALTHY_TASKS";
  return "RUNNING";
}

std::string TwinStreams::state_of(const TwinSupervisor& supervisor) const {
  const std::string detailed = detailed_state_of(supervisor);
  if (detailed.ends_with("STREAM") && detailed != "CONNECTING_TO_STREAM")
    return "UNHEALTHY_SUPERVISOR";
  return detailed == "CONNECTING_TO_STREAM" ? "RUNNING" : detailed;
}

SupervisorListing TwinStreams::listing(const TwinSupervisor& supervisor) const {
  const std::string state = state_of(supervisor);
  return {supervisor.id,
          supervisor.spec.datasource,
          state,
          detailed_state_of(supervisor),
          supervisor.spec.suspended,
          !state.starts_with("UNHEALTHY"),
          supervisor.spec.stored};
}

namespace {

// Where a reader that reads at once stood at `when`.
std::int64_t position_at(const KafkaTopic& topic, std::int32_t partition, std::int64_t from,
                         Instant when) {
  const auto index = static_cast<std::size_t>(partition);
  if (index >= topic.partitions.size()) return from;  // the topic was made anew
  const auto& log = topic.partitions[index];
  const auto later = std::ranges::upper_bound(log.records, when, {}, &KafkaRecord::appended);
  const std::int64_t end = later == log.records.end() ? log.end : later->offset;
  return std::max(from, end);
}

}  // namespace

SupervisorStatus TwinStreams::status(const TwinSupervisor& supervisor) {
  const auto& times = cluster_.settings.times;
  SupervisorStatus out;
  out.id = supervisor.id;
  out.datasource = supervisor.spec.datasource;
  out.stream = supervisor.spec.topic;
  out.state = state_of(supervisor);
  out.detailed_state = detailed_state_of(supervisor);
  out.suspended = supervisor.spec.suspended;
  out.healthy = !out.state.starts_with("UNHEALTHY");
  out.generated_at = cluster_.now;
  out.recent_errors = supervisor.recent_errors;
  const Instant first = supervisor.started + times.offsets_first;
  const auto topic = cluster_.kafka.topic(supervisor.spec.topic);
  const bool has_offsets = cluster_.now >= first && supervisor.discovered && topic;
  // Positions and ends are as old as the last look at them.
  const Instant looked =
      first + (cluster_.now - first) / times.offsets_period * times.offsets_period;
  if (supervisor.discovered) {
    out.partitions = supervisor.partitions;
    for (const TwinGroup& one : supervisor.groups) {
      // A group's tasks are listed from the supervisor's next pass on; those that were there
      // before the supervisor are found in its first one.
      const bool older = one.created < supervisor.started;
      if (!older && cluster_.now < one.created + times.group_shown) continue;
      SupervisorTask task;
      task.id = one.task;
      task.starting_offsets = one.start;
      if (!older || one.phase == TwinGroup::Phase::reading) task.start_time = one.reading_since;
      if (has_offsets && one.reading_since && *one.reading_since <= looked) {
        for (const auto& [p, position] : one.sequences.back().position) {
          const bool reads = one.phase == TwinGroup::Phase::reading;
          task.current_offsets[p] =
              reads ? position_at(**topic, p, one.start.at(p), looked) : position;
        }
      }
      (one.phase == TwinGroup::Phase::reading ? out.active : out.publishing).push_back(task);
    }
  }
  if (!has_offsets) return out;
  PartitionOffsets current = committed(supervisor.id);
  if (!supervisor.spec.suspended && !supervisor.groups.empty()) {
    current.clear();
    for (const auto* list : {&out.active, &out.publishing})
      for (const SupervisorTask& task : *list)
        for (const auto& [p, offset] : task.current_offsets)
          current[p] = std::max(current[p], offset);
  }
  for (std::size_t i = 0; i < (*topic)->partitions.size(); ++i) {
    const auto p = static_cast<std::int32_t>(i);
    out.latest_offsets[p] = position_at(**topic, p, 0, looked);
    const auto known = current.find(p);
    out.lag[p] = out.latest_offsets[p] - (known == current.end() ? 0 : known->second);
  }
  return out;
}

void TwinStreams::catch_up(const std::string& datasource) {
  // A supervisor's id is its datasource's name.
  const auto found = supervisors_.find(datasource);
  if (found == supervisors_.end()) return;
  for (TwinGroup& one : found->second.groups) read(one);
}

std::optional<TaskReport> TwinStreams::live_report(const std::string& task) {
  for (auto& [id, supervisor] : supervisors_) {
    for (TwinGroup& one : supervisor.groups) {
      if (one.task != task) continue;
      read(one);
      TaskReport out;
      out.processed = one.totals.processed;
      out.thrown_away = one.totals.thrown_away;
      out.unparseable = one.totals.unparseable;
      return out;
    }
  }
  return std::nullopt;
}

}  // namespace henge::sim
