#include "spec/canonical_json.h"

#include <gtest/gtest.h>

namespace henge::spec {
namespace {

TEST(CanonicalJson, HasOneSpellingForEveryValue) {
  struct Case {
    std::string written, canonical;
  };
  const std::vector<Case> cases = {
      {R"( { "b" : 1 , "a" : [ true , null ] } )", R"({"a":[true,null],"b":1})"},
      {R"({"z":{"y":1,"x":2}})", R"({"z":{"x":2,"y":1}})"},
      {R"("\u00e9\u0041")", "\"\u00e9A\""},
      {"[1, -1, 0, 1.0, 0.1, 1e3]", "[1,-1,0,1.0,0.1,1000.0]"},
      {"18446744073709551615", "18446744073709551615"},
      {"-9223372036854775808", "-9223372036854775808"},
      {"{}", "{}"},
      {"[]", "[]"},
      {R"("")", R"("")"},
      {R"({"a\"b":"line\nbreak"})", R"({"a\"b":"line\nbreak"})"},
  };
  for (const auto& c : cases) {
    const auto text = canonical(c.written);
    ASSERT_TRUE(text) << c.written << ": " << text.error().message;
    EXPECT_EQ(text->text, c.canonical);
    EXPECT_EQ(canonical(text->text)->text, text->text)
        << "canonical text is its own canonical form";
  }
}

TEST(CanonicalJson, RefusesWhatWouldBeReadInTwoWays) {
  struct Case {
    std::string written, complaint;
  };
  const std::vector<Case> cases = {
      {R"({"a":1,"a":2})", "\"a\" is there twice"},
      {R"({"x":{"a":1,"b":2,"a":1}})", "\"a\" is there twice"},
      {"18446744073709551616", "does not fit 64 bits"},
      {R"({"n":-9223372036854775809})", "does not fit 64 bits"},
      {"", "syntax error"},
      {"{", "syntax error"},
      {"{} {}", "syntax error"},
      {"{\n  \"a\": nope}", "line 2, column"},
      {"[1,]", "syntax error"},
      {"NaN", "syntax error"},
      {"\"\xff\xfe\"", "syntax error"},
      {std::string(200, '[') + std::string(200, ']'), "nested deeper"},
  };
  for (const auto& c : cases) {
    const auto text = canonical(c.written);
    ASSERT_FALSE(text) << c.written;
    EXPECT_EQ(text.error().kind, ErrorKind::invalid);
    EXPECT_NE(text.error().message.find(c.complaint), std::string::npos) << text.error().message;
  }
}

TEST(CanonicalJson, TakesTheDeepestNestingItAllows) {
  EXPECT_TRUE(canonical(std::string(json_depth_max, '[') + std::string(json_depth_max, ']')));
  EXPECT_FALSE(
      canonical(std::string(json_depth_max + 1, '[') + std::string(json_depth_max + 1, ']')));
}

TEST(CanonicalJson, AHugeNestingDoesNotExhaustTheStack) {
  EXPECT_FALSE(canonical(std::string(2'000'000, '[')));
}

TEST(CanonicalJson, PrettyTextIsTheSameValue) {
  const JsonText json{R"({"a":[1,{"b":"c"}]})"};
  const auto shown = pretty(json);
  EXPECT_NE(shown.find("\n  \"a\": ["), std::string::npos) << shown;
  EXPECT_EQ(canonical(shown)->text, json.text);
}

TEST(CanonicalJson, PrettyLeavesAloneWhatIsNoJson) {
  EXPECT_EQ(pretty({"{nope"}), "{nope");
}

}  // namespace
}  // namespace henge::spec
