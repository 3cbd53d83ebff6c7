#include "scan/row_reader.h"

#include "scan/delimited_rows.h"
#include "scan/json_rows.h"

namespace henge::scan {

Result<RowReaderChoice> make_row_reader(const Pipeline& pipeline) {
  switch (pipeline.stream.input_format.kind) {
    case InputFormatKind::json:
      return make_json_reader(pipeline);
    case InputFormatKind::csv:
    case InputFormatKind::tsv:
      return make_delimited_reader(pipeline);
  }
  return fail(ErrorKind::internal, "an input format without a reader");
}

}  // namespace henge::scan
