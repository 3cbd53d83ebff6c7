#include "scan/delimited_rows.h"

namespace henge::scan {

Result<RowReaderChoice> make_delimited_reader(const Pipeline&) {
  return fail(ErrorKind::invalid, "CSV and TSV are not read");
}

}  // namespace henge::scan
