#include "daemon/loader.h"

#include <fmt/format.h>

#include <algorithm>

#include "daemon/late_cover.h"
#include "daemon/load_payload.h"
#include "daemon/load_remote.h"
#include "reconcile/load_parts.h"
#include "reconcile/loads.h"
#include "runtime/failpoint.h"

namespace henge::daemon {

using ledger::LoadPartState;
using ledger::LoadState;
using ledger::PartPhase;
using runtime::failpoint;

namespace {

constexpr Millis stop_again = std::chrono::seconds(30);
// Answers that come within it are one write.
constexpr Millis record_within(20);

}  // namespace

const ledger::PipelineState& Loader::state() const {
  const ledger::PipelineState* known = shell_.journal.find(pipeline_.name);
  invariant(known != nullptr, "a loader's pipeline is in the ledger");
  return *known;
}

bool Loader::idle() const {
  return std::ranges::none_of(state().loads, [](const auto& item) {
    return item.second.open() && std::ranges::any_of(item.second.parts, [](const auto& part) {
             return part.phase != PartPhase::waiting && part.phase != PartPhase::counted;
           });
  });
}

reconcile::LoadPace Loader::pace() const {
  return {shell_.settings.patience, shell_.settings.route,
          shell_.starts->worth_looking(pipeline_.datasource)};
}

std::set<Instant> Loader::chunks_to_count(const reconcile::Observation& seen) const {
  return reconcile::chunks_of_loads(pipeline_, state(), seen, pace());
}

bool Loader::needs_report(const ledger::LoadTaskEnded& ended) const {
  return state().loads.at(ended.load).intent.content.proof != Proof::counted;
}

// What was sent a moment ago may be known to Druid in a moment.
bool Loader::may_arrive(const std::string& task) const {
  if (sending_.contains(task)) return true;
  const auto sent = sent_at_.find(task);
  return sent != sent_at_.end() &&
         shell_.clock.now() - sent->second < shell_.settings.patience.vanished_after;
}

// Rows that only a report tells, by task; -1 where it does not. A report that can't be had is a
// trouble of its own, and keeps nothing else waiting.
boost::asio::awaitable<std::map<std::string, std::int64_t>> Loader::reported_rows(
    std::vector<std::string> tasks) {
  std::map<std::string, std::int64_t> rows;
  for (const std::string& task : tasks) {
    const auto report = co_await shell_.druid.task_report(task);
    shell_.troubles.follow(fmt::format("{}: report of {}", pipeline_.name, task), report,
                           shell_.clock.now());
    if (report) rows[task] = *report ? (*report)->processed + (*report)->processed_with_error : -1;
  }
  co_return rows;
}

runtime::Async<void> Loader::take_statuses(const reconcile::Observation& seen) {
  const auto judged = [&] {
    return reconcile::judge_load_tasks(state(), seen, shell_.settings.patience);
  };
  auto events = judged();
  std::vector<std::string> unreported;
  for (const ledger::Body& body : events)
    if (const auto* ended = std::get_if<ledger::LoadTaskEnded>(&body);
        ended != nullptr && needs_report(*ended))
      unreported.push_back(ended->task_id);
  std::map<std::string, std::int64_t> rows;
  if (!unreported.empty()) {
    rows = co_await reported_rows(std::move(unreported));
    // Answers to what was sent may have been recorded meanwhile.
    events = judged();
  }
  std::erase_if(events, [&](ledger::Body& body) {
    auto* ended = std::get_if<ledger::LoadTaskEnded>(&body);
    if (ended == nullptr) return false;
    if (ended->end == ledger::TaskEnd::vanished) return may_arrive(ended->task_id);
    if (!needs_report(*ended)) return false;
    const auto known = rows.find(ended->task_id);
    if (known == rows.end()) return true;  // it is asked for again in the next round
    ended->rows = known->second;
    return false;
  });
  if (!events.empty()) failpoint("load.task_seen");
  co_return record(shell_, pipeline_.name, events);
}

Result<void> Loader::judge(const reconcile::Observation& seen) {
  auto events = reconcile::judge_loads(pipeline_, state(), seen, shell_.settings.patience);
  if (!events.empty()) failpoint("load.counted");
  TRY_VOID(record(shell_, pipeline_.name, events));
  auto ends = reconcile::end_loads(pipeline_, state(), seen.now);
  if (!ends.empty()) failpoint("load.ended");
  return record(shell_, pipeline_.name, ends);
}

runtime::Async<void> Loader::act(const reconcile::Observation& seen) {
  CO_TRY_VOID(co_await cancel_tasks());
  CO_TRY_VOID(intend(choose(reconcile::plan_loads(pipeline_, state(), seen, pace()))));
  send_intended();
  co_return Result<void>{};
}

// Of what could go, what goes now: that is decided for all pipelines together.
std::vector<ledger::LoadTaskIntended> Loader::choose(reconcile::LoadPlan plan) {
  std::vector<route::Offer> offers;
  for (const auto& part : plan.waiting) offers.push_back(part.offer);
  const auto started = shell_.starts->offer(pipeline_.name, std::move(offers));
  waits_ = std::move(plan.waits);
  windows_wanted_.clear();
  std::vector<ledger::LoadTaskIntended> intents;
  for (auto& part : plan.waiting) {
    if (!part.offer.ready) continue;
    if (!started.contains(part.offer.task.id))
      waits_[part.load] = route::wait_text(*shell_.starts, part.offer.task);
    else if (part.opens_window)
      windows_wanted_.insert(part.load);
    else
      intents.push_back(std::move(part.intent));
  }
  return intents;
}

// Tasks that nobody wants any more are told to stop; what they did is counted afterwards.
runtime::Async<void> Loader::cancel_tasks() {
  std::vector<std::string> tasks;
  for (const auto& [name, load] : state().loads) {
    if (!load.open() || !load.cancel) continue;
    for (const LoadPartState& part : load.parts)
      if (part.phase == PartPhase::accepted) tasks.push_back(part.task_id);
  }
  for (const std::string& task : tasks) {
    const Instant now = shell_.clock.now();
    auto before = stopped_at_.find(task);
    if (before != stopped_at_.end() && now - before->second < stop_again) continue;
    stopped_at_[task] = now;
    auto done = co_await shell_.druid.shutdown_task(task);
    const bool refused = !done && done.error().kind != ErrorKind::not_found;
    const std::string what = fmt::format("{}: stop {}", pipeline_.name, task);
    if (!refused) {
      shell_.troubles.clear(what, shell_.clock.now());
      continue;
    }
    stopped_at_.erase(task);
    if (done.error().kind == ErrorKind::cancelled) co_return done;
    // It keeps nothing else waiting.
    shell_.troubles.set(what, done.error(), shell_.clock.now());
  }
  co_return Result<void>{};
}

// Records the tasks with what becomes of late rows. All at once: each record is a write that waits
// for the disk. Nothing is awaited: the ledger must not go on between the look and the record.
Result<void> Loader::intend(std::vector<ledger::LoadTaskIntended> intents) {
  std::vector<ledger::Body> events;
  for (auto& intent : intents) {
    const LoadState& load = state().loads.at(intent.load);
    const LoadRequest& request = load.intent.request;
    if (request.mode == LoadMode::replace &&
        !reconcile::reads_itself(load.intent.content, pipeline_)) {
      const scan::DeltaFolder folder{delta_folder(shell_.settings, pipeline_.name), pipeline_.name};
      for (auto& target : intent.targets)
        TRY_VOID(cover_late_rows(folder, state(), *request.as_of, target));
    }
    events.emplace_back(std::move(intent));
  }
  if (events.empty()) return {};
  failpoint("load.planned");
  TRY_VOID(record(shell_, pipeline_.name, events));
  failpoint("load.intended");
  return {};
}

bool Loader::is_due(const LoadState& load, const LoadPartState& part) const {
  // Sent long ago, perhaps, and forgotten by Druid since: counted first (judge_load_tasks).
  return load.open() && !load.cancel && part.phase == PartPhase::intended &&
         shell_.clock.now() - part.changed_at < shell_.settings.patience.send_for;
}

// What waited at the gate may not be wanted any more.
bool Loader::is_still_due(const Due& one) const {
  if (!state().managed() || state().resetting() ||
      ledger::freeze_of(shell_.journal.state(), state()) != nullptr)
    return false;
  const LoadState& load = state().loads.at(one.load);
  return load.parts[one.part].task_id == one.task && is_due(load, load.parts[one.part]);
}

// Each on its own: none waits for another but at the gate. One that can't be sent is recorded at
// once, so that what is to be sent is known before.
void Loader::send_intended() {
  std::vector<Due> due;
  for (const auto& [name, load] : state().loads) {
    for (std::size_t i = 0; i < load.parts.size(); ++i) {
      const std::string& task = load.parts[i].task_id;
      if (!is_due(load, load.parts[i]) || sending_.contains(task)) continue;
      auto after = send_after_.find(task);
      if (after != send_after_.end() && shell_.clock.now() < after->second) continue;
      due.push_back({name, i, task});
    }
  }
  for (Due& one : due) {
    sending_.insert(one.task);
    shell_.overlord->offer([weak = weak_from_this(), one = std::move(one)](auto place) {
      if (auto self = weak.lock())
        self->shell_.tasks.spawn(one.task, self->send(one, std::move(place)));
    });
  }
}

boost::asio::awaitable<void> Loader::send(Due one, runtime::Gate::Place place) {
  auto self = shared_from_this();
  if (!is_still_due(one)) {
    sending_.erase(one.task);
    place.withdrawn();
    co_return;
  }
  const LoadState& known = state().loads.at(one.load);
  Result<Submitted> answer = tl::unexpected<Error>(Error{});
  auto files = check_files(known, one.part);
  auto payload = load_payload(pipeline_, known, one.part);
  if (!files) {
    answer = tl::unexpected<Error>(std::move(files).error());
    place.withdrawn();
  } else if (!payload) {
    answer = tl::unexpected<Error>(std::move(payload).error());
    place.withdrawn();
  } else {
    failpoint("load.before_post");
    sent_at_[one.task] = shell_.clock.now();
    // No ternary: each arm is a coroutine of its own.
    if (reconcile::runs_as_query(known, one.part, known.parts[one.part].attempt))
      answer = co_await shell_.druid.submit_query(std::move(*payload));
    else
      answer = co_await shell_.druid.submit_task(std::move(*payload));
    failpoint("load.answered");
    sent_at_[one.task] = shell_.clock.now();
    place.ended(answer);
  }
  if (answer) {
    note_accepted({one.load, one.task, *answer == Submitted::already_exists});
    co_return;
  }
  auto done = take_answer(one.load, one.task, answer);
  sending_.erase(one.task);
  if (!done && done.error().kind == ErrorKind::corrupt)
    throw std::runtime_error(done.error().message);
}

void Loader::note_accepted(ledger::LoadTaskAccepted event) {
  accepted_.push_back(std::move(event));
  if (accepted_.size() == 1)
    shell_.tasks.spawn(pipeline_.name + " accepted loads", record_accepted());
}

// A death before it is as good as a lost answer: the tasks are found by their status.
boost::asio::awaitable<void> Loader::record_accepted() {
  auto self = shared_from_this();
  // Being told to stop only shortens it: what is known is recorded.
  static_cast<void>(co_await shell_.sleep(record_within));
  std::vector<ledger::Body> events;
  for (ledger::LoadTaskAccepted& event : std::exchange(accepted_, {})) {
    shell_.troubles.clear(trouble_of(event.task_id), shell_.clock.now());
    forget_sending(event.task_id);
    sending_.erase(event.task_id);
    // A round may have found the task meanwhile, by its status.
    const LoadState& load = state().loads.at(event.load);
    const auto part = std::ranges::find(load.parts, event.task_id, &LoadPartState::task_id);
    if (load.open() && part != load.parts.end() && part->phase == PartPhase::intended)
      events.emplace_back(std::move(event));
  }
  auto done = record(shell_, pipeline_.name, events);
  failpoint("load.accepted");
  if (!done && done.error().kind == ErrorKind::corrupt)
    throw std::runtime_error(done.error().message);
}

void Loader::forget_sending(const std::string& task) {
  send_after_.erase(task);
  send_tries_.erase(task);
  sent_at_.erase(task);
}

std::string Loader::trouble_of(const std::string& task) const {
  return fmt::format("{}: submit {}", pipeline_.name, task);
}

Result<void> Loader::take_answer(const std::string& load, const std::string& task,
                                 const Result<Submitted>& answer) {
  const std::string what = trouble_of(task);
  // A round may have found the task meanwhile, by its status.
  const LoadState& known = state().loads.at(load);
  const auto part = std::ranges::find(known.parts, task, &LoadPartState::task_id);
  if (!known.open() || part == known.parts.end() || part->phase != PartPhase::intended) return {};
  const Error& error = answer.error();
  switch (error.kind) {
    case ErrorKind::cancelled:
      return {};
    case ErrorKind::invalid:
    case ErrorKind::corrupt:
    case ErrorKind::not_found:
      shell_.troubles.clear(what, shell_.clock.now());
      forget_sending(task);
      return record(
          shell_, pipeline_.name,
          {ledger::LoadTaskEnded{load, task, ledger::TaskEnd::refused, error.message, -1}});
    case ErrorKind::conflict:
    case ErrorKind::unavailable:
    case ErrorKind::unknown_outcome:
    case ErrorKind::refused:
    case ErrorKind::denied:
    case ErrorKind::exhausted:
    case ErrorKind::internal:
      break;
  }
  shell_.troubles.set(what, error, shell_.clock.now());
  const auto& patience = shell_.settings.patience;
  const Millis wait = runtime::spread_delay(patience.retry_min, patience.retry_max,
                                            ++send_tries_[task], shell_.chance());
  send_after_[task] = shell_.clock.now() + wait;
  return {};
}

}  // namespace henge::daemon
