// Rows of JSON records: every root value of a record is a row, and a record with any mistake in it
// has none.
#pragma once

#include <memory>

#include "scan/row_reader.h"

namespace henge::scan {

// Errors: invalid - a flattenSpec or path that henge does not evaluate exactly.
Result<RowReaderChoice> make_json_reader(const Pipeline& pipeline);

}  // namespace henge::scan
