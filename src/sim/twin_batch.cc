#include <fmt/format.h>

#include <algorithm>

#include "sim/twin_tasks.h"

namespace henge::sim {

namespace {

constexpr Millis lock_retry = Millis(1000);
constexpr Millis lock_timeout = std::chrono::minutes(5);
constexpr Millis load_poll = Millis(1000);
constexpr Span report_time{Millis(50), Millis(300)};

std::vector<Interval> aligned(const std::vector<Interval>& intervals, Granularity chunk) {
  std::vector<Interval> out;
  for (const Interval& interval : intervals) {
    const Interval whole{bucket(chunk, interval.start).start,
                         bucket(chunk, interval.end - Millis(1)).end};
    if (!out.empty() && out.back().end >= whole.start)
      out.back().end = std::max(out.back().end, whole.end);
    else
      out.push_back(whole);
  }
  return out;
}

}  // namespace

TwinBatch::TwinBatch(TwinCluster& cluster, TwinQueue& queue) : cluster_(cluster), queue_(queue) {}

Result<Submitted> TwinBatch::submit(const JsonText& payload) {
  TRY(TaskSpec spec, read_task_spec(payload));
  return enqueue(std::move(spec), payload);
}

Result<Submitted> TwinBatch::enqueue(TaskSpec spec, const JsonText& payload) {
  if (queue_.find(spec.id) != nullptr) return Submitted::already_exists;
  const std::string id = spec.id;
  TwinTask task;
  task.id = task.group = id;
  task.type = spec.type;
  task.datasource = spec.datasource;
  task.payload = payload;
  task.state = TaskState::waiting;
  TwinTask& stored = queue_.add(std::move(task));
  Job& job = jobs_[id];
  job = {};
  job.spec = std::move(spec);
  job.number = stored.number;
  stored.on_assigned = [this, id, number = stored.number] { run(id, number, &TwinBatch::begin); };
  stored.on_killed = [this, id] {
    stop_workers(jobs_.at(id), TaskState::failed);
    for (const auto& one : jobs_.at(id).allocations) cluster_.forget(one);
    jobs_.erase(id);
    waiting_.erase(id);
  };
  if (take_locks(job))
    queue_.make_ready(id);
  else
    waiting_.insert(id);
  return Submitted::accepted;
}

void TwinBatch::locks_freed() {
  const auto waiting = waiting_;
  for (const std::string& id : waiting) {
    const auto job = jobs_.find(id);
    if (job == jobs_.end() || !take_locks(job->second)) continue;
    waiting_.erase(id);
    queue_.make_ready(id);
  }
}

// Nothing: they are known only when the rows are read.
std::vector<Interval> TwinBatch::intervals_to_lock(const Job& job) const {
  if (const auto* index = std::get_if<IndexSpec>(&job.spec.work))
    return aligned(index->gate->intervals(), index->gate->chunk());
  if (const auto* compact = std::get_if<CompactSpec>(&job.spec.work))
    return aligned({compact->interval}, compact->chunk.value_or(Granularity::hour));
  if (const auto* kill = std::get_if<KillSpec>(&job.spec.work)) return {kill->interval};
  return {};
}

LockRequest TwinBatch::request(const Job& job, Interval interval) const {
  LockRequest out{job.spec.datasource, job.spec.id, job.spec.id,
                  LockType::exclusive, interval,    job.spec.priority};
  if (!job.spec.concurrent_locks) return out;
  const auto* index = std::get_if<IndexSpec>(&job.spec.work);
  const bool appends = index != nullptr && index->mode == BatchMode::append;
  out.type = appends ? LockType::append : LockType::replace;
  return out;
}

bool TwinBatch::take_locks(Job& job) {
  cluster_.catch_up(job.spec.datasource);
  job.locks.clear();
  for (const Interval& interval : intervals_to_lock(job)) {
    const auto lock =
        cluster_.locks.acquire(request(job, interval), cluster_.now, cluster_.next_order());
    if (!lock) return false;
    job.locks.push_back(*lock);
  }
  return true;
}

void TwinBatch::run(const std::string& id, std::uint64_t number, void (TwinBatch::*step)(Job&)) {
  if (!queue_.is_alive(id, number)) return;
  (this->*step)(jobs_.at(id));
}

void TwinBatch::later(const Job& job, Millis delay, void (TwinBatch::*step)(Job&)) {
  cluster_.after(delay,
                 [this, id = job.spec.id, number = job.number, step] { run(id, number, step); });
}

void TwinBatch::fail_job(Job& job, const std::string& error) {
  const std::string id = job.spec.id;
  for (const auto& one : job.allocations) cluster_.forget(one);
  stop_workers(job, TaskState::failed);
  jobs_.erase(id);
  queue_.end(id, TaskState::failed, error);
}

void TwinBatch::work(Job& job) {
  cluster_.catch_up(job.spec.datasource);
  Result<void> done;
  if (const auto* spec = std::get_if<IndexSpec>(&job.spec.work)) done = index(job, *spec);
  if (const auto* spec = std::get_if<CompactSpec>(&job.spec.work)) done = compact(job, *spec);
  if (const auto* spec = std::get_if<KillSpec>(&job.spec.work)) kill_unused(job, spec->interval);
  if (!done && done.error().kind == ErrorKind::conflict && job.waits_for_lock_since) {
    later(job, lock_retry, &TwinBatch::work);
    return;
  }
  if (!done) {
    fail_job(job, done.error().message);
    return;
  }
  const auto& times = cluster_.settings.times;
  Millis rest = cluster_.draw(times.run) + cluster_.draw(times.publish);
  if (const auto* noop = std::get_if<NoopSpec>(&job.spec.work)) rest = noop->run;
  later(job, rest, &TwinBatch::publish);
}

Result<std::string> TwinBatch::fetch(const IndexSpec& spec) {
  if (const auto* rows = std::get_if<std::string>(&spec.input)) return *rows;
  std::string all;
  for (const std::string& url : std::get<std::vector<std::string>>(spec.input)) {
    if (cluster_.strikes(cluster_.faults.http_rows_fail) || !cluster_.settings.fetch)
      return fail(ErrorKind::unavailable, fmt::format("java.io.IOException: {}", url));
    TRY(const std::string rows, cluster_.settings.fetch(url));
    all += rows;
    if (!all.empty() && all.back() != '\n') all += '\n';
  }
  return all;
}

Result<void> TwinBatch::index(Job& job, const IndexSpec& spec) {
  if (const auto* interval = std::get_if<Interval>(&spec.input)) {
    if (job.locks.empty()) return fail(ErrorKind::invalid, "a reindex without intervals");
    SegmentColumns columns = spec.gate->columns();
    reindex(job, *interval, spec.gate->chunk(),
            std::make_shared<const SegmentColumns>(std::move(columns)));
    return {};
  }
  TRY(const std::string text, fetch(spec));
  std::vector<SegmentRow64> rows;
  RowTotals totals;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const auto line = std::string_view(text).substr(begin, end - begin);
    if (line.find_first_not_of(" \t\r") != std::string_view::npos)
      spec.gate->take(line, -1, {}, totals, [&](SegmentRow64 row) { rows.push_back(row); });
    begin = end + 1;
  }
  if (totals.unparseable > spec.parse_exceptions_max)
    return fail(ErrorKind::invalid, "Max parse exceptions exceeded");
  if (spec.mode == BatchMode::append) {
    TRY(const bool placed, place_appended(job, spec, rows));
    if (!placed) {
      if (!job.waits_for_lock_since) job.waits_for_lock_since = cluster_.now;
      if (cluster_.now - *job.waits_for_lock_since > lock_timeout)
        return fail(ErrorKind::invalid, "Could not allocate segment: lock timed out");
      return fail(ErrorKind::conflict, "waiting for a lock");
    }
  } else {
    TRY_VOID(place_replacing(job, spec, std::move(rows)));
  }
  job.waits_for_lock_since.reset();
  job.totals = totals;
  return {};
}

