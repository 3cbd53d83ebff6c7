// Who may write a datasource: henge's tasks, its supervisor's, Druid's own; and henge's tasks that
// Druid lost.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "reconcile/drift_fixture.h"

namespace henge::reconcile {
namespace {

using ledger::RepairPhase;
using ledger::TaskEnd;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class Tasks : public CalmWorld {
 protected:
  static TaskStatus task(std::string id, std::string group, std::string type = "index_kafka") {
    TaskStatus out;
    out.id = std::move(id);
    out.group_id = std::move(group);
    out.type = std::move(type);
    out.datasource = "clicks";
    return out;
  }
  bool foreign(const TaskStatus& one) {
    world.tasks = {one};
    return !keys().empty();
  }
  ledger::RepairState& repair(const char* id, std::string task, RepairPhase phase) {
    auto& out = state().repairs[id];
    out.intent.task_id = std::move(task);
    out.intent.rows = 7;
    out.phase = phase;
    return out;
  }
};

TEST_F(Tasks, TheSupervisorsAreKnownByTheirGroupAndWithoutOneByTheirId) {
  const struct {
    const char* name;
    const char* id;
    const char* group;
    const char* type;
    bool foreign;
  } cases[] = {
      {"its group", "index_kafka_clicks_0a_bc", "index_kafka_clicks", "index_kafka", false},
      {"the group decides", "x", "index_kafka_clicks", "index_kafka", false},
      {"and not the id", "index_kafka_clicks_0a_bc", "index_kafka_views", "index_kafka", true},
      {"a longer group", "x", "index_kafka_clicks_eu", "index_kafka", true},
      {"a shorter group", "x", "index_kafka_click", "index_kafka", true},
      {"a group of another kind", "x", "index_kinesis_clicks", "index_kafka", true},
      {"the datasource is no group", "x", "clicks", "index_kafka", true},
      {"a batch task in its group", "x", "index_kafka_clicks", "index_parallel", true},
      {"of no type", "x", "index_kafka_clicks", "", true},
      {"by id", "index_kafka_clicks_0a_bc", "", "index_kafka", false},
      {"the id is the group", "index_kafka_clicks_0a_bc", "index_kafka_clicks_0a_bc", "index_kafka",
       false},
      {"one part more is another supervisor", "index_kafka_clicks_eu_0a_bc", "", "index_kafka",
       true},
      {"the same, its id as group", "index_kafka_clicks_eu_0a_bc", "index_kafka_clicks_eu_0a_bc",
       "index_kafka", true},
      {"a longer name", "index_kafka_clicksx_0a_bc", "", "index_kafka", true},
      {"nothing behind it", "index_kafka_clicks", "", "index_kafka", true},
      {"something before it", "my_index_kafka_clicks_0a_bc", "", "index_kafka", true},
  };
  for (const auto& c : cases) EXPECT_EQ(foreign(task(c.id, c.group, c.type)), c.foreign) << c.name;
}

TEST_F(Tasks, HengesAreOfThisPipelineAndThisLedger) {
  const struct {
    const char* id;
    bool foreign;
  } cases[] = {
      {"henge_clicks_p_late_c0ffee00_000001_1", false},
      {"henge_clicks_p_compact_c0ffee00_17", false},
      {"henge_clicks_p_late_c0ffee01_000001_1", true},
      {"henge_clicks_p_late_c0ffee00", true},
      {"henge_clicks_late_c0ffee00_000001_1", true},
      {"henge_clicks_pp_late_c0ffee00_000001_1", true},
      {"my_henge_clicks_p_late_c0ffee00_000001_1", true},
      {"clicks_p_c0ffee00_1", true},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(foreign(task(c.id, "", "index_parallel")), c.foreign) << c.id;
    EXPECT_EQ(foreign(task("sub", c.id, "single_phase_sub_task")), c.foreign) << "group " << c.id;
  }
}

TEST_F(Tasks, OnlyThoseThatStillWriteAndOnlyHere) {
  const struct {
    TaskState state;
    bool writes;
  } cases[] = {{TaskState::waiting, true},
               {TaskState::pending, true},
               {TaskState::running, true},
               {TaskState::success, false},
               {TaskState::failed, false}};
  for (const auto& c : cases) {
    TaskStatus one = task("by_hand", "", "index_parallel");
    one.state = c.state;
    EXPECT_EQ(foreign(one), c.writes) << static_cast<int>(c.state);
    for (const char* elsewhere : {"views", "", "click", "clicks2", "Clicks"}) {
      one.datasource = elsewhere;
      EXPECT_FALSE(foreign(one)) << elsewhere;
    }
  }
}

TEST_F(Tasks, EachGroupIsOneDriftWhateverElseRuns) {
  world.tasks = {
      task("b1", "b", "index_parallel"),  task("index_kafka_clicks_0a_bc", "index_kafka_clicks"),
      task("a1", "", "query_controller"), task("b2", "b", "single_phase_sub_task"),
      task("a2", "", "query_controller"), task("b3", "b", "single_phase_sub_task")};
  EXPECT_THAT(keys(), ElementsAre("task_doubled a1", "task_doubled a2", "task_doubled b"));
  const auto found = find().drifts;
  EXPECT_EQ(found[2].evidence,
            "task b1 of type index_parallel writes datasource 'clicks', and neither this ledger "
            "nor the supervisor 'clicks' started it");
  for (const Drift& d : found) {
    EXPECT_EQ(d.value, d.object) << "adopted, this task is no drift, and the next one is";
    EXPECT_EQ(d.action, "") << "nobody else's tasks are touched";
  }
  for (const Drift& d : found) record(d);
  world.tasks = {task("b9", "b", "single_phase_sub_task")};
  EXPECT_THAT(keys(), ElementsAre("task_doubled b")) << "the same while one of it runs";
  EXPECT_THAT(find().unknown, IsEmpty()) << "the others are over";
  world.tasks.reset();
  EXPECT_THAT(keys(), IsEmpty());
  EXPECT_EQ(find().unknown.size(), 3u);
}

TEST_F(Tasks, DruidsOwnAreKnownByTheNamesItGivesThem) {
  const struct {
    const char* id;
    const char* type;
    bool foreign;
  } cases[] = {
      {"coordinator-issued_compact_clicks_abcdefgh_2026-01-01T00:00:00.000Z_x", "compact", false},
      {"coordinator-issued_kill_clicks_abcdefgh_2026-01-01T00:00:00.000Z_x", "kill", false},
      {"auto_compact_clicks_abcdefgh_2026-01-01T00:00:00.000Z_x", "compact", false},
      {"api-issued_kill_clicks_abcdefgh", "kill", false},
      {"auto_load_of_clicks", "index_parallel", true},
      {"automatic", "index_parallel", true},
      {"auto", "index_parallel", true},
      {"auto_compact_clicks", "compact", true},
      {"auto_compact_views_abcdefgh", "compact", true},
      {"my_auto_compact_clicks_abcdefgh", "compact", true},
      {"coordinator-issued", "index_parallel", true},
      {"compact_clicks_abcdefgh", "compact", true},
  };
  for (const auto& c : cases) EXPECT_EQ(foreign(task(c.id, "", c.type)), c.foreign) << c.id;
  const char* parent = "auto_compact_clicks_abcdefgh_2026-01-01T00:00:00.000Z_x";
  EXPECT_FALSE(foreign(task("partial", parent, "single_phase_sub_task"))) << "what it started";
}

class Locks : public Tasks {
 protected:
  TaskLock& lock(std::string group, LockType type, Instant start = hour_1) {
    TaskLock made;
    made.datasource = "clicks";
    made.type = type;
    made.group_id = std::move(group);
    made.interval = bucket(Granularity::hour, start);
    return (*world.locks)["clicks"].emplace_back(made);
  }
};

TEST_F(Locks, WhatAForeignTaskHoldsIsSaidWithIt) {
  world.tasks = {task("b1", "b", "index_parallel")};
  EXPECT_THAT(only().evidence, Not(HasSubstr("lock")));
  lock("b", LockType::append, hour_2);
  EXPECT_THAT(only().evidence, HasSubstr("; it holds an APPEND lock on 2026-01-01T01:00"));
  lock("b", LockType::exclusive);
  EXPECT_THAT(only().evidence, HasSubstr("; it holds an EXCLUSIVE lock on 2026-01-01T00:00"));
  EXPECT_THAT(only().evidence, HasSubstr(" and 1 more"));
  EXPECT_EQ(only().value, "b") << "the same drift, whatever it holds";
}

TEST_F(Locks, AWriterThatNoListShowsIsKnownByItsLock) {
  const struct {
    const char* name;
    const char* group;
    bool revoked;
    bool foreign;
  } cases[] = {
      {"nobody's", "by_hand", false, true},
      {"nobody's, revoked", "by_hand", true, false},
      {"the supervisor's", "index_kafka_clicks", false, false},
      {"another supervisor's", "index_kafka_views", false, true},
      {"henge's", "henge_clicks_p_late_c0ffee00_000001_1", false, false},
      {"another ledger's", "henge_clicks_p_late_c0ffee01_000001_1", false, true},
      {"Druid's compaction", "coordinator-issued_compact_clicks_abcdefgh_x", false, false},
      {"a clean-up by hand", "api-issued_kill_clicks_abcdefgh", false, false},
  };
  for (const auto& c : cases) {
    world.locks.emplace();
    lock(c.group, LockType::exclusive).revoked = c.revoked;
    EXPECT_EQ(!keys().empty(), c.foreign) << c.name;
  }
  world.locks.emplace();
  lock("by_hand", LockType::replace);
  EXPECT_THAT(only().evidence, HasSubstr("holds a REPLACE lock"));
  EXPECT_THAT(only().evidence, HasSubstr("does not show it"));
  EXPECT_EQ(only().object, "by_hand");
}

TEST_F(Locks, OfAnotherDatasourceTellNothing) {
  lock("by_hand", LockType::exclusive);
  (*world.locks)["views"] = std::move((*world.locks)["clicks"]);
  world.locks->erase("clicks");
  EXPECT_THAT(keys(), IsEmpty());
}

TEST_F(Locks, AreOnePersonsTaskOnceWhateverItIsCalled) {
  world.tasks = {task("index_kafka_clicks_0a_bc", "", "index_kafka"), task("k", "", "kill"),
                 task("by_hand", "", "index_parallel")};
  for (const char* group : {"index_kafka_clicks_0a_bc", "k", "by_hand"})
    lock(group, LockType::exclusive);
  EXPECT_THAT(keys(), ElementsAre("task_doubled by_hand"));
}

TEST_F(Locks, WhileTheyAreNotKnownNoForeignWriterIsOver) {
  lock("by_hand", LockType::exclusive);
  record(only());
  world.locks.reset();
  EXPECT_THAT(find().unknown, ElementsAre("task_doubled by_hand"));
  world.locks.emplace();
  EXPECT_THAT(find().unknown, IsEmpty());
  world.tasks.reset();
  EXPECT_THAT(find().unknown, ElementsAre("task_doubled by_hand"));
}

TEST_F(Tasks, WhatVanishedFollowsFromTheLedgerAndWhatDruidSaidByName) {
  const struct {
    const char* name;
    RepairPhase phase;
    std::optional<TaskEnd> end;
    bool missing;  // asked for by name, and not known
    bool listed;   // among the active ones
    const char* is;
  } cases[] = {
      {"not sent for sure", RepairPhase::intended, {}, false, false, "over"},
      {"not sent, and not there", RepairPhase::intended, {}, true, false, "over"},
      {"taken, nobody asked", RepairPhase::accepted, {}, false, false, "unknown"},
      {"taken and active", RepairPhase::accepted, {}, false, true, "over"},
      {"taken and lost", RepairPhase::accepted, {}, true, false, "found"},
      {"ended well", RepairPhase::ended, TaskEnd::success, false, false, "over"},
      {"ended well, and forgotten since", RepairPhase::ended, TaskEnd::success, true, false,
       "over"},
      {"failed", RepairPhase::ended, TaskEnd::failed, true, false, "over"},
      {"vanished, not counted yet", RepairPhase::ended, TaskEnd::vanished, false, false, "found"},
      {"counted: its rows are not there", RepairPhase::absent, TaskEnd::vanished, true, false,
       "over"},
      {"counted: they are", RepairPhase::confirmed, TaskEnd::vanished, true, false, "over"},
  };
  for (const auto& c : cases) {
    state().drifts.clear();
    Drift known;
    known.kind = DriftKind::task_vanished;
    known.object = "henge_t";
    record(known);
    repair("repair-1", "henge_t", c.phase).end = c.end;
    world.missing_tasks.clear();
    if (c.missing) world.missing_tasks = {"henge_t"};
    world.tasks.emplace();
    if (c.listed) world.tasks = {task("henge_t", "henge_clicks_p_late_c0ffee00_1", "index")};
    const Found found = find();
    const std::string is =
        !found.drifts.empty() ? "found" : (!found.unknown.empty() ? "unknown" : "over");
    EXPECT_EQ(is, c.is) << c.name;
    world.tasks.reset();
    const Found without = find();
    if (!c.listed) {
      EXPECT_EQ(without.drifts, found.drifts) << c.name;
      EXPECT_EQ(without.unknown, found.unknown) << c.name;
    } else {
      EXPECT_EQ(without.unknown.size(), 1u) << "active, as far as the missing list says";
    }
  }
}

TEST_F(Tasks, EachLostTaskIsItsOwnDriftWithItsRows) {
  repair("repair-1", "t1", RepairPhase::accepted);
  repair("repair-2", "t2", RepairPhase::accepted);
  repair("repair-3", "t3", RepairPhase::ended).end = TaskEnd::vanished;
  world.missing_tasks = {"t1", "t9"};
  EXPECT_THAT(keys(), ElementsAre("task_vanished t1", "task_vanished t3"));
  const Drift d = find().drifts.front();
  EXPECT_EQ(d.rows, 7);
  EXPECT_EQ(d.expected, 7);
  EXPECT_THAT(d.evidence, HasSubstr("task t1 of repair-1 with 7 rows"));
}

// Supervisors with names that begin alike, or hold an underscore, never own each other's tasks.
RC_GTEST_FIXTURE_PROP(Tasks, a_supervisor_owns_the_tasks_of_its_group_and_no_others, ()) {
  const auto name = rc::gen::map(
      rc::gen::nonEmpty(rc::gen::container<std::string>(rc::gen::element('a', 'b', '_', '-'))),
      [](std::string drawn) { return drawn; });
  const std::string mine = *name, other = *name;
  pipeline.datasource = mine;
  world = {};
  world.now = today;
  TaskStatus one = task("index_kafka_" + other + "_0a1b2c3d_mnopabcd", "index_kafka_" + other);
  one.datasource = mine;
  world.tasks = {one};
  RC_CLASSIFY(mine == other, "the same");
  RC_ASSERT(find().drifts.empty() == (mine == other));
  one.id = "index_kafka_" + mine + "_0a1b2c3d_mnopabcd";
  one.group_id = *rc::gen::element(std::string(), one.id, "index_kafka_" + mine);
  world.tasks = {one};
  RC_ASSERT(find().drifts.empty());
}

}  // namespace
}  // namespace henge::reconcile
