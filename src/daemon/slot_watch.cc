#include "daemon/slot_watch.h"

#include "reconcile/cluster_view.h"
#include "reconcile/load_slots.h"
#include "reconcile/storage_reports.h"

namespace henge::daemon {
namespace {

constexpr Millis ask_every = std::chrono::seconds(15);
// What is older says nothing of what is free now, unless it was asked since the round before: where
// rounds are far apart there is nothing newer.
constexpr Millis valid_for = std::chrono::minutes(1);

}  // namespace

void SlotWatch::begin_round(const std::map<std::string, std::string>& datasources) {
  const Instant now = shell_.clock.now();
  const route::RouteLimits& limits = shell_.settings.route;
  auto slots = reconcile::load_slots(shell_.journal.state(), datasources, limits);
  int running = 0;
  for (const route::RunningTask& task : slots.running) running += task.slots;
  const bool due = !asked_at_ || now - *asked_at_ >= ask_every;
  const Instant before = std::exchange(round_at_, now);
  const bool unknown = !asked_at_ || (now - *asked_at_ >= valid_for && *asked_at_ < before);
  route::Round round{std::move(slots.running), route::within(limits.budget, seen_)};
  if (slots.waits) judge_storage(now);
  if (shell_.deep_storage.state == route::Health::State::failing)
    round.held = "deep storage fails, no task could publish: " + shell_.deep_storage.why;
  else if (slots.waits && unknown)
    round.held = "it is being asked what workers have free";
  if (slots.waits && due && !asking_) {
    asking_ = true;
    shell_.tasks.spawn("workers", look(running));
  }
  shell_.starts->begin(std::move(round), now);
}

boost::asio::awaitable<void> SlotWatch::look(int running) {
  auto answer = co_await ask(running);
  if (shell_.probe_storage) {
    auto sight = co_await shell_.probe_storage();
    storage_.reset();
    if (sight) storage_ = std::move(*sight);
  }
  asking_ = false;
  asked_at_ = shell_.clock.now();
  seen_.reset();
  if (answer) seen_ = *answer;
}

void SlotWatch::judge_storage(Instant now) {
  const auto reports = reconcile::storage_reports(shell_.journal.state(), now);
  shell_.deep_storage = route::judge_storage(storage_, reports, now);
  if (shell_.deep_storage.state == route::Health::State::failing)
    shell_.troubles.set("deep storage", {ErrorKind::unavailable, shell_.deep_storage.why}, now);
  else
    shell_.troubles.clear("deep storage", now);
}

// `running` slots of those in use are loads' own.
runtime::Async<route::Capacity> SlotWatch::ask(int running) {
  CO_TRY(const Workers workers, co_await shell_.druid.workers());
  CO_TRY(const auto supervisors, co_await shell_.druid.supervisors());
  route::Capacity capacity;
  capacity.total = workers.capacity_total;
  capacity.used = std::max(0, workers.capacity_used - running);
  capacity.kept_for_stream = reconcile::kept_for_stream(supervisors);
  co_return capacity;
}

}  // namespace henge::daemon
