// Tasks of queries: the one that leads and its workers are henge's, by the name that Druid makes of
// henge's own. The answers are those that Druid's sources say (tests/golden/druid/msq).
#include "reconcile/task_owner.h"

#include <gtest/gtest.h>

namespace henge::reconcile {
namespace {

TEST(TaskOwner, QueriesOfHengesAreItsOwnWithTheirWorkers) {
  Pipeline pipeline;
  pipeline.name = "clicks_p";
  pipeline.datasource = "clicks";
  const std::string query = "query-henge_clicks_p_load_c0ffee00_000001_1_1";
  const struct {
    std::string id;
    std::string group;
    const char* type;
    TaskOwner owner;
  } cases[] = {
      {query, query, "query_controller", TaskOwner::henge},
      {query + "-worker0_0", query, "query_worker", TaskOwner::henge},
      {query + "-worker12_3", query, "query_worker", TaskOwner::henge},
      {"query-henge_clicks_p_load_0ther000_000001_1_1", "", "query_controller", TaskOwner::foreign},
      {"query-henge_clicks_load_c0ffee00_000001_1_1", "", "query_controller", TaskOwner::foreign},
      {"query-3dc0c45d-34d7-4b15-86c9-cdb2d3ebfc4e", "", "query_controller", TaskOwner::foreign},
      {"query-query-henge_clicks_p_load_c0ffee00_000001_1_1", "", "query_controller",
       TaskOwner::foreign},
  };
  for (const auto& c : cases) {
    TaskStatus task;
    task.id = c.id;
    task.group_id = c.group;
    task.type = c.type;
    EXPECT_EQ(owner_of(pipeline, "c0ffee00", task), c.owner) << c.id;
  }
  EXPECT_EQ(owner_of_id(pipeline, "c0ffee00", query), TaskOwner::henge) << "as locks name it";
}

}  // namespace
}  // namespace henge::reconcile
