#include "model/json_path.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace henge {

namespace {

tl::unexpected<Error> bad_path(std::string_view expression, std::string_view why) {
  return fail(
      ErrorKind::invalid,
      fmt::format("henge cannot follow the path '{}': {}; it knows $.name, ['name'] and [0]",
                  expression, why));
}

// Reads ['name'], ["name"] or [12] at the front of `rest`.
Result<PathStep> bracket_step(std::string_view expression, std::string_view& rest) {
  const std::size_t end = rest.find(']');
  if (end == std::string_view::npos) return bad_path(expression, "a bracket is not closed");
  std::string_view inside = rest.substr(1, end - 1);
  if (rest[1] == '\'' || rest[1] == '"') {  // the name may hold a bracket
    const char quote = rest[1];
    const std::size_t close = rest.find(quote, 2);
    if (close == std::string_view::npos || close + 1 >= rest.size() || rest[close + 1] != ']') {
      return bad_path(expression, "one quoted name is expected in a bracket");
    }
    const std::string_view name = rest.substr(2, close - 2);
    if (name.empty()) return bad_path(expression, "a name is empty");
    if (name.find('\\') != std::string_view::npos)
      return bad_path(expression, "a backslash in a name");
    rest.remove_prefix(close + 2);
    return std::string(name);
  }
  std::int32_t index = 0;
  const auto [stop, error] = std::from_chars(inside.data(), inside.data() + inside.size(), index);
  if (inside.empty() || error != std::errc{} || stop != inside.data() + inside.size() ||
      index < 0 || inside.front() == '-') {
    return bad_path(expression, "an index has to be a number from 0");
  }
  rest.remove_prefix(end + 1);
  return static_cast<std::size_t>(index);
}

bool is_name_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-' || static_cast<unsigned char>(c) >= 0x80;
}

Result<PathStep> name_step(std::string_view expression, std::string_view& rest) {
  rest.remove_prefix(1);
  const std::string_view name = rest.substr(0, rest.find_first_of(".["));
  if (name.empty()) return bad_path(expression, "a name is empty");
  if (!std::ranges::all_of(name, is_name_char)) {
    return bad_path(
        expression,
        fmt::format("'{}' is no plain name; others stand in brackets and quotes", name));
  }
  rest.remove_prefix(name.size());
  return std::string(name);
}

}  // namespace

Result<std::vector<PathStep>> parse_json_path(std::string_view expression) {
  std::string_view rest = expression;
  if (rest.size() < 2 || rest.front() != '$')
    return bad_path(expression, "it has to begin with $ and name something");
  rest.remove_prefix(1);
  std::vector<PathStep> steps;
  while (!rest.empty()) {
    if (rest.front() == '.') {
      TRY(auto step, name_step(expression, rest));
      steps.push_back(std::move(step));
    } else if (rest.front() == '[') {
      TRY(auto step, bracket_step(expression, rest));
      steps.push_back(std::move(step));
    } else {
      return bad_path(expression, "a '.' or '[' is expected between names");
    }
  }
  return steps;
}

}  // namespace henge
