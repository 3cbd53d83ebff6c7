#include "ledger/story.h"

#include <fmt/format.h>

#include <algorithm>

#include "ledger/describe.h"

namespace henge::ledger {
namespace {

template <typename... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};

// The repair an event is of; null where it is of none.
const std::string* repair_of(const Body& body) {
  return std::visit(
      [](const auto& e) -> const std::string* {
        if constexpr (requires { e.repair; })
          return &e.repair;
        else
          return nullptr;
      },
      body);
}

const std::string* task_of(const Body& body) {
  return std::visit(
      [](const auto& e) -> const std::string* {
        if constexpr (requires { e.task_id; })
          return &e.task_id;
        else
          return nullptr;
      },
      body);
}

struct DriftKey {
  DriftKind kind{};
  std::string object;
};

std::optional<DriftKey> drift_of(const Body& body) {
  return std::visit(
      [](const auto& e) -> std::optional<DriftKey> {
        if constexpr (requires { e.drift.object; })
          return DriftKey{e.drift.kind, e.drift.object};
        else if constexpr (requires {
                             e.kind;
                             e.object;
                           })
          return DriftKey{e.kind, e.object};
        else
          return std::nullopt;
      },
      body);
}

// What a person said about the pipeline as a whole, which concerns everything in it.
bool said_by_a_person(const Body& body) {
  return std::holds_alternative<Frozen>(body) || std::holds_alternative<Unfrozen>(body) ||
         std::holds_alternative<ReleaseIntended>(body) ||
         std::holds_alternative<PipelineReleased>(body);
}

std::string count_of(std::int64_t count, const char* word) {
  return fmt::format("{} {}{}", count, word, count == 1 ? "" : "s");
}

// "5 on time, 2 late": what there is none of is left out.
std::string parts_text(std::initializer_list<std::pair<std::int64_t, const char*>> parts) {
  std::string text;
  for (const auto& [count, what] : parts)
    if (count != 0) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, what);
  return text.empty() ? "none" : text;
}

}  // namespace

std::string evidence_text(const std::string& evidence) {
  if (evidence == "committed_offsets")
    return "every partition was scanned past its end and lateness, and Druid's committed offsets "
           "are past its last on-time row";
  if (evidence == "published_rows")
    return "every partition was scanned past its end and lateness, and all its on-time rows are in "
           "published segments";
  return evidence;
}

void Storyteller::see(std::int64_t sequence, const Event& event) {
  if (!wants(event.pipeline)) return;
  if (add_to_sum(event.body)) {
    if (sum_.line.records == 0) {
      sum_.line.first = sequence;
      sum_.line.from = event.at;
    }
    ++sum_.line.records;
    sum_.line.last = sequence;
    sum_.line.to = event.at;
    return;
  }
  if (!concerns(event.body)) return;
  // What a person said before there was anything to tell is no part of the story.
  const bool nothing_yet = lines_.empty() && sum_.line.records == 0;
  if (nothing_yet && said_by_a_person(event.body) &&
      !std::holds_alternative<WholePipeline>(subject_.what))
    return;
  end_sum();
  if (std::holds_alternative<ChunkClosed>(event.body)) closed_ = true;
  lines_.push_back({sequence, sequence, 1, event.at, event.at, kind_of(event.body),
                    (event.pipeline.empty() ? "everything " : "") + text_of(event.body)});
}

bool Storyteller::scan_concerns(const ScanAdvanced& scan) const {
  if (std::holds_alternative<WholePipeline>(subject_.what)) return true;
  const auto* chunk = std::get_if<ChunkSubject>(&subject_.what);
  return chunk != nullptr && scan.batch.chunks.contains(chunk->start);
}

void Storyteller::add_scan(const ScanAdvanced& scan, Sum& sum) {
  ++sum.scans;
  for (const auto& p : scan.batch.partitions) sum.rows += p.records;
  const auto* chunk = std::get_if<ChunkSubject>(&subject_.what);
  std::int64_t on_time = 0;
  for (const auto& [start, partitions] : scan.batch.chunks) {
    if (chunk != nullptr && start != chunk->start) continue;
    for (const auto& [partition, counts] : partitions) {
      on_time += counts.on_time;
      sum.late += counts.late;
      sum.early += counts.early;
    }
  }
  sum.on_time += on_time;
  if (chunk != nullptr && closed_ && on_time > 0) {
    sum.reopened = true;
    closed_ = false;
  }
}

// Whether the event went into the sum.
bool Storyteller::add_to_sum(const Body& body) {
  if (const auto* scan = std::get_if<ScanAdvanced>(&body)) {
    if (!scan_concerns(*scan)) return false;
    add_scan(*scan, sum_);
    return true;
  }
  if (!std::holds_alternative<WholePipeline>(subject_.what)) return false;
  if (std::holds_alternative<ChunkClosed>(body)) return ++sum_.closed > 0;
  if (std::holds_alternative<ChunkSealed>(body)) return ++sum_.sealed > 0;
  return false;
}

