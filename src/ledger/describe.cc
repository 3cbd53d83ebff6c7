#include "ledger/describe.h"

#include <fmt/format.h>

#include <algorithm>

namespace henge::ledger {
namespace {

std::string chunks_text(const std::vector<RepairChunk>& chunks) {
  if (chunks.empty()) return "no chunk";
  if (chunks.size() == 1) return "chunk " + to_short_iso(chunks.front().chunk);
  // They stand in the order in which their rows became due.
  const auto [first, last] = std::ranges::minmax(chunks, {}, &RepairChunk::chunk);
  return fmt::format("{} chunks from {} to {}", chunks.size(), to_short_iso(first.chunk),
                     to_short_iso(last.chunk));
}

std::string by(const std::string& who) {
  return who.empty() ? "" : " by " + who;
}

std::string because(const std::string& reason) {
  return reason.empty() ? "" : ": " + reason.substr(0, 200);
}

std::string text(const PipelineDeclared& e) {
  return fmt::format("declared as version {}{}{}", e.version, by(e.by), because(e.reason));
}
std::string text(const SupervisorProven& e) {
  return fmt::format("supervisor of version {} is well: the last good one", e.version);
}
std::string text(const SupervisorRolledBack& e) {
  if (e.to_version == 0)
    return fmt::format("supervisor of version {} was taken back{}", e.from_version,
                       because(e.reason));
  return fmt::format("supervisor of version {} was taken back; version {} is in place again{}",
                     e.from_version, e.to_version, because(e.reason));
}
std::string text(const PipelineReleased& e) {
  return fmt::format("released{}; its supervisor was {}{}", by(e.by), e.supervisor,
                     because(e.reason));
}
std::string text(const ReleaseIntended& e) {
  return fmt::format("to be released{}; its supervisor will be terminated{}", by(e.by),
                     because(e.reason));
}
std::string text(const SupervisorPosted& e) {
  return fmt::format("supervisor {} for version {}", e.action, e.version);
}
std::string text(const ScanAdvanced& e) {
  std::int64_t records = 0, late = 0;
  for (const auto& p : e.batch.partitions) records += p.records;
  for (const auto& x : e.batch.extents) late += x.kind == scan::DeltaKind::late ? x.rows : 0;
  return fmt::format("scanned {} records, {} rows late", records, late);
}
std::string text(const ChunkClosed& e) {
  return fmt::format("chunk {} closed by {}", to_short_iso(e.chunk), e.evidence);
}
std::string text(const ChunkSealed& e) {
  return fmt::format("chunk {} sealed: {} rows in {} segments, {}", to_short_iso(e.chunk), e.rows,
                     e.segments, e.proof);
}
std::string text(const ChunkUncertain& e) {
  return fmt::format("chunk {} uncertain: {}", to_short_iso(e.chunk), e.reason);
}
std::string text(const RepairIntended& e) {
  return fmt::format("{} attempt {}: {} late rows into {} by task {} ({})", e.repair, e.attempt,
                     e.rows, chunks_text(e.chunks), e.task_id, to_string(e.delivery));
}
std::string text(const RepairAccepted& e) {
  return fmt::format("{}: Druid {} task {}", e.repair, e.adopted ? "already had" : "accepted",
                     e.task_id);
}
std::string text(const RepairTaskEnded& e) {
  return fmt::format("{}: task {} ended as {}{}", e.repair, e.task_id, to_string(e.end),
                     e.error.empty() ? "" : ": " + e.error.substr(0, 300));
}
std::string text(const RepairConfirmed& e) {
  std::int64_t rows = 0;
  for (const auto& c : e.chunks) rows += c.rows;
  return fmt::format("{} confirmed: {} rows counted in {}", e.repair, rows, chunks_text(e.chunks));
}
std::string text(const RepairAbsent& e) {
  return fmt::format("{}: none of the rows of task {} is in Druid; it is tried again", e.repair,
                     e.task_id);
}
std::string text(const DeltaExpired& e) {
  return fmt::format("{} delta files expired", e.files.size());
}
std::string text(const DriftFound& e) {
  return fmt::format("drift {} of {}: {}", to_string(e.drift.kind), e.drift.object,
                     e.drift.evidence.substr(0, 300));
}
std::string text(const DriftCleared& e) {
  return fmt::format("drift {} of {} is over: {}", to_string(e.kind), e.object, to_string(e.how));
}
std::string text(const HealIntended& e) {
  return fmt::format("healing {} of {}, attempt {}: {}", to_string(e.kind), e.object, e.attempt,
                     e.action);
}
std::string text(const HealEnded& e) {
  return fmt::format("healing {} of {}, attempt {}: {}", to_string(e.kind), e.object, e.attempt,
                     e.error.empty() ? "done" : "failed: " + e.error.substr(0, 200));
}
std::string text(const DriftGivenUp& e) {
  return fmt::format("drift {} of {} is left to a person after {} attempts{}", to_string(e.kind),
                     e.object, e.attempts, because(e.reason));
}
std::string text(const DriftAdopted& e) {
  const std::string rows = e.rows == 0 ? "" : fmt::format(", {:+} rows", e.rows);
  return fmt::format("{} of {}: what is there is what should be{}", to_string(e.kind), e.object,
                     rows);
}
std::string text(const Frozen& e) {
  return fmt::format("frozen{}{}", by(e.by), because(e.reason));
}
std::string text(const Unfrozen& e) {
  return fmt::format("unfrozen{}{}", by(e.by), because(e.reason));
}

}  // namespace

std::string describe(const Body& body) {
  return std::visit([](const auto& e) { return text(e); }, body);
}

}  // namespace henge::ledger
