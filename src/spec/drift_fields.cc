#include "spec/drift_fields.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "model/cron.h"

namespace henge::spec {
namespace {

constexpr int attempts_max = 1'000;

const char* doc_of(DriftKind kind) {
  switch (kind) {
    case DriftKind::supervisor_missing:
      return "Druid has no supervisor of the pipeline.";
    case DriftKind::supervisor_terminated:
      return "Somebody terminated the supervisor.";
    case DriftKind::supervisor_edited:
      return "The supervisor's spec is another one than declared.";
    case DriftKind::supervisor_suspended:
      return "Somebody suspended the supervisor.";
    case DriftKind::supervisor_unhealthy:
      return "Druid calls the supervisor unhealthy.";
    case DriftKind::offsets_moved:
      return "Committed offsets were set back, or ahead.";
    case DriftKind::offsets_at_risk:
      return "Kafka's retention is about to delete records that Druid has not committed.";
    case DriftKind::offsets_lost:
      return "Kafka's retention deleted records before Druid had committed them.";
    case DriftKind::topic_recreated:
      return "The topic was deleted and made anew under its name.";
    case DriftKind::segments_missing:
      return "Segments of a sealed chunk are gone.";
    case DriftKind::segments_unexpected:
      return "Segments that henge's writers did not write.";
    case DriftKind::segments_overlapping:
      return "Visible segments of another granularity than the pipeline's.";
    case DriftKind::segments_unavailable:
      return "Segments that are to be loaded do not answer.";
    case DriftKind::segments_unused:
      return "Segments of a sealed chunk were marked unused.";
    case DriftKind::count_mismatch:
      return "A sealed chunk counts to another number than it was sealed with.";
    case DriftKind::task_vanished:
      return "Druid does not know a task any more that it took.";
    case DriftKind::task_doubled:
      return "A task that henge knows nothing of writes the datasource.";
    case DriftKind::schema_mismatch:
      return "Segments have columns that the pipeline does not write.";
    case DriftKind::rules_changed:
      return "Retention rules are not those first seen or adopted.";
    case DriftKind::compaction_changed:
      return "Auto-compaction is not the one first seen or adopted.";
  }
  return "";
}

Field kind_field(DriftKind kind) {
  const DriftRule rule = default_rule(kind);
  return object(
      to_string(kind),
      fmt::format(
          "{} `{}`{} if not said otherwise.", doc_of(kind), to_string(rule.policy),
          rule.after > Millis(0) ? fmt::format(" after {}", to_iso_period(rule.after)) : ""),
      {
          text("policy", "What henge does about it.").one_of({"ignore", "alert", "heal", "adopt"}),
          period("after",
                 "heal, adopt: how long it must last before. alert: how long before it is shown."),
          integer("rows", 0, INT64_MAX, "A difference of so many rows is none."),
          number("percent", 0, 100, "A difference of that part of the expected rows is none."),
          integer("segments", 0, INT64_MAX, "So many segments are none."),
      });
}

std::vector<std::string> kinds_that(bool (*can)(DriftKind)) {
  std::vector<std::string> names;
  for (DriftKind kind : all_drift_kinds())
    if (can(kind)) names.emplace_back(to_string(kind));
  return names;
}

template <typename To, typename From>
void take(const std::optional<From>& from, To& into) {
  if (from) into = static_cast<To>(*from);
}

}  // namespace

Field windows_field(const char* name, const char* doc) {
  return list(name, doc,
              object("item", "A stretch of time that comes again.",
                     {
                         text("cron",
                              "When it opens, in UTC: minute, hour, day of month, month, day of "
                              "week.")
                             .must(),
                         period("duration", "How long it stays open.").must(),
                     }));
}

std::vector<MaintenanceWindow> build_windows(const View& from) {
  std::vector<MaintenanceWindow> windows;
  for (const bool deny : {false, true})
    for (const View& window : from[deny ? "deny" : "allow"].items())
      windows.push_back(
          {deny, window["cron"].text_or(""), window["duration"].period().value_or(Millis(0))});
  return windows;
}

void validate_windows(const View& from, Report& report) {
  for (const char* list : {"allow", "deny"})
    for (const View& window : from[list].items()) {
      if (auto text = window["cron"].text()) {
        auto cron = Cron::parse(*text);
        if (!cron) report.add("bad_cron", window["cron"], cron.error().message, "");
      }
      if (auto duration = window["duration"].period(); duration && *duration <= Millis(0))
        report.add("out_of_range", window["duration"], "expected a time longer than nothing", "");
    }
}

Field drift_rules_field(std::string name, std::string doc) {
  std::vector<Field> kinds;
  for (DriftKind kind : all_drift_kinds()) kinds.push_back(kind_field(kind));
  Field field = object(std::move(name), std::move(doc), std::move(kinds));
  field.alike = true;
  return field;
}

DriftRuleEdits build_drift_rules(const View& from) {
  DriftRuleEdits edits;
  for (const auto& [name, value] : from.fields()) {
    const auto kind = drift_kind_of(name);
    if (!kind) continue;
    DriftRuleEdit& edit = edits[*kind];
    if (auto policy = value["policy"].text()) edit.policy = drift_policy_of(*policy);
    edit.after = value["after"].period();
    edit.rows = value["rows"].integer();
    edit.percent = value["percent"].number();
    edit.segments = value["segments"].integer();
  }
  return edits;
}

void validate_drift_rules(const View& rules, Report& report) {
  for (const auto& [name, value] : rules.fields()) {
    const auto kind = drift_kind_of(name);
    const View policy = value["policy"];
    const auto wanted = drift_policy_of(policy.text_or(""));
    if (!kind || !wanted) continue;
    if (*wanted == DriftPolicy::heal && !healable(*kind))
      report.add("drift_policy", policy, fmt::format("henge can't heal {}", name),
                 fmt::format("it can heal {}", fmt::join(kinds_that(healable), ", ")));
    if (*wanted == DriftPolicy::adopt && !adoptable(*kind))
      report.add("drift_policy", policy, fmt::format("there is nothing in {} to adopt", name),
                 fmt::format("henge can adopt {}", fmt::join(kinds_that(adoptable), ", ")));
  }
}

Field drift_field() {
  return object(
      "drift", "What henge does about drift. See drift.md.",
      {
          drift_rules_field("rules", "For all pipelines, by kind; a pipeline may say otherwise."),
          object(
              "limits", "How long henge tries by itself before it leaves drift to a person.",
              {
                  period("minRetry", "Before the second attempt; doubles with each.")
                      .otherwise("PT30S"),
                  period("maxRetry", "Between attempts, at the most.").otherwise("PT30M"),
                  integer("maxAttempts", 1, attempts_max, "Attempts, at the most.").otherwise("5"),
                  period("relapseWithin",
                         "Drift that is back within this time after it was healed is a relapse: "
                         "somebody fights.")
                      .otherwise("PT1H"),
                  integer("maxRelapses", 1, attempts_max,
                          "So many relapses, and henge heals no more.")
                      .otherwise("3"),
              }),
          object("windows", "When henge may heal and adopt. Without any it always may.",
                 {
                     windows_field("allow", "Only while one of these is open."),
                     windows_field("deny", "Not while one of these is open, whatever allow says."),
                 }),
      });
}

DriftConfig build_drift(const View& from) {
  DriftConfig config;
  config.rules = build_drift_rules(from["rules"]);
  const View limits = from["limits"];
  take(limits["minRetry"].period(), config.limits.retry_min);
  take(limits["maxRetry"].period(), config.limits.retry_max);
  take(limits["relapseWithin"].period(), config.limits.relapse_within);
  for (const auto& [name, into] : {std::pair("maxAttempts", &config.limits.attempts_max),
                                   std::pair("maxRelapses", &config.limits.relapses_max)})
    if (auto value = limits[name].integer(); value && *value >= 1 && *value <= attempts_max)
      *into = static_cast<int>(*value);
  config.windows = build_windows(from["windows"]);
  return config;
}

void validate_drift(const View& drift, Report& report) {
  validate_drift_rules(drift["rules"], report);
  const DriftConfig config = build_drift(drift);
  const View limits = drift["limits"];
  if (config.limits.retry_min > config.limits.retry_max) {
    const View at = limits["minRetry"] ? limits["minRetry"] : limits["maxRetry"];
    report.add(
        "out_of_range", at,
        fmt::format("minRetry {} is longer than maxRetry {}",
                    to_iso_period(config.limits.retry_min), to_iso_period(config.limits.retry_max)),
        "");
  }
  if (auto retry = limits["minRetry"].period(); retry && *retry <= Millis(0))
    report.add("out_of_range", limits["minRetry"], "expected a time longer than nothing", "");
  validate_windows(drift["windows"], report);
}

}  // namespace henge::spec
