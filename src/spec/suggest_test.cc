#include "spec/suggest.h"

#include <gtest/gtest.h>

namespace henge::spec {
namespace {

TEST(Suggest, distance) {
  struct Case {
    const char* a;
    const char* b;
    std::size_t distance;
  };
  const Case cases[] = {{"", "", 0},
                        {"a", "", 1},
                        {"abc", "abc", 0},
                        {"abc", "acb", 1},
                        {"kitten", "sitting", 3},
                        {"datasorce", "datasource", 1},
                        {"dataSource", "datasource", 0},
                        {"task_count", "taskCount", 0},
                        {"latness", "lateness", 1},
                        {"ab", "xy", 2},
                        {"lables", "labels", 1}};
  for (const Case& c : cases) {
    EXPECT_EQ(edit_distance(c.a, c.b), c.distance) << c.a << " " << c.b;
    EXPECT_EQ(edit_distance(c.b, c.a), c.distance) << c.b << " " << c.a;
  }
}

TEST(Suggest, nearest_is_near_or_nothing) {
  const std::vector<std::string> known{"topic", "taskCount", "taskDuration", "replicas"};
  EXPECT_EQ(nearest("topics", known), "topic");
  EXPECT_EQ(nearest("task_duration", known), "taskDuration");
  EXPECT_EQ(nearest("replica", known), "replicas");
  EXPECT_EQ(nearest("bananas", known), std::nullopt);
  EXPECT_EQ(nearest("x", {}), std::nullopt);
  EXPECT_EQ(nearest(std::string(100'000, 'x'), known), std::nullopt)
      << "bounded work for absurd names";
}

TEST(Suggest, text) {
  EXPECT_EQ(suggestion("topix", {"topic"}), "did you mean topic?");
  EXPECT_EQ(suggestion("zzz", {"topic", "replicas"}), "known here: topic, replicas");
  EXPECT_EQ(suggestion("zzz", {}), "");
}

}  // namespace
}  // namespace henge::spec
