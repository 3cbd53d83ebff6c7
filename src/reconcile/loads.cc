#include "reconcile/loads.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "reconcile/fencing.h"
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

namespace {

bool sent(const LoadPartState& part) {
  return part.phase == PartPhase::intended || part.phase == PartPhase::accepted;
}

bool on_its_way(const LoadPartState& part) {
  return sent(part) || part.phase == PartPhase::ended;
}

// No further attempt is made of it by itself.
bool spent(const LoadPartState& part) {
  return part.phase == PartPhase::absent &&
         (part.end == TaskEnd::refused || part.tries >= load_attempts_max);
}

bool replaces(const LoadState& load) {
  return load.intent.request.mode == LoadMode::replace;
}

// Nothing of the chunk was ever scanned or counted: batch's own.
bool untouched(const ChunkState& chunk) {
  return chunk.counts.empty() && !chunk.seal && chunk.status == ChunkStatus::open;
}

// Loads that have something to send, the most urgent first.
std::vector<const LoadState*> by_urgency(const PipelineState& state) {
  std::vector<const LoadState*> out;
  for (const auto& [name, load] : state.loads)
    if (load.open() && !load.cancel && !std::ranges::any_of(load.parts, spent))
      out.push_back(&load);
  std::ranges::sort(out, {}, [](const LoadState* load) {
    const LoadRequest& r = load->intent.request;
    return std::tuple(-r.priority, r.deadline.value_or(Instant::max()), load->intent.number);
  });
  return out;
}

bool may_be_sent(const LoadPartState& part) {
  return part.phase == PartPhase::waiting || (part.phase == PartPhase::absent && !spent(part));
}

}  // namespace

std::vector<std::string> load_tasks_to_ask(const PipelineState& state) {
  std::vector<std::string> ids;
  for (const auto& [name, load] : state.loads) {
    if (!load.open()) continue;
    for (const LoadPartState& part : load.parts)
      if (sent(part)) ids.push_back(part.task_id);
  }
  return ids;
}

std::set<Instant> chunks_of_loads(const PipelineState& state, int tasks_max) {
  std::set<Instant> out;
  for (const auto& [name, load] : state.loads) {
    if (!load.open()) continue;
    for (const LoadPartState& part : load.parts)
      if (part.phase == PartPhase::ended)
        for (const LoadTarget& target : part.targets) out.insert(target.chunk);
  }
  int next = 0;
  for (const LoadState* load : by_urgency(state)) {
    for (std::size_t i = 0; i < load->parts.size() && next < tasks_max; ++i) {
      if (!may_be_sent(load->parts[i])) continue;
      const auto& chunks = load->intent.parts[i].chunks;
      out.insert(chunks.begin(), chunks.end());
      ++next;
    }
  }
  return out;
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

std::vector<Body> end_loads(const PipelineState& state) {
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
    }
  }
  return events;
}

namespace {

struct Turn {
  const Pipeline& pipeline;
  const PipelineState& state;
  const Observation& seen;
  const Patience& patience;
  std::set<Instant> taken;  // by what was planned in this round

