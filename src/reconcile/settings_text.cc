#include "reconcile/settings_text.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace henge::reconcile {

using nlohmann::json;

std::string rules_text(const std::vector<Rule>& rules) {
  json out = json::array();
  for (const Rule& rule : rules) {
    json one = {{"type", rule.type}};
    if (rule.interval) one["interval"] = to_iso(*rule.interval);
    if (!rule.period.empty()) {
      one["period"] = rule.period;
      one["includeFuture"] = rule.include_future;
    }
    if (!rule.replicants.empty()) one["tieredReplicants"] = rule.replicants;
    out.push_back(std::move(one));
  }
  return out.dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<std::vector<Rule>> parse_rules_text(const std::string& text) {
  try {
    const json read = json::parse(text);
    // Anything else has no elements, and no rules at all would be sent.
    if (!read.is_array())
      return fail(ErrorKind::corrupt, fmt::format("retention rules '{}' are no list", text));
    std::vector<Rule> rules;
    for (const json& one : read) {
      Rule rule;
      rule.type = one.at("type");
      if (one.contains("interval")) {
        const auto interval = parse_interval(one.at("interval").get<std::string>());
        if (!interval)
          return fail(ErrorKind::corrupt,
                      fmt::format("retention rules '{}': {}", text, interval.error().message));
        rule.interval = *interval;
      }
      rule.period = one.value("period", std::string());
      rule.include_future = one.value("includeFuture", true);
      if (one.contains("tieredReplicants")) one.at("tieredReplicants").get_to(rule.replicants);
      rules.push_back(std::move(rule));
    }
    return rules;
  } catch (const std::exception& e) {
    return fail(ErrorKind::corrupt, fmt::format("retention rules '{}': {}", text, e.what()));
  }
}

}  // namespace henge::reconcile
