// Committed offsets that somebody moved: what is odd and what is how tasks end, over restarts and
// over one move after the other.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "reconcile/drift_fixture.h"

namespace henge::reconcile {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class MovedOffsets : public CalmWorld {
 protected:
  // One task reads all partitions: from where, and up to where.
  void look(const PartitionOffsets& start, const PartitionOffsets& current,
            std::int64_t after_seconds = 5) {
    world.now += seconds(after_seconds);
    SupervisorTask task;
    task.starting_offsets = start;
    task.current_offsets = current;
    world.statuses["clicks"].active = {task};
  }
  void look(std::int64_t at, std::int64_t after_seconds = 5) {
    look({{0, at}}, {{0, at}}, after_seconds);
  }
  void no_answer() { world.statuses.clear(); }
  // What the ledger holds after this round, as the judge would have it.
  Found round() {
    const Found found = find();
    for (auto drift = state().drifts.begin(); drift != state().drifts.end();)
      drift = found.unknown.contains(drift->first) ? std::next(drift) : state().drifts.erase(drift);
    for (const Drift& d : found.drifts) record(d);
    return found;
  }
  std::string value() {
    const Found found = round();
    return found.drifts.empty() ? "" : found.drifts.front().value;
  }
  void restart() { memory = {}; }
};

TEST_F(MovedOffsets, EachPartitionIsSaidAndCountedForItself) {
  look({{0, 500}, {1, 60}, {3, 90}}, {{0, 600}, {1, 70}, {3, 95}});
  EXPECT_EQ(value(), "");
  look({{0, 200}, {1, 65}, {3, 10}}, {{0, 200}, {1, 80}, {3, 10}});
  const Drift d = only();
  EXPECT_EQ(d.value, "0:500>200,3:90>10");
  EXPECT_EQ(d.rows, 300 + 80);
  EXPECT_EQ(d.evidence,
            "partition 0 went back from 500 to 200: 300 offsets are read again; "
            "partition 3 went back from 90 to 10: 80 offsets are read again");
  EXPECT_EQ(d.object, "clicks");
  EXPECT_EQ(d.action, "") << "nobody but a person knows what was meant";
  record(d);
  look({{0, 500}, {1, 70}, {3, 89}}, {{0, 500}, {1, 80}, {3, 89}});
  EXPECT_EQ(value(), "3:90>10") << "the other is read again";
  look({{0, 500}, {1, 70}, {3, 90}}, {{0, 500}, {1, 80}, {3, 90}});
  EXPECT_EQ(value(), "");
}

TEST_F(MovedOffsets, WhatIsRecordedOutlivesTheProcess) {
  look(500);
  round();
  look(200);
  EXPECT_EQ(value(), "0:500>200");
  restart();
  no_answer();
  EXPECT_EQ(value(), "0:500>200");
  look(499);
  EXPECT_EQ(value(), "0:500>200") << "one is still to be read again";
  restart();
  look(500);
  EXPECT_EQ(value(), "");
  EXPECT_THAT(state().drifts, IsEmpty());
}

TEST_F(MovedOffsets, SetBackAgainItIsOverWhenAllIsReadAgain) {
  look(500);
  round();
  look(200);
  round();
  look(300);
  round();
  look(100);
  EXPECT_EQ(value(), "0:500>100") << "up to 500 was read before";
  look(350);
  EXPECT_EQ(value(), "0:500>100");
  look(250);
  EXPECT_EQ(value(), "0:500>100") << "a smaller step back inside of it says nothing new";
  look(500);
  EXPECT_EQ(value(), "");
}

TEST_F(MovedOffsets, WhatTheLedgerCanNotMeanIsLeftOut) {
  const struct {
    const char* recorded;
    const char* stays;
  } cases[] = {
      {"", ""},
      {"moved", ""},
      {"0", ""},
      {"0:", ""},
      {"0:500", ""},
      {"0:500>", ""},
      {"0>500:200", ""},
      {"x:500>200", ""},
      {"0:99999999999999999999>1", ""},
      {"99999999999:500>200", ""},
      {"0:500>200", "0:500>200"},
      {"0:500>200,", "0:500>200"},
      {"0:500>200,1", "0:500>200"},
      {"0:500>200,1:7>", "0:500>200"},
      {"7:9223372036854775807>0", "7:9223372036854775807>0"},
  };
  for (const auto& c : cases) {
    state().drifts.clear();
    Drift d;
    d.kind = DriftKind::offsets_moved;
    d.object = "clicks";
    d.value = c.recorded;
    record(d);
    EXPECT_EQ(value(), c.stays) << c.recorded;
  }
}

TEST_F(MovedOffsets, AJumpIsWhatIsBeyondThreeTimesTheSpeedAndTheAgeOfTheView) {
  // Readers were seen at 40 a second, at 2,000; half a minute later the view is at most 90 s old.
  constexpr std::int64_t most = 2'000 + 10'000 + 3 * 40 * (30 + 60);
  const struct {
    std::int64_t at;
    bool jump;
  } cases[] = {{1'000, false}, {2'000, false},   {most - 1, false},
               {most, false},  {most + 1, true}, {2 * most, true}};
  for (const auto& c : cases) {
    restart();
    look({{0, 0}}, {{0, 1'000}});
    round();
    look({{0, 0}}, {{0, 2'000}}, 25);
    round();
    look(c.at, 30);
    const Found found = find();
    ASSERT_EQ(!found.drifts.empty(), c.jump) << c.at;
    if (!c.jump) continue;
    EXPECT_EQ(found.drifts[0].rows, c.at - 2'000);
    EXPECT_THAT(found.drifts[0].evidence, HasSubstr("offsets are skipped"));
  }
}

TEST_F(MovedOffsets, AJumpIsNoSpeed) {
  look({{0, 0}}, {{0, 1'000}});
  round();
  look({{0, 0}}, {{0, 1'200}});
  round();
  look(50'000'000);
  EXPECT_EQ(value(), "0:1200>50000000");
  state().drifts.clear();  // a person adopted it
  look(50'000'100);
  EXPECT_EQ(value(), "");
  look(90'000'000);
  EXPECT_EQ(value(), "0:50000100>90000000") << "the next one is seen, too";
}

TEST_F(MovedOffsets, HowTasksEndIsNoMove) {
  SupervisorTask reading, publishing;
  publishing.starting_offsets = {{0, 100}};
  publishing.current_offsets = {{0, 500}};
  reading.starting_offsets = {{0, 500}};
  reading.current_offsets = {{0, 510}};
  SupervisorStatus& status = world.statuses["clicks"];
  const struct {
    const char* name;
    std::vector<SupervisorTask> active, publishing;
  } rounds[] = {
      {"reads", {publishing}, {}},
      {"publishes", {}, {publishing}},
      {"the next one reads", {reading}, {publishing}},
      {"its predecessor is there", {reading}, {}},
      {"nobody reads for a moment", {}, {}},
      {"reads again", {reading}, {}},
  };
  for (const auto& r : rounds) {
    world.now += seconds(5);
    status.active = r.active;
    status.publishing = r.publishing;
    EXPECT_EQ(value(), "") << r.name;
  }
}

TEST_F(MovedOffsets, ASuspendedSupervisorShowsZeroOnlyWhereNothingIsStored) {
  const struct {
    bool suspended;
    std::int64_t shown;
    const char* value;
  } cases[] = {{true, 0, ""},
               {true, 1, "0:500>1"},
               {true, 499, "0:500>499"},
               {true, 500, ""},
               {true, 600, ""}};
  for (const auto& c : cases) {
    restart();
    state().drifts.clear();
    world.statuses.clear();
    look(500);
    round();
    SupervisorStatus& status = world.statuses["clicks"];
    status.active.clear();
    status.suspended = c.suspended;
    status.detailed_state = "SUSPENDED";
    status.latest_offsets[0] = 1'000;
    status.lag[0] = 1'000 - c.shown;
    EXPECT_EQ(value(), c.value) << c.shown;
  }
  // A task that begins at 0 was set there.
  restart();
  state().drifts.clear();
  world.statuses.clear();
  look(500);
  round();
  look(0);
  EXPECT_EQ(value(), "0:500>0");
}

TEST_F(MovedOffsets, NewPartitionsAndMissingOnesAreNotMoved) {
  look({{0, 500}}, {{0, 500}});
  round();
  look({{0, 500}, {1, 0}, {2, 9'000'000}}, {{0, 500}, {1, 0}, {2, 9'000'000}});
  EXPECT_EQ(value(), "") << "they are new";
  look({{0, 500}}, {{0, 500}});
  EXPECT_EQ(value(), "") << "no task reads them now";
  look({{0, 500}, {1, 0}, {2, 8'000'000}}, {{0, 500}, {1, 0}, {2, 8'000'000}});
  EXPECT_EQ(value(), "2:9000000>8000000") << "where it was is not forgotten";
}

TEST_F(MovedOffsets, ThoseOfAnotherSupervisorSayNothing) {
  look(500);
  round();
  world.statuses["views"] = world.statuses["clicks"];
  no_answer();
  SupervisorTask task;
  task.starting_offsets = {{0, 1}};
  world.statuses["views"].active = {task};
  EXPECT_EQ(value(), "");
  EXPECT_EQ(memory.committed.at(0), 500);
}

// Readers that only go on are never odd, however tasks follow one another and whatever answer is
// missing.
RC_GTEST_FIXTURE_PROP(MovedOffsets, going_on_is_no_drift, ()) {
  PartitionOffsets start, current;
  for (int partition = 0; partition < 3; ++partition)
    start[partition] = current[partition] = *rc::gen::inRange(0, 1'000);
  const int rounds = *rc::gen::inRange(1, 20);
  for (int i = 0; i < rounds; ++i) {
    for (auto& [partition, offset] : current) {
      offset += *rc::gen::inRange(0, 450);
      if (*rc::gen::inRange(0, 3) == 0) start[partition] = offset;  // published, the next begins
    }
    look(start, current, *rc::gen::inRange(0, 30));
    if (*rc::gen::inRange(0, 8) == 0) no_answer();
    if (*rc::gen::inRange(0, 12) == 0) restart();
    RC_ASSERT(round().drifts.empty());
  }
}

// Set back, it is drift until what was read before is read again: no more, no less.
RC_GTEST_FIXTURE_PROP(MovedOffsets, set_back_until_the_furthest_is_reached_again, ()) {
  std::int64_t at = 100'000;
  std::int64_t furthest = at;
  look(at);
  round();
  bool drifted = false;
  const int rounds = *rc::gen::inRange(1, 30);
  for (int i = 0; i < rounds; ++i) {
    const int what = *rc::gen::inRange(0, 10);
    if (what == 0 && drifted) restart();
    if (what == 1) no_answer();
    if (what == 1) {
      RC_ASSERT(round().drifts.empty() == !drifted);
      continue;
    }
    at += what < 4 && !(what == 0) ? -*rc::gen::inRange(0, 900) : *rc::gen::inRange(0, 500);
    look(at);
    drifted = at < furthest;
    furthest = std::max(furthest, at);
    const auto found = round().drifts;
    RC_ASSERT(found.size() == (drifted ? 1u : 0u));
    if (drifted) RC_ASSERT(found[0].rows >= furthest - at);
  }
  RC_TAG(drifted ? "still reading" : "over");
}

}  // namespace
}  // namespace henge::reconcile
