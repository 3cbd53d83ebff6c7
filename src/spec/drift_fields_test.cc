// Drift in files: what is written arrives, what can't be done is refused with its place, and the
// supervisor does not notice.
#include "spec/drift_fields.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "spec/config.h"
#include "spec/fingerprint.h"
#include "spec/parse.h"
#include "spec/render_supervisor.h"

namespace henge::spec {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

ParsedConfig config_with(const std::string& drift) {
  return parse_config("henge.yaml", "apiVersion: henge/v1\nkind: Config\ndrift:\n" + drift);
}

std::string pipeline_text(const std::string& drift) {
  return R"yaml(apiVersion: henge/v1
kind: Pipeline
metadata: {name: clicks}
spec:
  schema:
    timestamp: {column: ts, format: iso}
    dimensions: [country]
  stream:
    topic: clicks
    consumerProperties: {bootstrap.servers: "localhost:9092"}
    inputFormat: {type: json}
  lateness: PT1H
)yaml" + drift;
}

Pipeline pipeline_with(const std::string& drift) {
  auto parsed = parse_pipelines("p.yaml", pipeline_text(drift));
  EXPECT_THAT(parsed.diagnostics, IsEmpty());
  return parsed.pipelines.at(0).pipeline;
}

std::vector<std::string> texts(const std::vector<Diagnostic>& diagnostics) {
  std::vector<std::string> out;
  for (const Diagnostic& d : diagnostics) out.push_back(to_text(d));
  return out;
}

TEST(DriftFields, EverythingThatIsWrittenArrives) {
  auto parsed = config_with(R"yaml(
  rules:
    supervisor_edited: {policy: heal, after: PT1M}
    count_mismatch: {policy: adopt, rows: 5, percent: 0.5, segments: 2}
  limits: {minRetry: PT1S, maxRetry: PT1M, maxAttempts: 2, relapseWithin: PT2H, maxRelapses: 1}
  windows:
    allow: [{cron: "0 22 * * *", duration: PT8H}]
    deny: [{cron: "0 0 1 * *", duration: P1D}]
)yaml");
  EXPECT_THAT(texts(parsed.diagnostics), IsEmpty());
  const DriftConfig& drift = parsed.config.drift;
  const DriftRuleEdit edited{DriftPolicy::heal, minutes(1), {}, {}, {}};
  const DriftRuleEdit count{DriftPolicy::adopt, {}, 5, 0.5, 2};
  EXPECT_EQ(drift.rules, (DriftRuleEdits{{DriftKind::supervisor_edited, edited},
                                         {DriftKind::count_mismatch, count}}));
  EXPECT_EQ(drift.limits, (HealLimits{seconds(1), minutes(1), 2, hours(2), 1}));
  EXPECT_THAT(drift.windows, ElementsAre(MaintenanceWindow{false, "0 22 * * *", hours(8)},
                                         MaintenanceWindow{true, "0 0 1 * *", hours(24)}));
}

TEST(DriftFields, APipelineChangesWhatItNamesAndNothingElse) {
  DriftConfig config;
  config.rules[DriftKind::supervisor_edited] = {DriftPolicy::heal, minutes(9), {}, {}, {}};
  config.rules[DriftKind::rules_changed] = {DriftPolicy::heal, {}, {}, {}, {}};
  config.windows = {{true, "* * * * *", hours(1)}};
  const Pipeline p = pipeline_with(R"yaml(  drift:
    supervisor_edited: {policy: alert}
    segments_missing: {segments: 3}
)yaml");
  const DriftSettings settings = drift_settings(config, p.drift);
  EXPECT_EQ(rule_of(settings, DriftKind::supervisor_edited),
            (DriftRule{.policy = DriftPolicy::alert, .after = minutes(9)}));
  EXPECT_EQ(rule_of(settings, DriftKind::rules_changed).policy, DriftPolicy::heal);
  EXPECT_EQ(rule_of(settings, DriftKind::segments_missing),
            (DriftRule{.policy = DriftPolicy::alert, .segments = 3}));
  EXPECT_EQ(rule_of(settings, DriftKind::supervisor_missing),
            default_rule(DriftKind::supervisor_missing));
  EXPECT_EQ(settings.windows, config.windows);
}

