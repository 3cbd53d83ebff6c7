// Retention rules as texts: read back they mean the same, equal rules are equal texts, and nothing
// else is taken for rules, since what is read is sent to Druid.
#include "reconcile/settings_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace henge::reconcile {
namespace {

using testing::HasSubstr;

Rule rule(std::string type) {
  return {std::move(type), {}, "", true, {}};
}

TEST(RulesText, IsWhatDruidTakes) {
  const Interval year = parse_interval("2025-01-01/2026-01-01").value();
  const struct {
    const char* name;
    std::vector<Rule> rules;
    const char* text;
  } cases[] = {
      {"none", {}, "[]"},
      {"for ever", {rule("loadForever")}, R"([{"type":"loadForever"}])"},
      {"an interval",
       {{"dropByInterval", year, "", true, {}}},
       R"([{"interval":"2025-01-01T00:00:00.000Z/2026-01-01T00:00:00.000Z",)"
       R"("type":"dropByInterval"}])"},
      {"a period",
       {{"loadByPeriod", {}, "P1M", true, {{"hot", 2}, {"cold", 1}}}},
       R"([{"includeFuture":true,"period":"P1M","tieredReplicants":{"cold":1,"hot":2},)"
       R"("type":"loadByPeriod"}])"},
      {"a period without the future",
       {{"dropByPeriod", {}, "P1M", false, {}}},
       R"([{"includeFuture":false,"period":"P1M","type":"dropByPeriod"}])"},
      {"zero replicas are said",
       {{"loadForever", {}, "", true, {{"_default_tier", 0}}}},
       R"([{"tieredReplicants":{"_default_tier":0},"type":"loadForever"}])"},
  };
  for (const auto& c : cases) EXPECT_EQ(rules_text(c.rules), c.text) << c.name;
}

TEST(RulesText, TellsRulesApart) {
  const Interval year = parse_interval("2025-01-01/2026-01-01").value();
  const std::vector<std::vector<Rule>> all{
      {},
      {rule("loadForever")},
      {rule("dropForever")},
      {rule("loadForever"), rule("dropForever")},
      {rule("dropForever"), rule("loadForever")},
      {rule("loadForever"), rule("loadForever")},
      {{"loadByInterval", year, "", true, {}}},
      {{"loadByInterval", Interval{year.start, year.end + Millis(1)}, "", true, {}}},
      {{"loadByPeriod", {}, "P1M", true, {}}},
      {{"loadByPeriod", {}, "P1M", false, {}}},
      {{"loadByPeriod", {}, "PT1M", true, {}}},
      {{"loadForever", {}, "", true, {{"hot", 1}}}},
      {{"loadForever", {}, "", true, {{"hot", 2}}}},
      {{"loadForever", {}, "", true, {{"cold", 1}}}},
      {{"loadForever", {}, "", true, {{"cold", 1}, {"hot", 1}}}},
  };
  for (std::size_t i = 0; i < all.size(); ++i)
    for (std::size_t k = 0; k < i; ++k)
      EXPECT_NE(rules_text(all[i]), rules_text(all[k])) << i << " and " << k;
}

TEST(RulesText, OnlyAListOfRulesIsRead) {
  const char* cases[] = {
      "",
      " ",
      "{",
      "null",
      "{}",
      "7",
      "true",
      "\"[]\"",
      R"({"type":"loadForever"})",
      "[",
      "[]]",
      "[null]",
      "[1]",
      "[[]]",
      "[{}]",
      R"([{"type":7}])",
      R"([{"type":null}])",
      R"([{"type":"loadByInterval","interval":"never"}])",
      R"([{"type":"loadByInterval","interval":7}])",
      R"([{"type":"loadByPeriod","period":7}])",
      R"([{"type":"loadByPeriod","period":"P1M","includeFuture":"yes"}])",
      R"([{"type":"loadForever","tieredReplicants":[1]}])",
      R"([{"type":"loadForever","tieredReplicants":{"hot":"two"}}])",
      R"([{"type":"loadForever"},7])",
  };
  for (const char* text : cases) {
    const auto read = parse_rules_text(text);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().kind, ErrorKind::corrupt) << text;
    if (*text != 0) EXPECT_THAT(read.error().message, HasSubstr(text));
  }
}

TEST(RulesText, SurvivesBytesThatAreNoText) {
  const auto read = parse_rules_text(rules_text({rule("load\xffx")}));
  ASSERT_TRUE(read) << "or the ledger could not be read any more";
  EXPECT_NE(read->at(0).type, "load\xffx");
}

rc::Gen<Rule> any_rule() {
  return rc::gen::apply(
      [](std::string type, int shape, std::int64_t start, std::int64_t length, bool future,
         const std::vector<std::pair<std::string, std::int64_t>>& replicants) {
        Rule out{std::move(type), {}, "", true, {replicants.begin(), replicants.end()}};
        if (shape == 1)
          out.interval = Interval{instant_of_ms(start), instant_of_ms(start + length)};
        if (shape == 2) {
          out.period = "P" + std::to_string(length) + "D";
          out.include_future = future;
        }
        return out;
      },
      rc::gen::element<std::string>("loadForever", "dropForever", "loadByPeriod", "x \"y\" \\"),
      rc::gen::inRange(0, 3),
      rc::gen::inRange<std::int64_t>(-60'000'000'000'000, 200'000'000'000'000),
      rc::gen::inRange<std::int64_t>(1, 1'000'000'000'000), rc::gen::arbitrary<bool>(),
      rc::gen::container<std::vector<std::pair<std::string, std::int64_t>>>(rc::gen::pair(
          rc::gen::element<std::string>("hot", "cold", "_default_tier", "\xc3\xa9t\xc3\xa9"),
          rc::gen::inRange<std::int64_t>(0, 1'000))));
}

RC_GTEST_PROP(RulesTextLaw, read_back_the_rules_are_the_same_in_the_same_order, ()) {
  const auto rules = *rc::gen::container<std::vector<Rule>>(any_rule());
  const auto read = parse_rules_text(rules_text(rules));
  RC_ASSERT(read.has_value());
  RC_ASSERT(*read == rules);
}

RC_GTEST_PROP(RulesTextLaw, equal_texts_are_equal_rules, ()) {
  const auto one = *rc::gen::container<std::vector<Rule>>(any_rule());
  auto other = one;
  if (!other.empty() && *rc::gen::arbitrary<bool>())
    other[*rc::gen::inRange<std::size_t>(0, other.size())] = *any_rule();
  RC_ASSERT((rules_text(one) == rules_text(other)) == (one == other));
}

}  // namespace
}  // namespace henge::reconcile
