// What was found to differ in Druid and what was done about it, and the freeze that stops all
// doing. Part of the ledger's events.
#pragma once

#include <cstdint>
#include <string>

#include "model/drift.h"

namespace henge::ledger {

// Observed: Druid is not what it should be. Again for the same kind and object only when its value
// or its evidence changed.
struct DriftFound {
  Drift drift;
  // How often it came back shortly after it was healed, this time included.
  std::int64_t relapses = 0;
  bool operator==(const DriftFound&) const = default;
};

enum class DriftEnd {
  gone,      // by somebody else's doing
  healed,    // after henge's own
  adopted,   // what is there is what should be, from now on
  released,  // henge does not manage the pipeline any more
};

// Observed: the drift is over.
struct DriftCleared {
  DriftKind kind{};
  std::string object;
  DriftEnd how = DriftEnd::gone;
  bool operator==(const DriftCleared&) const = default;
};

// Intent: put it right. Attempts count up from 1.
struct HealIntended {
  DriftKind kind{};
  std::string object;
  std::string action;
  std::int64_t attempt = 1;
  bool operator==(const HealIntended&) const = default;
};

// Outcome: what was to be done was done, or not. Whether it helped is seen in the next round.
struct HealEnded {
  DriftKind kind{};
  std::string object;
  std::int64_t attempt = 1;
  std::string error;  // empty: Druid took it
  bool operator==(const HealEnded&) const = default;
};

// Decided: no more attempts until the drift is gone. An alarm.
struct DriftGivenUp {
  DriftKind kind{};
  std::string object;
  std::int64_t attempts = 0;
  std::string reason;
  bool operator==(const DriftGivenUp&) const = default;
};

// Decided: this value is no drift any more. Of retention rules and auto-compaction also without a
// drift, once: as they were first seen.
struct DriftAdopted {
  DriftKind kind{};
  std::string object;
  std::string value;
  std::int64_t rows = 0;  // of a chunk: by how much its expected rows change
  bool operator==(const DriftAdopted&) const = default;
};

// A person stops all acting on a pipeline, or on everything where the event names no pipeline.
struct Frozen {
  std::string reason;
  std::string by;
  bool operator==(const Frozen&) const = default;
};

struct Unfrozen {
  std::string reason;
  std::string by;
  bool operator==(const Unfrozen&) const = default;
};

const char* to_string(DriftEnd end);

}  // namespace henge::ledger
