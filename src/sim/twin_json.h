// Reading JSON that may be anything: what is missing is null, empty or what the caller says. For
// the .cc files of this folder only.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "model/result.h"
#include "model/time.h"

namespace henge::sim {

using Json = nlohmann::json;

inline Result<Json> parse_json(const std::string& text) {
  Json value = Json::parse(text, nullptr, false);
  if (value.is_discarded()) return fail(ErrorKind::invalid, "Cannot parse the request as JSON");
  return value;
}

// Null where it is missing or the value is no object.
inline const Json& at(const Json& object, const std::string& name) {
  static const Json null;
  if (!object.is_object()) return null;
  const auto found = object.find(name);
  return found == object.end() ? null : *found;
}

inline std::string text_at(const Json& object, const std::string& name,
                           const std::string& otherwise = "") {
  const Json& value = at(object, name);
  return value.is_string() ? value.get<std::string>() : otherwise;
}

// Numbers in quotes count as well, as they do for Jackson.
inline std::int64_t number_at(const Json& object, const std::string& name, std::int64_t otherwise) {
  const Json& value = at(object, name);
  if (value.is_number()) return value.get<std::int64_t>();
  if (!value.is_string()) return otherwise;
  const auto& text = value.get_ref<const std::string&>();
  const bool digits = !text.empty() && text.size() < 18 &&
                      text.find_first_not_of("0123456789") == std::string::npos;
  return digits ? std::stoll(text) : otherwise;
}

inline bool flag_at(const Json& object, const std::string& name, bool otherwise) {
  const Json& value = at(object, name);
  return value.is_boolean() ? value.get<bool>() : otherwise;
}

// Errors: invalid.
inline Result<std::optional<Millis>> period_at(const Json& object, const std::string& name) {
  const Json& value = at(object, name);
  if (value.is_null()) return std::optional<Millis>();
  if (!value.is_string())
    return fail(ErrorKind::invalid, "Cannot deserialize value of type Period from " + value.dump());
  // What Druid prints for "never".
  if (value == "P2147483647D") return std::optional<Millis>();
  TRY(const Millis period, parse_period(value.get<std::string>()));
  return std::optional<Millis>(period);
}

}  // namespace henge::sim
