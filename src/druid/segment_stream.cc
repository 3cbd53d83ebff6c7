#include "druid/segment_stream.h"

#include <simdjson.h>

#include <cstring>

#include "druid/druid_json.h"
#include "druid/list_scan.h"

namespace henge::druid {

namespace {

namespace ondemand = simdjson::ondemand;

constexpr std::size_t block_bytes = 256UL * 1024;
// Of a single segment: Druid's own largest ones, with a long shard specification, are far smaller.
constexpr std::size_t element_bytes_max = 16UL * 1024 * 1024;

tl::unexpected<Error> misshapen(std::int64_t number, std::string_view what) {
  return fail(
      ErrorKind::unavailable,
      fmt::format("Druid's list of segments has an unknown shape: segment {}: {}", number, what));
}

bool is_space(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

}  // namespace

struct SegmentStream::Impl {
  explicit Impl(SegmentTable& given) : table(given) { reserve(block_bytes * 2); }

  void reserve(std::size_t bytes);
  Result<void> take(std::string_view bytes);
  // Parses everything up to the end of the last whole element.
  Result<void> parse_whole_elements();
  Result<void> parse_list(std::size_t bytes);
  Result<void> parse_segment(ondemand::object element);
  Result<void> read_shard(ondemand::object element, SegmentRow& row);
  Result<Interval> read_interval(std::string_view text);
  // Behind the last element: the list's end and nothing more.
  Result<void> check_end() const;

