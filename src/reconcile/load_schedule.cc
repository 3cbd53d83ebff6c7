#include "reconcile/load_schedule.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "late/watermark.h"
#include "model/cron.h"

namespace henge::reconcile {

using ledger::ChunkState;
using ledger::ChunkStatus;
using ledger::LoadDocumentState;
using ledger::LoadState;
using ledger::PipelineState;
using ledger::RefusedLoad;

namespace {

// Leap days are further apart; whoever waits for one is told that there is none in sight.
constexpr Millis horizon = std::chrono::days(366);

// One time at which a document is due.
struct Slot {
  std::string key;
  Interval interval;
  Instant due{};
};

std::string key_of(const LoadDocument& document, const std::string& slot) {
  return document.name + "@" + slot;
}

std::set<std::string> keys_of(const PipelineState& state) {
  std::set<std::string> keys;
  for (const auto& [name, load] : state.loads) keys.insert(load.intent.key);
  return keys;
}

bool belongs(const LoadState& load, const LoadDocument& document) {
  return load.intent.key.starts_with(document.name + "@");
}

Instant first_chunk(const Pipeline& pipeline, const LoadDocumentState& declared,
                    const LoadDocument& document) {
  if (document.schedule.from) return *document.schedule.from;
  return bucket(pipeline.schema.segment_granularity, declared.since).start;
}

Interval last_whole(Granularity of, Instant at) {
  return bucket(of, bucket(of, at).start - Millis(1));
}

std::vector<Slot> cron_slots(const LoadDocumentState& declared, const LoadDocument& document,
                             Instant now) {
  std::vector<Slot> slots;
  const auto cron = Cron::parse(document.schedule.cron);
  if (!cron || (!document.last && !document.interval)) return slots;
  const Instant begin = std::max(declared.since, now - horizon);
  auto at = cron->last(now, begin);
  while (at && std::ssize(slots) < document.schedule.catch_up) {
    const Interval interval =
        document.last ? last_whole(*document.last, *at - document.back) : *document.interval;
    slots.push_back({key_of(document, to_short_iso(*at)), interval, *at});
    at = cron->last(*at - Millis(1), begin);
  }
  std::ranges::reverse(slots);
  return slots;
}

std::vector<Slot> sealed_slots(const Pipeline& pipeline, const PipelineState& state,
                               const LoadDocumentState& declared, const LoadDocument& document) {
  std::vector<Slot> slots;
  const Instant first = first_chunk(pipeline, declared, document);
  for (auto at = state.chunks.lower_bound(first); at != state.chunks.end(); ++at) {
    const ChunkState& chunk = at->second;
    if (chunk.status != ChunkStatus::sealed || !chunk.seal) continue;
    slots.push_back({key_of(document, to_short_iso(at->first)),
                     bucket(pipeline.schema.segment_granularity, at->first), chunk.seal->at});
  }
  return slots;
}

Slot path_slot(const LoadDocument& document, const Interval& interval) {
  const std::string slot = document.by_chunk() ? to_short_iso(interval.start) : "exists";
  return {key_of(document, slot), interval, {}};
}

std::vector<Slot> all_slots(const Pipeline& pipeline, const PipelineState& state,
                            const LoadDocumentState& declared, const LoadDocument& document,
                            const PathsSeen& paths, Instant now) {
  switch (document.schedule.trigger) {
    case LoadTrigger::once:
      if (!document.interval) return {};
      return {{key_of(document, "once"), *document.interval, declared.since}};
    case LoadTrigger::cron:
      return cron_slots(declared, document, now);
    case LoadTrigger::sealed:
      return sealed_slots(pipeline, state, declared, document);
    case LoadTrigger::exists:
      break;
  }
  std::vector<Slot> slots;
  for (const auto& [start, changed] : paths) {
    if (!document.by_chunk() && !document.interval) continue;
    slots.push_back(path_slot(document, document.by_chunk()
                                            ? bucket(pipeline.schema.segment_granularity, start)
                                            : *document.interval));
    // A clock of a file server that goes ahead must not make the data look newer than they are.
    slots.back().due = std::min(changed, now);
  }
  return slots;
}

LoadRequest request_of(const LoadDocument& document, const Slot& slot) {
  LoadRequest request;
  request.pipeline = document.pipeline;
  request.interval = slot.interval;
  request.sources = document.sources;
  request.inline_rows = document.inline_rows;
  request.format = document.format;
  request.mode = document.mode;
  request.as_of = document.as_of;
  // What is done once replaces as of the moment at which it is asked for, as by hand.
  const bool as_of_due =
      document.mode == LoadMode::replace && document.schedule.trigger != LoadTrigger::once;
  if (!request.as_of && (as_of_due || document.as_of_back))
    request.as_of = slot.due - document.as_of_back.value_or(Millis(0));
  request.key = slot.key;
  if (document.deadline) request.deadline = slot.due + *document.deadline;
  request.priority = document.priority;
  request.force_open = document.force_open;
  request.allow_empty = document.allow_empty;
  request.allow_shrink = document.allow_shrink;
  request.by = "document " + document.name;
  request.reason = document.reason;
  return request;
}

bool overlap(const Interval& a, const Interval& b) {
  return a.start < b.end && b.start < a.end;
}

// What a due load of a document has to wait for; empty: it may be asked for.
struct Turn {
  const PipelineState& state;
  const LoadDocumentState& declared;
  const LoadDocument& document;
  const ScheduleLimits& limits;
  std::optional<Instant> watermark;
  Instant now;
  std::vector<Interval> busy = {};  // of loads of the document that are under way, or asked for now

