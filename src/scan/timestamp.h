// A timestampSpec as a function of one value, with Druid's own answers;
// tests/golden/timestamps.json holds recorded ones.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "model/pipeline.h"
#include "model/result.h"
#include "model/time.h"
#include "scan/joda_pattern.h"

namespace henge::scan {

class TimestampParser {
 public:
  // Errors: invalid - a format that henge does not evaluate exactly, or a missingValue that is no
  // instant.
  static Result<TimestampParser> compile(const TimestampSpec& spec);

  // Nothing where Druid counts the row as unparseable, instants beyond its range included.
  [[nodiscard]] std::optional<Instant> of_text(std::string_view text) const;
  [[nodiscard]] std::optional<Instant> of_integer(std::int64_t value) const;
  // A JSON number with a point or an exponent, or an integer of more than 64 bits.
  [[nodiscard]] std::optional<Instant> of_double(double value) const;
  // What stands for a column that is absent or null.
  [[nodiscard]] std::optional<Instant> of_missing() const { return missing_; }

 private:
  enum class Format { iso, automatic, millis, posix, micro, nano, pattern };

  [[nodiscard]] bool is_numeric() const {
    return format_ != Format::iso && format_ != Format::pattern;
  }
  [[nodiscard]] std::optional<Instant> of_trimmed(std::string_view text) const;
  [[nodiscard]] std::optional<Instant> of_automatic(std::string_view text) const;

  Format format_ = Format::automatic;
  std::optional<JodaPattern> pattern_;
  std::optional<Instant> missing_;
};

}  // namespace henge::scan
