#include "druid/segment_row_reader.h"

#include <bit>
#include <charconv>
#include <cstring>
#include <limits>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "druid/druid_json.h"

namespace henge::druid {

namespace {

bool is_plain(std::string_view text) {
  unsigned bad = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    bad |= static_cast<unsigned>(byte < 0x20) | static_cast<unsigned>(byte > 0x7e) |
           static_cast<unsigned>(byte == '\\');
  }
  return bad == 0;
}

}  // namespace

std::size_t SegmentRowReader::read(std::string_view bytes, ListedSegment& out) {
  rest_ = bytes;
  if (read_row(out)) return bytes.size() - rest_.size();
  forget();
  return 0;
}

bool SegmentRowReader::read_row(ListedSegment& out) {
  std::int64_t rows = -1;
  std::int64_t size_bytes = 0;
  out.row = SegmentRow{};
  if (!take_same(last_.state_bytes) && !read_state()) return false;
  if (!take_number_or_null(rows)) return false;
  out.like_last = take_same(last_.identity_bytes);
  if (!out.like_last && !read_identity()) return false;
  if (!take(R"(,"loadSpec":)") || !skip_value()) return false;
  const bool same_columns = take_same(last_.columns_bytes);
  if (!same_columns && !read_columns()) return false;
  out.like_last = out.like_last && same_columns;
  if (!read_number_of_partition(out.row)) return false;
  if (!find(R"("size":)") || !take_number(size_bytes) || !skip_out_of(1)) return false;
  out.row.interval = interval_;
  out.row.size_bytes = size_bytes;
  out.row.rows = rows;
  out.row.replication = last_.replication;
  out.row.overshadowed = last_.overshadowed;
  out.row.realtime = last_.realtime;
  out.row.tombstone = last_.shard == "tombstone";
  out.datasource = last_.datasource;
  out.version = last_.version;
  out.dimensions = last_.dimensions;
  out.metrics = last_.metrics;
  return true;
}

void SegmentRowReader::forget() {
  last_.identity_bytes.clear();
  last_.columns_bytes.clear();
}

bool SegmentRowReader::read_state() {
  return take_other(last_.state_bytes, [this] {
    std::int64_t replication = -1;
    const bool read = take(R"({"overshadowed":)") && take_flag(last_.overshadowed) &&
                      take(R"(,"replicationFactor":)") && take_number_or_null(replication) &&
                      take(R"(,"numRows":)");
    if (!read || replication < -1 || replication > std::numeric_limits<std::int16_t>::max())
      return false;
    last_.replication = static_cast<std::int16_t>(replication);
    return true;
  });
}

bool SegmentRowReader::read_identity() {
  return take_other(last_.identity_bytes, [this] {
    return take(R"(,"realtime":)") && take_flag(last_.realtime) && take(R"(,"dataSource":)") &&
           take_text(last_.datasource) && take(R"(,"interval":)") && take_interval() &&
           take(R"(,"version":)") && take_text(last_.version);
  });
}

bool SegmentRowReader::read_columns() {
  return take_other(last_.columns_bytes, [this] {
    return find(R"("dimensions":)") && take_text(last_.dimensions) && find(R"("metrics":)") &&
           take_text(last_.metrics) && find(R"("shardSpec":)") && take(R"({"type":)") &&
           take_text(last_.shard) && find(R"("partitionNum":)");
  });
}

bool SegmentRowReader::read_number_of_partition(SegmentRow& row) {
  std::int64_t partition = 0;
  if (!take_number(partition) || !skip_out_of(1)) return false;
  if (partition < 0 || partition > std::numeric_limits<std::int32_t>::max()) return false;
  row.partition = static_cast<std::int32_t>(partition);
  return true;
}

bool SegmentRowReader::take_interval() {
  // Chunks are listed one after the other: most begin where the last one ended, in the same words.
  constexpr std::size_t instant_size = 24;
  std::string text = std::move(last_.interval);
  const bool goes_on = text.size() == 2 * instant_size + 1 && rest_.size() > instant_size &&
                       text.compare(instant_size + 1, instant_size, rest_, 1, instant_size) == 0;
  last_.interval.clear();  // until it is known to be one
  if (!take_text(text)) return false;
  if (goes_on && text.size() == 2 * instant_size + 1 && text[instant_size] == '/') {
    const auto end = parse_instant(std::string_view(text).substr(instant_size + 1));
    if (!end || *end <= interval_.end) return false;
    interval_ = {interval_.end, *end};
  } else {
    const auto parsed = parse_druid_interval(text);
    if (!parsed) return false;
    interval_ = *parsed;
  }
  last_.interval = std::move(text);
  return true;
}

bool SegmentRowReader::take_flag(bool& out) {
  out = take("true");
  return out || take("false");
}

