#include "ledger/load_fold.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace henge::ledger {
namespace {

constexpr std::size_t refused_max = 100;  // of one document; the longest ago is forgotten first

const LoadState* find(const PipelineState& pipeline, const std::string& load) {
  auto known = pipeline.loads.find(load);
  return known == pipeline.loads.end() ? nullptr : &known->second;
}

const LoadPartState* find_part(const LoadState& load, const std::string& task) {
  auto known = std::ranges::find(load.parts, task, &LoadPartState::task_id);
  return known == load.parts.end() ? nullptr : &*known;
}

bool on_its_way(const LoadPartState& part) {
  return part.phase == PartPhase::intended || part.phase == PartPhase::accepted ||
         part.phase == PartPhase::ended;
}

std::string not_known(const std::string& load) {
  return fmt::format("there is no {}", load);
}

std::string no_document(const std::string& name) {
  return fmt::format("there is no load document {}", name);
}

std::string must_be_open(const PipelineState& pipeline, const std::string& name) {
  const LoadState* load = find(pipeline, name);
  if (load == nullptr) return not_known(name);
  if (!load->open()) return fmt::format("{} is {}", name, to_string(*load->end));
  return {};
}

// The part whose latest task it is must be in one of these phases.
std::string in_phase(const PipelineState& pipeline, const std::string& name,
                     const std::string& task, std::initializer_list<PartPhase> phases) {
  if (std::string why = must_be_open(pipeline, name); !why.empty()) return why;
  const LoadPartState* part = find_part(*find(pipeline, name), task);
  if (part == nullptr) return fmt::format("{} has no intent for task {}", name, task);
  if (std::ranges::find(phases, part->phase) == phases.end())
    return fmt::format("task {} of {} is {}", task, name, to_string(part->phase));
  return {};
}

std::string parts_refusal(const LoadRequested& e) {
  std::set<Instant> known, taken;
  for (const LoadChunk& c : e.content.chunks) known.insert(c.chunk);
  if (known.size() != e.content.chunks.size()) return "a chunk is in it twice";
  for (const LoadPart& part : e.parts) {
    if (part.chunks.empty()) return "a part without chunks";
    for (const Instant chunk : part.chunks)
      if (!known.contains(chunk) || !taken.insert(chunk).second)
        return fmt::format("chunk {} is not in exactly one part", to_iso(chunk));
    for (const std::int64_t file : part.files)
      if (file < 0 || file >= std::ssize(e.content.files)) return "a part has a file there is not";
  }
  return {};
}

std::string target_refusal(const PipelineState& pipeline, const LoadState& load,
                           const LoadTarget& target) {
  auto known = pipeline.chunks.find(target.chunk);
  if (known == pipeline.chunks.end()) {
    return target.dropped.empty() && target.returned.empty()
               ? ""
               : fmt::format("chunk {} is unknown", to_iso(target.chunk));
  }
  const ChunkState& chunk = known->second;
  if (!chunk.repair.empty())
    return fmt::format("chunk {} is being repaired by {}", to_iso(target.chunk), chunk.repair);
  if (!chunk.load.empty() && chunk.load != load.intent.load)
    return fmt::format("chunk {} is being loaded by {}", to_iso(target.chunk), chunk.load);
  for (const auto& x : target.dropped)
    if (std::ranges::find(chunk.waiting, x) == chunk.waiting.end())
      return fmt::format("rows at {}:{} do not wait for a repair", x.file, x.offset);
  for (const auto& x : target.returned) {
    auto end = pipeline.delta.file_ends.find(x.file);
    if (x.chunk != target.chunk || end == pipeline.delta.file_ends.end() ||
        x.offset + x.bytes > end->second)
      return fmt::format("rows at {}:{} are not known", x.file, x.offset);
  }
  return {};
}

}  // namespace

std::string load_refusal(const State& /*state*/, const PipelineState& pipeline,
                         const LoadRequested& e) {
  if (pipeline.releasing) return "it is being released";
  if (e.number != pipeline.loads_planned + 1) return "loads must count up";
  if (e.request.mode == LoadMode::replace && !e.request.as_of)
    return "a replacement must say up to which arrivals it goes";
  for (const auto& [name, load] : pipeline.loads)
    if (load.intent.key == e.key) return fmt::format("{} has that key", name);
  return parts_refusal(e);
}

