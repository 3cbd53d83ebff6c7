// The JSONPaths that henge follows itself: one value, found by names and indices alone.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "model/result.h"

namespace henge {

// A member's name or an element's index.
using PathStep = std::variant<std::string, std::size_t>;

// $.a.b[0], $['a b']["c"]. Errors: invalid - wildcards, filters, slices, functions, indices from
// the end; says what is known instead.
Result<std::vector<PathStep>> parse_json_path(std::string_view expression);

}  // namespace henge
