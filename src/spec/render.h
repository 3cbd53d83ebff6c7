// Every spec of a pipeline by name, with a worked example as input where a spec needs one.
#pragma once

#include <map>
#include <string>

#include "model/pipeline.h"
#include "model/result.h"
#include "spec/parity.h"

namespace henge::spec {

// What `henge render --as MODE` shows. Batch specs get an example: one row in the first chunk of
// 2026. Errors: invalid - also when the pipeline's specs of any mode are not in parity.
Result<JsonText> render(const Pipeline& pipeline, Mode mode);

// All modes against the pipeline; a mode that this pipeline can't have (a metric that does not
// merge) is absent. Errors: invalid - the streaming spec can't be rendered.
Result<Parity> parity(const Pipeline& pipeline);

// One fingerprint a mode, over what render() gives.
Result<std::map<Mode, std::string>> fingerprints(const Pipeline& pipeline);

}  // namespace henge::spec
