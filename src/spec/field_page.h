// The generated parts of the reference pages: a table of fields for each object, and the list of
// rules.
#pragma once

#include <string>

#include "spec/shape.h"

namespace henge::spec {

std::string field_tables(const Field& shape);
std::string rule_table();
// The page with what stands between <!-- NAME --> and <!-- end of NAME --> replaced. Errors:
// invalid - no such markers.
Result<std::string> with_part(const std::string& page, const std::string& name,
                              const std::string& part);

}  // namespace henge::spec
