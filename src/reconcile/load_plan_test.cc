// Which parts of loads wait for slots alone, and how the schedule sees them.
#include "reconcile/load_plan.h"

#include <gmock/gmock.h>

#include "reconcile/load_slots.h"
#include "reconcile/loads_fixture.h"

namespace henge::reconcile {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class LoadPlans : public Loads {
 protected:
  // One hour of history a load, `rows` rows each, nothing in Druid.
  void ask_hours(int count, bool counted = true) {
    for (int i = 0; i < count; ++i) {
      const Instant chunk = hour(i);
      if (counted) read(chunk, 0, "none");
      ask(LoadMode::append, {{chunk, 5}}, {{{chunk}, {}, 5}}, fmt::format("k{}", i));
    }
  }
  static Instant hour(int i) { return hour_1 - std::chrono::hours(i); }
  LoadRequest& request(int number) {
    return all.pipelines.at("clicks").loads.at(fmt::format("load-{:06}", number)).intent.request;
  }
  LoadPlan whole(int looks_max = 4) {
    return plan_loads(pipeline, state(), seen, {patience, limits, looks_max});
  }
  std::set<Instant> looked(int looks_max) {
    return chunks_of_loads(pipeline, state(), seen, {patience, limits, looks_max});
  }
};

TEST_F(LoadPlans, AllThatAreReadyAreOfferedWithWhatTheScheduleNeeds) {
  ask_hours(3);
  request(2).priority = 5;
  request(3).deadline = now + minutes(30);
  const auto plan = whole();
  ASSERT_THAT(plan.waiting, SizeIs(3));
  const auto& first = plan.waiting[0].offer.task;
  EXPECT_EQ(first.id, "clicks/load-000002/0") << "the higher priority first";
  EXPECT_EQ(first.priority, 5);
  EXPECT_EQ(first.slots, 1);
  EXPECT_EQ(first.submitted_at, now);
  EXPECT_EQ(first.duration, limits.task_overhead) << "five rows take no time";
  EXPECT_EQ(plan.waiting[1].offer.task.deadline, now + minutes(30));
  EXPECT_FALSE(plan.waiting[2].offer.task.deadline);
  for (const auto& part : plan.waiting) EXPECT_TRUE(part.offer.ready);
  EXPECT_THAT(plan.waits, IsEmpty());
}

TEST_F(LoadPlans, ARoutedLoadIsScheduledAsItWasRouted) {
  ask_hours(1);
  ledger::LoadRouted routed{"load-000001", "concurrent_append", "", {}};
  routed.engine = "parallel";
  routed.sub_tasks = 3;
  routed.parts = {{minutes(7), now + minutes(2)}};
  add({routed});
  const auto task = whole().waiting.at(0).offer.task;
  EXPECT_EQ(task.slots, 4) << "three, and the one that leads them";
  EXPECT_EQ(task.duration, minutes(7));
  EXPECT_EQ(task.planned, now + minutes(2)) << "what was promised";
  const auto intent = whole().waiting.at(0).intent;
  add({intent});
  const auto slots = load_slots(all, {{"clicks", "ds"}}, limits);
  EXPECT_THAT(slots.running,
              ElementsAre(route::RunningTask{"clicks/load-000001/0", "ds", 4, now + minutes(7)}));
  EXPECT_FALSE(slots.waits);
}

TEST_F(LoadPlans, AQuerysTaskHasDruidsPrefixAndIsTriedOnce) {
  ask_hours(1);
  ledger::LoadRouted routed{"load-000001", "concurrent_replace", "", {}};
  routed.engine = "msq";
  routed.sub_tasks = 2;
  add({routed});
  const auto intent = whole().waiting.at(0).intent;
  EXPECT_EQ(intent.task_id, "query-henge_clicks_load_c0ffee00_000001_1_1");
  EXPECT_EQ(whole().waiting.at(0).offer.task.slots, 3) << "two workers, and what leads them";
  add({intent, ledger::LoadTaskEnded{"load-000001", intent.task_id, ledger::TaskEnd::failed, "e"},
       ledger::LoadTaskAbsent{"load-000001", intent.task_id, "e"}});
  now += std::chrono::hours(1);
  seen.now = now;
  EXPECT_EQ(whole().waiting.at(0).intent.task_id, "henge_clicks_load_c0ffee00_000001_1_2");
}

TEST_F(LoadPlans, AChunkIsEmptiedByNoQuery) {
  read(hour(0), 0, "none");
  ask(LoadMode::replace, {{hour(0), 0}}, {{{hour(0)}, {}, 0}});
  ledger::LoadRouted routed{"load-000001", "concurrent_replace", "", {}};
  routed.engine = "msq";
  add({routed});
  EXPECT_EQ(whole().waiting.at(0).intent.task_id, "henge_clicks_load_c0ffee00_000001_1_1");
}

TEST_F(LoadPlans, WhatIsTriedAgainIsExpectedLaterAndKeepsItsPlace) {
  ask_hours(1);
  run(ledger::TaskEnd::failed, "no space");
  read(hour(0), 0, "none");
  judge();
  const auto plan = whole();
  ASSERT_THAT(plan.waiting, SizeIs(1));
  EXPECT_FALSE(plan.waiting[0].offer.ready);
  EXPECT_EQ(plan.waiting[0].offer.task.ready_at, now + patience.retry_min);
  EXPECT_THAT(plan.waits.at("load-000001"), HasSubstr("tried again after a while: no space"));
  pass(patience.retry_min);
  read(hour(0), 0, "none");
  EXPECT_TRUE(whole().waiting.at(0).offer.ready);
}

TEST_F(LoadPlans, OnlyChunksOfPartsThatMayGoSoonAreCounted) {
  ask_hours(20, false);
  EXPECT_THAT(looked(2), ElementsAre(hour(1), hour(0))) << "the oldest, by all ways of urgency";
  request(9).priority = 1;
  request(15).deadline = now + minutes(10);
  EXPECT_THAT(looked(1), ElementsAre(hour(14), hour(8), hour(0)))
      << "one by deadline, one by priority, one by age: none is forgotten";
  EXPECT_THAT(looked(100), SizeIs(20));
  EXPECT_THAT(whole(1).waiting, IsEmpty()) << "they are being counted";
  EXPECT_EQ(whole(1).waits.at("load-000001"), "chunk 1970-01-01T01:00Z: it is being counted");
  EXPECT_EQ(whole(1).waits.at("load-000003"), "other tasks go first");
}

TEST_F(LoadPlans, WhatIsBlockedDoesNotKeepOthersFromBeingLookedAt) {
  for (int i = 0; i < 5; ++i)
    ask(LoadMode::append, {{long_after + std::chrono::hours(i), 5}},
        {{{long_after + std::chrono::hours(i)}, {}, 5}}, fmt::format("ahead{}", i));
  ask_hours(1, false);
  EXPECT_THAT(looked(1), ElementsAre(hour(0)));
  EXPECT_THAT(whole(1).waits.at("load-000001"), HasSubstr("ahead of the watermark"));
}

TEST_F(LoadPlans, ThatNeedAWindowAreHeldUntilStreamingStands) {
  pipeline.locks = Locks::exclusive;
  add({ledger::SupervisorPosted{1, "created"}});
  scan(hour_1, 10, 0, long_after);
  seal(hour_1, 10);
  ask_one(LoadMode::append, 5);
  EXPECT_THAT(plan().windows, IsEmpty()) << "it is being counted: streaming need not stand yet";
  read(hour_1, 10, "old");
  auto planned = plan();
  EXPECT_THAT(planned.intents, IsEmpty());
  EXPECT_THAT(planned.windows, ElementsAre("load-000001"));
  EXPECT_THAT(planned.waits.at("load-000001"), HasSubstr("streaming has to stand"));
  add({ledger::WindowOpened{1, "load-000001", "why", now + seconds(60), true}});
  planned = plan();
  EXPECT_THAT(planned.windows, IsEmpty()) << "it has one";
  EXPECT_THAT(planned.waits.at("load-000001"), HasSubstr("come to their end"));
  auto held = whole();
  ASSERT_THAT(held.waiting, SizeIs(1)) << "its slots are kept for it meanwhile";
  EXPECT_TRUE(held.waiting[0].offer.task.goes_first);
  EXPECT_FALSE(held.waiting[0].offer.ready);
  add({ledger::WindowSuspended{1}, ledger::WindowQuiesced{1}});
  EXPECT_THAT(plan().intents, testing::SizeIs(1));
  add({ledger::WindowBroken{1}});
  planned = plan();
  EXPECT_THAT(planned.intents, IsEmpty()) << "streaming goes on";
  EXPECT_THAT(planned.windows, IsEmpty());
  EXPECT_THAT(whole().waiting, IsEmpty()) << "no slot is kept";
}

TEST_F(LoadPlans, OutsideOfItsHoursAWindowKeepsNoSlot) {
  pipeline.locks = Locks::exclusive;
  pipeline.windows = {{false, "0 0 1 1 *", std::chrono::hours(1)}};
  add({ledger::SupervisorPosted{1, "created"}});
  ask_hours(1);
  seen.now = now = long_after + std::chrono::hours(24);
  read(hour(0), 0, "none");
  EXPECT_THAT(whole().waiting, IsEmpty());
  EXPECT_FALSE(whole().waits.at("load-000001").empty());
  pipeline.windows.front().deny = true;
  EXPECT_THAT(whole().waiting, SizeIs(1));
}

TEST_F(LoadPlans, OfAllPipelinesWhatWaitsAndWhatRuns) {
  ask_hours(3);
  add({whole().waiting.at(0).intent});
  add({ledger::LoadCancelAsked{"load-000002", "ann", "no"}});
  const auto seen_all = loads_under_way(all, {{"clicks", "ds"}}, limits);
  ASSERT_THAT(seen_all.waiting, SizeIs(1)) << "one runs, one is cancelled";
  EXPECT_EQ(seen_all.waiting[0].id, "clicks/load-000003/0");
  EXPECT_EQ(seen_all.waiting[0].datasource, "ds");
  ASSERT_THAT(seen_all.running, SizeIs(1));
  EXPECT_EQ(seen_all.running[0].ends_at, now + limits.task_overhead);
  EXPECT_TRUE(load_slots(all, {}, limits).waits);
}

}  // namespace
}  // namespace henge::reconcile
