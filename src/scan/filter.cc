#include "scan/filter.h"

namespace henge::scan {

class FilterNode {};

Filter::Filter() = default;
Filter::Filter(Filter&&) noexcept = default;
Filter& Filter::operator=(Filter&&) noexcept = default;
Filter::~Filter() = default;

Result<Filter> Filter::compile(const JsonText&, const std::vector<std::string>&) {
  return fail(ErrorKind::refused, "filters are left to Druid");
}

bool Filter::matches(std::span<const Field>) const {
  return true;
}

}  // namespace henge::scan
