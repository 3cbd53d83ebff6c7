// What the ledger's events add up to. Every number here can be computed again by replaying them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ledger/drift_state.h"
#include "ledger/event.h"
#include "ledger/load_state.h"
#include "ledger/offset_state.h"
#include "ledger/window_state.h"

namespace henge::ledger {

struct PartitionState {
  std::int64_t first = 0;  // where the first scan began
  std::int64_t next = 0;   // everything before was scanned, once
  Instant arrival_floor{};
  std::int64_t records = 0;
  std::int64_t unparseable = 0;
  std::int64_t null_values = 0;
  std::int64_t without_timestamp = 0;
  std::int64_t lost = 0;           // offsets that retention took before they were scanned
  std::optional<Witness> witness;  // the newest: by which the topic is known again
  bool operator==(const PartitionState&) const = default;
};

enum class ChunkStatus { open, closed, sealed, uncertain };

struct Seal {
  std::int64_t rows = 0;
  std::int64_t segments = 0;
  std::string proof;
  Instant at{};
  std::string digest = {};  // of the segments that were counted; empty: not noted
  bool operator==(const Seal&) const = default;
};

struct Doubt {
  std::int64_t expected = 0;
  std::int64_t actual = 0;
  std::string reason;
  Instant since{};
  bool operator==(const Doubt&) const = default;
};

struct ChunkState {
  std::map<std::int32_t, scan::RowCounts> counts;  // by partition
  ChunkStatus status = ChunkStatus::open;
  std::int64_t repaired_rows = 0;     // confirmed by count
  std::int64_t adopted_rows = 0;      // by which a person's change was adopted; may be negative
  std::vector<scan::Extent> waiting;  // late rows no repair has taken yet, in scan order
  std::vector<scan::Extent> covered;  // late rows that a replacement holds
  std::string repair;                 // the repair under way; empty if none: one at a time
  std::string load;                   // the load whose task has the chunk; empty if none
  std::int64_t loaded_rows = 0;       // appended by loads, confirmed by count
  std::int64_t doubled_rows = 0;      // that streaming reads twice, after a reset of the offsets
  std::optional<Replacement> replacement;  // the last one
  std::optional<Seal> seal;                // the last one; stays while a repair is under way
  std::optional<Doubt> doubt;              // only while uncertain
  std::int64_t reopened = 0;               // how often an on-time row came after it was closed
  std::optional<Instant> closed_at;
  std::string closed_by;

