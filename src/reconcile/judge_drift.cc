#include "reconcile/judge_drift.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "reconcile/windows.h"

namespace henge::reconcile {

using ledger::Body;
using ledger::DriftEnd;
using ledger::DriftState;
using ledger::PipelineState;

namespace {

// Evidence that changes without its value (another error text) is recorded this often at the most.
constexpr Millis evidence_apart = std::chrono::minutes(1);

struct Judge {
  const PipelineState& pipeline;
  const DriftSettings& settings;
  const DriftMemory& memory;
  Instant now;
  bool frozen;
  std::vector<Body> events = {};

  [[nodiscard]] bool may_act() const { return !frozen && windows_allow(settings.windows, now); }
  [[nodiscard]] const DriftState* known(const std::string& key) const {
    auto drift = pipeline.drifts.find(key);
    return drift == pipeline.drifts.end() ? nullptr : &drift->second;
  }

  // Whether it is drift at all, by policy, amount and what was adopted.
  [[nodiscard]] bool counts(const Drift& drift, const DriftRule& rule) const {
    if (rule.policy == DriftPolicy::ignore || !beyond(drift, rule)) return false;
    auto adopted = pipeline.adopted.find(key_of(drift.kind, drift.object));
    return adopted == pipeline.adopted.end() || adopted->second != drift.value;
  }

  // What only alerts is not told before it lasted.
  [[nodiscard]] bool too_young(const std::string& key, const DriftRule& rule) const {
    if (rule.policy != DriftPolicy::alert) return false;
    auto first = memory.first_seen.find(key);
    return first == memory.first_seen.end() || now - first->second < rule.after;
  }

  [[nodiscard]] std::int64_t relapses(const std::string& key) const {
    auto healed = pipeline.healed.find(key);
    if (healed == pipeline.healed.end() || now - healed->second.at > settings.limits.relapse_within)
      return 0;
    return healed->second.relapses + 1;
  }

  // What the ledger will hold of the drift once the events so far are folded.
  DriftState record(const std::string& key, const Drift& drift) {
    DriftState after;
    if (const DriftState* before = known(key)) {
      after = *before;
      const bool moved = before->drift.value != drift.value;
      if (moved || (!(before->drift == drift) && now - before->recorded_at >= evidence_apart)) {
        events.emplace_back(ledger::DriftFound{drift, before->relapses});
        after.drift = drift;
        if (moved) after.value_since = now;
      }
      return after;
    }
    after.drift = drift;
    after.since = after.value_since = now;
    after.relapses = relapses(key);
    events.emplace_back(ledger::DriftFound{drift, after.relapses});
    return after;
  }

  void give_up(const DriftState& drift, std::string reason) {
    events.emplace_back(ledger::DriftGivenUp{drift.drift.kind, drift.drift.object, drift.attempts,
                                             std::move(reason)});
  }

  void heal(const DriftState& drift, const DriftRule& rule) {
    if (!healable(drift.drift.kind) || drift.drift.action.empty()) return;
    if (drift.given_up || drift.healing) return;
    const HealLimits& limits = settings.limits;
    if (drift.relapses >= limits.relapses_max)
      return give_up(drift, fmt::format("it came back {} times within {} of being healed: somebody "
                                        "else puts it so",
                                        drift.relapses, humanize(limits.relapse_within)));
    const bool waited =
        !drift.last_attempt || now - *drift.last_attempt >= heal_backoff(limits, drift.attempts);
    if (!waited) return;
    if (drift.attempts >= limits.attempts_max)
      return give_up(drift, drift.error.empty()
                                ? fmt::format("{} attempts did not help", drift.attempts)
                                : fmt::format("{} attempts did not help, the last one failed: {}",
                                              drift.attempts, drift.error));
    if (now - drift.since < rule.after || !may_act()) return;
    events.emplace_back(ledger::HealIntended{drift.drift.kind, drift.drift.object,
                                             drift.drift.action, drift.attempts + 1});
  }

  // Counted against other rows than the chunk has now: adopting it would move them twice.
  [[nodiscard]] bool stale(const Drift& drift) const {
    auto start = parse_instant(drift.object);
    if (!start || to_iso(*start) != drift.object) return false;
    auto chunk = pipeline.chunks.find(*start);
    return chunk == pipeline.chunks.end() || !chunk->second.seal ||
           chunk->second.seal->rows != drift.expected;
  }

  void adopt(const DriftState& drift, const DriftRule& rule) {
    const Drift& d = drift.drift;
    if (!adoptable(d.kind) || drift.healing || now - drift.value_since < rule.after || !may_act())
      return;
    if (stale(d)) return;
    events.emplace_back(ledger::DriftAdopted{d.kind, d.object, d.value, d.rows});
    events.emplace_back(ledger::DriftCleared{d.kind, d.object, DriftEnd::adopted});
  }

  // True if the drift is, or stays, in the ledger.
  bool judge(const Drift& drift) {
    const std::string key = key_of(drift.kind, drift.object);
    const DriftRule rule = rule_of(settings, drift.kind);
    if (!counts(drift, rule)) return false;
    if (known(key) == nullptr && too_young(key, rule)) return false;
    const DriftState after = record(key, drift);
    if (rule.policy == DriftPolicy::heal) heal(after, rule);
    if (rule.policy == DriftPolicy::adopt) adopt(after, rule);
    return true;
  }

  void clear(const DriftState& drift) {
    if (drift.healing) return;  // its outcome comes first
    const bool by_henge = drift.attempts > 0 && drift.error.empty() && !drift.given_up;
    events.emplace_back(ledger::DriftCleared{drift.drift.kind, drift.drift.object,
                                             by_henge ? DriftEnd::healed : DriftEnd::gone});
  }
};

}  // namespace

bool beyond(const Drift& drift, const DriftRule& rule) {
  const auto rows = std::abs(drift.rows), segments = std::abs(drift.segments);
  const double percent =
      drift.expected > 0 ? 100.0 * static_cast<double>(rows) / static_cast<double>(drift.expected)
                         : 100.0;
  // An amount that the drift does not have can't excuse it.
  if (rows > 0 && (rows <= rule.rows || percent <= rule.percent)) return false;
  return segments == 0 || segments > rule.segments;
}

Millis heal_backoff(const HealLimits& limits, std::int64_t attempts) {
  Millis wait = limits.retry_min;
  for (std::int64_t i = 1; i < attempts && wait < limits.retry_max; ++i) wait *= 2;
  return std::min(wait, limits.retry_max);
}

std::vector<Body> judge_drift(const ledger::State& state, const std::string& pipeline,
                              const Found& found, const DriftSettings& settings,
                              const DriftMemory& memory, Instant now) {
  auto of = state.pipelines.find(pipeline);
  if (of == state.pipelines.end() || !of->second.managed()) return {};
  const bool frozen = ledger::freeze_of(state, of->second) != nullptr;
  Judge judge{of->second, settings, memory, now, frozen};
  std::set<std::string> there;
  for (const Drift& drift : found.drifts)
    if (judge.judge(drift)) there.insert(key_of(drift.kind, drift.object));
  for (const auto& [key, drift] : of->second.drifts)
    if (!there.contains(key) && !found.unknown.contains(key)) judge.clear(drift);
  return std::move(judge.events);
}

std::vector<ledger::HealIntended> heals_under_way(const PipelineState& state) {
  std::vector<ledger::HealIntended> out;
  for (const auto& [key, drift] : state.drifts)
    if (drift.healing)
      out.push_back({drift.drift.kind, drift.drift.object, drift.drift.action, drift.attempts});
  return out;
}

}  // namespace henge::reconcile
