// Where Druid is not what henge declared or did: kinds, policies, thresholds.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/time.h"

namespace henge {

enum class DriftKind {
  supervisor_missing,     // declared and posted, and Druid has none: an alarm of its own
  supervisor_terminated,  // its history ends with a tombstone that henge did not send
  supervisor_edited,      // the spec differs, server defaults and autoscaler's fields left out
  supervisor_suspended,   // by someone else
  supervisor_unhealthy,
  offsets_moved,         // committed offsets below what was seen committed, or ahead of the readers
  offsets_at_risk,       // retention is about to delete what Druid has not committed
  offsets_lost,          // retention deleted what Druid had not committed
  topic_recreated,       // the topic is not the one that was read: deleted and made anew
  segments_missing,      // a sealed chunk's rows or segments are gone
  segments_unexpected,   // rows or segments in a chunk that henge's writers did not write
  segments_overlapping,  // visible segments of another granularity than the pipeline's
  segments_unavailable,  // published, to be loaded, and not answering
  segments_unused,       // seen used and not replaced, now marked unused
  count_mismatch,        // a sealed chunk no longer counts to what it was sealed with
  task_vanished,         // an accepted task that Druid does not know any more
  task_doubled,          // another task writes what henge's task writes: a copy, or a foreign task
  schema_mismatch,       // columns of segments that the pipeline does not write
  rules_changed,         // retention rules differ from those first seen or adopted
  compaction_changed,    // auto-compaction configuration differs from the one first seen or adopted
};

enum class DriftPolicy {
  ignore,  // not even shown, but by `drift --all`
  alert,   // shown; a person decides
  heal,    // put right after `after`, with back-off and a limit
  adopt,   // what is there becomes what is declared
};

// When a drift of one kind counts, and what is done then. Amounts below the threshold are not
// drift.
struct DriftRule {
  DriftPolicy policy = DriftPolicy::alert;
  Millis after{};             // must last that long before it is healed or adopted
  std::int64_t rows = 0;      // tolerated difference in rows
  double percent = 0;         // tolerated difference in percent of the expected rows
  std::int64_t segments = 0;  // tolerated number of segments
  bool operator==(const DriftRule&) const = default;
};

// How often and how long henge tries before it leaves a drift to a person.
struct HealLimits {
  Millis retry_min = std::chrono::seconds(30);  // doubles with each attempt
  Millis retry_max = std::chrono::minutes(30);
  int attempts_max = 5;
  // Healed, and back within this time: somebody fights. That many times, and henge stops.
  Millis relapse_within = std::chrono::hours(1);
  int relapses_max = 3;
  bool operator==(const HealLimits&) const = default;
};

// When henge may act. A window of `deny` beats every window of `allow`; no `allow` window means
// always. `cron` is five fields in UTC.
struct MaintenanceWindow {
  bool deny = false;
  std::string cron;
  Millis duration{};
  bool operator==(const MaintenanceWindow&) const = default;
};

// What a file says of a kind: fields that are absent stay as they were.
struct DriftRuleEdit {
  std::optional<DriftPolicy> policy;
  std::optional<Millis> after;
  std::optional<std::int64_t> rows;
  std::optional<double> percent;
  std::optional<std::int64_t> segments;
  bool operator==(const DriftRuleEdit&) const = default;
};
using DriftRuleEdits = std::map<DriftKind, DriftRuleEdit>;

// The configuration's part: for all pipelines.
struct DriftConfig {
  DriftRuleEdits rules;
  HealLimits limits;
  std::vector<MaintenanceWindow> windows;
  bool operator==(const DriftConfig&) const = default;
};

// What holds for one pipeline.
struct DriftSettings {
  std::map<DriftKind, DriftRule> rules;  // over the defaults
  HealLimits limits;
  std::vector<MaintenanceWindow> windows;
  bool operator==(const DriftSettings&) const = default;
};

// The rule that holds for a kind where nothing else is said (docs/drift.md).
DriftRule default_rule(DriftKind kind);
DriftRule rule_of(const DriftSettings& settings, DriftKind kind);
// The defaults, changed by the configuration's rules, changed by the pipeline's, field by field.
DriftSettings drift_settings(const DriftConfig& config, const DriftRuleEdits& pipeline);
// Whether henge has a way to put it right; the others are for a person to decide.
bool healable(DriftKind kind);
// Whether what is there can become what should be.
bool adoptable(DriftKind kind);
const char* to_string(DriftKind kind);
const char* to_string(DriftPolicy policy);
std::optional<DriftKind> drift_kind_of(std::string_view name);
std::optional<DriftPolicy> drift_policy_of(std::string_view name);
const std::vector<DriftKind>& all_drift_kinds();

// One drift, as observed now.
struct Drift {
  DriftKind kind{};
  std::string object;    // supervisor id, task id, chunk start (ISO), datasource
  std::string evidence;  // one sentence with the numbers: what is, what should be
  std::string value;     // what would be adopted: a canonical text; equal values are the same drift
  std::string action;    // what healing would do, one sentence; empty: henge can't heal it
  bool restarts_tasks = false;
  std::int64_t rows = 0;      // how far off, for thresholds
  std::int64_t expected = 0;  // rows that were expected
  std::int64_t segments = 0;
  bool operator==(const Drift&) const = default;
};

// Identifies a drift over rounds: kind and object.
std::string key_of(DriftKind kind, const std::string& object);

}  // namespace henge
