// The way to a service under load: never more at once than it bears, few calls while it is down,
// everything in the end, each once, in order.
#include "runtime/gate.h"

#include <gtest/gtest.h>

#include <map>
#include <vector>

namespace henge::runtime {
namespace {

using std::chrono::seconds;

const Result<int> good = 1;
const Result<int> no_room = fail(ErrorKind::unavailable, "429 Too Many Requests");

// Works that wait to be told how their call ended; time goes by when it is told to.
struct World {
  Millis now{0};
  Gate gate{{}, [this] { return now; }};
  std::vector<std::pair<int, Gate::Place>> calls;  // under way
  std::vector<int> begun;

  void offer(int first, int end) {
    for (int i = first; i < end; ++i)
      gate.offer([this, i](Gate::Place place) {
        begun.push_back(i);
        calls.emplace_back(i, std::move(place));
      });
  }
  // The oldest call gets its answer after so long.
  void answer(const Result<int>& outcome, Millis after = Millis(10)) {
    now += after;
    Gate::Place place = std::move(calls.front().second);
    calls.erase(calls.begin());
    place.ended(outcome);
  }
};

TEST(Gate, BeginsAsManyAsItsLimitAndTheOthersInTheirOrder) {
  World world;
  world.offer(0, 10);
  EXPECT_EQ(world.begun, (std::vector{0, 1, 2, 3}));
  EXPECT_EQ(world.gate.waiting(), 6u);
  world.answer(good);
  world.answer(good);
  EXPECT_EQ(world.begun, (std::vector{0, 1, 2, 3, 4, 5}));
  while (!world.calls.empty()) world.answer(good);
  EXPECT_EQ(world.begun.size(), 10u);
  EXPECT_EQ(world.gate.under_way(), 0);
}

TEST(Gate, NoRoomShrinksItAndGoodAnswersWidenItAgain) {
  World world;
  world.offer(0, 1000);
  for (int i = 0; i < 100; ++i) world.answer(good);
  const int wide = world.gate.limit();
  EXPECT_GT(wide, 10);
  world.answer(no_room);
  EXPECT_EQ(world.gate.limit(), wide / 2);
  // What was sent before speaks of the old limit.
  world.answer(no_room);
  EXPECT_EQ(world.gate.limit(), wide / 2);
  for (int i = 0; i < wide; ++i) world.answer(good);
  world.answer(no_room);
  EXPECT_LE(world.gate.limit(), wide / 4 + 2);
  EXPECT_FALSE(world.gate.shut()) << "it answers";
  const int narrow = world.gate.limit();
  for (int i = 0; i < 100; ++i) world.answer(good);
  EXPECT_GT(world.gate.limit(), narrow + 4);
}

TEST(Gate, SlowAnswersShrinkIt) {
  World world;
  world.offer(0, 100);
  world.answer(good, seconds(6));
  EXPECT_EQ(world.gate.limit(), 2);
}

TEST(Gate, WhileTheServiceIsDownSingleCallsAreMadeAndThenEverythingGoes) {
  World world;
  world.offer(0, 500);
  for (int i = 0; i < 5; ++i) world.answer(no_room);
  ASSERT_TRUE(world.gate.shut());
  EXPECT_EQ(*world.gate.shut(), "429 Too Many Requests");
  while (!world.calls.empty()) world.answer(no_room);
  const std::size_t before = world.begun.size();
  // An hour, looked at every second.
  for (int second = 0; second < 3600; ++second) {
    world.now += seconds(1);
    world.gate.pump();
    ASSERT_LE(world.gate.under_way(), 1) << "one probe at a time";
    if (!world.calls.empty()) world.answer(no_room);
  }
  EXPECT_LT(world.begun.size() - before, 80u) << "hardly more than one a minute";
  EXPECT_GT(world.begun.size() - before, 55u) << "and it goes on trying";
  world.now += seconds(61);
  world.gate.pump();
  while (!world.calls.empty()) world.answer(good);
  EXPECT_FALSE(world.gate.shut());
  EXPECT_EQ(world.begun.size(), 500u);
  EXPECT_EQ(world.gate.waiting(), 0u);
}

TEST(Gate, ARefusalIsAnAnswer) {
  World world;
  world.offer(0, 100);
  const Result<int> refused = fail(ErrorKind::invalid, "400 Bad Request");
  for (int i = 0; i < 50; ++i) world.answer(refused);
  EXPECT_FALSE(world.gate.shut());
  EXPECT_GE(world.gate.limit(), 4);
}

TEST(Gate, WorkThatIsNotDoneAfterAllSaysNothingAndMakesRoom) {
  World world;
  int begun = 0;
  for (int i = 0; i < 10'000; ++i)
    world.gate.offer([&begun, i](Gate::Place place) {
      ++begun;
      if (i % 2 == 0) place.withdrawn();  // the others only go
    });
  EXPECT_EQ(begun, 10'000);
  EXPECT_EQ(world.gate.under_way(), 0);
  EXPECT_EQ(world.gate.limit(), 4);
}

TEST(Gate, AProbeThatWasNotMadeLeavesItsTurnToTheNext) {
  World world;
  world.offer(0, 5);
  while (!world.calls.empty()) world.answer(no_room);
  ASSERT_TRUE(world.gate.shut());
  world.offer(5, 7);
  world.now += seconds(2);
  world.gate.pump();
  ASSERT_EQ(world.begun.back(), 5);
  ASSERT_EQ(world.calls.size(), 1u);
  Gate::Place place = std::move(world.calls.front().second);
  world.calls.clear();
  place.withdrawn();
  EXPECT_EQ(world.begun.back(), 6);
  EXPECT_TRUE(world.gate.shut());
}

TEST(Gate, ACancelledCallSaysNothing) {
  World world;
  world.offer(0, 100);
  const Result<int> cancelled = fail(ErrorKind::cancelled, "stopping");
  while (!world.calls.empty()) world.answer(cancelled);
  EXPECT_FALSE(world.gate.shut());
  EXPECT_EQ(world.gate.limit(), 4);
}

TEST(Gate, APlaceMayOutliveItsGate) {
  std::vector<Gate::Place> places;
  {
    Gate gate;
    gate.offer([&places](Gate::Place place) { places.push_back(std::move(place)); });
  }
  ASSERT_EQ(places.size(), 1u);
  places.front().ended(good);
}

}  // namespace
}  // namespace henge::runtime