  [[nodiscard]] std::string why_not(const Slot& slot) const;
};

std::string Turn::why_not(const Slot& slot) const {
  if (const auto refused = declared.refused.find(slot.key); refused != declared.refused.end()) {
    const Instant again = refused->second.at + retry_after(refused->second, limits);
    if (now < again)
      return fmt::format("it is tried again at {}: {}", to_short_iso(again), refused->second.error);
  }
  if (std::ranges::any_of(busy, [&](const Interval& i) { return overlap(i, slot.interval); }))
    return "another load of the document has its chunks";
  const bool may_be_ahead = document.force_open && document.mode == LoadMode::append;
  if (!may_be_ahead && (!watermark || *watermark < slot.interval.end))
    return "streaming may still write there";
  if (std::ssize(busy) >= limits.open_max)
    return fmt::format("{} loads of the document are under way", busy.size());
  return {};
}

}  // namespace

Millis retry_after(const RefusedLoad& refused, const ScheduleLimits& limits) {
  Millis wait = limits.retry_min;
  for (std::int64_t i = 1; i < refused.tries && wait < limits.retry_max; ++i) wait *= 2;
  return std::min(wait, limits.retry_max);
}

std::vector<Interval> intervals_to_look_for(const Pipeline& pipeline, const PipelineState& state,
                                            const LoadDocumentState& declared,
                                            const LoadDocument& document,
                                            const ScheduleLimits& limits, Instant now) {
  std::vector<Interval> out;
  if (document.schedule.trigger != LoadTrigger::exists) return out;
  const std::set<std::string> known = keys_of(state);
  const auto look_for = [&](const Interval& interval) {
    if (!known.contains(path_slot(document, interval).key)) out.push_back(interval);
  };
  if (!document.by_chunk()) {
    if (document.interval) look_for(*document.interval);
    return out;
  }
  const Instant first = first_chunk(pipeline, declared, document);
  const Granularity of = pipeline.schema.segment_granularity;
  Interval chunk = bucket(of, now);
  for (std::size_t i = 0; i < limits.chunks_max && chunk.start >= first; ++i) {
    look_for(chunk);
    chunk = bucket(of, chunk.start - Millis(1));
  }
  std::ranges::reverse(out);
  return out;
}

SchedulePlan plan_schedule(const Pipeline& pipeline, int partitions, const PipelineState& state,
                           const LoadDocumentState& declared, const LoadDocument& document,
                           const PathsSeen& paths, const ScheduleLimits& limits, Instant now) {
  SchedulePlan plan;
  const std::set<std::string> known = keys_of(state);
  Turn turn{state, declared, document, limits, late::event_watermark(state, partitions, pipeline),
            now};
  for (const auto& [name, load] : state.loads)
    if (load.open() && belongs(load, document)) turn.busy.push_back(load.intent.request.interval);
  for (const Slot& slot : all_slots(pipeline, state, declared, document, paths, now)) {
    if (known.contains(slot.key)) continue;
    if (std::string why = turn.why_not(slot); !why.empty()) {
      plan.waits.push_back(fmt::format("{}: {}", slot.key, why));
      continue;
    }
    turn.busy.push_back(slot.interval);
    plan.due.push_back(request_of(document, slot));
  }
  return plan;
}

namespace {

// Refusals of what is still due: of cron, a later time takes the place of an earlier one.
std::vector<const RefusedLoad*> open_refusals(const LoadDocumentState& declared,
                                              const LoadDocument& document, Instant now) {
  std::vector<const RefusedLoad*> out;
  const bool by_cron = document.schedule.trigger == LoadTrigger::cron;
  const auto slots = by_cron ? cron_slots(declared, document, now) : std::vector<Slot>();
  for (const auto& [key, refused] : declared.refused)
    if (!by_cron || std::ranges::find(slots, key, &Slot::key) != slots.end())
      out.push_back(&refused);
  return out;
}

bool asked_for(const PipelineState& state, const std::string& key) {
  return std::ranges::any_of(state.loads,
                             [&](const auto& item) { return item.second.intent.key == key; });
}

}  // namespace

const RefusedLoad* last_refusal(const LoadDocumentState& declared, const LoadDocument& document,
                                Instant now) {
  const auto open = open_refusals(declared, document, now);
  const auto newest = std::ranges::max_element(open, {}, [](const auto* r) { return r->at; });
  return newest == open.end() ? nullptr : *newest;
}

std::optional<Instant> next_due(const PipelineState& state, const LoadDocumentState& declared,
                                const LoadDocument& document, const ScheduleLimits& limits,
                                Instant now) {
  std::optional<Instant> next;
  for (const RefusedLoad* refused : open_refusals(declared, document, now)) {
    const Instant again = refused->at + retry_after(*refused, limits);
    if (!next || again < *next) next = again;
  }
  switch (document.schedule.trigger) {
    case LoadTrigger::once:
      if (asked_for(state, key_of(document, "once"))) return std::nullopt;
      return next ? next : std::optional(declared.since);
    case LoadTrigger::cron: {
      const auto cron = Cron::parse(document.schedule.cron);
      if (!cron) return next;
      const auto slot = cron->next(std::max(now, declared.since) + Millis(1), now + horizon);
      if (slot && (!next || *slot < *next)) next = slot;
      return next;
    }
    case LoadTrigger::sealed:
    case LoadTrigger::exists:
      return next;
  }
  return next;
}

std::string next_text(const PipelineState& state, const LoadDocumentState& declared,
                      const LoadDocument& document, const ScheduleLimits& limits, Instant now) {
  if (const auto next = next_due(state, declared, document, limits, now))
    return *next <= now ? "now" : to_short_iso(*next);
  switch (document.schedule.trigger) {
    case LoadTrigger::once:
      return "never: it is done once";
    case LoadTrigger::cron:
      return "never within a year";
    case LoadTrigger::sealed:
      return "when a chunk is sealed";
    case LoadTrigger::exists:
      if (!document.by_chunk() && asked_for(state, key_of(document, "exists")))
        return "never: it is done once";
      return "when " + document.schedule.path + " is there";
  }
  return "";
}

Instant schedule_since(const LoadDocument* before, const LoadDocumentState* declared,
                       const LoadDocument& document, Instant now) {
  const bool goes_on =
      before != nullptr && declared != nullptr && before->schedule == document.schedule;
  return goes_on ? declared->since : now;
}

}  // namespace henge::reconcile
