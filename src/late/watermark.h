// How far time has certainly gone: from scanned positions and Druid's committed offsets to chunks
// that can be closed.
#pragma once

#include <optional>

#include "ledger/state.h"
#include "model/druid.h"
#include "model/pipeline.h"

namespace henge::late {

// No record still to be read arrived before this, in any partition: the smallest arrival floor less
// the allowed disorder. Nothing while a partition of the topic was not read at all. `partitions` is
// how many the topic has.
std::optional<Instant> arrival_watermark(const ledger::PipelineState& state, int partitions,
                                         Millis arrival_disorder);

// No row that streaming would still accept has an earlier event time: the arrival watermark less
// the lateness.
std::optional<Instant> event_watermark(const ledger::PipelineState& state, int partitions,
                                       const Pipeline& pipeline);

// Offsets that Druid has surely committed: for each partition the smallest start of a task that is
// reading or publishing (a group starts only where its predecessor ended, and is killed with it;
// contract 1.6.5). While suspended without tasks, the stored offsets themselves (contract 2.7.5). A
// partition it can't tell is missing.
PartitionOffsets committed_offsets(const SupervisorStatus& status);

// Whether every on-time row of the chunk that was scanned lies before the committed offsets.
bool committed_past(const ledger::ChunkState& chunk, const PartitionOffsets& committed);

// Records scanned and not yet committed, summed over partitions; nothing where an offset is
// unknown.
std::optional<std::int64_t> uncommitted(const ledger::PipelineState& state,
                                        const PartitionOffsets& committed);

}  // namespace henge::late
