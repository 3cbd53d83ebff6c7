// The law that holds for all kinds at once: taking an answer away never makes drift, and never ends
// one.

#include "reconcile/drift_fixture.h"

namespace henge::reconcile {
namespace {

class Unknown : public CalmWorld {
 protected:
  void SetUp() override {
    CalmWorld::SetUp();
    for (const auto& event : note_observed(input(), world)) {
      const auto& noted = std::get<ledger::DriftAdopted>(event);
      state().adopted[key_of(noted.kind, noted.object)] = noted.value;
    }
    disturb();
  }

  // Nearly everything that can be wrong at once.
  void disturb() {
    SupervisorListing& supervisor = world.supervisors->at("clicks");
    supervisor.spec.text.replace(supervisor.spec.text.find("\"taskCount\":1"), 13,
                                 "\"taskCount\":7");
    supervisor.healthy = false;
    supervisor.state = "UNHEALTHY_TASKS";
    TaskStatus foreign;
    foreign.id = foreign.group_id = "by_hand";
    foreign.type = "index_parallel";
    foreign.datasource = "clicks";
    world.tasks = {foreign};
    world.digests->at("clicks").unavailable = 3;
    (*world.rules)["clicks"] = {{"loadForever", {}, "", true, {}}};
    (*world.compaction)["clicks"] = JsonText{"{}"};
    segments = {used(hour_2, "2026-01-01"),
                used(hour_9, "2026-01-01"),
                {"day", bucket(Granularity::day, hour_1), "2020", 0, 0, false}};
    list_with(used(hour_2, "2026-01-01", 1), "city", "n");
    count(hour_1, 0, {});
    world.unused["clicks_p"][hour_1] = {};
    count(hour_2, 24, {used(hour_2, "2026-01-01"), used(hour_2, "2026-01-01", 1)});
  }

  // Takes answers away, as a failing or a forbidding Druid does.
  void take_away(std::uint64_t what) {
    if (what & 1) world.supervisors.reset();
    if (what & 2) world.tasks.reset();
    if (what & 4) world.digests.reset();
    if (what & 8) world.rules.reset();
    if (what & 16) world.compaction.reset();
    if (what & 32) world.segments_listed.clear();
    if (what & 64) world.segments = nullptr;
    if (what & 128) world.readings.clear();
    if (what & 256) world.unused.clear();
    if (what & 512) state().partitions.clear();
    if (what & 1024) world.supervisors.emplace();  // shows none, and none was asked for by name
    if (what & 2048) state().chunks.at(hour_2).repair = "repair-1";
    if (what & 4096) world.statuses.clear();
  }
};

TEST_F(Unknown, ManyThingsAreWrongInThisWorld) {
  EXPECT_THAT(keys(),
              testing::ElementsAre(
                  "supervisor_edited clicks", "supervisor_unhealthy clicks",
                  "segments_missing " + to_iso(hour_1), "segments_unexpected clicks",
                  "segments_overlapping clicks", "segments_unavailable clicks",
                  "count_mismatch " + to_iso(hour_2), "task_doubled by_hand",
                  "schema_mismatch clicks", "rules_changed clicks", "compaction_changed clicks"));
}

TEST_F(Unknown, TakingAnswersAwayMakesNoDriftAndEndsNone) {
  const Found whole = find();
  std::set<std::string> there;
  for (const Drift& d : whole.drifts) {
    there.insert(key_of(d.kind, d.object));
    record(d);
  }
  const World everything = world;
  const auto ledger_before = ledger_state;
  std::set<std::string> was_unknown;
  for (std::uint64_t what = 1; what < 8192; ++what) {
    world = everything;
    ledger_state = ledger_before;
    memory = {};  // after a restart, when the least is known
    take_away(what);
    const Found found = find();
    std::set<std::string> accounted = found.unknown;
    for (const Drift& d : found.drifts) {
      ASSERT_TRUE(there.contains(key_of(d.kind, d.object))) << what << " " << d.evidence;
      accounted.insert(key_of(d.kind, d.object));
    }
    ASSERT_EQ(accounted, there) << what << ": what is not found must be unknown, and not over";
    was_unknown.insert(found.unknown.begin(), found.unknown.end());
  }
  EXPECT_EQ(was_unknown, there) << "each of them was unknown at some time";
}

// What is unknown changes no events either.
TEST_F(Unknown, JudgingTheUnknownChangesNothing) {
  ledger_state.pipelines.at("clicks_p").chunks.begin()->second.closed_at = hour_9;
  for (const Drift& d : find().drifts) record(d);
  DriftSettings settings;
  for (DriftKind kind : all_drift_kinds()) settings.rules[kind] = {.policy = DriftPolicy::heal};
  take_away(1 | 2 | 4 | 8 | 16 | 32 | 64 | 128 | 256 | 512);
  memory = {};
  EXPECT_THAT(judge_drift(ledger_state, "clicks_p", find(), settings, memory, today),
              testing::IsEmpty());
}

}  // namespace
}  // namespace henge::reconcile
