// The stored form of the load events. Included by the ledger's JSON code only.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "ledger/event.h"

namespace henge::ledger {

nlohmann::json write(const LoadRequested& e);
nlohmann::json write(const LoadRouted& e);
nlohmann::json write(const LoadTaskIntended& e);
nlohmann::json write(const LoadTaskAccepted& e);
nlohmann::json write(const LoadTaskEnded& e);
nlohmann::json write(const LoadTaskSeen& e);
nlohmann::json write(const LoadTaskCounted& e);
nlohmann::json write(const LoadTaskAbsent& e);
nlohmann::json write(const LoadCancelAsked& e);
nlohmann::json write(const LoadRetryAsked& e);
nlohmann::json write(const LoadEnded& e);
nlohmann::json write(const LoadDeclared& e);
nlohmann::json write(const LoadWithdrawn& e);
nlohmann::json write(const LoadRefused& e);

// Nothing where the kind is none of these. Throws what nlohmann throws, and std::invalid_argument.
std::optional<Body> read_load_event(const std::string& kind, const nlohmann::json& j);

}  // namespace henge::ledger
