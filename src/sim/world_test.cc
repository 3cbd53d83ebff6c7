// The simulation itself: the same seed is the same run, sound seeds stay sound, and bugs that are
// put in are found.
#include "sim/world.h"

#include <gtest/gtest.h>

#include "sim/mutants.h"

namespace henge::sim {
namespace {

SimOptions of_seed(std::uint64_t seed) {
  SimOptions options;
  options.seed = seed;
  options.length = std::chrono::minutes(40);
  return options;
}

TEST(World, TheSameSeedIsTheSameLogByteForByte) {
  for (const std::uint64_t seed : {3U, 11U}) {
    SimOptions options = of_seed(seed);
    options.trace = true;
    const SimResult first = simulate(options);
    const SimResult second = simulate(options);
    EXPECT_GT(first.trace.size(), 100U);
    EXPECT_EQ(first.trace, second.trace);
    EXPECT_EQ(first.digest, second.digest);
    options.trace = false;
    EXPECT_EQ(simulate(options).digest, first.digest) << "looking on changes nothing";
  }
}

TEST(World, AnotherSeedIsAnotherWorld) {
  EXPECT_NE(simulate(of_seed(1)).digest, simulate(of_seed(2)).digest);
}

// Worlds that were simulated before leave nothing behind: any division of the seeds among processes
// comes to the same.
TEST(World, WhatWasSimulatedBeforeChangesNothing) {
  const std::string alone = simulate(of_seed(5)).digest;
  simulate(of_seed(6));
  SimOptions broken = of_seed(7);
  broken.mutant = "double_late_row";
  simulate(broken);
  EXPECT_EQ(simulate(of_seed(5)).digest, alone);
}

TEST(World, WithoutFaultsAllIsSealed) {
  SimOptions options = of_seed(4);
  options.faults = false;
  const SimResult result = simulate(options);
  EXPECT_FALSE(result.violation) << result.violation->what;
  EXPECT_TRUE(result.faults.empty());
  EXPECT_EQ(result.lives, 2) << "one, and another at the end";
  EXPECT_GT(result.seals, 0);
  EXPECT_GT(result.repairs, 0);
}

TEST(World, NoLawIsBrokenWhateverGoesWrong) {
  std::int64_t lives = 0, repairs = 0;
  std::size_t faults = 0;
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    const SimResult result = simulate(of_seed(seed));
    EXPECT_FALSE(result.violation)
        << "seed " << seed << ": " << result.violation->law << ": " << result.violation->what;
    lives += result.lives;
    repairs += result.repairs;
    faults += result.faults.size();
  }
  EXPECT_GT(lives, 24) << "henge was killed often";
  EXPECT_GT(repairs, 50);
  EXPECT_GT(faults, 100U);
}

class MutantTest : public testing::TestWithParam<MutantKind> {};

TEST_P(MutantTest, IsFound) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SimOptions options = of_seed(seed);
    options.mutant = std::string(GetParam().name);
    const SimResult result = simulate(options);
    if (result.violation) {
      const SimResult sound = simulate(of_seed(seed));
      EXPECT_FALSE(sound.violation) << "the law is broken without the bug, too";
      RecordProperty("seed", std::to_string(seed));
      RecordProperty("law", result.violation->law);
      return;
    }
  }
  FAIL() << "60 seeds did not notice: " << GetParam().bug;
}

INSTANTIATE_TEST_SUITE_P(Each, MutantTest, testing::ValuesIn(all_mutants()),
                         [](const auto& of) { return std::string(of.param.name); });

TEST(Shorten, WhatIsLeftBreaksTheSameLaw) {
  SimOptions options = of_seed(1);
  options.mutant = "double_late_row";
  SimResult failing = simulate(options);
  while (!failing.violation && options.seed < 60) {
    ++options.seed;
    failing = simulate(options);
  }
  ASSERT_TRUE(failing.violation);
  const SimOptions less = shorten(options, failing);
  const SimResult again = simulate(less);
  ASSERT_TRUE(again.violation);
  EXPECT_EQ(again.violation->law, failing.violation->law);
  EXPECT_LE(again.faults.size(), failing.faults.size());
}

}  // namespace
}  // namespace henge::sim
