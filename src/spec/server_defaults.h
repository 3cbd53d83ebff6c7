// What Druid adds to a supervisor spec by itself: learnt from Druid 33 answers. For the .cc files
// of this folder only.
#pragma once

#include <string_view>

#include "spec/json_tree.h"

namespace henge::spec {

enum class ServerField {
  by_default,   // Druid's default value
  not_default,  // a known field with another value: somebody set it
  harmful,      // somebody set it, and it breaks the arrival rule or the proof
  unknown,      // a field this version of henge does not know: left alone
};

// `path` as in SpecChange.
ServerField server_field(std::string_view path, const Json& value);

}  // namespace henge::spec
