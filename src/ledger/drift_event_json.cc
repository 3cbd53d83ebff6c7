#include "ledger/drift_event_json.h"

#include <fmt/format.h>

#include <stdexcept>

namespace henge::ledger {

using nlohmann::json;

namespace {

template <typename Event>
json named(const Event& e) {
  return {{"kind", to_string(e.kind)}, {"object", e.object}};
}

DriftKind read_kind(const json& j) {
  const auto name = j.at("kind").get<std::string>();
  if (auto kind = drift_kind_of(name)) return *kind;
  throw std::invalid_argument(fmt::format("there is no drift '{}'", name));
}

DriftEnd read_end(const json& j) {
  const auto name = j.at("how").get<std::string>();
  for (DriftEnd end : {DriftEnd::gone, DriftEnd::healed, DriftEnd::adopted, DriftEnd::released})
    if (name == to_string(end)) return end;
  throw std::invalid_argument(fmt::format("how has no value '{}'", name));
}

DriftFound read_found(const json& j) {
  DriftFound e;
  e.drift.kind = read_kind(j);
  e.drift.object = j.at("object");
  e.drift.evidence = j.at("evidence");
  e.drift.value = j.at("value");
  e.drift.action = j.at("action");
  e.drift.restarts_tasks = j.at("restarts_tasks");
  e.drift.rows = j.at("rows");
  e.drift.expected = j.at("expected");
  e.drift.segments = j.at("segments");
  e.relapses = j.at("relapses");
  return e;
}

}  // namespace

json write(const DriftFound& e) {
  json out = named(e.drift);
  out["evidence"] = e.drift.evidence;
  out["value"] = e.drift.value;
  out["action"] = e.drift.action;
  out["restarts_tasks"] = e.drift.restarts_tasks;
  out["rows"] = e.drift.rows;
  out["expected"] = e.drift.expected;
  out["segments"] = e.drift.segments;
  out["relapses"] = e.relapses;
  return out;
}
json write(const DriftCleared& e) {
  json out = named(e);
  out["how"] = to_string(e.how);
  return out;
}
json write(const HealIntended& e) {
  json out = named(e);
  out["action"] = e.action;
  out["attempt"] = e.attempt;
  return out;
}
json write(const HealEnded& e) {
  json out = named(e);
  out["attempt"] = e.attempt;
  out["error"] = e.error;
  return out;
}
json write(const DriftGivenUp& e) {
  json out = named(e);
  out["attempts"] = e.attempts;
  out["reason"] = e.reason;
  return out;
}
json write(const DriftAdopted& e) {
  json out = named(e);
  out["value"] = e.value;
  out["rows"] = e.rows;
  return out;
}
json write(const Frozen& e) {
  return {{"reason", e.reason}, {"by", e.by}};
}
json write(const Unfrozen& e) {
  return {{"reason", e.reason}, {"by", e.by}};
}

std::optional<Body> read_drift_event(const std::string& kind, const json& j) {
  if (kind == "drift_found") return read_found(j);
  if (kind == "drift_cleared") return DriftCleared{read_kind(j), j.at("object"), read_end(j)};
  if (kind == "heal_intended")
    return HealIntended{read_kind(j), j.at("object"), j.at("action"), j.at("attempt")};
  if (kind == "heal_ended")
    return HealEnded{read_kind(j), j.at("object"), j.at("attempt"), j.at("error")};
  if (kind == "drift_given_up")
    return DriftGivenUp{read_kind(j), j.at("object"), j.at("attempts"), j.at("reason")};
  if (kind == "drift_adopted")
    return DriftAdopted{read_kind(j), j.at("object"), j.at("value"), j.at("rows")};
  if (kind == "frozen") return Frozen{j.at("reason"), j.at("by")};
  if (kind == "unfrozen") return Unfrozen{j.at("reason"), j.at("by")};
  return std::nullopt;
}

const char* to_string(DriftEnd end) {
  switch (end) {
    case DriftEnd::gone:
      return "gone";
    case DriftEnd::healed:
      return "healed";
    case DriftEnd::adopted:
      return "adopted";
    case DriftEnd::released:
      return "released";
  }
  return "gone";
}

}  // namespace henge::ledger
