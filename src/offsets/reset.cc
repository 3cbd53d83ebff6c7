#include "offsets/reset.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace henge::offsets {

namespace {

template <typename... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};

template <typename Integer>
bool take_number(std::string_view& text, Integer& out) {
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(stop - text.data()));
  return true;
}

Result<ResetTo> parse_offsets(std::string_view text) {
  const std::string whole(text);
  ToOffsets out;
  for (;;) {
    std::int32_t partition = 0;
    std::int64_t offset = 0;
    const bool read = take_number(text, partition) && text.starts_with(':') &&
                      (text.remove_prefix(1), take_number(text, offset)) && partition >= 0 &&
                      offset >= 0;
    if (!read || (!text.empty() && text.front() != ','))
      return fail(ErrorKind::invalid,
                  fmt::format("'{}' is no list of offsets; expected PARTITION:OFFSET,... such as "
                              "offsets=0:100,1:250",
                              whole));
    if (!out.offsets.emplace(partition, offset).second)
      return fail(ErrorKind::invalid, fmt::format("partition {} is named twice", partition));
    if (text.empty()) return out;
    text.remove_prefix(1);
  }
}

}  // namespace

Result<ResetTo> parse_reset_to(std::string_view text) {
  if (text == "earliest") return ToEarliest{};
  if (text == "latest") return ToLatest{};
  if (text == "committed") return ToCommitted{};
  if (text.starts_with("time=")) {
    TRY(const Instant at, parse_instant(text.substr(5)));
    return ToTime{at};
  }
  if (text.starts_with("offsets=")) return parse_offsets(text.substr(8));
  return fail(ErrorKind::invalid,
              fmt::format("'{}' is none of earliest, latest, committed, time=2026-01-01T00:00Z, "
                          "offsets=0:100,1:250",
                          text));
}

std::string to_string(const ResetTo& to) {
  return std::visit(Overloaded{[](const ToEarliest&) -> std::string { return "earliest"; },
                               [](const ToLatest&) -> std::string { return "latest"; },
                               [](const ToCommitted&) -> std::string { return "committed"; },
                               [](const ToTime& t) { return "time=" + to_short_iso(t.at); },
                               [](const ToOffsets& o) {
                                 std::string text;
                                 for (const auto& [partition, offset] : o.offsets)
                                   text += fmt::format("{}{}:{}", text.empty() ? "offsets=" : ",",
                                                       partition, offset);
                                 return text;
                               }},
                    to);
}

PartitionOffsets ResetPlan::targets() const {
  PartitionOffsets out;
  for (const ResetRow& row : rows) out[row.partition] = row.target;
  return out;
}

PartitionOffsets ResetPlan::before() const {
  PartitionOffsets out;
  for (const ResetRow& row : rows)
    if (row.committed) out[row.partition] = *row.committed;
  return out;
}

namespace {

// Where one partition goes; nothing: it stays. Errors: invalid.
Result<std::optional<std::int64_t>> target_of(const ResetTo& to, const PartitionRow& row,
                                              const PartitionOffsets& at_time) {
  using Target = std::optional<std::int64_t>;
  return std::visit(
      Overloaded{[&](const ToEarliest&) -> Result<Target> { return Target(row.start); },
                 [&](const ToLatest&) -> Result<Target> { return Target(row.end); },
                 [&](const ToCommitted&) -> Result<Target> { return Target(row.committed); },
                 [&](const ToTime&) -> Result<Target> {
                   auto known = at_time.find(row.partition);
                   if (known != at_time.end()) return Target(known->second);
                   return fail(ErrorKind::invalid,
                               fmt::format("partition {}: Kafka did not say which offset that is",
                                           row.partition));
                 },
                 [&](const ToOffsets& o) -> Result<Target> {
                   auto known = o.offsets.find(row.partition);
                   return known == o.offsets.end() ? Target() : Target(known->second);
                 }},
      to);
}

Result<void> check_target(const PartitionRow& row, std::int64_t target) {
  if (target >= row.start.value_or(0) && target <= *row.end) return {};
  return fail(ErrorKind::invalid,
              fmt::format("partition {} has no offset {}: its log holds {} to {}", row.partition,
                          target, row.start.value_or(0), *row.end));
}

ResetRow effect_of(const PartitionRow& row, std::int64_t target) {
  ResetRow out{row.partition, row.committed, target, 0, 0, 0};
  if (!row.committed) return out;
  const std::int64_t start = row.start.value_or(0);
  // Suspended tasks publish what they have read: that is where Druid will stand by then.
  const std::int64_t stands = std::max(*row.committed, row.reading.value_or(0));
  const std::int64_t from = std::max(stands, start);
  out.skipped = std::max<std::int64_t>(target - from, 0);
  out.again = std::max<std::int64_t>(stands - target, 0);
  out.gone = std::max<std::int64_t>(std::min(start, target) - stands, 0);
  return out;
}

Result<void> check_named(const ResetTo& to, const Report& report) {
  const auto* named = std::get_if<ToOffsets>(&to);
  if (named == nullptr) return {};
  for (const auto& [partition, offset] : named->offsets) {
    const auto has = [&](const PartitionRow& row) {
      return row.partition == partition && row.end.has_value();
    };
    if (std::ranges::none_of(report.rows, has))
      return fail(ErrorKind::invalid, fmt::format("the topic has no partition {}", partition));
  }
  return {};
}

}  // namespace

