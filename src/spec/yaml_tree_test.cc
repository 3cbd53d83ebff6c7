#include "spec/yaml_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace henge::spec {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

YamlFile parse(std::string_view text) {
  return parse_yaml("f.yaml", text, YamlLimits{});
}

Node only(std::string_view text) {
  YamlFile file = parse(text);
  EXPECT_THAT(file.diagnostics, IsEmpty()) << text;
  EXPECT_EQ(file.documents.size(), 1u) << text;
  return file.documents.empty() ? Node{} : file.documents[0];
}

std::vector<std::string> codes(const YamlFile& file) {
  std::vector<std::string> all;
  for (const Diagnostic& d : file.diagnostics) all.push_back(d.code);
  return all;
}

TEST(YamlScalar, kinds_after_the_core_rules) {
  struct Case {
    const char* text;
    NodeKind kind;
  };
  const Case cases[] = {
      {"~", NodeKind::null},
      {"null", NodeKind::null},
      {"NULL", NodeKind::null},
      {"nULL", NodeKind::text},
      {"true", NodeKind::boolean},
      {"False", NodeKind::boolean},
      {"yes", NodeKind::text},
      {"on", NodeKind::text},
      {"0", NodeKind::integer},
      {"-12", NodeKind::integer},
      {"+7", NodeKind::integer},
      {"012", NodeKind::integer},
      {"0x1F", NodeKind::integer},
      {"0o17", NodeKind::integer},
      {"0x", NodeKind::text},
      {"0o8", NodeKind::text},
      {"9223372036854775807", NodeKind::integer},
      {"9223372036854775808", NodeKind::number},
      {"99999999999999999999999", NodeKind::number},
      {"1.5", NodeKind::number},
      {"-.5", NodeKind::number},
      {"1e3", NodeKind::number},
      {"1.", NodeKind::number},
      {".", NodeKind::text},
      {"-", NodeKind::text},
      {".inf", NodeKind::number},
      {"-.INF", NodeKind::number},
      {".nan", NodeKind::number},
      {"inf", NodeKind::text},
      {"nan", NodeKind::text},
      {"1_000", NodeKind::text},
      {"1.2.3", NodeKind::text},
      {"PT1H", NodeKind::text},
      {"2026-01-01", NodeKind::text},
      {"1h", NodeKind::text},
      {"+", NodeKind::text},
      {"--1", NodeKind::text},
  };
  for (const Case& c : cases) {
    Node node;
    node.text = c.text;
    resolve_plain(node);
    EXPECT_EQ(node.kind, c.kind) << c.text;
  }
}

TEST(YamlScalar, values) {
  EXPECT_EQ(only("a: 012").find("a")->value.integer, 12);
  EXPECT_EQ(only("a: 0x1f").find("a")->value.integer, 31);
  EXPECT_EQ(only("a: 0o17").find("a")->value.integer, 15);
  EXPECT_EQ(only("a: -9223372036854775807").find("a")->value.integer, -INT64_MAX);
  EXPECT_DOUBLE_EQ(only("a: -2.5e1").find("a")->value.number, -25);
  EXPECT_TRUE(std::isinf(only("a: -.inf").find("a")->value.number));
  EXPECT_TRUE(only("a: TRUE").find("a")->value.boolean);
  EXPECT_EQ(only("a: 'it''s'").find("a")->value.text, "it's");
  EXPECT_EQ(only("a: \"\\u00e4\"").find("a")->value.text, "ä");
}

TEST(YamlScalar, quotes_and_blocks_are_text) {
  for (const char* text :
       {"a: \"5\"", "a: '5'", "a: !!str 5", "a: |-\n  5", "a: >-\n  5", "a: ! 5"}) {
    EXPECT_EQ(only(text).find("a")->value.kind, NodeKind::text) << text;
    EXPECT_EQ(only(text).find("a")->value.text, "5") << text;
  }
}

TEST(YamlTree, places_count_from_one_in_characters) {
  Node root = only("ä: 1\nlist:\n  - x\n  - {k: v}\n");
  EXPECT_EQ(root.start, (Position{1, 1}));
  EXPECT_EQ(root.find("ä")->value.start, (Position{1, 4}));
  const Entry* list = root.find("list");
  EXPECT_EQ(list->start, (Position{2, 1}));
  EXPECT_EQ(list->value.items[0].start, (Position{3, 5}));
  EXPECT_EQ(list->value.items[0].end, (Position{3, 6}));
  EXPECT_EQ(list->value.items[1].find("k")->start, (Position{4, 6}));
  EXPECT_EQ(list->value.items[1].find("k")->value.start, (Position{4, 9}));
  EXPECT_EQ(root.find("nothing"), nullptr);
}

TEST(YamlTree, documents) {
  EXPECT_EQ(parse("a: 1\n---\nb: 2\n...\n---\n---\nc: 3\n").documents.size(), 3u)
      << "the empty one is left out";
  EXPECT_THAT(parse("").documents, IsEmpty());
  EXPECT_THAT(parse("# nothing\n").documents, IsEmpty());
  EXPECT_EQ(parse("a: 1\n---\nb: [\n").documents.size(), 1u);
}

