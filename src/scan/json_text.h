// JSON as Jackson's stream parser takes it, which is what Druid reads records with: one pass that
// checks all of a text and keeps the values of a few keys. Checks every byte, because Druid counts
// a record as unparseable wherever in it the mistake is.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace henge::scan {

enum class JsonKind : std::uint8_t { absent, null, boolean, integer, decimal, text, array, object };

struct JsonValue {
  JsonKind kind = JsonKind::absent;
  bool escaped = false;  // a text that is not its bytes: see unescape()
  std::string_view raw;  // a slice of the record; a text without its quotes
  bool operator==(const JsonValue&) const = default;
};

// Reads the root values of records, one record after the other, and keeps the members it was made
// for. It remembers how the members of the last objects were introduced: producers write the same
// keys in the same order, and comparing a few bytes is quicker than reading them. What was
// remembered never changes what is read.
class JsonReader {
 public:
  enum class Step { value, end, malformed };

  explicit JsonReader(std::vector<std::string> keys);

  void begin(std::string_view record);
  // The next root value of the record, which may hold several.
  Step next();
  // The bytes of the value that next() returned.
  [[nodiscard]] std::string_view value() const { return value_; }
  // Where that value is an object, the value of each key, the last one where a key is repeated;
  // else absent.
  [[nodiscard]] std::span<const JsonValue> slots() const { return slots_; }

 private:
  static constexpr std::size_t introduction_bytes_max = 32;
  static constexpr std::size_t introductions_max = 256;

  // What stood between the value before and a member's value: {"key": or ,"key":
  struct Introduction {
    std::array<char, introduction_bytes_max> text{};
    std::size_t size = 0;
    int slot = -1;  // of the key, if it is one that is kept
  };

  const char* read_object(const char* p);
  std::pair<const char*, int> read_introduction(const char* p, std::size_t index);
  [[nodiscard]] static bool is_introduced_by(const char* p, const char* end,
                                             const Introduction& one);
  [[nodiscard]] int slot_of(std::string_view key, bool escaped) const;

  std::vector<std::string> keys_;
  std::vector<JsonValue> slots_;
  std::vector<Introduction> introductions_;
  const char* at_ = nullptr;
  const char* end_ = nullptr;
  std::string_view value_;
};

// Into text that JsonReader has accepted. An absent value where there is no such member or element.
JsonValue member(const JsonValue& object, std::string_view key);
JsonValue element(const JsonValue& array, std::size_t index);
std::vector<JsonValue> elements(const JsonValue& array);
// All members in their order, repeated keys included, the keys without escapes.
std::vector<std::pair<std::string, JsonValue>> members_of(const JsonValue& object);
// The text with its escapes resolved and all characters in the shortest UTF-8; a lone surrogate
// becomes '?', as Java writes it.
std::string unescape(std::string_view raw);

}  // namespace henge::scan
