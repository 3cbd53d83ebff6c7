#include "spec/spec_diff.h"

#include <fmt/format.h>

#include <optional>
#include <set>

#include "spec/json_tree.h"
#include "spec/node_json.h"
#include "spec/references.h"

namespace henge::spec {
namespace {

constexpr std::string_view properties = "consumerProperties";

std::string joined(const std::string& path, const std::string& key) {
  return path.empty() ? key : path + "." + key;
}

// What an element is known by; empty where it has no name.
std::string name_of(const Json& element) {
  if (element.is_string()) return element.get<std::string>();
  return element.is_object() ? string_at(element, "name") : std::string();
}

// Names of all elements, if each has one of its own.
std::optional<std::vector<std::string>> names_of(const Json& list) {
  std::vector<std::string> names;
  for (const Json& element : list) {
    names.push_back(name_of(element));
    if (names.back().empty()) return std::nullopt;
  }
  if (std::set(names.begin(), names.end()).size() != names.size()) return std::nullopt;
  return names;
}

class Comparer {
 public:
  explicit Comparer(std::vector<SpecChange>& changes) : changes_(changes) {}

  void compare(const std::string& path, const Json& before, const Json& after) {
    if (before == after || path == "id" || path.starts_with("context.henge.")) return;
    if (before.is_object() && after.is_object()) return compare_objects(path, before, after);
    if (before.is_array() && after.is_array()) return compare_lists(path, before, after);
    change(path, before, after);
  }

 private:
  void compare_objects(const std::string& path, const Json& before, const Json& after) {
    std::set<std::string> keys;
    for (const auto& item : before.items()) keys.insert(item.key());
    for (const auto& item : after.items()) keys.insert(item.key());
    for (const auto& key : keys)
      compare(joined(path, key), at_or_null(before, key), at_or_null(after, key));
  }

  void compare_lists(const std::string& path, const Json& before, const Json& after) {
    const auto old_names = names_of(before);
    const auto new_names = names_of(after);
    if (old_names && new_names) return compare_named(path, before, *old_names, after, *new_names);
    if (before.size() != after.size()) return change(path, before, after);
    for (std::size_t i = 0; i < before.size(); ++i)
      compare(fmt::format("{}[{}]", path, i), before[i], after[i]);
  }

  // Each element against the one of its name; then whether those that stay changed their order.
  void compare_named(const std::string& path, const Json& before,
                     const std::vector<std::string>& old_names, const Json& after,
                     const std::vector<std::string>& new_names) {
    const auto place = [](const std::vector<std::string>& names, const std::string& name) {
      return static_cast<std::size_t>(std::ranges::find(names, name) - names.begin());
    };
    std::vector<std::string> old_order, new_order;
    for (std::size_t i = 0; i < old_names.size(); ++i) {
      const std::size_t there = place(new_names, old_names[i]);
      const std::string element = fmt::format("{}[{}]", path, old_names[i]);
      if (there == new_names.size()) {
        change(element, before[i], Json());
        continue;
      }
      old_order.push_back(old_names[i]);
      compare(element, before[i], after[there]);
    }
    for (std::size_t i = 0; i < new_names.size(); ++i) {
      if (place(old_names, new_names[i]) == old_names.size())
        change(fmt::format("{}[{}]", path, new_names[i]), Json(), after[i]);
      else
        new_order.push_back(new_names[i]);
    }
    if (old_order != new_order) change(path + " (order)", Json(old_order), Json(new_order));
  }

  void change(const std::string& path, const Json& before, const Json& after) {
    changes_.push_back({path, shown(path, before), shown(path, after)});
  }

  // A part that was added or removed as a whole may hold secrets further down.
  static JsonText shown(const std::string& path, const Json& value) {
    if (value.is_null()) return {};
    return to_text(hide(path, value));
  }

  static Json hide(const std::string& path, const Json& value) {
    if (value.is_object()) {
      Json out = Json::object();
      for (const auto& item : value.items())
        out[item.key()] = hide(joined(path, item.key()), item.value());
      return out;
    }
    if (value.is_array()) {
      Json out = Json::array();
      for (const Json& item : value) out.push_back(hide(path, item));
      return out;
    }
    const std::size_t at = path.find(properties);
    if (at == std::string::npos || at + properties.size() >= path.size()) return value;
    const bool reference = value.is_string() && has_reference(value.get_ref<const std::string&>());
    const std::string name = path.substr(at + properties.size() + 1);
    return !reference && looks_secret(name) ? Json("(hidden)") : value;
  }

  std::vector<SpecChange>& changes_;
};

Result<JsonText> json_of_document(std::string_view text) {
  const YamlFile file = parse_yaml("document", text, YamlLimits{});
  if (!file.diagnostics.empty() || file.documents.size() != 1)
    return fail(ErrorKind::invalid, file.diagnostics.empty() ? "expected one document"
                                                             : to_text(file.diagnostics.front()));
  return json_of(view_of(file.documents.front()));
}

}  // namespace

Result<std::vector<SpecChange>> diff_specs(const JsonText& before, const JsonText& after) {
  TRY(const Json one, parse_json(before));
  TRY(const Json other, parse_json(after));
  std::vector<SpecChange> changes;
  Comparer(changes).compare("", one, other);
  return changes;
}

Result<std::vector<SpecChange>> diff_documents(std::string_view before, std::string_view after) {
  TRY(const JsonText one, json_of_document(before));
  TRY(const JsonText other, json_of_document(after));
  return diff_specs(one, other);
}

}  // namespace henge::spec
