#include "reconcile/active_tasks.h"

#include <gtest/gtest.h>

namespace henge::reconcile {
namespace {

TaskStatus task(std::string id, std::string datasource) {
  TaskStatus one;
  one.id = std::move(id);
  one.datasource = std::move(datasource);
  return one;
}

std::vector<std::string> ids(std::span<const TaskStatus> tasks) {
  std::vector<std::string> out;
  for (const TaskStatus& one : tasks) out.push_back(one.id);
  return out;
}

using Ids = std::vector<std::string>;

TEST(ActiveTasks, are_found_by_datasource_in_the_order_they_were_listed) {
  const ActiveTasks tasks{task("3", "b"), task("1", "a"), task("2", "b"), task("0", "ab"),
                          task("4", "b")};
  EXPECT_EQ(ids(tasks.of("b")), (Ids{"3", "2", "4"}));
  EXPECT_EQ(ids(tasks.of("a")), (Ids{"1"}));
  EXPECT_EQ(ids(tasks.of("ab")), (Ids{"0"}));
  for (const char* none : {"", "aa", "c"}) EXPECT_TRUE(tasks.of(none).empty()) << none;
}

TEST(ActiveTasks, are_known_by_id) {
  const ActiveTasks tasks{task("1", "a"), task("2", "b")};
  EXPECT_TRUE(tasks.contains("2"));
  EXPECT_FALSE(tasks.contains("b"));
  EXPECT_FALSE(ActiveTasks().contains("1"));
}

}  // namespace
}  // namespace henge::reconcile
