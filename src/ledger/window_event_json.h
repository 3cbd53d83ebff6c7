// The stored form of the events of windows. Included by the ledger's JSON code only.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "ledger/event.h"

namespace henge::ledger {

nlohmann::json write(const WindowOpened& e);
nlohmann::json write(const WindowSuspended& e);
nlohmann::json write(const WindowQuiesced& e);
nlohmann::json write(const WindowBroken& e);
nlohmann::json write(const WindowClosed& e);
nlohmann::json write(const WindowResumed& e);

// Nothing where the kind is none of these. Throws what nlohmann throws.
std::optional<Body> read_window_event(const std::string& kind, const nlohmann::json& j);

}  // namespace henge::ledger
