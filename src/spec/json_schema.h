// A JSON Schema (draft 7) from a shape, for editors.
#pragma once

#include <string>
#include <string_view>

#include "spec/shape.h"

namespace henge::spec {

// Two spaces a level, with a line end: the bytes of schema/*.schema.json.
std::string json_schema(const Field& shape, std::string_view title, std::string_view id);

std::string pipeline_schema();
std::string load_schema();
std::string config_schema();
// For files that hold documents of either kind: the one or the other, by kind.
std::string document_schema();

}  // namespace henge::spec
