// A column of a row as Druid's filters see it while the row is read: its JSON type decides how it
// is compared.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace henge::scan {

struct NullField {
  bool operator==(const NullField&) const = default;
};

// Texts, booleans and lists are compared as one or several texts, in Java's way of printing them;
// an object is one text, too. A filter holds for a list if it holds for one of its texts; an empty
// list is null.
using Texts = std::vector<std::string>;
using Field = std::variant<NullField, std::int64_t, double, Texts>;

}  // namespace henge::scan
