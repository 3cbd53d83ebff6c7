// Judging drift: what is recorded, when it is healed, adopted or left to a person, and the laws
// that hold whatever comes.
#include "reconcile/judge_drift.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "ledger/describe.h"
#include "reconcile/windows.h"

namespace henge::reconcile {
namespace {

using ledger::Body;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const Instant start = instant_of_ms(1'767'225'600'000);  // 2026-01-01T00:00Z, a Thursday

Drift drift_of(DriftKind kind, std::string object = "clicks", std::string value = "v") {
  Drift d;
  d.kind = kind;
  d.object = std::move(object);
  d.evidence = "it is so";
  d.value = std::move(value);
  if (healable(kind)) d.action = "put it right";
  return d;
}

class Judging : public testing::Test {
 protected:
  void SetUp() override {
    must("p", ledger::PipelineDeclared{1, "doc", "f", "", "c0ffee00"});
    ledger::ScanAdvanced scan;
    scan.batch.partitions = {{}};
    scan.batch.chunks[start][0].on_time = 100;
    must("p", scan);
    must("p", ledger::ChunkClosed{start, "committed_offsets"});
    must("p", ledger::ChunkSealed{start, 100, 1, "counted"});
  }
  void must(const std::string& pipeline, Body body) {
    auto done = ledger::apply(state, {now, pipeline, std::move(body)});
    ASSERT_TRUE(done) << done.error().message;
  }
  void policy(DriftKind kind, DriftPolicy policy, Millis after = Millis(0)) {
    settings.rules[kind] = {.policy = policy, .after = after};
  }
  // One round in which these are found. What is decided is folded; heals are carried out, and their
  // outcome is `error`.
  std::vector<std::string> round(std::vector<Drift> drifts, std::set<std::string> unknown = {},
                                 const char* error = "") {
    Found found{std::move(drifts), std::move(unknown)};
    for (const Drift& d : found.drifts)
      memory.first_seen.try_emplace(key_of(d.kind, d.object), now);
    std::vector<std::string> kinds;
    for (const Body& body : judge_drift(state, "p", found, settings, memory, now)) {
      kinds.push_back(kind_of(body));
      must("p", body);
      if (const auto* heal = std::get_if<ledger::HealIntended>(&body); heal != nullptr && error)
        must("p", ledger::HealEnded{heal->kind, heal->object, heal->attempt, error});
    }
    return kinds;
  }
  const ledger::DriftState& recorded(const Drift& d) {
    return state.pipelines.at("p").drifts.at(key_of(d.kind, d.object));
  }