std::string load_refusal(const State& /*state*/, const PipelineState& pipeline,
                         const LoadRouted& e) {
  return must_be_open(pipeline, e.load);
}

std::string load_refusal(const State& /*state*/, const PipelineState& pipeline,
                         const LoadTaskIntended& e) {
  if (std::string why = must_be_open(pipeline, e.load); !why.empty()) return why;
  const LoadState& load = *find(pipeline, e.load);
  if (load.cancel) return fmt::format("{} is being cancelled", e.load);
  if (e.part < 0 || e.part >= std::ssize(load.parts)) return "there is no such part";
  const auto place = static_cast<std::size_t>(e.part);
  const LoadPartState& part = load.parts[place];
  if (part.phase != PartPhase::waiting && part.phase != PartPhase::absent)
    return fmt::format("part {} of {} is {}", e.part, e.load, to_string(part.phase));
  if (e.attempt != part.attempt + 1) return "attempts must count up";
  if (!std::ranges::equal(e.targets, load.intent.parts[place].chunks, {}, &LoadTarget::chunk))
    return "it was requested for other chunks";
  for (const LoadTarget& target : e.targets)
    if (std::string why = target_refusal(pipeline, load, target); !why.empty()) return why;
  return {};
}

std::string load_refusal(const State& /*state*/, const PipelineState& pipeline,
                         const LoadTaskAccepted& e) {
  return in_phase(pipeline, e.load, e.task_id, {PartPhase::intended});
}

std::string load_refusal(const State& /*state*/, const PipelineState& pipeline,
                         const LoadTaskEnded& e) {
  return in_phase(pipeline, e.load, e.task_id, {PartPhase::intended, PartPhase::accepted});
}

std::string load_refusal(const State& /*state*/, const PipelineState& pipeline,
                         const LoadTaskSeen& e) {
  return in_phase(pipeline, e.load, e.task_id, {PartPhase::ended});
}

std::string load_refusal(const State& /*state*/, const PipelineState& pipeline,
                         const LoadTaskCounted& e) {
  if (std::string why = in_phase(pipeline, e.load, e.task_id, {PartPhase::ended}); !why.empty())
    return why;
  const LoadPartState& part = *find_part(*find(pipeline, e.load), e.task_id);
  if (!std::ranges::equal(e.chunks, part.targets, {}, &LoadChunk::chunk, &LoadTarget::chunk))
    return "it was intended for other chunks";
  return {};
}

std::string load_refusal(const State& /*state*/, const PipelineState& pipeline,
                         const LoadTaskAbsent& e) {
  return in_phase(pipeline, e.load, e.task_id, {PartPhase::ended});
}

std::string load_refusal(const State& /*state*/, const PipelineState& pipeline,
                         const LoadCancelAsked& e) {
  return must_be_open(pipeline, e.load);
}

std::string load_refusal(const State& /*state*/, const PipelineState& pipeline,
                         const LoadRetryAsked& e) {
  const LoadState* load = find(pipeline, e.load);
  if (load == nullptr) return not_known(e.load);
  if (load->open() || *load->end == LoadEnd::counted)
    return fmt::format("{} is {}", e.load, load->open() ? "under way" : to_string(*load->end));
  return {};
}

std::string load_refusal(const State& /*state*/, const PipelineState& pipeline,
                         const LoadEnded& e) {
  if (std::string why = must_be_open(pipeline, e.load); !why.empty()) return why;
  const LoadState& load = *find(pipeline, e.load);
  for (const LoadPartState& part : load.parts) {
    if (on_its_way(part)) return fmt::format("task {} is {}", part.task_id, to_string(part.phase));
    if (e.end == LoadEnd::counted && part.phase != PartPhase::counted)
      return "a part of it is not counted";
  }
  return {};
}

std::string load_refusal(const State& state, const PipelineState& pipeline, const LoadDeclared& e) {
  if (pipeline.releasing) return "it is being released";
  if (e.name.empty()) return "a document without a name";
  for (const auto& [name, other] : state.pipelines)
    if (&other != &pipeline && !other.released && other.load_documents.contains(e.name))
      return fmt::format("{} is a document of pipeline {}", e.name, name);
  return {};
}

std::string load_refusal(const State& /*state*/, const PipelineState& pipeline,
                         const LoadWithdrawn& e) {
  return pipeline.load_documents.contains(e.name) ? "" : no_document(e.name);
}

