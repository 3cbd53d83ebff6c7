// Setting Druid's offsets: where to, what that means before it is done, and what it meant for each
// chunk. Pure.
//
// Going ahead skips records: their on-time rows go through the other door, as rows to be repaired.
// Going back reads records again: their chunks then hold rows twice, and say how many. (Marking a
// chunk's segments unused first would not do: Druid 33 gives new segments the ids of unused ones,
// and publishing such a segment changes nothing; the rows are gone with the task.)
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "ledger/state.h"
#include "model/topic.h"
#include "offsets/verdict.h"
#include "scan/stretch.h"

namespace henge::offsets {

struct ToEarliest {
  bool operator==(const ToEarliest&) const = default;
};
struct ToLatest {
  bool operator==(const ToLatest&) const = default;
};
struct ToCommitted {
  bool operator==(const ToCommitted&) const = default;
};
struct ToTime {
  Instant at{};  // arrival: the first record at or after it
  bool operator==(const ToTime&) const = default;
};
struct ToOffsets {
  PartitionOffsets offsets;  // the other partitions stay as they are
  bool operator==(const ToOffsets&) const = default;
};
using ResetTo = std::variant<ToEarliest, ToLatest, ToCommitted, ToTime, ToOffsets>;

// earliest, latest, committed, time=2026-01-01T00:00Z, offsets=0:100,1:250. Errors: invalid.
Result<ResetTo> parse_reset_to(std::string_view text);
std::string to_string(const ResetTo& to);

struct ResetRow {
  std::int32_t partition = 0;
  std::optional<std::int64_t> committed;  // nothing: none is known
  std::int64_t target = 0;
  std::int64_t skipped = 0;  // records between, in the log
  std::int64_t again = 0;
  std::int64_t gone = 0;  // offsets before the target that retention deleted unread
  bool operator==(const ResetRow&) const = default;
};

struct ResetPlan {
  std::vector<ResetRow> rows;  // of the partitions that change, or are named
  bool anew = false;           // the topic was made anew
  PartitionOffsets targets() const;
  PartitionOffsets before() const;
};

// `at_time` are the offsets of the time that was asked for. Errors: invalid (a partition or an
// offset that the log does not have), refused (the committed offsets are not known; the topic was
// made anew and it is not to its beginning).
Result<ResetPlan> plan_reset(const ResetTo& to, const Report& report,
                             const PartitionOffsets& at_time);

// Whether henge's own scan has seen all that a reset from `committed` to `targets` concerns.
bool scanned_enough(const ledger::PipelineState& state, const PartitionOffsets& committed,
                    const PartitionOffsets& targets);

struct ResetStretches {
  scan::Stretches stretches;
  std::int64_t lost = 0;  // offsets that are to be skipped and are not in the log any more
};
ResetStretches reset_stretches(const PartitionOffsets& committed, const PartitionOffsets& targets,
                               const PartitionOffsets& log_starts);

// From what was found in the stretches.
ledger::ResetMeasured measure(const ResetStretches& asked, scan::StretchesFound found);

}  // namespace henge::offsets
