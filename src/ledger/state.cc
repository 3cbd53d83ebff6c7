#include "ledger/state.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "ledger/drift_fold.h"
#include "ledger/load_fold.h"
#include "ledger/offset_fold.h"
#include "ledger/window_fold.h"

namespace henge::ledger {
namespace {

std::int64_t sum(const ChunkState& chunk, std::int64_t scan::RowCounts::* field) {
  std::int64_t total = 0;
  for (const auto& [partition, counts] : chunk.counts) total += counts.*field;
  return total;
}

tl::unexpected<Error> broken(const Event& event, std::string why) {
  return fail(ErrorKind::corrupt,
              fmt::format("event {} of pipeline '{}' at {} can't follow: {}", kind_of(event.body),
                          event.pipeline, to_iso(event.at), why));
}

// The checks: what must hold in the state before an event of this kind. One function a kind, no
// effects.
struct Check {
  const State& state;
  const PipelineState& pipeline;
  const Event& event;

  Result<void> operator()(const PipelineDeclared& e) const {
    if (e.version != pipeline.version + 1)
      return broken(event, fmt::format("version {} after {}", e.version, pipeline.version));
    if (pipeline.releasing) return broken(event, "it is being released");
    if (pipeline.version > 0 && !pipeline.released && e.incarnation != pipeline.incarnation)
      return broken(event, "a pipeline keeps its incarnation");
    return {};
  }
  Result<void> operator()(const SupervisorPosted& e) const {
    if (e.version < 1 || e.version > pipeline.version)
      return broken(event, "that version was never declared");
    return {};
  }
  Result<void> operator()(const SupervisorProven& e) const {
    if (e.version == 0 || e.version != pipeline.posted_version)
      return broken(event, fmt::format("Druid holds version {}", pipeline.posted_version));
    return {};
  }
  Result<void> operator()(const SupervisorRolledBack& e) const {
    if (find_version(pipeline, e.from_version) == nullptr)
      return broken(event, fmt::format("version {} was never declared", e.from_version));
    if (e.to_version < 0 || e.to_version >= e.from_version)
      return broken(event, fmt::format("version {} is not older", e.to_version));
    return {};
  }
  Result<void> operator()(const ReleaseIntended&) const {
    if (pipeline.releasing) return broken(event, "it is being released already");
    return {};
  }
  Result<void> operator()(const PipelineReleased& e) const {
    if (e.supervisor == "terminated" && !pipeline.releasing)
      return broken(event, "its supervisor was terminated without an intent");
    return {};
  }
  Result<void> operator()(const Frozen&) const { return {}; }
  Result<void> operator()(const Unfrozen&) const {
    if (event.pipeline.empty() ? !state.frozen : !pipeline.frozen)
      return broken(event, "it is not frozen");
    return {};
  }
  template <typename DriftEvent>
    requires requires(const State& s, const PipelineState& p, const DriftEvent& e) {
      drift_refusal(s, p, e);
    }
  Result<void> operator()(const DriftEvent& e) const {
    if (std::string why = drift_refusal(state, pipeline, e); !why.empty())
      return broken(event, std::move(why));
    return {};
  }
  template <typename ResetEvent>
    requires requires(const PipelineState& p, const ResetEvent& e) { reset_refusal(p, e); }
  Result<void> operator()(const ResetEvent& e) const {
    if (std::string why = reset_refusal(pipeline, e); !why.empty())
      return broken(event, std::move(why));
    return {};
  }
  template <typename WindowEvent>
    requires requires(const PipelineState& p, const WindowEvent& e) { window_refusal(p, e); }
  Result<void> operator()(const WindowEvent& e) const {
    if (std::string why = window_refusal(pipeline, e); !why.empty())
      return broken(event, std::move(why));
    return {};
  }
  template <typename LoadEvent>
    requires requires(const State& s, const PipelineState& p, const LoadEvent& e) {
      load_refusal(s, p, e);
    }
  Result<void> operator()(const LoadEvent& e) const {
    if (std::string why = load_refusal(state, pipeline, e); !why.empty())
      return broken(event, std::move(why));
    return {};
  }
  Result<void> operator()(const ScanAdvanced& e) const {
    std::set<std::int32_t> partitions;
    for (const auto& p : e.batch.partitions) {
      if (!partitions.insert(p.partition).second)
        return broken(event, fmt::format("partition {} is in it twice", p.partition));
      auto known = pipeline.partitions.find(p.partition);
      if (known != pipeline.partitions.end() && known->second.next != p.from)
        return broken(event, fmt::format("partition {} was scanned up to {}, this goes on at {}",
                                         p.partition, known->second.next, p.from));
      if (p.to < p.from)
        return broken(event, fmt::format("partition {} goes backwards", p.partition));
    }
    std::map<std::string, std::int64_t> ends;  // of what this batch has written so far
    for (const auto& x : e.batch.extents) {
      auto known = pipeline.delta.file_ends.find(x.file);
      const std::int64_t before = known == pipeline.delta.file_ends.end() ? 0 : known->second;
      std::int64_t& end = ends.try_emplace(x.file, before).first->second;
      if (x.offset < end)
        return broken(event, fmt::format("extent of {} overlaps what was written before", x.file));
      end = x.offset + x.bytes;
    }
    return {};
  }
  Result<void> operator()(const ChunkClosed& e) const { return chunk_known(e.chunk); }
  Result<void> operator()(const ChunkSealed& e) const {
    TRY_VOID(chunk_known(e.chunk));
    if (pipeline.chunks.at(e.chunk).status == ChunkStatus::open)
      return broken(event, "the chunk is open");
    return {};
  }
  Result<void> operator()(const ChunkUncertain& e) const { return chunk_known(e.chunk); }

