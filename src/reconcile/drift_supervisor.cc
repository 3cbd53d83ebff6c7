// The supervisor: missing, terminated, edited, suspended, unhealthy.
#include <fmt/format.h>

#include <algorithm>

#include "reconcile/drift_groups.h"
#include "spec/fingerprint.h"
#include "spec/supervisor_diff.h"

namespace henge::reconcile {
namespace {

using Change = std::pair<std::string, std::string>;  // path; what is and what should be

constexpr std::size_t changes_shown = 3;
constexpr std::size_t text_max = 80;

const SupervisorListing* listing(const Look& look) {
  if (!look.world.supervisors) return nullptr;
  auto known = look.world.supervisors->find(look.supervisor());
  return known == look.world.supervisors->end() ? nullptr : &known->second;
}

bool gone(const Look& look) {
  return look.world.supervisors && listing(look) == nullptr &&
         look.world.confirmed_missing.contains(look.supervisor());
}

Drift of_supervisor(const Look& look, DriftKind kind) {
  Drift drift;
  drift.kind = kind;
  drift.object = look.supervisor();
  return drift;
}

std::string post_action(const Look& look) {
  return fmt::format("post the spec of version {}", look.input.state.posted_version);
}

void find_gone(const Look& look, std::vector<Drift>& out) {
  const bool terminated = look.world.terminated.contains(look.supervisor());
  Drift drift = of_supervisor(
      look, terminated ? DriftKind::supervisor_terminated : DriftKind::supervisor_missing);
  drift.evidence =
      terminated
          ? fmt::format("supervisor '{}' was terminated by somebody else; version {} is declared",
                        drift.object, look.input.state.version)
          : fmt::format("Druid has no supervisor '{}'; version {} is declared and was posted",
                        drift.object, look.input.state.version);
  drift.value = terminated ? "terminated" : "missing";
  drift.action = post_action(look);
  out.push_back(std::move(drift));
}

// What is shown of a change; on a second line, where that is not all, a name for the whole: a
// change behind what is shown is another change.
std::string change_text(const spec::SpecChange& change) {
  const auto text = [](const JsonText& json) {
    return json.empty() ? std::string("nothing") : shortened(json.text, text_max);
  };
  std::string out = fmt::format("is {}, declared is {}", text(change.before), text(change.after));
  if (std::max(change.before.text.size(), change.after.text.size()) > text_max)
    out += "\n#" + spec::fingerprint({change.before.text + "\n" + change.after.text});
  return out;
}

// The changes of the live spec; nothing where it can't be compared. Secrets are not in them:
// diff_supervisor() leaves their values out.
std::optional<std::vector<Change>> changes_of(const Look& look, const SupervisorListing& live) {
  if (!compare_specs(look.input.desired, live.spec, look.memory)) return std::nullopt;
  return look.memory.spec_changes;
}

void find_edited(const Look& look, const SupervisorListing& live, std::vector<Drift>& out) {
  const auto changes = changes_of(look, live);
  if (!changes || changes->empty()) return;
  Drift drift = of_supervisor(look, DriftKind::supervisor_edited);
  for (std::size_t i = 0; i < std::min(changes->size(), changes_shown); ++i)
    drift.evidence += fmt::format("{}{} {}", i == 0 ? "" : "; ", (*changes)[i].first,
                                  (*changes)[i].second.substr(0, (*changes)[i].second.find('\n')));
  if (changes->size() > changes_shown)
    drift.evidence += fmt::format("; and {} more", changes->size() - changes_shown);
  for (const auto& [path, text] : *changes) drift.value += fmt::format("{} {}\n", path, text);
  drift.action = post_action(look) + "; its tasks publish and new ones start";
  drift.restarts_tasks = true;
  out.push_back(std::move(drift));
}

void find_suspended(const Look& look, const SupervisorListing& live, std::vector<Drift>& out) {
  if (!live.suspended || look.input.suspended_by_henge) return;
  Drift drift = of_supervisor(look, DriftKind::supervisor_suspended);
  drift.evidence = fmt::format("supervisor '{}' was suspended by somebody else", drift.object);
  drift.value = "suspended";
  drift.action = "resume it";
  out.push_back(std::move(drift));
}

void find_unhealthy(const Look& look, const SupervisorListing& live, std::vector<Drift>& out) {
  if (live.suspended || (live.healthy && !live.state.starts_with("UNHEALTHY"))) return;
  Drift drift = of_supervisor(look, DriftKind::supervisor_unhealthy);
  const std::string& state = live.detailed_state.empty() ? live.state : live.detailed_state;
  drift.evidence = fmt::format("supervisor '{}' is {}", drift.object, state);
  auto status = look.world.statuses.find(drift.object);
  if (status != look.world.statuses.end() && !status->second.recent_errors.empty()) {
    const std::string& error = status->second.recent_errors.front();
    drift.evidence += ": " + shortened(error.substr(0, error.find('\n')), text_max);
  }
  drift.value = state;
  out.push_back(std::move(drift));
}

void find(const Look& look, std::vector<Drift>& out) {
  // What is being changed is watched by who changes it.
  if (look.input.state.apply_under_way() || look.input.state.posted_version == 0) return;
  if (gone(look)) return find_gone(look, out);
  const SupervisorListing* live = listing(look);
  if (live == nullptr) return;
  find_edited(look, *live, out);
  find_suspended(look, *live, out);
  find_unhealthy(look, *live, out);
}

bool can_tell(const Look& look, const Drift& drift) {
  if (look.input.state.apply_under_way()) return false;
  if (look.input.state.posted_version == 0) return true;  // none should be there
  if (gone(look)) return true;
  const SupervisorListing* live = listing(look);
  if (live == nullptr) return false;
  return drift.kind != DriftKind::supervisor_edited || changes_of(look, *live).has_value();
}

}  // namespace

bool compare_specs(const JsonText& desired, const JsonText& live, DriftMemory& memory) {
  if (live.empty() || desired.empty()) return false;
  if (memory.spec_live == live.text && memory.spec_desired == desired.text) return true;
  auto diff = spec::diff_supervisor(desired, live);
  if (!diff) return false;
  memory.spec_changes.clear();
  for (const auto& change : diff->changes)
    memory.spec_changes.emplace_back(change.path, change_text(change));
  memory.spec_live = live.text;
  memory.spec_desired = desired.text;
  return true;
}

const DriftGroup& supervisor_drift() {
  static const DriftGroup group{{DriftKind::supervisor_missing, DriftKind::supervisor_terminated,
                                 DriftKind::supervisor_edited, DriftKind::supervisor_suspended,
                                 DriftKind::supervisor_unhealthy},
                                find,
                                can_tell};
  return group;
}

}  // namespace henge::reconcile