  [[nodiscard]] std::string why_not(const LoadState& load, Instant start, LoadTarget& target) const;
  [[nodiscard]] std::string why_not_known(const LoadState& load, const ChunkState& chunk) const;
};

// Empty: a chunk of that standing may be loaded.
std::string Turn::why_not_known(const LoadState& load, const ChunkState& chunk) const {
  if (!chunk.repair.empty()) return chunk.repair + " is under way";
  if (!chunk.load.empty() && chunk.load != load.intent.load) return chunk.load + " is under way";
  if (untouched(chunk) || chunk.status == ChunkStatus::sealed) return {};
  if (chunk.status == ChunkStatus::uncertain) return replaces(load) ? "" : "its count is in doubt";
  return load.intent.request.force_open ? "" : "it is not counted yet";
}

// Empty: the chunk's turn has come, and the target says what it holds. Else what it waits for.
std::string Turn::why_not(const LoadState& load, Instant start, LoadTarget& target) const {
  static const ChunkState nothing;
  auto known = state.chunks.find(start);
  const ChunkState& chunk = known == state.chunks.end() ? nothing : known->second;
  if (taken.contains(start)) return "another load comes first";
  if (std::string why = why_not_known(load, chunk); !why.empty()) return why;
  target.on_time = chunk.on_time();
  if (!scanned_to_the_end(pipeline, state, seen.partitions, start))
    return load.intent.request.force_open && !replaces(load) ? "" : "it is ahead of the watermark";
  const LoadRequest& request = load.intent.request;
  const auto arrivals =
      late::arrival_watermark(state, seen.partitions, pipeline.stream.arrival_disorder);
  if (request.as_of && (!arrivals || *arrivals < *request.as_of))
    return fmt::format("the topic is not read up to {}", to_short_iso(*request.as_of));
  auto settled = seen.readings.find(start);
  if (settled == seen.readings.end() || !settled->second.agreed(patience.readings_apart))
    return "it is being counted";
  const late::Reading& reading = settled->second.reading;
  if (!complete(reading)) return "it holds " + counted_text(reading);
  const bool as_expected = reading.rows == chunk.expected();
  if (!as_expected && (!replaces(load) || chunk.status != ChunkStatus::uncertain))
    return fmt::format("{} rows are expected, and it holds {}", chunk.expected(),
                       counted_text(reading));
  target.baseline = reading.rows;
  target.digest = reading.digest;
  // What it reads is what is there by now, and not when it was asked for.
  const LoadContent& content = load.intent.content;
  if (content.input == LoadInput::druid && content.files.front().uri == pipeline.datasource)
    target.rows = reading.rows;
  return {};
}

}  // namespace

LoadPlan plan_loads(const Pipeline& pipeline, const PipelineState& state, const Observation& seen,
                    const Patience& patience, int tasks_max) {
  LoadPlan plan;
  Turn turn{pipeline, state, seen, patience, {}};
  int under_way = static_cast<int>(load_tasks_to_ask(state).size());
  for (const LoadState* load : by_urgency(state)) {
    const std::string& name = load->intent.load;
    for (std::size_t i = 0; i < load->parts.size(); ++i) {
      const LoadPartState& part = load->parts[i];
      if (!may_be_sent(part)) continue;
      std::string why;
      if (under_way >= tasks_max) why = "other tasks go first";
      if (part.phase == PartPhase::absent &&
          seen.now - part.changed_at < backoff(patience, part.tries))
        why = "it is tried again after a while: " + part.error;
      ledger::LoadTaskIntended intent{name, static_cast<std::int64_t>(i), part.attempt + 1, "", {}};
      intent.task_id = fmt::format("henge_{}_load_{}_{:06}_{}_{}", pipeline.name, state.incarnation,
                                   load->intent.number, i + 1, intent.attempt);
      for (const Instant chunk : load->intent.parts[i].chunks) {
        if (!why.empty()) break;
        const auto rows = std::ranges::find(load->intent.content.chunks, chunk, &LoadChunk::chunk);
        LoadTarget target{chunk, rows->rows, 0, "", 0, {}, {}, {}};
        if (why = turn.why_not(*load, chunk, target); !why.empty())
          why = fmt::format("chunk {}: {}", to_short_iso(chunk), why);
        intent.targets.push_back(std::move(target));
      }
      if (why.empty() && needs_window(pipeline, *load)) {
        why = window_wait(state, name);
        if (!why.empty() && may_open_window(state, name)) plan.windows.insert(name);
      }
      if (!why.empty()) {
        plan.waits.try_emplace(name, why);
        continue;
      }
      for (const LoadTarget& target : intent.targets) turn.taken.insert(target.chunk);
      plan.intents.push_back(std::move(intent));
      ++under_way;
    }
  }
  return plan;
}

}  // namespace henge::reconcile
