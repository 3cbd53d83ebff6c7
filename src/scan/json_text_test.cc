// The JSON reader: what it takes and keeps. tests/golden/scan/json.jsonl has Druid's own answers
// for many more.
#include "scan/json_text.h"

#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>
#include <nlohmann/json.hpp>

#include "scan/json_number.h"

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

TEST(JsonReader, a_key_that_differs_in_one_byte_from_the_one_before_is_another_key) {
  for (std::size_t size = 0; size <= 40; ++size) {
    const std::string key(size, 'k');
    const std::string known = R"({"first":0,")" + key + R"(":1})";
    for (std::size_t i = 0; i < size; ++i) {
      std::string other = key;
      other[i] = 'x';
      JsonReader reader({key, other});
      EXPECT_EQ(read(reader, known), "1;-;") << size;
      EXPECT_EQ(read(reader, R"({"first":0,")" + other + R"(":2})"), "-;2;") << size << ' ' << i;
    }
  }
}

RC_GTEST_PROP(JsonReader, never_reads_beyond_the_record, ()) {
  // An exact copy on the heap: the address sanitizer watches its end.
  const std::string text = *near_json();
  const std::vector<char> exact(text.begin(), text.end());
  read(std::string_view(exact.data(), exact.size()));
}

TEST(JsonReader, numbers_and_words_at_the_root_are_set_off) {
  const std::vector<std::pair<std::string_view, std::string_view>> table{
      {"1 2", "-;-; -;-;"},
      {"1\n{\"a\":3}", "-;-; 3;-;"},
      {"1{}", "!"},
      {"1\"x\"", "!"},
      {"12", "-;-;"},
      {"true{\"a\":3}", "-;-; 3;-;"},
      {"true1", "!"},
      {"null_", "!"},
      {"null[]", "-;-; -;-;"},
      {"\"x\"1", "-;-; -;-;"},
      {"{}1", "-;-; -;-;"},
      {"null$", "!"},
  };
  for (const auto& [record, expected] : table) EXPECT_EQ(read(record), expected) << record;
}

TEST(JsonReader, a_byte_order_mark_may_stand_before_the_first_value_alone) {
  EXPECT_EQ(read("\xef\xbb\xbf{\"a\":1}"), "1;-;");
  EXPECT_EQ(read("\xef\xbb\xbf"), "");
  EXPECT_EQ(read("\xef\xbb\xbf\xef\xbb\xbf{}"), "!");
  EXPECT_EQ(read("{}\xef\xbb\xbf"), "!");
  EXPECT_EQ(read(" \xef\xbb\xbf{}"), "!");
}

// The window of sixteen bytes at a time must not matter: each special byte at each place.
TEST(JsonReader, the_place_of_a_byte_in_a_text_is_no_matter) {
  for (std::size_t length = 0; length < 40; ++length) {
    for (std::size_t at = 0; at <= length; ++at) {
      std::string plain(length, 'x');
      plain.insert(at, "\xc3\xa9");
      EXPECT_EQ(read("{\"a\":\"" + plain + "\"}"), plain + ";-;");
      std::string escaped(length, 'x');
      escaped.insert(at, "\\\"");
      EXPECT_EQ(read("{\"a\":\"" + escaped + "\"}"), escaped + ";-;");
      for (const std::string_view bad : {"\x1f", "\x80", "\xff", "\\x", "\"", "\n"}) {
        std::string broken(length, 'x');
        broken.insert(at, bad);
        EXPECT_EQ(read("{\"a\":\"" + broken + "\"}"), "!") << length << " " << at;
      }
    }
    const std::string digits(length, '7');
    EXPECT_EQ(read("{\"a\":" + digits + "}"), length == 0 ? "!" : digits + ";-;");
    EXPECT_EQ(read("{\"a\":" + digits + "e}"), "!");
    EXPECT_EQ(read("{\"a\":" + digits + "x}"), "!");
  }
}

