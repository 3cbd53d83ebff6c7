// The rule of the two doors: each row goes through exactly one, whenever it is asked and by whom.
#include "model/lateness.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "model/granularity.h"

namespace henge {
namespace {

const Instant arrival = instant_of_ms(10'000);

struct DoorCase {
  const char* name;
  std::int64_t event_ms;
  Door door;
};

TEST(Lateness, TheBoundsThemselvesAreOnTime) {
  const LatenessRule rule{Millis(1'000), Millis(500)};
  const DoorCase cases[] = {
      {"long ago", -1'000'000'000'000, Door::late},
      {"one below the bound", 8'999, Door::late},
      {"the bound", 9'000, Door::on_time},
      {"one above the bound", 9'001, Door::on_time},
      {"the moment it arrives", 10'000, Door::on_time},
      {"one below the earliness", 10'499, Door::on_time},
      {"the earliness", 10'500, Door::on_time},
      {"one beyond it", 10'501, Door::early},
      {"in another millennium", 40'000'000'000'000, Door::early},
  };
  for (const auto& c : cases)
    EXPECT_EQ(door_of(rule, instant_of_ms(c.event_ms), arrival), c.door) << c.name;
}

TEST(Lateness, WithoutEarlinessNothingIsEarly) {
  const LatenessRule rule{Millis(1'000), std::nullopt};
  for (std::int64_t ahead : {0LL, 1LL, 86'400'000LL, 4'000'000'000'000'000'000LL})
    EXPECT_EQ(door_of(rule, arrival + Millis(ahead), arrival), Door::on_time) << ahead;
  EXPECT_EQ(door_of(rule, instant_of_ms(8'999), arrival), Door::late);
}

TEST(Lateness, OfZeroLeavesNoRowThatIsOlderThanItsArrival) {
  const LatenessRule rule{Millis(0), Millis(0)};
  EXPECT_EQ(door_of(rule, arrival - Millis(1), arrival), Door::late);
  EXPECT_EQ(door_of(rule, arrival, arrival), Door::on_time);
  EXPECT_EQ(door_of(rule, arrival + Millis(1), arrival), Door::early);
}

TEST(Lateness, ARecordWithoutATimestampArrivedJustBeforeTheEpoch) {
  const LatenessRule rule{Millis(1'000), std::nullopt};
  const Instant none = instant_of_ms(-1);
  EXPECT_EQ(door_of(rule, instant_of_ms(-1'001), none), Door::on_time);
  EXPECT_EQ(door_of(rule, instant_of_ms(-1'002), none), Door::late);
  EXPECT_EQ(door_of(rule, instant_of_ms(1'767'323'045'678), none), Door::on_time)
      << "what is newer than the epoch can't be late";
}

TEST(Lateness, HoldsAtTheEndsOfDruidsTime) {
  const LatenessRule rule{std::chrono::hours(24 * 365), std::chrono::hours(24)};
  const Interval eternity = bucket(Granularity::all, arrival);
  EXPECT_EQ(door_of(rule, eternity.start, arrival), Door::late);
  EXPECT_EQ(door_of(rule, eternity.end - Millis(1), arrival), Door::early);
}

TEST(Lateness, DecidesByMillisecondsAndNotByDoubles) {
  // Beyond 2^53 a double can't tell neighbours apart.
  const Instant far = instant_of_ms((INT64_C(1) << 53) + 1);
  const LatenessRule rule{Millis(0), std::nullopt};
  EXPECT_EQ(door_of(rule, far - Millis(1), far), Door::late);
  EXPECT_EQ(door_of(rule, far, far), Door::on_time);
}

struct Drawn {
  LatenessRule rule;
  Instant event;
  Instant arrival;
};

// Events anywhere near the arrival, and most of all within a millisecond of the two bounds.
Drawn any_row() {
  Drawn d;
  d.rule.lateness = Millis(*rc::gen::inRange<std::int64_t>(0, 1'000));
  if (*rc::gen::arbitrary<bool>())
    d.rule.earliness = Millis(*rc::gen::inRange<std::int64_t>(0, 1'000));
  d.arrival = instant_of_ms(*rc::gen::inRange<std::int64_t>(-1, 2'000'000'000'000));
  const std::int64_t bound = *rc::gen::element<std::int64_t>(
      -d.rule.lateness.count(), d.rule.earliness.value_or(Millis(0)).count());
  d.event = d.arrival + Millis(*rc::gen::oneOf(rc::gen::inRange<std::int64_t>(-1'100, 1'100),
                                               rc::gen::inRange(bound - 1, bound + 2)));
  return d;
}

// What Druid evaluates: the supervisor's filter keeps, the repair's complement takes.
bool streaming_keeps(const Drawn& d) {
  const std::int64_t event = to_ms(d.event), at = to_ms(d.arrival);
  return event >= at - d.rule.lateness.count() &&
         (!d.rule.earliness || event <= at + d.rule.earliness->count());
}
bool repair_takes(const Drawn& d) {
  return to_ms(d.event) < to_ms(d.arrival) - d.rule.lateness.count();
}

RC_GTEST_PROP(LatenessLaw, exactly_one_door_takes_a_row, ()) {
  const Drawn d = any_row();
  const Door door = door_of(d.rule, d.event, d.arrival);
  RC_ASSERT(streaming_keeps(d) == (door == Door::on_time));
  RC_ASSERT(repair_takes(d) == (door == Door::late));
  RC_ASSERT(!(streaming_keeps(d) && repair_takes(d)));
  if (!d.rule.earliness) RC_ASSERT(streaming_keeps(d) || repair_takes(d));
}

RC_GTEST_PROP(LatenessLaw, depends_on_the_distance_alone, ()) {
  const Drawn d = any_row();
  const Millis shift(*rc::gen::inRange<std::int64_t>(-1'000'000'000, 1'000'000'000));
  RC_ASSERT(door_of(d.rule, d.event, d.arrival) ==
            door_of(d.rule, d.event + shift, d.arrival + shift));
}

RC_GTEST_PROP(LatenessLaw, a_later_arrival_never_makes_a_late_row_on_time, ()) {
  const Drawn d = any_row();
  const Instant later = d.arrival + Millis(*rc::gen::inRange<std::int64_t>(0, 5'000));
  if (door_of(d.rule, d.event, d.arrival) == Door::late)
    RC_ASSERT(door_of(d.rule, d.event, later) == Door::late);
}

RC_GTEST_PROP(LatenessLaw, more_lateness_never_turns_away_more_rows, ()) {
  const Drawn d = any_row();
  LatenessRule wider = d.rule;
  wider.lateness += Millis(*rc::gen::inRange<std::int64_t>(0, 5'000));
  if (door_of(d.rule, d.event, d.arrival) != Door::late)
    RC_ASSERT(door_of(wider, d.event, d.arrival) == door_of(d.rule, d.event, d.arrival));
}

// Why a watermark can be told: at an arrival of `end + lateness` the chunk takes no on-time row.
RC_GTEST_PROP(LatenessLaw, no_row_of_a_chunk_is_on_time_once_its_end_and_the_lateness_passed, ()) {
  const Drawn d = any_row();
  const Interval chunk = bucket(Granularity::second, d.event);
  const Instant sealed_for_ever = chunk.end + d.rule.lateness;
  const Instant arrival_then =
      sealed_for_ever + Millis(*rc::gen::inRange<std::int64_t>(0, 1'000'000));
  RC_ASSERT(door_of(d.rule, d.event, arrival_then) == Door::late);
}

}  // namespace
}  // namespace henge
