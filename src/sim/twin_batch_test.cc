// Tasks and locks of Druid's twin keep the contract's sections 3, 4 and 6.
#include "sim/twin_fixture.h"
#include "sim/twin_locks.h"

namespace henge::sim {
namespace {

using namespace std::chrono_literals;

class TwinTasks : public TwinWorld {
 protected:
  TaskOptions append(const std::string& id, const std::vector<std::string>& rows,
                     Instant event = noon) {
    TaskOptions options;
    options.id = id;
    std::string text;
    for (const std::string& one : rows) text += row(one, event) + "\n";
    options.source = inline_source(text.empty() ? "\n" : text);
    return options;
  }
  TaskOptions replace(const std::string& id, const std::vector<std::string>& rows,
                      Instant event = noon) {
    TaskOptions options = append(id, rows, event);
    options.mode = R"("appendToExisting":false,"dropExisting":true)";
    options.intervals = "\"" + to_iso(hour(noon)) + "\"";
    return options;
  }
  static Interval hour(Instant when) { return bucket(Granularity::hour, when); }
  std::vector<Segment> used() { return *druid.used_segments("clicks", {hour(noon)}); }
};

TEST_F(TwinTasks, AnAppendIsPublishedFirstAndAnswersSomeSecondsLater) {
  EXPECT_EQ(submit(index_task(append("t", {"a", "b"}))), Submitted::accepted);
  EXPECT_EQ(druid.active_tasks("clicks")->size(), 1U);
  Instant published{};
  Instant counted_at{};
  for (int i = 0; i < 300; ++i) {
    pass(100ms);
    if (published == Instant{} && !used().empty()) published = druid.now();
    if (counted_at == Instant{} && counted() > 0) counted_at = druid.now();
  }
  EXPECT_EQ(task("t").state, TaskState::success);
  EXPECT_EQ(counted(), 2);
  EXPECT_GE(counted_at - published, 4900ms);
  EXPECT_LE(counted_at - published, 6100ms);
  ASSERT_EQ(used().size(), 1U);
  EXPECT_EQ(used()[0].version, "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(used()[0].id,
            "clicks_2026-06-01T12:00:00.000Z_2026-06-01T13:00:00.000Z_1970-01-01T00:00:00.000Z");
  EXPECT_TRUE(druid.active_tasks("clicks")->empty());
}

TEST_F(TwinTasks, AnIdRunsOnceForEver) {
  submit(index_task(append("t", {"a"})));
  EXPECT_EQ(submit(index_task(append("t", {"b"}))), Submitted::already_exists);
  pass(1min);
  EXPECT_EQ(submit(index_task(append("t", {"c"}))), Submitted::already_exists);
  pass(24h);
  EXPECT_EQ(counted(), 1);
  ASSERT_TRUE(druid.forget_task("t"));
  EXPECT_TRUE(druid.task_statuses({"t"})->empty());
  EXPECT_EQ(submit(index_task(append("t", {"d"}))), Submitted::accepted);
}

TEST_F(TwinTasks, TheReportCountsWhatDruidCounts) {
  TaskOptions options = append("t", {"a", "b"});
  options.source = inline_source(row("a", noon) + "\nno json\n" + row("b", noon) + "\n" +
                                 row("outside", noon + 2h) + "\n");
  options.intervals = "\"" + to_iso(hour(noon)) + "\"";
  submit(index_task(options));
  EXPECT_EQ(*druid.task_report("t"), std::nullopt);
  pass(20s);
  const auto report = *druid.task_report("t");
  ASSERT_TRUE(report);
  EXPECT_EQ(report->processed, 2);
  EXPECT_EQ(report->unparseable, 1);
  EXPECT_EQ(report->thrown_away, 1);
  EXPECT_EQ(report->segments_published, 1);
}

TEST_F(TwinTasks, MoreMistakesThanAllowedFailTheTaskAndNothingIsThere) {
  TaskOptions options = append("t", {});
  options.source = inline_source(row("a", noon) + "\nno json\nno json\n");
  options.tuning = R"(,"maxParseExceptions":1)";
  submit(index_task(options));
  pass(1min);
  EXPECT_EQ(task("t").state, TaskState::failed);
  EXPECT_TRUE(used().empty());
  EXPECT_EQ(*druid.task_report("t"), std::nullopt);
}

TEST_F(TwinTasks, HttpRowsAreFetchedWhenTheTaskRuns) {
  std::vector<std::string> asked;
  druid.settings().fetch = [&](const std::string& url) -> Result<std::string> {
    asked.push_back(url);
    return row("a", noon) + "\n" + row("b", noon) + "\n";
  };
  TaskOptions options = append("t", {});
  options.source = R"({"type":"http","uris":["http://henge/rows"]})";
  submit(index_task(options));
  EXPECT_TRUE(asked.empty());
  pass(20s);
  EXPECT_EQ(asked, (std::vector<std::string>{"http://henge/rows"}));
  EXPECT_EQ(counted(), 2);
  druid.faults().http_rows_fail.next = 1;
  options.id = "t2";
  submit(index_task(options));
  pass(20s);
  EXPECT_EQ(task("t2").state, TaskState::failed);
  EXPECT_EQ(counted(), 2);
}

TEST_F(TwinTasks, FailingBeforeThePublishLeavesNothingAndAfterItEverything) {
  druid.faults().batch_fails_before_publish.next = 1;
  submit(index_task(append("before", {"a"})));
  pass(20s);
  EXPECT_EQ(task("before").state, TaskState::failed);
  EXPECT_EQ(counted(), 0);
  druid.faults().batch_fails_after_publish.next = 1;
  submit(index_task(append("after", {"b"})));
  pass(20s);
  EXPECT_EQ(task("after").state, TaskState::failed);
  EXPECT_EQ(*druid.task_report("after"), std::nullopt);
  EXPECT_EQ(counted(), 1);
}

TEST_F(TwinTasks, ShutDownWhileItWaitsForHistoricalsItIsFailedAndPublished) {
  druid.faults().historicals_load = false;
  TaskOptions options = append("t", {"a"});
  options.tuning = R"(,"awaitSegmentAvailabilityTimeoutMillis":600000)";
  submit(index_task(options));
  pass(30s);
  EXPECT_EQ(task("t").state, TaskState::running);
  ASSERT_TRUE(druid.shutdown_task("t"));
  EXPECT_EQ(task("t").state, TaskState::failed);
  EXPECT_EQ(task("t").error, "Shutdown request from user");
  EXPECT_EQ(druid.stored_rows("clicks").size(), 1U);
  EXPECT_EQ(druid.shutdown_task("unknown").error().kind, ErrorKind::not_found);
  EXPECT_TRUE(druid.shutdown_task("t")) << "a finished one is no error";
}

TEST_F(TwinTasks, AGhostGoesOnBeingCalledRunningUntilAnotherOverlordLeads) {
  submit(index_task(append("t", {"a"})));
  while (druid.workers()->capacity_used == 0) pass(10ms);
  ASSERT_TRUE(druid.shutdown_task("t"));
  EXPECT_EQ(druid.stats().ghosts, 1);
  pass(1h);
  EXPECT_EQ(task("t").state, TaskState::running);
  EXPECT_TRUE(druid.active_tasks("clicks")->empty());
  EXPECT_EQ(counted(), 0);
  druid.fail_over_overlord(5s);
  pass(6s);
  EXPECT_EQ(task("t").state, TaskState::failed);
}

TEST_F(TwinTasks, TasksWaitForSlots) {
  druid.settings().capacity = 1;
  submit(index_task(append("t1", {"a"})));
  submit(index_task(append("t2", {"b"})));
  pass(600ms);
  std::map<TaskState, int> states;
  for (const TaskStatus& one : *druid.active_tasks("")) ++states[one.state];
  EXPECT_EQ(states[TaskState::running], 1);
  EXPECT_EQ(states[TaskState::pending], 1);
  pass(30s);
  EXPECT_EQ(counted(), 2);
  EXPECT_EQ(druid.workers()->capacity_used, 0);
}

TEST_F(TwinTasks, ReplaceHidesWhatWasThereOnlyWhenItAnswersAndTheOldBecomesUnused) {
  submit(index_task(append("t", {"a", "b", "c"})));
  pass(20s);
  submit(index_task(replace("r", {"x"})));
  std::set<std::int64_t> seen;
  for (int i = 0; i < 300; ++i) {
    pass(100ms);
    seen.insert(counted());
  }
  EXPECT_EQ(seen, (std::set<std::int64_t>{1, 3})) << "nothing in between";
  EXPECT_EQ(used().size(), 2U) << "the overshadowed one is still used";
  EXPECT_EQ(druid.stored_rows("clicks").size(), 1U);
  pass(2min);
  EXPECT_EQ(used().size(), 1U);
  EXPECT_EQ(druid.unused_segments("clicks", hour(noon))->size(), 1U);
  submit(index_task(append("t2", {"late"})));
  pass(20s);
  EXPECT_EQ(counted(), 2) << "appends go into the version that is there";
  EXPECT_EQ(used()[1].version, used()[0].version);
}

TEST_F(TwinTasks, ReplaceWithNothingIsATombstone) {
  submit(index_task(append("t", {"a"})));
  pass(20s);
  submit(index_task(replace("r", {}, noon)));
  pass(20s);
  EXPECT_EQ(counted(), 0);
  EXPECT_TRUE(used().back().tombstone);
  EXPECT_TRUE(druid.stored_rows("clicks").empty());
}

TEST_F(TwinTasks, NothingIsAHeaderLineForDruidTakesNoEmptySource) {
  submit(index_task(append("t", {"a"})));
  pass(20s);
  auto options = replace("r", {}, noon);
  options.source = inline_source("");
  const auto refused = druid.submit_task(index_task(options));
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("problem: empty data"), std::string::npos);
  options.source = inline_source("no row\n");
  std::string task = index_task(options).text;
  const std::string format = R"("inputFormat":{"type":"json"})";
  task.replace(task.find(format), format.size(),
               R"("inputFormat":{"type":"csv","columns":["nothing"],"skipHeaderRows":1})");
  submit({task});
  pass(20s);
  EXPECT_EQ(counted(), 0);
  EXPECT_TRUE(used().back().tombstone);
}

TEST_F(TwinTasks, WhatIsAppendedWhileAReplaceRunsMovesIntoItsVersion) {
  submit(index_task(append("t", {"a"})));
  pass(20s);
  submit(compact_task("c", hour(noon)));
  pass(10ms);
  submit(index_task(append("during", {"b"})));
  for (int i = 0; i < 600; ++i) {
    pass(50ms);
    ASSERT_TRUE(counted() == 1 || counted() == 2) << counted();
    expect_no_doubles();
  }
  EXPECT_EQ(task("c").state, TaskState::success);
  EXPECT_EQ(task("during").state, TaskState::success);
  EXPECT_EQ(counted(), 2);
  EXPECT_EQ(druid.stored_rows("clicks").size(), 2U);
}

TEST_F(TwinTasks, StreamingGoesOnBesideACompactionAndNothingIsLostOrDoubled) {
  post();
  pass(15s);
  for (int i = 0; i < 40; ++i) {
    produce(fmt::format("row {}", i));
    if (i % 10 == 5) submit(compact_task(fmt::format("c{}", i), hour(noon)));
    pass(30s);
    expect_no_doubles();
    ASSERT_EQ(counted(), i + 1);
  }
  pass(15min);
  EXPECT_EQ(counted(), 40);
  EXPECT_EQ(druid.stored_rows("clicks").size(), 40U);
  EXPECT_GE(druid.stats().segments_upgraded, 1);
}

TEST_F(TwinTasks, CompactionKeepsTheCountOnlyWhereItsMetricIsItsCombiningForm) {
  submit(index_task(append("t", {"a", "b"})));
  pass(20s);
  submit(compact_task("c", hour(noon)));
  pass(20s);
  EXPECT_EQ(counted(), 2);
  const std::string metrics = R"({"type":"longSum","name":"n","fieldName":"n"})";
  std::string wrong = compact_task("c2", hour(noon)).text;
  wrong.replace(wrong.find(metrics), metrics.size(),
                R"({"type":"longSum","name":"n","fieldName":"m"})");
  submit({wrong});
  pass(20s);
  EXPECT_EQ(counted(), 0) << "the rows are there, their sum is not";
  EXPECT_EQ(druid.visible_rows("clicks").size(), 2U);
}

TEST_F(TwinTasks, AnIntervalWithoutSegmentsCannotBeCompacted) {
  submit(compact_task("c", hour(noon)));
  pass(20s);
  EXPECT_EQ(task("c").state, TaskState::failed);
}

TEST_F(TwinTasks, WithoutConcurrentLocksStreamingRevokesABatchTask) {
  submit(index_task(append("t", {"a"})));
  pass(20s);
  StreamOptions options;
  options.concurrent = false;
  post(options);
  pass(15s);
  submit(compact_task("c", hour(noon), false));
  pass(600ms);
  ASSERT_EQ(druid.locks({"clicks"})->size(), 1U);
  produce("b");
  pass(20s);
  EXPECT_EQ(task("c").state, TaskState::failed);
  EXPECT_EQ(druid.stats().locks_revoked, 1);
  EXPECT_EQ(counted(), 2);
  submit(compact_task("c2", hour(noon), false));
  pass(1min);
  EXPECT_EQ(druid.active_tasks("clicks")->size(), 2U);
  bool waits = false;
  for (const auto& one : *druid.active_tasks("clicks"))
    waits = waits || (one.id == "c2" && one.state == TaskState::waiting);
  EXPECT_TRUE(waits) << "of lower priority, it waits for the reader";
  ASSERT_TRUE(druid.suspend_supervisor("clicks", {}));
  pass(5min);
  EXPECT_EQ(task("c2").state, TaskState::success);
}

TEST_F(TwinTasks, MalformedPayloadsAreRefusedWithDruidsWords) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"{", "JSON"},
      {R"({"type":"nope","id":"x"})", "nope"},
      {R"({"type":"noop"})", "id"},
      {R"({"type":"noop","id":"a/b"})", "id"},
      {R"({"type":"index_parallel","id":"x","spec":{}})", "ParallelIndexIngestionSpec"},
  };
  for (const auto& [payload, word] : cases) {
    const auto done = druid.submit_task({payload});
    ASSERT_FALSE(done) << payload;
    EXPECT_EQ(done.error().kind, ErrorKind::invalid);
    EXPECT_NE(done.error().message.find(word), std::string::npos) << done.error().message;
  }
  TaskOptions both = append("x", {"a"});
  both.mode = R"("appendToExisting":true,"dropExisting":true)";
  EXPECT_EQ(druid.submit_task(index_task(both)).error().kind, ErrorKind::invalid);
  TaskOptions bare = replace("x", {"a"});
  bare.intervals = "";
  EXPECT_EQ(druid.submit_task(index_task(bare)).error().kind, ErrorKind::invalid);
}

