#include "daemon/reconciler.h"

#include <fmt/format.h>

#include "daemon/chunk_look.h"
#include "daemon/heal.h"
#include "daemon/supervisor_change.h"
#include "reconcile/judge_drift.h"
#include "runtime/failpoint.h"

namespace henge::daemon {

using reconcile::DriftInput;

namespace {

// Chunks of one pipeline that are counted again in one round: one query.
constexpr std::size_t recounts_max = 32;
// From so many pipelines on they are read by several threads.
constexpr std::size_t together_min = 64;
// Statuses have no bulk call: this many pipelines take their turn in a round.
constexpr std::size_t statuses_max = 15;
// The Coordinator's list is a snapshot, up to a minute old (contract 5.1.1): after a change it is
// read again until it must show it.
constexpr Millis snapshot_age_max = std::chrono::seconds(90);

Result<std::map<std::string, std::vector<TaskLock>>> by_datasource(
    Result<std::vector<TaskLock>> locks) {
  if (!locks) return tl::unexpected<Error>(std::move(locks).error());
  std::map<std::string, std::vector<TaskLock>> out;
  for (TaskLock& lock : *locks) out[lock.datasource].push_back(std::move(lock));
  return out;
}

Result<reconcile::ActiveTasks> by_datasource(Result<std::vector<TaskStatus>> tasks) {
  if (!tasks) return tl::unexpected<Error>(std::move(tasks).error());
  return reconcile::ActiveTasks(std::move(*tasks));
}

// What does not move while tasks only read and append to memory.
bool same_published(const SegmentDigest& a, const SegmentDigest& b) {
  return a.published == b.published && a.overshadowed == b.overshadowed &&
         a.unavailable == b.unavailable && a.size_bytes == b.size_bytes &&
         a.version_max == b.version_max;
}

}  // namespace

Result<void> Reconciler::not_answered(World& world, const char* part, const Error& error) {
  if (error.kind == ErrorKind::cancelled) return tl::unexpected<Error>(error);
  world.unknown[part] = error.message;
  shell_.troubles.set(std::string("observe ") + part, error, shell_.clock.now());
  return {};
}

template <typename T>
Result<void> Reconciler::take(World& world, const char* part, std::optional<T>& slot,
                              Result<T> answer) {
  if (!answer) return not_answered(world, part, answer.error());
  slot = std::move(*answer);
  shell_.troubles.clear(std::string("observe ") + part, shell_.clock.now());
  return {};
}

boost::asio::awaitable<void> Reconciler::round(Runners runners) {
  if (busy_ || runners.empty()) co_return;
  busy_ = true;
  auto done = co_await one_round(runners);
  busy_ = false;
  shell_.troubles.follow("reconcile", done, shell_.clock.now());
  if (!done && done.error().kind == ErrorKind::corrupt)
    throw std::runtime_error(done.error().message);
}

runtime::Async<void> Reconciler::one_round(const Runners& runners) {
  World world;
  held_.clear();
  for (const auto& [name, runner] : runners)
    if (const auto* known = shell_.journal.find(name); known != nullptr && known->held())
      held_.insert(name);
  auto leader = co_await shell_.druid.overlord_leader();
  if (!leader) {
    CO_TRY_VOID(not_answered(world, "overlord leader", leader.error()));
  }
  CO_TRY_VOID(co_await observe_lists(world, runners));
  CO_TRY_VOID(co_await ask_for_missing(world, runners));
  CO_TRY_VOID(co_await observe_statuses(world, runners));
  auto leader_after = co_await shell_.druid.overlord_leader();
  if (!leader || !leader_after || *leader != *leader_after) {
    // Between two leaders lists may be old or not filled yet (contract 8.3).
    world.supervisors.reset();
    world.tasks.reset();
    world.locks.reset();
    world.confirmed_missing.clear();
    world.statuses.clear();
    world.unknown["supervisors"] = "the Overlord's leader changed meanwhile, or is not known";
  }
  CO_TRY_VOID(co_await observe_segments(world, runners));
  CO_TRY_VOID(co_await look_ahead(world, runners));
  world.now = shell_.clock.now();
  CO_TRY_VOID(co_await recount(world, runners));
  world.now = shell_.clock.now();
  co_return co_await judge(world, runners);
}

runtime::Async<void> Reconciler::observe_lists(World& world, const Runners& runners) {
  std::vector<std::string> datasources;
  for (const auto& [name, runner] : runners) datasources.push_back(runner->pipeline().datasource);

  auto listings = co_await shell_.druid.supervisors();
  if (listings) {
    world.supervisors.emplace();
    for (auto& listing : *listings) {
      std::string id = listing.id;
      world.supervisors->insert_or_assign(std::move(id), std::move(listing));
    }
    shell_.troubles.clear("observe supervisors", shell_.clock.now());
  } else {
    CO_TRY_VOID(not_answered(world, "supervisors", listings.error()));
  }
  auto tasks = co_await shell_.druid.active_tasks("");
  CO_TRY_VOID(take(world, "tasks", world.tasks, by_datasource(std::move(tasks))));
  auto locks = co_await shell_.druid.locks(std::move(datasources));
  CO_TRY_VOID(take(world, "locks", world.locks, by_datasource(std::move(locks))));
  auto rules = co_await shell_.druid.all_rules();
  CO_TRY_VOID(take(world, "rules", world.rules, std::move(rules)));
  auto compaction = co_await shell_.druid.compaction_configs();
  CO_TRY_VOID(take(world, "compaction", world.compaction, std::move(compaction)));
  auto digests = co_await shell_.druid.segment_digests();
  co_return take(world, "segment digests", world.digests, std::move(digests));
}

// A list leaves out what the account may not see: what is not in it is asked for by its name.
runtime::Async<void> Reconciler::ask_for_missing(World& world, const Runners& runners) {
  if (!world.supervisors) co_return Result<void>{};
  for (const auto& [name, runner] : runners) {
    const std::string id = supervisor_id(runner->pipeline());
    if (world.supervisors->contains(id)) continue;
    auto spec = co_await shell_.druid.supervisor_spec(id);
    if (!spec) {
      CO_TRY_VOID(not_answered(world, "a supervisor that is not listed", spec.error()));
      continue;
    }
    if (spec->has_value()) continue;
    world.confirmed_missing.insert(id);
    auto history = co_await shell_.druid.supervisor_history(id);
    if (history && !history->empty() && history->front().tombstone) world.terminated.insert(id);
  }
  shell_.troubles.clear("observe a supervisor that is not listed", shell_.clock.now());
  co_return Result<void>{};
}

runtime::Async<void> Reconciler::observe_statuses(World& world, const Runners& runners) {
  auto at = runners.lower_bound(next_status_);
  for (std::size_t asked = 0; asked < std::min(statuses_max, runners.size()); ++asked) {
    if (at == runners.end()) at = runners.begin();
    const Pipeline& pipeline = at->second->pipeline();
    const std::string id = supervisor_id(pipeline);
    ++at;
    auto status = co_await shell_.druid.supervisor_status(id);
    if (!status) {
      if (status.error().kind == ErrorKind::cancelled)
        co_return tl::unexpected<Error>(std::move(status).error());
      continue;  // one that is not there is found by the list
    }
    topics_.saw(pipeline, *status);
    world.statuses.insert_or_assign(id, std::move(*status));
  }
  next_status_ = at == runners.end() ? std::string() : at->first;
  co_return Result<void>{};
}

// Only datasources whose digest moved are listed again.
runtime::Async<void> Reconciler::observe_segments(World& world, const Runners& runners) {
  if (world.digests) {
    const Instant now = shell_.clock.now();
    std::vector<std::string> stale;
    for (const auto& [name, runner] : runners) {
      const std::string& datasource = runner->pipeline().datasource;
      auto digest = world.digests->find(datasource);
      const SegmentDigest seen = digest == world.digests->end() ? SegmentDigest{} : digest->second;
      auto [known, fresh] = listed_.try_emplace(datasource);
      if (fresh || !same_published(known->second.digest, seen)) {
        known->second.digest = seen;
        known->second.changed_at = now;
      }
      if (known->second.at < known->second.changed_at + snapshot_age_max)
        stale.push_back(datasource);
    }
    if (!stale.empty()) {
      auto fresh = co_await shell_.druid.segments(stale);
      if (fresh) {
        table_.replace(std::move(*fresh), stale);
        for (const auto& datasource : stale) {
          listed_[datasource].at = now;
          ++listed_[datasource].number;
        }
        shell_.troubles.clear("observe segments", now);
      } else {
        CO_TRY_VOID(not_answered(world, "segments", fresh.error()));
      }
    }
  }
  world.segments = &table_;
  for (const auto& [datasource, listed] : listed_)
    if (listed.number > 0) world.segments_listed[datasource] = listed.number;
  co_return Result<void>{};
}

// Comparing is most of a round in which much has moved: it is shared out among the cores, and the
// loop goes on meanwhile.
runtime::Async<void> Reconciler::look_ahead(const World& world, const Runners& runners) {
  if (runners.size() < together_min) co_return Result<void>{};
  struct One {
    std::shared_ptr<const Runner> runner;
    JsonText desired;
    reconcile::DriftMemory* memory;  // nobody else uses it while a round is on
  };
  std::vector<One> all;
  for (const auto& [name, runner] : runners)
    if (can_judge(*runner)) all.push_back({runner, runner->supervisor(), &memory_[name].drift});
  const std::function<void()> read = [&all, &world] {
    runtime::share_out(all.size(), [&all, &world](std::size_t i) {
      reconcile::read_ahead(all[i].runner->pipeline(), all[i].desired, world, *all[i].memory);
    });
  };
  co_await shell_.pool.run(read);
  co_return Result<void>{};
}

bool Reconciler::can_judge(const Runner& runner) const {
  const ledger::PipelineState* known = shell_.journal.find(runner.pipeline().name);
  return known != nullptr && known->managed();
}

Result<DriftInput> Reconciler::input_of(const std::shared_ptr<Runner>& runner) {
  const std::string& name = runner->pipeline().name;
  const ledger::PipelineState& state = *shell_.journal.find(name);
  Memory& memory = memory_[name];
  // Segments of earlier versions have those versions' columns; the runner is of the posted one.
  const std::size_t of_runner = state.posted_version == state.version ? 1 : 0;
  for (; memory.versions + of_runner < state.versions.size(); ++memory.versions) {
    TRY(const Pipeline before,
        pipeline_of_version(state, name, state.versions[memory.versions].number));
    memory.columns_before.merge(reconcile::columns_of(before));
  }
  // What was listed as suspended may have been resumed by henge since.
  const bool held = state.held() || held_.contains(name);
  return DriftInput{runner->pipeline(),   runner->supervisor(), state, runner->partitions(), held,
                    memory.columns_before};
}

runtime::Async<void> Reconciler::recount(World& world, const Runners& runners) {
  for (const auto& [name, runner] : runners) {
    if (!can_judge(*runner)) continue;
    CO_TRY(const DriftInput input, input_of(runner));
    auto done = co_await recount_one(world, *runner, input);
    if (!done) {
      CO_TRY_VOID(not_answered(world, "counts", done.error()));
    }
  }
  co_return Result<void>{};
}

runtime::Async<void> Reconciler::recount_one(World& world, const Runner& runner,
                                             const DriftInput& input) {
  const Pipeline& pipeline = runner.pipeline();
  Memory& memory = memory_[pipeline.name];
  const auto wanted = reconcile::chunks_to_recount(input, world, memory.drift, recounts_max);
  if (wanted.empty()) {
    memory.recounted.clear();
    co_return Result<void>{};
  }
  const std::set<Instant> asked(wanted.begin(), wanted.end());
  CO_TRY(auto look, co_await look_at_chunks(shell_, pipeline, asked));
  memory.recounted = late::settle(memory.recounted, look);
  world.readings[pipeline.name] = memory.recounted;
  for (const Instant chunk : reconcile::chunks_to_look_for_unused(input, world)) {
    auto unused = co_await shell_.druid.unused_segments(
        pipeline.datasource, bucket(pipeline.schema.segment_granularity, chunk));
    if (unused) {
      world.unused[pipeline.name][chunk] = std::move(*unused);
    } else {
      CO_TRY_VOID(not_answered(world, "unused", unused.error()));
    }
  }
  shell_.troubles.clear("observe counts", shell_.clock.now());
  co_return Result<void>{};
}

runtime::Async<void> Reconciler::judge(World& world, const Runners& runners) {
  world.topics = topics_.sights();
  for (const auto& [name, runner] : runners) {
    // Awaits lie between here and the observation: the ledger may have gone on.
    if (!can_judge(*runner)) continue;
    for (auto& task : runner->missing_tasks()) world.missing_tasks.insert(task);
    CO_TRY(const DriftInput input, input_of(runner));
    CO_TRY_VOID(record(shell_, name, reconcile::note_observed(input, world)));
    Memory& memory = memory_[name];
    const auto found = reconcile::find_drift(input, world, memory.drift);
    const DriftSettings settings = drift_settings(shell_.settings.drift, runner->pipeline().drift);
    const auto events = reconcile::judge_drift(shell_.journal.state(), name, found, settings,
                                               memory.drift, world.now);
    CO_TRY_VOID(record(shell_, name, events));
    if (!events.empty()) runtime::failpoint("drift.recorded");
    const ledger::PipelineState& state = *shell_.journal.find(name);
    if (ledger::freeze_of(shell_.journal.state(), state) != nullptr) continue;
    for (auto& intent : reconcile::heals_under_way(state)) {
      if (!may_heal(*runner, intent)) break;
      CO_TRY_VOID(co_await heal(runner, std::move(intent)));
    }
  }
  co_return Result<void>{};
}

// Whether the world is still the one that was looked at: a person may have said stop, declared the
// pipeline anew, or something that holds the supervisor may have begun.
bool Reconciler::may_heal(const Runner& runner, const ledger::HealIntended& intent) const {
  const std::string& name = runner.pipeline().name;
  const ledger::PipelineState* state = shell_.journal.find(name);
  if (state == nullptr || !state->managed()) return false;
  if (ledger::freeze_of(shell_.journal.state(), *state) != nullptr) return false;
  const auto declared = pipeline_of(*state, name);
  if (!declared || !(*declared == runner.pipeline()) || state->apply_under_way()) return false;
  // A supervisor that is gone is made again all the same: nothing else ends what holds it.
  const bool wakes =
      intent.kind == DriftKind::supervisor_suspended || intent.kind == DriftKind::supervisor_edited;
  return !state->held() || !wakes;
}

runtime::Async<void> Reconciler::heal(std::shared_ptr<Runner> runner, ledger::HealIntended intent) {
  auto done = co_await heal_drift(shell_, runner->pipeline(), intent);
  if (!done && done.error().kind == ErrorKind::cancelled)
    co_return tl::unexpected<Error>(std::move(done).error());
  runtime::failpoint("drift.healed");
  co_return record(shell_, runner->pipeline().name,
                   {ledger::HealEnded{intent.kind, intent.object, intent.attempt,
                                      done ? std::string() : done.error().message}});
}

}  // namespace henge::daemon