bool Storyteller::chunk_concerns(const Body& body, Instant start) {
  if (const auto* intent = std::get_if<RepairIntended>(&body)) {
    if (!std::ranges::any_of(intent->chunks, [&](const auto& c) { return c.chunk == start; }))
      return false;
    repairs_.insert(intent->repair);
    return true;
  }
  if (const auto* intent = std::get_if<LoadTaskIntended>(&body)) {
    if (!std::ranges::any_of(intent->targets, [&](const auto& t) { return t.chunk == start; }))
      return false;
    load_tasks_.insert(intent->task_id);
    return true;
  }
  if (repair_of(body) == nullptr)
    if (const std::string* task = task_of(body)) return load_tasks_.contains(*task);
  if (const std::string* repair = repair_of(body)) return repairs_.contains(*repair);
  if (auto drift = drift_of(body)) {
    auto object = parse_instant(drift->object);
    return object && *object == start;
  }
  return std::visit(
      [&](const auto& e) {
        if constexpr (requires { e.chunk == start; })
          return e.chunk == start;
        else
          return false;
      },
      body);
}

bool Storyteller::concerns(const Body& body) {
  if (std::holds_alternative<ScanAdvanced>(body)) return false;
  return std::visit(
      Overloaded{[&](const WholePipeline&) { return !std::holds_alternative<DeltaExpired>(body); },
                 [&](const ChunkSubject& s) {
                   return said_by_a_person(body) || chunk_concerns(body, s.start);
                 },
                 [&](const RepairSubject& s) {
                   if (said_by_a_person(body)) return true;
                   const std::string* repair = repair_of(body);
                   if (repair == nullptr || *repair != s.repair) return false;
                   const std::string* task = task_of(body);
                   return s.task.empty() || (task != nullptr && *task == s.task);
                 },
                 [&](const DriftSubject& s) {
                   if (said_by_a_person(body)) return true;
                   auto drift = drift_of(body);
                   return drift && drift->kind == s.kind &&
                          (s.object.empty() || drift->object == s.object);
                 }},
      subject_.what);
}

std::string Storyteller::text_of(const Body& body) const {
  const auto* chunk = std::get_if<ChunkSubject>(&subject_.what);
  if (chunk == nullptr) return describe(body);
  if (const auto* e = std::get_if<ChunkClosed>(&body))
    return "closed: " + evidence_text(e->evidence);
  if (const auto* e = std::get_if<ChunkSealed>(&body))
    return fmt::format("sealed: Druid's count came to {} rows in {} segments, as expected ({})",
                       e->rows, e->segments, e->proof);
  if (const auto* e = std::get_if<ChunkUncertain>(&body))
    return fmt::format("uncertain: {} rows expected, {} in Druid: {}", e->expected, e->actual,
                       e->reason.substr(0, 300));
  if (const auto* e = std::get_if<RepairIntended>(&body)) {
    for (const auto& c : e->chunks)
      if (c.chunk == chunk->start)
        return fmt::format(
            "{}, attempt {}: {} late rows are to be appended by task {}; {} rows were in Druid",
            e->repair, e->attempt, c.rows, e->task_id, c.baseline);
  }
  if (const auto* e = std::get_if<LoadTaskIntended>(&body)) {
    for (const auto& t : e->targets)
      if (t.chunk == chunk->start)
        return fmt::format("{}, part {}, attempt {}: {} rows by task {}; {} rows were in Druid",
                           e->load, e->part + 1, e->attempt,
                           t.rows < 0 ? std::string("so far unknown") : std::to_string(t.rows),
                           e->task_id, t.baseline);
  }
  if (const auto* e = std::get_if<LoadTaskCounted>(&body)) {
    for (const auto& c : e->chunks)
      if (c.chunk == chunk->start)
        return fmt::format("{}: {} rows of task {} counted here", e->load, c.rows, e->task_id);
  }
  if (const auto* e = std::get_if<RepairConfirmed>(&body)) {
    for (const auto& c : e->chunks)
      if (c.chunk == chunk->start)
        return fmt::format("{} confirmed: {} rows of it counted here", e->repair, c.rows);
  }
  return describe(body);
}

StoryLine Storyteller::told(const Sum& sum) const {
  StoryLine line = sum.line;
  line.kind = "progress";
  const std::string rows =
      parts_text({{sum.on_time, "on time"}, {sum.late, "late"}, {sum.early, "early"}});
  if (std::holds_alternative<ChunkSubject>(subject_.what)) {
    line.kind = "scan_advanced";
    line.text = fmt::format("{} counted rows: {}", count_of(sum.scans, "scan"), rows);
    if (sum.reopened) line.text += "; one on time came after it was closed, so it was opened again";
    return line;
  }
  if (sum.scans > 0)
    line.text = fmt::format("{} read {}: {}", count_of(sum.scans, "scan"),
                            count_of(sum.rows, "record"), rows);
  if (sum.closed + sum.sealed > 0)
    line.text += fmt::format("{}chunks: {}", line.text.empty() ? "" : "; ",
                             parts_text({{sum.closed, "closed"}, {sum.sealed, "sealed"}}));
  return line;
}

void Storyteller::end_sum() {
  if (sum_.line.records > 0) lines_.push_back(told(sum_));
  sum_ = Sum{};
}

std::vector<StoryLine> Storyteller::lines() const {
  std::vector<StoryLine> out = lines_;
  if (sum_.line.records > 0) out.push_back(told(sum_));
  return out;
}

}  // namespace henge::ledger
