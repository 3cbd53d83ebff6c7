#include "model/json_path.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

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

// A step as it may be written; a name without quotes only where it is plain.
std::string written(const PathStep& step, int form) {
  const auto* name = std::get_if<std::string>(&step);
  if (name == nullptr) return "[" + std::to_string(std::get<std::size_t>(step)) + "]";
  const bool plain = std::ranges::all_of(
      *name, [](char c) { return (c >= 'a' && c <= 'z') || c == '_' || c == '-'; });
  if (plain && form == 0) return "." + *name;
  const char quote = name->find('\'') == std::string::npos ? '\'' : '"';
  return std::string("[") + quote + *name + quote + "]";
}

rc::Gen<PathStep> any_step() {
  return rc::gen::apply(
      [](bool index, std::size_t number, const std::string& name) {
        return index ? PathStep(number) : PathStep(name);
      },
      rc::gen::arbitrary<bool>(), rc::gen::inRange<std::size_t>(0, 2'147'483'647),
      rc::gen::nonEmpty(rc::gen::container<std::string>(
          rc::gen::element('a', 'b', '_', '-', ' ', '.', '[', ']', '$', '*', '@', ',', '\''))));
}

RC_GTEST_PROP(JsonPathLaw, what_is_written_is_what_is_followed, ()) {
  const auto steps = *rc::gen::nonEmpty(rc::gen::container<std::vector<PathStep>>(any_step()));
  std::string path = "$";
  for (const PathStep& step : steps) path += written(step, *rc::gen::inRange(0, 2));
  const auto parsed = parse_json_path(path);
  if (!parsed) RC_FAIL(path + ": " + parsed.error().message);
  RC_ASSERT(*parsed == steps);
}

// Whatever is given, it is read or refused, and what is read means something.
RC_GTEST_PROP(JsonPathLaw, nothing_is_read_halfway, ()) {
  const auto text = *rc::gen::container<std::string>(
      rc::gen::element('$', '.', '[', ']', '\'', '"', 'a', '0', '1', '-', '*'));
  const auto parsed = parse_json_path("$" + text);
  if (!parsed) {
    RC_ASSERT(parsed.error().kind == ErrorKind::invalid);
    RC_ASSERT(parsed.error().message.find("'$" + text + "'") != std::string::npos);
    return;
  }
  RC_ASSERT(!parsed->empty());
  std::string again = "$";
  for (const PathStep& step : *parsed) {
    if (const auto* name = std::get_if<std::string>(&step)) RC_ASSERT(!name->empty());
    again += written(step, 1);
  }
  const auto twice = parse_json_path(again);
  RC_ASSERT(twice.has_value());
  RC_ASSERT(*twice == *parsed);
}

}  // namespace
}  // namespace henge
