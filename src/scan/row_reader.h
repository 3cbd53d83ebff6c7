// From one record's value to its rows, each with its event time and whether the user's filter lets
// it pass, as Druid's own streaming reader would have it. Source: Druid 33, JsonReader,
// DelimitedValueReader, KafkaInputReader.
#pragma once

#include <memory>
#include <optional>
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

// Not for use by several threads at once: it keeps scratch space. Make one a thread.
class RowReader {
 public:
  virtual ~RowReader() = default;
  // Appends the rows of a record that has a value. A malformed record is one row without an event
  // time.
  virtual void read(std::string_view value, std::vector<Row>& rows) = 0;
};

// How far the reader decides what Druid decides.
struct RowReaderChoice {
  std::unique_ptr<RowReader> reader;
  Proof proof = Proof::counted;  // reported: the filter can be evaluated by Druid alone
};

// Errors: invalid - an input format, timestamp or path that henge does not evaluate exactly.
Result<RowReaderChoice> make_row_reader(const Pipeline& pipeline);

}  // namespace henge::scan
