// When documents are due: a situation on one side, what is asked for on the other. Every load that
// is asked for goes through the fold, which refuses a key that it has.
#include "reconcile/load_schedule.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <set>

namespace henge::reconcile {
namespace {

using ledger::Body;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Instant at(const std::string& text) {
  return *parse_instant(text);
}

class Schedule : public testing::Test {
 protected:
  Schedule() {
    pipeline.name = "clicks";
    pipeline.rule.lateness = minutes(10);
    pipeline.stream.arrival_disorder = Millis(0);
    document.name = "nightly";
    document.pipeline = "clicks";
    document.sources = {"/data/x"};
    add(ledger::PipelineDeclared{1, "doc", "f", "", "c0ffee00", ""});
    declare();
    scan_to(at("2027-01-01"));
  }

  void add(const Body& body) {
    auto done = ledger::apply(all, {now, "clicks", body});
    ASSERT_TRUE(done) << done.error().message;
  }
  void declare() { add(ledger::LoadDeclared{"nightly", "text", now, "me", ""}); }
  const ledger::PipelineState& state() const { return all.pipelines.at("clicks"); }
  const ledger::LoadDocumentState& declared() const { return state().load_documents.at("nightly"); }
  void scan_to(Instant floor) {
    ledger::ScanAdvanced e;
    scan::PartitionProgress p;
    p.from = offset;
    p.to = offset += 1;
    p.arrival_floor = floor;
    e.batch.partitions = {p};
    add(e);
  }
  void seal(Instant chunk) {
    ledger::ScanAdvanced e;
    scan::PartitionProgress p;
    p.from = offset;
    p.to = offset += 1;
    p.arrival_floor = at("2027-01-01");
    e.batch.partitions = {p};
    e.batch.chunks[chunk][0].on_time = 1;
    add(e);
    add(ledger::ChunkClosed{chunk, "committed_offsets"});
    add(ledger::ChunkSealed{chunk, 1, 1, "counted", "d"});
  }
  SchedulePlan plan() const {
    return plan_schedule(pipeline, 1, state(), declared(), document, paths, limits, now);
  }
  // What is asked for is in the ledger, under way.
  std::vector<std::string> accept_all() {
    std::vector<std::string> keys;
    for (const LoadRequest& request : plan().due) {
      accept(request);
      keys.push_back(request.key);
    }
    return keys;
  }
  void accept(const LoadRequest& request) {
    ledger::LoadRequested e;
    e.number = state().loads_planned + 1;
    e.load = fmt::format("load-{:06}", e.number);
    e.key = request.key;
    e.request = request;
    e.content.chunks = {{request.interval.start, 1}};
    e.parts = {{{request.interval.start}, {}, 1}};
    add(e);
  }
  void end(const std::string& load, ledger::LoadEnd how = ledger::LoadEnd::failed) {
    add(ledger::LoadEnded{load, how, ""});
  }
  void refuse(const std::string& key, const std::string& why = "no such file") {
    add(ledger::LoadRefused{"nightly", key, "not_found", why});
  }
  void by_cron(const std::string& cron, Granularity last = Granularity::day) {
    document.schedule = {LoadTrigger::cron, cron, 1, "", {}};
    document.last = last;
  }
  static std::vector<std::string> keys(const SchedulePlan& plan) {
    std::vector<std::string> out;
    for (const LoadRequest& r : plan.due) out.push_back(r.key);
    return out;
  }
  std::optional<Instant> next() const {
    return next_due(state(), declared(), document, limits, now);
  }
  std::string next_words() const { return next_text(state(), declared(), document, limits, now); }

