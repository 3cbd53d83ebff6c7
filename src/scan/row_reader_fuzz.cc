// Any bytes as a record's value, in each format: rows are slices of the value, and reading one
// record never changes the next.
#include <cstdint>

#include "scan/row_reader.h"

namespace {

henge::Pipeline pipeline(henge::InputFormatKind kind, const char* format) {
  henge::Pipeline p;
  p.schema.timestamp = {"t", "auto", "2020-01-01"};
  p.schema.filter.text =
      R"({"type":"not","field":{"type":"bound","dimension":"a","lower":"1","ordering":"numeric"}})";
  p.stream.input_format = {kind, {format}};
  return p;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace henge;
  const std::string_view value(reinterpret_cast<const char*>(data), size);
  static const std::vector<Pipeline> pipelines{
      pipeline(InputFormatKind::json, R"({"type":"json","flattenSpec":{"fields":[)"
                                      R"({"type":"path","name":"a","expr":"$.b[0].a"}]}})"),
      pipeline(InputFormatKind::csv, R"({"type":"csv","columns":["t","a"]})"),
      pipeline(InputFormatKind::tsv, R"({"type":"tsv","columns":["t","a"],"listDelimiter":","})")};
  static std::vector<std::unique_ptr<scan::RowReader>> experienced;
  if (experienced.empty()) {
    for (const auto& p : pipelines)
      experienced.push_back(std::move(scan::make_row_reader(p)->reader));
  }
  for (std::size_t i = 0; i < pipelines.size(); ++i) {
    std::vector<scan::Row> rows;
    std::vector<scan::Row> again;
    experienced[i]->read(value, rows);
    scan::make_row_reader(pipelines[i])->reader->read(value, again);
    if (rows.size() != again.size()) __builtin_trap();
    for (std::size_t r = 0; r < rows.size(); ++r) {
      if (rows[r].bytes != again[r].bytes || rows[r].event != again[r].event ||
          rows[r].passes != again[r].passes)
        __builtin_trap();
      if (rows[r].bytes.size() > size) __builtin_trap();
    }
  }
  return 0;
}
