#include "ledger/drift_fold.h"

#include <fmt/format.h>

namespace henge::ledger {
namespace {

const DriftState* find(const PipelineState& pipeline, DriftKind kind, const std::string& object) {
  auto known = pipeline.drifts.find(key_of(kind, object));
  return known == pipeline.drifts.end() ? nullptr : &known->second;
}

DriftState& at_key(PipelineState& pipeline, DriftKind kind, const std::string& object) {
  return pipeline.drifts.at(key_of(kind, object));
}

std::string not_there(DriftKind kind, const std::string& object) {
  return fmt::format("there is no drift {} of {}", to_string(kind), object);
}

// The chunk whose expected rows an adoption changes; null where the drift is of something else.
ChunkState* chunk_of(PipelineState& pipeline, const DriftAdopted& e) {
  if (e.rows == 0) return nullptr;
  auto start = parse_instant(e.object);
  if (!start || to_iso(*start) != e.object) return nullptr;  // a datasource may be named as a day
  auto chunk = pipeline.chunks.find(*start);
  return chunk == pipeline.chunks.end() ? nullptr : &chunk->second;
}

}  // namespace

std::string drift_refusal(const State& /*state*/, const PipelineState& pipeline,
                          const DriftFound& e) {
  const DriftState* known = find(pipeline, e.drift.kind, e.drift.object);
  if (known != nullptr && known->drift == e.drift) return "that drift is recorded already";
  return {};
}

std::string drift_refusal(const State& /*state*/, const PipelineState& pipeline,
                          const DriftCleared& e) {
  return find(pipeline, e.kind, e.object) == nullptr ? not_there(e.kind, e.object) : "";
}

std::string drift_refusal(const State& state, const PipelineState& pipeline,
                          const HealIntended& e) {
  const DriftState* known = find(pipeline, e.kind, e.object);
  if (known == nullptr) return not_there(e.kind, e.object);
  if (pipeline.releasing) return "it is being released";
  if (const Freeze* freeze = freeze_of(state, pipeline))
    return fmt::format("{} froze it: {}", freeze->by, freeze->reason);
  if (known->healing) return fmt::format("attempt {} is not over", known->attempts);
  if (known->given_up) return "it was given up";
  if (e.attempt != known->attempts + 1)
    return fmt::format("attempt {} after {}", e.attempt, known->attempts);
  return {};
}

std::string drift_refusal(const State& /*state*/, const PipelineState& pipeline,
                          const HealEnded& e) {
  const DriftState* known = find(pipeline, e.kind, e.object);
  if (known == nullptr) return not_there(e.kind, e.object);
  if (!known->healing || e.attempt != known->attempts)
    return fmt::format("attempt {} is not under way", e.attempt);
  return {};
}

std::string drift_refusal(const State& /*state*/, const PipelineState& pipeline,
                          const DriftGivenUp& e) {
  const DriftState* known = find(pipeline, e.kind, e.object);
  if (known == nullptr) return not_there(e.kind, e.object);
  return known->given_up ? "it was given up before" : "";
}

std::string drift_refusal(const State& /*state*/, const PipelineState& pipeline,
                          const DriftAdopted& e) {
  const DriftState* known = find(pipeline, e.kind, e.object);
  // What is set in Druid is noted as it is when it is first seen.
  const bool setting =
      e.kind == DriftKind::rules_changed || e.kind == DriftKind::compaction_changed;
  if (known == nullptr && setting && !pipeline.adopted.contains(key_of(e.kind, e.object)))
    return {};
  if (known == nullptr) return not_there(e.kind, e.object);
  if (known->drift.value != e.value)
    return "another value was found than the one that is to be adopted";
  return {};
}

void fold_drift(PipelineState& pipeline, Instant at, const DriftFound& e) {
  auto [known, fresh] = pipeline.drifts.try_emplace(key_of(e.drift.kind, e.drift.object));
  DriftState& drift = known->second;
  if (fresh) {
    drift.since = at;
    drift.relapses = e.relapses;
  }
  if (fresh || drift.drift.value != e.drift.value) drift.value_since = at;
  drift.recorded_at = at;
  drift.drift = e.drift;
}

void fold_drift(PipelineState& pipeline, Instant at, const DriftCleared& e) {
  const std::string key = key_of(e.kind, e.object);
  auto known = pipeline.drifts.find(key);
  if (e.how == DriftEnd::healed)
    pipeline.healed[key] = HealedDrift{at, known->second.relapses};
  else
    pipeline.healed.erase(key);
  pipeline.drifts.erase(known);
}

void fold_drift(PipelineState& pipeline, Instant at, const HealIntended& e) {
  DriftState& drift = at_key(pipeline, e.kind, e.object);
  drift.attempts = e.attempt;
  drift.last_attempt = at;
  drift.healing = true;
  drift.error.clear();
}

void fold_drift(PipelineState& pipeline, Instant /*at*/, const HealEnded& e) {
  DriftState& drift = at_key(pipeline, e.kind, e.object);
  drift.healing = false;
  drift.error = e.error;
}

void fold_drift(PipelineState& pipeline, Instant /*at*/, const DriftGivenUp& e) {
  DriftState& drift = at_key(pipeline, e.kind, e.object);
  drift.given_up = true;
  drift.given_up_because = e.reason;
}

void fold_drift(PipelineState& pipeline, Instant /*at*/, const DriftAdopted& e) {
  if (ChunkState* chunk = chunk_of(pipeline, e)) {
    chunk->adopted_rows += e.rows;
    if (chunk->seal) chunk->seal->rows += e.rows;
    return;
  }
  pipeline.adopted[key_of(e.kind, e.object)] = e.value;
}

}  // namespace henge::ledger
