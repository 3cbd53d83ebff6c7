// Setting Druid's committed offsets, step by step: part of the ledger's events.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "model/druid.h"
#include "model/time.h"
#include "scan/finding.h"

namespace henge::ledger {

// Intent: a person wants Druid to go on reading elsewhere. From here on the supervisor is kept
// suspended until the reset has ended. Numbers count up from 1.
struct ResetIntended {
  std::int64_t number = 0;
  std::string to;            // as it was asked for: earliest, time=2026-01-01T00:00Z, ...
  PartitionOffsets targets;  // by partition: the next offset Druid shall read
  PartitionOffsets before;   // as shown to the person who said yes
  bool resume = true;        // the supervisor was at work: it is to be again
  bool anew = false;         // the topic was made anew: henge's scan begins at the targets, too
  std::string reason;
  std::string by;
  bool operator==(const ResetIntended&) const = default;
};

// Outcome: the supervisor is suspended, all its tasks are over, and these offsets are stored.
struct ResetQuiesced {
  std::int64_t number = 0;
  PartitionOffsets committed;
  bool operator==(const ResetQuiesced&) const = default;
};

// What the reset means for one chunk. Unit: on-time rows.
struct ResetChunk {
  Instant chunk{};
  std::map<std::int32_t, std::int64_t> skipped;  // by partition: streaming will never read them
  std::map<std::int32_t, std::int64_t> again;    // by partition: streaming will read them again
  // In older ledgers only, nothing sets it any more: all rows that streaming wrote were read again,
  // its segments were taken away before, and its late rows appended anew.
  bool rebuilt = false;
  bool operator==(const ResetChunk&) const = default;
};

// Outcome: the records between the old and the new offsets were read. Skipped rows are on disk as
// rows to be repaired.
struct ResetMeasured {
  std::int64_t number = 0;
  std::vector<ResetChunk> chunks;
  std::vector<scan::Extent> extents;  // the skipped rows, as late ones
  std::int64_t lost = 0;  // offsets that retention had deleted before Druid had committed them
  bool operator==(const ResetMeasured&) const = default;
};

// Outcome: Druid was seen to have stored the targets.
struct OffsetsReset {
  std::int64_t number = 0;
  bool operator==(const OffsetsReset&) const = default;
};

// Outcome: the supervisor reads again, where it was to. With an error: nothing was changed.
struct ResetEnded {
  std::int64_t number = 0;
  std::string error;
  bool operator==(const ResetEnded&) const = default;
};

}  // namespace henge::ledger
