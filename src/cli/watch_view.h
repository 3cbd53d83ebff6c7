// What `status`, `chunks` and `late` show, as values, and the two ways to show them. JSON is a
// contract: fields are only added.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/console.h"
#include "cli/freeze_view.h"
#include "cli/window_view.h"
#include "late/watermark.h"
#include "ledger/state.h"
#include "model/pipeline.h"

namespace henge::cli {

// One word for where a chunk is in its life: open, closed, sealed, dirty (late rows wait),
// repairing, loading, uncertain.
std::string life_of(const ledger::ChunkState& chunk);

struct StatusRow {
  std::string pipeline;
  std::string datasource;
  std::string supervisor;                   // Druid's state, or why it is not known
  std::optional<std::int64_t> lag;          // records in the topic that Druid has not read
  std::optional<std::int64_t> uncommitted;  // records scanned that Druid has not committed
  std::optional<Instant> watermark;         // event time; no row that streaming accepts is older
  std::int64_t records = 0;                 // scanned
  std::int64_t rows_on_time = 0, rows_late = 0, rows_early = 0, rows_filtered = 0,
               rows_unparseable = 0, nulls = 0;
  std::int64_t without_timestamp = 0, lost = 0;
  std::int64_t open = 0, closed = 0, sealed = 0,
               uncertain = 0;  // chunks; sealed ones with late rows waiting are `dirty` too
  std::int64_t dirty = 0, repairing = 0;
  std::int64_t late_waiting = 0;    // rows no repair has taken yet
  std::int64_t late_repairing = 0;  // rows in repairs under way
  std::int64_t late_repaired = 0;   // rows counted in Druid
  std::string proof;
  bool releasing = false;                  // its supervisor is about to be terminated
  std::optional<ledger::Release> release;  // henge does not manage it any more
  std::optional<Standing> standing;        // streaming stands for loads
  std::vector<std::string> repair_errors;  // of repairs that are not confirmed and met an error
};

struct Trouble {
  std::string what, message, since;
};

struct StatusView {
  Instant now{};
  std::vector<StatusRow> rows;
  bool serving = false;            // a henge is at work on this ledger
  std::vector<Trouble> troubles;   // what it says is wrong
  std::vector<std::string> notes;  // what could not be asked
  std::vector<FreezeNote> frozen;
};

StatusRow status_row(const Pipeline& pipeline, const ledger::PipelineState& state,
                     const std::optional<SupervisorStatus>& supervisor);
std::string show_status(const StatusView& view, const Console& console);

struct ChunkFilter {
  std::optional<std::string> state;  // as life_of() has it
  std::optional<Instant> since;      // chunks that end after it
};

std::string show_chunks(const Pipeline& pipeline, const ledger::PipelineState& state,
                        const ChunkFilter& filter, const std::vector<FreezeNote>& frozen,
                        const Console& console);

struct LateRow {
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  std::int32_t index = 0;
  Instant event{}, arrival{}, chunk{};
  std::string kind;   // late, early, unparseable
  std::string state;  // waiting, repairing, repaired, kept
  std::string repair;
  std::int64_t bytes = 0;
};

struct LateView {
  std::string pipeline;
  Millis lateness{0};
  std::vector<LateRow> rows;
  std::int64_t total = 0;  // rows there are; `rows` may be fewer
  std::vector<std::string> notes;
  std::vector<FreezeNote> frozen;
};
std::string show_late(const LateView& view, const Console& console);

}  // namespace henge::cli
