// Where the elements of a JSON array of objects end, found at memory speed in blocks cut anywhere:
// only brackets and quotes are looked at. What is between them is checked by whoever parses it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace henge::druid {

// Positions count from the first byte ever scanned.
class ListScan {
 public:
  // `bytes` follow what was scanned before.
  void put(std::string_view bytes);

  [[nodiscard]] std::uint64_t scanned() const { return scanned_; }
  // Just behind the last whole element; 0 if there was none yet.
  [[nodiscard]] std::uint64_t element_end() const { return element_end_; }
  // Just behind the bracket that closes the list.
  [[nodiscard]] std::optional<std::uint64_t> list_end() const { return list_end_; }

 private:
  // 64 bytes as one bit each.
  struct Masks {
    std::uint64_t quotes = 0;
    std::uint64_t backslashes = 0;
    std::uint64_t opens = 0;
    std::uint64_t closes = 0;
  };
  static Masks look(const char* bytes);
  static Masks look_at_tail(std::string_view bytes);
  // Bytes whose meaning a backslash before them takes away.
  std::uint64_t escaped(std::uint64_t backslashes, unsigned size);
  void count(const Masks& masks, unsigned size);
  void walk(std::uint64_t opens, std::uint64_t closes);

  std::uint64_t scanned_ = 0;
  std::uint64_t element_end_ = 0;
  std::optional<std::uint64_t> list_end_;
  std::int64_t depth_ = 0;
  bool in_text_ = false;
  bool escape_next_ = false;
};

}  // namespace henge::druid
