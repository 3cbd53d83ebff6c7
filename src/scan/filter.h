// The user's own filter, evaluated as Druid's streaming tasks evaluate it on a row that was just
// read.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "model/pipeline.h"
#include "model/result.h"
#include "scan/field.h"

namespace henge::scan {

class FilterNode;

class Filter {
 public:
  Filter();
  Filter(Filter&&) noexcept;
  Filter& operator=(Filter&&) noexcept;
  ~Filter();

  // `computed` names the columns that transforms make. Errors: invalid - no JSON or a malformed
  // filter; refused - a filter that only Druid can evaluate, says which part of it.
  static Result<Filter> compile(const JsonText& spec, const std::vector<std::string>& computed);

  // The columns that matches() wants, in its order. `__time` is the row's event time.
  [[nodiscard]] const std::vector<std::string>& columns() const { return columns_; }
  [[nodiscard]] bool matches(std::span<const Field> fields) const;

 private:
  std::vector<std::string> columns_;
  std::unique_ptr<FilterNode> root_;
};

}  // namespace henge::scan
