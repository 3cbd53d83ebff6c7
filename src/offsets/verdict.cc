#include "offsets/verdict.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "late/watermark.h"

namespace henge::offsets {

namespace {

constexpr Millis risk_max = std::chrono::hours(24);

std::optional<std::int64_t> at(const PartitionOffsets& offsets, std::int32_t partition) {
  auto known = offsets.find(partition);
  return known == offsets.end() ? std::nullopt : std::optional(known->second);
}

const RecordSeen* record_at(const TopicLook& look, std::int32_t partition, std::int64_t offset) {
  auto known = look.records.find({partition, offset});
  return known == look.records.end() ? nullptr : &known->second;
}

// Everything that was said of one partition.
struct Facts {
  const ledger::PartitionState* state = nullptr;  // null: henge never scanned it
  const TopicLook& look;
};

std::optional<double> appended_per_second(const PartitionRow& row, const TopicLook& look) {
  const auto before = at(look.at_since, row.partition);
  const double seconds = std::chrono::duration<double>(look.at - look.since).count();
  if (!before || !row.end || seconds <= 0) return std::nullopt;
  return static_cast<double>(std::max<std::int64_t>(*row.end - *before, 0)) / seconds;
}

std::optional<Millis> least(std::optional<Millis> a, std::optional<Millis> b) {
  if (a && b) return std::min(*a, *b);
  return a ? a : b;
}

// A record may go when its time is over: Kafka deletes whole segments, so never earlier than this.
std::optional<Millis> left_by_time(const RecordSeen& first, const TopicLook& look) {
  if (!look.retention) return std::nullopt;
  return std::max(Millis(0), first.record.arrival + *look.retention - look.at);
}

// ...or when the log has grown too large behind it. Sizes are those of plain records: a compressed
// log keeps them for longer.
std::optional<Millis> left_by_size(const RecordSeen& first, const PartitionRow& row,
                                   const TopicLook& look) {
  if (!look.retention_bytes || !row.appended_per_second || *row.appended_per_second <= 0)
    return std::nullopt;
  const auto bytes = static_cast<double>(std::max<std::int64_t>(first.bytes, 1));
  const double room =
      static_cast<double>(*look.retention_bytes) - static_cast<double>(*row.lag) * bytes;
  const double seconds = std::max(0.0, room) / (*row.appended_per_second * bytes);
  constexpr double year = 365.0 * 86'400;
  return Millis(static_cast<std::int64_t>(std::min(seconds, year) * 1000));
}

void measure(PartitionRow& row, const TopicLook& look) {
  row.appended_per_second = appended_per_second(row, look);
  if (!row.committed || !row.end) return;
  row.lag = std::max<std::int64_t>(*row.end - std::max(*row.committed, row.start.value_or(0)), 0);
  if (row.start) row.lost = std::max<std::int64_t>(*row.start - *row.committed, 0);
  if (*row.lag == 0) {
    row.lag_time = Millis(0);
    return;
  }
  const RecordSeen* first = record_at(look, row.partition, *row.committed);
  if (first == nullptr) return;
  row.lag_time = std::max(Millis(0), look.at - first->record.arrival);
  row.retention_left = least(left_by_time(*first, look), left_by_size(*first, row, look));
}

// What was read lies beyond the log's end, or is not what stands there now. Empty: nothing says so.
std::string made_anew(const PartitionRow& row, const Facts& facts) {
  if (!row.end) return "";
  if (row.committed && *row.committed > *row.end)
    return fmt::format("Druid committed {}, and the partition ends at {}", *row.committed,
                       *row.end);
  if (facts.state == nullptr) return "";
  if (facts.state->next > *row.end)
    return fmt::format("henge has read to {}, and the partition ends at {}", facts.state->next,
                       *row.end);
  const auto& witness = facts.state->witness;
  if (!witness) return "";
  const RecordSeen* found = record_at(facts.look, row.partition, witness->offset);
  if (found == nullptr || found->record.offset != witness->offset) return "";
  if (found->record.arrival != witness->arrival)
    return fmt::format(
        "the record at {} had arrived at {}, and now one stands there that arrived "
        "at {}",
        witness->offset, to_iso(witness->arrival), to_iso(found->record.arrival));
  if (found->record.hash != witness->hash)
    return fmt::format("the record at {} is not the one that was read", witness->offset);
  return "";
}

bool at_risk(const PartitionRow& row, const TopicLook& look) {
  if (!row.retention_left) return false;
  const Millis whole = look.retention.value_or(4 * risk_max);
  return *row.retention_left < risk_below(whole);
}

void decide(PartitionRow& row, const Facts& facts, const DruidOffsets& druid) {
  if (!row.end) {
    row.verdict = Verdict::removed_partition;
    row.why = "the topic does not have it any more: it was deleted and made with fewer partitions";
    return;
  }
  if (std::string why = made_anew(row, facts); !why.empty()) {
    row.verdict = Verdict::ahead;
    row.why = why + ": the topic was deleted and made anew";
    return;
  }
  if (!row.committed) {
    const bool others = !druid.committed.empty();
    row.verdict = others ? Verdict::new_partition : Verdict::unknown;
    row.why = others        ? "Druid has not begun to read it"
              : druid.known ? "Druid shows no committed offset: it has no task, and what it stored "
                              "is told only half a minute after it was suspended"
                            : "Druid did not say what it has committed";
    return;
  }
  if (row.lost > 0) {
    row.verdict = Verdict::lost;
    row.why = fmt::format("retention deleted {} offsets ({} to {}) before Druid had committed them",
                          row.lost, *row.committed, *row.start - 1);
    return;
  }
  if (at_risk(row, facts.look)) {
    row.verdict = Verdict::at_risk;
    row.why = fmt::format("retention may delete what is not committed in {}",
                          humanize(*row.retention_left));
  }
}

}  // namespace

Millis risk_below(Millis retention) {
  return std::min(retention / 4, risk_max);
}

DruidOffsets druid_offsets(const SupervisorStatus& status) {
  DruidOffsets out;
  out.known = true;
  out.committed = late::committed_offsets(status);
  // A suspended supervisor shows 0 where nothing is stored, and for as long as it has not yet
  // looked into its store (contract 2.7.5): not known, rather than all the way back.
  if (status.suspended)
    std::erase_if(out.committed, [](const auto& item) { return item.second == 0; });
  for (const auto* tasks : {&status.active, &status.publishing})
    for (const SupervisorTask& task : *tasks)
      for (const auto& [partition, offset] : task.current_offsets) {
        auto [known, fresh] = out.reading.try_emplace(partition, offset);
        known->second = std::max(known->second, offset);
      }
  return out;
}

std::vector<std::pair<std::int32_t, std::int64_t>> records_wanted(const Scanned& scanned,
                                                                  const DruidOffsets& druid) {
  std::set<std::pair<std::int32_t, std::int64_t>> wanted;
  for (const auto& [id, partition] : scanned)
    if (partition.witness) wanted.emplace(id, partition.witness->offset);
  for (const auto& [partition, offset] : druid.committed) wanted.emplace(partition, offset);
  return {wanted.begin(), wanted.end()};
}

Report judge(const Scanned& scanned, const DruidOffsets& druid, const TopicLook& look) {
  std::set<std::int32_t> partitions;
  for (const auto& [partition, end] : look.ends) partitions.insert(partition);
  for (const auto& [partition, known] : scanned) partitions.insert(partition);
  for (const auto& [partition, offset] : druid.committed) partitions.insert(partition);
  Report report;
  for (const std::int32_t partition : partitions) {
    PartitionRow row;
    row.partition = partition;
    row.start = at(look.starts, partition);
    row.end = at(look.ends, partition);
    row.committed = at(druid.committed, partition);
    row.reading = at(druid.reading, partition);
    auto known = scanned.find(partition);
    const Facts facts{known == scanned.end() ? nullptr : &known->second, look};
    if (facts.state != nullptr) row.scanned = facts.state->next;
    measure(row, look);
    decide(row, facts, druid);
    report.worst = std::max(report.worst, row.verdict);
    report.lag += row.lag.value_or(0);
    report.lost += row.lost;
    report.retention_left = least(report.retention_left, row.retention_left);
    report.rows.push_back(std::move(row));
  }
  return report;
}

const char* to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::ok:
      return "ok";
    case Verdict::unknown:
      return "unknown";
    case Verdict::new_partition:
      return "new_partition";
    case Verdict::at_risk:
      return "at_risk";
    case Verdict::lost:
      return "lost";
    case Verdict::removed_partition:
      return "removed_partition";
    case Verdict::ahead:
      return "ahead";
  }
  return "";
}

}  // namespace henge::offsets
