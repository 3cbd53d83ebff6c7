// Rows of CSV and TSV records: every line of a record is a row.
#pragma once

#include "scan/row_reader.h"

namespace henge::scan {

// Errors: invalid - no columns, or options that make a row's meaning depend on the rows before it.
Result<RowReaderChoice> make_delimited_reader(const Pipeline& pipeline);

}  // namespace henge::scan
