// Drift is the truth: nothing is called drift that nobody did, and in the end every supervisor is
// there and what is different about it is in the ledger, and nothing else.
#include <fmt/format.h>

#include <algorithm>

#include "daemon/supervisor_change.h"
#include "sim/law.h"
#include "spec/render_supervisor.h"
#include "spec/supervisor_diff.h"

namespace henge::sim {
namespace {

// Nobody in these worlds removes or adds rows, moves offsets, or changes settings.
constexpr DriftKind nobody_did[] = {
    DriftKind::offsets_moved,        DriftKind::segments_missing, DriftKind::segments_unexpected,
    DriftKind::segments_overlapping, DriftKind::segments_unused,  DriftKind::count_mismatch,
    DriftKind::schema_mismatch,      DriftKind::rules_changed,    DriftKind::compaction_changed};

class DriftIsTrue final : public Law {
 public:
  [[nodiscard]] std::string_view name() const override { return "drift is true"; }

  Finding on_event(const Witness& w, const ledger::Event& event) override {
    const auto* found = std::get_if<ledger::DriftFound>(&event.body);
    if (found == nullptr) return {};
    const std::size_t subject = w.subject_of(event.pipeline);
    if (w.producers.truth(subject).spoilt) return {};
    if (std::ranges::find(nobody_did, found->drift.kind) == std::end(nobody_did)) return {};
    // A clock that was ahead for a moment lets chunks look finished before they are scanned.
    if (found->drift.object == w.scenario.subjects[subject].pipeline.datasource &&
        found->drift.kind == DriftKind::segments_unexpected)
      return {};
    return fmt::format("{} of {} was found, which nobody did: {}", to_string(found->drift.kind),
                       event.pipeline, found->drift.evidence);
  }

  Finding at_end(const Witness& w) override {
    for (std::size_t i = 0; i < w.scenario.subjects.size(); ++i) {
      const Pipeline& p = w.scenario.subjects[i].pipeline;
      if (auto found = check(w, p)) return found;
      for (const DriftKind kind : nobody_did)
        for (const auto& [key, known] : w.find(p.name)->drifts)
          if (known.drift.kind == kind && !w.producers.truth(i).spoilt)
            return fmt::format("{} is still in the ledger, which nobody did: {}", key,
                               known.drift.evidence);
    }
    return {};
  }

 private:
  static Finding check(const Witness& w, const Pipeline& p) {
    const auto* state = w.find(p.name);
    if (state == nullptr) return fmt::format("{} was never declared", p.name);
    if (!state->managed()) return fmt::format("{} was not taken back", p.name);
    if (state->apply_under_way()) return fmt::format("an apply of {} has no end", p.name);
    if (state->posted_version == 0) return fmt::format("{} was never posted", p.name);
    const auto live = w.druid.supervisor_spec(supervisor_id(p));
    if (!live) return {};
    if (!*live) return fmt::format("{} has no supervisor, and nobody brings it back", p.name);
    const auto declared = daemon::pipeline_of_version(*state, p.name, state->posted_version);
    if (!declared) return declared.error().message;
    const auto desired = spec::render_supervisor(*declared);
    if (!desired) return desired.error().message;
    const auto diff = spec::diff_supervisor(*desired, *live);
    if (!diff) return diff.error().message;
    const std::string id = supervisor_id(p);
    if (auto found = check_kind(*state, DriftKind::supervisor_edited, id, !diff->changes.empty()))
      return found;
    if (auto found = check_kind(*state, DriftKind::supervisor_missing, id, false)) return found;
    if (auto found = check_kind(*state, DriftKind::supervisor_terminated, id, false)) return found;
    return check_tasks(w, p, *state);
  }

  static Finding check_kind(const ledger::PipelineState& state, DriftKind kind,
                            const std::string& object, bool is_so) {
    const bool recorded = state.drifts.contains(key_of(kind, object));
    if (recorded == is_so) return {};
    return fmt::format("{} of {} is {}in the ledger, but it is {}so", to_string(kind), object,
                       recorded ? "" : "not ", is_so ? "" : "not ");
  }

  static Finding check_tasks(const Witness& w, const Pipeline& p,
                             const ledger::PipelineState& state) {
    const auto active = w.druid.active_tasks(p.datasource);
    if (!active) return {};
    for (const auto& [key, known] : state.drifts) {
      const std::string& object = known.drift.object;
      const bool runs = std::ranges::any_of(
          *active, [&](const TaskStatus& task) { return task.group_id == object; });
      if (known.drift.kind == DriftKind::task_doubled && !runs)
        return fmt::format("{} is over, and still called a foreign writer", object);
    }
    return {};
  }
};

}  // namespace

std::unique_ptr<Law> drift_is_true() {
  return std::make_unique<DriftIsTrue>();
}

}  // namespace henge::sim
