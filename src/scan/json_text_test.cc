// The JSON reader: what it takes and keeps. tests/golden/scan/json.jsonl has Druid's own answers
// for many more.
#include "scan/json_text.h"

#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>

namespace henge::scan {
namespace {

// One root value's members a and b as text, "-" where absent; "!" for a malformed record; values
// separated by spaces.
std::string read(JsonReader& reader, std::string_view record) {
  std::string text;
  reader.begin(record);
  for (;;) {
    switch (reader.next()) {
      case JsonReader::Step::end:
        return text;
      case JsonReader::Step::malformed:
        return "!";
      case JsonReader::Step::value:
        text += text.empty() ? "" : " ";
        for (const JsonValue& v : reader.slots()) {
          text += v.kind == JsonKind::absent ? "-" : std::string(v.raw);
          text += ';';
        }
    }
  }
}

std::string read(std::string_view record) {
  JsonReader reader({"a", "b"});
  return read(reader, record);
}

TEST(JsonReader, keeps_the_members_it_was_made_for) {
  const std::vector<std::pair<std::string_view, std::string_view>> table{
      {R"({"a":1,"b":"x"})", "1;x;"},
      {R"({"b":[1,{"a":2}],"a":null})", "null;[1,{\"a\":2}];"},
      {R"({"a":1,"a":2})", "2;-;"},
      {R"({"\u0061":1})", "1;-;"},
      {R"({ "a" : 1 , "b" : true })", "1;true;"},
      {R"({})", "-;-;"},
      {R"([1])", "-;-;"},
      {R"(7)", "-;-;"},
      {R"({"a":1}{"b":2})", "1;-; -;2;"},
      {"{\"a\":1}\n{\"b\":2}\n", "1;-; -;2;"},
      {R"({"a":"x\"y"})", R"(x\"y;-;)"},
      {"", ""},
      {" \n", ""},
  };
  for (const auto& [record, expected] : table) EXPECT_EQ(read(record), expected) << record;
}

TEST(JsonReader, refuses_a_record_for_any_mistake_in_it) {
  for (const std::string_view record : {R"({"a":1,})",
                                        R"({"a":1)",
                                        R"({"a" 1})",
                                        R"({"a":01})",
                                        R"({"a":1.})",
                                        R"({"a":.5})",
                                        R"({"a":+1})",
                                        R"({"a":NaN})",
                                        R"({'a':1})",
                                        R"({a:1})",
                                        R"({"a":"x)",
                                        "{\"a\":\"\t\"}",
                                        R"({"a":"\x"})",
                                        R"({"a":"\u12g4"})",
                                        R"([1,])",
                                        R"([,1])",
                                        R"({"a":1}x)",
                                        R"({"a":1},{"a":1})",
                                        R"({"a":1}])",
                                        R"(1{})",
                                        R"(truefalse)",
                                        R"(tru)",
                                        R"({"b":{"c":[1,2}}})",
                                        R"({"b":{"c":[1 2]}})",
                                        R"({"b":{"c"}})",
                                        "{\"a\":\"\xff\"}",
                                        "{\"a\":\"\xc3\"}",
                                        "\xef\xbb{}"}) {
    EXPECT_EQ(read(record), "!") << record;
  }
}

TEST(JsonReader, depth_is_no_matter) {
  const std::string deep(100'000, '[');
  EXPECT_EQ(read(R"({"a":)" + deep + std::string(100'000, ']') + "}").size(), 200'003U);
  EXPECT_EQ(read(deep), "!");
}

TEST(JsonText, paths_into_accepted_text) {
  const JsonValue root{JsonKind::object, false, R"({"a":{"b":[10,{"c":"x"}]},"a2":1,"e":[]})"};
  const JsonValue list = member(member(root, "a"), "b");
  EXPECT_EQ(list.kind, JsonKind::array);
  EXPECT_EQ(element(list, 0).raw, "10");
  EXPECT_EQ(member(element(list, 1), "c").raw, "x");
  EXPECT_EQ(element(list, 2).kind, JsonKind::absent);
  EXPECT_EQ(member(list, "b").kind, JsonKind::absent);
  EXPECT_TRUE(elements(member(root, "e")).empty());
}

TEST(JsonText, unescape) {
  EXPECT_EQ(unescape(R"(a\n\t\"\\\/\u00e9\ud83d\ude00)"), "a\n\t\"\\/\u00e9\U0001F600");
  EXPECT_EQ(unescape(R"(\ud83dx\ude00)"), "?x?");
}

// A text in the neighbourhood of JSON: pieces that often fit together.
rc::Gen<std::string> near_json() {
  const auto piece = rc::gen::element<std::string>(
      "{", "}", "[", "]", ",", ":", "\"a\"", "\"b\"", "\"a\":", ",\"b\":", "1", "-0.5e3", "\"x\"",
      "true", "null", " ", "{\"a\":1", "{\"a\": 1,\"b\":2}", "\\", "\"",
      "\"long key of a member\":");
  return rc::gen::map(rc::gen::container<std::vector<std::string>>(piece),
                      [](const std::vector<std::string>& pieces) {
                        std::string text;
                        for (const auto& one : pieces) text += one;
                        return text;
                      });
}

RC_GTEST_PROP(JsonReader, what_was_read_before_never_changes_what_is_read, ()) {
  JsonReader experienced({"a", "b"});
  const auto records = *rc::gen::container<std::vector<std::string>>(near_json());
  for (const std::string& record : records) RC_ASSERT(read(experienced, record) == read(record));
}

RC_GTEST_PROP(JsonReader, never_reads_beyond_the_record, ()) {
  // An exact copy on the heap: the address sanitizer watches its end.
  const std::string text = *near_json();
  const std::vector<char> exact(text.begin(), text.end());
  read(std::string_view(exact.data(), exact.size()));
}

}  // namespace
}  // namespace henge::scan