TEST_F(TwinTasks, TheOverlordsAbsenceDelaysAPublishAndLosesNothing) {
  submit(index_task(append("t", {"a"})));
  pass(700ms);
  druid.fail_over_overlord(1min);
  EXPECT_EQ(druid.submit_task(index_task(append("u", {"b"}))).error().kind, ErrorKind::unavailable);
  pass(50s);
  EXPECT_TRUE(used().empty());
  pass(20s);
  EXPECT_EQ(counted(), 1);
  EXPECT_EQ(task("t").state, TaskState::success);
}

// --- locks

struct CoexistCase {
  LockType held;
  Interval held_in;
  LockType wanted;
  Interval wanted_in;
  bool together;
};

TEST(TwinLocks, WhichLocksMayStandSideBySide) {
  const Interval day = bucket(Granularity::day, noon);
  const Interval hour = bucket(Granularity::hour, noon);
  const Interval next{hour.end, hour.end + 1h};
  const std::vector<CoexistCase> cases{
      {LockType::append, hour, LockType::append, hour, true},
      {LockType::replace, hour, LockType::append, hour, true},
      {LockType::replace, day, LockType::append, hour, true},
      {LockType::replace, hour, LockType::append, day, false},
      {LockType::append, hour, LockType::replace, hour, true},
      {LockType::append, day, LockType::replace, hour, false},
      {LockType::replace, hour, LockType::replace, hour, false},
      {LockType::replace, hour, LockType::replace, next, true},
      {LockType::exclusive, hour, LockType::append, hour, false},
      {LockType::append, hour, LockType::exclusive, hour, false},
      {LockType::exclusive, hour, LockType::exclusive, next, true},
      {LockType::shared, hour, LockType::shared, hour, true},
      {LockType::shared, hour, LockType::append, hour, false},
      {LockType::exclusive, hour, LockType::replace, day, false},
  };
  for (const CoexistCase& one : cases) {
    const TaskLock held{"ds", one.held, "g", one.held_in, "1", 50, false};
    EXPECT_EQ(can_coexist(held, one.wanted, one.wanted_in), one.together)
        << static_cast<int>(one.held) << " " << static_cast<int>(one.wanted);
  }
}

TEST(TwinLocks, LowerPriorityIsRevokedEqualOneWaits) {
  const Interval hour = bucket(Granularity::hour, noon);
  TwinLocks locks;
  const auto ask = [&](const std::string& task, int priority) {
    return locks.acquire({"ds", task, task, LockType::exclusive, hour, priority}, noon, 1);
  };
  const auto first = ask("a", 50);
  ASSERT_TRUE(first);
  EXPECT_FALSE(ask("b", 50));
  EXPECT_FALSE(ask("c", 25));
  const auto higher = ask("d", 75);
  ASSERT_TRUE(higher);
  EXPECT_GT(higher->shown.version, first->shown.version);
  EXPECT_TRUE(locks.has_revoked("a"));
  EXPECT_FALSE(locks.has_revoked("d"));
  locks.release("d");
  EXPECT_TRUE(ask("b", 50)) << "a revoked lock is in nobody's way";
  EXPECT_EQ(locks.revoked(), 1);
}

}  // namespace
}  // namespace henge::sim
