// The shape of a document of kind Config.
#pragma once

#include "spec/shape.h"

namespace henge::spec {

const Field& config_shape();

}  // namespace henge::spec
