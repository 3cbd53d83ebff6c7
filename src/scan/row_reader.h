// From one record's value to its rows, each with its event time and whether the user's filter lets
// it pass, as Druid's own streaming reader would have it. Source: Druid 33, JsonReader,
// DelimitedValueReader, KafkaInputReader.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/lateness.h"
#include "model/pipeline.h"
#include "model/result.h"
#include "model/time.h"

namespace henge::scan {

struct Row {
  std::string_view bytes;        // a slice of the record's value
  std::optional<Instant> event;  // nothing: Druid counts it as unparseable
  bool passes = true;  // the user's own filter; always true where henge cannot evaluate it
  // Where the row itself has a field of the arrival column's name, which Druid then judges it by.
  std::optional<Door> door = std::nullopt;
};

// Lines with which a file begins before its rows do.
struct HeaderLines {
  std::int64_t skipped = 0;  // of no meaning
  bool names = false;        // then one with the names of the columns
};

// Not for use by several threads at once: it keeps scratch space. Make one a thread.
class RowReader {
 public:
  virtual ~RowReader() = default;
  // Appends the rows of a record that has a value. A malformed record is one row without an event
  // time.
  virtual void read(std::string_view value, std::vector<Row>& rows) = 0;
  [[nodiscard]] virtual HeaderLines header() const { return {}; }
  // The line with the names, of each file anew. Gives what is wrong with it; empty: nothing.
  virtual std::string take_names(std::string_view line);
};

// How far the reader decides what Druid decides.
struct RowReaderChoice {
  std::unique_ptr<RowReader> reader;
  Proof proof = Proof::counted;  // reported: the filter can be evaluated by Druid alone
};

// Errors: invalid - an input format, timestamp or path that henge does not evaluate exactly.
Result<RowReaderChoice> make_row_reader(const Pipeline& pipeline);
// For files: records have no header lines, files may. Errors: as above.
Result<RowReaderChoice> make_file_reader(const Pipeline& pipeline);

}  // namespace henge::scan
