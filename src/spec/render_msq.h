// The same replacement as SQL that Druid runs as a task (MSQ), for the pipelines of which that
// makes the same rows. docs/msq.md says from which of Druid's sources this is known; it was never
// run.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/pipeline.h"
#include "model/result.h"

namespace henge::spec {

// What Druid puts before a query's id to name its task. A task's id begins with it.
inline constexpr std::string_view msq_task_prefix = "query-";

// Empty: MSQ makes the rows that index_parallel would make. Else the field that stands against it,
// and why: "rollup: without it metrics would become dimensions".
std::string msq_unfit(const Pipeline& pipeline);

struct MsqInput {
  std::string task_id;              // query-...
  std::vector<Interval> intervals;  // whole chunks in order; every one is dropped first
  JsonText input_source;            // Druid's form; not of type druid
  int workers = 1;                  // at once, each on a slot; one more leads them
};

// The body of POST /druid/v2/sql/task. A row of which MSQ can't read the time makes the task fail,
// instead of being left out. Errors: invalid - also where msq_unfit() says so.
Result<JsonText> render_msq_replace(const Pipeline& pipeline, const MsqInput& input);

}  // namespace henge::spec