  Result<void> operator()(const RepairIntended& e) const {
    auto known = pipeline.repairs.find(e.repair);
    bool retry = known != pipeline.repairs.end();
    if (retry && known->second.phase != RepairPhase::absent)
      return broken(event,
                    fmt::format("attempt {} before the last was seen to be absent", e.attempt));
    if (retry && e.attempt != known->second.intent.attempt + 1)
      return broken(event, "attempts must count up");
    if (!retry && e.number != pipeline.repairs_planned + 1)
      return broken(event, "repairs must count up");
    if (retry && e.extents != known->second.intent.extents)
      return broken(event, "an attempt keeps its rows");
    for (const RepairChunk& c : e.chunks) {
      TRY_VOID(chunk_known(c.chunk));
      const ChunkState& chunk = pipeline.chunks.at(c.chunk);
      if (!chunk.repair.empty() && chunk.repair != e.repair)
        return broken(
            event, fmt::format("chunk {} is being repaired by {}", to_iso(c.chunk), chunk.repair));
      if (!chunk.load.empty())
        return broken(event,
                      fmt::format("chunk {} is being loaded by {}", to_iso(c.chunk), chunk.load));
    }
    if (!retry) TRY_VOID(extents_wait(e));
    return {};
  }
  Result<void> operator()(const RepairAccepted& e) const {
    return in_phase(e.repair, e.task_id, {RepairPhase::intended});
  }
  Result<void> operator()(const RepairTaskEnded& e) const {
    return in_phase(e.repair, e.task_id, {RepairPhase::intended, RepairPhase::accepted});
  }
  Result<void> operator()(const RepairConfirmed& e) const {
    TRY_VOID(in_phase(e.repair, e.task_id, {RepairPhase::ended}));
    const auto& intended = pipeline.repairs.at(e.repair).intent.chunks;
    const auto same_chunk = [](const RepairChunk& a, const RepairChunk& b) {
      return a.chunk == b.chunk;
    };
    if (!std::ranges::equal(e.chunks, intended, same_chunk))
      return broken(event, fmt::format("{} was intended for other chunks", e.repair));
    return {};
  }
  Result<void> operator()(const RepairAbsent& e) const {
    return in_phase(e.repair, e.task_id, {RepairPhase::ended});
  }
  Result<void> operator()(const DeltaExpired& e) const {
    for (const auto& file : e.files) {
      auto open = pipeline.delta.rows_open.find(file);
      if (open != pipeline.delta.rows_open.end() && open->second > 0)
        return broken(
            event, fmt::format("{} still holds {} rows that are not repaired", file, open->second));
    }
    return {};
  }

