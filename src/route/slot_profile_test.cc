// The line of slots over time against a plain count of every minute.
#include "route/slot_profile.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "route/schedule.h"

namespace henge::route {
namespace {

using std::chrono::minutes;

const Instant noon = parse_instant("2026-03-01T12:00Z").value();
Instant minute(int m) {
  return noon + minutes(m);
}

TEST(SlotLine, FirstFitAtEdges) {
  SlotLine line(noon);
  line.add(minute(5), minute(10), 2);
  const struct {
    int earliest;
    int length;
    int slots;
    int slots_max;
    int expected;
  } cases[] = {
      {0, 5, 2, 2, 0},                         // ends where the other begins
      {0, 6, 1, 2, 10},                        // a minute too long
      {0, 6, 1, 3, 0},                         // beside it
      {7, 1, 1, 2, 10},                        // within
      {10, 100, 2, 2, 10}, {-50, 5, 2, 2, 0},  // never before the line begins
      {1, 4, 2, 2, 1},     {2, 4, 2, 2, 10},
  };
  for (const auto& c : cases)
    EXPECT_EQ(line.first_fit(minute(c.earliest), minutes(c.length), c.slots, c.slots_max),
              minute(c.expected))
        << c.earliest << " " << c.length << " " << c.slots << " of " << c.slots_max;
}

RC_GTEST_PROP(SlotLine, AgreesWithACountOfEveryMinute, ()) {
  constexpr int end = 60;
  std::vector<int> taken(end * 2, 0);
  SlotLine line(noon);
  const auto parts = *rc::gen::container<std::vector<std::tuple<int, int, int>>>(
      rc::gen::tuple(rc::gen::inRange(-5, end), rc::gen::inRange(0, 20), rc::gen::inRange(1, 3)));
  for (const auto& [start, length, slots] : parts) {
    line.add(minute(start), minute(start + length), slots);
    for (int m = std::max(0, start); m < start + length; ++m)
      taken[static_cast<std::size_t>(m)] += slots;
  }
  for (int m = 0; m < end; ++m)
    RC_ASSERT(line.taken_at(minute(m)) == taken[static_cast<std::size_t>(m)]);
  const int length = *rc::gen::inRange(1, 15);
  const int slots_max = *rc::gen::inRange(2, 6);
  const int earliest = *rc::gen::inRange(0, end);
  int expected = earliest;
  for (int m = earliest; m < expected + length && m < end * 2; ++m)
    if (taken[static_cast<std::size_t>(m)] + 2 > slots_max) expected = m + 1;
  RC_ASSERT(line.first_fit(minute(earliest), minutes(length), 2, slots_max) == minute(expected));
}

RC_GTEST_PROP(SlotLine, WhatIsGivenBackIsAsIfItWereNeverTaken, ()) {
  SlotLine line(noon);
  line.add(minute(3), minute(9), 1);
  const int start = *rc::gen::inRange(0, 20), length = *rc::gen::inRange(0, 20);
  line.add(minute(start), minute(start + length), 2);
  line.add(minute(start), minute(start + length), -2);
  for (int m = 0; m < 50; ++m) RC_ASSERT(line.taken_at(minute(m)) == (m >= 3 && m < 9 ? 1 : 0));
}

TEST(SlotProfile, BothTheWholeAndTheDatasourceMustHaveRoom) {
  const SlotBudget budget{.slots_max = 3, .datasource_max = 2};
  SlotProfile profile(budget, noon);
  profile.add("a", noon, minutes(10), 2);
  EXPECT_EQ(profile.first_fit("a", noon, minutes(5), 1), minute(10)) << "its own are taken";
  EXPECT_EQ(profile.first_fit("b", noon, minutes(5), 1), noon);
  EXPECT_EQ(profile.first_fit("b", noon, minutes(5), 2), minute(10)) << "all are";
  EXPECT_EQ(profile.first_fit("b", noon, minutes(5), 3), std::nullopt);
  profile.add("c", minute(10), minutes(10), 2);
  EXPECT_EQ(profile.first_fit("a", noon, minutes(5), 2), minute(20));
  EXPECT_EQ(profile.taken_now(), 2);
}

}  // namespace
}  // namespace henge::route
