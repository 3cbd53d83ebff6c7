// The shape of a document of kind Pipeline.
#pragma once

#include "spec/shape.h"

namespace henge::spec {

const Field& pipeline_shape();

}  // namespace henge::spec
