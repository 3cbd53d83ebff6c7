#include "daemon/topic_watcher.h"

#include <algorithm>

namespace henge::daemon {

namespace {

// So many rounds an answer counts.
constexpr int fresh_rounds = 3;

}  // namespace

void TopicWatcher::saw(const Pipeline& pipeline, const SupervisorStatus& status) {
  if (!shell_.look_at_topic || !asking_.insert(pipeline.name).second) return;
  shell_.tasks.spawn(pipeline.name + " topic", watch(pipeline, offsets::druid_offsets(status)));
}

std::map<std::string, reconcile::TopicSight> TopicWatcher::sights() const {
  std::map<std::string, reconcile::TopicSight> out;
  const Millis age_max = fresh_rounds * shell_.settings.reconcile_interval;
  for (const auto& [name, sight] : sights_)
    if (shell_.clock.now() - sight.look.at <= age_max) out.emplace(name, sight);
  return out;
}

void TopicWatcher::forget(const std::string& pipeline) {
  sights_.erase(pipeline);
}

boost::asio::awaitable<void> TopicWatcher::watch(Pipeline pipeline, offsets::DruidOffsets druid) {
  auto looked = co_await look(pipeline, druid);
  shell_.troubles.follow(pipeline.name + ": look at the topic", looked, shell_.clock.now());
  if (pipeline.mirror.enabled && shell_.commit_group) {
    auto mirrored = co_await mirror(pipeline, druid);
    shell_.troubles.follow(pipeline.name + ": mirror to a consumer group", mirrored,
                           shell_.clock.now());
  }
  asking_.erase(pipeline.name);
}

runtime::Async<void> TopicWatcher::look(const Pipeline& pipeline,
                                        const offsets::DruidOffsets& druid) {
  const ledger::PipelineState* known = shell_.journal.find(pipeline.name);
  if (known == nullptr || !known->managed()) co_return Result<void>{};
  // As it stood before the question: the scan goes on meanwhile.
  const offsets::Scanned scanned = known->partitions;
  Known& before = known_[pipeline.name];
  if (known->reset && known->reset->intent.number != before.reset && !known->resetting())
    before = Known{known->reset->intent.number, {}};
  reconcile::TopicSight sight{scanned, druid, {}};
  for (auto& [partition, state] : sight.scanned)
    if (auto proven = before.witnesses.find(partition); proven != before.witnesses.end())
      state.witness = proven->second;
  auto wanted = offsets::records_wanted(sight.scanned, druid);
  for (auto& record : offsets::records_wanted(scanned, {})) wanted.push_back(record);
  std::ranges::sort(wanted);
  wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());
  CO_TRY(sight.look, co_await shell_.look_at_topic(pipeline, std::move(wanted)));
  learn(known_[pipeline.name], scanned, sight.look);
  sights_.insert_or_assign(pipeline.name, std::move(sight));
  co_return Result<void>{};
}

void TopicWatcher::learn(Known& known, const offsets::Scanned& scanned, const TopicLook& look) {
  const auto stands = [&](std::int32_t partition, const Witness& witness) {
    auto found = look.records.find({partition, witness.offset});
    return found != look.records.end() && found->second.record == witness;
  };
  for (const auto& [partition, state] : scanned) {
    if (!state.witness || !stands(partition, *state.witness)) continue;
    auto proven = known.witnesses.find(partition);
    auto start = look.starts.find(partition);
    const bool gone = proven != known.witnesses.end() && start != look.starts.end() &&
                      proven->second.offset < start->second;
    if (proven == known.witnesses.end() || gone || stands(partition, proven->second))
      known.witnesses[partition] = *state.witness;
  }
}

// What was seen committed is committed again for others to see: never more, since a task starts
// only where the one before has published. A freeze stops it, as all that writes.
runtime::Async<void> TopicWatcher::mirror(const Pipeline& pipeline,
                                          const offsets::DruidOffsets& druid) {
  const ledger::PipelineState* known = shell_.journal.find(pipeline.name);
  if (known == nullptr || !known->managed() || druid.committed.empty() ||
      ledger::freeze_of(shell_.journal.state(), *known) != nullptr)
    co_return Result<void>{};
  const std::string group = pipeline.mirror.group;
  if (mirrored_[group] == druid.committed) co_return Result<void>{};
  CO_TRY_VOID(co_await shell_.commit_group(pipeline, group, druid.committed));
  mirrored_[group] = druid.committed;
  co_return Result<void>{};
}

}  // namespace henge::daemon
