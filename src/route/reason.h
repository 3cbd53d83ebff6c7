// Why something was decided: a code for programs, numbers to check it by, a sentence for people.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/time.h"

namespace henge::route {

// What a reason does to the load.
enum class Weight {
  refuses,  // nothing is done; `remedy` says what would change that
  waits,    // not now; henge looks again by itself
  shapes,   // decided lane, engine, split or order
  notes,    // worth knowing, changes nothing
};

enum class Code {
  // The interval and the input.
  interval_empty,
  interval_misaligned,
  too_many_chunks,
  input_empty,
  input_not_counted,
  rows_outside,
  shrinks,
  rows_held_unknown,
  // The datasource.
  frozen,
  rules_drop,
  watermark_unknown,
  ahead_of_watermark,
  foreign_writer,
  chunk_busy,
  chunk_settling,
  chunk_uncertain,
  late_rows_waiting,
  // The lane.
  no_other_writer,
  concurrent_locks,
  locks_unproven,
  several_supervisors,
  unused_segments_only,
  window_rejects_backlog,
  window_too_long,
  window_not_open,
  window_suspended_already,
  // The engine and the split.
  engine_wanted,
  engine_unavailable,
  append_is_dynamic,
  input_small,
  input_one_piece,
  range_partitions,
  perfect_rollup,
  msq_off,
  msq_absent,
  msq_unfit,
  msq_shuffles,
  slots_few,
  slots_never_enough,
  split_by_size,
  split_by_chunk_count,
  split_impossible,
  // The time.
  deep_storage_failing,
  deep_storage_slow,
  deep_storage_unknown,
  overlord_refusing,
  overlord_slow,
  no_workers,
  slots_busy,
  others_first,
  rate_assumed,
  size_unknown,
  deadline_met,
  deadline_missed,
  makes_others_late,
};
inline constexpr int code_count = static_cast<int>(Code::makes_others_late) + 1;

struct Number {
  std::string name;  // with its unit: rows_held, slots_free, late_ms
  std::int64_t value = 0;
  bool operator==(const Number&) const = default;
};

struct Reason {
  Code code = Code::interval_empty;
  Weight weight = Weight::notes;
  std::vector<Number> numbers = {};
  std::string sentence = {};
  std::string remedy = {};            // of what refuses: a flag, an interval, something to wait for
  std::vector<Interval> chunks = {};  // it speaks of; empty: of the whole load
  bool operator==(const Reason&) const = default;
};

// ahead_of_watermark
const char* to_string(Code code);
const char* to_string(Weight weight);

// The number of that name; 0 if the reason has none.
std::int64_t number_of(const Reason& reason, std::string_view name);
// Null if there is none.
const Reason* find_reason(const std::vector<Reason>& reasons, Code code);
bool any_of(const std::vector<Reason>& reasons, Weight weight);

// "2026-03-01T08:00Z", "2026-03-01T08:00Z and 2 more".
std::string chunks_text(const std::vector<Interval>& chunks);

}  // namespace henge::route
