// A statement of SQL as words. For this folder alone.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/result.h"

namespace henge::sim {

struct SqlWord {
  enum class Kind { plain, name, text, number, sign, end };
  Kind kind = Kind::end;
  std::string value;  // what stands between the quotes of a name or a text; keywords in capitals
  bool operator==(const SqlWord&) const = default;
};

// Errors: invalid.
Result<std::vector<SqlWord>> sql_words(std::string_view sql);

// The words one after the other.
class SqlReader {
 public:
  explicit SqlReader(std::vector<SqlWord> words) : words_(std::move(words)) {}

  [[nodiscard]] const SqlWord& next() const { return words_[at_]; }
  SqlWord take() {
    SqlWord word = words_[at_];
    if (word.kind != SqlWord::Kind::end) ++at_;
    return word;
  }
  // Whether the next is this keyword or sign, which is then taken.
  bool skip(std::string_view word);
  // Errors: invalid - another word stands there.
  Result<void> expect(std::string_view words);  // separated by spaces
  Result<std::string> name();
  Result<std::string> text();

 private:
  std::vector<SqlWord> words_;  // the last one is the end
  std::size_t at_ = 0;
};

}  // namespace henge::sim
