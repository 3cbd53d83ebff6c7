#include "daemon/runner.h"

#include <fmt/format.h>

#include <boost/asio/post.hpp>

#include "daemon/chunk_look.h"
#include "daemon/fencing.h"
#include "daemon/offset_reset.h"
#include "daemon/repair_payload.h"
#include "daemon/supervisor_change.h"
#include "reconcile/loads.h"
#include "runtime/failpoint.h"
#include "runtime/log.h"
#include "scan/delta_file.h"
#include "spec/render_supervisor.h"
#include "spec/supervisor_diff.h"

namespace henge::daemon {

using ledger::RepairPhase;
using runtime::failpoint;
using runtime::LogLevel;

namespace {

constexpr Millis rules_valid = std::chrono::seconds(60);
constexpr Millis expire_every = std::chrono::minutes(1);
constexpr Millis record_again = std::chrono::seconds(2);
constexpr Millis ghosts_every = std::chrono::seconds(30);

bool goes_on(const TaskStatus& task) {
  return task.state != TaskState::success && task.state != TaskState::failed;
}

}  // namespace

struct Runner::Inbox {
  Runner* runner;  // null once it is gone; touched on the loop's thread only
  boost::asio::any_io_executor loop;
};

Runner::Runner(Shell& shell, Pipeline pipeline)
    : shell_(shell),
      pipeline_(std::move(pipeline)),
      loader_(std::make_shared<Loader>(shell_, pipeline_)) {
  inbox_ = std::make_shared<Inbox>(this, shell_.loop);
}

Runner::~Runner() {
  inbox_->runner = nullptr;
}

const ledger::PipelineState& Runner::state() const {
  const ledger::PipelineState* known = shell_.journal.find(pipeline_.name);
  invariant(known != nullptr, "a runner's pipeline is in the ledger");
  return *known;
}

bool Runner::frozen() const {
  return ledger::freeze_of(shell_.journal.state(), state()) != nullptr;
}

Result<void> Runner::start_scan() {
  scan_missing_ = true;
  ++scans_;
  TRY(supervisor_, spec::render_supervisor(pipeline_));
  ports::TopicScanStart start;
  for (const auto& [id, partition] : state().partitions) {
    start.positions[id] = partition.next;
    start.arrival_floors[id] = partition.arrival_floor;
  }
  start.delta_folder = delta_folder(shell_.settings, pipeline_.name);
  start.file_ends = state().delta.file_ends;

  // Threads of the scan reach the loop through the inbox; what comes after the runner is gone is
  // dropped there.
  auto inbox = inbox_;
  auto on_loop = [inbox](auto work) {
    boost::asio::post(inbox->loop, [inbox, work = std::move(work)]() mutable {
      if (inbox->runner != nullptr) work(*inbox->runner);
    });
  };
  ports::TopicScanEvents events;
  events.on_batch = [on_loop, scan = scans_](scan::ScanBatch batch) {
    on_loop([scan, batch = std::move(batch)](Runner& r) mutable {
      r.shell_.tasks.spawn(r.pipeline_.name + " batch", r.take_batch(std::move(batch), scan));
    });
  };
  events.on_partitions = [on_loop](int partitions) {
    on_loop([partitions](Runner& r) { r.seen_.partitions = partitions; });
  };
  events.on_trouble = [on_loop](Error error) {
    on_loop([error = std::move(error)](Runner& r) {
      r.shell_.troubles.set(r.trouble("scan"), error, r.shell_.clock.now());
    });
  };
  events.on_recovered = [on_loop]() {
    on_loop([](Runner& r) { r.shell_.troubles.clear(r.trouble("scan"), r.shell_.clock.now()); });
  };
  TRY(scan_, shell_.open_scan(pipeline_, std::move(start), std::move(events)));
  scan_missing_ = false;
  return {};
}

void Runner::stop_scan() {
  scan_.reset();
}

// The position moves only when the ledger holds what was found; until then the scan waits.
boost::asio::awaitable<void> Runner::take_batch(scan::ScanBatch batch, std::int64_t scan) {
  auto self = shared_from_this();
  failpoint("scan.delta_written");
  std::vector<ledger::Body> events;
  events.emplace_back(ledger::ScanAdvanced{std::move(batch)});
  // A scan that was stopped has handed out a batch that another one will read again.
  while (scan_ && scan == scans_) {
    auto done = record(shell_, pipeline_.name, events);
    if (done) {
      failpoint("scan.recorded");
      scan_->acknowledge();
      co_return;
    }
    if (done.error().kind == ErrorKind::corrupt || done.error().kind == ErrorKind::conflict)
      throw std::runtime_error(done.error().message);
    auto slept = co_await shell_.sleep(record_again);
    if (!slept) co_return;
  }
}

std::vector<std::string> Runner::tasks_to_ask() const {
  std::vector<std::string> ids;
  for (const auto& [id, repair] : state().repairs)
    if (repair.phase == RepairPhase::intended || repair.phase == RepairPhase::accepted)
      ids.push_back(repair.intent.task_id);
  for (auto& id : reconcile::load_tasks_to_ask(state())) ids.push_back(std::move(id));
  return ids;
}

// Before it is given up, which a count may follow at once: the wide look, which comes less often,
// is to see it.
std::vector<std::string> Runner::missing_tasks() const {
  std::vector<std::string> ids;
  for (const auto& [id, since] : seen_.missing_since)
    if (seen_.now - since >= shell_.settings.patience.vanished_after / 2) ids.push_back(id);
  return ids;
}

void Runner::take_statuses(const TaskStatuses& statuses) {
  seen_.tasks.clear();
  seen_.tasks_known = statuses.has_value();
  if (!statuses) return;
  std::map<std::string, Instant> missing;
  for (const std::string& id : tasks_to_ask()) {
    auto known = statuses->find(id);
    if (known != statuses->end() && !(ghosts_.contains(id) && goes_on(known->second))) {
      seen_.tasks[id] = known->second;
    } else {
      auto before = seen_.missing_since.find(id);
      missing[id] = before == seen_.missing_since.end() ? seen_.now : before->second;
    }
  }
  seen_.missing_since = std::move(missing);
}

// A task that is shut down while Druid hands it to a worker is FAILED in the metadata store, but
// taskStatus calls it RUNNING for as long as the Overlord lives (seen on 33). The list of active
// tasks follows the store; what it does not hold counts as vanished, and its rows are counted.
runtime::Async<void> Runner::find_ghosts() {
  if (seen_.now - ghosts_at_ < ghosts_every) co_return Result<void>{};
  std::set<std::string> suspects;
  for (const auto& [id, repair] : state().repairs) {
    auto known = seen_.tasks.find(repair.intent.task_id);
    if (repair.phase != RepairPhase::accepted || seen_.now - repair.changed_at < ghosts_every)
      continue;
    if (known == seen_.tasks.end() || goes_on(known->second))
      suspects.insert(repair.intent.task_id);
  }
  ghosts_at_ = seen_.now;
  if (!suspects.empty()) {
    CO_TRY(auto active, co_await shell_.druid.active_tasks(pipeline_.datasource));
    for (const auto& task : active) suspects.erase(task.id);
  }
  ghosts_ = std::move(suspects);
  co_return Result<void>{};
}

boost::asio::awaitable<void> Runner::round(std::shared_ptr<const TaskStatuses> statuses) {
  if (busy_) co_return;
  auto self = shared_from_this();
  busy_ = true;
  if (scan_missing_) {
    auto started = start_scan();
    shell_.troubles.follow(trouble("scan"), started, shell_.clock.now());
  }
  seen_.now = shell_.clock.now();
  take_statuses(*statuses);
  auto done = co_await one_round();
  busy_ = false;
  shell_.troubles.follow(trouble("round"), done, shell_.clock.now());
  if (!done && done.error().kind == ErrorKind::corrupt)
    throw std::runtime_error(done.error().message);
}

namespace {

bool is_first_attempt(const ledger::Body& body) {
  const auto* intent = std::get_if<ledger::RepairIntended>(&body);
  return intent != nullptr && intent->attempt == 1;
}

}  // namespace

// Streaming does not wait for what else fails: it stands for no longer than it has to.
runtime::Async<void> Runner::one_round() {
  const auto done = co_await judge_and_act();
  const auto ends = [](const Result<void>& step) {
    return !step &&
           (step.error().kind == ErrorKind::cancelled || step.error().kind == ErrorKind::corrupt);
  };
  if (ends(done) || frozen()) co_return done;
  if (state().resetting()) {
    auto reset = co_await advance_reset(shell_, *this);
    shell_.troubles.follow(trouble("reset of the offsets"), reset, shell_.clock.now());
    if (ends(reset)) co_return reset;
  }
  const auto wanted = done ? loader_->windows_wanted() : std::set<std::string>{};
  if (state().stand || !wanted.empty()) {
    auto windows = co_await advance_windows(shell_, pipeline_, wanted);
    shell_.troubles.follow(trouble("windows"), windows, shell_.clock.now());
    if (ends(windows)) co_return windows;
  }
  if (!done) co_return done;
  co_return expire_deltas();
}

runtime::Async<void> Runner::judge_and_act() {
  const auto& patience = shell_.settings.patience;
  CO_TRY_VOID(record(shell_, pipeline_.name, reconcile::judge_tasks(state(), seen_, patience)));
  CO_TRY_VOID(co_await loader_->take_statuses(seen_));
  submit_intended();
  CO_TRY_VOID(co_await find_ghosts());
  CO_TRY_VOID(co_await observe_supervisor());
  CO_TRY_VOID(co_await watch_change());
  CO_TRY_VOID(co_await count_chunks());
  seen_.now = shell_.clock.now();
  auto outcomes = reconcile::judge_repairs(pipeline_, state(), seen_, patience);
  if (!outcomes.empty()) failpoint("repair.counted");
  CO_TRY_VOID(record(shell_, pipeline_.name, outcomes));
  CO_TRY_VOID(loader_->judge(seen_));
  auto chunks = reconcile::judge_chunks(pipeline_, state(), seen_, patience);
  if (!chunks.empty()) failpoint("chunk.judged");
  CO_TRY_VOID(record(shell_, pipeline_.name, chunks));
  // A freeze stops what acts; looking and counting go on.
  if (frozen()) co_return Result<void>{};
  if (!state().resetting()) {
    CO_TRY_VOID(co_await loader_->act(seen_));
  }
  CO_TRY(auto held, co_await held_chunks());
  auto repairs = reconcile::plan_repairs(pipeline_, state(), held, shell_.settings.repairs,
                                         patience, seen_.now);
  // While the offsets are reset nothing new is begun; what was begun has to come to its end.
  if (state().resetting()) std::erase_if(repairs, is_first_attempt);
  if (!repairs.empty()) failpoint("repair.planned");
  CO_TRY_VOID(record(shell_, pipeline_.name, repairs));
  if (!repairs.empty()) failpoint("repair.intended");
  submit_intended();
  co_return Result<void>{};
}

// Without an answer the last status is not used again: what is committed must have been seen in
// this round.
runtime::Async<void> Runner::observe_supervisor() {
  seen_.supervisor.reset();
  supervisor_missing_ = false;
  // One call for each pipeline: only while something hangs on it.
  const bool wanted = reconcile::needs_supervisor(pipeline_, state(), seen_.partitions) ||
                      reconcile::is_watched(state());
  if (!wanted) co_return Result<void>{};
  auto status = co_await shell_.druid.supervisor_status(supervisor_id(pipeline_));
  if (!status) {
    if (status.error().kind == ErrorKind::cancelled)
      co_return tl::unexpected<Error>(std::move(status).error());
    if (status.error().kind == ErrorKind::not_found) {
      // An Overlord that has just begun to lead knows no status yet: the stored spec decides.
      auto spec = co_await shell_.druid.supervisor_spec(supervisor_id(pipeline_));
      supervisor_missing_ = spec && !spec->has_value();
    }
    // Counting and repairs go on: they don't need it.
    shell_.troubles.set(trouble("supervisor status"), status.error(), shell_.clock.now());
    co_return Result<void>{};
  }
  shell_.troubles.clear(trouble("supervisor status"), shell_.clock.now());
  seen_.supervisor = std::move(*status);
  seen_.partitions = std::max(seen_.partitions, seen_.supervisor->partitions);
  co_return Result<void>{};
}

// A change that was posted is watched until it is proven, or the one before is put back.
// What is well may be the version before: put back by a henge that died before it could say so.
runtime::Async<bool> Runner::holds_version_before() {
  const std::int64_t before = reconcile::version_before(state(), state().posted_version);
  if (before == 0) co_return false;
  CO_TRY(const Pipeline earlier, pipeline_of_version(state(), pipeline_.name, before));
  CO_TRY(const JsonText spec, spec::render_supervisor(with_true_proof(earlier)));
  if (spec == supervisor_) co_return false;
  CO_TRY(const auto live, co_await shell_.druid.supervisor_spec(supervisor_id(pipeline_)));
  CO_TRY(const auto now, spec::diff_supervisor(supervisor_, live));
  if (now.action == spec::SupervisorAction::none) co_return false;
  CO_TRY(const auto then, spec::diff_supervisor(spec, live));
  co_return then.action == spec::SupervisorAction::none;
}

runtime::Async<void> Runner::watch_change() {
  const reconcile::SupervisorLook look{shell_.clock.now(), seen_.supervisor, supervisor_missing_};
  auto judged = reconcile::judge_change(state(), look, watch_, shell_.settings.change);
  watch_ = judged.watch;
  switch (judged.verdict) {
    case reconcile::ChangeVerdict::wait:
      break;
    case reconcile::ChangeVerdict::proven: {
      CO_TRY(const bool back, co_await holds_version_before());
      if (!back)
        co_return record(shell_, pipeline_.name,
                         {ledger::SupervisorProven{state().posted_version}});
      auto done = co_await put_back(shell_, pipeline_.name, state().posted_version,
                                    "it was being put back when henge ended");
      if (!done) co_return tl::unexpected<Error>(std::move(done).error());
      break;
    }
    case reconcile::ChangeVerdict::roll_back: {
      if (frozen()) break;
      auto done = co_await put_back(shell_, pipeline_.name, state().posted_version, judged.reason);
      if (!done) co_return tl::unexpected<Error>(std::move(done).error());
      break;
    }
  }
  co_return Result<void>{};
}

runtime::Async<void> Runner::count_chunks() {
  auto asked = reconcile::chunks_in_transition(pipeline_, state(), seen_.partitions);
  asked.merge(loader_->chunks_to_count(seen_));
  if (asked.empty()) {
    seen_.readings.clear();
    co_return Result<void>{};
  }
  CO_TRY(auto look, co_await look_at_chunks(shell_, pipeline_, std::move(asked)));
  seen_.readings = late::settle(seen_.readings, look);
  co_return Result<void>{};
}

runtime::Async<std::set<Instant>> Runner::held_chunks() {
  std::set<Instant> held;
  bool waiting = false;
  for (const auto& [start, chunk] : state().chunks) waiting = waiting || !chunk.waiting.empty();
  if (!waiting) co_return held;
  if (seen_.now - rules_at_ >= rules_valid) {
    CO_TRY(rules_, co_await shell_.druid.rules(pipeline_.datasource));
    rules_at_ = seen_.now;
  }
  for (const auto& [start, chunk] : state().chunks) {
    if (chunk.waiting.empty()) continue;
    Interval interval = bucket(pipeline_.schema.segment_granularity, start);
    if (!reconcile::rules_load(rules_, interval, seen_.now)) held.insert(start);
  }
  co_return held;
}

bool Runner::is_due(const ledger::RepairState& repair) const {
  // Sent long ago, perhaps, and forgotten by Druid since: it is counted first (judge_tasks).
  return repair.phase == RepairPhase::intended &&
         shell_.clock.now() - repair.changed_at < shell_.settings.patience.send_for;
}

// What waited at the gate may not be wanted any more.
bool Runner::is_still_due(const ledger::RepairIntended& intent) const {
  auto known = state().repairs.find(intent.repair);
  return !frozen() && state().managed() && known != state().repairs.end() &&
         known->second.intent.task_id == intent.task_id && is_due(known->second);
}

// Every repair that is intended and not known to Druid is sent, each on its own: none waits for
// another but at the gate.
void Runner::submit_intended() {
  if (frozen()) return;
  std::vector<ledger::RepairIntended> due;
  for (const auto& [id, repair] : state().repairs) {
    const std::string& task = repair.intent.task_id;
    if (!is_due(repair) || submitting_.contains(task)) continue;
    auto after = submit_after_.find(task);
    if (after != submit_after_.end() && shell_.clock.now() < after->second) continue;
    due.push_back(repair.intent);
  }
  for (auto& intent : due) {
    submitting_.insert(intent.task_id);
    shell_.overlord->offer([weak = weak_from_this(), intent = std::move(intent)](auto place) {
      if (auto self = weak.lock())
        self->shell_.tasks.spawn(intent.task_id, self->submit(intent, std::move(place)));
    });
  }
}

boost::asio::awaitable<void> Runner::submit(ledger::RepairIntended intent,
                                            runtime::Gate::Place place) {
  auto self = shared_from_this();
  if (!is_still_due(intent)) {
    submitting_.erase(intent.task_id);
    place.withdrawn();
    co_return;
  }
  const std::string folder = delta_folder(shell_.settings, pipeline_.name);
  auto build = [this, &intent, &folder] {
    return repair_payload(pipeline_, intent, folder, shell_.delivery_key);
  };
  auto payload = co_await runtime::blocking(shell_.pool, build);
  Result<Submitted> answer = tl::unexpected<Error>(Error{});
  if (payload) {
    failpoint("repair.before_post");
    answer = co_await shell_.druid.submit_task(std::move(*payload));
    failpoint("repair.answered");
    place.ended(answer);
  } else {
    answer = tl::unexpected<Error>(std::move(payload).error());
    place.withdrawn();
  }
  auto done = take_answer(intent, answer);
  submitting_.erase(intent.task_id);
  if (!done && done.error().kind == ErrorKind::corrupt)
    throw std::runtime_error(done.error().message);
}

Result<void> Runner::take_answer(const ledger::RepairIntended& intent,
                                 const Result<Submitted>& answer) {
  const std::string what = trouble("submit ") + intent.repair;
  // A round may have found the task meanwhile, by its status.
  auto known = state().repairs.find(intent.repair);
  if (known == state().repairs.end() || known->second.phase != RepairPhase::intended ||
      known->second.intent.task_id != intent.task_id)
    return {};
  if (answer) {
    shell_.troubles.clear(what, shell_.clock.now());
    submit_after_.erase(intent.task_id);
    submit_tries_.erase(intent.task_id);
    auto done = record(shell_, pipeline_.name,
                       {ledger::RepairAccepted{intent.repair, intent.task_id,
                                               *answer == Submitted::already_exists}});
    failpoint("repair.accepted");
    return done;
  }
  const Error& error = answer.error();
  if (error.kind == ErrorKind::cancelled) return {};
  shell_.troubles.set(what, error, shell_.clock.now());
  switch (error.kind) {
    case ErrorKind::invalid:
    case ErrorKind::corrupt:
    case ErrorKind::not_found:
      // Druid will never take these bytes, or they can't be made: the attempt is over. A later one
      // may fare better.
      return record(shell_, pipeline_.name,
                    {ledger::RepairTaskEnded{intent.repair, intent.task_id,
                                             ledger::TaskEnd::refused, error.message}});
    case ErrorKind::conflict:
    case ErrorKind::unavailable:
    case ErrorKind::unknown_outcome:
    case ErrorKind::refused:
    case ErrorKind::denied:
    case ErrorKind::cancelled:
    case ErrorKind::exhausted:
    case ErrorKind::internal:
      break;
  }
  // It may have arrived or not: the next rounds ask for its status, and the same bytes under the
  // same id are sent again.
  const auto& patience = shell_.settings.patience;
  const Millis wait = runtime::spread_delay(patience.retry_min, patience.retry_max,
                                            ++submit_tries_[intent.task_id], shell_.chance());
  submit_after_[intent.task_id] = shell_.clock.now() + wait;
  return {};
}

// Files whose rows are all in Druid go after their retention. The event first: a file that outlives
// it is only litter.
Result<void> Runner::expire_deltas() {
  // A load that is under way may bring late rows back.
  if (seen_.now - expired_at_ < expire_every || !loader_->idle()) return {};
  expired_at_ = seen_.now;
  const auto& delta = state().delta;
  std::vector<std::string> gone;
  for (const auto& [file, changed_at] : delta.changed_at) {
    auto open = delta.rows_open.find(file);
    bool done = open == delta.rows_open.end() || open->second == 0;
    bool current = file == delta.changed_at.rbegin()->first;
    if (done && !current && seen_.now - changed_at >= pipeline_.late.retention)
      gone.push_back(file);
  }
  if (gone.empty()) return {};
  TRY_VOID(record(shell_, pipeline_.name, {ledger::DeltaExpired{gone}}));
  const scan::DeltaFolder folder{delta_folder(shell_.settings, pipeline_.name), pipeline_.name};
  for (const auto& file : gone)
    if (auto removed = scan::remove_delta_files(folder, {file}); !removed)
      runtime::log(LogLevel::warning, "an expired delta file could not be removed",
                   {{"file", file}, {"error", removed.error().message}});
  return {};
}

}  // namespace henge::daemon
