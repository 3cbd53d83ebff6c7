// Faults are drawn as their weights say, in order, and are over in time.
#include "sim/faults.h"

#include <gtest/gtest.h>

namespace henge::sim {
namespace {

constexpr Millis quiet = std::chrono::minutes(40);

TEST(Faults, AreOrderedAndOverInTime) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    Millis before{0};
    for (const Fault& f : draw_faults(Random(seed), usual_faults(quiet))) {
      EXPECT_GE(f.at, before);
      EXPECT_GE(f.lasts, Millis(0));
      EXPECT_LE(f.at + f.lasts, quiet);
      EXPECT_GT(f.strength, 0);
      EXPECT_LE(f.strength, 1);
      before = f.at;
    }
  }
}

TEST(Faults, EveryKindIsDrawnBySomeSeed) {
  std::set<FaultKind> seen;
  for (std::uint64_t seed = 1; seed <= 200; ++seed)
    for (const Fault& f : draw_faults(Random(seed), usual_faults(quiet))) seen.insert(f.kind);
  EXPECT_EQ(seen.size(), fault_kinds);
}

TEST(Faults, AKindWithoutWeightIsNeverDrawnAndChangesNoOther) {
  FaultOptions options = usual_faults(quiet);
  const auto all = draw_faults(Random(7), options);
  options.weights[static_cast<std::size_t>(FaultKind::crash)] = 0;
  options.kinds_share = 1;
  for (const Fault& f : draw_faults(Random(7), options)) EXPECT_NE(f.kind, FaultKind::crash);
  options = usual_faults(quiet);
  options.weights[static_cast<std::size_t>(FaultKind::crash)] = 0;
  std::vector<std::string> left, expected;
  for (const Fault& f : draw_faults(Random(7), options)) left.push_back(to_text(f));
  for (const Fault& f : all)
    if (f.kind != FaultKind::crash) expected.push_back(to_text(f));
  EXPECT_EQ(left, expected);
}

TEST(Faults, NamesAreTheirOwn) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < fault_kinds; ++i) names.insert(to_string(static_cast<FaultKind>(i)));
  EXPECT_EQ(names.size(), fault_kinds);
}

}  // namespace
}  // namespace henge::sim
