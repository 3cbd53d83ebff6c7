// The words of drift and what holds for each kind.
#include "model/drift.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace henge