  Instant now = at("2026-11-22T10:20Z");
  Pipeline pipeline;
  LoadDocument document;
  ScheduleLimits limits;
  PathsSeen paths;
  ledger::State all;
  std::int64_t offset = 0;
};

TEST_F(Schedule, WithoutAScheduleItIsDueOnceAndForAll) {
  document.interval = Interval{at("2026-11-01"), at("2026-11-02")};
  document.priority = 3;
  document.deadline = hours(1);
  document.reason = "why";
  EXPECT_EQ(next(), now);
  const SchedulePlan due = plan();
  ASSERT_THAT(keys(due), ElementsAre("nightly@once"));
  const LoadRequest& request = due.due[0];
  EXPECT_EQ(request.pipeline, "clicks");
  EXPECT_EQ(request.interval, *document.interval);
  EXPECT_EQ(request.sources, document.sources);
  EXPECT_EQ(request.by, "document nightly");
  EXPECT_EQ(request.reason, "why");
  EXPECT_EQ(request.priority, 3);
  EXPECT_EQ(request.deadline, now + hours(1));
  EXPECT_EQ(request.as_of, std::nullopt) << "as by hand: when it is asked for";
  accept(request);
  EXPECT_EQ(plan(), SchedulePlan{});
  end("load-000001");
  EXPECT_EQ(plan(), SchedulePlan{}) << "a person takes up again what failed";
  EXPECT_EQ(next(), std::nullopt);
  EXPECT_THAT(next_words(), HasSubstr("once"));
  declare();
  EXPECT_EQ(plan(), SchedulePlan{}) << "declared again it is the same load";
}

TEST_F(Schedule, CronNamesTheLastWholeBucketBeforeIt) {
  by_cron("0 3 * * *");
  EXPECT_EQ(plan(), SchedulePlan{}) << "03:00 was before it was declared";
  EXPECT_EQ(next(), at("2026-11-23T03:00Z"));
  EXPECT_EQ(next_words(), "2026-11-23T03:00Z");
  now = at("2026-11-23T03:00Z") - Millis(1);
  EXPECT_EQ(plan(), SchedulePlan{});
  now += Millis(1);
  ASSERT_THAT(keys(plan()), ElementsAre("nightly@2026-11-23T03:00Z"));
  EXPECT_EQ(plan().due[0].interval, (Interval{at("2026-11-22"), at("2026-11-23")}));

  document.back = days(1);
  EXPECT_EQ(plan().due[0].interval, (Interval{at("2026-11-21"), at("2026-11-22")}));
  document.back = Millis(0);
  document.last = Granularity::month;
  EXPECT_EQ(plan().due[0].interval, (Interval{at("2026-10-01"), at("2026-11-01")}));
  document.last = Granularity::hour;
  EXPECT_EQ(plan().due[0].interval, (Interval{at("2026-11-23T02:00Z"), at("2026-11-23T03:00Z")}))
      << "on the border itself the bucket before it is whole";
  document.last.reset();
  document.interval = Interval{at("2026-11-01"), at("2026-11-02")};
  EXPECT_EQ(plan().due[0].interval, *document.interval);
}

TEST_F(Schedule, WhoComesLateAsksForTheDataOfThen) {
  by_cron("0 3 * * *");
  document.mode = LoadMode::replace;
  document.deadline = hours(2);
  now = at("2026-11-23T09:00Z");
  const LoadRequest late = plan().due.at(0);
  EXPECT_EQ(late.as_of, at("2026-11-23T03:00Z")) << "the files were made for then, not for now";
  EXPECT_EQ(late.deadline, at("2026-11-23T05:00Z"));
  document.as_of_back = hours(1);
  EXPECT_EQ(plan().due.at(0).as_of, at("2026-11-23T02:00Z"));
  document.as_of = at("2026-11-23T01:30Z");
  EXPECT_EQ(plan().due.at(0).as_of, at("2026-11-23T01:30Z"));
  document.as_of.reset();
  document.as_of_back.reset();
  document.mode = LoadMode::append;
  EXPECT_EQ(plan().due.at(0).as_of, std::nullopt) << "an append waits for no arrival";
}

TEST_F(Schedule, OfWhatWasMissedTheLastOrAsManyAsAreWanted) {
  by_cron("0 3 * * *");
  now = at("2026-12-01T12:00Z");
  EXPECT_THAT(keys(plan()), ElementsAre("nightly@2026-12-01T03:00Z"));
  document.schedule.catch_up = 3;
  EXPECT_THAT(keys(plan()), ElementsAre("nightly@2026-11-29T03:00Z", "nightly@2026-11-30T03:00Z",
                                        "nightly@2026-12-01T03:00Z"))
      << "the oldest first";
  accept(plan().due[1]);
  end("load-000001");
  EXPECT_THAT(keys(plan()), ElementsAre("nightly@2026-11-29T03:00Z", "nightly@2026-12-01T03:00Z"));
  document.schedule.catch_up = 100;
  limits.open_max = 100;
  EXPECT_EQ(plan().due.size(), 8U) << "none from before it was declared";
}

TEST_F(Schedule, TwoLoadsOfADocumentAreUnderWayOnlyWhereTheirChunksDiffer) {
  by_cron("*/10 * * * *", Granularity::hour);
  now = at("2026-11-22T11:10Z");
  EXPECT_THAT(accept_all(), ElementsAre("nightly@2026-11-22T11:10Z"));
  now = at("2026-11-22T11:20Z");
  EXPECT_THAT(plan().due, IsEmpty());
  EXPECT_THAT(plan().waits, ElementsAre(AllOf(HasSubstr("11:20Z"), HasSubstr("has its chunks"))));
  now = at("2026-11-22T12:00Z");
  EXPECT_THAT(accept_all(), ElementsAre("nightly@2026-11-22T12:00Z")) << "of the next hour";
  end("load-000002", ledger::LoadEnd::cancelled);
  now = at("2026-11-22T12:10Z");
  EXPECT_THAT(accept_all(), ElementsAre("nightly@2026-11-22T12:10Z")) << "the hour is free again";
}

TEST_F(Schedule, OfSealedChunksEachIsDueOnceAndFourAtATime) {
  document.schedule = {LoadTrigger::sealed, "", 1, "", {}};
  const Instant first = at("2026-11-22T10:00Z");
  for (int i = -1; i < 6; ++i) seal(first + i * hours(1));
  EXPECT_THAT(next_words(), HasSubstr("sealed"));
  limits.open_max = 4;
  EXPECT_THAT(keys(plan()), ElementsAre("nightly@2026-11-22T10:00Z", "nightly@2026-11-22T11:00Z",
                                        "nightly@2026-11-22T12:00Z", "nightly@2026-11-22T13:00Z"))
      << "from the chunk in which it was declared on";
  EXPECT_EQ(plan().waits.size(), 2U);
  EXPECT_EQ(plan().due[1].interval, (Interval{first + hours(1), first + hours(2)}));
  accept_all();
  EXPECT_THAT(plan().due, IsEmpty());
  end("load-000002");
  EXPECT_THAT(accept_all(), ElementsAre("nightly@2026-11-22T14:00Z"));
  document.schedule.from = first - hours(1);
  for (int i = 1; i < 6; ++i)
    if (state().loads.at(fmt::format("load-{:06}", i)).open()) end(fmt::format("load-{:06}", i));
  EXPECT_THAT(accept_all(), ElementsAre("nightly@2026-11-22T09:00Z", "nightly@2026-11-22T15:00Z"));
  EXPECT_EQ(plan(), SchedulePlan{});
}

TEST_F(Schedule, ASealedChunkIsReplacedAsOfItsSeal) {
  document.schedule = {LoadTrigger::sealed, "", 1, "", {}};
  document.mode = LoadMode::replace;
  now += hours(2);
  const Instant sealed_at = now;
  seal(at("2026-11-22T10:00Z"));
  now += hours(5);
  EXPECT_EQ(plan().due.at(0).as_of, sealed_at);
}

TEST_F(Schedule, PathsAreLookedForUntilTheirLoadIsAskedFor) {
  document.schedule = {LoadTrigger::exists, "", 1, "/data/{chunk}/done", {}};
  document.mode = LoadMode::replace;
  const auto wanted = [&] {
    return intervals_to_look_for(pipeline, state(), declared(), document, limits, now);
  };
  EXPECT_THAT(next_words(), HasSubstr("/data/{chunk}/done"));
  const Instant ten = at("2026-11-22T10:00Z");
  EXPECT_THAT(wanted(), ElementsAre(Interval{ten, ten + hours(1)}));
  now += hours(2);
  EXPECT_EQ(wanted().size(), 3U);
  EXPECT_EQ(wanted().back().start, ten + hours(2)) << "the one that is open, too";
  EXPECT_EQ(plan(), SchedulePlan{}) << "none is there";

  paths[ten + hours(1)] = now - minutes(5);
  ASSERT_THAT(keys(plan()), ElementsAre("nightly@2026-11-22T11:00Z"));
  EXPECT_EQ(plan().due[0].as_of, now - minutes(5)) << "the data are as old as the path";
  paths[ten + hours(1)] = now + hours(1);
  EXPECT_EQ(plan().due[0].as_of, now) << "whatever a file server's clock says";
  accept_all();
  EXPECT_EQ(plan(), SchedulePlan{});
  EXPECT_EQ(wanted().size(), 2U);

  now += days(365);
  EXPECT_EQ(wanted().size(), limits.chunks_max) << "not further back";
  EXPECT_EQ(wanted().back().end, bucket(Granularity::hour, now).end);
}

TEST_F(Schedule, APathWithoutATemplateIsThereOnce) {
  document.schedule = {LoadTrigger::exists, "", 1, "/data/done", {}};
  document.interval = Interval{at("2026-11-01"), at("2026-11-02")};
  EXPECT_THAT(intervals_to_look_for(pipeline, state(), declared(), document, limits, now),
              ElementsAre(*document.interval));
  paths[document.interval->start] = now;
  EXPECT_THAT(accept_all(), ElementsAre("nightly@exists"));
  EXPECT_THAT(intervals_to_look_for(pipeline, state(), declared(), document, limits, now),
              IsEmpty());
  EXPECT_EQ(plan(), SchedulePlan{});
  EXPECT_THAT(next_words(), HasSubstr("once"));
}

TEST_F(Schedule, NothingIsAskedForAheadOfTheWatermarkByAccident) {
  document.schedule = {LoadTrigger::exists, "", 1, "/data/{chunk}/done", {}};
  now = at("2027-01-01T01:00Z");
  const Instant open = at("2026-12-31T23:00Z");
  document.schedule.from = open;
  paths[open] = now;
  // Arrivals are known up to 2027-01-01, so that the lateness before it is certain.
  EXPECT_THAT(plan().due, IsEmpty());
  EXPECT_THAT(plan().waits, ElementsAre(HasSubstr("streaming may still write")));
  document.force_open = true;
  EXPECT_EQ(plan().due.size(), 1U);
  document.mode = LoadMode::replace;
  EXPECT_THAT(plan().due, IsEmpty()) << "a replacement is not done there, whatever is said";
  document.force_open = false;
  scan_to(at("2027-01-01T00:10Z"));
  EXPECT_EQ(plan().due.size(), 1U);
  EXPECT_THAT(plan_schedule(pipeline, 2, state(), declared(), document, paths, limits, now).due,
              IsEmpty())
      << "a partition that was not read at all";
}

TEST_F(Schedule, WhatWasRefusedIsTriedAgainLessAndLessOften) {
  document.interval = Interval{at("2026-11-01"), at("2026-11-02")};
  const Millis waits[] = {minutes(1),  minutes(2),  minutes(4),  minutes(8),
                          minutes(16), minutes(32), minutes(60), minutes(60)};
  for (const Millis wait : waits) {
    EXPECT_EQ(plan().due.size(), 1U);
    refuse("nightly@once");
    EXPECT_THAT(plan().waits, ElementsAre(HasSubstr("no such file")));
    EXPECT_EQ(next(), now + wait);
    now += wait - Millis(1);
    EXPECT_THAT(plan().due, IsEmpty()) << humanize(wait);
    now += Millis(1);
  }
  EXPECT_EQ(last_refusal(declared(), document, now)->tries, 8);
  accept_all();
  EXPECT_EQ(last_refusal(declared(), document, now), nullptr) << "it was accepted after all";
}

TEST_F(Schedule, ADocumentThatIsChangedIsTriedAtOnce) {
  document.interval = Interval{at("2026-11-01"), at("2026-11-02")};
  refuse("nightly@once");
  EXPECT_THAT(plan().due, IsEmpty());
  declare();
  EXPECT_EQ(plan().due.size(), 1U);
}

TEST_F(Schedule, ALaterTimeTakesThePlaceOfOneThatWasRefused) {
  by_cron("0 3 * * *");
  now = at("2026-11-23T03:00Z");
  refuse("nightly@2026-11-23T03:00Z");
  ASSERT_NE(last_refusal(declared(), document, now), nullptr);
  EXPECT_EQ(next(), now + minutes(1));
  now = at("2026-11-24T02:59Z");
  EXPECT_EQ(keys(plan()).size(), 1U) << "until then it is tried";
  now = at("2026-11-24T03:00Z");
  EXPECT_THAT(keys(plan()), ElementsAre("nightly@2026-11-24T03:00Z"));
  EXPECT_EQ(last_refusal(declared(), document, now), nullptr);
  EXPECT_EQ(next(), at("2026-11-25T03:00Z"));
}

TEST_F(Schedule, GoesOnWhereOnlySomethingElseOfTheDocumentChanged) {
  by_cron("0 3 * * *");
  LoadDocument other = document;
  other.sources = {"/elsewhere"};
  const Instant later = now + days(1);
  EXPECT_EQ(schedule_since(&document, &declared(), other, later), declared().since);
  other.schedule.cron = "0 2 * * *";
  EXPECT_EQ(schedule_since(&document, &declared(), other, later), later)
      << "02:00 of today is not made up for";
  EXPECT_EQ(schedule_since(nullptr, nullptr, other, later), later);
}

TEST_F(Schedule, ACronThatIsNoneIsNeverDue) {
  by_cron("nonsense");
  EXPECT_EQ(plan(), SchedulePlan{});
  EXPECT_EQ(next(), std::nullopt);
}

// Whoever looks, however often and with whatever pauses: no slot twice, none early, none of those
// that are to be made up for left out, and never two of the same chunk at once.
TEST_F(Schedule, LawsHoldOverRandomDaysOfLooking) {
  for (std::uint32_t seed = 1; seed <= 30; ++seed) {
    std::mt19937 random(seed);
    const auto below = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
    now = at("2026-11-22T10:20Z");
    all = {};
    offset = 0;
    add(ledger::PipelineDeclared{1, "doc", "f", "", "c0ffee00", ""});
    declare();
    scan_to(at("2028-01-01"));
    by_cron(below(2) == 0 ? "0 */6 * * *" : "30 * * * *", Granularity::hour);
    document.schedule.catch_up = 1 + below(4);
    std::set<std::string> seen;
    for (int look = 0; look < 60; ++look) {
      now += minutes(1 + below(below(5) == 0 ? 3000 : 40));
      std::vector<Interval> open;
      for (const auto& [name, load] : state().loads)
        if (load.open()) open.push_back(load.intent.request.interval);
      for (const LoadRequest& request : plan().due) {
        EXPECT_TRUE(seen.insert(request.key).second) << request.key << ", seed " << seed;
        EXPECT_LE(request.interval.end, now);
        for (const Interval& other : open)
          EXPECT_FALSE(other.start < request.interval.end && request.interval.start < other.end);
        open.push_back(request.interval);
        if (below(4) == 0) {
          refuse(request.key);
          seen.erase(request.key);
        } else {
          accept(request);
        }
      }
      EXPECT_LE(std::ssize(open), limits.open_max);
      for (const auto& [name, load] : std::map(state().loads))
        if (load.open() && below(2) == 0) end(name, ledger::LoadEnd::cancelled);
    }
    for (const auto& [name, load] : std::map(state().loads))
      if (load.open()) end(name, ledger::LoadEnd::cancelled);
    now += hours(2);
    while (!accept_all().empty())
      for (const auto& [name, load] : std::map(state().loads))
        if (load.open()) end(name, ledger::LoadEnd::cancelled);
    EXPECT_EQ(plan().due.size() + plan().waits.size(), 0U) << "all made up for, seed " << seed;
  }
}

}  // namespace
}  // namespace henge::reconcile