// False: a chunk is locked by somebody else.
Result<bool> TwinBatch::place_appended(Job& job, const IndexSpec& spec,
                                       const std::vector<SegmentRow64>& rows) {
  auto columns = std::make_shared<const SegmentColumns>(spec.gate->columns());
  for (const auto& one : std::exchange(job.allocations, {})) cluster_.forget(one);
  SharedAllocation last;
  std::map<Interval, SharedAllocation> places;
  for (const SegmentRow64& row : rows) {
    if (!last || !last->key.generation.interval.contains(row.event)) {
      const Interval chunk = cluster_.datasource(job.spec.datasource)
                                 .place_for(row.event, spec.gate->chunk())
                                 .interval;
      SharedAllocation& place = places[chunk];
      if (!place) {
        auto made = cluster_.allocate(request(job, chunk), row.event, spec.gate->chunk(), columns);
        if (!made) return fail(ErrorKind::invalid, made.error().message);
        if (!*made) return false;
        place = *made;
        job.allocations.push_back(place);
      }
      last = place;
    }
    last->rows->rows.push_back(row);
  }
  return true;
}

Result<void> TwinBatch::place_replacing(Job& job, const IndexSpec& spec,
                                        std::vector<SegmentRow64> rows) {
  auto columns = std::make_shared<const SegmentColumns>(spec.gate->columns());
  std::map<Interval, SharedRows> chunks;
  for (const SegmentRow64& row : rows) {
    SharedRows& chunk = chunks[bucket(spec.gate->chunk(), row.event)];
    if (!chunk) chunk = std::make_shared<SegmentRows64>();
    chunk->rows.push_back(row);
  }
  if (job.locks.empty()) {
    std::vector<Interval> found;
    for (const auto& [chunk, unused] : chunks) found.push_back(chunk);
    for (const Interval& interval : aligned(found, spec.gate->chunk())) {
      const auto lock =
          cluster_.locks.acquire(request(job, interval), cluster_.now, cluster_.next_order());
      if (!lock) return fail(ErrorKind::invalid, "Failed to acquire a lock");
      job.locks.push_back(*lock);
    }
  }
  for (const auto& [chunk, kept] : chunks) job.replacements.push_back({chunk, kept, columns});
  if (spec.mode != BatchMode::replace) return {};
  // Chunks that get nothing but hold something become tombstones (contract 4.1.4).
  for (const Interval& interval : spec.gate->intervals()) {
    for (Interval chunk = bucket(spec.gate->chunk(), interval.start); chunk.start < interval.end;
         chunk = bucket(spec.gate->chunk(), chunk.end)) {
      if (!chunks.contains(chunk) && !cluster_.datasource(job.spec.datasource).used(chunk).empty())
        job.replacements.push_back({chunk, nullptr, columns});
    }
  }
  return {};
}

