// The check of values against a shape, on a shape of its own.
#include "spec/shape.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "spec/json_path.h"
#include "spec/node_json.h"
#include "spec/rules.h"

namespace henge::spec {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const Field& shape() {
  static const Field root = object(
      "", "A test.",
      {
          text("word", "A word.").one_of({"red", "green"}),
          text("loose", "A word.").mostly({"red", "green"}),
          boolean("flag", "A flag."),
          integer("count", 1, 5, "A number."),
          period("time", "A time."),
          granularity("bucket", "A bucket."),
          size("bytes", "A size."),
          properties("props", "Properties."),
          labels("labels", "Labels."),
          secret("secret", "A secret."),
          object("inner", "An object.", {text("needed", "Needed.").must(), text("deep", "Deep.")}),
          open_object("druid_object", "Druid's.", {text("dimension", "A name.")}),
          list("list", "A list.", integer("item", 0, 9, "A digit.")),
          druid("anything", "Anything."),
      });
  return root;
}

std::vector<Diagnostic> diagnose(const std::string& text) {
  YamlFile file = parse_yaml("f", text, YamlLimits{});
  EXPECT_THAT(file.diagnostics, IsEmpty()) << text;
  Report report("f");
  for (const Node& node : file.documents) check(shape(), view_of(node), shape(), report);
  return std::move(report).take();
}

struct Verdict {
  const char* text;
  const char* code;  // empty: fits
  const char* hint;
};
const Verdict verdicts[] = {
    {"word: red", "", ""},
    {"word: blue", "wrong_choice", ""},
    {"word: gren", "wrong_choice", "did you mean green?"},
    {"word: 5", "wrong_type", "write \"5\" with quotes"},
    {"word: \"${env:X}\"", "reference_not_allowed", ""},
    {"loose: blue", "", ""},
    {"flag: true", "", ""},
    {"flag: yes", "wrong_type", "write true"},
    {"flag: \"false\"", "wrong_type", "leave the quotes out"},
    {"flag: 0", "wrong_type", "write false"},
    {"count: 1", "", ""},
    {"count: 5", "", ""},
    {"count: 6", "out_of_range", ""},
    {"count: 0", "out_of_range", ""},
    {"count: \"3\"", "wrong_type", "leave the quotes out"},
    {"count: 2.0", "wrong_type", ""},
    {"count:", "wrong_type", ""},
    {"time: PT5M", "", ""},
    {"time: 5m", "wrong_unit", "did you mean PT5M?"},
    {"time: 1h 30m", "wrong_unit", "did you mean PT1H30M?"},
    {"time: 2 weeks", "wrong_unit", "did you mean P14D?"},
    {"time: 250ms", "wrong_unit", "did you mean PT0.250S?"},
    {"time: 5 bananas", "wrong_unit", ""},
    {"time: 5", "wrong_unit", "PT5S if that is seconds"},
    {"time: P1Y", "wrong_unit", ""},
    {"time: []", "wrong_type", ""},
    {"time: 999999999w999999999w999999999w999999999w999999999w", "wrong_unit", ""},
    {"bucket: hour", "", ""},
    {"bucket: P1D", "", ""},
    {"bucket: HUOR", "wrong_choice", "did you mean HOUR?"},
    {"bucket: {type: period}", "wrong_type", "chunks are in UTC"},
    {"bytes: 5", "", ""},
    {"bytes: 5k", "", ""},
    {"bytes: 5kb", "wrong_unit", "powers of 1024"},
    {"bytes: 1.5", "wrong_type", ""},
    {"props: {a: 1, b: x, c: true, d: \"${env:X}\"}", "", ""},
    {"props: {a: []}", "wrong_type", ""},
    {"props: {a: \"${env}\"}", "reference_malformed", ""},
    {"props: []", "wrong_type", ""},
    {"labels: {a: \"${env:X}\"}", "reference_not_allowed", ""},
    {"secret: \"${file:/x}\"", "", ""},
    {"secret: \"${x}\"", "reference_malformed", ""},
    {"secret: 5", "wrong_type", ""},
    {"inner: {needed: x}", "", ""},
    {"inner: {}", "missing_field", "Needed."},
    {"inner: {need: x}", "unknown_field", "did you mean needed?"},
    {"inner: text", "wrong_type", ""},
    {"deep: x", "unknown_field", "it belongs into inner"},
    {"zzzzzz: x", "unknown_field", "known here: word, loose"},
    {"druid_object: {dimension: x, other: 1}", "", ""},
    {"druid_object: {dimenson: x}", "unknown_druid_field", "did you mean dimension?"},
    {"druid_object: {x: .nan}", "not_json", ""},
    {"list: [1, 2]", "", ""},
    {"list: [1, 12]", "out_of_range", ""},
    {"list: 1", "wrong_type", ""},
    {"anything: {a: [1, null, {b: 1.5}]}", "", ""},
    {"anything: [{a: \"${env:X}\"}]", "reference_not_allowed", ""},
    {"anything: [-.inf]", "not_json", ""},
};

TEST(ShapeCheck, one_value_one_verdict) {
  for (const Verdict& c : verdicts) {
    auto found = diagnose(c.text);
    if (*c.code == '\0') {
      EXPECT_THAT(found, IsEmpty()) << c.text;
      continue;
    }
    ASSERT_EQ(found.size(), 1u) << c.text;
    EXPECT_EQ(found[0].code, c.code) << c.text;
    EXPECT_THAT(found[0].hint, HasSubstr(c.hint)) << c.text;
    EXPECT_EQ(found[0].severity, rule(c.code).severity);
  }
}

TEST(ShapeCheck, all_mistakes_with_paths_and_places) {
  auto found = diagnose("list:\n  - 1\n  - x\ninner:\n  deep: 5\n");
  ASSERT_EQ(found.size(), 3u);
  EXPECT_EQ(found[0].field, "list[1]");
  EXPECT_EQ(found[0].place, (Place{"f", 3, 5}));
  EXPECT_EQ(found[1].field, "inner.needed");
  EXPECT_EQ(found[1].place, (Place{"f", 4, 1})) << "a missing field is at its parent's name";
  EXPECT_EQ(found[2].field, "inner.deep");
}

TEST(Size, units) {
  EXPECT_EQ(parse_size("0").value(), 0);
  EXPECT_EQ(parse_size("65536").value(), 65536);
  EXPECT_EQ(parse_size("64k").value(), 65536);
  EXPECT_EQ(parse_size("2K").value(), 2048);
  EXPECT_EQ(parse_size("1M").value(), 1 << 20);
  EXPECT_EQ(parse_size("3G").value(), 3LL << 30);
  for (const char* bad : {"", "k", "-1", "1T", "1 k", "1kk", "9223372036854775807k",
                          "99999999999999999999", "1.5M"}) {
    EXPECT_FALSE(parse_size(bad)) << bad;
  }
}

TEST(NodeJson, is_canonical) {
  YamlFile file = parse_yaml(
      "f",
      "{b: 1, a: [null, true, 1.50, x, 0x10, 18446744073709551615, .inf], c: {z: ~, y: \"5\"}}",
      YamlLimits{});
  ASSERT_EQ(file.documents.size(), 1u);
  const View root = view_of(file.documents[0]);
  EXPECT_EQ(
      json_of(root).text,
      R"({"a":[null,true,1.5,"x",16,1.8446744073709552e+19,null],"b":1,"c":{"y":"5","z":null}})");
  EXPECT_EQ(json_of(root["nothing"]).text, "");
  EXPECT_EQ(json_with(root["c"], "y", "6").text, R"({"y":"6","z":null})");
}

TEST(JsonPath, plain_ones_are_names_and_indices) {
  for (const char* path : {"$.a", "$.a.b[0]", "$['a b'].c", "$[\"x\"][12]", "$.a-b.ä", "$[0]"})
    EXPECT_TRUE(is_plain_json_path(path)) << path;
  for (const char* path :
       {"", "$", "a.b", "$..a", "$.a[*]", "$.a[-1]", "$.a[0:2]", "$.a[?(@.x)]", "$.", "$.a.",
        "$['a", "$['']", "$['a','b']", "$[]", "$.a()", "$.*", "$[99999999999]", "$['a\\'b']"}) {
    EXPECT_FALSE(is_plain_json_path(path)) << path;
  }
}

TEST(Rules, codes_are_unique_words) {
  std::vector<std::string_view> seen;
  for (const Rule& r : rules()) {
    EXPECT_EQ(std::ranges::count(seen, r.code), 0) << r.code;
    EXPECT_EQ(r.code.find_first_not_of("abcdefghijklmnopqrstuvwxyz_"), std::string_view::npos)
        << r.code;
    seen.push_back(r.code);
  }
}

}  // namespace
}  // namespace henge::spec
