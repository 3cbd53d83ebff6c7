// A Joda-Time pattern as far as henge evaluates it exactly: numbers and literals, no names of
// months, days, zones or eras.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/result.h"

namespace henge::scan {

class JodaPattern {
 public:
  // Errors: invalid, names the letter that henge cannot evaluate.
  static Result<JodaPattern> compile(std::string_view pattern);
  // Milliseconds since the epoch; the whole text must match.
  [[nodiscard]] std::optional<std::int64_t> parse(std::string_view text) const;

 private:
  enum class Part {
    year,
    month,
    day,
    day_of_year,
    hour,
    minute,
    second,
    fraction,
    offset,
    literal
  };
  struct Element {
    Part part = Part::literal;
    int digits_max = 0;
    std::string text;  // of a literal
  };

  static Result<Element> element_of(char letter, std::size_t length, bool number_follows);

  std::vector<Element> elements_;
};

}  // namespace henge::scan
