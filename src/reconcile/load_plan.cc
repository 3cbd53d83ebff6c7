#include "reconcile/load_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "reconcile/fencing.h"
#include "reconcile/load_parts.h"
#include "reconcile/load_slots.h"
#include "reconcile/reading_rules.h"
#include "reconcile/windows.h"
#include "spec/render_msq.h"

namespace henge::reconcile {

using ledger::ChunkState;
using ledger::ChunkStatus;
using ledger::LoadPartState;
using ledger::LoadState;
using ledger::LoadTarget;
using ledger::PartPhase;
using ledger::PipelineState;

namespace {

// Loads that have something to send, the most urgent first.
std::vector<const LoadState*> by_urgency(const Pipeline& pipeline, const PipelineState& state,
                                         Instant now) {
  std::vector<const LoadState*> out;
  for (const auto& [name, load] : state.loads)
    if (load.open() && !load.cancel && !std::ranges::any_of(load.parts, spent) &&
        overtaken(pipeline, state, load, now).empty())
      out.push_back(&load);
  std::ranges::sort(out, {}, [](const LoadState* load) {
    const LoadRequest& r = load->intent.request;
    return std::tuple(-r.priority, r.deadline.value_or(Instant::max()), load->intent.number);
  });
  return out;
}

struct Turn {
  const Pipeline& pipeline;
  const PipelineState& state;
  const Observation& seen;
  const Patience& patience;
  std::set<Instant> taken = {};  // by what is ready in this round

