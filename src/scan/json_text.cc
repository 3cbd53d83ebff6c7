#include "scan/json_text.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <tuple>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace henge::scan {

namespace {

// All functions below return the place after what they read, or nullptr where the text is
// malformed.
using Place = const char*;

bool is_white(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// Quick where there is none, as in what machines write.
[[gnu::always_inline]] inline Place skip_white(Place p, Place end) {
  while (p < end && static_cast<unsigned char>(*p) <= ' ' && is_white(*p)) ++p;
  return p;
}

template <typename Word>
Word word_at(Place p) {
  Word word = 0;
  std::memcpy(&word, p, sizeof(word));
  return word;
}

// Whether both begin with the same `size` bytes, 4 to 32: compared by words that overlap.
[[gnu::always_inline]] inline bool begin_alike(Place a, Place b, std::size_t size) {
  const auto same = [&]<typename Word>(Word, std::size_t at) {
    return word_at<Word>(a + at) == word_at<Word>(b + at);
  };
  constexpr std::uint32_t four = 0;
  constexpr std::uint64_t eight = 0;
  if (size <= 8) return same(four, 0) && same(four, size - 4);
  if (size <= 16) return same(eight, 0) && same(eight, size - 8);
  return same(eight, 0) && same(eight, 8) && same(eight, size - 16) && same(eight, size - 8);
}

// Jackson checks how many continuation bytes follow a lead byte, and nothing else of UTF-8.
Place skip_utf8(Place p, Place end) {
  const auto lead = static_cast<unsigned char>(*p);
  const int more = lead >= 0xf8 ? -1 : lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : lead >= 0xc0 ? 1 : -1;
  if (more < 0 || end - p <= more) return nullptr;
  for (int i = 1; i <= more; ++i) {
    if ((static_cast<unsigned char>(p[i]) & 0xc0) != 0x80) return nullptr;
  }
  return p + more + 1;
}

// A character that is written longer than needed, or stands for no character: Jackson reads it all
// the same, so the text is not its bytes.
bool is_irregular(Place p) {
  const auto lead = static_cast<unsigned char>(p[0]);
  const auto second = static_cast<unsigned char>(p[1]);
  switch (lead) {
    case 0xe0:
      return second < 0xa0;
    case 0xed:
      return second >= 0xa0;
    case 0xf0:
      return second < 0x90;
    case 0xf4:
      return second >= 0x90;
    default:
      return lead < 0xc2 || lead > 0xf4;
  }
}

Place skip_escape(Place p, Place end) {
  ++p;
  if (p >= end) return nullptr;
  if (*p != 'u') return std::strchr("\"\\/bfnrt", *p) != nullptr && *p != '\0' ? p + 1 : nullptr;
  if (end - p < 5) return nullptr;
  return std::all_of(p + 1, p + 5, is_hex) ? p + 5 : nullptr;
}

#if defined(__SSE2__)
constexpr std::ptrdiff_t window = 16;

// One bit for each of 16 bytes of a string that needs a look: a quote, a backslash, a control
// character, or beyond ASCII.
inline unsigned special_bits(Place p) {
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
  // Signed: bytes beyond ASCII are below the space, too.
  const __m128i low = _mm_cmplt_epi8(bytes, _mm_set1_epi8(' '));
  const __m128i quote = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
  const __m128i backslash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
  return static_cast<unsigned>(
      _mm_movemask_epi8(_mm_or_si128(low, _mm_or_si128(quote, backslash))));
}

// How many of 16 bytes are digits, up to the first that is none.
inline int digits_in_front(Place p) {
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
  // Digits are moved to the ten smallest signed bytes.
  const __m128i moved = _mm_add_epi8(bytes, _mm_set1_epi8(static_cast<char>(-128 - '0')));
  const __m128i others = _mm_cmpgt_epi8(moved, _mm_set1_epi8(-128 + 9));
  return std::countr_zero(static_cast<unsigned>(_mm_movemask_epi8(others)) | 1U << window);
}
#endif

// To the next byte of a string that needs a look.
Place skip_plain(Place p, Place end) {
#if defined(__SSE2__)
  for (; end - p >= window; p += window) {
    if (const unsigned bits = special_bits(p); bits != 0) return p + std::countr_zero(bits);
  }
#endif
  while (p < end && *p != '"' && *p != '\\' && static_cast<signed char>(*p) >= ' ') ++p;
  return p;
}

// p is after the opening quote; returns the place after the closing one.
Place skip_any_string(Place p, Place end, bool& escaped) {
  for (;;) {
    p = skip_plain(p, end);
    if (p >= end) return nullptr;
    if (*p == '"') return p + 1;
    if (*p == '\\') {
      escaped = true;
      p = skip_escape(p, end);
    } else {
      if (static_cast<signed char>(*p) >= 0) return nullptr;
      const Place character = p;
      p = skip_utf8(p, end);
      escaped = escaped || (p != nullptr && is_irregular(character));
    }
    if (p == nullptr) return nullptr;
  }
}

// The same, quick for the short plain strings that most are.
[[gnu::always_inline]] inline Place skip_string(Place p, Place end, bool& escaped) {
#if defined(__SSE2__)
  for (; end - p >= window; p += window) {
    const unsigned bits = special_bits(p);
    if (bits == 0) continue;
    p += std::countr_zero(bits);
    if (*p == '"') return p + 1;
    break;
  }
#endif
  return skip_any_string(p, end, escaped);
}

[[gnu::always_inline]] inline Place skip_digits(Place p, Place end) {
  const Place start = p;
#if defined(__SSE2__)
  if (end - p >= window) {
    const int count = digits_in_front(p);
    if (count == 0) return nullptr;
    p += count;
    if (count < window) return p;
  }
#endif
  while (p < end && is_digit(*p)) ++p;
  return p == start ? nullptr : p;
}

[[gnu::always_inline]] inline Place skip_number(Place p, Place end, JsonKind& kind) {
  kind = JsonKind::integer;
  if (*p == '-') ++p;
  if (p >= end) return nullptr;
  if (*p == '0') {
    ++p;
    if (p < end && is_digit(*p)) return nullptr;
  } else if (p = skip_digits(p, end); p == nullptr) {
    return nullptr;
  }
  if (p < end && *p == '.') {
    kind = JsonKind::decimal;
    if (p = skip_digits(p + 1, end); p == nullptr) return nullptr;
  }
  if (p < end && (*p == 'e' || *p == 'E')) {
    kind = JsonKind::decimal;
    ++p;
    if (p < end && (*p == '+' || *p == '-')) ++p;
    p = skip_digits(p, end);
  }
  return p;
}

Place skip_word(Place p, Place end, std::string_view word) {
  return std::string_view(p, static_cast<std::size_t>(end - p)).starts_with(word) ? p + word.size()
                                                                                  : nullptr;
}

Place skip_nested(Place p, Place end);

// Reads the value at p, which is not white, into `value`.
Place read_value(Place p, Place end, JsonValue& value) {
  if (p >= end) return nullptr;
  const Place start = p;
  value.escaped = false;
  switch (*p) {
    case '"': {
      value.kind = JsonKind::text;
      p = skip_string(p + 1, end, value.escaped);
      if (p != nullptr) value.raw = {start + 1, static_cast<std::size_t>(p - start - 2)};
      return p;
    }
    case '{':
      value.kind = JsonKind::object;
      break;
    case '[':
      value.kind = JsonKind::array;
      break;
    case 't':
      value.kind = JsonKind::boolean;
      p = skip_word(p, end, "true");
      break;
    case 'f':
      value.kind = JsonKind::boolean;
      p = skip_word(p, end, "false");
      break;
    case 'n':
      value.kind = JsonKind::null;
      p = skip_word(p, end, "null");
      break;
    default:
      if (*p != '-' && !is_digit(*p)) return nullptr;
      p = skip_number(p, end, value.kind);
  }
  if (value.kind == JsonKind::object || value.kind == JsonKind::array) p = skip_nested(p, end);
  if (p != nullptr) value.raw = {start, static_cast<std::size_t>(p - start)};
  return p;
}

// The value of a member that nobody wants, and white before it. Most are texts and numbers.
[[gnu::always_inline]] inline Place skip_value(Place p, Place end) {
  if (p >= end) return nullptr;
  if (*p == '"') {
    bool escaped = false;
    return skip_string(p + 1, end, escaped);
  }
  if (is_digit(*p)) {
    JsonKind kind = JsonKind::integer;
    return skip_number(p, end, kind);
  }
  JsonValue unwanted;
  return read_value(skip_white(p, end), end, unwanted);
}

// After a member's key: white, the colon, white.
Place skip_colon(Place p, Place end) {
  p = skip_white(p, end);
  if (p >= end || *p != ':') return nullptr;
  return skip_white(p + 1, end);
}

Place skip_key(Place p, Place end) {
  bool escaped = false;
  if (p >= end || *p != '"') return nullptr;
  p = skip_string(p + 1, end, escaped);
  return p == nullptr ? nullptr : skip_colon(p, end);
}

// An object or array and all within it, without recursion: the depth is the sender's choice.
Place skip_nested(Place p, Place end) {
  std::string open;  // the closing brackets that are due, innermost last
  bool may_close = false;
  for (;;) {
    const bool opens = p < end && (*p == '{' || *p == '[');
    if (opens) {
      open += *p == '{' ? '}' : ']';
      p = skip_white(p + 1, end);
      may_close = true;
    } else {
      JsonValue scalar;
      if (p = read_value(p, end, scalar); p == nullptr) return nullptr;
      p = skip_white(p, end);
      may_close = false;
    }
    // What may follow: the end of one or more containers, then a comma.
    if (!opens || (p < end && *p == open.back() && may_close)) {
      while (p < end && *p == open.back()) {
        open.pop_back();
        if (open.empty()) return p + 1;
        p = skip_white(p + 1, end);
      }
      if (p >= end || *p != ',') return nullptr;
      p = skip_white(p + 1, end);
    }
    if (open.back() != '}') continue;
    p = skip_key(p, end);
    if (p == nullptr) return nullptr;
  }
}

// The object at p. `seen` is called with each member: key, whether it is escaped, value.
template <typename Seen>
Place visit_members(Place p, Place end, Seen seen) {
  p = skip_white(p + 1, end);
  if (p < end && *p == '}') return p + 1;
  for (;;) {
    if (p >= end || *p != '"') return nullptr;
    const Place key = p + 1;
    bool escaped = false;
    if (p = skip_string(key, end, escaped); p == nullptr) return nullptr;
    const std::string_view name(key, static_cast<std::size_t>(p - key - 1));
    JsonValue value;
    if (p = skip_colon(p, end); p == nullptr) return nullptr;
    if (p = read_value(p, end, value); p == nullptr) return nullptr;
    seen(name, escaped, value);
    p = skip_white(p, end);
    if (p >= end) return nullptr;
    if (*p == '}') return p + 1;
    if (*p != ',') return nullptr;
    p = skip_white(p + 1, end);
  }
}

bool may_follow_word(char c) {
  return !is_digit(c) && !(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && c != '_' && c != '$';
}

// At the root nothing but the next value follows: a number has to be set off by white space, a word
// from other words.
bool is_set_off(const JsonValue& value, Place p, Place end) {
  if (p >= end) return true;
  switch (value.kind) {
    case JsonKind::integer:
    case JsonKind::decimal:
      return is_white(*p);
    case JsonKind::boolean:
    case JsonKind::null:
      return may_follow_word(*p);
    case JsonKind::absent:
    case JsonKind::text:
    case JsonKind::array:
    case JsonKind::object:
      return true;
  }
  return true;
}

}  // namespace

JsonReader::JsonReader(std::vector<std::string> keys)
    : keys_(std::move(keys)), slots_(keys_.size()) {}

void JsonReader::begin(std::string_view record) {
  at_ = record.data();
  end_ = record.data() + record.size();
  if (record.starts_with("\xef\xbb\xbf")) at_ += 3;
}

JsonReader::Step JsonReader::next() {
  at_ = skip_white(at_, end_);
  if (at_ >= end_) return Step::end;
  for (JsonValue& slot : slots_) {
    slot.kind = JsonKind::absent;
    slot.escaped = false;
    slot.raw = {};
  }
  Place p = nullptr;
  if (*at_ == '{') {
    p = read_object(at_);
  } else {
    JsonValue value;
    p = read_value(at_, end_, value);
    if (p != nullptr && !is_set_off(value, p, end_)) p = nullptr;
  }
  if (p == nullptr) return Step::malformed;
  value_ = {at_, static_cast<std::size_t>(p - at_)};
  at_ = p;
  return Step::value;
}

bool JsonReader::is_introduced_by(const char* p, const char* end, const Introduction& one) {
  return one.size > 0 && static_cast<std::size_t>(end - p) >= one.size &&
         begin_alike(p, one.text.data(), one.size);
}

// p is at the opening brace.
const char* JsonReader::read_object(const char* p) {
  const Place end = end_;
  const Place inside = skip_white(p + 1, end);
  if (inside < end && *inside == '}') return inside + 1;
  Introduction* known = introductions_.data();
  std::size_t known_count = introductions_.size();
  for (std::size_t index = 0;; ++index) {
    int slot = -1;
    if (index < known_count && is_introduced_by(p, end, known[index])) {
      slot = known[index].slot;
      p += known[index].size;
    } else {
      std::tie(p, slot) = read_introduction(p, index);
      if (p == nullptr) return nullptr;
      known = introductions_.data();
      known_count = introductions_.size();
    }
    p = slot < 0 ? skip_value(p, end)
                 : read_value(skip_white(p, end), end, slots_[static_cast<std::size_t>(slot)]);
    if (p == nullptr) return nullptr;
    if (p < end && *p == ',') continue;
    p = skip_white(p, end);
    if (p >= end) return nullptr;
    if (*p == '}') return p + 1;
  }
}

// From the brace or comma at p to the member's value; and the key's slot.
std::pair<const char*, int> JsonReader::read_introduction(const char* p, std::size_t index) {
  constexpr std::pair<const char*, int> malformed{nullptr, -1};
  const Place start = p;
  if (*p != (index == 0 ? '{' : ',')) return malformed;
  p = skip_white(p + 1, end_);
  if (p >= end_ || *p != '"') return malformed;
  const Place key = p + 1;
  bool escaped = false;
  if (p = skip_any_string(key, end_, escaped); p == nullptr) return malformed;
  const int slot = slot_of({key, static_cast<std::size_t>(p - key - 1)}, escaped);
  if (p = skip_colon(p, end_); p == nullptr) return malformed;
  const auto size = static_cast<std::size_t>(p - start);
  if (size <= introduction_bytes_max && index < introductions_max) {
    if (index >= introductions_.size()) introductions_.resize(index + 1);
    Introduction& one = introductions_[index];
    std::copy_n(start, size, one.text.data());
    one.size = size;
    one.slot = slot;
  }
  return {p, slot};
}

int JsonReader::slot_of(std::string_view key, bool escaped) const {
  const std::string plain = escaped ? unescape(key) : std::string();
  const auto found = std::ranges::find(keys_, escaped ? std::string_view(plain) : key);
  return found == keys_.end() ? -1 : static_cast<int>(found - keys_.begin());
}

JsonValue member(const JsonValue& object, std::string_view key) {
  JsonValue found;
  if (object.kind != JsonKind::object) return found;
  const Place start = object.raw.data();
  visit_members(start, start + object.raw.size(),
                [&](std::string_view name, bool escaped, const JsonValue& value) {
                  if (escaped ? unescape(name) == key : name == key) found = value;
                });
  return found;
}

std::vector<std::pair<std::string, JsonValue>> members_of(const JsonValue& object) {
  std::vector<std::pair<std::string, JsonValue>> members;
  if (object.kind != JsonKind::object) return members;
  const Place start = object.raw.data();
  visit_members(start, start + object.raw.size(),
                [&](std::string_view name, bool escaped, const JsonValue& value) {
                  members.emplace_back(escaped ? unescape(name) : std::string(name), value);
                });
  return members;
}

std::vector<JsonValue> elements(const JsonValue& array) {
  std::vector<JsonValue> all;
  if (array.kind != JsonKind::array) return all;
  const Place end = array.raw.data() + array.raw.size();
  Place p = skip_white(array.raw.data() + 1, end);
  while (p != nullptr && p < end && *p != ']') {
    JsonValue value;
    if (p = read_value(p, end, value); p == nullptr) break;
    all.push_back(value);
    p = skip_white(p, end);
    if (p < end && *p == ',') p = skip_white(p + 1, end);
  }
  return all;
}

JsonValue element(const JsonValue& array, std::size_t index) {
  const auto all = elements(array);
  return index < all.size() ? all[index] : JsonValue{};
}

namespace {

unsigned hex4(const char* p) {
  unsigned value = 0;
  for (int i = 0; i < 4; ++i) {
    const char c = p[i];
    value = value * 16 + static_cast<unsigned>(is_digit(c) ? c - '0' : (c | 0x20) - 'a' + 10);
  }
  return value;
}

void append_utf8(std::string& text, unsigned code) {
  const auto byte = [&](unsigned b) { text += static_cast<char>(b); };
  if (code < 0x80) return byte(code);
  if (code < 0x800) {
    byte(0xc0 | code >> 6);
  } else {
    if (code < 0x10000) {
      byte(0xe0 | code >> 12);
    } else {
      byte(0xf0 | code >> 18);
      byte(0x80 | (code >> 12 & 0x3f));
    }
    byte(0x80 | (code >> 6 & 0x3f));
  }
  byte(0x80 | (code & 0x3f));
}

bool is_high_surrogate(unsigned code) {
  return code >= 0xd800 && code < 0xdc00;
}
bool is_low_surrogate(unsigned code) {
  return code >= 0xdc00 && code < 0xe000;
}

}  // namespace

namespace {

// The character that two to four bytes stand for, however irregular.
unsigned code_of(std::string_view character) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(character[i]); };
  unsigned code = byte(0) & (0xffU >> (character.size() + 1));
  for (std::size_t i = 1; i < character.size(); ++i) code = code << 6 | (byte(i) & 0x3fU);
  return code;
}

std::string irregular_text(std::string_view character) {
  const unsigned code = code_of(character);
  std::string text;
  if (is_high_surrogate(code) || is_low_surrogate(code)) {
    text = "?";
  } else if (character.size() == 4) {
    text = "\xef\xbf\xbd";  // beyond Unicode, or a surrogate beside another character in Java
  } else {
    append_utf8(text, code);
  }
  return text;
}

}  // namespace