TEST(YamlTree, duplicate_keys_are_all_reported_and_the_first_stays) {
  YamlFile file = parse("a: 1\nb: {c: 1, c: 2}\na: 3\na: 4\n");
  EXPECT_THAT(codes(file), ElementsAre("duplicate_key", "duplicate_key", "duplicate_key"));
  ASSERT_EQ(file.documents.size(), 1u);
  EXPECT_EQ(file.documents[0].find("a")->value.integer, 1);
  EXPECT_EQ(file.diagnostics[1].place.line, 3);
}

TEST(YamlTree, aliases_are_copies_of_their_anchor) {
  Node root = only("a: &x {k: [1, 2]}\nb: *x\n");
  EXPECT_EQ(root.find("b")->value.find("k")->value.items.size(), 2u);
  EXPECT_THAT(codes(parse("a: *x\nb: &x 1\n")), ElementsAre("unknown_alias"));
  EXPECT_THAT(codes(parse("a: &x [*x]\n")), ElementsAre("unknown_alias"));
  EXPECT_THAT(codes(parse("a: &x 1\n---\nb: *x\n")), ElementsAre("unknown_alias"))
      << "anchors end with their document";
}

TEST(YamlTree, merge_keys_fill_what_is_missing) {
  Node root = only("base: &b {x: 1, y: 2}\nother: &o {y: 3, z: 4}\nall: {<<: [*b, *o], x: 9}\n");
  const Node& all = root.find("all")->value;
  EXPECT_EQ(all.find("x")->value.integer, 9);
  EXPECT_EQ(all.find("y")->value.integer, 2);
  EXPECT_EQ(all.find("z")->value.integer, 4);
  EXPECT_EQ(all.find("<<"), nullptr);
  EXPECT_NE(only("{\"<<\": 1}").find("<<"), nullptr) << "in quotes it is a key like any other";
  EXPECT_THAT(codes(parse("{<<: text}")), ElementsAre("bad_merge"));
}

TEST(YamlTree, tags_and_complex_keys_are_mistakes) {
  EXPECT_THAT(codes(parse("a: !thing 1\nb: !!map {}\nc: !!seq []\n")),
              ElementsAre("unknown_tag", "unknown_tag", "unknown_tag"));
  EXPECT_THAT(codes(parse("? {a: 1}\n: 2\n")), ElementsAre("bad_key"));
}

TEST(YamlTree, syntax_errors_have_a_place) {
  struct Case {
    const char* text;
    int line;
  };
  const Case cases[] = {{"a: [1, 2\nb: 3\n", 2}, {"a: 'open\n", 2},      {"a: b: c\n", 1},
                        {"a:\n\t- x\n", 2},      {"a: %x\n", 1},         {"- a\nb: c\n", 2},
                        {"a: \"\\q\"\n", 1},     {"ok: 1\nb: \xff\n", 2}};
  for (const Case& c : cases) {
    YamlFile file = parse(c.text);
    ASSERT_THAT(codes(file), ElementsAre("not_yaml")) << c.text;
    EXPECT_EQ(file.diagnostics[0].place.line, c.line) << c.text;
    EXPECT_GT(file.diagnostics[0].place.column, 0) << c.text;
  }
}

TEST(YamlTree, limits) {
  EXPECT_THAT(codes(parse(std::string(5 << 20, ' '))), ElementsAre("too_large"));
  EXPECT_THAT(codes(parse(std::string(66, '['))), ElementsAre("too_deep"));
  EXPECT_THAT(codes(parse("a: " + std::string(60, '[') + std::string(60, ']'))), IsEmpty());
  EXPECT_THAT(codes(parse(std::string(200'000, '['))), ElementsAre("too_deep"));
}

// Nine levels of nine aliases each would be 9^9 values.
TEST(YamlTree, aliases_cannot_explode) {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 9; ++i) {
    const std::string from = "*a" + std::to_string(i - 1);
    const std::string name = "a" + std::to_string(i);
    text += name + ": &" + name + " [" + from;
    for (int n = 0; n < 8; ++n) text += ", " + from;
    text += "]\n";
  }
  EXPECT_THAT(codes(parse(text)), ElementsAre("too_large"));
  std::string fat = "a: &a " + std::string(1 << 20, 'x') + "\nb: [*a";
  for (int n = 0; n < 100; ++n) fat += ", *a";
  EXPECT_THAT(codes(parse(fat + "]\n")), ElementsAre("too_large"));
}

TEST(YamlTree, describe) {
  EXPECT_EQ(describe(only("a: 1").find("a")->value), "the number 1");
  EXPECT_EQ(describe(only("a: x").find("a")->value), "the text \"x\"");
  EXPECT_EQ(describe(only("a:").find("a")->value), "nothing");
  EXPECT_EQ(describe(only("a: true").find("a")->value), "true");
  EXPECT_EQ(describe(only("a: []").find("a")->value), "a list");
  EXPECT_EQ(describe(only("a: " + std::string(50, 'y')).find("a")->value),
            "the text \"" + std::string(40, 'y') + "...\"");
}

}  // namespace
}  // namespace henge::spec
