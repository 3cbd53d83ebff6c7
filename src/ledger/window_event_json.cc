#include "ledger/window_event_json.h"

namespace henge::ledger {

using nlohmann::json;

json write(const WindowOpened& e) {
  return {{"number", e.number},
          {"load", e.load},
          {"reason", e.reason},
          {"deadline", to_ms(e.deadline)},
          {"resume", e.resume}};
}
json write(const WindowSuspended& e) {
  return {{"first", e.first}};
}
json write(const WindowQuiesced& e) {
  return {{"first", e.first}};
}
json write(const WindowBroken& e) {
  return {{"first", e.first}};
}
json write(const WindowClosed& e) {
  return {{"number", e.number}, {"outcome", e.outcome}};
}
json write(const WindowResumed& e) {
  return {{"first", e.first}, {"how", e.how}};
}

std::optional<Body> read_window_event(const std::string& kind, const json& j) {
  if (kind == "window_opened")
    return WindowOpened{j.at("number"), j.at("load"), j.at("reason"),
                        instant_of_ms(j.at("deadline").get<std::int64_t>()), j.at("resume")};
  if (kind == "window_suspended") return WindowSuspended{j.at("first")};
  if (kind == "window_quiesced") return WindowQuiesced{j.at("first")};
  if (kind == "window_broken") return WindowBroken{j.at("first")};
  if (kind == "window_closed") return WindowClosed{j.at("number"), j.at("outcome")};
  if (kind == "window_resumed") return WindowResumed{j.at("first"), j.at("how")};
  return std::nullopt;
}

}  // namespace henge::ledger