TEST(JsonReader, characters_that_no_encoder_writes_are_read_as_jackson_reads_them) {
  const struct {
    std::string_view bytes;  // in a text
    std::string_view text;   // "!" for a malformed record
  } cases[] = {
      {"\xc3\xa9", "\u00e9"},
      {"\xc0\xb2", "2"},  // longer than needed
      {"\xe0\x80\xb2", "2"},
      {"\xc1\xbf", "\x7f"},
      {"\xe0\x9f\xbf", "\u07ff"},
      {"\xed\xa0\x80", "?"},  // half a surrogate pair
      {"\xed\xbf\xbf", "?"},
      {"\xf0\x8f\xbf\xbf", "\ufffd"},
      {"\xf4\x90\x80\x80", "\ufffd"},  // beyond Unicode
      {"\xf5\x80\x80\x80", "\ufffd"},
      {"\xf8\x80\x80\x80\x80", "!"},
      {"\xc3", "!"},
      {"\xc3\x28", "!"},
      {"\xe2\x82", "!"},
      {"\xf0\x9f\x98", "!"},
      {"\x80", "!"},
  };
  for (const auto& c : cases) {
    JsonReader reader({"a"});
    const std::string record = "{\"a\":\"" + std::string(c.bytes) + "\"}";
    reader.begin(record);
    const bool read = reader.next() == JsonReader::Step::value;
    EXPECT_EQ(read ? unescape(reader.slots()[0].raw) : "!", c.text) << c.text;
    // Only what is not its own bytes is worth a copy.
    if (read) EXPECT_EQ(reader.slots()[0].escaped, c.bytes != c.text) << c.text;
  }
}

TEST(JsonNumber, integers_of_64_bits_and_doubles) {
  const auto number = [](std::string_view raw, JsonKind kind) {
    return to_number({kind, false, raw});
  };
  using Number = std::variant<std::int64_t, double>;
  EXPECT_EQ(number("0", JsonKind::integer), Number(std::int64_t{0}));
  EXPECT_EQ(number("-0", JsonKind::integer), Number(std::int64_t{0}));
  EXPECT_EQ(number("9223372036854775807", JsonKind::integer), Number(std::int64_t{INT64_MAX}));
  EXPECT_EQ(number("-9223372036854775808", JsonKind::integer), Number(std::int64_t{INT64_MIN}));
  EXPECT_EQ(number("9223372036854775808", JsonKind::integer), Number(9223372036854775808.0));
  EXPECT_EQ(number("1.0", JsonKind::decimal), Number(1.0));
  EXPECT_EQ(number("1e3", JsonKind::decimal), Number(1000.0));
  EXPECT_TRUE(std::signbit(std::get<double>(number("-0.0", JsonKind::decimal))));
  EXPECT_EQ(number("1e999", JsonKind::decimal), Number(HUGE_VAL));
  EXPECT_EQ(number("-1e999", JsonKind::decimal), Number(-HUGE_VAL));
  EXPECT_EQ(number("1e-999", JsonKind::decimal), Number(0.0));
}

TEST(JsonText, members_in_their_order_with_repeated_keys) {
  const JsonValue object{JsonKind::object, false, R"({"b":1,"\u0061":[2],"b":null})"};
  const auto members = members_of(object);
  ASSERT_EQ(members.size(), 3U);
  EXPECT_EQ(members[0].first, "b");
  EXPECT_EQ(members[1].first, "a");
  EXPECT_EQ(members[1].second.raw, "[2]");
  EXPECT_EQ(members[2].second.kind, JsonKind::null);
  EXPECT_EQ(member(object, "b").kind, JsonKind::null);
  EXPECT_EQ(member(object, "a").raw, "[2]");
  EXPECT_TRUE(members_of({JsonKind::array, false, "[1]"}).empty());
  EXPECT_TRUE(members_of({JsonKind::object, false, "{ }"}).empty());
}

