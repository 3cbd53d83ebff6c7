#include "reconcile/judge_change.h"

#include <fmt/format.h>

#include <algorithm>

namespace henge::reconcile {
namespace {

// Every reader told Druid where it is: it really runs, and has reached the topic.
bool readers_at_work(const SupervisorStatus& status) {
  return !status.active.empty() && std::ranges::all_of(status.active, [](const auto& task) {
    return !task.current_offsets.empty();
  });
}

std::string what_is_wrong(const SupervisorStatus& status, Millis lasted) {
  std::string text = fmt::format("the supervisor is {} ({}) for {}", status.state,
                                 status.detailed_state, humanize(lasted));
  if (!status.recent_errors.empty()) text += ": " + status.recent_errors.back();
  return text;
}

}  // namespace

std::int64_t version_before(const ledger::PipelineState& state, std::int64_t failed) {
  if (state.proven_version > 0 && state.proven_version != failed) return state.proven_version;
  for (auto v = state.versions.rbegin(); v != state.versions.rend(); ++v)
    if (v->number < failed && !v->refused) return v->number;
  return 0;
}

bool is_watched(const ledger::PipelineState& state) {
  const std::int64_t version = state.posted_version;
  return version > 0 && version == state.version && version != state.refused_version &&
         version != state.proven_version && state.managed();
}

ChangeJudgement judge_change(const ledger::PipelineState& state, const SupervisorLook& look,
                             ChangeWatch watch, const ChangePatience& patience) {
  ChangeJudgement judgement;
  const std::int64_t version = state.posted_version;
  if (watch.version != version) watch = ChangeWatch{version, {}, {}, {}};
  judgement.watch = watch;
  if (!is_watched(state)) return judgement;
  const bool way_back = version_before(state, version) > 0;

  if (look.missing) {
    judgement.watch.well_since.reset();
    if (!way_back) return judgement;
    judgement.verdict = ChangeVerdict::roll_back;
    judgement.reason = "the supervisor vanished after the change";
    return judgement;
  }
  if (!look.status || look.status->suspended) return judgement;

  const SupervisorStatus& status = *look.status;
  if (!status.healthy) {
    judgement.watch.well_since.reset();
    if (!judgement.watch.unwell_since) judgement.watch.unwell_since = look.now;
    const Millis lasted = look.now - *judgement.watch.unwell_since;
    if (!way_back || lasted < patience.unwell_max) return judgement;
    judgement.verdict = ChangeVerdict::roll_back;
    judgement.reason = what_is_wrong(status, lasted);
    return judgement;
  }
  judgement.watch.unwell_since.reset();
  ChangeWatch& now = judgement.watch;
  const bool gap = now.at_work && look.now - *now.at_work > patience.gap_max;
  // A task that dies at start never gets to work, so time does not begin to count for it.
  if (gap) now.well_since.reset();
  if (!readers_at_work(status)) return judgement;
  now.at_work = look.now;
  if (!now.well_since) now.well_since = look.now;
  if (look.now - *now.well_since >= patience.proven_after)
    judgement.verdict = ChangeVerdict::proven;
  return judgement;
}

}  // namespace henge::reconcile
