// Where a column is found in a JSON row, and what Druid's filters see there. tests/golden/scan has
// Druid's own answers for many paths.
#include "scan/json_columns.h"

#include <gtest/gtest.h>

#include <cmath>

#include <rapidcheck/gtest.h>

namespace henge::scan {
namespace {

InputFormat json_format(const std::string& flatten_fields) {
  return {InputFormatKind::json,
          {R"({"type":"json","flattenSpec":{"fields":[)" + flatten_fields + "]}}"}};
}

// The raw values of columns a and b of one row, - where absent.
std::string read(const InputFormat& format, std::string_view row) {
  const auto columns = JsonColumns::compile(format, {"a", "b"});
  if (!columns) return "!";
  JsonReader reader(columns->keys());
  reader.begin(row);
  if (reader.next() != JsonReader::Step::value) return "malformed";
  std::string text;
  for (std::size_t i = 0; i < 2; ++i) {
    JsonValue found;
    const JsonValue value = columns->value(i, reader.slots(), reader.value(), found);
    text += (i == 0 ? "" : ";") +
            (value.kind == JsonKind::absent ? std::string("-") : std::string(value.raw));
  }
  return text;
}

TEST(JsonColumns, without_a_flatten_spec_columns_are_members_of_the_root) {
  for (const char* spec : {R"({"type":"json"})", R"({"type":"json","flattenSpec":{}})",
                           R"({"type":"json","flattenSpec":{"fields":[]}})"}) {
    const InputFormat format{InputFormatKind::json, {spec}};
    EXPECT_EQ(read(format, R"({"a":1,"b":{"a":2}})"), R"(1;{"a":2})") << spec;
    EXPECT_EQ(read(format, R"({"c":1})"), "-;-") << spec;
    EXPECT_EQ(read(format, R"([{"a":1}])"), "-;-") << spec;
  }
}

TEST(JsonColumns, fields_of_each_type) {
  const struct {
    std::string fields;
    std::string_view row, expected;
  } cases[] = {
      {R"({"type":"path","name":"a","expr":"$.x.y"})", R"({"x":{"y":1},"a":2})", "1;-"},
      {R"({"type":"path","name":"a","expr":"$.x[1]"})", R"({"x":[1,2]})", "2;-"},
      {R"({"type":"path","name":"a","expr":"$.x[1]"})", R"({"x":{"1":2}})", "-;-"},
      {R"({"type":"path","name":"a","expr":"$[0].x"})", R"([{"x":7}])", "7;-"},
      {R"({"type":"path","name":"a","expr":"$[0].x"})", R"({"x":7})", "-;-"},
      {R"({"type":"root","name":"a","expr":"x.y"})", R"({"x.y":3,"x":{"y":4}})", "3;-"},
      {R"({"type":"root","name":"a"})", R"({"a":3})", "3;-"},
      {R"("a")", R"({"a":3})", "3;-"},
      {R"({"type":"tree","name":"a","nodes":["x","y"]})", R"({"x":{"y":5}})", "5;-"},
      {R"({"type":"tree","name":"a","nodes":["x","0"]})", R"({"x":[5]})", "-;-"},
      // Two columns from one member, and one under another's name.
      {R"({"type":"path","name":"a","expr":"$.x.p"},{"type":"path","name":"b","expr":"$.x.q"})",
       R"({"x":{"p":1,"q":2}})", "1;2"},
      {R"({"type":"root","name":"a","expr":"b"})", R"({"a":1,"b":2})", "2;2"},
      // What henge cannot follow matters only where henge needs it.
      {R"({"type":"jq","name":"c","expr":".x"})", R"({"a":1})", "1;-"},
      {R"({"type":"path","name":"c","expr":"$..x"})", R"({"a":1})", "1;-"},
      {R"({"type":"jq","name":"a","expr":".x"})", R"({"a":1})", "!"},
      {R"({"type":"path","name":"a","expr":"$..x"})", R"({"a":1})", "!"},
      {R"({"type":"tree","name":"a","nodes":[1]})", R"({"a":1})", "!"},
      {R"({"type":"tree","name":"a"})", R"({"a":1})", "!"},
      {"7", R"({"a":1})", "!"},
  };
  for (const auto& c : cases)
    EXPECT_EQ(read(json_format(c.fields), c.row), c.expected) << c.fields << c.row;
}

TEST(JsonColumns, options_that_choose_another_reader_are_refused_by_name) {
  for (const std::string option : {"assumeNewlineDelimited", "useJsonNodeReader"}) {
    const auto format = [&](const char* value) {
      return InputFormat{InputFormatKind::json,
                         {R"({"type":"json",")" + option + "\":" + value + "}"}};
    };
    const auto refused = JsonColumns::compile(format("true"), {"a"});
    ASSERT_FALSE(refused) << option;
    EXPECT_NE(refused.error().message.find(option), std::string::npos);
    EXPECT_TRUE(JsonColumns::compile(format("false"), {"a"})) << option;
  }
  EXPECT_FALSE(JsonColumns::compile({InputFormatKind::json, {"no json"}}, {"a"}));
  EXPECT_FALSE(JsonColumns::compile({InputFormatKind::json, {"[]"}}, {"a"}));
}

// The field of the only member of {"x": ...}.
Field field_of(const std::string& value) {
  const std::string row = R"({"x":)" + value + "}";
  const JsonValue x = member({JsonKind::object, false, row}, "x");
  return to_field(x);
}

TEST(Field, is_what_java_makes_of_a_value) {
  EXPECT_EQ(field_of("null"), Field(NullField{}));
  EXPECT_EQ(to_field(JsonValue{}), Field(NullField{}));
  EXPECT_EQ(field_of("1"), Field(std::int64_t{1}));
  EXPECT_EQ(field_of("-9223372036854775808"), Field(std::int64_t{INT64_MIN}));
  EXPECT_EQ(field_of("9223372036854775808"), Field(9223372036854775808.0));
  EXPECT_EQ(field_of("1.0"), Field(1.0));
  EXPECT_EQ(field_of("1e2"), Field(100.0));
  EXPECT_EQ(field_of("true"), Field(Texts{"true"}));
  EXPECT_EQ(field_of("\"a\\n\""), Field(Texts{"a\n"}));
  EXPECT_EQ(field_of("[]"), Field(Texts{}));
  EXPECT_EQ(field_of("[1,1.0,true,null,\"x\"]"), Field(Texts{"1", "1.0", "true", "null", "x"}));
  EXPECT_EQ(field_of("[[1,2],[]]"), Field(Texts{"[1, 2]", "[]"}));
  EXPECT_EQ(field_of("{}"), Field(Texts{"{}"}));
  EXPECT_EQ(field_of(R"({"a":1,"b":[2,{"c":null}]})"), Field(Texts{"{a=1, b=[2, {c=null}]}"}));
  EXPECT_EQ(field_of(R"({"a":1,"b":2,"a":3})"), Field(Texts{"{a=3, b=2}"}));
  EXPECT_EQ(field_of(R"({"\u0061":"\u0062"})"), Field(Texts{"{a=b}"}));
}

TEST(Field, numbers_beyond_the_range_of_doubles) {
  EXPECT_EQ(field_of("1e400"), Field(HUGE_VAL));
  EXPECT_EQ(field_of("-1e400"), Field(-HUGE_VAL));
  EXPECT_EQ(field_of("1e-400"), Field(0.0));
  EXPECT_EQ(field_of(std::string(400, '9')), Field(HUGE_VAL));
}

// A path to a value, written with names or brackets, leads to it whatever stands beside it.
RC_GTEST_PROP(JsonColumns, a_path_leads_to_the_value_it_was_built_for, ()) {
  const auto depth = *rc::gen::inRange(1, 6);
  std::string path = "$";
  std::string row = "42";
  std::vector<int> kinds;
  for (int i = 0; i < depth; ++i) kinds.push_back(*rc::gen::inRange(0, 3));
  for (const int kind : kinds) {
    if (kind == 0) path += ".n";
    if (kind == 1) path += "['o p']";
    if (kind == 2) path += "[1]";
  }
  for (auto kind = kinds.rbegin(); kind != kinds.rend(); ++kind) {
    if (*kind == 0) row = R"({"m":[1],"n":)" + row + "}";
    if (*kind == 1) row = R"({"o p":)" + row + R"(,"n":{"o p":0}})";
    if (*kind == 2) row = R"([{"n":0}, )" + row + ",3]";
  }
  const auto format = json_format(R"({"type":"path","name":"a","expr":")" + path + R"("})");
  RC_ASSERT(read(format, row).starts_with("42;"));
}

}  // namespace
}  // namespace henge::scan