bool SegmentRowReader::take_number(std::int64_t& out) {
  const char* const begin = rest_.data();
  const char* const end = begin + rest_.size();
  const auto [stop, error] = std::from_chars(begin, end, out);
  // What goes on is no whole number, or is cut off; what begins with 0 is no JSON.
  if (error != std::errc() || stop == end || (*stop != ',' && *stop != '}')) return false;
  if (stop - begin > 1 && (begin[0] == '0' || (begin[0] == '-' && begin[1] == '0'))) return false;
  rest_.remove_prefix(static_cast<std::size_t>(stop - begin));
  return true;
}

bool SegmentRowReader::take_number_or_null(std::int64_t& out) {
  return take("null") || take_number(out);
}

bool SegmentRowReader::take_text(std::string& last) {
  const std::size_t size = last.size();
  const bool same = rest_.size() > size + 1 && rest_[0] == '"' && rest_[size + 1] == '"' &&
                    std::memcmp(rest_.data() + 1, last.data(), size) == 0;
  if (!same) return take_new_text(last);
  rest_.remove_prefix(size + 2);
  return true;
}

bool SegmentRowReader::take_new_text(std::string& last) {
  if (!rest_.starts_with('"')) return false;
  const std::size_t end = rest_.find('"', 1);
  if (end == std::string_view::npos) return false;
  const std::string_view text = rest_.substr(1, end - 1);
  if (!is_plain(text)) return false;
  last.assign(text);
  rest_.remove_prefix(end + 1);
  return true;
}

bool SegmentRowReader::find(std::string_view member) {
  while (take(",")) {
    if (take(member)) return true;
    if (!skip_text() || !take(":") || !skip_value()) return false;
  }
  return false;
}

bool SegmentRowReader::skip_text() {
  if (!rest_.starts_with('"')) return false;
  const std::size_t end = rest_.find('"', 1);
  // It may be an escaped quote.
  if (end == std::string_view::npos || rest_[end - 1] == '\\') return false;
  rest_.remove_prefix(end + 1);
  return true;
}

bool SegmentRowReader::skip_value() {
  if (rest_.starts_with('"')) return skip_text();
  if (rest_.starts_with('{') && skip_flat()) return true;
  if (rest_.starts_with('{') || rest_.starts_with('[')) return skip_out_of(0);
  std::size_t end = 0;
  while (end < rest_.size() && rest_[end] != ',' && rest_[end] != '}') ++end;
  if (end == rest_.size() || end == 0) return false;
  rest_.remove_prefix(end);
  return true;
}

// Text by text and brace by brace would take longer than all the rest of a segment. So: the first
// brace, bracket, backslash (or bar, their neighbour) has to be the closing brace, behind whole
// texts.
bool SegmentRowReader::skip_flat() {
#if defined(__SSE2__)
  constexpr std::ptrdiff_t window = 16;
  const char* const end = rest_.data() + rest_.size();
  unsigned quotes = 0;
  for (const char* at = rest_.data() + 1; end - at >= window; at += window) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const __m128i lower = _mm_or_si128(bytes, _mm_set1_epi8(0x20));
    // { | } and, made lower, [ \ ]: the only ones between these two. Beyond ASCII is negative.
    const __m128i stops = _mm_and_si128(_mm_cmpgt_epi8(lower, _mm_set1_epi8('{' - 1)),
                                        _mm_cmplt_epi8(lower, _mm_set1_epi8('}' + 1)));
    const auto quote_bits =
        static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'))));
    const auto stop_bits = static_cast<unsigned>(_mm_movemask_epi8(stops));
    if (stop_bits == 0) {
      quotes ^= quote_bits;
      continue;
    }
    const int place = std::countr_zero(stop_bits);
    const unsigned before = quote_bits & ((1U << place) - 1);
    if (at[place] != '}' || (std::popcount(quotes) + std::popcount(before)) % 2 != 0) return false;
    rest_.remove_prefix(static_cast<std::size_t>(at + place + 1 - rest_.data()));
    return true;
  }
#endif
  return false;
}

bool SegmentRowReader::skip_out_of(int depth) {
  const char* const begin = rest_.data();
  const char* const end = begin + rest_.size();
  const char last = depth > 0 || rest_.starts_with('{') ? '}' : ']';
  for (const char* at = begin; at < end; ++at) {
    switch (*at) {
      case '"': {
        const void* const found = std::memchr(at + 1, '"', static_cast<std::size_t>(end - at - 1));
        if (found == nullptr) return false;
        at = static_cast<const char*>(found);
        if (at[-1] == '\\') return false;  // may be an escaped quote
        break;
      }
      case '{':
      case '[':
        ++depth;
        break;
      case '}':
      case ']':
        if (--depth > 0) break;
        if (*at != last) return false;
        rest_.remove_prefix(static_cast<std::size_t>(at + 1 - begin));
        return true;
      default:
        break;
    }
  }
  return false;
}

}  // namespace henge::druid
