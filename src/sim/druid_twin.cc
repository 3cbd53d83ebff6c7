#include "sim/druid_twin.h"

#include <fmt/format.h>

#include <algorithm>

#include "sim/twin_impl.h"

namespace henge::sim {

using ports::Service;

DruidTwin::DruidTwin(const KafkaTwin& kafka, TwinSettings settings, Random random, Instant now)
    : impl_(std::make_unique<Impl>(kafka, std::move(settings), std::move(random), now)) {}
DruidTwin::~DruidTwin() = default;

void DruidTwin::advance(Instant now) {
  impl_->cluster.advance(now);
}
std::optional<Instant> DruidTwin::next_event_at() const {
  return impl_->cluster.next_event_at();
}
Instant DruidTwin::now() const {
  return impl_->cluster.now;
}
TwinFaults& DruidTwin::faults() {
  return impl_->cluster.faults;
}
TwinSettings& DruidTwin::settings() {
  return impl_->cluster.settings;
}
const TwinStats& DruidTwin::stats() const {
  impl_->cluster.stats.locks_revoked = impl_->cluster.locks.revoked();
  return impl_->cluster.stats;
}

Result<std::string> DruidTwin::version(Service service) {
  TRY_VOID(impl_->cluster.require(service));
  return impl_->cluster.settings.version;
}

// --- supervisors

Result<std::optional<JsonText>> DruidTwin::supervisor_spec(const std::string& id) {
  TRY_VOID(impl_->cluster.require(Service::overlord));
  const TwinSupervisor* found = impl_->streams.find(id);
  if (found == nullptr || !found->exists) return std::optional<JsonText>();
  return std::optional(found->spec.stored);
}

Result<SupervisorStatus> DruidTwin::supervisor_status(const std::string& id) {
  TRY_VOID(impl_->cluster.require(Service::overlord));
  const TwinSupervisor* found = impl_->streams.find(id);
  if (found == nullptr || !found->exists)
    return fail(ErrorKind::not_found, fmt::format("[{}] does not exist", id));
  return impl_->streams.status(*found);
}

Result<void> DruidTwin::post_supervisor(const JsonText& spec, const Audit&) {
  TRY_VOID(impl_->cluster.require(Service::overlord));
  return impl_->streams.post(spec);
}

Result<void> DruidTwin::suspend_supervisor(const std::string& id, const Audit&) {
  TRY_VOID(impl_->cluster.require(Service::overlord));
  auto done = impl_->streams.set_suspended(id, true);
  if (!done && done.error().kind == ErrorKind::conflict) return {};
  return done;
}

Result<void> DruidTwin::resume_supervisor(const std::string& id, const Audit&) {
  TRY_VOID(impl_->cluster.require(Service::overlord));
  auto done = impl_->streams.set_suspended(id, false);
  if (!done && done.error().kind == ErrorKind::conflict) return {};
  return done;
}

Result<void> DruidTwin::terminate_supervisor(const std::string& id, const Audit&) {
  TRY_VOID(impl_->cluster.require(Service::overlord));
  return impl_->streams.terminate(id);
}

Result<std::vector<SupervisorVersion>> DruidTwin::supervisor_history(const std::string& id) {
  TRY_VOID(impl_->cluster.require(Service::overlord));
  std::vector<SupervisorVersion> out;
  if (const TwinSupervisor* found = impl_->streams.find(id))
    out.assign(found->history.rbegin(), found->history.rend());
  return out;
}

Result<std::vector<SupervisorListing>> DruidTwin::supervisors() {
  TRY_VOID(impl_->cluster.require(Service::overlord));
  std::vector<SupervisorListing> out;
  for (const auto& [id, one] : impl_->streams.all())
    if (one.exists) out.push_back(impl_->streams.listing(one));
  return out;
}

Result<void> DruidTwin::reset_offsets(const std::string& supervisor,
                                      const PartitionOffsets& offsets) {
  TRY_VOID(impl_->cluster.require(Service::overlord));
  return impl_->streams.reset_offsets(supervisor, offsets);
}

Result<Sample> DruidTwin::sample(const JsonText& spec) {
  TRY_VOID(impl_->cluster.require(Service::overlord));
  TRY(SamplerInput input, read_sampler_spec(spec));
  Sample out;
  RowTotals totals;
  const auto keep = [](SegmentRow64) {};
  if (!input.topic.empty()) {
    TRY(const KafkaTopic* topic, impl_->cluster.kafka.topic(input.topic));
    for (const auto& log : topic->partitions)
      for (const KafkaRecord& record : log.records) {
        if (totals.processed + totals.thrown_away + totals.unparseable >= input.rows_max) break;
        std::optional<std::string_view> value;
        if (record.value) value = *record.value;
        input.gate->take(value, record.timestamp_ms, {}, totals, keep);
      }
  }
  for (std::size_t begin = 0; begin < input.rows.size();) {
    const std::size_t end = std::min(input.rows.find('\n', begin), input.rows.size());
    input.gate->take(std::string_view(input.rows).substr(begin, end - begin), -1, {}, totals, keep);
    begin = end + 1;
  }
  out.rows_read = totals.processed + totals.thrown_away + totals.unparseable;
  out.rows_indexed = totals.processed;
  out.unparseable = totals.unparseable;
  constexpr std::int64_t errors_max = 5;
  for (std::int64_t i = 0; i < std::min(totals.unparseable, errors_max); ++i)
    out.errors.emplace_back("Timestamp[null] is unparseable!");
  return out;
}

// --- tasks

Result<Submitted> DruidTwin::submit_task(const JsonText& payload) {
  TRY_VOID(impl_->cluster.require(Service::overlord));
  return impl_->batch.submit(payload);
}

Result<bool> DruidTwin::runs_query_tasks() {
  TRY_VOID(impl_->cluster.require(Service::broker));
  return impl_->cluster.settings.msq;
}

Result<Submitted> DruidTwin::submit_query(const JsonText& request) {
  TRY_VOID(impl_->cluster.require(Service::broker));
  TRY_VOID(impl_->cluster.require(Service::overlord));
  if (!impl_->cluster.settings.msq)
    return fail(ErrorKind::invalid, "404: this service does not know the path");
  return impl_->batch.submit_query(request);
}

Result<std::map<std::string, TaskStatus>> DruidTwin::task_statuses(
    const std::vector<std::string>& ids) {
  TRY_VOID(impl_->cluster.require(Service::overlord));
  std::map<std::string, TaskStatus> out;
  for (const std::string& id : ids) {
    const TwinTask* task = impl_->queue.find(id);
    if (task == nullptr) continue;
    TaskStatus status;
    status.id = id;
    status.state = is_active(task->state) || task->ghost ? TaskState::running : task->state;
    if (!task->ghost) status.error = task->error;
    out[id] = std::move(status);
  }
  return out;
}

Result<std::vector<TaskStatus>> DruidTwin::active_tasks(const std::string& datasource) {
  TRY_VOID(impl_->cluster.require(Service::overlord));
  std::vector<TaskStatus> out;
  for (const std::string& id : impl_->queue.active()) {
    const TwinTask& task = impl_->queue.all().at(id);
    if (!datasource.empty() && task.datasource != datasource) continue;
    out.push_back({id, task.group, task.type, task.datasource, task.state, "", task.created});
  }
  return out;
}

Result<std::optional<TaskReport>> DruidTwin::task_report(const std::string& id) {
  TRY_VOID(impl_->cluster.require(Service::overlord));
  const TwinTask* task = impl_->queue.find(id);
  if (task == nullptr) return std::optional<TaskReport>();
  if (is_active(task->state)) return impl_->streams.live_report(id);
  return task->report;
}

Result<void> DruidTwin::shutdown_task(const std::string& id) {
  TRY_VOID(impl_->cluster.require(Service::overlord));
  return fail_task(id, "Shutdown request from user");
}

Result<void> DruidTwin::fail_task(const std::string& id, const std::string& error) {
  if (impl_->queue.find(id) == nullptr)
    return fail(ErrorKind::not_found, fmt::format("Cannot find any task with id: [{}]", id));
  impl_->queue.kill(id, error);
  return {};
}

Result<void> DruidTwin::forget_task(const std::string& id) {
  if (impl_->queue.find(id) == nullptr)
    return fail(ErrorKind::not_found, fmt::format("Cannot find any task with id: [{}]", id));
  impl_->queue.forget(id);
  return {};
}

std::vector<std::string> DruidTwin::tasks_ended_before(Instant time) const {
  std::vector<std::string> out;
  for (const auto& [id, task] : impl_->queue.all())
    if (!is_active(task.state) && task.ended < time) out.push_back(id);
  return out;
}

std::optional<JsonText> DruidTwin::task_payload(const std::string& id) const {
  const TwinTask* task = impl_->queue.find(id);
  return task == nullptr ? std::nullopt : std::optional(task->payload);
}

Result<Workers> DruidTwin::workers() {
  TRY_VOID(impl_->cluster.require(Service::overlord));
  const TwinSettings& settings = impl_->cluster.settings;
  return Workers{settings.capacity, impl_->queue.slots_used(), settings.workers};
}

Result<std::vector<TaskLock>> DruidTwin::locks(const std::vector<std::string>& datasources) {
  TRY_VOID(impl_->cluster.require(Service::overlord));
  std::vector<TaskLock> out;
  for (const std::string& name : datasources) {
    impl_->streams.catch_up(name);
    std::ranges::copy(impl_->cluster.locks.of(name), std::back_inserter(out));
  }
  return out;
}

// --- services

Result<std::string> DruidTwin::overlord_leader() {
  TRY_VOID(impl_->cluster.require(Service::overlord));
  return fmt::format("http://overlord-{}:8090", impl_->cluster.leader);
}

void DruidTwin::fail_over_overlord(Millis down) {
  take_down(Service::overlord, now() + down);
  impl_->cluster.after(down, [this] {
    ++impl_->cluster.leader;
    impl_->queue.forget_ghosts();
    impl_->streams.restart_all();
  });
}

void DruidTwin::take_down(Service service, Instant until) {
  Instant& at = impl_->cluster.down_until[service];
  at = std::max(at, until);
}

std::vector<std::string> DruidTwin::datasources() const {
  std::vector<std::string> out;
  for (const auto& [name, segments] : impl_->cluster.datasources) out.push_back(name);
  return out;
}

PartitionOffsets DruidTwin::committed(const std::string& supervisor) const {
  return impl_->streams.committed(supervisor);
}

}  // namespace henge::sim
