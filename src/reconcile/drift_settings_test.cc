// Retention rules and auto-compaction: what was first seen or adopted is what should be, and only
// what is known is compared.
#include "reconcile/drift_fixture.h"
#include "reconcile/settings_text.h"

namespace henge::reconcile {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string rules_key = "rules_changed clicks", cluster_key = "rules_changed _default",
                  compaction_key = "compaction_changed clicks";

class Settings : public CalmWorld {
 protected:
  void note() {
    for (const auto& event : note_observed(input(), world)) {
      const auto& noted = std::get<ledger::DriftAdopted>(event);
      state().adopted[key_of(noted.kind, noted.object)] = noted.value;
    }
  }
  void rules(const std::string& of, std::vector<Rule> set) { (*world.rules)[of] = std::move(set); }
  void compaction(const std::string& of, std::string text) {
    (*world.compaction)[of] = JsonText{std::move(text)};
  }
  std::vector<std::string> adopted() {
    std::vector<std::string> out;
    for (const auto& [key, value] : state().adopted) out.push_back(key + " " + value);
    return out;
  }

  const Rule forever{"loadForever", {}, "", true, {}}, month{"loadByPeriod", {}, "P1M", true, {}},
      never{"dropForever", {}, "", true, {}};
};

TEST_F(Settings, AreNotedAsTheyAreFirstSeenEachWhenItIsKnown) {
  auto known = world.rules;
  world.rules.reset();
  note();
  EXPECT_THAT(adopted(), ElementsAre(compaction_key + " ")) << "none is a setting, too";
  world.rules = known;
  world.compaction.reset();
  note();
  EXPECT_THAT(adopted(),
              ElementsAre(compaction_key + " ", cluster_key + R"( [{"type":"loadForever"}])",
                          rules_key + " []"));
  rules("clicks", {month});
  note();
  EXPECT_EQ(state().adopted.at(rules_key), "[]") << "what was seen later is drift, and not noted";
}

TEST_F(Settings, EachChangeIsTheDriftOfItsOwnObject) {
  compaction("clicks", R"({"dataSource":"clicks"})");
  rules("clicks", {month, never});
  note();
  ASSERT_THAT(keys(), IsEmpty());
  const World calm = world;
  const struct {
    const char* name;
    std::function<void()> change;
    std::vector<std::string> found;
  } cases[] = {
      {"nothing", [] {}, {}},
      {"the same again", [&] { rules("clicks", {month, never}); }, {}},
      {"another datasource's rules", [&] { rules("views", {never}); }, {}},
      {"another datasource's compaction", [&] { compaction("views", "{}"); }, {}},
      {"turned round", [&] { rules("clicks", {never, month}); }, {rules_key}},
      {"one is gone", [&] { rules("clicks", {month}); }, {rules_key}},
      {"all are gone", [&] { world.rules->erase("clicks"); }, {rules_key}},
      {"an empty list is none", [&] { rules("clicks", {}); }, {rules_key}},
      {"the cluster's", [&] { rules("_default", {never}); }, {cluster_key}},
      {"compaction", [&] { compaction("clicks", "{}"); }, {compaction_key}},
      {"no compaction", [&] { world.compaction->erase("clicks"); }, {compaction_key}},
      {"everything",
       [&] {
         world.rules->clear();
         world.compaction->clear();
       },
       {cluster_key, rules_key, compaction_key}},
  };
  for (const auto& c : cases) {
    world = calm;
    c.change();
    EXPECT_EQ(keys(), c.found) << c.name;
  }
}

TEST_F(Settings, OnlyTheDatasourcesOwnCanBePutBack) {
  note();
  rules("clicks", {month});
  rules("_default", {});
  compaction("clicks", "{}");
  const auto found = find().drifts;
  ASSERT_EQ(found.size(), 3u);
  for (const Drift& d : found) {
    EXPECT_EQ(d.action.empty(), d.object == "_default") << d.evidence;
    EXPECT_FALSE(d.restarts_tasks);
    EXPECT_EQ(d.rows, 0);
  }
  EXPECT_EQ(parse_rules_text(found[1].value).value(), std::vector<Rule>{month});
  EXPECT_EQ(found[2].value, "{}");
}

TEST_F(Settings, WhatIsAdoptedIsWhatShouldBe) {
  note();
  rules("clicks", {month});
  const Drift d = only();
  state().adopted[rules_key] = d.value;
  EXPECT_THAT(keys(), IsEmpty());
  world.rules->erase("clicks");
  EXPECT_THAT(keys(), ElementsAre(rules_key)) << "what was there first is the change now";
  EXPECT_THAT(only().evidence, HasSubstr("none; they were [{"));
}

TEST_F(Settings, BeforeTheyWereNotedNothingIsDrift) {
  rules("clicks", {never});
  compaction("clicks", "{}");
  EXPECT_THAT(keys(), IsEmpty());
  state().adopted[key_of(DriftKind::rules_changed, "views")] = "[]";
  EXPECT_THAT(keys(), IsEmpty()) << "noted of another";
}

TEST_F(Settings, WithoutAnAnswerTheyNeitherComeNorGo) {
  note();
  rules("clicks", {month});
  compaction("clicks", "{}");
  for (const Drift& d : find().drifts) record(d);
  const World changed = world;
  const struct {
    bool rules, compaction;
    std::vector<std::string> found, unknown;
  } cases[] = {
      {true, true, {rules_key, compaction_key}, {}},
      {false, true, {compaction_key}, {rules_key}},
      {true, false, {rules_key}, {compaction_key}},
      {false, false, {}, {compaction_key, rules_key}},
  };
  for (const auto& c : cases) {
    world = changed;
    if (!c.rules) world.rules.reset();
    if (!c.compaction) world.compaction.reset();
    EXPECT_EQ(keys(), c.found);
    EXPECT_THAT(find().unknown, testing::ElementsAreArray(c.unknown));
  }
}

TEST_F(Settings, LongOnesAreShownShortlyAndNeverCutInsideACharacter) {
  note();
  for (std::size_t before = 150; before < 210; ++before) {
    // A character of four bytes at every place around the cut.
    std::string text = "\"" + std::string(before, 'x') + "\xf0\x9f\x97\xbf" + std::string(90, 'y');
    compaction("clicks", text);
    const Drift d = only();
    EXPECT_EQ(d.value, text) << "the whole is what is adopted";
    EXPECT_THAT(d.evidence, HasSubstr("...; they were none"));
    const std::string shown = d.evidence.substr(0, d.evidence.find("..."));
    const auto at = shown.find('\xf0');
    EXPECT_TRUE(at == std::string::npos || shown.find('\xbf') != std::string::npos) << before;
    EXPECT_LT(d.evidence.size(), 300u);
  }
  compaction("clicks", std::string(200, 'x'));
  EXPECT_THAT(only().evidence, HasSubstr(std::string(200, 'x') + ";")) << "whole";
}

}  // namespace
}  // namespace henge::reconcile
