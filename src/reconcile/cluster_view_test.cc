// What a route is decided from: every answer of Druid and every state of the ledger lands where it
// belongs, and what is not known speaks for caution.
#include "reconcile/cluster_view.h"

#include <gtest/gtest.h>

#include "reconcile/task_owner.h"
#include "route/guards.h"

namespace henge::reconcile {
namespace {

using route::ChunkStanding;
using route::ChunkWork;
using route::LockOwner;
using std::chrono::hours;
using std::chrono::minutes;

const Instant day = parse_instant("2026-03-01").value();
Instant hour(int h) {
  return day + hours(h);
}
Interval hours_of(int from, int to) {
  return {hour(from), hour(to)};
}

// A pipeline that streams by one supervisor with concurrent locks; chunks 8 and 9 are sealed.
class ClusterViewTest : public testing::Test {
 protected:
  void SetUp() override {
    pipeline.name = "clicks_p";
    pipeline.datasource = "clicks";
    pipeline.rule.lateness = hours(1);
    pipeline.stream.arrival_disorder = Millis(0);
    state().version = state().posted_version = 1;
    state().incarnation = "c0ffee00";
    state().partitions[0].arrival_floor = hour(14);
    chunk(8).status = chunk(9).status = ledger::ChunkStatus::sealed;
    answers.version = "33.0.0";
    answers.supervisors = {supervisor("clicks", "clicks")};
    answers.histories["clicks"] = {{"2026-03-01T01:00:00.000Z", concurrent, false}};
    answers.partitions = 1;
    answers.workers = {10, 3, 1};
    answers.rules = {{"loadForever", {}, "", true, {{"t", 1}}}};
    for (int h : {8, 9}) {
      answers.readings[hour(h)].rows = 100 * h;
      answers.readings[hour(h)].segments = 1;
    }
  }

  ledger::PipelineState& state() { return ledger.pipelines["clicks_p"]; }
  ledger::ChunkState& chunk(int h) { return state().chunks[hour(h)]; }
  SupervisorListing supervisor(std::string id, std::string datasource) const {
    SupervisorListing s;
    s.id = std::move(id);
    s.datasource = std::move(datasource);
    s.spec = concurrent;
    return s;
  }
  TaskStatus task(std::string id, std::string group, std::string type) const {
    TaskStatus t;
    t.id = std::move(id);
    t.group_id = std::move(group);
    t.type = std::move(type);
    t.datasource = "clicks";
    t.created_at = hour(2);
    return t;
  }
  TaskLock lock(std::string group, LockType type, Interval interval) const {
    return {"clicks", type, std::move(group), interval, "v", 50, false};
  }
  route::ClusterView look() {
    return cluster_view(ledger, pipeline, answers, {hours_of(8, 9), hours_of(9, 10)}, limits,
                        hour(14));
  }