std::string load_refusal(const State& /*state*/, const PipelineState& pipeline,
                         const LoadRefused& e) {
  return pipeline.load_documents.contains(e.name) ? "" : no_document(e.name);
}

namespace {

LoadPartState& part_of(LoadState& load, const std::string& task) {
  auto known = std::ranges::find(load.parts, task, &LoadPartState::task_id);
  invariant(known != load.parts.end(), "the task of an outcome is known");
  return *known;
}

void enter(LoadState& load, LoadPartState& part, PartPhase phase, Instant at) {
  part.phase = phase;
  part.changed_at = at;
  load.changed_at = at;
}

std::int64_t rows_of(const std::vector<scan::Extent>& extents) {
  std::int64_t rows = 0;
  for (const auto& x : extents) rows += x.rows;
  return rows;
}

// What the chunk holds is the load's rows and nothing else, but for what comes from now on.
void replace_rows(PipelineState& pipeline, ChunkState& chunk, const LoadState& load,
                  const LoadTarget& target, std::int64_t rows, Instant at) {
  chunk.replacement = Replacement{
      load.intent.load,   *load.intent.request.as_of, rows, target.on_time, chunk.repaired_rows,
      chunk.adopted_rows, rows_of(target.covered)};
  chunk.loaded_rows = 0;
  chunk.doubled_rows = 0;
  chunk.covered.insert(chunk.covered.end(), target.covered.begin(), target.covered.end());
  // What was repaired before is either in the load's data or goes back.
  for (auto& [name, repair] : pipeline.repairs)
    if (repair.phase == RepairPhase::confirmed)
      std::erase_if(repair.intent.extents,
                    [&](const scan::Extent& x) { return x.chunk == target.chunk; });
  for (const auto& x : target.dropped) {
    std::erase(chunk.waiting, x);
    pipeline.delta.rows_open[x.file] -= x.rows;
    pipeline.delta.changed_at[x.file] = at;
  }
  for (const auto& x : target.returned) {
    chunk.waiting.push_back(x);
    pipeline.delta.rows_open[x.file] += x.rows;
    pipeline.delta.changed_at[x.file] = at;
  }
}

}  // namespace

void fold_load(PipelineState& pipeline, Instant at, const LoadRequested& e) {
  LoadState& load = pipeline.loads[e.load];
  load.intent = e;
  load.parts.assign(e.parts.size(), LoadPartState{});
  load.requested_at = load.changed_at = at;
  pipeline.loads_planned = e.number;
  for (auto& [name, document] : pipeline.load_documents) document.refused.erase(e.key);
}

void fold_load(PipelineState& pipeline, Instant at, const LoadRouted& e) {
  LoadState& load = pipeline.loads.at(e.load);
  load.route = e;
  load.changed_at = at;
}

void fold_load(PipelineState& pipeline, Instant at, const LoadTaskIntended& e) {
  LoadState& load = pipeline.loads.at(e.load);
  LoadPartState& part = load.parts[static_cast<std::size_t>(e.part)];
  part.attempt = e.attempt;
  ++part.tries;
  part.task_id = e.task_id;
  part.targets = e.targets;
  part.end.reset();
  part.stage.clear();
  part.error.clear();
  part.rows_reported = -1;
  enter(load, part, PartPhase::intended, at);
  for (const LoadTarget& target : e.targets) pipeline.chunks[target.chunk].load = e.load;
}

void fold_load(PipelineState& pipeline, Instant at, const LoadTaskAccepted& e) {
  LoadState& load = pipeline.loads.at(e.load);
  enter(load, part_of(load, e.task_id), PartPhase::accepted, at);
}

void fold_load(PipelineState& pipeline, Instant at, const LoadTaskEnded& e) {
  LoadState& load = pipeline.loads.at(e.load);
  LoadPartState& part = part_of(load, e.task_id);
  part.end = e.end;
  part.error = e.error;
  part.rows_reported = e.rows;
  part.ran.reset();
  if (part.phase == PartPhase::accepted && e.end == TaskEnd::success)
    part.ran = std::max(at - part.changed_at, Millis(0));
  enter(load, part, PartPhase::ended, at);
}

void fold_load(PipelineState& pipeline, Instant at, const LoadTaskSeen& e) {
  LoadState& load = pipeline.loads.at(e.load);
  part_of(load, e.task_id).stage = e.stage;
  load.changed_at = at;
}

