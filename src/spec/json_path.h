// Which fields of a flattenSpec henge follows itself.
#pragma once

#include <string_view>

#include "spec/view.h"

namespace henge::spec {

// $.a.b[0], $['a b'].c: one value, found by names and indices alone.
bool is_plain_json_path(std::string_view path);
// Whether a field of a flattenSpec is of type root or tree, or of type path with a plain path.
bool is_plain_path(const View& field);

}  // namespace henge::spec