  [[nodiscard]] std::int64_t on_time() const;
  [[nodiscard]] std::int64_t late() const;
  [[nodiscard]] std::int64_t early() const;
  [[nodiscard]] std::int64_t filtered() const;
  [[nodiscard]] std::int64_t waiting_rows() const;
  // Rows Druid must hold when nothing is under way.
  [[nodiscard]] std::int64_t expected() const;
  // Rows that Druid was counted to hold, to the row: sealed, or uncertain only because streaming
  // read some twice. Nothing: not known, and late rows can't be told from what is there.
  [[nodiscard]] std::optional<std::int64_t> counted_rows() const;
  // Neither a repair nor a load has it.
  [[nodiscard]] bool free() const { return repair.empty() && load.empty(); }
  bool operator==(const ChunkState&) const = default;
};

enum class RepairPhase {
  intended,   // recorded; the task may or may not have been sent
  accepted,   // Druid has the task
  ended,      // the task is over; its rows are not yet counted
  absent,     // counted: not in Druid; the next attempt may be planned
  confirmed,  // counted: in Druid
};

struct RepairState {
  RepairIntended intent;  // of the latest attempt
  RepairPhase phase = RepairPhase::intended;
  std::optional<TaskEnd> end;
  std::string error;
  Instant planned_at{};  // of the first attempt
  Instant changed_at{};
  bool operator==(const RepairState&) const = default;
};

// Where the delta files stand, so that a writer that died can be put right.
struct DeltaState {
  std::map<std::string, std::int64_t> file_ends;  // bytes of each file the ledger knows
  std::map<std::string, std::int64_t>
      rows_open;                              // late rows of each file that are not confirmed yet
  std::map<std::string, Instant> changed_at;  // when a file was last written or repaired from
  bool operator==(const DeltaState&) const = default;
};

// One declaration, for the history and for going back to it.
struct DeclaredVersion {
  std::int64_t number = 0;
  Instant at{};
  std::string by;
  std::string reason;
  std::string fingerprint;
  std::string document;
  bool proven = false;   // its supervisor was watched and well
  bool refused = false;  // its supervisor failed, and the one before was put back
  bool operator==(const DeclaredVersion&) const = default;
};

struct PipelineState {
  std::int64_t version = 0;         // 0: never declared
  std::int64_t posted_version = 0;  // of the spec Druid was seen to hold
  std::string document;
  std::string fingerprint;
  std::string reason;
  std::string incarnation;
  Instant declared_at{};
  std::map<std::int32_t, PartitionState> partitions;
  std::map<Instant, ChunkState> chunks;
  std::map<std::string, RepairState> repairs;  // all of them; confirmed ones keep their proof
  std::int64_t repairs_planned = 0;
  std::map<std::string, LoadState> loads;  // all of them
  std::int64_t loads_planned = 0;
  std::map<std::string, LoadDocumentState> load_documents;  // by name
  std::optional<ResetState> reset;                          // of the offsets: the last one
  std::vector<WindowState> windows;                         // by number, from 1, without gaps
  std::optional<StandState> stand;  // streaming stands, for the windows that are open
  std::vector<scan::Extent>
      set_aside;  // early and unparseable rows: kept and shown, never appended
  DeltaState delta;
  Instant scanned_at{};
  std::vector<DeclaredVersion> versions;  // by number, from 1, without gaps
  std::int64_t proven_version = 0;        // the last good one; 0: none yet
  std::int64_t refused_version = 0;  // was posted and failed: not posted again by itself; 0: none
  std::map<std::string, DriftState> drifts;    // by key_of(kind, object); those of now
  std::map<std::string, HealedDrift> healed;   // by key: to tell a relapse from a first time
  std::map<std::string, std::string> adopted;  // by key: the value that is no drift any more
  std::optional<Freeze> frozen;
  std::optional<Release> releasing;  // asked for, its supervisor not yet seen to be gone
  bool released = false;             // henge does not manage it any more...
  std::optional<Release> release;    // ...since when and why; stays when it is declared again

  // henge acts for it: declared, neither released nor about to be.
  [[nodiscard]] bool managed() const { return version > 0 && !released && !releasing; }
  [[nodiscard]] bool resetting() const { return reset && reset->under_way(); }
  // henge keeps the supervisor suspended, or is about to, or has not resumed it yet.
  [[nodiscard]] bool held() const { return resetting() || stand; }
  // Declared, and Druid is to hold that spec but was not seen to yet.
  [[nodiscard]] bool apply_under_way() const {
    return managed() && posted_version != version && refused_version != version;
  }
  bool operator==(const PipelineState&) const = default;
};

struct State {
  std::map<std::string, PipelineState> pipelines;
  std::int64_t events = 0;
  std::optional<Freeze> frozen;  // of everything
  bool operator==(const State&) const = default;
};

// What stops henge from acting on a pipeline: its own freeze, else the one of everything. Null: not
// frozen.
const Freeze* freeze_of(const State& state, const PipelineState& pipeline);
// The open window of a load; null if there is none.
const WindowState* find_window(const PipelineState& pipeline, const std::string& load);
// The declaration of that number; null if there is none.
const DeclaredVersion* find_version(const PipelineState& pipeline, std::int64_t number);

// The fold. Errors: corrupt - the event can't follow what is in the state (a scan that leaves a
// gap, a second repair of a chunk, an outcome without its intent). On an error the state is as it
// was.
Result<void> apply(State& state, const Event& event);
// Whether apply() would take the event. Changes nothing.
Result<void> check(const State& state, const Event& event);

const char* to_string(ChunkStatus status);
const char* to_string(RepairPhase phase);

}  // namespace henge::ledger
