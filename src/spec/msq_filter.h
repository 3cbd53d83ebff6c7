// The pipeline's own filter as SQL's WHERE, where that keeps the same rows. For the .cc files of
// this folder only.
#pragma once

#include <string>

#include "spec/msq_text.h"

namespace henge::spec {

// Notes the columns that it reads, all as text. Errors: invalid - a filter that SQL does not say
// the same way: comparisons with null, and of ranges; says which.
Result<std::string> sql_filter(const Json& filter, MsqColumns& columns);

}  // namespace henge::spec
