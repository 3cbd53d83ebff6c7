// The filter of a schema as a row reader applies it: evaluated, absent, or left to Druid.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "model/pipeline.h"
#include "model/time.h"
#include "scan/filter.h"

namespace henge::scan {

class RowFilter {
 public:
  // Errors: invalid.
  static Result<RowFilter> compile(const Schema& schema);
  static RowFilter left_to_druid();

  [[nodiscard]] bool is_set() const { return filter_.has_value(); }
  [[nodiscard]] Proof proof() const { return proof_; }
  // Columns to be read from the row; the event time is not one of them.
  [[nodiscard]] const std::vector<std::string>& columns() const { return columns_; }

  // `field(i)` gives columns()[i] of the row.
  template <typename FieldOf>
  bool passes(Instant event, FieldOf field) {
    for (std::size_t i = 0; i < columns_.size(); ++i) fields_[place_[i]] = field(i);
    if (time_) fields_[*time_] = to_ms(event);
    return filter_->matches(fields_);
  }

 private:
  std::optional<Filter> filter_;
  Proof proof_ = Proof::counted;
  std::vector<std::string> columns_;
  std::vector<std::size_t> place_;  // of columns_[i] among the filter's own columns
  std::optional<std::size_t> time_;
  std::vector<Field> fields_;
};

}  // namespace henge::scan
