// How a metric is computed again from its own column: what compaction and re-indexing need instead
// of the declared form.
#pragma once

#include "model/pipeline.h"
#include "model/result.h"

namespace henge::spec {

// The aggregator that merges rows already aggregated by `metric`, under the same name: count
// becomes the longSum of itself, a sum the sum of itself, a sketch built from values the merge of
// sketches. Errors: invalid - the aggregator has no such form, or henge does not know it.
Result<JsonText> combining_form(const Metric& metric);

}  // namespace henge::spec
