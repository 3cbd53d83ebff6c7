// What is set around a datasource: retention rules and auto-compaction. What henge saw first, or a
// person had it adopt, is what should be.
#include <fmt/format.h>

#include "reconcile/drift_groups.h"
#include "reconcile/settings_text.h"

namespace henge::reconcile {
namespace {

constexpr const char* cluster_rules = "_default";
constexpr std::size_t text_max = 200;

struct Setting {
  DriftKind kind{};
  std::string object;
  std::string value;   // as it is now
  std::string name;    // for people
  std::string action;  // empty: not henge's to put back
};

std::string rules_of(const World& world, const std::string& object) {
  auto known = world.rules->find(object);
  return rules_text(known == world.rules->end() ? std::vector<Rule>() : known->second);
}

// Those that are known now.
std::vector<Setting> settings_of(const DriftInput& input, const World& world) {
  std::vector<Setting> out;
  const std::string& datasource = input.pipeline.datasource;
  if (world.rules) {
    out.push_back({DriftKind::rules_changed, datasource, rules_of(world, datasource),
                   fmt::format("retention rules of '{}'", datasource),
                   "set the retention rules as they were first seen or adopted"});
    out.push_back({DriftKind::rules_changed, cluster_rules, rules_of(world, cluster_rules),
                   "retention rules of the cluster", ""});
  }
  if (world.compaction) {
    auto known = world.compaction->find(datasource);
    out.push_back({DriftKind::compaction_changed, datasource,
                   known == world.compaction->end() ? "" : known->second.text,
                   fmt::format("auto-compaction of '{}'", datasource),
                   "set the auto-compaction as it was first seen or adopted"});
  }
  return out;
}

std::string shown(const std::string& value) {
  if (value.empty() || value == "[]") return "none";
  return shortened(value, text_max);
}

void find(const Look& look, std::vector<Drift>& out) {
  for (Setting& setting : settings_of(look.input, look.world)) {
    auto should = look.input.state.adopted.find(key_of(setting.kind, setting.object));
    if (should == look.input.state.adopted.end() || should->second == setting.value) continue;
    Drift drift;
    drift.kind = setting.kind;
    drift.object = setting.object;
    drift.evidence = fmt::format("{}: {}; they were {}", setting.name, shown(setting.value),
                                 shown(should->second));
    drift.value = std::move(setting.value);
    drift.action = std::move(setting.action);
    out.push_back(std::move(drift));
  }
}

bool can_tell(const Look& look, const Drift& drift) {
  return drift.kind == DriftKind::rules_changed ? look.world.rules.has_value()
                                                : look.world.compaction.has_value();
}

}  // namespace

std::vector<ledger::Body> note_settings(const DriftInput& input, const World& world) {
  std::vector<ledger::Body> events;
  for (const Setting& setting : settings_of(input, world))
    if (!input.state.adopted.contains(key_of(setting.kind, setting.object)))
      events.emplace_back(ledger::DriftAdopted{setting.kind, setting.object, setting.value, 0});
  return events;
}

const DriftGroup& settings_drift() {
  static const DriftGroup group{
      {DriftKind::rules_changed, DriftKind::compaction_changed}, find, can_tell};
  return group;
}

}  // namespace henge::reconcile
