// JSON as a tree, for the .cc files of this folder only: other modules see JsonText.
#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

#include "model/pipeline.h"
#include "model/result.h"

namespace henge::spec {

using Json = nlohmann::json;  // std::map inside: keys are sorted

// Errors: as canonical().
Result<Json> parse_json(std::string_view text);
inline Result<Json> parse_json(const JsonText& json) {
  return parse_json(json.text);
}

// Never throws: bytes that are not UTF-8 become U+FFFD.
JsonText to_text(const Json& tree);

// The value below `key` if `tree` is an object that has it, else null.
const Json& at_or_null(const Json& tree, std::string_view key);
std::string string_at(const Json& tree, std::string_view key);

}  // namespace henge::spec
