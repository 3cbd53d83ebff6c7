#include "scan/json_rows.h"

#include "scan/arrival_field.h"
#include "scan/json_columns.h"
#include "scan/json_number.h"
#include "scan/row_filter.h"
#include "scan/timestamp.h"

namespace henge::scan {

namespace {

// Places among the columns that are asked for.
constexpr std::size_t time_at = 0;
constexpr std::size_t arrival_at = 1;
constexpr std::size_t filter_at = 2;

class JsonRows : public RowReader {
 public:
  JsonRows(LatenessRule rule, TimestampParser timestamp, JsonColumns columns, RowFilter filter)
      : rule_(rule),
        timestamp_(std::move(timestamp)),
        columns_(std::move(columns)),
        filter_(std::move(filter)),
        json_(columns_.keys()) {}

  void read(std::string_view value, std::vector<Row>& rows) override {
    const std::size_t first = rows.size();
    json_.begin(value);
    for (;;) {
      switch (json_.next()) {
        case JsonReader::Step::value:
          fill(rows.emplace_back(), json_.value());
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
  // In place: a row that was just written is slow to copy.
  void fill(Row& row, std::string_view bytes) {
    JsonValue found;
    row.bytes = bytes;
    row.event = event_of(columns_.value(time_at, json_.slots(), bytes, found));
    if (!row.event) return;
    const JsonValue& arrival = columns_.value(arrival_at, json_.slots(), bytes, found);
    if (arrival.kind != JsonKind::absent) row.door = door_of_field(rule_, *row.event, arrival);
    if (filter_.is_set()) {
      const auto field = [&](std::size_t i) {
        return to_field(columns_.value(filter_at + i, json_.slots(), bytes, found));
      };
      row.passes = filter_.passes(*row.event, field);
    }
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

  LatenessRule rule_;
  TimestampParser timestamp_;
  JsonColumns columns_;
  RowFilter filter_;
  JsonReader json_;
};

}  // namespace

Result<RowReaderChoice> make_json_reader(const Pipeline& pipeline) {
  const Schema& schema = pipeline.schema;
  TRY(auto timestamp, TimestampParser::compile(schema.timestamp));
  TRY(auto filter, RowFilter::compile(schema));
  const std::vector<std::string> always{schema.timestamp.column, std::string(arrival_column)};
  std::vector<std::string> columns = always;
  columns.insert(columns.end(), filter.columns().begin(), filter.columns().end());
  auto found = JsonColumns::compile(pipeline.stream.input_format, columns);
  if (!found && !filter.columns().empty()) {
    // A path that henge cannot follow is fatal for the timestamp only: the filter can be left to
    // Druid.
    filter = RowFilter::left_to_druid();
    found = JsonColumns::compile(pipeline.stream.input_format, always);
  }
  if (!found) return tl::unexpected<Error>(found.error());
  const Proof proof = filter.proof();
  return RowReaderChoice{std::make_unique<JsonRows>(pipeline.rule, std::move(timestamp),
                                                    std::move(*found), std::move(filter)),
                         proof};
}

}  // namespace henge::scan
