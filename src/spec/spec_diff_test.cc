#include "spec/spec_diff.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace henge::spec {
namespace {

// "path: before -> after" of each change.
std::vector<std::string> lines(const Result<std::vector<SpecChange>>& changes) {
  std::vector<std::string> out;
  if (!changes) return {changes.error().message};
  for (const auto& c : *changes)
    out.push_back(c.path + ": " + c.before.text + " -> " + c.after.text);
  return out;
}

std::vector<std::string> diff(const char* before, const char* after) {
  return lines(diff_specs({before}, {after}));
}

TEST(SpecDiff, NamesWhatChangedByItsPath) {
  struct Case {
    const char* before;
    const char* after;
    std::vector<std::string> changes;
  };
  const Case cases[] = {
      {R"({"a":1})", R"({"a":1})", {}},
      {R"({"a":{"b":1}})", R"({"a":{"b":2}})", {"a.b: 1 -> 2"}},
      {R"({"a":1})", R"({"b":2})", {"a: 1 -> ", "b:  -> 2"}},
      {R"({"d":["x","y"]})", R"({"d":["x","y","z"]})", {R"(d[z]:  -> "z")"}},
      {R"({"d":["x","y"]})", R"({"d":["y"]})", {R"(d[x]: "x" -> )"}},
      {R"({"d":["x","y"]})", R"({"d":["y","x"]})", {R"(d (order): ["x","y"] -> ["y","x"])"}},
      {R"({"m":[{"name":"c","type":"count"}]})",
       R"({"m":[{"name":"c","type":"longSum"}]})",
       {R"(m[c].type: "count" -> "longSum")"}},
      {R"({"m":[{"name":"a"},{"name":"b"}]})",
       R"({"m":[{"name":"b"}]})",
       {R"(m[a]: {"name":"a"} -> )"}},
      {R"({"f":[{"v":1},{"v":2}]})", R"({"f":[{"v":1},{"v":3}]})", {"f[1].v: 2 -> 3"}},
      {R"({"f":[1]})", R"({"f":[1,2]})", {"f: [1] -> [1,2]"}},
      {R"({"f":["x","x"]})", R"({"f":["x"]})", {R"(f: ["x","x"] -> ["x"])"}},
      {R"({"a":{}})", R"({"a":[]})", {"a: {} -> []"}},
  };
  for (const auto& c : cases) EXPECT_EQ(diff(c.before, c.after), c.changes) << c.before << c.after;
}

TEST(SpecDiff, LeavesOutExampleIdsAndHengesOwnMarks) {
  EXPECT_TRUE(diff(R"({"id":"henge.append.a","context":{"henge.spec":"1"}})",
                   R"({"id":"henge.append.b","context":{"henge.spec":"2"}})")
                  .empty());
}

TEST(SpecDiff, ShowsNoSecret) {
  EXPECT_THAT(diff(R"({"spec":{"consumerProperties":{"sasl.jaas.config":"old hunter2"}}})",
                   R"({"spec":{"consumerProperties":{"sasl.jaas.config":"new hunter2"}}})"),
              testing::ElementsAre(
                  R"x(spec.consumerProperties.sasl.jaas.config: "(hidden)" -> "(hidden)")x"));
  EXPECT_THAT(
      diff("{}", R"({"consumerProperties":{"ssl.key.password":"hunter2","x":"y"}})"),
      testing::ElementsAre(R"x(consumerProperties:  -> {"ssl.key.password":"(hidden)","x":"y"})x"));
  EXPECT_THAT(diff(R"({"consumerProperties":{"ssl.key.password":"${env:OLD}"}})",
                   R"({"consumerProperties":{"ssl.key.password":"${env:NEW}"}})"),
              testing::ElementsAre(testing::HasSubstr("${env:NEW}")))
      << "a reference is no secret";
}

TEST(SpecDiff, ComparesDocumentsByMeaning) {
  EXPECT_TRUE(lines(diff_documents("a: 1\nb: [x]\n", "# note\nb:\n  - x\na: 0x1\n")).empty());
  EXPECT_THAT(lines(diff_documents("late: {maxDelay: PT1M}\n", "late: {maxDelay: PT5M}\n")),
              testing::ElementsAre(R"(late.maxDelay: "PT1M" -> "PT5M")"));
}

TEST(SpecDiff, RefusesWhatItCantRead) {
  EXPECT_EQ(diff_specs({"{"}, {"{}"}).error().kind, ErrorKind::invalid);
  EXPECT_EQ(diff_documents("a: [", "a: 1").error().kind, ErrorKind::invalid);
  EXPECT_EQ(diff_documents("a: 1\n---\na: 2\n", "a: 1").error().kind, ErrorKind::invalid);
}

}  // namespace
}  // namespace henge::spec