TEST(JsonText, unescape_of_what_is_cut_off) {
  EXPECT_EQ(unescape("a\\"), "a\\");
  EXPECT_EQ(unescape("a\\u12"), "a");
  EXPECT_EQ(unescape(R"(\ud83d\n)"), "?\n");
  EXPECT_EQ(unescape(R"(\ud83d\ud83d\ude00)"), "?\U0001F600");
  EXPECT_EQ(unescape(R"(\u0000)"), std::string(1, '\0'));
  EXPECT_EQ(unescape(R"(\uFFFF\ud7ff\ue000)"), "\uFFFF\uD7FF\uE000");
}

using Json = nlohmann::json;

Json any_json(int depth) {
  const int kind = *rc::gen::inRange(0, depth > 0 ? 7 : 5);
  if (kind == 0) return nullptr;
  if (kind == 1) return *rc::gen::arbitrary<bool>();
  if (kind == 2) return *rc::gen::arbitrary<std::int64_t>();
  if (kind == 3)
    return *rc::gen::map(rc::gen::arbitrary<std::int32_t>(),
                         [](std::int32_t n) { return n / 16.0; });
  if (kind == 4) {
    return *rc::gen::container<std::string>(
        rc::gen::element('a', '"', '\\', '\n', '\x01', '/', '{', ' ', ':'));
  }
  Json value = kind == 5 ? Json::array() : Json::object();
  const int size = *rc::gen::inRange(0, 4);
  for (int i = 0; i < size; ++i) {
    if (kind == 5) {
      value.push_back(any_json(depth - 1));
    } else {
      value[std::string(1, static_cast<char>('a' + i))] = any_json(depth - 1);
    }
  }
  return value;
}

// The value as this reader finds its way through it.
Json as_read(const JsonValue& value) {
  switch (value.kind) {
    case JsonKind::absent:
    case JsonKind::null:
      return nullptr;
    case JsonKind::boolean:
      return value.raw == "true";
    case JsonKind::integer:
    case JsonKind::decimal:
      return std::visit([](auto number) { return Json(number); }, to_number(value));
    case JsonKind::text:
      return value.escaped ? unescape(value.raw) : std::string(value.raw);
    case JsonKind::array: {
      Json list = Json::array();
      for (const JsonValue& one : elements(value)) list.push_back(as_read(one));
      return list;
    }
    case JsonKind::object: {
      Json object = Json::object();
      for (const auto& [key, one] : members_of(value)) object[key] = as_read(one);
      return object;
    }
  }
  return nullptr;
}

RC_GTEST_PROP(JsonText, reads_what_another_library_has_written, (bool pretty, bool ascii)) {
  const Json value = any_json(4);
  const std::string record = Json{{"a", value}}.dump(pretty ? 2 : -1, ' ', ascii);
  JsonReader reader({"a"});
  reader.begin(record);
  RC_ASSERT(reader.next() == JsonReader::Step::value);
  RC_ASSERT(as_read(reader.slots()[0]) == value);
  RC_ASSERT(reader.value() == record);
  RC_ASSERT(reader.next() == JsonReader::Step::end);
}

RC_GTEST_PROP(JsonReader, a_record_that_ends_early_is_malformed, (std::uint32_t cut)) {
  const std::string record = Json{{"a", any_json(3)}, {"b", "x"}}.dump();
  const std::string_view prefix = std::string_view(record).substr(0, 1 + cut % (record.size() - 1));
  RC_ASSERT(read(prefix) == "!");
}

RC_GTEST_PROP(JsonReader, takes_no_record_that_another_library_refuses, ()) {
  const std::string text = *near_json();
  // One value a record: several are no document elsewhere.
  JsonReader reader({"a"});
  reader.begin(text);
  const bool accepted = reader.next() == JsonReader::Step::value && reader.value() == text;
  if (accepted) RC_ASSERT(Json::accept(text));
  if (Json::accept(text) && !text.empty() && text.front() != ' ' && text.back() != ' ')
    RC_ASSERT(accepted);
}

}  // namespace
}  // namespace henge::scan