  [[nodiscard]] std::string why_not(const LoadState& load, Instant start, LoadTarget& target) const;
  [[nodiscard]] std::string why_not_yet(const LoadState& load, Instant start) const;
  [[nodiscard]] std::string why_not_known(const LoadState& load, const ChunkState& chunk) const;
  [[nodiscard]] bool ahead(const LoadState& load, Instant start) const;
};

const ChunkState& chunk_of(const PipelineState& state, Instant start) {
  static const ChunkState nothing;
  auto known = state.chunks.find(start);
  return known == state.chunks.end() ? nothing : known->second;
}

// Empty: a chunk of that standing may be loaded.
std::string Turn::why_not_known(const LoadState& load, const ChunkState& chunk) const {
  if (!chunk.repair.empty()) return chunk.repair + " is under way";
  if (!chunk.load.empty() && chunk.load != load.intent.load) return chunk.load + " is under way";
  if (untouched(chunk) || chunk.status == ChunkStatus::sealed) return {};
  if (chunk.status == ChunkStatus::uncertain) return replaces(load) ? "" : "its count is in doubt";
  return load.intent.request.force_open ? "" : "it is not counted yet";
}

// An append that somebody wants ahead of the watermark: there is nothing to count yet.
bool Turn::ahead(const LoadState& load, Instant start) const {
  return load.intent.request.force_open && !replaces(load) &&
         !scanned_to_the_end(pipeline, state, seen.partitions, start);
}

// What can be said before the chunk is counted.
std::string Turn::why_not_yet(const LoadState& load, Instant start) const {
  if (std::string why = why_not_known(load, chunk_of(state, start)); !why.empty()) return why;
  if (ahead(load, start)) return {};
  if (!scanned_to_the_end(pipeline, state, seen.partitions, start))
    return "it is ahead of the watermark";
  const LoadRequest& request = load.intent.request;
  if (!request.as_of) return {};
  const auto arrivals =
      late::arrival_watermark(state, seen.partitions, pipeline.stream.arrival_disorder);
  if (!arrivals || *arrivals < *request.as_of)
    return fmt::format("the topic is not read up to {}", to_short_iso(*request.as_of));
  return {};
}

// Empty: the chunk's turn has come, and the target says what it holds. Else what it waits for.
std::string Turn::why_not(const LoadState& load, Instant start, LoadTarget& target) const {
  if (taken.contains(start)) return "another load comes first";
  if (std::string why = why_not_yet(load, start); !why.empty()) return why;
  const ChunkState& chunk = chunk_of(state, start);
  target.on_time = chunk.on_time();
  if (ahead(load, start)) return {};
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
  if (reads_itself(load.intent.content, pipeline)) target.rows = reading.rows;
  return {};
}

// How a part stands among all that wait for slots.
route::WaitingTask task_of(const Pipeline& pipeline, const LoadState& load, std::size_t part,
                           const LoadPace& pace) {
  route::WaitingTask task =
      waiting_task(pipeline.name, pipeline.datasource, load, part, pace.limits);
  const LoadPartState& state = load.parts[part];
  if (state.phase == PartPhase::absent)
    task.ready_at = state.changed_at + backoff(pace.patience, state.tries);
  return task;
}

struct Place {
  const LoadState* load;
  std::size_t part;
};

// The parts that wait for nothing but a slot and a count, the first `looks_max` by each of the ways
// in which the schedule may find them urgent: by when they have to begin, by right, by age.
std::vector<Place> next_parts(const Turn& turn, const std::vector<const LoadState*>& urgent,
                              const LoadPace& pace) {
  struct Known {
    Place place;
    bool first;  // streaming stands for it
    Instant latest;
    Instant since;
    std::int64_t priority;
  };
  std::vector<Known> all;
  for (const LoadState* load : urgent) {
    for (std::size_t i = 0; i < load->parts.size(); ++i) {
      if (!may_be_sent(load->parts[i])) continue;
      const auto blocked = [&](Instant chunk) { return !turn.why_not_yet(*load, chunk).empty(); };
      if (std::ranges::any_of(load->intent.parts[i].chunks, blocked)) continue;
      const LoadRequest& request = load->intent.request;
      const Millis duration = part_duration(*load, i, pace.limits);
      all.push_back({{load, i},
                     ledger::find_window(turn.state, load->intent.load) != nullptr,
                     request.deadline ? *request.deadline - duration
                                      : load->requested_at + pace.limits.budget.patience,
                     load->requested_at,
                     request.priority});
    }
  }
  const auto looks = std::min(all.size(), static_cast<std::size_t>(std::max(pace.looks_max, 1)));
  std::set<std::pair<std::int64_t, std::size_t>> taken;
  std::vector<Place> out;
  const auto take = [&](auto key) {
    std::ranges::sort(all, {}, [&](const Known& k) {
      return std::tuple(!k.first, key(k), k.place.load->intent.number, k.place.part);
    });
    for (std::size_t i = 0; i < looks; ++i)
      if (taken.emplace(all[i].place.load->intent.number, all[i].place.part).second)
        out.push_back(all[i].place);
  };
  take([](const Known& k) { return k.latest; });
  if (looks == all.size()) return out;
  take([](const Known& k) { return std::tuple(-k.priority, k.since); });
  take([](const Known& k) { return k.since; });
  return out;
}

}  // namespace

std::set<Instant> chunks_of_loads(const Pipeline& pipeline, const PipelineState& state,
                                  const Observation& seen, const LoadPace& pace) {
  std::set<Instant> out;
  for (const auto& [name, load] : state.loads) {
    if (!load.open()) continue;
    for (const LoadPartState& part : load.parts)
      if (part.phase == PartPhase::ended)
        for (const LoadTarget& target : part.targets) out.insert(target.chunk);
  }
  const auto urgent = by_urgency(pipeline, state, seen.now);
  for (const Place& place : next_parts({pipeline, state, seen, pace.patience}, urgent, pace)) {
    const auto& chunks = place.load->intent.parts[place.part].chunks;
    out.insert(chunks.begin(), chunks.end());
  }
  return out;
}

namespace {

// What each chunk of a part holds, or why its turn has not come.
std::string aim(const Turn& turn, const LoadState& load, std::size_t part,
                std::vector<LoadTarget>& targets) {
  for (const Instant chunk : load.intent.parts[part].chunks) {
    const auto rows = std::ranges::find(load.intent.content.chunks, chunk, &LoadChunk::chunk);
    LoadTarget target{chunk, rows->rows, 0, "", 0, {}, {}, {}};
    if (std::string why = turn.why_not(load, chunk, target); !why.empty())
      return fmt::format("chunk {}: {}", to_short_iso(chunk), why);
    targets.push_back(std::move(target));
  }
  return {};
}

// Fills in what the part waits for, if it is not for its slots alone; else it is among `waiting`.
std::string offer_part(Turn& turn, const LoadState& load, std::size_t part, const LoadPace& pace,
                       std::vector<WaitingPart>& waiting) {
  const LoadPartState& state = load.parts[part];
  const std::string& name = load.intent.load;
  const PipelineState& pipeline = turn.state;
  const bool window = needs_window(turn.pipeline, load);
  WaitingPart out{{task_of(turn.pipeline, load, part, pace), false}, name};
  out.offer.task.goes_first =
      window && !is_broken(pipeline) && ledger::find_window(pipeline, name) != nullptr;
  std::string why;
  if (turn.seen.now < out.offer.task.ready_at)
    why = "it is tried again after a while: " + state.error;
  const bool tried_again = !why.empty();
  if (why.empty()) why = aim(turn, load, part, out.intent.targets);
  const bool free = why.empty();
  if (free && window) {
    why = window_wait(pipeline, name);
    const bool may_open = !why.empty() && may_open_window(pipeline, name);
    const std::string hours =
        may_open ? outside_hours(turn.pipeline.windows, turn.seen.now) : std::string();
    if (!hours.empty()) why = hours;
    out.opens_window = may_open && hours.empty();
  }
  out.offer.ready = why.empty() || out.opens_window;
  if (!out.offer.ready && !tried_again && !(free && out.offer.task.goes_first)) return why;
  if (out.offer.ready) {
    for (const LoadTarget& target : out.intent.targets) turn.taken.insert(target.chunk);
    out.intent.load = name;
    out.intent.part = static_cast<std::int64_t>(part);
    out.intent.attempt = state.attempt + 1;
    out.intent.task_id = fmt::format(
        "{}henge_{}_load_{}_{:06}_{}_{}",
        runs_as_query(load, part, out.intent.attempt) ? spec::msq_task_prefix : "",
        turn.pipeline.name, pipeline.incarnation, load.intent.number, part + 1, out.intent.attempt);
  }
  waiting.push_back(std::move(out));
  return why;
}

}  // namespace

LoadPlan plan_loads(const Pipeline& pipeline, const PipelineState& state, const Observation& seen,
                    const LoadPace& pace) {
  LoadPlan plan;
  Turn turn{pipeline, state, seen, pace.patience};
  std::set<std::pair<std::int64_t, std::size_t>> looked;
  const auto urgent = by_urgency(pipeline, state, seen.now);
  for (const Place& place : next_parts(turn, urgent, pace))
    looked.emplace(place.load->intent.number, place.part);
  for (const LoadState* load : urgent) {
    for (std::size_t i = 0; i < load->parts.size(); ++i) {
      if (!may_be_sent(load->parts[i])) continue;
      const auto& chunks = load->intent.parts[i].chunks;
      const bool counted =
          std::ranges::all_of(chunks, [&](Instant chunk) { return seen.readings.contains(chunk); });
      std::string why;
      if (!counted && !looked.contains({load->intent.number, i})) {
        for (const Instant chunk : chunks)
          if (why.empty()) why = turn.why_not_yet(*load, chunk);
        if (why.empty()) why = "other tasks go first";
      } else {
        why = offer_part(turn, *load, i, pace, plan.waiting);
      }
      if (!why.empty()) plan.waits.try_emplace(load->intent.load, std::move(why));
    }
  }
  return plan;
}

}  // namespace henge::reconcile