  ledger::State state;
  DriftSettings settings;
  DriftMemory memory;
  Instant now = start;
};

TEST_F(Judging, RecordsOnceAndClearsWhenGone) {
  const Drift d = drift_of(DriftKind::supervisor_edited);
  EXPECT_THAT(round({d}), ElementsAre("drift_found"));
  EXPECT_THAT(round({d}), IsEmpty());
  EXPECT_THAT(round({}, {key_of(d.kind, d.object)}), IsEmpty()) << "unknown is not gone";
  EXPECT_THAT(round({}), ElementsAre("drift_cleared"));
  EXPECT_TRUE(state.pipelines.at("p").drifts.empty());
}

TEST_F(Judging, RecordsAnotherValueAtOnceAndOtherEvidenceNowAndThen) {
  Drift d = drift_of(DriftKind::supervisor_edited);
  round({d});
  now += seconds(10);
  d.evidence = "in other words";
  EXPECT_THAT(round({d}), IsEmpty());
  d.value = "w";
  EXPECT_THAT(round({d}), ElementsAre("drift_found"));
  d.evidence = "in still other words";
  now += minutes(1);
  EXPECT_THAT(round({d}), ElementsAre("drift_found"));
}

TEST_F(Judging, TellsOfAnAlertOnlyWhenItLasted) {
  policy(DriftKind::segments_unavailable, DriftPolicy::alert, minutes(10));
  const Drift d = drift_of(DriftKind::segments_unavailable);
  EXPECT_THAT(round({d}), IsEmpty());
  now += minutes(9);
  EXPECT_THAT(round({d}), IsEmpty());
  now += minutes(1);
  EXPECT_THAT(round({d}), ElementsAre("drift_found"));
}

TEST_F(Judging, IgnoresWhatItIsToldToAndEndsWhatWasRecordedBefore) {
  const Drift d = drift_of(DriftKind::supervisor_edited);
  round({d});
  policy(d.kind, DriftPolicy::ignore);
  EXPECT_THAT(round({d}), ElementsAre("drift_cleared"));
  EXPECT_THAT(round({d}), IsEmpty());
}

TEST_F(Judging, HealsAfterTheDelayAndSaysThatItHelped) {
  const Drift d = drift_of(DriftKind::supervisor_missing);
  EXPECT_THAT(round({d}), ElementsAre("drift_found")) << "seen at once";
  now += seconds(29);
  EXPECT_THAT(round({d}), IsEmpty());
  now += seconds(1);
  EXPECT_THAT(round({d}), ElementsAre("heal_intended"));
  now += seconds(5);
  EXPECT_THAT(round({}), ElementsAre("drift_cleared"));
  EXPECT_EQ(state.pipelines.at("p").healed.size(), 1u);
}

TEST_F(Judging, NothingIsDoneOrClearedBeforeAnAttemptHasItsOutcome) {
  policy(DriftKind::supervisor_edited, DriftPolicy::heal);
  const Drift d = drift_of(DriftKind::supervisor_edited);
  EXPECT_THAT(round({d}, {}, nullptr), ElementsAre("drift_found", "heal_intended"));
  now += hours(5);
  EXPECT_THAT(round({d}), IsEmpty());
  EXPECT_THAT(round({}), IsEmpty());
  const auto owed = heals_under_way(state.pipelines.at("p"));
  EXPECT_THAT(owed, ElementsAre(ledger::HealIntended{d.kind, d.object, d.action, 1}));
  must("p", ledger::HealEnded{d.kind, d.object, 1, ""});
  EXPECT_THAT(heals_under_way(state.pipelines.at("p")), IsEmpty());
  EXPECT_THAT(round({}), ElementsAre("drift_cleared"));
}

TEST_F(Judging, WaitsLongerEachTimeAndThenLeavesItToAPerson) {
  policy(DriftKind::supervisor_edited, DriftPolicy::heal);
  const Drift d = drift_of(DriftKind::supervisor_edited);
  std::vector<std::int64_t> at_seconds;
  for (int i = 0; i < 3'600; ++i, now += seconds(1)) {
    const auto kinds = round({d}, {}, "503");
    if (std::ranges::find(kinds, "heal_intended") != kinds.end())
      at_seconds.push_back((now - start) / seconds(1));
  }
  EXPECT_THAT(at_seconds, ElementsAre(0, 30, 90, 210, 450));
  EXPECT_TRUE(recorded(d).given_up);
  EXPECT_THAT(recorded(d).given_up_because, HasSubstr("503"));
  EXPECT_THAT(round({}), ElementsAre("drift_cleared"));
  EXPECT_THAT(round({d}), ElementsAre("drift_found", "heal_intended")) << "a new drift, a new try";
}

TEST_F(Judging, StopsFightingSomebodyWhoPutsItBack) {
  policy(DriftKind::supervisor_edited, DriftPolicy::heal);
  const Drift d = drift_of(DriftKind::supervisor_edited);
  int heals = 0;
  for (int i = 0; i < 10; ++i) {
    for (const auto& kind : round({d})) heals += kind == "heal_intended";
    now += minutes(1);
    if (!recorded(d).given_up) round({});
    now += minutes(1);
  }
  EXPECT_EQ(heals, 3);
  EXPECT_THAT(recorded(d).given_up_because, HasSubstr("came back 3 times within 1h"));
  EXPECT_THAT(round({d}), IsEmpty());
}

TEST_F(Judging, ALateReturnIsNoRelapse) {
  policy(DriftKind::supervisor_edited, DriftPolicy::heal);
  const Drift d = drift_of(DriftKind::supervisor_edited);
  for (int i = 0; i < 6; ++i, now += hours(2)) {
    EXPECT_THAT(round({d}), ElementsAre("drift_found", "heal_intended"));
    EXPECT_EQ(recorded(d).relapses, 0);
    round({});
  }
}

TEST_F(Judging, OnlyAlertsOfWhatCanNotBeHealed) {
  for (DriftKind kind : all_drift_kinds()) {
    policy(kind, DriftPolicy::heal);
    const auto kinds = round({drift_of(kind)});
    if (healable(kind))
      EXPECT_THAT(kinds, ElementsAre("drift_found", "heal_intended")) << to_string(kind);
    else
      EXPECT_THAT(kinds, ElementsAre("drift_found")) << to_string(kind);
    round({});
  }
  Drift of_cluster = drift_of(DriftKind::rules_changed, "_default");
  of_cluster.action.clear();
  EXPECT_THAT(round({of_cluster}), ElementsAre("drift_found"));
}

TEST_F(Judging, AdoptsAValueThatStayedAndThenItIsNoDrift) {
  policy(DriftKind::supervisor_edited, DriftPolicy::adopt, minutes(5));
  Drift d = drift_of(DriftKind::supervisor_edited);
  EXPECT_THAT(round({d}), ElementsAre("drift_found"));
  now += minutes(4);
  d.value = "w";
  EXPECT_THAT(round({d}), ElementsAre("drift_found"));
  now += minutes(4);
  EXPECT_THAT(round({d}), IsEmpty()) << "the value is only four minutes old";
  now += minutes(1);
  EXPECT_THAT(round({d}), ElementsAre("drift_adopted", "drift_cleared"));
  EXPECT_THAT(round({d}), IsEmpty());
  d.value = "x";
  EXPECT_THAT(round({d}), ElementsAre("drift_found"));
}

TEST_F(Judging, AdoptingACountChangesWhatIsExpected) {
  policy(DriftKind::count_mismatch, DriftPolicy::adopt);
  Drift d = drift_of(DriftKind::count_mismatch, to_iso(start));
  d.rows = -7;
  d.expected = 100;
  EXPECT_THAT(round({d}), ElementsAre("drift_found", "drift_adopted", "drift_cleared"));
  EXPECT_EQ(state.pipelines.at("p").chunks.at(start).expected(), 93);
  EXPECT_THAT(round({d}), ElementsAre("drift_found")) << "counted before: it is not adopted twice";
}

TEST_F(Judging, AmountsWithinTheRuleAreNoDrift) {
  const struct {
    const char* name;
    DriftRule rule;
    std::int64_t rows, expected, segments;
    bool drift;
  } cases[] = {
      {"no amounts", {}, 0, 0, 0, true},
      {"one row", {}, 1, 1000, 0, true},
      {"as many rows as tolerated", {.rows = 5}, 5, 1000, 0, false},
      {"fewer, the other way", {.rows = 5}, -5, 1000, 0, false},
      {"one more", {.rows = 5}, -6, 1000, 0, true},
      {"as much as tolerated", {.percent = 0.5}, 5, 1000, 0, false},
      {"more percent", {.percent = 0.5}, 6, 1000, 0, true},
      {"percent of nothing is all", {.percent = 99}, 1, 0, 0, true},
      {"either excuses", {.rows = 1, .percent = 1}, 9, 1000, 0, false},
      {"segments", {.segments = 2}, 0, 0, 2, false},
      {"more segments", {.segments = 2}, 0, 0, 3, true},
      {"rows do not excuse what has none", {.rows = 5}, 0, 0, 1, true},
  };
  for (const auto& c : cases) {
    Drift d = drift_of(DriftKind::segments_missing);
    d.rows = c.rows;
    d.expected = c.expected;
    d.segments = c.segments;
    EXPECT_EQ(beyond(d, c.rule), c.drift) << c.name;
    settings.rules[d.kind] = c.rule;
    settings.rules[d.kind].policy = DriftPolicy::alert;
    EXPECT_EQ(!round({d}).empty(), c.drift) << c.name;
    round({});
  }
}

TEST_F(Judging, AFreezeStopsHealingAndAdoptingButNotSeeing) {
  policy(DriftKind::supervisor_edited, DriftPolicy::heal);
  policy(DriftKind::rules_changed, DriftPolicy::adopt);
  const std::vector<Drift> both{drift_of(DriftKind::supervisor_edited),
                                drift_of(DriftKind::rules_changed)};
  for (const char* of : {"p", ""}) {
    must(of, ledger::Frozen{"incident", "ann"});
    EXPECT_THAT(round(both), ElementsAre("drift_found", "drift_found"));
    EXPECT_THAT(round({}), ElementsAre("drift_cleared", "drift_cleared"));
    must(of, ledger::Unfrozen{"", "ann"});
  }
  EXPECT_EQ(round(both).size(), 5u) << "found, intended, found, adopted, cleared";
}

TEST_F(Judging, APipelineThatIsBeingReleasedIsLeftAlone) {
  policy(DriftKind::supervisor_missing, DriftPolicy::heal);
  must("p", ledger::ReleaseIntended{"moved", "ann"});
  EXPECT_THAT(round({drift_of(DriftKind::supervisor_missing)}), IsEmpty())
      << "its supervisor is gone because it was to go";
}

TEST_F(Judging, HealsOnlyInsideItsWindows) {
  policy(DriftKind::supervisor_edited, DriftPolicy::heal);
  settings.windows = {{false, "0 22 * * *", hours(8)}, {true, "0 2 * * thu", hours(1)}};
  const Drift d = drift_of(DriftKind::supervisor_edited);
  const struct {
    int hour;
    bool heals;
  } cases[] = {{0, true}, {2, false}, {3, true}, {6, false}, {12, false}, {22, true}};
  for (const auto& c : cases) {
    now = start + hours(c.hour);
    EXPECT_EQ(round({d}).size(), c.heals ? 2u : 1u) << c.hour;
    round({});
  }
}

TEST_F(Judging, NothingOfWhatIsNotManaged) {
  const Drift d = drift_of(DriftKind::supervisor_missing);
  EXPECT_THAT(judge_drift(state, "other", {{d}, {}}, settings, memory, now), IsEmpty());
  must("p", ledger::PipelineReleased{"", "ann", "kept"});
  EXPECT_THAT(round({d}), IsEmpty());
}

TEST(Windows, DenyBeatsAllowAndNoAllowIsAlways) {
  const MaintenanceWindow night{false, "0 22 * * *", hours(8)}, noon{false, "0 12 * * *", hours(1)},
      first{true, "0 0 1 * *", hours(24)}, broken{false, "at night", hours(8)};
  const Instant midnight_of_2nd = start + hours(24);
  const struct {
    std::vector<MaintenanceWindow> windows;
    Instant now;
    bool allow;
  } cases[] = {
      {{}, start, true},
      {{first}, start, false},
      {{first}, midnight_of_2nd, true},
      {{night}, midnight_of_2nd, true},
      {{night}, midnight_of_2nd + hours(7), false},
      {{night, noon}, midnight_of_2nd + hours(12), true},
      {{night, first}, start, false},
      {{first, night}, start, false},
      {{broken}, start, false},
      {{night, broken}, midnight_of_2nd, false},
  };
  for (std::size_t i = 0; i < std::size(cases); ++i)
    EXPECT_EQ(windows_allow(cases[i].windows, cases[i].now), cases[i].allow) << i;
}

TEST(Backoff, DoublesUpToItsMost) {
  const HealLimits limits{.retry_min = seconds(1), .retry_max = seconds(10)};
  std::vector<std::int64_t> waits;
  for (std::int64_t attempt : {0, 1, 2, 3, 4, 5, 6, 100'000})
    waits.push_back(heal_backoff(limits, attempt) / seconds(1));
  EXPECT_THAT(waits, ElementsAre(1, 1, 2, 4, 8, 10, 10, 10));
}

// Random worlds, policies, freezes and windows: what is decided can always be folded, and the laws
// hold.
class Chance : public Judging {
 protected:
  std::int64_t below(std::int64_t n) {
    return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(n));
  }
  void draw_settings() {
    settings = {};
    for (DriftKind kind : all_drift_kinds())
      settings.rules[kind] = {.policy = static_cast<DriftPolicy>(below(4)),
                              .after = seconds(below(3) * 20),
                              .rows = below(3)};
    settings.limits.attempts_max = static_cast<int>(1 + below(4));
    settings.limits.relapses_max = static_cast<int>(1 + below(3));
    if (below(2) == 0) settings.windows.push_back({false, "*/10 * * * *", minutes(5)});
    if (below(3) == 0) settings.windows.push_back({true, "*/7 * * * *", minutes(2)});
  }
  void maybe_freeze() {
    const std::string of = below(2) == 0 ? "" : "p";
    const auto& frozen = of.empty() ? state.frozen : state.pipelines.at("p").frozen;
    if (below(6) != 0) return;
    if (frozen)
      must(of, ledger::Unfrozen{"", "ann"});
    else
      must(of, ledger::Frozen{"", "ann"});
  }
  Found draw_found() {
    Found found;
    for (DriftKind kind : all_drift_kinds()) {
      const std::string object =
          kind == DriftKind::count_mismatch ? to_iso(start) : std::string("clicks");
      if (below(4) == 0) found.unknown.insert(key_of(kind, object));
      if (below(3) == 0) continue;
      Drift d = drift_of(kind, object, std::to_string(below(2)));
      d.rows = below(5) - 2;
      if (kind == DriftKind::count_mismatch)
        d.expected = state.pipelines.at("p").chunks.at(start).seal->rows;
      if (below(9) == 0) d.evidence = "in other words";
      found.drifts.push_back(d);
      found.unknown.erase(key_of(kind, object));
    }
    return found;
  }
  void check_event(const Body& body, const Found& found) {
    const auto& pipeline = state.pipelines.at("p");
    const bool may_act =
        ledger::freeze_of(state, pipeline) == nullptr && windows_allow(settings.windows, now);
    if (const auto* heal = std::get_if<ledger::HealIntended>(&body)) {
      ++heals;
      EXPECT_TRUE(may_act) << "frozen, or outside its windows";
      EXPECT_TRUE(healable(heal->kind));
      EXPECT_EQ(settings.rules.at(heal->kind).policy, DriftPolicy::heal);
      EXPECT_LE(heal->attempt, settings.limits.attempts_max);
      EXPECT_LT(recorded(drift_of(heal->kind, heal->object)).relapses,
                settings.limits.relapses_max);
    }
    if (const auto* adopted = std::get_if<ledger::DriftAdopted>(&body)) {
      ++adoptions;
      EXPECT_TRUE(may_act);
      EXPECT_EQ(settings.rules.at(adopted->kind).policy, DriftPolicy::adopt);
    }
    if (const auto* cleared = std::get_if<ledger::DriftCleared>(&body)) {
      ++clears;
      EXPECT_FALSE(found.unknown.contains(key_of(cleared->kind, cleared->object)))
          << "what is unknown is not over";
    }
  }

  std::mt19937_64 random;
  int heals = 0, adoptions = 0, clears = 0, given_up = 0;
};

TEST_F(Chance, NothingIsEverDecidedThatMustNotBe) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    random.seed(seed);
    draw_settings();
    for (int i = 0; i < 80; ++i, now += seconds(5 + below(60))) {
      maybe_freeze();
      const Found found = draw_found();
      for (const Drift& d : found.drifts)
        memory.first_seen.try_emplace(key_of(d.kind, d.object), now);
      const auto events = judge_drift(state, "p", found, settings, memory, now);
      for (const Body& body : events) {
        check_event(body, found);
        given_up += std::holds_alternative<ledger::DriftGivenUp>(body);
        must("p", body);
      }
      // A second look at the same adds nothing; but what was adopted of a chunk is another count.
      for (const Body& body : judge_drift(state, "p", found, settings, memory, now))
        if (const auto* again = std::get_if<ledger::DriftFound>(&body);
            again == nullptr || again->drift.kind != DriftKind::count_mismatch)
          ADD_FAILURE() << "again: " << ledger::describe(body);
      for (const auto& owed : heals_under_way(state.pipelines.at("p")))
        if (below(2) == 0)
          must("p",
               ledger::HealEnded{owed.kind, owed.object, owed.attempt, below(2) == 0 ? "" : "503"});
      ASSERT_FALSE(HasFailure()) << "seed " << seed << " round " << i;
    }
  }
  // The worlds must have gone somewhere, or the laws were tested on nothing.
  EXPECT_GT(heals, 100);
  EXPECT_GT(adoptions, 200);
  EXPECT_GT(clears, 1'000);
  EXPECT_GT(given_up, 20);
}

}  // namespace
}  // namespace henge::reconcile
