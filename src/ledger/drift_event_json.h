// The stored form of the drift events. Included by the ledger's JSON code only.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "ledger/event.h"

namespace henge::ledger {

nlohmann::json write(const DriftFound& e);
nlohmann::json write(const DriftCleared& e);
nlohmann::json write(const HealIntended& e);
nlohmann::json write(const HealEnded& e);
nlohmann::json write(const DriftGivenUp& e);
nlohmann::json write(const DriftAdopted& e);
nlohmann::json write(const Frozen& e);
nlohmann::json write(const Unfrozen& e);

// Nothing where the kind is none of these. Throws what nlohmann throws, and std::invalid_argument.
std::optional<Body> read_drift_event(const std::string& kind, const nlohmann::json& j);

}  // namespace henge::ledger
