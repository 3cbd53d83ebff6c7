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
std::string text(const LoadRequested& e) {
  return fmt::format("{} asked for{}: {} of {} with {} rows from {} files, in {} tasks{}", e.load,
                     by(e.request.by), to_string(e.request.mode), to_iso(e.request.interval),
                     e.content.rows.accepted, e.content.files.size(), e.parts.size(),
                     because(e.request.reason));
}
std::string text(const LoadRouted& e) {
  return fmt::format("{} goes by {}{}", e.load, e.lane,
                     e.reasons.empty() ? "" : ": " + e.reasons.front().substr(0, 300));
}
std::string text(const LoadTaskIntended& e) {
  std::int64_t rows = 0, returned = 0, covered = 0;
  for (const auto& t : e.targets) {
    rows += std::max<std::int64_t>(t.rows, 0);
    for (const auto& x : t.returned) returned += x.rows;
    for (const auto& x : t.covered) covered += x.rows;
  }
  std::string late;
  if (covered > 0) late += fmt::format("; it covers {} late rows that wait", covered);
  if (returned > 0) late += fmt::format("; {} late rows are to be appended on top", returned);
  return fmt::format("{} part {} attempt {}: {} rows into {} chunks by task {}{}", e.load,
                     e.part + 1, e.attempt, rows, e.targets.size(), e.task_id, late);
}
std::string text(const LoadTaskAccepted& e) {
  return fmt::format("{}: Druid {} task {}", e.load, e.adopted ? "already had" : "accepted",
                     e.task_id);
}
std::string text(const LoadTaskEnded& e) {
  return fmt::format("{}: task {} ended as {}{}", e.load, e.task_id, to_string(e.end),
                     e.error.empty() ? "" : ": " + e.error.substr(0, 300));
}
std::string text(const LoadTaskSeen& e) {
  return fmt::format("{}: segments of task {} are {}", e.load, e.task_id, e.stage);
}
std::string text(const LoadTaskCounted& e) {
  std::int64_t rows = 0;
  for (const auto& c : e.chunks) rows += c.rows;
  return fmt::format("{}: {} rows of task {} counted in {} chunks", e.load, rows, e.task_id,
                     e.chunks.size());
}
std::string text(const LoadTaskAbsent& e) {
  return fmt::format("{}: none of the rows of task {} is in Druid{}", e.load, e.task_id,
                     because(e.error));
}
std::string text(const LoadCancelAsked& e) {
  return fmt::format("{} is to be cancelled{}{}", e.load, by(e.by), because(e.reason));
}
std::string text(const LoadRetryAsked& e) {
  return fmt::format("{} is to go on{}{}", e.load, by(e.by), because(e.reason));
}
std::string text(const LoadEnded& e) {
  return fmt::format("{} {}{}", e.load, to_string(e.end), because(e.error));
}
std::string text(const LoadDeclared& e) {
  return fmt::format("load document {} declared{}{}", e.name, by(e.by), because(e.reason));
}
std::string text(const LoadWithdrawn& e) {
  return fmt::format("load document {} withdrawn{}{}", e.name, by(e.by), because(e.reason));
}
std::string text(const LoadRefused& e) {
  return fmt::format("{} of load document {} not accepted ({}): {}", e.key, e.name, e.kind,
                     e.error.substr(0, 300));
}

std::string text(const ResetIntended& e) {
  return fmt::format("offsets are to be reset to {}{}: {} partitions{}", e.to, by(e.by),
                     e.targets.size(), because(e.reason));
}
std::string text(const ResetQuiesced& e) {
  return fmt::format("reset {}: the supervisor is suspended and its tasks are over", e.number);
}
std::string text(const ResetMeasured& e) {
  std::int64_t skipped = 0, again = 0, rebuilt = 0;
  for (const auto& c : e.chunks) {
    for (const auto& [partition, rows] : c.skipped) skipped += rows;
    for (const auto& [partition, rows] : c.again) again += rows;
    rebuilt += c.rebuilt ? 1 : 0;
  }
  return fmt::format(
      "reset {}: {} on-time rows are skipped and will be repaired, {} are read again, {} of {} "
      "chunks are built anew{}",
      e.number, skipped, again, rebuilt, e.chunks.size(),
      e.lost == 0 ? "" : fmt::format("; {} offsets were gone before Druid had read them", e.lost));
}
std::string text(const OffsetsReset& e) {
  return fmt::format("reset {}: Druid has stored the offsets", e.number);
}
std::string text(const ResetEnded& e) {
  return fmt::format("reset {} {}", e.number,
                     e.error.empty() ? "is done" : "changed nothing: " + e.error.substr(0, 300));
}

std::string text(const WindowOpened& e) {
  return fmt::format(
      "window {} for {}: streaming is to stand until it is counted, until {} at the "
      "latest{}",
      e.number, e.load, to_short_iso(e.deadline), because(e.reason));
}
std::string text(const WindowSuspended& e) {
  return fmt::format("window {}: the supervisor is suspended", e.first);
}
std::string text(const WindowQuiesced& e) {
  return fmt::format("window {}: the supervisor's tasks are over", e.first);
}
std::string text(const WindowBroken& e) {
  return fmt::format("window {}: somebody else resumed the supervisor", e.first);
}
std::string text(const WindowClosed& e) {
  return fmt::format("window {} is over: {}", e.number, e.outcome);
}
std::string text(const WindowResumed& e) {
  return fmt::format("window {}: the supervisor afterwards: {}", e.first, e.how);
}

}  // namespace

std::string describe(const Body& body) {
  return std::visit([](const auto& e) { return text(e); }, body);
}

}  // namespace henge::ledger
