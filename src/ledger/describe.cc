#include "ledger/describe.h"

#include <fmt/format.h>

namespace henge::ledger {
namespace {

std::string chunks_text(const std::vector<RepairChunk>& chunks) {
  if (chunks.empty()) return "no chunk";
  if (chunks.size() == 1) return "chunk " + to_short_iso(chunks.front().chunk);
  return fmt::format("{} chunks from {} to {}", chunks.size(), to_short_iso(chunks.front().chunk),
                     to_short_iso(chunks.back().chunk));
}

std::string text(const PipelineDeclared& e) {
  return fmt::format("declared as version {}{}", e.version,
                     e.reason.empty() ? "" : ": " + e.reason.substr(0, 200));
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

}  // namespace

std::string describe(const Body& body) {
  return std::visit([](const auto& e) { return text(e); }, body);
}

}  // namespace henge::ledger
