#include "daemon/loader.h"

#include <fmt/format.h>

#include <algorithm>

#include "daemon/late_cover.h"
#include "daemon/load_payload.h"
#include "daemon/load_remote.h"
#include "runtime/failpoint.h"

namespace henge::daemon {

using ledger::LoadPartState;
using ledger::LoadState;
using ledger::PartPhase;
using runtime::failpoint;

namespace {

// Tasks of one pipeline's loads at once.
constexpr int tasks_max = 2;
constexpr Millis stop_again = std::chrono::seconds(30);

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

std::set<Instant> Loader::chunks_to_count() const {
  return reconcile::chunks_of_loads(state(), tasks_max);
}

runtime::Async<void> Loader::take_statuses(const reconcile::Observation& seen) {
  auto events = reconcile::judge_load_tasks(state(), seen, shell_.settings.patience);
  for (ledger::Body& body : events) {
    auto* ended = std::get_if<ledger::LoadTaskEnded>(&body);
    if (ended == nullptr) continue;
    const LoadState& load = state().loads.at(ended->load);
    if (load.intent.content.proof == Proof::counted) continue;
    CO_TRY(const auto report, co_await shell_.druid.task_report(ended->task_id));
    if (report) ended->rows = report->processed + report->processed_with_error;
  }
  if (!events.empty()) failpoint("load.task_seen");
  co_return record(shell_, pipeline_.name, events);
}

Result<void> Loader::judge(const reconcile::Observation& seen) {
  auto events = reconcile::judge_loads(pipeline_, state(), seen, shell_.settings.patience);
  if (!events.empty()) failpoint("load.counted");
  TRY_VOID(record(shell_, pipeline_.name, events));
  auto ends = reconcile::end_loads(state());
  if (!ends.empty()) failpoint("load.ended");
  return record(shell_, pipeline_.name, ends);
}

runtime::Async<void> Loader::act(const reconcile::Observation& seen) {
  CO_TRY_VOID(co_await cancel_tasks());
  auto plan = reconcile::plan_loads(pipeline_, state(), seen, shell_.settings.patience, tasks_max);
  waits_ = std::move(plan.waits);
  windows_wanted_ = std::move(plan.windows);
  for (auto& intent : plan.intents) {
    CO_TRY_VOID(co_await intend(std::move(intent)));
  }
  send_intended();
  co_return Result<void>{};
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
    if (!done && done.error().kind != ErrorKind::not_found) {
      stopped_at_.erase(task);
      co_return tl::unexpected<Error>(std::move(done).error());
    }
  }
  co_return Result<void>{};
}

// Records the task with what becomes of late rows.
runtime::Async<void> Loader::intend(ledger::LoadTaskIntended intent) {
  const LoadState& load = state().loads.at(intent.load);
  const LoadRequest request = load.intent.request;
  std::vector<ledger::Body> events;
  if (request.mode == LoadMode::replace && !reads_itself(load.intent.content, pipeline_)) {
    const scan::DeltaFolder folder{delta_folder(shell_.settings, pipeline_.name), pipeline_.name};
    const ledger::PipelineState& known = state();
    auto cover = [&]() -> Result<void> {
      for (auto& target : intent.targets)
        TRY_VOID(cover_late_rows(folder, known, *request.as_of, target));
      return {};
    };
    // On the loop's thread: the ledger must not go on between the look and the record.
    CO_TRY_VOID(cover());
  }
  events.emplace_back(std::move(intent));
  failpoint("load.planned");
  CO_TRY_VOID(record(shell_, pipeline_.name, events));
  failpoint("load.intended");
  co_return Result<void>{};
}

// Each on its own: none waits for another. One that can't be sent is recorded at once, so that what
// is to be sent is known before.
void Loader::send_intended() {
  struct Due {
    std::string load;
    std::size_t part;
    std::string task;
  };
  std::vector<Due> due;
  for (const auto& [name, load] : state().loads) {
    if (!load.open() || load.cancel) continue;
    for (std::size_t i = 0; i < load.parts.size(); ++i) {
      const std::string& task = load.parts[i].task_id;
      if (load.parts[i].phase != PartPhase::intended || sending_.contains(task)) continue;
      // Sent long ago, perhaps, and forgotten by Druid since: counted first (judge_load_tasks).
      if (shell_.clock.now() - load.parts[i].changed_at >= shell_.settings.patience.send_for)
        continue;
      auto after = send_after_.find(task);
      if (after != send_after_.end() && shell_.clock.now() < after->second) continue;
      due.push_back({name, i, task});
    }
  }
  for (const Due& one : due) {
    sending_.insert(one.task);
    shell_.tasks.spawn(one.task, send(one.load, one.part, one.task));
  }
}

boost::asio::awaitable<void> Loader::send(std::string load, std::size_t part, std::string task) {
  auto self = shared_from_this();
  const LoadState& known = state().loads.at(load);
  Result<Submitted> answer = tl::unexpected<Error>(Error{});
  auto files = check_files(known, part);
  auto payload = load_payload(pipeline_, known, part);
  if (!files) {
    answer = tl::unexpected<Error>(std::move(files).error());
  } else if (!payload) {
    answer = tl::unexpected<Error>(std::move(payload).error());
  } else {
    failpoint("load.before_post");
    answer = co_await shell_.druid.submit_task(std::move(*payload));
    failpoint("load.answered");
  }
  auto done = take_answer(load, task, answer);
  sending_.erase(task);
  if (!done && done.error().kind == ErrorKind::corrupt)
    throw std::runtime_error(done.error().message);
}

Result<void> Loader::take_answer(const std::string& load, const std::string& task,
                                 const Result<Submitted>& answer) {
  const std::string what = fmt::format("{}: submit {}", pipeline_.name, task);
  // A round may have found the task meanwhile, by its status.
  const LoadState& known = state().loads.at(load);
  const auto part = std::ranges::find(known.parts, task, &LoadPartState::task_id);
  if (!known.open() || part == known.parts.end() || part->phase != PartPhase::intended) return {};
  if (answer) {
    shell_.troubles.clear(what, shell_.clock.now());
    send_after_.erase(task);
    send_tries_.erase(task);
    auto done =
        record(shell_, pipeline_.name,
               {ledger::LoadTaskAccepted{load, task, *answer == Submitted::already_exists}});
    failpoint("load.accepted");
    return done;
  }
  const Error& error = answer.error();
  switch (error.kind) {
    case ErrorKind::cancelled:
      return {};
    case ErrorKind::invalid:
    case ErrorKind::corrupt:
    case ErrorKind::not_found:
      shell_.troubles.clear(what, shell_.clock.now());
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
  const int tries = ++send_tries_[task];
  send_after_[task] = shell_.clock.now() + std::min<Millis>(shell_.settings.patience.retry_min *
                                                                (1 << std::min(tries, 10)) / 2,
                                                            shell_.settings.patience.retry_max);
  return {};
}

}  // namespace henge::daemon
