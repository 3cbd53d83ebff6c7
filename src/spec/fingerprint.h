// A short name for exact bytes.
#pragma once

#include <string>

#include "model/pipeline.h"

namespace henge::spec {

// 16 hex digits of SHA-256 over the bytes: equal texts, equal fingerprints.
std::string fingerprint(const JsonText& json);

}  // namespace henge::spec
