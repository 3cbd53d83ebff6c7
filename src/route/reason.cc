#include "route/reason.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "model/result.h"

namespace henge::route {
namespace {

struct Entry {
  Code code;
  const char* name;
};

constexpr std::array<Entry, code_count> entries{{
    {Code::interval_empty, "interval_empty"},
    {Code::interval_misaligned, "interval_misaligned"},
    {Code::too_many_chunks, "too_many_chunks"},
    {Code::input_empty, "input_empty"},
    {Code::input_not_counted, "input_not_counted"},
    {Code::rows_outside, "rows_outside"},
    {Code::shrinks, "shrinks"},
    {Code::rows_held_unknown, "rows_held_unknown"},
    {Code::frozen, "frozen"},
    {Code::rules_drop, "rules_drop"},
    {Code::watermark_unknown, "watermark_unknown"},
    {Code::ahead_of_watermark, "ahead_of_watermark"},
    {Code::foreign_writer, "foreign_writer"},
    {Code::chunk_busy, "chunk_busy"},
    {Code::chunk_settling, "chunk_settling"},
    {Code::chunk_uncertain, "chunk_uncertain"},
    {Code::late_rows_waiting, "late_rows_waiting"},
    {Code::no_other_writer, "no_other_writer"},
    {Code::concurrent_locks, "concurrent_locks"},
    {Code::locks_unproven, "locks_unproven"},
    {Code::several_supervisors, "several_supervisors"},
    {Code::unused_segments_only, "unused_segments_only"},
    {Code::window_rejects_backlog, "window_rejects_backlog"},
    {Code::window_too_long, "window_too_long"},
    {Code::window_not_open, "window_not_open"},
    {Code::window_suspended_already, "window_suspended_already"},
    {Code::engine_wanted, "engine_wanted"},
    {Code::engine_unavailable, "engine_unavailable"},
    {Code::append_is_dynamic, "append_is_dynamic"},
    {Code::input_small, "input_small"},
    {Code::input_one_piece, "input_one_piece"},
    {Code::range_partitions, "range_partitions"},
    {Code::perfect_rollup, "perfect_rollup"},
    {Code::msq_off, "msq_off"},
    {Code::msq_absent, "msq_absent"},
    {Code::msq_unfit, "msq_unfit"},
    {Code::msq_shuffles, "msq_shuffles"},
    {Code::slots_few, "slots_few"},
    {Code::slots_never_enough, "slots_never_enough"},
    {Code::split_by_size, "split_by_size"},
    {Code::split_by_chunk_count, "split_by_chunk_count"},
    {Code::split_impossible, "split_impossible"},
    {Code::deep_storage_failing, "deep_storage_failing"},
    {Code::deep_storage_slow, "deep_storage_slow"},
    {Code::deep_storage_unknown, "deep_storage_unknown"},
    {Code::overlord_refusing, "overlord_refusing"},
    {Code::overlord_slow, "overlord_slow"},
    {Code::no_workers, "no_workers"},
    {Code::slots_busy, "slots_busy"},
    {Code::others_first, "others_first"},
    {Code::rate_assumed, "rate_assumed"},
    {Code::size_unknown, "size_unknown"},
    {Code::deadline_met, "deadline_met"},
    {Code::deadline_missed, "deadline_missed"},
    {Code::makes_others_late, "makes_others_late"},
}};

}  // namespace

const char* to_string(Code code) {
  const Entry& entry = entries[static_cast<std::size_t>(code)];
  invariant(entry.code == code, "the table of reasons is not in the order of its codes");
  return entry.name;
}

const char* to_string(Weight weight) {
  switch (weight) {
    case Weight::refuses:
      return "refuses";
    case Weight::waits:
      return "waits";
    case Weight::shapes:
      return "shapes";
    case Weight::notes:
      return "notes";
  }
  invariant(false, "a weight without a name");
  return "";
}

std::int64_t number_of(const Reason& reason, std::string_view name) {
  const auto found = std::ranges::find(reason.numbers, name, &Number::name);
  return found == reason.numbers.end() ? 0 : found->value;
}

const Reason* find_reason(const std::vector<Reason>& reasons, Code code) {
  const auto found = std::ranges::find(reasons, code, &Reason::code);
  return found == reasons.end() ? nullptr : &*found;
}

bool any_of(const std::vector<Reason>& reasons, Weight weight) {
  return std::ranges::find(reasons, weight, &Reason::weight) != reasons.end();
}

std::string chunks_text(const std::vector<Interval>& chunks) {
  if (chunks.empty()) return "no chunk";
  const std::string first = to_short_iso(chunks.front().start);
  if (chunks.size() == 1) return first;
  return fmt::format("{} and {} more", first, chunks.size() - 1);
}

}  // namespace henge::route
