#include "scan/row_reader.h"

#include "scan/delimited_rows.h"
#include "scan/json_rows.h"

namespace henge::scan {

namespace {

Result<RowReaderChoice> make_reader(const Pipeline& pipeline, RowsOf rows_of) {
  switch (pipeline.stream.input_format.kind) {
    case InputFormatKind::json:
      return make_json_reader(pipeline);
    case InputFormatKind::csv:
    case InputFormatKind::tsv:
      return make_delimited_reader(pipeline, rows_of);
  }
  return fail(ErrorKind::internal, "an input format without a reader");
}

}  // namespace

std::string RowReader::take_names(std::string_view) {
  return "rows of this format have no header line";
}

Result<RowReaderChoice> make_row_reader(const Pipeline& pipeline) {
  return make_reader(pipeline, RowsOf::records);
}

Result<RowReaderChoice> make_file_reader(const Pipeline& pipeline) {
  return make_reader(pipeline, RowsOf::files);
}

}  // namespace henge::scan