 private:
  [[nodiscard]] Result<void> chunk_known(Instant chunk) const {
    if (pipeline.chunks.contains(chunk)) return {};
    return broken(event, fmt::format("chunk {} is unknown", to_iso(chunk)));
  }
  [[nodiscard]] Result<void> in_phase(const std::string& repair, const std::string& task,
                                      std::initializer_list<RepairPhase> phases) const {
    auto known = pipeline.repairs.find(repair);
    if (known == pipeline.repairs.end() || known->second.intent.task_id != task)
      return broken(event, fmt::format("{} has no intent for task {}", repair, task));
    if (std::ranges::find(phases, known->second.phase) == phases.end())
      return broken(event, fmt::format("{} is {}", repair, to_string(known->second.phase)));
    return {};
  }
  // Every row goes into one repair, once.
  [[nodiscard]] Result<void> extents_wait(const RepairIntended& e) const {
    for (const auto& x : e.extents) {
      auto chunk = pipeline.chunks.find(x.chunk);
      if (chunk == pipeline.chunks.end() ||
          std::ranges::find(chunk->second.waiting, x) == chunk->second.waiting.end())
        return broken(event,
                      fmt::format("rows at {}:{} do not wait for a repair", x.file, x.offset));
    }
    return {};
  }
};

void reopen(ChunkState& chunk) {
  if (chunk.status == ChunkStatus::open) return;
  chunk.status = ChunkStatus::open;
  chunk.doubt.reset();
  chunk.closed_at.reset();
  chunk.closed_by.clear();
  ++chunk.reopened;
}

void add(scan::RowCounts& to, const scan::RowCounts& more) {
  to.on_time += more.on_time;
  to.late += more.late;
  to.early += more.early;
  to.filtered += more.filtered;
  to.on_time_offset_last = std::max(to.on_time_offset_last, more.on_time_offset_last);
}

void add(PartitionState& to, const scan::PartitionProgress& p) {
  to.next = p.to;
  to.arrival_floor = std::max(to.arrival_floor, p.arrival_floor);
  to.records += p.records;
  to.unparseable += p.unparseable;
  to.null_values += p.null_values;
  to.without_timestamp += p.without_timestamp;
  to.lost += p.lost;
  if (p.witness) to.witness = p.witness;
}

// A pipeline that comes back with another incarnation knows nothing of what it was. Names of delta
// files stay taken, and the old ones may expire.
void begin_anew(PipelineState& pipeline, Instant at) {
  PipelineState fresh;
  fresh.repairs_planned = pipeline.repairs_planned;
  fresh.loads_planned = pipeline.loads_planned;
  fresh.versions = std::move(pipeline.versions);
  fresh.release = std::move(pipeline.release);
  fresh.frozen = std::move(pipeline.frozen);
  fresh.delta.file_ends = std::move(pipeline.delta.file_ends);
  for (const auto& [file, rows] : pipeline.delta.rows_open) {
    fresh.delta.rows_open[file] = 0;
    fresh.delta.changed_at[file] = at;
  }
  pipeline = std::move(fresh);
}

DeclaredVersion& version_of(PipelineState& pipeline, std::int64_t number) {
  return pipeline.versions.at(static_cast<std::size_t>(number - 1));
}

// The effects. Only called when the checks held, so nothing here can fail.
struct Effect {
  State& state;
  PipelineState& pipeline;
  Instant at;
  bool everything = false;  // the event is of no pipeline; `pipeline` is then nobody's

