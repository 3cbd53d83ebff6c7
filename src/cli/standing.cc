#include "cli/standing.h"

#include <fmt/format.h>

#include "cli/moment.h"
#include "cli/text_width.h"

namespace henge::cli {
namespace {

using ledger::ChunkStatus;
using ledger::PipelineState;
using ledger::RepairPhase;

std::string chunk_standing(const Pipeline& pipeline, const PipelineState& state, Instant start) {
  auto known = state.chunks.find(start);
  if (known == state.chunks.end()) return "no row of it was scanned";
  const ledger::ChunkState& c = known->second;
  const Instant end = bucket(pipeline.schema.segment_granularity, start).end;
  if (c.status == ChunkStatus::uncertain)
    return fmt::format(
        "uncertain since {}: {} expected, {} in Druid ({}). It is counted again each "
        "round, and shown until the count comes out.",
        to_the_second(c.doubt ? c.doubt->since : Instant{}),
        counted(c.doubt ? c.doubt->expected : c.expected(), "row"),
        thousands(c.doubt ? c.doubt->actual : 0), c.doubt ? c.doubt->reason : "");
  if (!c.repair.empty())
    return fmt::format(
        "repairing: {} appends late rows; when its task is over, the chunk's count "
        "says whether they are there.",
        c.repair);
  switch (c.status) {
    case ChunkStatus::open:
      return fmt::format(
          "open: rows that streaming accepts may still come. It closes when every "
          "partition was scanned past {} and Druid has committed its {} on time.",
          to_short_iso(end + pipeline.rule.lateness), counted(c.on_time(), "row"));
    case ChunkStatus::closed:
      return fmt::format(
          "closed: {} expected. It is sealed when Druid's count comes to that in two "
          "equal readings.",
          counted(c.expected(), "row"));
    case ChunkStatus::uncertain:
    case ChunkStatus::sealed:
      break;
  }
  const std::string sealed = fmt::format("sealed with {}, {}", counted(c.expected(), "row"),
                                         c.seal ? c.seal->proof : "counted");
  if (c.waiting.empty()) return sealed + ". Nothing is left to do until a late row comes.";
  return fmt::format(
      "{}; dirty: {} wait and are repaired when the oldest has waited {} or {} wait.", sealed,
      counted(c.waiting_rows(), "late row"), humanize(pipeline.late.max_delay),
      thousands(pipeline.late.rows_min));
}

std::string repair_standing(const PipelineState& state, const std::string& id) {
  auto known = state.repairs.find(id);
  if (known == state.repairs.end()) return "the ledger does not hold it any more";
  const ledger::RepairState& r = known->second;
  const std::string& task = r.intent.task_id;
  switch (r.phase) {
    case RepairPhase::intended:
      return fmt::format(
          "recorded; whether Druid has task {} is not known yet. The same bytes under "
          "the same id are sent until it answers.",
          task);
    case RepairPhase::accepted:
      return fmt::format(
          "Druid has task {}. When it is over, the chunks' counts say whether its {} "
          "are there.",
          task, counted(r.intent.rows, "row"));
    case RepairPhase::ended:
      return fmt::format(
          "task {} ended as {}, which decides nothing: the chunks are being counted.", task,
          r.end ? to_string(*r.end) : "unknown");
    case RepairPhase::absent:
      return fmt::format("none of its {} is in Druid, so attempt {} is safe and follows.",
                         counted(r.intent.rows, "row"), r.intent.attempt + 1);
    case RepairPhase::confirmed:
      return fmt::format("confirmed: its {} are counted in Druid. Nothing is left to do.",
                         counted(r.intent.rows, "row"));
  }
  return "";
}

std::string drift_standing(const PipelineState& state, const ledger::DriftSubject& subject) {
  std::vector<std::string> parts;
  for (const auto& [key, drift] : state.drifts) {
    if (drift.drift.kind != subject.kind) continue;
    if (!subject.object.empty() && drift.drift.object != subject.object) continue;
    const std::string now =
        drift.given_up  ? fmt::format("given up after {}; it is for a person to end",
                                      counted(drift.attempts, "attempt"))
        : drift.healing ? fmt::format("being healed, attempt {}", drift.attempts)
                        : "there; `henge drift` says what becomes of it";
    parts.push_back(
        fmt::format("{} of {}: {}", to_string(drift.drift.kind), drift.drift.object, now));
  }
  if (parts.empty())
    return fmt::format("there is no drift {}{} now.", to_string(subject.kind),
                       subject.object.empty() ? "" : " of " + subject.object);
  return fmt::format("{}.", fmt::join(parts, "; "));
}

std::string supervisor_standing(const PipelineState& state) {
  if (state.released)
    return fmt::format("its supervisor was {}", state.release ? state.release->supervisor : "kept");
  if (state.releasing) return "its supervisor is to be terminated";
  if (state.apply_under_way())
    return fmt::format("version {} is declared and not seen in Druid yet; it is sent until it is",
                       state.version);
  if (state.refused_version == state.version)
    return fmt::format("version {} failed and is not sent again by itself; Druid holds {}",
                       state.version,
                       state.posted_version == 0 ? std::string("no supervisor")
                                                 : fmt::format("version {}", state.posted_version));
  return fmt::format(
      "Druid holds version {}{}", state.posted_version,
      state.proven_version == state.posted_version ? ", proven" : ", and it is being watched");
}

std::string pipeline_standing(const PipelineState& state) {
  std::int64_t open = 0, sealed = 0, uncertain = 0, waiting = 0;
  for (const auto& [start, c] : state.chunks) {
    open += c.status == ChunkStatus::open || c.status == ChunkStatus::closed;
    sealed += c.status == ChunkStatus::sealed;
    uncertain += c.status == ChunkStatus::uncertain;
    waiting += c.waiting_rows();
  }
  std::string text = fmt::format("{}. Chunks: {} under way, {} sealed, {} uncertain; {} wait.",
                                 supervisor_standing(state), open, sealed, uncertain,
                                 counted(waiting, "late row"));
  if (!state.drifts.empty())
    text += fmt::format(" {} open: `henge drift` shows them.",
                        counted(std::ssize(state.drifts), "drift"));
  return text;
}

}  // namespace

std::string standing(const ledger::State& state, const Pipeline& pipeline,
                     const ledger::Subject& subject) {
  const PipelineState& known = state.pipelines.at(subject.pipeline);
  std::string text;
  if (const auto* chunk = std::get_if<ledger::ChunkSubject>(&subject.what))
    text = chunk_standing(pipeline, known, chunk->start);
  else if (const auto* repair = std::get_if<ledger::RepairSubject>(&subject.what))
    text = repair_standing(known, repair->repair);
  else if (const auto* drift = std::get_if<ledger::DriftSubject>(&subject.what))
    text = drift_standing(known, *drift);
  else
    text = pipeline_standing(known);
  if (known.released) return text + " The pipeline was released: henge does nothing more for it.";
  if (known.releasing) return text + " The pipeline is being released.";
  if (const ledger::Freeze* freeze = freeze_of(state, known))
    return text + fmt::format(" Frozen by {}: henge looks and counts, and acts on nothing.",
                              freeze->by.empty() ? "somebody" : freeze->by);
  return text;
}

}  // namespace henge::cli
