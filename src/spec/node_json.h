// A part of a file that goes on to Druid, as JSON.
#pragma once

#include <string>

#include "model/pipeline.h"
#include "spec/view.h"

namespace henge::spec {

// Sorted keys, no white space; an absent view gives an empty text. Numbers keep their value, not
// their spelling.
JsonText json_of(const View& value);
// The object with one text field more or replaced.
JsonText json_with(const View& object, std::string_view name, std::string_view value);
// {"name":...,"type":...}
JsonText json_of_named(std::string_view type, std::string_view name);

}  // namespace henge::spec