// Rows of what was visible before the lock was taken; what is appended since moves along when the
// result is published.
void TwinBatch::reindex(Job& job, Interval interval, std::optional<Granularity> chunk,
                        SharedColumns columns) {
  DatasourceSegments& segments = cluster_.datasource(job.spec.datasource);
  std::map<Interval, SharedRows> chunks;
  for (const VisibleSegment& one : segments.stored_visible(interval)) {
    if (segments.all().at(one.key).committed > job.locks.front().acquired) continue;
    const Interval own = one.key.generation.interval;
    const auto place = [&](Instant event) -> SharedRows& {
      SharedRows& made = chunks[chunk ? bucket(*chunk, event) : own];
      if (!made) made = std::make_shared<SegmentRows64>();
      return made;
    };
    if (one.rows == nullptr) continue;
    for (const SegmentRow64& row : one.rows->rows)
      if (interval.contains(row.event) && one.shows(row.event))
        place(row.event)->rows.push_back(row);
    if (one.rows->unnamed > 0) place(own.start)->unnamed += one.rows->unnamed;
    job.totals.processed += one.rows->size();
  }
  for (const auto& [place, rows] : chunks) job.replacements.push_back({place, rows, columns});
  if (!chunk) return;
  for (Interval empty = bucket(*chunk, interval.start); empty.start < interval.end;
       empty = bucket(*chunk, empty.end)) {
    if (!chunks.contains(empty) && !segments.used(empty).empty())
      job.replacements.push_back({empty, nullptr, columns});
  }
}

