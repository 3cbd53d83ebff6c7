// What the ledger's drift events add up to, for one pipeline.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "ledger/drift_event.h"
#include "model/time.h"

namespace henge::ledger {

// A drift that is there now.
struct DriftState {
  Drift drift;            // as last recorded
  Instant since{};        // first found
  Instant value_since{};  // since when its value is this one
  Instant recorded_at{};
  std::int64_t attempts = 0;
  std::optional<Instant> last_attempt;
  bool healing = false;  // the last attempt was recorded, its outcome not yet
  std::string error;     // of the last attempt; empty: Druid took it
  std::int64_t relapses = 0;
  bool given_up = false;
  std::string given_up_because;
  bool operator==(const DriftState&) const = default;
};

// A drift that henge healed, kept to know it again.
struct HealedDrift {
  Instant at{};
  std::int64_t relapses = 0;
  bool operator==(const HealedDrift&) const = default;
};

struct Freeze {
  std::string reason;
  std::string by;
  Instant at{};
  bool operator==(const Freeze&) const = default;
};

struct Release {
  std::string reason;
  std::string by;
  std::string supervisor;  // kept, terminated
  Instant at{};
  bool operator==(const Release&) const = default;
};

}  // namespace henge::ledger
