// The batch door: appends of late rows beside the running stream, and replacements of whole chunks.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "model/pipeline.h"
#include "model/result.h"

namespace henge::spec {

// Rows in the task itself, one a line. Travels in Druid's metadata store: keep it small.
struct InlineRows {
  std::string lines;
};

// Rows that workers fetch, one a line. The bytes must stay the same for the task's life.
struct HttpRows {
  std::vector<std::string> uris;
};

// Any input source in Druid's form, but for `druid`.
struct SourceRows {
  JsonText input_source;
};

struct AppendInput {
  std::string task_id;
  // The chunks the rows belong to, as a guard: Druid throws away what lies outside (and counts it).
  std::vector<Interval> chunks;
  std::variant<InlineRows, HttpRows, SourceRows> rows;
  int sub_tasks = 1;  // at once, each on a slot of its own
};

// Adds exactly the given rows: the user's transforms and filter apply, the arrival rule does not.
// Errors: invalid - also for inline rows that are not UTF-8, which JSON can't carry unchanged:
// serve those over http.
Result<JsonText> render_append(const Pipeline& pipeline, const AppendInput& input);

struct ReplaceInput {
  std::string task_id;
  std::vector<Interval> intervals;  // whole chunks; every one of them is dropped first, also where
                                    // the input has no row
  JsonText input_source;  // Druid's form. Of type `druid` it re-indexes: metrics combine, nothing
                          // is filtered twice. Empty: nothing comes in their place
  int sub_tasks = 1;      // at once, each on a slot of its own
};

// Errors: invalid.
Result<JsonText> render_replace(const Pipeline& pipeline, const ReplaceInput& input);

}  // namespace henge::spec
