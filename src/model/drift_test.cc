// The words of drift and what holds for each kind.
#include "model/drift.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>

namespace henge {
namespace {

TEST(DriftWords, EveryKindHasItsOwnNameAndIsFoundByIt) {
  std::set<std::string> names;
  for (DriftKind kind : all_drift_kinds()) {
    names.insert(to_string(kind));
    EXPECT_EQ(drift_kind_of(to_string(kind)), kind);
  }
  EXPECT_EQ(names.size(), all_drift_kinds().size());
  EXPECT_EQ(all_drift_kinds().size(), static_cast<std::size_t>(DriftKind::compaction_changed) + 1)
      << "a kind is missing in the list";
  EXPECT_FALSE(drift_kind_of("supervisor"));
}

TEST(DriftWords, PoliciesAreFoundByTheirNames) {
  for (DriftPolicy policy :
       {DriftPolicy::ignore, DriftPolicy::alert, DriftPolicy::heal, DriftPolicy::adopt})
    EXPECT_EQ(drift_policy_of(to_string(policy)), policy);
  EXPECT_FALSE(drift_policy_of("fix"));
}

TEST(DriftDefaults, OnlyAMissingSupervisorIsPutBackUnasked) {
  for (DriftKind kind : all_drift_kinds()) {
    const bool gone =
        kind == DriftKind::supervisor_missing || kind == DriftKind::supervisor_terminated;
    EXPECT_EQ(default_rule(kind).policy, gone ? DriftPolicy::heal : DriftPolicy::alert)
        << to_string(kind);
  }
  EXPECT_EQ(default_rule(DriftKind::supervisor_missing).after, std::chrono::seconds(30));
}

TEST(DriftDefaults, NoDefaultAsksForWhatCannotBeDone) {
  for (DriftKind kind : all_drift_kinds()) {
    const DriftPolicy policy = default_rule(kind).policy;
    if (policy == DriftPolicy::heal) EXPECT_TRUE(healable(kind)) << to_string(kind);
    if (policy == DriftPolicy::adopt) EXPECT_TRUE(adoptable(kind)) << to_string(kind);
  }
}

TEST(DriftDefaults, ARuleThatIsSetHolds) {
  DriftSettings settings;
  settings.rules[DriftKind::supervisor_missing] = {.policy = DriftPolicy::ignore, .rows = 3};
  EXPECT_EQ(rule_of(settings, DriftKind::supervisor_missing).rows, 3);
  EXPECT_EQ(rule_of(settings, DriftKind::supervisor_terminated),
            default_rule(DriftKind::supervisor_terminated));
}

TEST(DriftKeys, TellKindsAndObjectsApart) {
  std::set<std::string> keys;
  for (DriftKind kind : all_drift_kinds())
    for (const char* object : {"clicks", "views", ""}) keys.insert(key_of(kind, object));
  EXPECT_EQ(keys.size(), all_drift_kinds().size() * 3);
}

TEST(DriftWords, ANameIsTheWholeNameAsItIsWritten) {
  for (const char* text : {"", " ", "supervisor", "supervisor_missing ", " supervisor_missing",
                           "Supervisor_Missing", "supervisor-missing", "supervisor_missing\n",
                           "supervisor_missin", "supervisor_missing_", "all"})
    EXPECT_FALSE(drift_kind_of(text)) << text;
  for (const char* text : {"", "Heal", "heal ", "healed", "alert,heal", "none"})
    EXPECT_FALSE(drift_policy_of(text)) << text;
}

TEST(DriftKinds, WhatIsGoneCanBePutBackAndNotDeclared) {
  const struct {
    DriftKind kind;
    bool healable, adoptable;
  } cases[] = {
      {DriftKind::supervisor_missing, true, false},
      {DriftKind::supervisor_terminated, true, false},
      {DriftKind::supervisor_edited, true, true},
      {DriftKind::supervisor_suspended, true, true},
      {DriftKind::supervisor_unhealthy, false, false},
      {DriftKind::offsets_moved, false, true},
      {DriftKind::offsets_at_risk, false, false},
      {DriftKind::offsets_lost, false, false},
      {DriftKind::topic_recreated, false, false},
      {DriftKind::segments_missing, false, true},
      {DriftKind::segments_unexpected, false, true},
      {DriftKind::segments_overlapping, false, true},
      {DriftKind::segments_unavailable, false, false},
      {DriftKind::segments_unused, true, true},
      {DriftKind::count_mismatch, false, true},
      {DriftKind::task_vanished, false, false},
      {DriftKind::task_doubled, false, true},
      {DriftKind::schema_mismatch, false, true},
      {DriftKind::rules_changed, true, true},
      {DriftKind::compaction_changed, true, true},
  };
  std::set<DriftKind> kinds;
  for (const auto& c : cases) {
    kinds.insert(c.kind);
    EXPECT_EQ(healable(c.kind), c.healable) << to_string(c.kind);
    EXPECT_EQ(adoptable(c.kind), c.adoptable) << to_string(c.kind);
  }
  EXPECT_EQ(kinds.size(), all_drift_kinds().size());
}

TEST(DriftDefaults, WhatComesAndGoesByItselfHasToLast) {
  using std::chrono::minutes;
  using std::chrono::seconds;
  for (DriftKind kind : all_drift_kinds()) {
    Millis after{};
    if (kind == DriftKind::supervisor_missing || kind == DriftKind::supervisor_terminated)
      after = seconds(30);
    if (kind == DriftKind::segments_unavailable) after = minutes(10);
    if (kind == DriftKind::supervisor_unhealthy) after = minutes(1);
    const DriftRule rule = default_rule(kind);
    EXPECT_EQ(rule.after, after) << to_string(kind);
    EXPECT_EQ(rule.rows, 0) << to_string(kind);
    EXPECT_EQ(rule.percent, 0) << to_string(kind);
    EXPECT_EQ(rule.segments, 0) << "nothing is tolerated unasked: " << to_string(kind);
  }
}

TEST(DriftMerge, FieldByFieldThePipelineBeatsTheConfigurationAndThatTheDefault) {
  using std::chrono::seconds;
  const DriftKind kind = DriftKind::supervisor_missing;  // by default healed after 30 s
  const struct {
    const char* name;
    DriftRuleEdit config, pipeline;
    DriftRule rule;
  } cases[] = {
      {"nothing said", {}, {}, default_rule(kind)},
      {"the configuration's policy keeps the default's delay",
       {DriftPolicy::alert, {}, {}, {}, {}},
       {},
       {.policy = DriftPolicy::alert, .after = seconds(30)}},
      {"the pipeline's delay keeps the configuration's policy",
       {DriftPolicy::alert, seconds(5), {}, {}, {}},
       {{}, seconds(7), {}, {}, {}},
       {.policy = DriftPolicy::alert, .after = seconds(7)}},
      {"the pipeline's policy wins",
       {DriftPolicy::ignore, {}, {}, {}, {}},
       {DriftPolicy::heal, {}, {}, {}, {}},
       default_rule(kind)},
      {"zero is said, too",
       {{}, seconds(5), 9, 1.5, 4},
       {{}, seconds(0), 0, 0.0, 0},
       {.policy = DriftPolicy::heal}},
      {"each from where it is said",
       {{}, {}, 9, 1.5, {}},
       {{}, {}, 3, {}, 4},
       {.policy = DriftPolicy::heal,
        .after = seconds(30),
        .rows = 3,
        .percent = 1.5,
        .segments = 4}},
  };
  for (const auto& c : cases) {
    DriftConfig config;
    config.rules[kind] = c.config;
    const DriftSettings settings = drift_settings(config, {{kind, c.pipeline}});
    EXPECT_EQ(rule_of(settings, kind), c.rule) << c.name;
    for (DriftKind other : all_drift_kinds())
      if (other != kind) EXPECT_EQ(rule_of(settings, other), default_rule(other)) << c.name;
  }
}

TEST(DriftMerge, LimitsAndWindowsAreTheConfigurations) {
  DriftConfig config;
  config.limits.attempts_max = 2;
  config.limits.relapse_within = std::chrono::minutes(3);
  config.windows = {{true, "0 0 1 * *", std::chrono::hours(24)},
                    {false, "0 22 * * *", std::chrono::hours(8)}};
  const DriftSettings settings =
      drift_settings(config, {{DriftKind::count_mismatch, {DriftPolicy::adopt, {}, {}, {}, {}}}});
  EXPECT_EQ(settings.limits, config.limits);
  EXPECT_EQ(settings.windows, config.windows);
  EXPECT_EQ(settings.rules.size(), all_drift_kinds().size()) << "each kind has its rule";
}

template <typename T>
rc::Gen<std::optional<T>> maybe(rc::Gen<T> value) {
  return rc::gen::oneOf(rc::gen::just(std::optional<T>()),
                        rc::gen::map(std::move(value), [](T v) { return std::optional<T>(v); }));
}

DriftRuleEdits any_edits() {
  DriftRuleEdits edits;
  for (DriftKind kind : all_drift_kinds()) {
    if (*rc::gen::inRange(0, 3) == 0) continue;
    DriftRuleEdit& edit = edits[kind];
    edit.policy = *maybe(rc::gen::element(DriftPolicy::ignore, DriftPolicy::alert,
                                          DriftPolicy::heal, DriftPolicy::adopt));
    edit.after = *maybe(rc::gen::map(rc::gen::inRange(0, 9), [](int n) { return Millis(n); }));
    edit.rows = *maybe(rc::gen::inRange<std::int64_t>(0, 9));
    edit.segments = *maybe(rc::gen::inRange<std::int64_t>(0, 9));
    edit.percent = *maybe(rc::gen::map(rc::gen::inRange(0, 9), [](int n) { return n / 2.0; }));
  }
  return edits;
}

RC_GTEST_PROP(DriftMergeLaw, each_field_is_the_last_that_was_said, ()) {
  DriftConfig config;
  config.rules = any_edits();
  const DriftRuleEdits own = any_edits();
  const DriftSettings settings = drift_settings(config, own);
  for (DriftKind kind : all_drift_kinds()) {
    const DriftRuleEdit none;
    const auto said = [&](const DriftRuleEdits& edits) {
      auto edit = edits.find(kind);
      return edit == edits.end() ? none : edit->second;
    };
    const auto last = [&](auto field, auto otherwise) {
      if (said(own).*field) return *(said(own).*field);
      if (said(config.rules).*field) return *(said(config.rules).*field);
      return otherwise;
    };
    const DriftRule rule = settings.rules.at(kind), base = default_rule(kind);
    RC_ASSERT(rule.policy == last(&DriftRuleEdit::policy, base.policy));
    RC_ASSERT(rule.after == last(&DriftRuleEdit::after, base.after));
    RC_ASSERT(rule.rows == last(&DriftRuleEdit::rows, base.rows));
    RC_ASSERT(rule.percent == last(&DriftRuleEdit::percent, base.percent));
    RC_ASSERT(rule.segments == last(&DriftRuleEdit::segments, base.segments));
  }
}

RC_GTEST_PROP(DriftMergeLaw, saying_it_again_changes_nothing, ()) {
  DriftConfig config;
  config.rules = any_edits();
  RC_ASSERT(drift_settings(config, config.rules) == drift_settings(config, {}));
}

}  // namespace
}  // namespace henge
