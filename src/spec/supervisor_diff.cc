#include "spec/supervisor_diff.h"

#include <fmt/format.h>

#include <set>

#include "spec/json_tree.h"
#include "spec/references.h"
#include "spec/render_supervisor.h"
#include "spec/server_defaults.h"

namespace henge::spec {
namespace {

const Json hidden = "(hidden)";
constexpr std::string_view properties_path = "spec.ioConfig.consumerProperties";

bool is_reference(const Json& value) {
  return value.is_string() && has_reference(value.get_ref<const std::string&>());
}

std::string name_of(const Json& element) {
  return element.is_object() ? string_at(element, "name") : std::string();
}

std::string joined(const std::string& path, const std::string& key) {
  return path.empty() ? key : path + "." + key;
}

Result<Granularity> granularity_of(const Json& printed) {
  if (printed.is_string()) return parse_granularity(printed.get<std::string>());
  const auto period = string_at(printed, "period");
  return parse_granularity(period.empty() ? string_at(printed, "type") : period);
}

// Druid prints periods in a form of its own (PT180S for PT3M), and granularities and orderings as
// words or as objects.
bool same_scalar(const Json& a, const Json& b, const std::string& path) {
  if (a == b) return true;
  if (path.ends_with("Granularity")) {
    const auto one = granularity_of(a);
    const auto other = granularity_of(b);
    return one && other && *one == *other;
  }
  if (path.ends_with(".ordering") && b.is_string()) {
    return string_at(a, "type") == b.get_ref<const std::string&>();
  }
  if (!a.is_string() || !b.is_string()) return false;
  const auto one = parse_period(a.get<std::string>());
  const auto other = parse_period(b.get<std::string>());
  return one && other && *one == *other;
}

// The values of an `in` filter are a set, which Druid prints in an order of its own.
bool same_set(const Json& a, const Json& b) {
  const std::multiset<Json> one(a.begin(), a.end());
  const std::multiset<Json> other(b.begin(), b.end());
  return one == other;
}

// What is compared of a supervisor: Druid repeats the parts of `spec` beside it.
constexpr std::string_view compared_parts[] = {"type", "spec", "context", "suspended"};

std::size_t behind_text(std::string_view json, std::size_t quote) {
  std::size_t at = quote + 1;
  for (; at < json.size() && json[at] != '"'; ++at)
    if (json[at] == '\\') ++at;
  return at + 1;
}

std::size_t behind_value(std::string_view json, std::size_t at) {
  for (int depth = 0; at < json.size();) {
    const char c = json[at];
    if (c == '"') {
      at = behind_text(json, at);
      continue;
    }
    const bool closes = c == '}' || c == ']';
    if (depth == 0 && (closes || c == ',')) break;
    if (c == '{' || c == '[') ++depth;
    if (closes) --depth;
    ++at;
  }
  return at;
}

// The compared parts of an object without white space; half of what Druid prints is never looked
// at. Anything else is read as a whole, and its mistakes named.
Result<Json> parse_live(const JsonText& live) {
  const std::string_view json = live.text;
  Json parts = Json::object();
  for (std::size_t at = 1; json.starts_with('{') && at < json.size() && json[at] == '"'; ++at) {
    const std::size_t colon = behind_text(json, at);
    if (colon >= json.size() || json[colon] != ':') break;
    const std::string key(json.substr(at + 1, colon - at - 2));
    at = std::min(behind_value(json, colon + 1), json.size());
    if (std::ranges::find(compared_parts, key) != std::end(compared_parts)) {
      auto value = parse_json(json.substr(colon + 1, at - colon - 1));
      if (!value || parts.contains(key)) break;
      parts[key] = std::move(*value);
    }
    if (json.substr(at) == "}") return parts;
    if (at >= json.size() || json[at] != ',') break;
  }
  return parse_json(live);
}

class Comparer {
 public:
  Comparer(bool same_bytes, std::vector<SpecChange>& changes)
      : same_bytes_(same_bytes), changes_(changes) {}

  void compare(const std::string& path, const Json& live, const Json& desired) {
    if (path.starts_with("context.henge.")) return;
    if (live.is_null() && is_silent(desired)) return;
    if (desired.is_object() && live.is_object()) return compare_objects(path, live, desired);
    if (desired.is_array() && live.is_array()) return compare_arrays(path, live, desired);
    if (!same_scalar(live, desired, path)) change(path, live, desired);
  }

