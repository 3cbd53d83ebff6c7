#include "daemon/wiring.h"

#include <gtest/gtest.h>

namespace henge::daemon {
namespace {

TEST(RunToEnd, WorkThatWaitsForNothingJustEnds) {
  int runs = 0;
  const auto nothing = [&]() -> runtime::Async<void> {
    ++runs;
    co_return Result<void>{};
  };
  EXPECT_TRUE(run_to_end(nothing, [] {}));
  EXPECT_TRUE(run_to_end(nothing, [] {})) << "and a second time, on the same loop";
  EXPECT_EQ(runs, 2);
}

TEST(RunToEnd, GivesWhatTheWorkEndedWith) {
  const auto work = []() -> runtime::Async<void> { co_return fail(ErrorKind::refused, "no"); };
  const auto done = run_to_end(work, [] {});
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, ErrorKind::refused);
}

}  // namespace
}  // namespace henge::daemon
