#include "scan/json_rows.h"

#include "scan/json_columns.h"
#include "scan/json_number.h"
#include "scan/row_filter.h"
#include "scan/timestamp.h"

namespace henge::scan {

namespace {

class JsonRows : public RowReader {
 public:
  JsonRows(TimestampParser timestamp, JsonColumns columns, RowFilter filter)
      : timestamp_(std::move(timestamp)),
        columns_(std::move(columns)),
        filter_(std::move(filter)),
        json_(columns_.keys()) {}

  void read(std::string_view value, std::vector<Row>& rows) override {
    const std::size_t first = rows.size();
    json_.begin(value);
    for (;;) {
      switch (json_.next()) {
        case JsonReader::Step::value:
          rows.push_back(row_of(json_.value()));
          continue;
        case JsonReader::Step::end:
          // Druid counts a record without any value as one that it could not parse.
          if (rows.size() == first) rows.push_back({value, std::nullopt, true});
          return;
        case JsonReader::Step::malformed:
          rows.resize(first);
          rows.push_back({value, std::nullopt, true});
          return;
      }
    }
  }

 private:
  Row row_of(std::string_view bytes) {
    Row row{bytes, event_of(columns_.value(0, json_.slots(), bytes)), true};
    if (filter_.is_set() && row.event) {
      const auto field = [&](std::size_t i) {
        return to_field(columns_.value(i + 1, json_.slots(), bytes));
      };
      row.passes = filter_.passes(*row.event, field);
    }
    return row;
  }

  [[nodiscard]] std::optional<Instant> event_of(const JsonValue& value) const {
    switch (value.kind) {
      case JsonKind::text:
        return value.escaped ? timestamp_.of_text(unescape(value.raw))
                             : timestamp_.of_text(value.raw);
      case JsonKind::integer:
      case JsonKind::decimal: {
        const auto number = to_number(value);
        if (const auto* integer = std::get_if<std::int64_t>(&number))
          return timestamp_.of_integer(*integer);
        return timestamp_.of_double(std::get<double>(number));
      }
      case JsonKind::absent:
      case JsonKind::null:
        return timestamp_.of_missing();
      case JsonKind::boolean:
      case JsonKind::array:
      case JsonKind::object:
        return std::nullopt;
    }
    return std::nullopt;
  }

  TimestampParser timestamp_;
  JsonColumns columns_;  // column 0 is the timestamp, the filter's follow
  RowFilter filter_;
  JsonReader json_;
};

}  // namespace

Result<RowReaderChoice> make_json_reader(const Pipeline& pipeline) {
  const Schema& schema = pipeline.schema;
  TRY(auto timestamp, TimestampParser::compile(schema.timestamp));
  TRY(auto filter, RowFilter::compile(schema));
  std::vector<std::string> columns{schema.timestamp.column};
  columns.insert(columns.end(), filter.columns().begin(), filter.columns().end());
  auto found = JsonColumns::compile(pipeline.stream.input_format, columns);
  if (!found && !filter.columns().empty()) {
    // A path that henge cannot follow is fatal for the timestamp only: the filter can be left to
    // Druid.
    filter = RowFilter::left_to_druid();
    found = JsonColumns::compile(pipeline.stream.input_format, {schema.timestamp.column});
  }
  if (!found) return tl::unexpected<Error>(found.error());
  const Proof proof = filter.proof();
  return RowReaderChoice{
      std::make_unique<JsonRows>(std::move(timestamp), std::move(*found), std::move(filter)),
      proof};
}

}  // namespace henge::scan
