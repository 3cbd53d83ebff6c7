// A column of a row as Druid holds it while it decides on the row: after flattening, before
// dimensions are made.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace henge::scan {

struct Null {
  bool operator==(const Null&) const = default;
};
// Druid's text of a nested object or list of objects is Java's toString: no filter of this kind can
// mean it.
struct Opaque {
  bool operator==(const Opaque&) const = default;
};

using Scalar = std::variant<Null, bool, std::int64_t, double, std::string, Opaque>;

struct Field {
  // One value, or those of a list; a list of one is not the same as the value.
  std::vector<Scalar> values;
  bool is_list = false;
  bool operator==(const Field&) const = default;
};

}  // namespace henge::scan
