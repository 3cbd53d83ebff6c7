// Rows of CSV and TSV: every line of a record is a row, and of a file every one after its header.
#pragma once

#include "scan/row_reader.h"

namespace henge::scan {

enum class RowsOf { records, files };

// Errors: invalid - no columns, or options that make a row's meaning depend on the rows before it
// in another way than by a file's header.
Result<RowReaderChoice> make_delimited_reader(const Pipeline& pipeline, RowsOf rows_of);

}  // namespace henge::scan