  void operator()(const PipelineDeclared& e) const {
    if (pipeline.version > 0 && e.incarnation != pipeline.incarnation) begin_anew(pipeline, at);
    pipeline.released = false;
    // What was adopted of the supervisor was adopted against another declaration.
    std::erase_if(pipeline.adopted,
                  [](const auto& item) { return item.first.starts_with("supervisor_"); });
    pipeline.versions.push_back({e.version, at, e.by, e.reason, e.fingerprint, e.document});
    pipeline.version = e.version;
    pipeline.document = e.document;
    pipeline.fingerprint = e.fingerprint;
    pipeline.reason = e.reason;
    pipeline.incarnation = e.incarnation;
    pipeline.declared_at = at;
  }
  void operator()(const SupervisorPosted& e) const {
    pipeline.posted_version = e.version;
    // A person asked for it again.
    if (pipeline.refused_version == e.version) pipeline.refused_version = 0;
  }
  void operator()(const SupervisorProven& e) const {
    pipeline.proven_version = e.version;
    version_of(pipeline, e.version).proven = true;
  }
  void operator()(const SupervisorRolledBack& e) const {
    pipeline.posted_version = e.to_version;
    pipeline.refused_version = e.from_version;
    version_of(pipeline, e.from_version).refused = true;
  }
  void operator()(const ReleaseIntended& e) const {
    pipeline.releasing = Release{e.reason, e.by, "terminated", at};
  }
  void operator()(const PipelineReleased& e) const {
    pipeline.releasing.reset();
    pipeline.released = true;
    pipeline.release = Release{e.reason, e.by, e.supervisor, at};
    // Nothing is left that a freeze of its own could hold, and what is frozen can't be declared.
    pipeline.frozen.reset();
    pipeline.drifts.clear();
    pipeline.healed.clear();
    if (e.supervisor == "terminated") pipeline.posted_version = 0;
  }
  void operator()(const Frozen& e) const { freeze() = Freeze{e.reason, e.by, at}; }
  void operator()(const Unfrozen&) const { freeze().reset(); }
  template <typename DriftEvent>
    requires requires(PipelineState& p, Instant t, const DriftEvent& e) { fold_drift(p, t, e); }
  void operator()(const DriftEvent& e) const {
    fold_drift(pipeline, at, e);
  }
  template <typename ResetEvent>
    requires requires(PipelineState& p, Instant t, const ResetEvent& e) { fold_reset(p, t, e); }
  void operator()(const ResetEvent& e) const {
    fold_reset(pipeline, at, e);
  }
  template <typename WindowEvent>
    requires requires(PipelineState& p, Instant t, const WindowEvent& e) { fold_window(p, t, e); }
  void operator()(const WindowEvent& e) const {
    fold_window(pipeline, at, e);
  }
  template <typename LoadEvent>
    requires requires(PipelineState& p, Instant t, const LoadEvent& e) { fold_load(p, t, e); }
  void operator()(const LoadEvent& e) const {
    fold_load(pipeline, at, e);
  }
  void operator()(const ScanAdvanced& e) const {
    for (const auto& p : e.batch.partitions) {
      auto [known, fresh] = pipeline.partitions.try_emplace(p.partition);
      if (fresh) known->second.first = p.from;
      add(known->second, p);
    }
    for (const auto& [start, partitions] : e.batch.chunks) {
      ChunkState& chunk = pipeline.chunks[start];
      for (const auto& [partition, counts] : partitions) {
        if (counts.on_time > 0) reopen(chunk);
        add(chunk.counts[partition], counts);
      }
    }
    for (const auto& x : e.batch.extents) {
      if (x.kind == scan::DeltaKind::late) {
        pipeline.chunks[x.chunk].waiting.push_back(x);
        pipeline.delta.rows_open[x.file] += x.rows;
      } else {
        pipeline.set_aside.push_back(x);
      }
      std::int64_t& end = pipeline.delta.file_ends[x.file];
      end = std::max(end, x.offset + x.bytes);
      pipeline.delta.changed_at[x.file] = at;
    }
    pipeline.scanned_at = at;
  }
  void operator()(const ChunkClosed& e) const {
    ChunkState& chunk = pipeline.chunks.at(e.chunk);
    chunk.status = ChunkStatus::closed;
    chunk.closed_at = at;
    chunk.closed_by = e.evidence;
  }
  void operator()(const ChunkSealed& e) const {
    ChunkState& chunk = pipeline.chunks.at(e.chunk);
    chunk.status = ChunkStatus::sealed;
    chunk.seal = Seal{e.rows, e.segments, e.proof, at, e.digest};
    chunk.doubt.reset();
  }
  void operator()(const ChunkUncertain& e) const {
    ChunkState& chunk = pipeline.chunks.at(e.chunk);
    chunk.status = ChunkStatus::uncertain;
    chunk.doubt = Doubt{e.expected, e.actual, e.reason, at};
  }
  void operator()(const RepairIntended& e) const {
    auto [known, fresh] = pipeline.repairs.try_emplace(e.repair);
    RepairState& repair = known->second;
    if (fresh) {
      repair.planned_at = at;
      pipeline.repairs_planned = e.number;
      for (const auto& x : e.extents) std::erase(pipeline.chunks.at(x.chunk).waiting, x);
    }
    for (const RepairChunk& c : e.chunks) pipeline.chunks.at(c.chunk).repair = e.repair;
    repair.intent = e;
    repair.end.reset();
    enter(repair, RepairPhase::intended);
  }
  void operator()(const RepairAccepted& e) const {
    enter(pipeline.repairs.at(e.repair), RepairPhase::accepted);
  }
  void operator()(const RepairTaskEnded& e) const {
    RepairState& repair = pipeline.repairs.at(e.repair);
    repair.end = e.end;
    repair.error = e.error;
    enter(repair, RepairPhase::ended);
  }
  void operator()(const RepairConfirmed& e) const {
    RepairState& repair = pipeline.repairs.at(e.repair);
    enter(repair, RepairPhase::confirmed);
    for (const RepairChunk& c : e.chunks) {
      ChunkState& chunk = pipeline.chunks.at(c.chunk);
      chunk.repaired_rows += c.rows;
      chunk.repair.clear();
    }
    for (const auto& x : repair.intent.extents) {
      pipeline.delta.rows_open[x.file] -= x.rows;
      pipeline.delta.changed_at[x.file] = at;
    }
  }
  void operator()(const RepairAbsent& e) const {
    RepairState& repair = pipeline.repairs.at(e.repair);
    repair.error = e.error;
    enter(repair, RepairPhase::absent);
  }
  void operator()(const DeltaExpired& e) const {
    std::set<std::string> gone(e.files.begin(), e.files.end());
    auto dead = [&](const scan::Extent& x) { return gone.contains(x.file); };
    std::erase_if(pipeline.set_aside, dead);
    for (auto& [start, chunk] : pipeline.chunks) std::erase_if(chunk.covered, dead);
    for (auto& [id, repair] : pipeline.repairs)
      if (repair.phase == RepairPhase::confirmed) std::erase_if(repair.intent.extents, dead);
    for (const auto& file : gone) {
      pipeline.delta.rows_open.erase(file);
      pipeline.delta.changed_at.erase(file);
      // The end stays: a name is never used again, so that an extent can't point into a newer file.
    }
  }