Result<void> TwinBatch::compact(Job& job, const CompactSpec& spec) {
  DatasourceSegments& segments = cluster_.datasource(job.spec.datasource);
  const auto inputs = segments.stored_visible(spec.interval);
  if (inputs.empty())
    return fail(ErrorKind::invalid,
                fmt::format("Interval[{}] has no segments", to_iso(spec.interval)));
  SegmentColumns columns;
  bool first = true;
  for (const VisibleSegment& one : inputs) {
    if (one.columns == nullptr) continue;
    if (first) columns = *one.columns;
    first = false;
    // A column adds up to the rows only if it does so in every input.
    std::erase_if(columns.counted, [&](const std::string& name) {
      return std::ranges::find(one.columns->counted, name) == one.columns->counted.end();
    });
  }
  if (!spec.metrics.empty()) {
    columns.metrics = fmt::format("{}", fmt::join(spec.metrics, ","));
    std::erase_if(columns.counted, [&](const std::string& name) {
      return std::ranges::find(spec.counting, name) == spec.counting.end();
    });
  }
  reindex(job, spec.interval, spec.chunk,
          std::make_shared<const SegmentColumns>(std::move(columns)));
  return {};
}

void TwinBatch::kill_unused(const Job& job, Interval interval) {
  DatasourceSegments& segments = cluster_.datasource(job.spec.datasource);
  std::vector<SegmentKey> gone;
  for (const auto& [key, segment] : segments.all()) {
    const Interval own = key.generation.interval;
    if (segment.unused_since && interval.start <= own.start && own.end <= interval.end)
      gone.push_back(key);
  }
  for (const SegmentKey& key : gone) segments.erase(key);
}

void TwinBatch::publish(Job& job) {
  if (!cluster_.is_up(ports::Service::overlord)) {
    later(job, cluster_.up_again(ports::Service::overlord) - cluster_.now + Millis(500),
          &TwinBatch::publish);
    return;
  }
  cluster_.catch_up(job.spec.datasource);
  if (cluster_.locks.has_revoked(job.spec.id))
    return fail_job(job, "Cannot publish segments: locks were revoked");
  if (cluster_.strikes(cluster_.faults.batch_fails_before_publish))
    return fail_job(job, "java.lang.RuntimeException: the worker ran out of memory");
  job.segments = static_cast<std::int64_t>(job.allocations.size() + job.replacements.size());
  cluster_.commit_append(std::exchange(job.allocations, {}));
  for (const HeldLock& lock : job.locks) {
    std::vector<Replacement> within;
    for (const Replacement& one : job.replacements)
      if (lock.shown.interval.contains(one.interval.start)) within.push_back(one);
    if (!within.empty()) cluster_.commit_replace(job.spec.datasource, lock, within);
  }
  job.committed = true;
  ++cluster_.stats.tasks_published;
  if (cluster_.strikes(cluster_.faults.batch_fails_after_publish))
    return fail_job(job, "Failed to contact the Overlord after the segments were published");
  const auto* index = std::get_if<IndexSpec>(&job.spec.work);
  if (index != nullptr && index->await_availability > Millis(0)) {
    job.waits_for_lock_since = cluster_.now;
    return await_loaded(job);
  }
  later(job, cluster_.draw(report_time), &TwinBatch::finish);
}

void TwinBatch::await_loaded(Job& job) {
  const auto& index = std::get<IndexSpec>(job.spec.work);
  const bool expired = cluster_.now - *job.waits_for_lock_since >= index.await_availability;
  bool loaded = true;
  for (const auto& [key, segment] : cluster_.datasource(job.spec.datasource).all())
    loaded = loaded && cluster_.is_fully_replicated(job.spec.datasource, key);
  if (loaded || expired) return finish(job);
  later(job, load_poll, &TwinBatch::await_loaded);
}

TaskReport TwinBatch::report(const Job& job) const {
  TaskReport out;
  out.processed = job.totals.processed;
  out.thrown_away = job.totals.thrown_away;
  out.unparseable = job.totals.unparseable;
  out.segments_published = job.segments;
  return out;
}

void TwinBatch::finish(Job& job) {
  const std::string id = job.spec.id;
  if (!std::holds_alternative<NoopSpec>(job.spec.work)) queue_.find(id)->report = report(job);
  stop_workers(job, TaskState::success);
  jobs_.erase(id);
  queue_.end(id, TaskState::success, "");
}

}  // namespace henge::sim