  const JsonText concurrent{R"({"context":{"useConcurrentLocks":true},)"
                            R"("spec":{"ioConfig":{"replicas":2,"taskCount":3}}})"};
  ledger::State ledger;
  Pipeline pipeline;
  ClusterAnswers answers;
  route::RouteLimits limits;
};

TEST_F(ClusterViewTest, AQuietDatasource) {
  answers.tasks = {task("index_kafka_clicks_abc_def", "index_kafka_clicks", "index_kafka")};
  const route::ClusterView view = look();
  EXPECT_EQ(view.druid_major, 33);
  EXPECT_EQ(view.watermark, hour(13));
  ASSERT_EQ(view.chunks.size(), 2U);
  EXPECT_EQ(view.chunks[1].standing, ChunkStanding::sealed);
  EXPECT_EQ(view.chunks[1].rows, 900);
  EXPECT_TRUE(view.chunks[1].retained);
  EXPECT_TRUE(view.concurrency.proven) << view.concurrency.against;
  EXPECT_EQ(view.concurrency.writers, 2);
  EXPECT_EQ(view.stream.supervisors, 1);
  EXPECT_FALSE(view.stream.late_rejection_period);
  EXPECT_EQ(view.capacity.total, 10);
  EXPECT_EQ(view.capacity.used, 3);
  EXPECT_EQ(view.capacity.kept_for_stream, 6);
  EXPECT_TRUE(view.foreign_tasks.empty());
  EXPECT_FALSE(view.frozen);
}

TEST_F(ClusterViewTest, ChunksAsTheLedgerHasThem) {
  chunk(8).status = ledger::ChunkStatus::uncertain;
  chunk(9).waiting.emplace_back();
  EXPECT_EQ(look().chunks[0].standing, ChunkStanding::uncertain);
  EXPECT_EQ(look().chunks[1].standing, ChunkStanding::dirty);
  chunk(8).status = ledger::ChunkStatus::closed;
  chunk(9).status = ledger::ChunkStatus::open;
  EXPECT_EQ(look().chunks[0].standing, ChunkStanding::closed);
  EXPECT_EQ(look().chunks[1].standing, ChunkStanding::open);
  state().chunks.erase(hour(8));
  EXPECT_EQ(look().chunks[0].standing, ChunkStanding::unknown);
}

TEST_F(ClusterViewTest, WorkOnAChunk) {
  chunk(8).repair = "repair-000001";
  chunk(9).load = "load-000002";
  EXPECT_EQ(look().chunks[0].work, ChunkWork::repair);
  EXPECT_EQ(look().chunks[0].work_id, "repair-000001");
  EXPECT_EQ(look().chunks[1].work, ChunkWork::load);
  chunk(8).repair = chunk(9).load = "";
  answers.locks = {lock("coordinator-issued_compact_clicks_x", LockType::replace, hours_of(9, 10))};
  EXPECT_EQ(look().chunks[0].work, ChunkWork::none);
  EXPECT_EQ(look().chunks[1].work, ChunkWork::compaction);
  answers.locks[0].revoked = true;
  EXPECT_EQ(look().chunks[1].work, ChunkWork::none);
}

TEST_F(ClusterViewTest, RowsThatNobodyAnswersForAreNotKnown) {
  answers.readings[hour(9)].unavailable = 1;
  answers.readings.erase(hour(8));
  EXPECT_FALSE(look().chunks[0].rows);
  EXPECT_FALSE(look().chunks[1].rows);
}

TEST_F(ClusterViewTest, OnlyUnusedSegmentsAndRulesThatDrop) {
  answers.readings[hour(8)].segments = 0;
  answers.unused = {hour(8), hour(9)};
  answers.rules = {{"dropByInterval", hours_of(9, 10), "", true, {}},
                   {"loadForever", {}, "", true, {{"t", 1}}}};
  EXPECT_TRUE(look().chunks[0].unused_only);
  EXPECT_FALSE(look().chunks[1].unused_only) << "it has others too";
  EXPECT_TRUE(look().chunks[0].retained);
  EXPECT_FALSE(look().chunks[1].retained);
}

TEST_F(ClusterViewTest, WhoseLocksAndTasks) {
  answers.tasks = {task("henge_clicks_p_append_c0ffee00_1_1", "", "index_parallel"),
                   task("henge_clicks_p_append_deadbeef_1_1", "", "index_parallel"),
                   task("coordinator-issued_compact_clicks_a", "", "compact"),
                   task("kill_it", "", "kill"),
                   task("theirs_1", "theirs", "single_phase_sub_task"),
                   task("theirs_2", "theirs", "single_phase_sub_task"),
                   task("over", "over", "index")};
  answers.tasks.back().state = TaskState::success;
  answers.locks = {lock("henge_clicks_p_append_c0ffee00_1_1", LockType::append, hours_of(8, 9)),
                   lock("index_kafka_clicks", LockType::append, hours_of(12, 13)),
                   lock("theirs", LockType::exclusive, hours_of(8, 9))};
  const route::ClusterView view = look();
  ASSERT_EQ(view.locks.size(), 3U);
  EXPECT_EQ(view.locks[0].owner, LockOwner::henge);
  EXPECT_EQ(view.locks[1].owner, LockOwner::stream);
  EXPECT_EQ(view.locks[2].owner, LockOwner::foreign);
  ASSERT_EQ(view.foreign_tasks.size(), 2U) << "another ledger's and a stranger's, by its group";
  EXPECT_EQ(view.foreign_tasks[0].id, "henge_clicks_p_append_deadbeef_1_1");
  EXPECT_EQ(view.foreign_tasks[1].id, "theirs");
  EXPECT_FALSE(view.concurrency.proven);
}

TEST_F(ClusterViewTest, TasksOfASecondSupervisorAreStreaming) {
  answers.supervisors.push_back(supervisor("clicks_eu", "clicks"));
  answers.histories["clicks_eu"] = answers.histories["clicks"];
  answers.tasks = {task("index_kafka_clicks_eu_abc_def", "index_kafka_clicks_eu", "index_kafka")};
  answers.locks = {lock("index_kafka_clicks_eu", LockType::append, hours_of(8, 9))};
  const route::ClusterView view = look();
  EXPECT_TRUE(view.foreign_tasks.empty());
  EXPECT_EQ(view.locks[0].owner, LockOwner::stream);
  EXPECT_EQ(view.stream.supervisors, 2);
  EXPECT_TRUE(view.concurrency.proven) << view.concurrency.against;
}

TEST_F(ClusterViewTest, ATaskOlderThanTheFirstConcurrentVersionProvesNothing) {
  answers.tasks = {task("index_kafka_clicks_abc_def", "index_kafka_clicks", "index_kafka")};
  const JsonText plain{R"({"context":{}})"};
  const auto version = [](const char* at, JsonText spec) {
    return SupervisorVersion{at, std::move(spec), false};
  };
  // The task is of 02:00.
  answers.histories["clicks"] = {version("2026-03-01T05:00:00.000Z", concurrent),
                                 version("2026-03-01T01:00:00.000Z", concurrent),
                                 version("2026-03-01T00:00:00.000Z", plain)};
  EXPECT_TRUE(look().concurrency.proven) << "all versions since 01:00 have them";
  answers.histories["clicks"][1].spec = plain;
  EXPECT_FALSE(look().concurrency.proven);
  answers.locks = {lock("index_kafka_clicks", LockType::append, hours_of(12, 13))};
  EXPECT_TRUE(look().concurrency.proven) << "its lock shows it";
  answers.locks.clear();
  answers.histories.clear();
  EXPECT_FALSE(look().concurrency.proven);
}

TEST_F(ClusterViewTest, ContextsOfSupervisorAndCompaction) {
  answers.compaction["other"].text = "{}";
  EXPECT_TRUE(look().concurrency.proven);
  answers.compaction["clicks"].text = R"({"taskContext":{"useConcurrentLocks":true}})";
  EXPECT_TRUE(look().concurrency.proven);
  answers.compaction["clicks"].text = R"({"taskContext":null})";
  EXPECT_FALSE(look().concurrency.proven);
  answers.compaction.clear();
  for (const char* spec : {"", "no json", "{}", R"({"context":{"useConcurrentLocks":false}})",
                           R"({"context":[]})", R"({"context":{"useConcurrentLocks":"yes"}})"}) {
    answers.supervisors[0].spec.text = spec;
    EXPECT_FALSE(look().concurrency.proven) << spec;
  }
}

TEST_F(ClusterViewTest, ASupervisorThatIsNotShownIsNoProofOfItsAbsence) {
  answers.supervisors.clear();
  EXPECT_EQ(look().stream.supervisors, 1);
  EXPECT_FALSE(look().concurrency.proven);
  EXPECT_EQ(look().concurrency.against,
            "supervisor clicks is declared, and Druid does not show it");
  state().released = true;
  EXPECT_EQ(look().stream.supervisors, 0);
  EXPECT_TRUE(look().concurrency.proven);
}

TEST_F(ClusterViewTest, DruidsOwnRejectionPeriod) {
  const auto with = [&](const char* value) {
    answers.supervisors[0].spec.text =
        std::string(R"({"spec":{"ioConfig":{"lateMessageRejectionPeriod":)") + value + "}}}";
    return look().stream.late_rejection_period;
  };
  EXPECT_EQ(with("\"PT1H\""), hours(1));
  EXPECT_EQ(with("null"), std::nullopt);
  EXPECT_EQ(with("\"P1M\""), Millis(0)) << "it can't be measured, and is there";
}

TEST_F(ClusterViewTest, DruidsOwnRejectionPeriodAtTheOtherEnd) {
  answers.supervisors[0].spec.text =
      R"({"spec":{"ioConfig":{"earlyMessageRejectionPeriod":"PT2H"}}})";
  EXPECT_EQ(look().stream.early_rejection_period, hours(2));
  EXPECT_EQ(look().stream.late_rejection_period, std::nullopt);
}

TEST_F(ClusterViewTest, ASuspensionOfHengesOwnIsNoPersons) {
  answers.supervisors[0].suspended = true;
  EXPECT_TRUE(look().stream.suspended);
  auto& stand = state().stand;
  stand = ledger::StandState{1, true, ledger::StandPhase::quiesced, {}, {}};
  EXPECT_FALSE(look().stream.suspended);
  stand->resume = false;
  EXPECT_TRUE(look().stream.suspended) << "a person's, which the window leaves as it is";
}

TEST_F(ClusterViewTest, CapacityAndWhatWaitsInDruid) {
  answers.tasks = {task("a", "", "index"), task("b", "", "index"), task("c", "", "index")};
  answers.tasks[0].state = TaskState::pending;
  answers.tasks[1].state = TaskState::waiting;
  answers.tasks[2].datasource = "other";
  answers.supervisors.push_back(supervisor("other", "other"));
  answers.supervisors.back().suspended = true;
  const route::ClusterView view = look();
  EXPECT_EQ(view.capacity.queued, 2);
  EXPECT_EQ(view.capacity.kept_for_stream, 6) << "one that is suspended needs none";
}

TEST_F(ClusterViewTest, NoWatermarkWhilePartitionsAreNotKnown) {
  answers.partitions = 0;
  EXPECT_FALSE(look().watermark);
  answers.partitions = 2;
  EXPECT_FALSE(look().watermark) << "one of two was read";
}

TEST_F(ClusterViewTest, FrozenAloneOrWithAll) {
  state().frozen = ledger::Freeze{"mine", "me", {}};
  EXPECT_EQ(look().frozen, "mine");
  state().frozen.reset();
  ledger.frozen = ledger::Freeze{"all", "me", {}};
  EXPECT_EQ(look().frozen, "all");
}

TEST_F(ClusterViewTest, LoadsThatWaitAndRun) {
  ledger::LoadState load;
  load.intent.load = "load-000001";
  load.intent.request.priority = 3;
  load.intent.request.deadline = hour(20);
  load.requested_at = hour(13);
  load.intent.parts.resize(4);
  load.parts.resize(4);
  load.intent.parts[0].rows = 200'000;
  load.parts[1].phase = ledger::PartPhase::accepted;
  load.parts[1].changed_at = hour(14);
  load.intent.parts[1].rows = 20'000;
  load.parts[2].phase = ledger::PartPhase::counted;
  load.parts[3].phase = ledger::PartPhase::absent;
  state().loads["load-000001"] = load;
  load.end = ledger::LoadEnd::failed;
  state().loads["load-000000"] = load;
  limits.rows_per_slot_second = 20'000;
  limits.task_overhead = Millis(30'000);

  const route::ClusterView view = look();
  ASSERT_EQ(view.waiting.size(), 2U);
  EXPECT_EQ(view.waiting[0].id, "clicks_p/load-000001/0");
  EXPECT_EQ(view.waiting[0].datasource, "clicks");
  EXPECT_EQ(view.waiting[0].priority, 3);
  EXPECT_EQ(view.waiting[0].deadline, hour(20));
  EXPECT_EQ(view.waiting[0].duration, Millis(40'000));
  EXPECT_EQ(view.waiting[1].id, "clicks_p/load-000001/3");
  ASSERT_EQ(view.running.size(), 1U);
  EXPECT_EQ(view.running[0].ends_at, hour(14) + Millis(31'000));
}

TEST_F(ClusterViewTest, TheRateIsTheOneOfTheLastLargeLoads) {
  EXPECT_EQ(look().rows_per_slot_second, std::nullopt);
  const auto add = [this](const char* name, std::int64_t rows, Millis ran, int sub_tasks) {
    ledger::LoadState load;
    load.intent.load = name;
    load.intent.parts.resize(1);
    load.intent.parts[0].rows = rows;
    load.parts.resize(1);
    load.parts[0].phase = ledger::PartPhase::counted;
    load.parts[0].ran = ran;
    load.end = ledger::LoadEnd::counted;
    load.route.emplace();
    load.route->engine = sub_tasks > 1 ? "parallel" : "single";
    load.route->sub_tasks = sub_tasks;
    state().loads[name] = load;
  };
  add("load-000001", 1000, Millis(9000), 1);
  EXPECT_EQ(look().rows_per_slot_second, std::nullopt) << "most of it was the start";
  add("load-000002", 300'000, Millis(20'000), 1);
  EXPECT_DOUBLE_EQ(look().rows_per_slot_second.value(), 15'000);
  add("load-000003", 600'000, Millis(20'000), 2);
  const int slots = state().loads.at("load-000003").route->slots();
  EXPECT_GE(slots, 2);
  EXPECT_DOUBLE_EQ(look().rows_per_slot_second.value(), 900'000.0 / (20 + 20 * slots));
  state().loads["load-000003"].parts[0].phase = ledger::PartPhase::absent;
  EXPECT_DOUBLE_EQ(look().rows_per_slot_second.value(), 15'000);
  for (int number = 10; number < 18; ++number)
    add(fmt::format("load-{:06}", number).c_str(), 100'000, Millis(10'000), 1);
  EXPECT_DOUBLE_EQ(look().rows_per_slot_second.value(), 10'000) << "of the last eight";
}

TEST_F(ClusterViewTest, TheGuardsFindWhatTheyLookFor) {
  route::RouteRequest ask;
  ask.datasource = "clicks";
  ask.interval = hours_of(8, 10);
  ask.input.rows = 1000;
  ask.input.rows_counted = true;
  EXPECT_TRUE(route::check_guards(ask, look(), limits).empty());
  answers.locks = {lock("theirs", LockType::exclusive, hours_of(8, 9))};
  const auto reasons = route::check_guards(ask, look(), limits);
  ASSERT_EQ(reasons.size(), 1U);
  EXPECT_EQ(reasons[0].code, route::Code::foreign_writer);
}

TEST(TaskOwner, ByTheNamesThatAreGiven) {
  Pipeline pipeline;
  pipeline.name = "clicks_p";
  pipeline.datasource = "clicks";
  const struct {
    const char* id;
    const char* group;
    const char* type;
    TaskOwner owner;
  } cases[] = {
      {"henge_clicks_p_append_c0ffee00_1", "", "index_parallel", TaskOwner::henge},
      {"sub", "henge_clicks_p_append_c0ffee00_1", "single_phase_sub_task", TaskOwner::henge},
      {"henge_clicks_p_append_other000_1", "", "index_parallel", TaskOwner::foreign},
      {"henge_clicks_append_c0ffee00_1", "", "index_parallel", TaskOwner::foreign},
      {"index_kafka_clicks_abc_def", "index_kafka_clicks", "index_kafka", TaskOwner::supervisor},
      {"index_kafka_clicks_abc_def", "", "index_kafka", TaskOwner::supervisor},
      {"index_kafka_clicks_eu_abc_def", "", "index_kafka", TaskOwner::foreign},
      {"index_kafka_clicks_abc_def", "", "index", TaskOwner::foreign},
      {"coordinator-issued_compact_clicks_x", "", "compact", TaskOwner::druid},
      {"auto_kill_clicks_x", "", "kill", TaskOwner::druid},
      {"coordinator-issued_compact_clickstream_x", "", "compact", TaskOwner::foreign},
      {"", "", "", TaskOwner::foreign},
  };
  for (const auto& c : cases) {
    TaskStatus task;
    task.id = c.id;
    task.group_id = c.group;
    task.type = c.type;
    EXPECT_EQ(owner_of(pipeline, "c0ffee00", task), c.owner) << c.id << " " << c.group;
  }
  EXPECT_EQ(owner_of_id(pipeline, "c0ffee00", "index_kafka_clicks"), TaskOwner::supervisor);
}

}  // namespace
}  // namespace henge::reconcile