 private:
  // Its own, or the one of everything where there is no pipeline.
  [[nodiscard]] std::optional<Freeze>& freeze() const {
    return everything ? state.frozen : pipeline.frozen;
  }
  void enter(RepairState& repair, RepairPhase phase) const {
    repair.phase = phase;
    repair.changed_at = at;
  }
};

}  // namespace

std::int64_t ChunkState::on_time() const {
  return sum(*this, &scan::RowCounts::on_time);
}
std::int64_t ChunkState::late() const {
  return sum(*this, &scan::RowCounts::late);
}
std::int64_t ChunkState::early() const {
  return sum(*this, &scan::RowCounts::early);
}
std::int64_t ChunkState::filtered() const {
  return sum(*this, &scan::RowCounts::filtered);
}
std::int64_t ChunkState::expected() const {
  const std::int64_t counted =
      on_time() + repaired_rows + adopted_rows + loaded_rows + doubled_rows;
  if (!replacement) return counted;
  const Replacement& r = *replacement;
  return r.rows + counted - r.on_time - r.repaired - r.adopted;
}
std::optional<std::int64_t> ChunkState::counted_rows() const {
  if (status == ChunkStatus::sealed && seal) return seal->rows;
  const bool doubled = status == ChunkStatus::uncertain && doubled_rows > 0 && doubt;
  if (doubled && doubt->actual == expected()) return doubt->actual;
  return std::nullopt;
}
std::int64_t ChunkState::waiting_rows() const {
  std::int64_t total = 0;
  for (const auto& x : waiting) total += x.rows;
  return total;
}

const Freeze* freeze_of(const State& state, const PipelineState& pipeline) {
  if (pipeline.frozen) return &*pipeline.frozen;
  return state.frozen ? &*state.frozen : nullptr;
}

const DeclaredVersion* find_version(const PipelineState& pipeline, std::int64_t number) {
  if (number < 1 || number > std::ssize(pipeline.versions)) return nullptr;
  return &pipeline.versions[static_cast<std::size_t>(number - 1)];
}

namespace {

bool freezes(const Body& body) {
  return std::holds_alternative<Frozen>(body) || std::holds_alternative<Unfrozen>(body);
}

// `known` is what the state has of the event's pipeline; null if nothing.
Result<void> check(const State& state, const PipelineState* known, const Event& event) {
  static const PipelineState nothing;
  if (event.pipeline.empty() && !freezes(event.body))
    return broken(event, "it must name its pipeline");
  const PipelineState& before = known == nullptr ? nothing : *known;
  if (!event.pipeline.empty() && !std::holds_alternative<PipelineDeclared>(event.body)) {
    if (before.version == 0) return broken(event, "the pipeline was never declared");
    if (before.released) return broken(event, "the pipeline was released");
  }
  return std::visit(Check{state, before, event}, event.body);
}

}  // namespace

Result<void> check(const State& state, const Event& event) {
  const auto known = state.pipelines.find(event.pipeline);
  return check(state, known == state.pipelines.end() ? nullptr : &known->second, event);
}

Result<void> apply(State& state, const Event& event) {
  const auto known = state.pipelines.find(event.pipeline);
  PipelineState* pipeline = known == state.pipelines.end() ? nullptr : &known->second;
  TRY_VOID(check(state, pipeline, event));
  if (event.pipeline.empty()) {
    PipelineState nobody;
    std::visit(Effect{state, nobody, event.at, true}, event.body);
  } else {
    if (pipeline == nullptr) pipeline = &state.pipelines[event.pipeline];
    std::visit(Effect{state, *pipeline, event.at}, event.body);
  }
  ++state.events;
  return {};
}

const char* to_string(ChunkStatus status) {
  switch (status) {
    case ChunkStatus::open:
      return "open";
    case ChunkStatus::closed:
      return "closed";
    case ChunkStatus::sealed:
      return "sealed";
    case ChunkStatus::uncertain:
      return "uncertain";
  }
  return "open";
}

const char* to_string(RepairPhase phase) {
  switch (phase) {
    case RepairPhase::intended:
      return "intended";
    case RepairPhase::accepted:
      return "accepted";
    case RepairPhase::ended:
      return "ended";
    case RepairPhase::absent:
      return "absent";
    case RepairPhase::confirmed:
      return "confirmed";
  }
  return "intended";
}

}  // namespace henge::ledger
