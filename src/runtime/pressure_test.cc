// How many calls at once a service bears, and when it is left alone: the laws of both machines, in
// steps and over histories drawn by chance.
#include "runtime/pressure.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <deque>

namespace henge::runtime {
namespace {

using std::chrono::seconds;

Millis at(std::int64_t ms) {
  return Millis(ms);
}

TEST(ConcurrencyLimit, GrowsByOneForAsManyGoodAnswersAsItIsWide) {
  ConcurrencyLimit limit({.start = 4, .min = 1, .max = 6});
  ASSERT_EQ(limit.limit(), 4);
  int answers = 0;
  while (limit.limit() == 4) {
    limit.answered(Bearing::well, 4, at(0), at(10));
    ++answers;
  }
  // 1/4 + 1/4.25 + ... : a little more than four.
  EXPECT_EQ(answers, 5);
  for (int i = 0; i < 100; ++i) limit.answered(Bearing::well, limit.limit(), at(0), at(10));
  EXPECT_EQ(limit.limit(), 6) << "never over its maximum";
}

TEST(ConcurrencyLimit, DoesNotGrowWhileItIsNotUsedUp) {
  ConcurrencyLimit limit({.start = 4});
  for (int i = 0; i < 1000; ++i) limit.answered(Bearing::well, 3, at(0), at(10));
  EXPECT_EQ(limit.limit(), 4);
  EXPECT_TRUE(limit.admits(3));
  EXPECT_FALSE(limit.admits(4));
}

TEST(ConcurrencyLimit, HalvesOnceForOneWaveOfRefusals) {
  ConcurrencyLimit limit({.start = 32});
  // 32 calls sent at 0 are refused one after the other: they are one piece of news.
  for (int i = 0; i < 32; ++i) limit.answered(Bearing::strained, 32, at(0), at(100 + i));
  EXPECT_EQ(limit.limit(), 16);
  // Sent after the limit was lowered, and refused again.
  limit.answered(Bearing::strained, 16, at(101), at(300));
  EXPECT_EQ(limit.limit(), 8);
  for (int i = 0; i < 20; ++i)
    limit.answered(Bearing::strained, 1, at(1000 * i + 1000), at(1000 * i + 1500));
  EXPECT_EQ(limit.limit(), 1) << "one call at a time is always made: else nobody learns of better";
  EXPECT_TRUE(limit.admits(0));
}

TEST(ConcurrencyLimit, ALateGoodAnswerIsASignOfStrain) {
  ConcurrencyLimit limit({.start = 8, .slow_after = seconds(2)});
  limit.answered(Bearing::well, 8, at(0), at(2000));
  EXPECT_EQ(limit.limit(), 8);
  limit.answered(Bearing::well, 8, at(0), at(2001));
  EXPECT_EQ(limit.limit(), 4);
}

// A server that bears `capacity` calls at once and refuses the others.
TEST(ConcurrencyLimit, FindsWhatAServerBearsAndStaysNearIt) {
  for (int capacity : {1, 3, 10, 40}) {
    ConcurrencyLimit limit({.start = 4, .max = 64});
    std::int64_t served = 0, refused = 0;
    int above = 0;
    for (int round = 0; round < 4000; ++round) {
      const int sent = limit.limit();
      const Millis sent_at = at(round * 100 + 1);
      for (int i = 0; i < sent; ++i) {
        const bool fits = i < capacity;
        (fits ? served : refused) += round >= 1000;
        limit.answered(fits ? Bearing::well : Bearing::strained, sent, sent_at, sent_at + at(50));
      }
      above += round >= 1000 && sent > capacity + 1;
    }
    EXPECT_EQ(above, 0) << capacity << ": it feels its way up one by one";
    EXPECT_GE(served, 3000LL * capacity * 6 / 10) << capacity << ": most of it is used";
    EXPECT_LE(refused * (capacity > 3 ? 10 : 1), served) << capacity;
  }
}

RC_GTEST_PROP(ConcurrencyLimit, StaysWithinItsBoundsWhateverComes, ()) {
  ConcurrencyPolicy policy{.start = *rc::gen::element(0.0, 1.0, 7.0, 1000.0), .min = 2, .max = 20};
  ConcurrencyLimit limit(policy);
  Millis now(0);
  for (int step : *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 1000))) {
    now += Millis(step);
    const int before = limit.limit();
    const bool strained = step % 3 == 0;
    limit.answered(strained ? Bearing::strained : Bearing::well, step % 25, now - Millis(step % 7),
                   now);
    RC_ASSERT(limit.limit() >= 2 && limit.limit() <= 20);
    RC_ASSERT((strained ? limit.limit() <= before : limit.limit() >= before));
    RC_ASSERT(limit.limit() <= before + 1);
  }
}

TEST(CircuitBreaker, OpensAfterFailuresInARowOnly) {
  CircuitBreaker breaker({.failures_max = 3});
  for (int i = 0; i < 10; ++i) {
    breaker.failed(at(i), 0.5);
    breaker.failed(at(i), 0.5);
    breaker.succeeded();
  }
  EXPECT_EQ(breaker.state(at(10)), BreakerState::closed);
  EXPECT_FALSE(breaker.opens_at());
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(breaker.permits(at(20)));
    breaker.failed(at(20), 0.5);
  }
  EXPECT_EQ(breaker.state(at(20)), BreakerState::open);
  EXPECT_FALSE(breaker.permits(at(20)));
}