void fold_load(PipelineState& pipeline, Instant at, const LoadTaskCounted& e) {
  LoadState& load = pipeline.loads.at(e.load);
  LoadPartState& part = part_of(load, e.task_id);
  enter(load, part, PartPhase::counted, at);
  for (std::size_t i = 0; i < e.chunks.size(); ++i) {
    ChunkState& chunk = pipeline.chunks.at(e.chunks[i].chunk);
    chunk.load.clear();
    if (load.intent.request.mode == LoadMode::replace)
      replace_rows(pipeline, chunk, load, part.targets[i], e.chunks[i].rows, at);
    else
      chunk.loaded_rows += e.chunks[i].rows;
  }
}

void fold_load(PipelineState& pipeline, Instant at, const LoadTaskAbsent& e) {
  LoadState& load = pipeline.loads.at(e.load);
  LoadPartState& part = part_of(load, e.task_id);
  part.error = e.error;
  enter(load, part, PartPhase::absent, at);
}

void fold_load(PipelineState& pipeline, Instant at, const LoadCancelAsked& e) {
  LoadState& load = pipeline.loads.at(e.load);
  load.cancel = e;
  load.changed_at = at;
}

void fold_load(PipelineState& pipeline, Instant at, const LoadRetryAsked& e) {
  LoadState& load = pipeline.loads.at(e.load);
  load.cancel.reset();
  load.end.reset();
  load.error.clear();
  ++load.retries;
  for (LoadPartState& part : load.parts) {
    part.tries = 0;
    if (part.phase == PartPhase::absent) part.phase = PartPhase::waiting;
  }
  load.changed_at = at;
}

void fold_load(PipelineState& pipeline, Instant at, const LoadEnded& e) {
  LoadState& load = pipeline.loads.at(e.load);
  load.end = e.end;
  load.error = e.error;
  load.changed_at = at;
  for (const LoadPartState& part : load.parts)
    for (const LoadTarget& target : part.targets)
      if (ChunkState& chunk = pipeline.chunks.at(target.chunk); chunk.load == e.load)
        chunk.load.clear();
}

void fold_load(PipelineState& pipeline, Instant at, const LoadDeclared& e) {
  // What was refused of the one before is tried at once: it may be what was put right.
  pipeline.load_documents[e.name] = {e.document, e.since, at, e.by, e.reason, {}};
}

void fold_load(PipelineState& pipeline, Instant /*at*/, const LoadWithdrawn& e) {
  pipeline.load_documents.erase(e.name);
}

void fold_load(PipelineState& pipeline, Instant at, const LoadRefused& e) {
  auto& refused = pipeline.load_documents.at(e.name).refused;
  auto [known, fresh] = refused.try_emplace(e.key);
  if (fresh) known->second.since = at;
  known->second.error = e.error;
  known->second.at = at;
  ++known->second.tries;
  if (refused.size() <= refused_max) return;
  const auto oldest = std::ranges::min_element(
      refused, {}, [](const auto& item) { return std::pair(item.second.at, item.first); });
  refused.erase(oldest);
}

std::string stage_of(const LoadState& load) {
  if (load.end) return to_string(*load.end);
  // From the least to the most; what is counted does not hold the others back.
  static constexpr const char* stages[] = {"resolved",  "routed",    "intended", "submitted",
                                           "succeeded", "published", "available"};
  const auto place = [&](const LoadPartState& part) -> std::size_t {
    switch (part.phase) {
      case PartPhase::waiting:
      case PartPhase::absent:
        return load.route ? 1 : 0;
      case PartPhase::intended:
        return 2;
      case PartPhase::accepted:
        return 3;
      case PartPhase::ended:
        if (part.stage == "available") return 6;
        return part.stage == "published" ? 5 : 4;
      case PartPhase::counted:
        return std::size(stages);
    }
    return 0;
  };
  std::size_t least = std::size(stages);
  for (const LoadPartState& part : load.parts) least = std::min(least, place(part));
  return least == std::size(stages) ? "counted" : stages[least];
}

const char* to_string(PartPhase phase) {
  switch (phase) {
    case PartPhase::waiting:
      return "waiting";
    case PartPhase::intended:
      return "intended";
    case PartPhase::accepted:
      return "accepted";
    case PartPhase::ended:
      return "ended";
    case PartPhase::absent:
      return "absent";
    case PartPhase::counted:
      return "counted";
  }
  return "waiting";
}

}  // namespace henge::ledger