TEST(DriftFields, NothingWrittenIsTheDefaults) {
  const DriftSettings settings = drift_settings(DriftConfig{}, pipeline_with("").drift);
  for (DriftKind kind : all_drift_kinds())
    EXPECT_EQ(rule_of(settings, kind), default_rule(kind)) << to_string(kind);
  EXPECT_EQ(settings.limits, HealLimits{});
}

TEST(DriftFields, TheSupervisorDoesNotNotice) {
  const Pipeline plain = pipeline_with("");
  const Pipeline careful = pipeline_with("  drift: {supervisor_edited: {policy: heal}}\n");
  EXPECT_FALSE(plain == careful);
  EXPECT_EQ(fingerprint(render_supervisor(plain).value()),
            fingerprint(render_supervisor(careful).value()));
}

TEST(DriftFields, WhatCanNotBeDoneIsRefusedWithItsPlaceAndWhatCan) {
  for (DriftKind kind : all_drift_kinds()) {
    for (const auto& [policy, can] :
         {std::pair("heal", healable(kind)), std::pair("adopt", adoptable(kind))}) {
      auto parsed = parse_pipelines(
          "p.yaml",
          pipeline_text(fmt::format("  drift: {{{}: {{policy: {}}}}}\n", to_string(kind), policy)));
      if (can) {
        EXPECT_THAT(texts(parsed.diagnostics), IsEmpty()) << to_string(kind);
        continue;
      }
      ASSERT_EQ(parsed.diagnostics.size(), 1u) << to_string(kind) << " " << policy;
      const Diagnostic& d = parsed.diagnostics.front();
      EXPECT_EQ(d.code, "drift_policy");
      EXPECT_EQ(d.place.line, 13);
      EXPECT_THAT(d.hint, HasSubstr("rules_changed")) << "the kinds that can";
      EXPECT_FALSE(parsed.pipelines.at(0).usable);
    }
  }
}

TEST(DriftFields, MistakesInTheConfiguration) {
  const struct {
    const char* text;
    const char* code;
  } cases[] = {
      {"  rules: {count_mismatch: {policy: heal}}", "drift_policy"},
      {"  rules: {count_missmatch: {policy: alert}}", "unknown_field"},
      {"  rules: {count_mismatch: {percent: 101}}", "out_of_range"},
      {"  rules: {count_mismatch: {percent: .nan}}", "out_of_range"},
      {"  rules: {count_mismatch: {percent: much}}", "wrong_type"},
      {"  rules: {count_mismatch: {rows: -1}}", "out_of_range"},
      {"  rules: {count_mismatch: {after: 10m}}", "wrong_unit"},
      {"  limits: {minRetry: PT1H}", "out_of_range"},
      {"  limits: {minRetry: PT0S}", "out_of_range"},
      {"  limits: {maxAttempts: 0}", "out_of_range"},
      {"  windows: {allow: [{cron: \"0 25 * * *\", duration: PT1H}]}", "bad_cron"},
      {"  windows: {deny: [{cron: \"@daily\", duration: PT1H}]}", "bad_cron"},
      {"  windows: {deny: [{cron: \"* * * * *\", duration: PT0S}]}", "out_of_range"},
      {"  windows: {deny: [{cron: \"* * * * *\"}]}", "missing_field"},
      {"  windows: [{cron: \"* * * * *\", duration: PT1H}]", "wrong_type"},
  };
  for (const auto& c : cases) {
    auto parsed = config_with(std::string(c.text) + "\n");
    ASSERT_EQ(parsed.diagnostics.size(), 1u) << c.text;
    EXPECT_EQ(parsed.diagnostics.front().code, c.code) << c.text;
    EXPECT_EQ(parsed.diagnostics.front().place.line, 4) << c.text;
  }
}

}  // namespace
}  // namespace henge::spec
