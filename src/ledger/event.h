// Everything that ever happened to a pipeline, as values. The ledger is the ordered list of these;
// state is their fold. An intent is recorded before its effect is sent, an outcome after it was
// observed. Events are only ever added to.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "ledger/drift_event.h"
#include "ledger/load_event.h"
#include "ledger/offset_event.h"
#include "ledger/window_event.h"
#include "model/result.h"
#include "model/time.h"
#include "scan/finding.h"

namespace henge::ledger {

// Intent: a person declared this pipeline. The supervisor's spec follows from the document alone.
struct PipelineDeclared {
  std::int64_t version = 0;  // counts the declarations of this pipeline from 1
  std::string document;      // the YAML document; secrets are references in it, never values
  std::string fingerprint;   // of the supervisor spec it renders to
  std::string reason;
  // Eight random hex digits of the first declaration, kept by all later ones: part of every task
  // id, so that a new ledger never takes a task of an older one for its own.
  // A pipeline that was released may begin anew with another one.
  std::string incarnation;
  std::string by = {};  // user@host; empty: not known
  bool operator==(const PipelineDeclared&) const = default;
};

// Outcome: Druid holds the spec of that version.
struct SupervisorPosted {
  std::int64_t version = 0;
  std::string action;  // created, updated, unchanged
  bool operator==(const SupervisorPosted&) const = default;
};

// Outcome: the supervisor of that version was watched after the change and is well: the last good
// one.
struct SupervisorProven {
  std::int64_t version = 0;
  bool operator==(const SupervisorProven&) const = default;
};

// Outcome: the new spec failed, and Druid holds the older one again. Version 0: there was none, and
// the supervisor was terminated. `from_version` is not posted again by itself.
struct SupervisorRolledBack {
  std::int64_t from_version = 0;
  std::int64_t to_version = 0;
  std::string reason;
  bool operator==(const SupervisorRolledBack&) const = default;
};

// Intent: a person wants the pipeline out of henge's hands and its supervisor terminated. From here
// on henge does nothing else for it.
struct ReleaseIntended {
  std::string reason;
  std::string by;
  bool operator==(const ReleaseIntended&) const = default;
};

// A person took the pipeline out of henge's hands; where its supervisor was to be terminated, it
// was seen to be gone. What is known of it stays readable; only a new
// declaration brings it back.
struct PipelineReleased {
  std::string reason;
  std::string by;
  std::string supervisor;  // kept, terminated
  bool operator==(const PipelineReleased&) const = default;
};

// Outcome: a stretch of the topic was read; what it held is on disk.
struct ScanAdvanced {
  scan::ScanBatch batch;
  bool operator==(const ScanAdvanced&) const = default;
};

// Outcome: no record that streaming would still accept can fall into the chunk, and Druid has
// committed all it accepted.
struct ChunkClosed {
  Instant chunk{};
  std::string evidence;  // committed_offsets, published_rows
  bool operator==(const ChunkClosed&) const = default;
};

// Outcome: Druid's count over published, available segments equals what was expected, in two equal
// readings.
struct ChunkSealed {
  Instant chunk{};
  std::int64_t rows = 0;
  std::int64_t segments = 0;
  std::string proof;  // counted, reported
  // Of the visible segments' ids (model/segment_digest.h); empty: not noted. Another digest later
  // means that the chunk must be counted again.
  std::string digest = {};
  bool operator==(const ChunkSealed&) const = default;
};

// Outcome: the count does not come out, and did not change for a while. The numbers stay until it
// comes out.
struct ChunkUncertain {
  Instant chunk{};
  std::int64_t expected = 0;
  std::int64_t actual = 0;
  std::string reason;
  bool operator==(const ChunkUncertain&) const = default;
};

enum class Delivery { inline_rows, http };

struct RepairChunk {
  Instant chunk{};
  std::int64_t rows = 0;  // late rows this repair appends to the chunk
  std::int64_t baseline =
      0;  // rows that were in Druid, by a sealed count, when the repair was planned
  bool operator==(const RepairChunk&) const = default;
};

// Intent: append exactly the rows of these extents. The task's id and payload are functions of this
// event.
struct RepairIntended {
  std::string repair;  // repair-000012: one for all attempts
  std::int64_t number = 0;
  std::int64_t attempt = 1;
  std::string task_id;
  std::vector<RepairChunk> chunks;
  std::vector<scan::Extent> extents;
  std::int64_t rows = 0;
  Delivery delivery = Delivery::inline_rows;
  std::string base_url;  // where workers fetch the rows; empty when inline
  Instant expires_at{};  // of the address; the epoch when inline
  bool operator==(const RepairIntended&) const = default;
};

// Outcome: Druid has the task; `adopted` when it had it from an earlier try.
struct RepairAccepted {
  std::string repair;
  std::string task_id;
  bool adopted = false;
  bool operator==(const RepairAccepted&) const = default;
};

// Outcome: the task is over, as Druid says. Whether its rows are in the datasource is not decided
// by this.
struct RepairTaskEnded {
  std::string repair;
  std::string task_id;
  TaskEnd end = TaskEnd::success;
  std::string error;
  bool operator==(const RepairTaskEnded&) const = default;
};

// Outcome: counted. The rows are in Druid, whatever the task's status said.
struct RepairConfirmed {
  std::string repair;
  std::string task_id;
  std::vector<RepairChunk> chunks;  // rows as counted; baseline as it was planned
  bool operator==(const RepairConfirmed&) const = default;
};

// Outcome: counted. None of the rows is in Druid and the task is over: another attempt is safe.
struct RepairAbsent {
  std::string repair;
  std::string task_id;
  std::string error;
  bool operator==(const RepairAbsent&) const = default;
};

// Outcome: delta files whose rows are all repaired, past their retention, are gone.
struct DeltaExpired {
  std::vector<std::string> files;
  bool operator==(const DeltaExpired&) const = default;
};

using Body =
    std::variant<PipelineDeclared, SupervisorPosted, ScanAdvanced, ChunkClosed, ChunkSealed,
                 ChunkUncertain, RepairIntended, RepairAccepted, RepairTaskEnded, RepairConfirmed,
                 RepairAbsent, DeltaExpired, SupervisorProven, SupervisorRolledBack,
                 PipelineReleased, DriftFound, DriftCleared, HealIntended, HealEnded, DriftGivenUp,
                 DriftAdopted, Frozen, Unfrozen, ReleaseIntended, LoadRequested, LoadRouted,
                 LoadTaskIntended, LoadTaskAccepted, LoadTaskEnded, LoadTaskSeen, LoadTaskCounted,
                 LoadTaskAbsent, LoadCancelAsked, LoadRetryAsked, LoadEnded, LoadDeclared,
                 LoadWithdrawn, LoadRefused, ResetIntended, ResetQuiesced, ResetMeasured,
                 OffsetsReset, ResetEnded, WindowOpened, WindowSuspended, WindowQuiesced,
                 WindowBroken, WindowClosed, WindowResumed>;

struct Event {
  Instant at{};
  std::string pipeline;  // empty: of everything (Frozen, Unfrozen)
  Body body;
  bool operator==(const Event&) const = default;
};

// Stable names of the kinds, as stored: scan_advanced.
std::string kind_of(const Body& body);
// The stored JSON of a body, one line, keys sorted. Docs: docs/ledger-format.md.
std::string to_json(const Body& body);
// Errors: corrupt - unknown kind or a field that is missing or of the wrong type.
Result<Body> from_json(const std::string& kind, const std::string& json);

const char* to_string(Delivery delivery);

}  // namespace henge::ledger
