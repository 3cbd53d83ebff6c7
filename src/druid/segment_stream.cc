#include "druid/segment_stream.h"

#include <simdjson.h>

#include <cstring>

#include "druid/druid_json.h"
#include "druid/list_scan.h"
#include "druid/segment_row_reader.h"

namespace henge::druid {

namespace {

namespace ondemand = simdjson::ondemand;

// At least so much more is waited for before what was not whole is looked at again.
constexpr std::size_t more_bytes = 2048;
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
  explicit Impl(SegmentTable& given) : table(given) {}

  void reserve(std::size_t bytes);
  void append(std::string_view bytes);
  // Reads segment after segment up to the first thing that is not as expected; the bytes used.
  std::size_t read_rows(std::string_view bytes);
  // All that is whole in the buffer; the rest stays.
  Result<void> read_buffer();
  // Parses everything from the separator at `at` up to the end of the last whole element, where it
  // goes on; `at` if there is none.
  Result<std::size_t> parse_whole_elements(std::size_t at);
  Result<void> parse_list(std::size_t at, std::size_t bytes);
  Result<void> parse_segment(ondemand::object element);
  Result<void> read_shard(ondemand::object element, SegmentRow& row);
  Result<Interval> read_interval(std::string_view text);

  [[nodiscard]] std::size_t behind_spaces(std::size_t at) const {
    while (at < size && is_space(buffer[at])) ++at;
    return at;
  }

  SegmentTable& table;
  SegmentRowReader reader;
  ondemand::parser parser;
  // What is not yet read, with room behind it for the parser to read over the end. It begins with
  // the list's bracket or with the comma behind the last element.
  std::unique_ptr<char[]> buffer;
  std::size_t capacity = 0;
  std::size_t size = 0;
  std::size_t enough = more_bytes;  // in the buffer, to look at it again
  std::uint64_t taken = 0;          // bytes of the body
  std::int64_t count = 0;           // segments read
  bool ended = false;               // the list's closing bracket was read
  std::string interval_text;        // the last one: neighbours share it
  Interval interval{};
};

SegmentStream::SegmentStream(SegmentTable& table) : impl_(std::make_unique<Impl>(table)) {}
SegmentStream::~SegmentStream() = default;

void SegmentStream::Impl::reserve(std::size_t bytes) {
  const std::size_t wanted = bytes + 1 + simdjson::SIMDJSON_PADDING;  // 1: a closing bracket
  if (wanted <= capacity) return;
  const std::size_t grown = std::max(wanted, capacity * 2);
  auto larger = std::make_unique_for_overwrite<char[]>(grown);
  if (size > 0) std::memcpy(larger.get(), buffer.get(), size);
  buffer = std::move(larger);
  capacity = grown;
}

void SegmentStream::Impl::append(std::string_view bytes) {
  reserve(size + bytes.size());
  std::memcpy(buffer.get() + size, bytes.data(), bytes.size());
  size += bytes.size();
}

// Most is read where it lies; only what is cut off between two blocks goes through the buffer.
Result<void> SegmentStream::put(std::string_view bytes) {
  Impl& impl = *impl_;
  impl.taken += bytes.size();
  while (!bytes.empty()) {
    if (impl.size == 0) {
      bytes.remove_prefix(impl.read_rows(bytes));
      if (bytes.size() > more_bytes) {
        // Not just cut off: the general reader takes all that is there.
        impl.append(bytes);
        return impl.read_buffer();
      }
    }
    const std::string_view some = bytes.substr(0, impl.enough - impl.size);
    impl.append(some);
    bytes.remove_prefix(some.size());
    if (impl.size < impl.enough) continue;
    TRY_VOID(impl.read_buffer());
    if (impl.size == 0 || impl.size >= some.size()) continue;
    // What is left is the end of `some`: it is read together with what follows it there.
    bytes = {some.data() + some.size() - impl.size, bytes.size() + impl.size};
    impl.size = 0;
    impl.enough = more_bytes;
  }
  return {};
}

std::size_t SegmentStream::Impl::read_rows(std::string_view bytes) {
  std::size_t used = 0;
  ListedSegment segment;
  while (!ended) {
    std::size_t at = used;
    while (at < bytes.size() && is_space(bytes[at])) ++at;
    if (at == bytes.size()) break;
    if (count > 0 && bytes[at] == ']') {
      ended = true;
      return at + 1;
    }
    if (bytes[at] != (count == 0 ? '[' : ',')) break;
    const std::size_t read = reader.read(bytes.substr(at + 1), segment);
    if (read == 0) break;
    table.add(segment);
    ++count;
    used = at + 1 + read;
  }
  return used;
}

Result<void> SegmentStream::Impl::read_buffer() {
  std::size_t used = 0;
  for (;;) {
    used = behind_spaces(used + read_rows({buffer.get() + used, size - used}));
    if (used == size) break;
    if (ended) return misshapen(count, "more follows behind the list");
    if (buffer[used] != (count == 0 ? '[' : ',')) {
      return misshapen(count, count == 0 ? "expected the [ of a list" : "expected , or ]");
    }
    const std::size_t first = behind_spaces(used + 1);
    if (count == 0 && first < size && buffer[first] == ']') {
      ended = true;
      used = first + 1;
      continue;
    }
    TRY(const std::size_t end, parse_whole_elements(used));
    if (end == used) break;
    used = end;
  }
  size -= used;
  if (size > element_bytes_max) return misshapen(count, "it is larger than 16 MB");
  if (size > 0) std::memmove(buffer.get(), buffer.get() + used, size);
  enough = std::min(size + std::max(size, more_bytes), element_bytes_max + 1);
  return {};
}

// [a,b,c,d   becomes [a,b,c] for the parser and ,d for the next time; the comma then serves as
// bracket.
Result<std::size_t> SegmentStream::Impl::parse_whole_elements(std::size_t at) {
  ListScan scan;
  scan.put("[");
  scan.put({buffer.get() + at + 1, size - at - 1});
  if (scan.element_end() == 0) {
    return scan.list_end() ? Result<std::size_t>(misshapen(count, "expected , or ]")) : at;
  }
  const std::size_t end = at + static_cast<std::size_t>(scan.element_end());
  const char behind = buffer[end];  // there is room, see reserve()
  buffer[end] = ']';
  buffer[at] = '[';
  TRY_VOID(parse_list(at, end + 1 - at));
  buffer[end] = behind;
  return end;
}

Result<void> SegmentStream::Impl::parse_list(std::size_t at, std::size_t bytes) {
  ondemand::document document;
  ondemand::array list;
  auto error = parser.iterate(buffer.get() + at, bytes, capacity - at).get(document);
  if (!error) error = document.get_array().get(list);
  if (error) return misshapen(count, simdjson::error_message(error));
  for (auto element : list) {
    ondemand::object object;
    if (auto bad = element.get_object().get(object)) {
      return misshapen(count, simdjson::error_message(bad));
    }
    reader.forget();
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

Result<void> SegmentStream::finish() {
  Impl& impl = *impl_;
  TRY_VOID(impl.read_buffer());
  if (impl.ended) return {};
  return fail(ErrorKind::unavailable,
              fmt::format("Druid's list of segments is cut off after {} bytes", impl.taken));
}

}  // namespace henge::druid
