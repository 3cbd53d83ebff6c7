// Compaction of whole chunks: the same rows in fewer, larger segments.
#pragma once

#include <string>

#include "model/pipeline.h"
#include "model/result.h"

namespace henge::spec {

// Metrics take their combining form, so that counts stay what they were. Errors: invalid - the
// interval cuts a chunk, or a metric has no combining form.
Result<JsonText> render_compaction(const Pipeline& pipeline, Interval interval,
                                   const std::string& task_id);

}  // namespace henge::spec