std::string unescape(std::string_view raw) {
  std::string text;
  text.reserve(raw.size());
  for (std::size_t i = 0; i < raw.size(); ++i) {
    const auto lead = static_cast<unsigned char>(raw[i]);
    if (lead >= 0xc0) {
      const std::size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
      const std::string_view character = raw.substr(i, size);
      const bool irregular = character.size() == size && is_irregular(character.data());
      text += irregular ? irregular_text(character) : std::string(character);
      i += character.size() - 1;
      continue;
    }
    if (raw[i] != '\\' || i + 1 >= raw.size()) {
      text += raw[i];
      continue;
    }
    static constexpr std::string_view names = "bfnrt";
    static constexpr std::string_view meant = "\b\f\n\r\t";
    const char c = raw[++i];
    if (c != 'u') {
      const std::size_t known = names.find(c);
      text += known == std::string_view::npos ? c : meant[known];
      continue;
    }
    if (raw.size() - i < 5) return text;
    unsigned code = hex4(raw.data() + i + 1);
    i += 4;
    const bool pair = is_high_surrogate(code) && raw.size() - i > 6 && raw[i + 1] == '\\' &&
                      raw[i + 2] == 'u' && is_low_surrogate(hex4(raw.data() + i + 3));
    if (pair) {
      code = 0x10000 + ((code - 0xd800) << 10) + (hex4(raw.data() + i + 3) - 0xdc00);
      i += 6;
    } else if (is_high_surrogate(code) || is_low_surrogate(code)) {
      code = '?';
    }
    append_utf8(text, code);
  }
  return text;
}

}  // namespace henge::scan
