// The stored form of the events of a reset. Included by the ledger's JSON code only.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "ledger/event.h"

namespace henge::ledger {

nlohmann::json write(const ResetIntended& e);
nlohmann::json write(const ResetQuiesced& e);
nlohmann::json write(const ResetMeasured& e);
nlohmann::json write(const OffsetsReset& e);
nlohmann::json write(const ResetEnded& e);

// Nothing where the kind is none of these. Throws what nlohmann throws, and std::invalid_argument.
std::optional<Body> read_offset_event(const std::string& kind, const nlohmann::json& j);

}  // namespace henge::ledger
