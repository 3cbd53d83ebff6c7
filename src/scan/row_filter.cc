#include "scan/row_filter.h"

namespace henge::scan {

Result<RowFilter> RowFilter::compile(const Schema& schema) {
  RowFilter row_filter;
  if (schema.filter.empty()) return row_filter;
  std::vector<std::string> computed;
  for (const Transform& transform : schema.transforms) computed.push_back(transform.name);
  auto filter = Filter::compile(schema.filter, computed);
  if (!filter) {
    if (filter.error().kind == ErrorKind::refused) return left_to_druid();
    return tl::unexpected<Error>(std::move(filter).error());
  }
  const auto& wanted = filter->columns();
  row_filter.fields_.resize(wanted.size());
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (wanted[i] == "__time") {
      row_filter.time_ = i;
      continue;
    }
    row_filter.columns_.push_back(wanted[i]);
    row_filter.place_.push_back(i);
  }
  row_filter.filter_ = std::move(*filter);
  return row_filter;
}

RowFilter RowFilter::left_to_druid() {
  RowFilter row_filter;
  row_filter.proof_ = Proof::reported;
  return row_filter;
}

}  // namespace henge::scan
