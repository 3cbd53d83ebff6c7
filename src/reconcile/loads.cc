#include "reconcile/loads.h"

#include <fmt/format.h>

#include <algorithm>

#include "reconcile/load_parts.h"
#include "reconcile/reading_rules.h"

namespace henge::reconcile {

using ledger::Body;
using ledger::ChunkState;
using ledger::ChunkStatus;
using ledger::LoadPartState;
using ledger::LoadState;
using ledger::LoadTarget;
using ledger::PartPhase;
using ledger::PipelineState;
using ledger::TaskEnd;

std::vector<std::string> load_tasks_to_ask(const PipelineState& state) {
  std::vector<std::string> ids;
  for (const auto& [name, load] : state.loads) {
    if (!load.open()) continue;
    for (const LoadPartState& part : load.parts)
      if (sent(part)) ids.push_back(part.task_id);
  }
  return ids;
}

std::vector<Body> judge_load_tasks(const PipelineState& state, const Observation& seen,
                                   const Patience& patience) {
  std::vector<Body> events;
  for (const auto& [name, load] : state.loads) {
    if (!load.open()) continue;
    for (const LoadPartState& part : load.parts) {
      if (!sent(part)) continue;
      auto known = seen.tasks.find(part.task_id);
      if (known == seen.tasks.end()) {
        // What was not sent, or did not arrive, is sent again, until Druid may have taken it, ended
        // it and forgotten it; unless nobody wants it any more.
        if (part.phase == PartPhase::intended &&
            may_be_forgotten(seen, patience, part.changed_at)) {
          events.emplace_back(
              ledger::LoadTaskEnded{name, part.task_id, TaskEnd::vanished,
                                    "Druid does not know the task, and may have forgotten it", -1});
          continue;
        }
        const bool given_up = part.phase == PartPhase::accepted || load.cancel;
        if (given_up && vanished(seen, patience, part.task_id, part.changed_at))
          events.emplace_back(ledger::LoadTaskEnded{name, part.task_id, TaskEnd::vanished,
                                                    "Druid does not know the task", -1});
        continue;
      }
      if (part.phase == PartPhase::intended)
        events.emplace_back(ledger::LoadTaskAccepted{name, part.task_id, true});
      const TaskStatus& status = known->second;
      if (status.state == TaskState::success)
        events.emplace_back(ledger::LoadTaskEnded{name, part.task_id, TaskEnd::success, "", -1});
      if (status.state == TaskState::failed)
        events.emplace_back(
            ledger::LoadTaskEnded{name, part.task_id, TaskEnd::failed, status.error, -1});
    }
  }
  return events;
}

namespace {

enum class Verdict { undecided, present, absent, contradictory };

struct Judgement {
  Verdict verdict = Verdict::undecided;
  std::vector<LoadChunk> counted;
  bool published = true;  // other segments are there
  bool available = true;  // and all of them answer
};

// What the readings of one part's chunks add up to.
struct Sums {
  bool present = true, absent = true, lasted = true, moved = false;
  std::int64_t brought = 0;
};

// Rows that the chunk holds with the load, as far as the load's own number is known.
std::int64_t with_load(const LoadState& load, const LoadTarget& target, const ChunkState& chunk) {
  if (replaces(load)) return target.rows + chunk.on_time() - target.on_time;
  return chunk.expected() + target.rows;
}

void weigh_chunk(const LoadState& load, const LoadPartState& part, const LoadTarget& target,
                 const ChunkState& chunk, const late::Settled& settled, const Patience& patience,
                 Sums& sums, Judgement& out) {
  const late::Reading& reading = settled.reading;
  const std::int64_t without = chunk.expected();
  const bool moved = reading.digest != target.digest;
  std::int64_t brought = reading.rows - (replaces(load) ? 0 : without);
  bool present = false;
  if (load.intent.content.proof == Proof::counted && target.rows >= 0) {
    const std::int64_t with = with_load(load, target, chunk);
    brought = target.rows;
    // A replacement by as many rows as before shows by its segments only; an append of none, or of
    // nothing over nothing, by nothing.
    present = reading.rows == with && (moved || !replaces(load) || (with == 0 && without == 0));
  } else {
    present = brought >= 0 && (target.rows < 0 || brought <= target.rows) &&
              (moved || part.end == TaskEnd::success);
  }
  sums.present = sums.present && present && complete(reading);
  sums.absent =
      sums.absent && reading.rows == without && complete(reading) && (!replaces(load) || !moved);
  sums.lasted = sums.lasted && chunk.status != ChunkStatus::open && overdue(settled, patience);
  sums.moved = sums.moved || moved;
  sums.brought += brought;
  out.available = out.available && complete(reading);
  out.counted.push_back({target.chunk, brought});
}

// What the counts of one part's chunks say. Readings that began before the task was over don't
// count.
Judgement weigh(const Pipeline& pipeline, const PipelineState& state, const LoadState& load,
                const LoadPartState& part, const Observation& seen, const Patience& patience) {
  Judgement out;
  Sums sums;
  PartitionOffsets committed;
  if (seen.supervisor) committed = late::committed_offsets(*seen.supervisor);
  for (const LoadTarget& target : part.targets) {
    const ChunkState& chunk = state.chunks.at(target.chunk);
    // On-time rows that are still to come, or not in Druid yet, could make up for the load's rows,
    // or hide them.
    const bool settling = chunk.status == ChunkStatus::open &&
                          (!scanned_to_the_end(pipeline, state, seen.partitions, target.chunk) ||
                           !late::committed_past(chunk, committed));
    const late::Settled* settled = reading_after(seen, patience, target.chunk, part.changed_at);
    if (settling || settled == nullptr) return Judgement{Verdict::undecided, {}, false, false};
    weigh_chunk(load, part, target, chunk, *settled, patience, sums, out);
  }
  out.published = sums.moved;
  out.available = out.available && out.published;
  const bool reported = load.intent.content.proof == Proof::reported;
  if (reported && part.rows_reported >= 0)
    sums.present = sums.present && sums.brought == part.rows_reported;
  if (sums.present && (!reported || sums.moved || sums.brought == 0))
    out.verdict = Verdict::present;
  else if (sums.absent && part.end != TaskEnd::success)
    out.verdict = Verdict::absent;
  else if (sums.lasted)
    out.verdict = Verdict::contradictory;
  return out;
}

void seal_again(const Pipeline& pipeline, const PipelineState& state, const LoadState& load,
                const Judgement& judgement, const Observation& seen, std::vector<Body>& events) {
  for (const LoadChunk& c : judgement.counted) {
    const ChunkState& chunk = state.chunks.at(c.chunk);
    // An on-time row may have come meanwhile: it closes and counts anew.
    if (chunk.status == ChunkStatus::open && !untouched(chunk)) continue;
    if (chunk.status == ChunkStatus::open)
      events.emplace_back(ledger::ChunkClosed{c.chunk, "load"});
    const late::Reading& reading = seen.readings.at(c.chunk).reading;
    const Proof proof =
        load.intent.content.proof == Proof::reported ? Proof::reported : pipeline.proof;
    events.emplace_back(ledger::ChunkSealed{c.chunk, reading.rows, reading.segments,
                                            to_string(proof), reading.digest});
  }
}

void doubt(const PipelineState& state, const LoadState& load, const LoadPartState& part,
           const Observation& seen, std::vector<Body>& events) {
  for (const LoadTarget& target : part.targets) {
    const ChunkState& chunk = state.chunks.at(target.chunk);
    const late::Reading& reading = seen.readings.at(target.chunk).reading;
    const std::int64_t expected =
        target.rows < 0 ? chunk.expected() : with_load(load, target, chunk);
    if (reading.rows == expected && complete(reading)) continue;
    if (chunk.doubt && chunk.doubt->actual == reading.rows && chunk.doubt->expected == expected)
      continue;
    events.emplace_back(ledger::ChunkUncertain{
        target.chunk, expected, reading.rows,
        fmt::format("{} by task {} ended as {}; expected {} rows with it or {} without, found {}",
                    load.intent.load, part.task_id, to_string(*part.end), expected,
                    chunk.expected(), counted_text(reading))});
  }
}

// Tells of a stage once.
void note_stage(const LoadState& load, const LoadPartState& part, const Judgement& judgement,
                std::vector<Body>& events) {
  if (judgement.published && part.stage.empty())
    events.emplace_back(ledger::LoadTaskSeen{load.intent.load, part.task_id, "published"});
  if (judgement.available && part.stage != "available")
    events.emplace_back(ledger::LoadTaskSeen{load.intent.load, part.task_id, "available"});
}

void judge_part(const Pipeline& pipeline, const PipelineState& state, const LoadState& load,
                const LoadPartState& part, const Observation& seen, const Patience& patience,
                std::vector<Body>& events) {
  const Judgement judgement = weigh(pipeline, state, load, part, seen, patience);
  if (judgement.verdict != Verdict::absent) note_stage(load, part, judgement, events);
  switch (judgement.verdict) {
    case Verdict::undecided:
      break;
    case Verdict::present:
      events.emplace_back(
          ledger::LoadTaskCounted{load.intent.load, part.task_id, judgement.counted});
      seal_again(pipeline, state, load, judgement, seen, events);
      break;
    case Verdict::absent:
      events.emplace_back(ledger::LoadTaskAbsent{load.intent.load, part.task_id, part.error});
      break;
    case Verdict::contradictory:
      doubt(state, load, part, seen, events);
      break;
  }
}

}  // namespace

std::vector<Body> judge_loads(const Pipeline& pipeline, const PipelineState& state,
                              const Observation& seen, const Patience& patience) {
  std::vector<Body> events;
  for (const auto& [name, load] : state.loads) {
    if (!load.open()) continue;
    for (const LoadPartState& part : load.parts)
      if (part.phase == PartPhase::ended)
        judge_part(pipeline, state, load, part, seen, patience, events);
  }
  return events;
}

std::vector<Body> end_loads(const Pipeline& pipeline, const PipelineState& state, Instant now) {
  std::vector<Body> events;
  for (const auto& [name, load] : state.loads) {
    if (!load.open() || std::ranges::any_of(load.parts, on_its_way)) continue;
    const auto counted = std::ranges::count(load.parts, PartPhase::counted, &LoadPartState::phase);
    const auto failed = std::ranges::find_if(load.parts, spent);
    if (counted == std::ssize(load.parts)) {
      events.emplace_back(ledger::LoadEnded{name, ledger::LoadEnd::counted, ""});
    } else if (load.cancel) {
      events.emplace_back(ledger::LoadEnded{
          name, ledger::LoadEnd::cancelled,
          counted == 0 ? "nothing of it is in Druid"
                       : fmt::format("{} of {} tasks were counted before; their rows stay", counted,
                                     load.parts.size())});
    } else if (failed != load.parts.end()) {
      events.emplace_back(ledger::LoadEnded{
          name, ledger::LoadEnd::failed,
          fmt::format("task {}: {}", failed->task_id,
                      failed->error.empty() ? "its rows are not in Druid" : failed->error)});
    } else if (std::string why = overtaken(pipeline, state, load, now); !why.empty()) {
      events.emplace_back(
          ledger::LoadEnded{name, ledger::LoadEnd::failed, why + "; ask for it with newer data"});
    }
  }
  return events;
}

}  // namespace henge::reconcile
