#include "scan/delimited_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "model/input_option.h"
#include "scan/row_filter.h"
#include "scan/timestamp.h"
#include "scan/utf8_text.h"

namespace henge::scan {

namespace {

using Json = nlohmann::json;

// One field of a line; nothing where it is empty without quotes, which Druid reads as null.
using Cell = std::optional<std::string>;

struct Layout {
  InputFormatKind kind = InputFormatKind::csv;
  std::string delimiter = ",";
  std::string list_delimiter = "\x01";
  std::vector<std::string> columns;
  HeaderLines header;
};

Cell cell_of(std::string_view raw) {
  return raw.empty() ? Cell() : Cell(raw);
}

std::vector<Cell> split_plain(std::string_view line, std::string_view delimiter) {
  std::vector<Cell> cells;
  for (;;) {
    const std::size_t end = line.find(delimiter);
    cells.push_back(cell_of(line.substr(0, end)));
    if (end == std::string_view::npos) return cells;
    line.remove_prefix(end + delimiter.size());
  }
}

// Whether there is a quote at `at` with anything behind it.
bool is_inner_quote(std::string_view line, std::size_t at) {
  return at != std::string_view::npos && at + 1 < line.size();
}

// The end of a field that begins with a quote at `from`. Well-formed fields end at the quote that a
// separator follows; for others the same walk from quote to quote is done as in the reader that
// Druid uses.
std::size_t end_of_quoted(std::string_view line, std::size_t from) {
  std::size_t quote = line.find('"', from + 1);
  bool inside = false;
  while (is_inner_quote(line, quote)) {
    if (!inside && line[quote + 1] == ',') return quote + 1;
    do {
      quote = line.find('"', quote + 1);
      inside = !inside;
    } while (is_inner_quote(line, quote) && line[quote + 1] == '"');
  }
  return line.size();
}

Cell unquote(std::string_view raw) {
  if (raw.find('"') == std::string_view::npos) return cell_of(raw);
  if (raw.size() > 1 && raw.front() == '"' && raw.find('"', 1) != std::string_view::npos) {
    raw.remove_prefix(1);
    if (!raw.empty() && raw.back() == '"') raw.remove_suffix(1);
  }
  std::string text;
  for (std::size_t i = 0; i < raw.size(); ++i) {
    text += raw[i];
    if (raw[i] == '"' && i + 1 < raw.size() && raw[i + 1] == '"') ++i;
  }
  return text;
}

// Fields as the reader of Druid's CSV (opencsv, RFC 4180) cuts a line.
std::vector<Cell> split_quoted(std::string_view line) {
  if (line.find('"') == std::string_view::npos) return split_plain(line, ",");
  std::vector<Cell> cells;
  std::size_t at = 0;
  while (at < line.size()) {
    const std::size_t separator = line.find(',', at);
    const std::size_t end = separator == std::string_view::npos ? line.size()
                            : line[at] == '"'                   ? end_of_quoted(line, at)
                                                                : separator;
    cells.push_back(unquote(line.substr(at, end - at)));
    at = end + 1;
  }
  if (line.ends_with(',')) cells.emplace_back();
  return cells;
}

std::size_t place_of(const Layout& layout, const std::string& column) {
  // Past the end of any line: a column that is not there.
  const auto found = std::ranges::find(layout.columns, column);
  return found == layout.columns.end() ? std::string::npos
                                       : static_cast<std::size_t>(found - layout.columns.begin());
}

class DelimitedRows : public RowReader {
 public:
  DelimitedRows(Layout layout, TimestampParser timestamp, TimestampSpec times, RowFilter filter)
      : layout_(std::move(layout)),
        timestamp_(std::move(timestamp)),
        times_(std::move(times)),
        filter_(std::move(filter)) {
    find_places();
  }

  void read(std::string_view value, std::vector<Row>& rows) override {
    while (!value.empty()) {
      const std::size_t end = value.find('\n');
      std::string_view line = value.substr(0, end);
      // A carriage return belongs to the line's end only where a line feed follows.
      if (end != std::string_view::npos && line.ends_with('\r')) line.remove_suffix(1);
      rows.push_back(row_of(line));
      value.remove_prefix(end == std::string_view::npos ? value.size() : end + 1);
    }
  }

  [[nodiscard]] HeaderLines header() const override { return layout_.header; }

  std::string take_names(std::string_view line) override {
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.starts_with("\xef\xbb\xbf"))
      return "it begins with a byte order mark, which Druid takes for a part of the first name";
    layout_.columns.clear();
    for (const Cell& cell : split(line)) {
      const std::string name = cell ? java_string(*cell) : "";
      if (name.empty()) return "a column of it has no name";
      if (std::ranges::find(layout_.columns, name) != layout_.columns.end())
        return fmt::format("it names the column '{}' twice", name);
      if (name == arrival_column) return fmt::format("the column name {} is henge's own", name);
      layout_.columns.push_back(name);
    }
    find_places();
    if (time_column_ != std::string::npos || times_.missing_value) return "";
    return fmt::format("it does not name the timestamp column '{}'", times_.column);
  }

 private:
  [[nodiscard]] std::vector<Cell> split(std::string_view line) const {
    return layout_.kind == InputFormatKind::csv ? split_quoted(line)
                                                : split_plain(line, layout_.delimiter);
  }