  SegmentTable& table;
  ListScan scan;
  ondemand::parser parser;
  // What is not yet parsed, with room behind it for the parser to read over the end. It begins with
  // the list's bracket or with the comma behind the last parsed element.
  std::unique_ptr<char[]> buffer;
  std::size_t capacity = 0;
  std::size_t size = 0;
  std::uint64_t parsed = 0;   // bytes of the body before the buffer
  std::int64_t count = 0;     // segments read
  std::string interval_text;  // the last one: neighbours share it
  Interval interval{};
};

SegmentStream::SegmentStream(SegmentTable& table) : impl_(std::make_unique<Impl>(table)) {}
SegmentStream::~SegmentStream() = default;

void SegmentStream::Impl::reserve(std::size_t bytes) {
  const std::size_t wanted = bytes + simdjson::SIMDJSON_PADDING;
  if (wanted <= capacity) return;
  auto larger = std::make_unique_for_overwrite<char[]>(wanted);
  if (size > 0) std::memcpy(larger.get(), buffer.get(), size);
  buffer = std::move(larger);
  capacity = wanted;
}

Result<void> SegmentStream::put(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::string_view some = bytes.substr(0, block_bytes);
    bytes.remove_prefix(some.size());
    TRY_VOID(impl_->take(some));
  }
  return {};
}

Result<void> SegmentStream::Impl::take(std::string_view bytes) {
  reserve(size + bytes.size());
  std::memcpy(buffer.get() + size, bytes.data(), bytes.size());
  size += bytes.size();
  scan.put(bytes);
  if (size >= block_bytes) TRY_VOID(parse_whole_elements());
  if (size > element_bytes_max) return misshapen(count, "it is larger than 16 MB");
  return {};
}

// [a,b,c,d   becomes [a,b,c] for the parser and ,d for the next time; the comma then serves as
// bracket.
Result<void> SegmentStream::Impl::parse_whole_elements() {
  if (scan.element_end() <= parsed) return {};
  const auto end = static_cast<std::size_t>(scan.element_end() - parsed);
  const char behind = buffer[end];  // there is room, see reserve()
  buffer[end] = ']';
  TRY_VOID(parse_list(end + 1));
  buffer[end] = behind;
  std::memmove(buffer.get(), buffer.get() + end, size - end);
  size -= end;
  parsed += end;
  return {};
}

Result<void> SegmentStream::Impl::parse_list(std::size_t bytes) {
  std::size_t first = 0;
  while (first < bytes && is_space(buffer[first])) ++first;
  const char expected = parsed == 0 ? '[' : ',';
  if (buffer[first] != expected) {
    return misshapen(count, parsed == 0 ? "expected the [ of a list" : "expected , or ]");
  }
  buffer[first] = '[';
  ondemand::document document;
  ondemand::array list;
  auto error = parser.iterate(buffer.get(), bytes, capacity).get(document);
  if (!error) error = document.get_array().get(list);
  if (error) return misshapen(count, simdjson::error_message(error));
  for (auto element : list) {
    ondemand::object object;
    if (auto bad = element.get_object().get(object)) {
      return misshapen(count, simdjson::error_message(bad));
    }
    TRY_VOID(parse_segment(object));
    ++count;
  }
  const char* more = nullptr;
  const auto at_end = document.current_location().get(more);
  return at_end == simdjson::OUT_OF_BOUNDS ? Result<void>()
                                           : misshapen(count, "brackets do not match");
}

namespace {

// Nothing for null and for what is not there: both mean "not known".
template <typename T>
simdjson::error_code optional_field(ondemand::object& object, std::string_view key,
                                    std::optional<T>& out) {
  ondemand::value value;
  auto error = object.find_field_unordered(key).get(value);
  if (error == simdjson::NO_SUCH_FIELD) return simdjson::SUCCESS;
  if (error) return error;
  T found{};
  error = value.get(found);
  if (!error) {
    out = found;
    return simdjson::SUCCESS;
  }
  return value.is_null() ? simdjson::SUCCESS : error;
}

}  // namespace

#define HENGE_FIELD(name, ...)        \
  if (const auto bad = (__VA_ARGS__)) \
  return misshapen(count, fmt::format("{}: {}", name, simdjson::error_message(bad)))

// Fields are asked for in the order in which Druid writes them: another order costs time only.
Result<void> SegmentStream::Impl::parse_segment(ondemand::object element) {
  ListedSegment segment;
  std::string_view interval_field;
  std::optional<std::string_view> dimensions;
  std::optional<std::string_view> metrics;
  std::optional<std::int64_t> size_bytes;
  std::optional<std::int64_t> replication;
  std::optional<std::int64_t> rows;
  std::optional<bool> overshadowed;
  std::optional<bool> realtime;
  HENGE_FIELD("overshadowed", optional_field(element, "overshadowed", overshadowed));
  HENGE_FIELD("replicationFactor", optional_field(element, "replicationFactor", replication));
  HENGE_FIELD("numRows", optional_field(element, "numRows", rows));
  HENGE_FIELD("realtime", optional_field(element, "realtime", realtime));
  HENGE_FIELD("dataSource", element.find_field_unordered("dataSource").get(segment.datasource));
  HENGE_FIELD("interval", element.find_field_unordered("interval").get(interval_field));
  HENGE_FIELD("version", element.find_field_unordered("version").get(segment.version));
  HENGE_FIELD("dimensions", optional_field(element, "dimensions", dimensions));
  HENGE_FIELD("metrics", optional_field(element, "metrics", metrics));
  TRY_VOID(read_shard(element, segment.row));
  HENGE_FIELD("size", optional_field(element, "size", size_bytes));
  auto span = read_interval(interval_field);
  if (!span) return misshapen(count, span.error().message);
  constexpr std::int64_t replication_max = std::numeric_limits<std::int16_t>::max();
  segment.dimensions = dimensions.value_or("");
  segment.metrics = metrics.value_or("");
  segment.row.interval = *span;
  segment.row.size_bytes = size_bytes.value_or(0);
  segment.row.rows = rows.value_or(-1);
  segment.row.replication = static_cast<std::int16_t>(
      std::clamp<std::int64_t>(replication.value_or(-1), -1, replication_max));
  segment.row.overshadowed = overshadowed.value_or(false);
  segment.row.realtime = realtime.value_or(false);
  table.add(segment);
  return {};
}

// Of any kind of shard, known or not: its number, and whether it stands for nothing. A segment
// without one has no siblings.
Result<void> SegmentStream::Impl::read_shard(ondemand::object element, SegmentRow& row) {
  ondemand::value value;
  auto error = element.find_field_unordered("shardSpec").get(value);
  if (error == simdjson::NO_SUCH_FIELD) return {};
  HENGE_FIELD("shardSpec", error);
  ondemand::json_type type{};
  HENGE_FIELD("shardSpec", value.type().get(type));
  if (type == ondemand::json_type::null) return {};
  ondemand::object shard;
  std::optional<std::string_view> kind;
  std::optional<std::int64_t> partition;
  HENGE_FIELD("shardSpec", value.get_object().get(shard));
  HENGE_FIELD("shardSpec.type", optional_field(shard, "type", kind));
  HENGE_FIELD("shardSpec.partitionNum", optional_field(shard, "partitionNum", partition));
  const std::int64_t number = partition.value_or(0);
  if (number < 0 || number > std::numeric_limits<std::int32_t>::max()) {
    return misshapen(count, fmt::format("shardSpec.partitionNum: {}", number));
  }
  row.partition = static_cast<std::int32_t>(number);
  row.tombstone = kind == "tombstone";
  return {};
}

#undef HENGE_FIELD

Result<Interval> SegmentStream::Impl::read_interval(std::string_view text) {
  if (text == interval_text && !text.empty()) return interval;
  TRY(interval, parse_druid_interval(text));
  interval_text = text;
  return interval;
}

Result<void> SegmentStream::Impl::check_end() const {
  std::string_view rest(buffer.get(), size);
  const auto skip_spaces = [&rest] {
    while (!rest.empty() && is_space(rest.front())) rest.remove_prefix(1);
  };
  skip_spaces();
  if (parsed == 0) {
    if (!rest.starts_with('[')) return misshapen(count, "expected the [ of a list");
    rest.remove_prefix(1);
    skip_spaces();
  }
  if (!rest.starts_with(']')) return misshapen(count, "expected , or ]");
  rest.remove_prefix(1);
  skip_spaces();
  return rest.empty() ? Result<void>() : misshapen(count, "more follows behind the list");
}

Result<void> SegmentStream::finish() {
  Impl& impl = *impl_;
  if (!impl.scan.list_end()) {
    // What is no list at all is worth a word of its own.
    std::size_t first = 0;
    while (first < impl.size && is_space(impl.buffer[first])) ++first;
    if (impl.parsed == 0 && first < impl.size && impl.buffer[first] != '[') {
      return misshapen(0, "expected the [ of a list");
    }
    return fail(
        ErrorKind::unavailable,
        fmt::format("Druid's list of segments is cut off after {} bytes", impl.scan.scanned()));
  }
  TRY_VOID(impl.parse_whole_elements());
  return impl.check_end();
}

}  // namespace henge::druid
