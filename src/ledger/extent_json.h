// The stored form of an extent. Included by the ledger's JSON code only.
#pragma once

#include <nlohmann/json.hpp>

#include "scan/finding.h"

namespace henge::ledger {

nlohmann::json extent_json(const scan::Extent& e);
// Throws what nlohmann throws, and std::invalid_argument.
scan::Extent extent_of(const nlohmann::json& j);

}  // namespace henge::ledger
