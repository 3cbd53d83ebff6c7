#include "ledger/state.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

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
  const PipelineState& pipeline;
  const Event& event;

  Result<void> operator()(const PipelineDeclared& e) const {
    if (e.version != pipeline.version + 1)
      return broken(event, fmt::format("version {} after {}", e.version, pipeline.version));
    if (pipeline.version > 0 && e.incarnation != pipeline.incarnation)
      return broken(event, "a pipeline keeps its incarnation");
    return {};
  }
  Result<void> operator()(const SupervisorPosted& e) const {
    if (e.version > pipeline.version) return broken(event, "that version was never declared");
    return {};
  }
  Result<void> operator()(const ScanAdvanced& e) const {
    for (const auto& p : e.batch.partitions) {
      auto known = pipeline.partitions.find(p.partition);
      if (known != pipeline.partitions.end() && known->second.next != p.from)
        return broken(event, fmt::format("partition {} was scanned up to {}, this goes on at {}",
                                         p.partition, known->second.next, p.from));
      if (p.to < p.from)
        return broken(event, fmt::format("partition {} goes backwards", p.partition));
    }
    for (const auto& x : e.batch.extents) {
      auto end = pipeline.delta.file_ends.find(x.file);
      if (end != pipeline.delta.file_ends.end() && x.offset < end->second)
        return broken(event, fmt::format("extent of {} overlaps what was written before", x.file));
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
      const std::string& active = pipeline.chunks.at(c.chunk).repair;
      if (!active.empty() && active != e.repair)
        return broken(event,
                      fmt::format("chunk {} is being repaired by {}", to_iso(c.chunk), active));
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
    return in_phase(e.repair, e.task_id, {RepairPhase::ended});
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
}

// The effects. Only called when the checks held, so nothing here can fail.
struct Effect {
  PipelineState& pipeline;
  Instant at;

  void operator()(const PipelineDeclared& e) const {
    pipeline.version = e.version;
    pipeline.document = e.document;
    pipeline.fingerprint = e.fingerprint;
    pipeline.reason = e.reason;
    pipeline.incarnation = e.incarnation;
    pipeline.declared_at = at;
  }
  void operator()(const SupervisorPosted& e) const { pipeline.posted_version = e.version; }
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
    chunk.seal = Seal{e.rows, e.segments, e.proof, at};
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
    for (auto& [id, repair] : pipeline.repairs)
      if (repair.phase == RepairPhase::confirmed) std::erase_if(repair.intent.extents, dead);
    for (const auto& file : gone) {
      pipeline.delta.rows_open.erase(file);
      pipeline.delta.changed_at.erase(file);
      // The end stays: a name is never used again, so that an extent can't point into a newer file.
    }
  }

 private:
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
std::int64_t ChunkState::waiting_rows() const {
  std::int64_t total = 0;
  for (const auto& x : waiting) total += x.rows;
  return total;
}

Result<void> check(const State& state, const Event& event) {
  static const PipelineState nothing;
  auto known = state.pipelines.find(event.pipeline);
  const PipelineState& before = known == state.pipelines.end() ? nothing : known->second;
  if (before.version == 0 && !std::holds_alternative<PipelineDeclared>(event.body))
    return broken(event, "the pipeline was never declared");
  return std::visit(Check{before, event}, event.body);
}

Result<void> apply(State& state, const Event& event) {
  TRY_VOID(check(state, event));
  std::visit(Effect{state.pipelines[event.pipeline], event.at}, event.body);
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