TEST(CircuitBreaker, LetsOneProbeThroughAndClosesAfterGoodOnes) {
  CircuitBreaker breaker({.failures_max = 1, .open_min = seconds(1), .probes_good = 2});
  breaker.failed(at(0), 1.0);
  EXPECT_EQ(breaker.opens_at(), at(1000));
  EXPECT_FALSE(breaker.permits(at(999)));
  EXPECT_TRUE(breaker.permits(at(1000)));
  EXPECT_FALSE(breaker.permits(at(1001))) << "one at a time";
  EXPECT_FALSE(breaker.opens_at()) << "the probe decides";
  breaker.succeeded();
  EXPECT_EQ(breaker.state(at(1002)), BreakerState::half_open);
  EXPECT_TRUE(breaker.permits(at(1003)));
  breaker.succeeded();
  EXPECT_EQ(breaker.state(at(1004)), BreakerState::closed);
  EXPECT_TRUE(breaker.permits(at(1004)));
  EXPECT_TRUE(breaker.permits(at(1004))) << "any number, once it is closed";
}

TEST(CircuitBreaker, StaysOpenLongerWhileProbesFailAndStartsAfreshWhenItWasClosed) {
  CircuitBreaker breaker(
      {.failures_max = 1, .open_min = seconds(1), .open_max = seconds(8), .probes_good = 1});
  Millis now(0);
  breaker.failed(now, 0.999999);
  for (std::int64_t bound : {1000, 2000, 4000, 8000, 8000, 8000}) {
    const Millis until = breaker.opens_at().value();
    EXPECT_NEAR(static_cast<double>((until - now).count()), static_cast<double>(bound), 2.0);
    now = until;
    ASSERT_TRUE(breaker.permits(now));
    breaker.failed(now, 0.999999);
  }
  now = breaker.opens_at().value();
  ASSERT_TRUE(breaker.permits(now));
  breaker.succeeded();
  breaker.failed(now, 0.999999);
  EXPECT_NEAR(static_cast<double>((breaker.opens_at().value() - now).count()), 1000.0, 2.0);
}

TEST(CircuitBreaker, ChanceLiesBetweenHalfAndTheWholeBound) {
  for (double random : {0.0, 0.25, 0.5, 0.75, 0.999}) {
    CircuitBreaker breaker({.failures_max = 1, .open_min = seconds(10)});
    breaker.failed(at(0), random);
    const double open_ms = static_cast<double>(breaker.opens_at().value().count());
    EXPECT_NEAR(open_ms, 5000 + 5000 * random, 2.0) << random;
  }
}

TEST(CircuitBreaker, AProbeThatSaysNothingBlocksNobodyForEver) {
  CircuitBreaker breaker({.failures_max = 1, .open_min = seconds(1), .probe_max = seconds(30)});
  breaker.failed(at(0), 1.0);
  ASSERT_TRUE(breaker.permits(at(1000)));
  breaker.withdrawn();
  EXPECT_TRUE(breaker.permits(at(1001))) << "it was not made";
  EXPECT_FALSE(breaker.permits(at(30'999)));
  EXPECT_TRUE(breaker.permits(at(31'001))) << "it is lost";
}

TEST(CircuitBreaker, OnlyAProbeSpeaksForAServiceThatIsTried) {
  CircuitBreaker breaker({.failures_max = 1, .open_min = seconds(1), .probes_good = 2});
  breaker.failed(at(0), 1.0);
  ASSERT_TRUE(breaker.permits(at(1000)));
  breaker.succeeded();
  breaker.succeeded();  // of a call of long ago
  EXPECT_EQ(breaker.state(at(1001)), BreakerState::half_open);
  breaker.failed(at(1001), 1.0);
  EXPECT_EQ(breaker.state(at(1001)), BreakerState::half_open);
}

TEST(CircuitBreaker, AnswersToCallsOfBeforeItOpenedChangeNothing) {
  CircuitBreaker breaker({.failures_max = 2});
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(breaker.permits(at(0)));
  breaker.failed(at(1), 0.5);
  breaker.failed(at(1), 0.5);
  const auto until = breaker.opens_at();
  ASSERT_TRUE(until);
  breaker.failed(at(2), 0.9);
  breaker.succeeded();
  EXPECT_EQ(breaker.opens_at(), until);
  EXPECT_EQ(breaker.state(at(2)), BreakerState::open);
}

// A service that is down in drawn stretches: calls while it is down are few, and it is used again
// soon after it is back.
RC_GTEST_PROP(CircuitBreaker, SparesAServiceThatIsDownAndFindsItAgain, ()) {
  const BreakerPolicy policy{
      .failures_max = 3, .open_min = seconds(1), .open_max = seconds(16), .probes_good = 2};
  CircuitBreaker breaker(policy);
  const auto down_ms = *rc::gen::inRange(1, 600'000);
  const auto chances = *rc::gen::container<std::vector<int>>(50, rc::gen::inRange(0, 1000));
  std::size_t chance = 0;
  int calls_down = 0;
  std::optional<Millis> back;
  for (Millis now(0); now < at(down_ms) + seconds(60); now += Millis(100)) {
    if (!breaker.permits(now)) continue;
    if (now < at(down_ms)) {
      ++calls_down;
      breaker.failed(now, static_cast<double>(chances[chance++ % chances.size()]) / 1000);
    } else {
      breaker.succeeded();
      if (!back && breaker.state(now) == BreakerState::closed) back = now;
    }
  }
  // Three to open, then five doublings, then one for each 8 s at least.
  RC_ASSERT(calls_down <= 3 + 6 + down_ms / 8000);
  RC_ASSERT(back.has_value());
  RC_ASSERT(*back - at(down_ms) <= seconds(17));
}

}  // namespace
}  // namespace henge::runtime
