#include "model/drift.h"

#include <algorithm>

namespace henge {
namespace {

struct Named {
  DriftKind kind;
  const char* name;
};

// In the order in which people read them: the supervisor first, what is set around it last.
constexpr Named kinds[] = {
    {DriftKind::supervisor_missing, "supervisor_missing"},
    {DriftKind::supervisor_terminated, "supervisor_terminated"},
    {DriftKind::supervisor_edited, "supervisor_edited"},
    {DriftKind::supervisor_suspended, "supervisor_suspended"},
    {DriftKind::supervisor_unhealthy, "supervisor_unhealthy"},
    {DriftKind::offsets_moved, "offsets_moved"},
    {DriftKind::offsets_at_risk, "offsets_at_risk"},
    {DriftKind::offsets_lost, "offsets_lost"},
    {DriftKind::topic_recreated, "topic_recreated"},
    {DriftKind::segments_missing, "segments_missing"},
    {DriftKind::segments_unexpected, "segments_unexpected"},
    {DriftKind::segments_overlapping, "segments_overlapping"},
    {DriftKind::segments_unavailable, "segments_unavailable"},
    {DriftKind::segments_unused, "segments_unused"},
    {DriftKind::count_mismatch, "count_mismatch"},
    {DriftKind::task_vanished, "task_vanished"},
    {DriftKind::task_doubled, "task_doubled"},
    {DriftKind::schema_mismatch, "schema_mismatch"},
    {DriftKind::rules_changed, "rules_changed"},
    {DriftKind::compaction_changed, "compaction_changed"},
};

constexpr DriftPolicy policies[] = {DriftPolicy::ignore, DriftPolicy::alert, DriftPolicy::heal,
                                    DriftPolicy::adopt};

}  // namespace

DriftRule default_rule(DriftKind kind) {
  using std::chrono::minutes;
  using std::chrono::seconds;
  switch (kind) {
    // Nobody takes a declared supervisor away on purpose without a word to henge; the delay is more
    // than two rounds.
    case DriftKind::supervisor_missing:
    case DriftKind::supervisor_terminated:
      return {.policy = DriftPolicy::heal, .after = seconds(30)};
    // Hand-off and balancing make segments unavailable for minutes, as a matter of course.
    case DriftKind::segments_unavailable:
      return {.after = minutes(10)};
    case DriftKind::supervisor_unhealthy:
      return {.after = minutes(1)};
    // A person's own suspension is never undone unless the pipeline says so.
    case DriftKind::supervisor_suspended:
    case DriftKind::supervisor_edited:
    case DriftKind::offsets_moved:
    case DriftKind::offsets_at_risk:
    case DriftKind::offsets_lost:
    case DriftKind::topic_recreated:
    case DriftKind::segments_missing:
    case DriftKind::segments_unexpected:
    case DriftKind::segments_overlapping:
    case DriftKind::segments_unused:
    case DriftKind::count_mismatch:
    case DriftKind::task_vanished:
    case DriftKind::task_doubled:
    case DriftKind::schema_mismatch:
    case DriftKind::rules_changed:
    case DriftKind::compaction_changed:
      return {};
  }
  return {};
}

bool healable(DriftKind kind) {
  switch (kind) {
    case DriftKind::supervisor_missing:
    case DriftKind::supervisor_terminated:
    case DriftKind::supervisor_edited:
    case DriftKind::supervisor_suspended:
    case DriftKind::segments_unused:
    case DriftKind::rules_changed:
    case DriftKind::compaction_changed:
      return true;
    case DriftKind::supervisor_unhealthy:
    case DriftKind::offsets_moved:
    case DriftKind::offsets_at_risk:
    case DriftKind::offsets_lost:
    case DriftKind::topic_recreated:
    case DriftKind::segments_missing:
    case DriftKind::segments_unexpected:
    case DriftKind::segments_overlapping:
    case DriftKind::segments_unavailable:
    case DriftKind::count_mismatch:
    case DriftKind::task_vanished:
    case DriftKind::task_doubled:
    case DriftKind::schema_mismatch:
      return false;
  }
  return false;
}

bool adoptable(DriftKind kind) {
  switch (kind) {
    // There is nothing in them that could be declared.
    case DriftKind::supervisor_missing:
    case DriftKind::supervisor_terminated:
    case DriftKind::supervisor_unhealthy:
    case DriftKind::offsets_at_risk:
    case DriftKind::offsets_lost:
    case DriftKind::topic_recreated:
    case DriftKind::segments_unavailable:
    case DriftKind::task_vanished:
      return false;
    case DriftKind::supervisor_edited:
    case DriftKind::supervisor_suspended:
    case DriftKind::offsets_moved:
    case DriftKind::segments_missing:
    case DriftKind::segments_unexpected:
    case DriftKind::segments_overlapping:
    case DriftKind::segments_unused:
    case DriftKind::count_mismatch:
    case DriftKind::task_doubled:
    case DriftKind::schema_mismatch:
    case DriftKind::rules_changed:
    case DriftKind::compaction_changed:
      return true;
  }
  return false;
}

DriftRule rule_of(const DriftSettings& settings, DriftKind kind) {
  auto own = settings.rules.find(kind);
  return own == settings.rules.end() ? default_rule(kind) : own->second;
}

namespace {

DriftRule changed(DriftRule rule, const DriftRuleEdits& edits, DriftKind kind) {
  auto edit = edits.find(kind);
  if (edit == edits.end()) return rule;
  rule.policy = edit->second.policy.value_or(rule.policy);
  rule.after = edit->second.after.value_or(rule.after);
  rule.rows = edit->second.rows.value_or(rule.rows);
  rule.percent = edit->second.percent.value_or(rule.percent);
  rule.segments = edit->second.segments.value_or(rule.segments);
  return rule;
}

}  // namespace

DriftSettings drift_settings(const DriftConfig& config, const DriftRuleEdits& pipeline) {
  DriftSettings settings{{}, config.limits, config.windows};
  for (DriftKind kind : all_drift_kinds())
    settings.rules[kind] = changed(changed(default_rule(kind), config.rules, kind), pipeline, kind);
  return settings;
}

const char* to_string(DriftKind kind) {
  for (const Named& named : kinds)
    if (named.kind == kind) return named.name;
  return "supervisor_missing";
}

const char* to_string(DriftPolicy policy) {
  switch (policy) {
    case DriftPolicy::ignore:
      return "ignore";
    case DriftPolicy::alert:
      return "alert";
    case DriftPolicy::heal:
      return "heal";
    case DriftPolicy::adopt:
      return "adopt";
  }
  return "alert";
}

std::optional<DriftKind> drift_kind_of(std::string_view name) {
  for (const Named& named : kinds)
    if (named.name == name) return named.kind;
  return std::nullopt;
}

std::optional<DriftPolicy> drift_policy_of(std::string_view name) {
  for (DriftPolicy policy : policies)
    if (to_string(policy) == name) return policy;
  return std::nullopt;
}

const std::vector<DriftKind>& all_drift_kinds() {
  static const std::vector<DriftKind> all = [] {
    std::vector<DriftKind> out;
    std::ranges::transform(kinds, std::back_inserter(out), &Named::kind);
    return out;
  }();
  return all;
}

std::string key_of(DriftKind kind, const std::string& object) {
  return std::string(to_string(kind)) + " " + object;
}

}  // namespace henge
