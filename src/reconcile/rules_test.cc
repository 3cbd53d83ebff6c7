// Retention rules: whether Druid would load a chunk, so that late rows go nowhere else.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "reconcile/decide.h"

namespace henge::reconcile {
namespace {

Rule rule(const std::string& type, const std::string& period = "", bool future = true) {
  return {type, std::nullopt, period, future, {}};
}

TEST(Rules, TheFirstThatCoversDecides) {
  Instant now = *parse_instant("2026-03-31T12:00Z");
  auto hour = [](const char* start) { return bucket(Granularity::hour, *parse_instant(start)); };
  Interval fresh = hour("2026-03-30T00:00Z"), old = hour("2026-02-10T00:00Z"),
           ancient = hour("2020-01-01T00:00Z");
  EXPECT_FALSE(rules_load({}, fresh, now));
  EXPECT_TRUE(rules_load({rule("loadForever")}, ancient, now));
  EXPECT_FALSE(rules_load({rule("dropForever"), rule("loadForever")}, fresh, now));
  std::vector<Rule> month{rule("loadByPeriod", "P1M"), rule("dropForever")};
  EXPECT_TRUE(rules_load(month, fresh, now));
  EXPECT_FALSE(rules_load(month, old, now));
  EXPECT_TRUE(rules_load(month, hour("2026-02-28T12:00Z"), now))
      << "a month before 31 March is the end of February";
  EXPECT_FALSE(rules_load({rule("dropBeforeByPeriod", "P30D"), rule("loadForever")}, old, now));
  EXPECT_TRUE(rules_load({rule("dropBeforeByPeriod", "P30D"), rule("loadForever")}, fresh, now));
  EXPECT_FALSE(rules_load({rule("loadByPeriod", "P1D", false), rule("dropForever")},
                          hour("2026-04-02T00:00Z"), now));
  Rule by_interval = rule("loadByInterval");
  by_interval.interval = *parse_interval("2019-01-01/2021-01-01");
  EXPECT_TRUE(rules_load({by_interval, rule("dropForever")}, ancient, now));
  EXPECT_FALSE(rules_load({by_interval, rule("dropForever")}, old, now));
  EXPECT_TRUE(rules_load({rule("dropByPeriod", "P1M"), rule("loadForever")}, old, now));
  EXPECT_FALSE(rules_load({rule("dropByPeriod", "P1M"), rule("loadForever")}, fresh, now));
}

Rule by_interval(const std::string& type, const char* interval) {
  Rule r = rule(type);
  r.interval = *parse_interval(interval);
  return r;
}

struct RuleCase {
  const char* name;
  Rule rule;
  const char* chunk;
  bool covers;
};

// Whether a rule covers a chunk shows in what becomes of it: loaded where the rule loads and is the
// only one, dropped where it drops and everything else would be loaded.
TEST(Rules, EachCoversWhatDruidSaysItDoes) {
  const Instant now = *parse_instant("2026-03-31T12:00Z");
  const char* whole_day = "2026-03-30/2026-03-31";
  const RuleCase cases[] = {
      {"inside", by_interval("loadByInterval", "2026-03-01/2026-04-01"), whole_day, true},
      {"the same", by_interval("loadByInterval", whole_day), whole_day, true},
      {"loading needs to touch only", by_interval("loadByInterval", "2026-03-30T12:00Z/2026-04-01"),
       whole_day, true},
      {"the end is not in it", by_interval("loadByInterval", "2026-03-31/2026-04-01"), whole_day,
       false},
      {"nor is the chunk's own", by_interval("loadByInterval", "2026-03-01/2026-03-30"), whole_day,
       false},
      {"broadcast is loaded everywhere", by_interval("broadcastByInterval", whole_day), whole_day,
       true},
      {"broadcast", rule("broadcastForever"), whole_day, true},
      {"dropping has to cover", by_interval("dropByInterval", "2026-03-30T12:00Z/2026-04-01"),
       whole_day, false},
      {"and does", by_interval("dropByInterval", whole_day), whole_day, true},
      {"an interval rule without one", rule("loadByInterval"), whole_day, false},
      {"a period that touches", rule("loadByPeriod", "PT36H"), whole_day, true},
      {"a period that ends with the chunk", rule("loadByPeriod", "PT12H"), whole_day, false},
      {"a period one second longer", rule("loadByPeriod", "PT12H1S"), whole_day, true},
      {"the future is in it", rule("loadByPeriod", "P1D"), "2026-05-01/2026-05-02", true},
      {"unless it is not", rule("loadByPeriod", "P1D", false), "2026-05-01/2026-05-02", false},
      {"a chunk under way is not the future", rule("loadByPeriod", "P1D", false),
       "2026-03-31/2026-04-01", true},
      {"drops what lies within", rule("dropByPeriod", "P2D"), whole_day, true},
      {"not what begins before", rule("dropByPeriod", "PT36H"), whole_day, true},
      {"one second less", rule("dropByPeriod", "PT35H59M59S"), whole_day, false},
      {"drops the future too", rule("dropByPeriod", "P1D"), "2026-05-01/2026-05-02", true},
      {"or not", rule("dropByPeriod", "P1D", false), "2026-05-01/2026-05-02", false},
      {"what is older", rule("dropBeforeByPeriod", "PT12H"), whole_day, true},
      {"by its end", rule("dropBeforeByPeriod", "PT12H1S"), whole_day, false},
      {"years", rule("loadByPeriod", "P1Y"), "2025-04-01/2025-04-02", true},
      {"not more", rule("loadByPeriod", "P1Y"), "2025-03-30/2025-03-31", false},
      {"all units", rule("loadByPeriod", "P1Y1M1W1DT1H1M1S"), "2025-02-20/2025-02-21", true},
      {"not more of them", rule("loadByPeriod", "P1Y1M1W1DT1H1M1S"), "2025-02-19/2025-02-20",
       false},
      {"a period nobody can read", rule("loadByPeriod", "soon"), whole_day, false},
      {"no period", rule("loadByPeriod", ""), whole_day, false},
  };
  for (const auto& c : cases) {
    const Interval chunk = *parse_interval(c.chunk);
    const bool drops = c.rule.type.starts_with("drop");
    const bool loaded = rules_load(
        drops ? std::vector{c.rule, rule("loadForever")} : std::vector{c.rule}, chunk, now);
    EXPECT_EQ(loaded, drops ? !c.covers : c.covers) << c.name << ": " << c.rule.type;
  }
}

TEST(Rules, MonthsAreCountedFromTheirLastDay) {
  struct Case {
    const char* now;
    const char* period;
    const char* from;  // the first day that is loaded
  };
  for (auto [now, period, from] : {Case{"2026-03-31", "P1M", "2026-02-28"},
                                   {"2024-03-31", "P1M", "2024-02-29"},
                                   {"2024-02-29", "P1Y", "2023-02-28"},
                                   {"2026-01-15", "P1M", "2025-12-15"},
                                   {"2026-01-15", "P13M", "2024-12-15"},
                                   {"2026-05-31", "P3M", "2026-02-28"}}) {
    const Interval first = bucket(Granularity::day, *parse_instant(from));
    const Interval before{first.start - std::chrono::days(1), first.start};
    EXPECT_TRUE(rules_load({rule("loadByPeriod", period)}, first, *parse_instant(now))) << now;
    EXPECT_FALSE(rules_load({rule("loadByPeriod", period)}, before, *parse_instant(now))) << now;
  }
}

Rule any_rule() {
  Rule r;
  r.type = *rc::gen::element<std::string>("loadForever", "dropForever", "loadByInterval",
                                          "dropByInterval", "loadByPeriod", "dropByPeriod",
                                          "dropBeforeByPeriod");
  const Instant start = instant_of_ms(3'600'000LL * *rc::gen::inRange(0, 48));
  r.interval = Interval{start, start + std::chrono::hours(*rc::gen::inRange(1, 24))};
  r.period = fmt::format("PT{}H", *rc::gen::inRange(0, 48));
  r.include_future = *rc::gen::arbitrary<bool>();
  return r;
}

RC_GTEST_PROP(RulesLaw, only_the_first_that_covers_decides, ()) {
  std::vector<Rule> rules;
  const int n = *rc::gen::inRange(0, 6);
  for (int i = 0; i < n; ++i) rules.push_back(any_rule());
  const Instant now = instant_of_ms(3'600'000LL * 48);
  const Interval chunk =
      bucket(Granularity::hour, instant_of_ms(3'600'000LL * *rc::gen::inRange(0, 60)));
  bool expected = false;
  for (const Rule& r : rules) {
    // Before a rule of the other kind, it shows whether this one covers the chunk.
    const bool loads = r.type.starts_with("load");
    const bool covers = loads ? rules_load({r, rule("dropForever")}, chunk, now)
                              : !rules_load({r, rule("loadForever")}, chunk, now);
    if (!covers) continue;
    expected = loads;
    break;
  }
  RC_ASSERT(rules_load(rules, chunk, now) == expected);
}

}  // namespace
}  // namespace henge::reconcile
