// What the ledger's events of a reset add up to.
#pragma once

#include <optional>
#include <string>

#include "ledger/offset_event.h"

namespace henge::ledger {

enum class ResetPhase {
  intended,  // the supervisor is suspended, its tasks come to their end
  quiesced,  // nothing reads: the records between old and new offsets are read
  measured,  // it is known what the new offsets mean; Druid is told
  done,      // Druid has stored them; the supervisor is resumed
  ended,
};
const char* to_string(ResetPhase phase);

struct ResetState {
  ResetIntended intent;
  ResetPhase phase = ResetPhase::intended;
  PartitionOffsets committed;  // from `quiesced` on
  ResetMeasured effect;        // from `measured` on; without its extents
  std::string error;           // of one that ended without having changed anything
  Instant asked_at{};
  Instant changed_at{};
  bool operator==(const ResetState&) const = default;

  [[nodiscard]] bool under_way() const { return phase != ResetPhase::ended; }
};

}  // namespace henge::ledger
