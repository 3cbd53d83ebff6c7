// Drift of supervisors, tasks, offsets and settings: found, the near miss, and that what is unknown
// is no drift.
#include "reconcile/drift_fixture.h"
#include "reconcile/drift_groups.h"
#include "reconcile/settings_text.h"

namespace henge::reconcile {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TEST(DriftGroups, EveryKindBelongsToAGroup) {
  std::set<DriftKind> kinds;
  for (const auto* group : {&supervisor_drift(), &offset_drift(), &topic_drift(), &segment_drift(),
                            &count_drift(), &task_drift(), &settings_drift()})
    kinds.insert(group->kinds.begin(), group->kinds.end());
  EXPECT_EQ(kinds.size(), all_drift_kinds().size());
}

class Finding : public CalmWorld {
 protected:
  SupervisorListing& supervisor() { return world.supervisors->at("clicks"); }
  void supervisor_is_gone() { world.supervisors->clear(); }
};

TEST_F(Finding, NothingInACalmWorld) {
  const Found found = find();
  EXPECT_THAT(keys(), IsEmpty());
  EXPECT_THAT(found.unknown, IsEmpty());
  EXPECT_THAT(recount(), IsEmpty());
}

TEST_F(Finding, WhatWasReadAheadIsNotReadAgain) {
  list_with(used(hour_9, "2026-01-01"), "country", "n");
  world.supervisors->at("clicks").spec.text = R"({"spec":{},"type":"kafka"})";
  read_ahead(pipeline, JsonText{desired_spec}, world, memory);
  EXPECT_EQ(memory.segments_listed, world.segments_listed["clicks"]);
  EXPECT_THAT(memory.segments.chunks, testing::SizeIs(3));
  EXPECT_FALSE(memory.spec_changes.empty());
  // Were they read again, this would be gone.
  memory.segments.chunks.clear();
  memory.spec_changes.clear();
  EXPECT_THAT(find_drift(input(), world, memory).drifts, testing::IsEmpty());
  DriftMemory unread;
  EXPECT_THAT(find_drift(input(), world, unread).drifts, testing::SizeIs(2));
  world.segments_listed.clear();
  world.supervisors.reset();
  DriftMemory fresh;
  read_ahead(pipeline, JsonText{desired_spec}, world, fresh);
  EXPECT_FALSE(fresh.segments_listed) << "nothing was answered";
  EXPECT_TRUE(fresh.spec_live.empty());
}

TEST_F(Finding, NothingOfAPipelineThatIsNotHengesToManage) {
  supervisor_is_gone();
  world.confirmed_missing = {"clicks"};
  state().released = true;
  EXPECT_THAT(keys(), IsEmpty());
  EXPECT_THAT(note_observed(input(), world), IsEmpty());
  state().released = false;
  state().version = 0;
  EXPECT_THAT(keys(), IsEmpty());
}

TEST_F(Finding, AMissingSupervisorOnlyWhenItWasAskedForByName) {
  supervisor_is_gone();
  EXPECT_THAT(keys(), IsEmpty()) << "a list may hide it";
  world.confirmed_missing = {"clicks"};
  Drift d = only();
  EXPECT_EQ(d.kind, DriftKind::supervisor_missing);
  EXPECT_THAT(d.evidence, HasSubstr("version 3"));
  EXPECT_EQ(d.action, "post the spec of version 3");
  EXPECT_FALSE(d.restarts_tasks);
  world.terminated = {"clicks"};
  EXPECT_THAT(keys(), ElementsAre("supervisor_terminated clicks"));
}

TEST_F(Finding, NothingOfTheSupervisorWhileItIsBeingChanged) {
  supervisor_is_gone();
  world.confirmed_missing = {"clicks"};
  state().posted_version = 2;
  EXPECT_THAT(keys(), IsEmpty());
  state().refused_version = 3;  // rolled back: version 2 is what should be there
  EXPECT_THAT(keys(), ElementsAre("supervisor_missing clicks"));
  record(only());
  state().posted_version = 0;  // there never was a good one
  world.confirmed_missing.clear();
  EXPECT_THAT(keys(), IsEmpty());
  EXPECT_THAT(find().unknown, IsEmpty()) << "none should be there: it is over";
}

TEST_F(Finding, AnEditedSpecWithWhatIsAndWhatShouldBe) {
  supervisor().spec.text =
      R"({"spec":{"dataSchema":{"dataSource":"clicks"},"ioConfig":{"taskCount":4,)"
      R"("topic":"clicks"}},"type":"kafka"})";
  Drift d = only();
  EXPECT_EQ(d.kind, DriftKind::supervisor_edited);
  EXPECT_EQ(d.evidence, "spec.ioConfig.taskCount is 4, declared is 1");
  EXPECT_TRUE(d.restarts_tasks);
  EXPECT_EQ(only(), d) << "the same again, from memory";
  const std::string value = d.value;
  supervisor().spec.text.replace(supervisor().spec.text.find(":4"), 2, ":5");
  EXPECT_NE(only().value, value) << "another edit is another value";
}

TEST_F(Finding, WhatTheServerAddsIsNoEdit) {
  supervisor().spec.text =
      R"({"spec":{"dataSchema":{"dataSource":"clicks"},"ioConfig":{"taskCount":1,"topic":"clicks",)"
      R"("pollTimeout":100}},"suspended":false,"type":"kafka"})";
  EXPECT_THAT(keys(), IsEmpty());
}

TEST_F(Finding, ManyEditsAreShownShortlyAndNoSecretIsShown) {
  supervisor().spec.text =
      R"({"spec":{"dataSchema":{"dataSource":"x"},"ioConfig":{"taskCount":4,"topic":"t",)"
      R"("consumerProperties":{"ssl.key.password":"hunter2"},)"
      R"("lateMessageRejectionPeriod":"PT1H"}},"type":"kafka"})";
  const Drift d = only();
  EXPECT_THAT(d.evidence, HasSubstr("more"));
  EXPECT_THAT(d.evidence + d.value, Not(HasSubstr("hunter2")));
}

TEST_F(Finding, AnUnreadableSpecIsNoDriftAndClearsNone) {
  Drift d;
  d.kind = DriftKind::supervisor_edited;
  d.object = "clicks";
  record(d);
  for (const char* text : {"", "{"}) {
    supervisor().spec.text = text;
    const Found found = find();
    EXPECT_THAT(found.drifts, IsEmpty());
    EXPECT_THAT(found.unknown, ElementsAre("supervisor_edited clicks")) << text;
  }
}

TEST_F(Finding, ASuspensionThatIsNotHenges) {
  supervisor().suspended = true;
  EXPECT_THAT(keys(), ElementsAre("supervisor_suspended clicks"));
  suspended_by_henge = true;
  EXPECT_THAT(keys(), IsEmpty());
}

TEST_F(Finding, AnUnhealthySupervisorWithItsError) {
  supervisor().healthy = false;
  supervisor().state = "UNHEALTHY_SUPERVISOR";
  supervisor().detailed_state = "UNABLE_TO_CONNECT_TO_STREAM";
  world.statuses["clicks"].recent_errors = {"TimeoutException: no broker\n  at line 1"};
  Drift d = only();
  EXPECT_EQ(d.kind, DriftKind::supervisor_unhealthy);
  EXPECT_EQ(d.evidence,
            "supervisor 'clicks' is UNABLE_TO_CONNECT_TO_STREAM: TimeoutException: no broker");
  EXPECT_EQ(d.action, "") << "there is no way to heal it";
  supervisor().suspended = true;
  EXPECT_THAT(keys(), ElementsAre("supervisor_suspended clicks"));
}

TEST_F(Finding, WithoutAnAnswerDriftOfTheSupervisorNeitherComesNorGoes) {
  Drift d;
  d.kind = DriftKind::supervisor_missing;
  d.object = "clicks";
  record(d);
  world.supervisors.reset();
  world.confirmed_missing = {"clicks"};
  Found found = find();
  EXPECT_THAT(found.drifts, IsEmpty());
  EXPECT_THAT(found.unknown, ElementsAre("supervisor_missing clicks"));
  world.supervisors.emplace();  // a list that does not show it
  world.confirmed_missing.clear();
  EXPECT_THAT(find().unknown, ElementsAre("supervisor_missing clicks"));
}

TEST_F(Finding, TasksOfOthersThatWriteHere) {
  const struct {
    const char* id;
    const char* group;
    const char* type;
    bool foreign;
  } cases[] = {
      {"index_kafka_clicks_0a1b2c3d_mnopabcd", "index_kafka_clicks", "index_kafka", false},
      {"index_kafka_clicks_0a1b2c3d_mnopabcd", "", "index_kafka", false},
      {"index_kafka_clicks_eu_0a1b_mnopabcd", "index_kafka_clicks_eu", "index_kafka", true},
      {"index_kafka_views_0a1b_mnopabcd", "index_kafka_views", "index_kafka", true},
      {"henge_clicks_p_late_c0ffee00_000001_1", "x", "index_parallel", false},
      {"single_phase_sub_task_1", "henge_clicks_p_late_c0ffee00_000001_1", "x", false},
      {"henge_clicks_p_late_0badf00d_000001_1", "", "index_parallel", true},
      {"henge_other_late_c0ffee00_000001_1", "", "index_parallel", true},
      {"coordinator-issued_compact_clicks_abc_2026", "", "compact", false},
      {"auto_compact_clicks_abc_2026", "", "compact", false},
      {"auto_load_by_hand", "", "index_parallel", true},
      {"api-issued_kill_clicks", "", "kill", false},
      {"index_parallel_clicks_by_hand", "index_parallel_clicks_by_hand", "index_parallel", true},
      {"query-0815", "", "query_controller", true},
  };
  for (const auto& c : cases) {
    TaskStatus task;
    task.id = c.id;
    task.group_id = c.group;
    task.type = c.type;
    task.datasource = "clicks";
    world.tasks = {task};
    EXPECT_EQ(!keys().empty(), c.foreign) << c.id;
    task.datasource = "elsewhere";
    world.tasks = {task};
    EXPECT_THAT(keys(), IsEmpty()) << "not this datasource: " << c.id;
    task.datasource = "clicks";
    task.state = TaskState::success;
    world.tasks = {task};
    EXPECT_THAT(keys(), IsEmpty()) << "over: " << c.id;
  }
}

TEST_F(Finding, AForeignTaskAndItsSubtasksAreOneDrift) {
  std::vector<TaskStatus> tasks;
  for (const char* id : {"mine", "sub_1", "sub_2"}) {
    TaskStatus task;
    task.id = id;
    task.group_id = "mine";
    task.type = "index_parallel";
    task.datasource = "clicks";
    tasks.push_back(task);
  }
  world.tasks = std::move(tasks);
  EXPECT_THAT(keys(), ElementsAre("task_doubled mine"));
  EXPECT_THAT(only().evidence, HasSubstr("of type index_parallel"));
  record(only());
  world.tasks.reset();
  EXPECT_THAT(find().unknown, ElementsAre("task_doubled mine"));
}

TEST_F(Finding, ATaskThatDruidLost) {
  auto& repair = state().repairs["repair-1"];
  repair.intent.task_id = "henge_t";
  repair.intent.rows = 4;
  repair.phase = ledger::RepairPhase::accepted;
  EXPECT_THAT(keys(), IsEmpty());
  world.missing_tasks = {"henge_t"};
  EXPECT_THAT(keys(), ElementsAre("task_vanished henge_t"));
  EXPECT_THAT(only().evidence, HasSubstr("4 rows"));
  record(only());
  world.missing_tasks.clear();
  EXPECT_THAT(find().unknown, ElementsAre("task_vanished henge_t")) << "not asked, or no answer";
  repair.phase = ledger::RepairPhase::ended;
  repair.end = ledger::TaskEnd::vanished;
  EXPECT_THAT(keys(), ElementsAre("task_vanished henge_t"));
  repair.phase = ledger::RepairPhase::confirmed;
  EXPECT_THAT(keys(), IsEmpty());
  EXPECT_THAT(find().unknown, IsEmpty()) << "counted: gone";
}

class Offsets : public Finding {
 protected:
  // A task that started there and has read up to here.
  void look(std::int64_t start, std::int64_t current, int after_seconds = 5) {
    world.now += seconds(after_seconds);
    SupervisorTask task;
    task.starting_offsets[0] = start;
    task.current_offsets[0] = current;
    world.statuses["clicks"].active = {task};
  }
};

TEST_F(Offsets, SetBackUntilAllIsReadAgain) {
  look(100, 500);
  EXPECT_THAT(keys(), IsEmpty());
  look(500, 600);
  EXPECT_THAT(keys(), IsEmpty());
  look(200, 210);
  Drift d = only();
  EXPECT_EQ(d.kind, DriftKind::offsets_moved);
  EXPECT_EQ(d.evidence, "partition 0 went back from 500 to 200: 300 offsets are read again");
  EXPECT_EQ(d.value, "0:500>200");
  EXPECT_EQ(d.rows, 300);
  record(d);
  look(200, 400);
  EXPECT_EQ(only(), d) << "still being read again";
  world.statuses.clear();
  EXPECT_EQ(only(), d) << "no answer does not end it";
  look(500, 700);
  EXPECT_THAT(keys(), IsEmpty()) << "read again up to where it was";
}

TEST_F(Offsets, AheadOfWhatReadersCanHaveRead) {
  look(0, 1'000);
  find();
  look(0, 2'000, 30);
  find();
  look(2'500, 2'600, 30);
  EXPECT_THAT(keys(), IsEmpty()) << "a little past what was last seen is how tasks end";
  look(9'000'000, 9'000'000);
  Drift d = only();
  EXPECT_THAT(d.evidence, HasSubstr("ahead from 2600 to 9000000"));
  EXPECT_THAT(d.evidence, HasSubstr("skipped"));
  record(d);
  look(9'000'100, 9'000'200);
  EXPECT_EQ(only().value, d.value) << "what was skipped stays so, until a person adopts it";
}

TEST_F(Offsets, NothingIsConcludedFromTooLittle) {
  look(100, 500);
  find();
  look(90'000, 90'000);
  EXPECT_THAT(keys(), IsEmpty()) << "the readers' speed is not known yet";
  world.statuses["clicks"].active.clear();
  EXPECT_THAT(keys(), IsEmpty()) << "no tasks, no offsets";
  SupervisorStatus& status = world.statuses["clicks"];
  status.suspended = true;
  status.detailed_state = "SUSPENDED";
  status.latest_offsets[0] = status.lag[0] = 90'000;
  EXPECT_THAT(keys(), IsEmpty()) << "a suspended supervisor without a stored offset shows 0";
}

TEST_F(Finding, RetentionRulesAndCompactionUnlikeWhatWasFirstSeen) {
  EXPECT_THAT(keys(), IsEmpty()) << "nothing noted yet";
  for (const auto& event : note_observed(input(), world)) {
    const auto& noted = std::get<ledger::DriftAdopted>(event);
    state().adopted[key_of(noted.kind, noted.object)] = noted.value;
  }
  EXPECT_EQ(state().adopted.size(), 3u);
  EXPECT_THAT(note_observed(input(), world), IsEmpty()) << "once";
  EXPECT_THAT(keys(), IsEmpty());

  (*world.rules)["clicks"] = {{"loadByPeriod", {}, "P1M", true, {{"_default_tier", 2}}},
                              {"dropForever", {}, "", true, {}}};
  (*world.compaction)["clicks"] = JsonText{R"({"dataSource":"clicks"})"};
  (*world.rules)["_default"].clear();
  EXPECT_THAT(keys(), ElementsAre("rules_changed _default", "rules_changed clicks",
                                  "compaction_changed clicks"));
  const Found found = find();
  EXPECT_EQ(found.drifts[0].action, "") << "the cluster's rules are not henge's to set";
  EXPECT_THAT(found.drifts[1].evidence, HasSubstr("P1M"));
  EXPECT_THAT(found.drifts[1].evidence, HasSubstr("they were none"));
  EXPECT_EQ(parse_rules_text(found.drifts[1].value).value(), world.rules->at("clicks"));
  record(found.drifts[1]);
  record(found.drifts[2]);
  world.rules.reset();
  EXPECT_THAT(find().unknown, ElementsAre("rules_changed clicks"));
  world.compaction.reset();
  EXPECT_EQ(find().unknown.size(), 2u);
}

TEST(SettingsText, MeansTheSameWhenReadBack) {
  const std::vector<Rule> rules{
      {"loadByInterval", Interval{hour_1, hour_2}, "", true, {{"hot", 1}, {"cold", 2}}},
      {"dropByPeriod", {}, "P1Y", false, {}},
      {"loadForever", {}, "", true, {}}};
  EXPECT_EQ(parse_rules_text(rules_text(rules)).value(), rules);
  EXPECT_EQ(rules_text({}), "[]");
  for (const char* text : {"", "{", "[{}]", "[{\"type\":\"x\",\"interval\":\"never\"}]", "[1]"})
    EXPECT_FALSE(parse_rules_text(text)) << text;
}

TEST_F(Finding, RemembersSinceWhenAndForgetsWhatIsGone) {
  supervisor().suspended = true;
  find();
  world.now += seconds(30);
  find();
  EXPECT_EQ(memory.first_seen.at("supervisor_suspended clicks"), today);
  const auto listed = world.supervisors;
  record(find().drifts.front());
  world.supervisors.reset();
  find();
  EXPECT_EQ(memory.first_seen.size(), 1u) << "what is unknown breaks nothing";
  world.supervisors = listed;
  supervisor().suspended = false;
  find();
  EXPECT_THAT(memory.first_seen, IsEmpty());
}

}  // namespace
}  // namespace henge::reconcile