  void find_places() {
    time_column_ = place_of(layout_, times_.column);
    filter_columns_.clear();
    for (const std::string& column : filter_.columns())
      filter_columns_.push_back(place_of(layout_, column));
  }

  Row row_of(std::string_view line) {
    const auto cells = split(line);
    Row row{line, event_of(cells), true};
    if (filter_.is_set() && row.event) {
      row.passes = filter_.passes(
          *row.event, [&](std::size_t i) { return field_of(cells, filter_columns_[i]); });
    }
    return row;
  }

  [[nodiscard]] std::optional<Instant> event_of(const std::vector<Cell>& cells) const {
    if (time_column_ >= cells.size() || !cells[time_column_]) return timestamp_.of_missing();
    const std::string text = java_string(*cells[time_column_]);
    // A list is printed with its brackets then, which no format takes.
    if (text.find(layout_.list_delimiter) != std::string::npos) return std::nullopt;
    return timestamp_.of_text(text);
  }

  [[nodiscard]] Field field_of(const std::vector<Cell>& cells, std::size_t column) const {
    if (column >= cells.size() || !cells[column]) return NullField{};
    Texts texts;
    const std::string text = java_string(*cells[column]);
    std::string_view rest = text;
    for (std::size_t end = rest.find(layout_.list_delimiter); end != std::string_view::npos;
         end = rest.find(layout_.list_delimiter)) {
      texts.emplace_back(rest.substr(0, end));
      rest.remove_prefix(end + layout_.list_delimiter.size());
    }
    texts.emplace_back(rest);
    return texts;
  }

  Layout layout_;
  TimestampParser timestamp_;
  TimestampSpec times_;
  RowFilter filter_;
  std::size_t time_column_ = 0;
  std::vector<std::size_t> filter_columns_;
};

tl::unexpected<Error> unsupported(std::string_view what) {
  return fail(ErrorKind::invalid, fmt::format("the inputFormat's {} is not supported", what));
}

// Jackson takes a text or a number for a truth value, too.
bool is_set(const Json& spec, std::string_view option) {
  if (!spec.contains(option)) return false;
  const Json& value = spec[option];
  return !(value.is_null() || value == false || value == 0 || value == "false");
}

// Source: Druid 33, FlatTextInputFormat. Lines are skipped first, then the names are read.
Result<HeaderLines> header_of(const Json& spec) {
  HeaderLines header;
  header.names = is_set(spec, "findColumnsFromHeader") || is_set(spec, "hasHeaderRow");
  if (is_set(spec, "skipHeaderRows")) {
    const Json& skipped = spec["skipHeaderRows"];
    if (!skipped.is_number_integer() || skipped < 0)
      return fail(ErrorKind::invalid, "the inputFormat's skipHeaderRows must be a whole number");
    header.skipped = skipped;
  }
  if (header.names && spec.contains("columns") && !spec["columns"].empty())
    return fail(ErrorKind::invalid,
                "the inputFormat has columns and findColumnsFromHeader: leave one of them out");
  return header;
}

Result<Layout> layout_of(const InputFormat& format, RowsOf rows_of) {
  const Json spec = Json::parse(format.spec.text, nullptr, false);
  if (spec.is_discarded() || !spec.is_object())
    return fail(ErrorKind::invalid, "the inputFormat is no JSON object");
  const bool files = rows_of == RowsOf::files;
  for (const InputOption& option :
       files ? refused_file_options(format.kind) : refused_options(format.kind)) {
    if (is_set(spec, option.name)) return fail(ErrorKind::invalid, refusal_of(option));
  }
  try {
    Layout layout{format.kind, format.kind == InputFormatKind::csv ? "," : "\t", "\x01", {}, {}};
    if (files) {
      TRY(layout.header, header_of(spec));
    }
    if (spec.contains("delimiter") && spec["delimiter"].is_string())
      layout.delimiter = spec["delimiter"];
    if (spec.contains("listDelimiter") && spec["listDelimiter"].is_string())
      layout.list_delimiter = spec["listDelimiter"];
    if (!layout.header.names) layout.columns = spec.at("columns").get<std::vector<std::string>>();
    if (std::ranges::find(layout.columns, arrival_column) != layout.columns.end()) {
      return fail(ErrorKind::invalid,
                  fmt::format("the column name {} is henge's own", arrival_column));
    }
    if (layout.delimiter.empty() || layout.list_delimiter.empty())
      return unsupported("empty delimiter");
    return layout;
  } catch (const Json::exception&) {
    return fail(ErrorKind::invalid, "the inputFormat needs columns, a list of names");
  }
}

}  // namespace

Result<RowReaderChoice> make_delimited_reader(const Pipeline& pipeline, RowsOf rows_of) {
  TRY(auto layout, layout_of(pipeline.stream.input_format, rows_of));
  TRY(auto timestamp, TimestampParser::compile(pipeline.schema.timestamp));
  TRY(auto filter, RowFilter::compile(pipeline.schema));
  const Proof proof = filter.proof();
  return RowReaderChoice{
      std::make_unique<DelimitedRows>(std::move(layout), std::move(timestamp),
                                      pipeline.schema.timestamp, std::move(filter)),
      proof};
}

}  // namespace henge::scan
