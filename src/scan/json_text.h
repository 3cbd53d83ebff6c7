// JSON as Jackson's stream parser takes it, which is what Druid reads records with: one pass that
// checks all of a text and keeps the values of a few keys. Checks every byte, because Druid counts
// a record as unparseable wherever in it the mistake is.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace henge::scan {

enum class JsonKind : std::uint8_t { absent, null, boolean, integer, decimal, text, array, object };

struct JsonValue {
  JsonKind kind = JsonKind::absent;
  bool escaped = false;  // a text with a backslash in it
  std::string_view raw;  // a slice of the record; a text without its quotes
  bool operator==(const JsonValue&) const = default;
};

// Reads the root values of one record, which may hold several.
class JsonCursor {
 public:
  enum class Step { value, end, malformed };

  explicit JsonCursor(std::string_view record);
  // The next root value. Where it is an object, slots[i] gets the value of keys[i], the last one
  // where a key is repeated; every other slot is absent.
  Step next(std::span<const std::string> keys, std::span<JsonValue> slots);
  // The bytes of the value that next() returned.
  [[nodiscard]] std::string_view value() const { return value_; }

 private:
  const char* at_;
  const char* end_;
  std::string_view value_;
};

// Into text that JsonCursor has accepted. An absent value where there is no such member or element.
JsonValue member(const JsonValue& object, std::string_view key);
JsonValue element(const JsonValue& array, std::size_t index);
std::vector<JsonValue> elements(const JsonValue& array);
// The text with its escapes resolved, in UTF-8; a lone surrogate becomes '?', as Java writes it.
std::string unescape(std::string_view raw);

}  // namespace henge::scan
