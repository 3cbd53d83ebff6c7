#include "model/json_path.h"

#include <gtest/gtest.h>

namespace henge {
namespace {

std::string shown(const PathStep& step) {
  if (const auto* name = std::get_if<std::string>(&step)) return "." + *name;
  return "[" + std::to_string(std::get<std::size_t>(step)) + "]";
}

std::string shown(const Result<std::vector<PathStep>>& steps) {
  if (!steps) return "!";
  std::string text;
  for (const PathStep& step : *steps) text += shown(step);
  return text;
}

TEST(JsonPath, names_and_indices) {
  const std::vector<std::pair<std::string_view, std::string_view>> table{
      {"$.a", ".a"},
      {"$.a.b", ".a.b"},
      {"$.a[0]", ".a[0]"},
      {"$[0]", "[0]"},
      {"$[12].a", "[12].a"},
      {"$['a']", ".a"},
      {R"($["a"])", ".a"},
      {"$['a b'].c", ".a b.c"},
      {"$['a.b']", ".a.b"},
      {"$['a]b']", ".a]b"},
      {"$[']']", ".]"},
      {"$[']a'].b", ".]a.b"},
      {R"($["]"][1])", ".][1]"},
      {"$.a['b'][3]", ".a.b[3]"},
      {"$.a-b_c", ".a-b_c"},
      {"$.\u00e9", ".\u00e9"},
      {"$.0", ".0"},
  };
  for (const auto& [path, expected] : table)
    EXPECT_EQ(shown(parse_json_path(path)), expected) << path;
}

TEST(JsonPath, all_else_is_refused_with_a_reason) {
  const std::vector<std::pair<std::string_view, std::string_view>> table{
      {"", "begin with $"},
      {"$", "begin with $"},
      {"a.b", "begin with $"},
      {"$.", "a name is empty"},
      {"$..a", "a name is empty"},
      {"$.a.", "a name is empty"},
      {"$.*", "no plain name"},
      {"$.a[*]", "number from 0"},
      {"$.a[-1]", "number from 0"},
      {"$.a[0:2]", "number from 0"},
      {"$.a[0,1]", "number from 0"},
      {"$.a[?(@.b)]", "number from 0"},
      {"$.a.length()", "no plain name"},
      {"$.a[", "not closed"},
      {"$.a[]", "number from 0"},
      {"$['a", "not closed"},
      {"$['a'", "not closed"},
      {"$['a','b']", "one quoted name"},
      {R"($['a\'b'])", "one quoted name"},
      {R"($['a\b'])", "backslash"},
      {"$a", "expected between names"},

      {"$.a b", "no plain name"},
      {"$.@t", "no plain name"},
      {"$['']", "a name is empty"},
      {"$[']", "one quoted name"},
      {"$[']'", "one quoted name"},
      {"$['a\"]", "one quoted name"},
      {"$[2147483648]", "number from 0"},
      {"$[+1]", "number from 0"},
      {"$[-0]", "number from 0"},
      {"$[99999999999999999999]", "number from 0"},
  };
  for (const auto& [path, word] : table) {
    const auto steps = parse_json_path(path);
    ASSERT_FALSE(steps) << path;
    EXPECT_EQ(steps.error().kind, ErrorKind::invalid) << path;
    EXPECT_NE(steps.error().message.find(word), std::string::npos) << steps.error().message;
  }
}

}  // namespace
}  // namespace henge
