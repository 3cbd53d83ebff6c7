// A checked document into the model, with defaults. What does not fit was reported and is left at
// its default here.
#pragma once

#include "model/pipeline.h"
#include "spec/view.h"

namespace henge::spec {

Pipeline build_pipeline(const View& document);

}  // namespace henge::spec