  void compare_properties(const Json& live, const Json& desired) {
    std::set<std::string> names;
    for (const auto& item : live.items()) names.insert(item.key());
    for (const auto& item : desired.items()) names.insert(item.key());
    for (const auto& name : names) {
      const Json& before = at_or_null(live, name);
      const Json& after = at_or_null(desired, name);
      const bool reference = is_reference(after);
      if (reference ? !before.is_null() : before == after) continue;
      const bool secret = reference || looks_secret(name);
      change(fmt::format("{}.{}", properties_path, name),
             secret && !before.is_null() ? hidden : before,
             secret && !reference && !after.is_null() ? hidden : after);
    }
  }

 private:
  void change(const std::string& path, const Json& before, const Json& after) {
    const auto text = [](const Json& value) {
      return value.is_null() ? JsonText{} : to_text(value);
    };
    changes_.push_back({path, text(before), text(after)});
  }

  // Whether Druid may leave a value out when it prints a spec that has it: its own default.
  [[nodiscard]] bool is_silent(const Json& desired) const {
    return same_bytes_ || desired.is_null() || desired == false;
  }

  void compare_objects(const std::string& path, const Json& live, const Json& desired) {
    if (path == properties_path) return compare_properties(live, desired);
    for (const auto& [key, value] : desired.items()) {
      if (key == "taskCount" && !at_or_null(desired, "autoScalerConfig").is_null()) continue;
      compare(joined(path, key), at_or_null(live, key), value);
    }
    for (const auto& [key, value] : live.items()) {
      if (!value.is_null() && !desired.contains(key)) judge_extra(joined(path, key), value);
    }
  }

  // Lists of Druid are ordered, and their elements known by name where they have one.
  void compare_arrays(const std::string& path, const Json& live, const Json& desired) {
    if (path.ends_with(".values") && same_set(live, desired)) return;
    if (live.size() != desired.size()) return change(path, live, desired);
    for (std::size_t i = 0; i < desired.size(); ++i) {
      const auto name = name_of(desired[i]);
      compare(fmt::format("{}[{}]", path, name.empty() ? std::to_string(i) : name), live[i],
              desired[i]);
    }
  }

  void judge_extra(const std::string& path, const Json& live) {
    switch (server_field(path, live)) {
      case ServerField::harmful:
        return change(path, live, Json());
      case ServerField::not_default:
        if (!same_bytes_) change(path, live, Json());
        return;
      case ServerField::by_default:
      case ServerField::unknown:
        return;
    }
  }

  bool same_bytes_;
  std::vector<SpecChange>& changes_;
};

}  // namespace

const char* to_string(SupervisorAction action) {
  switch (action) {
    case SupervisorAction::none:
      return "none";
    case SupervisorAction::create:
      return "create";
    case SupervisorAction::update_restart:
      return "update_restart";
  }
  return "none";
}

Result<SupervisorDiff> diff_supervisor(const JsonText& desired,
                                       const std::optional<JsonText>& live) {
  TRY(const Json wanted, parse_json(desired));
  SupervisorDiff diff;
  if (!live) {
    diff.action = SupervisorAction::create;
    return diff;
  }
  TRY(const Json found, parse_live(*live));
  const auto mark = string_at(at_or_null(wanted, "context"), spec_mark);
  const bool same_bytes =
      !mark.empty() && mark == string_at(at_or_null(found, "context"), spec_mark);
  Comparer comparer(same_bytes, diff.changes);
  for (const auto* part : {"type", "spec", "context"}) {
    comparer.compare(part, at_or_null(found, part), at_or_null(wanted, part));
  }
  const Json& suspended = at_or_null(found, "suspended");
  diff.suspended = suspended.is_boolean() && suspended.get<bool>();
  diff.topic_changed = std::ranges::any_of(
      diff.changes, [](const auto& c) { return c.path == "spec.ioConfig.topic"; });
  if (!diff.changes.empty()) diff.action = SupervisorAction::update_restart;
  return diff;
}

Result<JsonText> with_suspended(const JsonText& supervisor, bool suspended) {
  TRY(Json spec, parse_json(supervisor));
  if (!spec.is_object()) return fail(ErrorKind::invalid, "a supervisor spec is a JSON object");
  spec["suspended"] = suspended;
  return to_text(spec);
}

}  // namespace henge::spec