Result<ResetPlan> plan_reset(const ResetTo& to, const Report& report,
                             const PartitionOffsets& at_time) {
  TRY_VOID(check_named(to, report));
  ResetPlan plan;
  plan.anew = report.worst >= Verdict::removed_partition;
  if (plan.anew && !std::holds_alternative<ToEarliest>(to))
    return fail(ErrorKind::refused,
                "the topic was made anew, and offsets of the one before mean nothing in it: only "
                "--to earliest loses none of its records");
  for (const PartitionRow& row : report.rows) {
    if (!row.end) continue;  // the topic does not have it
    TRY(const std::optional<std::int64_t> target, target_of(to, row, at_time));
    if (!target) continue;
    TRY_VOID(check_target(row, *target));
    if (!row.committed && row.verdict == Verdict::unknown)
      return fail(ErrorKind::refused,
                  fmt::format("partition {}: {}; without it nobody can say what a reset would skip "
                              "or read twice",
                              row.partition, row.why));
    plan.rows.push_back(plan.anew ? ResetRow{row.partition, row.committed, *target, 0, 0, 0}
                                  : effect_of(row, *target));
  }
  if (plan.rows.empty()) return fail(ErrorKind::invalid, "no partition would change");
  return plan;
}

bool scanned_enough(const ledger::PipelineState& state, const PartitionOffsets& committed,
                    const PartitionOffsets& targets) {
  return std::ranges::all_of(targets, [&](const auto& item) {
    const auto& [partition, target] = item;
    auto stored = committed.find(partition);
    if (stored == committed.end()) return true;
    auto scanned = state.partitions.find(partition);
    const std::int64_t next = scanned == state.partitions.end() ? 0 : scanned->second.next;
    return next >= std::max(target, stored->second);
  });
}

ResetStretches reset_stretches(const PartitionOffsets& committed, const PartitionOffsets& targets,
                               const PartitionOffsets& log_starts) {
  ResetStretches out;
  for (const auto& [partition, target] : targets) {
    auto stored = committed.find(partition);
    if (stored == committed.end() || stored->second == target) continue;
    auto start = log_starts.find(partition);
    const std::int64_t first = start == log_starts.end() ? 0 : start->second;
    if (target < stored->second) {
      out.stretches[partition] = {target, stored->second, scan::Keep::none};
      continue;
    }
    const std::int64_t from = std::min(std::max(stored->second, first), target);
    out.lost += from - stored->second;
    out.stretches[partition] = {from, target, scan::Keep::on_time};
  }
  return out;
}

ledger::ResetMeasured measure(const ResetStretches& asked, scan::StretchesFound found) {
  ledger::ResetMeasured out;
  out.lost = asked.lost;
  out.extents = std::move(found.extents);
  for (const auto& [start, partitions] : found.chunks) {
    ledger::ResetChunk effect;
    effect.chunk = start;
    for (const auto& [partition, counts] : partitions) {
      if (counts.on_time == 0) continue;
      const bool skips = asked.stretches.at(partition).keep == scan::Keep::on_time;
      (skips ? effect.skipped : effect.again)[partition] = counts.on_time;
    }
    if (effect.skipped.empty() && effect.again.empty()) continue;
    out.chunks.push_back(std::move(effect));
  }
  return out;
}

}  // namespace henge::offsets
