// Observations into outcomes.
#include <fmt/format.h>

#include <algorithm>

#include "reconcile/decide.h"
#include "reconcile/reading_rules.h"

namespace henge::reconcile {

using ledger::Body;
using ledger::ChunkState;
using ledger::ChunkStatus;
using ledger::PipelineState;
using ledger::RepairPhase;
using ledger::RepairState;

namespace {

const late::Settled* agreed_reading(const Observation& seen, const Patience& patience,
                                    Instant chunk) {
  auto known = seen.readings.find(chunk);
  if (known == seen.readings.end() || !known->second.agreed(patience.readings_apart))
    return nullptr;
  return &known->second;
}

}  // namespace

std::set<Instant> chunks_in_transition(const Pipeline& pipeline, const PipelineState& state,
                                       int partitions) {
  std::set<Instant> out;
  for (const auto& [start, chunk] : state.chunks) {
    if (chunk.status == ChunkStatus::sealed) continue;
    if (chunk.status != ChunkStatus::open || scanned_to_the_end(pipeline, state, partitions, start))
      out.insert(start);
  }
  for (const auto& [id, repair] : state.repairs)
    if (repair.phase == RepairPhase::ended)
      for (const auto& c : repair.intent.chunks) out.insert(c.chunk);
  return out;
}

bool needs_supervisor(const Pipeline& pipeline, const PipelineState& state, int partitions) {
  if (partitions == 0) return true;
  const auto waits = chunks_in_transition(pipeline, state, partitions);
  return std::ranges::any_of(waits, [&](Instant start) {
    return state.chunks.at(start).status == ChunkStatus::open || pipeline.proof == Proof::reported;
  });
}

std::vector<Body> judge_tasks(const PipelineState& state, const Observation& seen,
                              const Patience& patience) {
  std::vector<Body> events;
  for (const auto& [id, repair] : state.repairs) {
    if (repair.phase != RepairPhase::intended && repair.phase != RepairPhase::accepted) continue;
    const std::string& task = repair.intent.task_id;
    auto known = seen.tasks.find(task);
    if (known == seen.tasks.end()) {
      // Not there and never seen there: it was not sent, or the answer was lost before Druid took
      // it. Sending it again is safe, until it may have been taken, ended and forgotten.
      if (repair.phase == RepairPhase::intended &&
          may_be_forgotten(seen, patience, repair.changed_at))
        events.emplace_back(ledger::RepairTaskEnded{id, task, ledger::TaskEnd::vanished,
                                                    "Druid does not know the task, and may have "
                                                    "forgotten it"});
      if (repair.phase == RepairPhase::accepted &&
          vanished(seen, patience, task, repair.changed_at))
        events.emplace_back(ledger::RepairTaskEnded{id, task, ledger::TaskEnd::vanished,
                                                    "Druid no longer knows the task"});
      continue;
    }
    if (repair.phase == RepairPhase::intended)
      events.emplace_back(ledger::RepairAccepted{id, task, true});
    const TaskStatus& status = known->second;
    if (status.state == TaskState::success)
      events.emplace_back(ledger::RepairTaskEnded{id, task, ledger::TaskEnd::success, ""});
    if (status.state == TaskState::failed)
      events.emplace_back(ledger::RepairTaskEnded{id, task, ledger::TaskEnd::failed, status.error});
  }
  return events;
}

namespace {

enum class Verdict { undecided, present, absent, contradictory };

struct Judgement {
  Verdict verdict = Verdict::undecided;
  std::vector<ledger::RepairChunk> counted;
};

// What the counts of one repair's chunks say. Readings that began before the task was over don't
// count.
Judgement weigh(const Pipeline& pipeline, const PipelineState& state, const RepairState& repair,
                const Observation& seen, const Patience& patience) {
  Judgement out;
  PartitionOffsets committed;
  if (seen.supervisor) committed = late::committed_offsets(*seen.supervisor);
  bool all_present = true, all_absent = true, lasted = true;
  for (const auto& c : repair.intent.chunks) {
    // On-time rows that were scanned and are not in Druid yet could make up for the repair's rows,
    // or hide them.
    const ChunkState& chunk = state.chunks.at(c.chunk);
    if (chunk.status == ChunkStatus::open && !late::committed_past(chunk, committed)) return {};
    const late::Settled* settled = reading_after(seen, patience, c.chunk, repair.changed_at);
    if (settled == nullptr) return {};
    const std::int64_t without = chunk.expected();
    std::int64_t rows = c.rows;
    bool present = settled->reading.rows == without + c.rows;
    if (pipeline.proof == Proof::reported) {
      // Druid's own filter decides how many of the rows it keeps: what a finished task added is
      // what it reported.
      rows = settled->reading.rows - c.baseline;
      present = rows >= 0 && rows <= c.rows && (rows > 0 || repair.end == ledger::TaskEnd::success);
    }
    all_present = all_present && present && complete(settled->reading);
    // Published segments that nobody has loaded yet hold rows that are not in the count: nothing is
    // absent while there are any.
    all_absent = all_absent && settled->reading.rows == without && complete(settled->reading);
    // While on-time rows of an open chunk may still be on their way, an odd count is no
    // contradiction.
    lasted = lasted && chunk.status != ChunkStatus::open && overdue(*settled, patience);
    out.counted.push_back({c.chunk, rows, c.baseline});
  }
  if (all_present)
    out.verdict = Verdict::present;
  else if (all_absent && repair.end != ledger::TaskEnd::success)
    out.verdict = Verdict::absent;
  else if (lasted)
    out.verdict = Verdict::contradictory;
  return out;
}

void confirm(const Pipeline& pipeline, const PipelineState& state, const std::string& id,
             const RepairState& repair, const Judgement& judgement, const Observation& seen,
             std::vector<Body>& events) {
  events.emplace_back(ledger::RepairConfirmed{id, repair.intent.task_id, judgement.counted});
  for (const auto& c : judgement.counted) {
    const ChunkState& chunk = state.chunks.at(c.chunk);
    // An on-time row came meanwhile: it closes and counts anew. Rows that are in it twice stay a
    // doubt, with other numbers.
    if (chunk.status == ChunkStatus::open || chunk.doubled_rows > 0) continue;
    const late::Reading& reading = seen.readings.at(c.chunk).reading;
    events.emplace_back(ledger::ChunkSealed{c.chunk, reading.rows, reading.segments,
                                            to_string(pipeline.proof), reading.digest});
  }
}

void doubt(const PipelineState& state, const std::string& id, const RepairState& repair,
           const Observation& seen, std::vector<Body>& events) {
  for (const auto& c : repair.intent.chunks) {
    const ChunkState& chunk = state.chunks.at(c.chunk);
    const late::Reading& reading = seen.readings.at(c.chunk).reading;
    const std::int64_t expected = chunk.expected() + c.rows;
    if (reading.rows == expected && complete(reading)) continue;
    std::string reason =
        fmt::format("{} by task {} ended as {}; expected {} rows with it or {} without, found {}",
                    id, repair.intent.task_id, to_string(*repair.end), expected, chunk.expected(),
                    counted_text(reading));
    if (!chunk.doubt || chunk.doubt->actual != reading.rows || chunk.doubt->expected != expected)
      events.emplace_back(
          ledger::ChunkUncertain{c.chunk, expected, reading.rows, std::move(reason)});
  }
}

}  // namespace

std::vector<Body> judge_repairs(const Pipeline& pipeline, const PipelineState& state,
                                const Observation& seen, const Patience& patience) {
  std::vector<Body> events;
  for (const auto& [id, repair] : state.repairs) {
    if (repair.phase != RepairPhase::ended) continue;
    Judgement judgement = weigh(pipeline, state, repair, seen, patience);
    switch (judgement.verdict) {
      case Verdict::undecided:
        break;
      case Verdict::present:
        confirm(pipeline, state, id, repair, judgement, seen, events);
        break;
      case Verdict::absent:
        events.emplace_back(ledger::RepairAbsent{id, repair.intent.task_id, repair.error});
        break;
      case Verdict::contradictory:
        doubt(state, id, repair, seen, events);
        break;
    }
  }
  return events;
}

namespace {

// The count is what streaming wrote, and some of it twice: known to the row, and no proof of once.
void doubt_doubled(Instant start, const ChunkState& chunk, const late::Settled& settled,
                   std::vector<Body>& events) {
  const std::int64_t once = chunk.expected() - chunk.doubled_rows;
  const std::int64_t rows = settled.reading.rows;
  if (chunk.doubt && chunk.doubt->actual == rows && chunk.doubt->expected == once) return;
  events.emplace_back(ledger::ChunkUncertain{
      start, once, rows,
      fmt::format("{} rows are in it twice: they were read again after the offsets were set back; "
                  "replace the chunk by a load",
                  chunk.doubled_rows)});
}

// One chunk without a repair under way: is it closed, does its count come out, or is there doubt?
void judge_chunk(const Pipeline& pipeline, Instant start, const ChunkState& chunk,
                 const Observation& seen, const PartitionOffsets& committed,
                 const Patience& patience, std::vector<Body>& events) {
  const late::Settled* settled = agreed_reading(seen, patience, start);
  const bool reported = pipeline.proof == Proof::reported;
  const bool all_committed = late::committed_past(chunk, committed);
  bool equal = false;
  if (settled != nullptr) {
    const late::Reading& r = settled->reading;
    equal = complete(r) &&
            (reported ? all_committed && r.rows <= chunk.expected() : r.rows == chunk.expected());
  }
  const bool was_open = chunk.status == ChunkStatus::open;
  if (was_open) {
    if (!all_committed && !equal) return;
    events.emplace_back(
        ledger::ChunkClosed{start, all_committed ? "committed_offsets" : "published_rows"});
  }
  if (equal && chunk.doubled_rows > 0) return doubt_doubled(start, chunk, *settled, events);
  if (equal) {
    const late::Reading& r = settled->reading;
    events.emplace_back(
        ledger::ChunkSealed{start, r.rows, r.segments, to_string(pipeline.proof), r.digest});
    return;
  }
  if (was_open || settled == nullptr || !overdue(*settled, patience)) return;
  if (chunk.status == ChunkStatus::closed && chunk.closed_at && settled->since < *chunk.closed_at)
    return;
  const late::Reading& r = settled->reading;
  if (chunk.doubt && chunk.doubt->actual == r.rows && chunk.doubt->expected == chunk.expected())
    return;
  events.emplace_back(ledger::ChunkUncertain{
      start, chunk.expected(), r.rows,
      fmt::format("expected {} rows, found {}", chunk.expected(), counted_text(r))});
}

}  // namespace

std::vector<Body> judge_chunks(const Pipeline& pipeline, const PipelineState& state,
                               const Observation& seen, const Patience& patience) {
  std::vector<Body> events;
  PartitionOffsets committed;
  if (seen.supervisor) committed = late::committed_offsets(*seen.supervisor);
  for (Instant start : chunks_in_transition(pipeline, state, seen.partitions)) {
    const ChunkState& chunk = state.chunks.at(start);
    if (chunk.status == ChunkStatus::sealed) continue;
    if (!scanned_to_the_end(pipeline, state, seen.partitions, start)) continue;
    if (!chunk.load.empty()) continue;  // counted with what the load brings
    auto repair = chunk.repair.empty() ? state.repairs.end() : state.repairs.find(chunk.repair);
    // While a repair may add its rows at any moment, a count can't be told from what it should be.
    if (repair != state.repairs.end() && repair->second.phase != RepairPhase::absent) continue;
    judge_chunk(pipeline, start, chunk, seen, committed, patience, events);
  }
  return events;
}

}  // namespace henge::reconcile
