#include "cli/explain_object.h"

#include <fmt/format.h>

#include <charconv>

#include "daemon/supervisor_change.h"
#include "model/granularity.h"
#include "spec/suggest.h"

namespace henge::cli {
namespace {

using ledger::PipelineState;
using ledger::Subject;

constexpr const char* forms =
    "PIPELINE, PIPELINE/CHUNK-START, PIPELINE/repair-N, PIPELINE/DRIFT-KIND or a task's id";

// 2026-03-01T08:00 and 2026-03-01T08:00Z begin like the chunk's start.
bool begins_like(Instant start, std::string text) {
  if (text.ends_with('Z')) text.pop_back();
  return to_iso(start).starts_with(text);
}

Result<Subject> find_chunk(const std::string& name, const PipelineState& state,
                           const std::string& text) {
  if (state.chunks.empty())
    return fail(ErrorKind::not_found, fmt::format("no row of '{}' was scanned yet", name));
  std::vector<Instant> found;
  for (const auto& [start, chunk] : state.chunks)
    if (begins_like(start, text)) found.push_back(start);
  const Result<Instant> moment = parse_instant(text.ends_with('Z') ? text : text + "Z");
  if (found.size() == 1) return Subject{name, ledger::ChunkSubject{found.front()}};
  if (moment && state.chunks.contains(*moment)) return Subject{name, ledger::ChunkSubject{*moment}};
  if (found.size() > 1)
    return fail(
        ErrorKind::invalid,
        fmt::format("{} chunks of '{}' begin with {}: {} to {}; say more of it", found.size(), name,
                    text, to_short_iso(found.front()), to_short_iso(found.back())));
  if (moment) {
    TRY(const Pipeline pipeline, daemon::pipeline_of(state, name));
    const Instant start = bucket(pipeline.schema.segment_granularity, *moment).start;
    if (state.chunks.contains(start)) return Subject{name, ledger::ChunkSubject{start}};
  }
  return fail(ErrorKind::not_found,
              fmt::format("no row of '{}' was scanned for {}; its chunks go from {} to {}", name,
                          text, to_short_iso(state.chunks.begin()->first),
                          to_short_iso(state.chunks.rbegin()->first)));
}

Result<Subject> find_repair(const std::string& name, const PipelineState& state,
                            const std::string& text) {
  constexpr std::string_view prefix = "repair-";
  std::int64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + prefix.size(), end, number);
  if (error == std::errc() && stop == end)
    for (const auto& [id, repair] : state.repairs)
      if (repair.intent.number == number) return Subject{name, ledger::RepairSubject{id, ""}};
  return fail(
      ErrorKind::not_found,
      fmt::format("'{}' has no {}; it has {}", name, text,
                  state.repairs.empty() ? std::string("none")
                                        : fmt::format("{} to {}", state.repairs.begin()->first,
                                                      state.repairs.rbegin()->first)));
}

Result<Subject> find_drift(const std::string& name, const std::string& text) {
  const std::size_t slash = text.find('/');
  const auto kind = drift_kind_of(text.substr(0, slash));
  invariant(kind.has_value(), "the caller looked");
  std::string object = slash == std::string::npos ? "" : text.substr(slash + 1);
  // Chunks are told in full by drift.
  if (auto moment = parse_instant(object)) object = to_iso(*moment);
  return Subject{name, ledger::DriftSubject{*kind, std::move(object)}};
}

Result<Subject> find_part(const std::string& name, const PipelineState& state,
                          const std::string& part) {
  if (part.starts_with("repair-")) return find_repair(name, state, part);
  if (drift_kind_of(part.substr(0, part.find('/')))) return find_drift(name, part);
  if (!part.empty() && part.front() >= '0' && part.front() <= '9')
    return find_chunk(name, state, part);
  std::vector<std::string> kinds;
  for (const auto kind : all_drift_kinds()) kinds.emplace_back(to_string(kind));
  const auto near = spec::nearest(part.substr(0, part.find('/')), kinds);
  return fail(ErrorKind::invalid,
              fmt::format("'{}' is none of: {}{}", name + "/" + part, forms,
                          near ? fmt::format("; did you mean {}/{}?", name, *near) : ""));
}

// Only the latest attempt is in the state, but an id names its pipeline's repair whatever attempt
// it is: they differ in their last number.
std::optional<Subject> find_task(const ledger::State& state, const std::string& task) {
  const std::string stem = task.substr(0, task.rfind('_'));
  for (const auto& [name, pipeline] : state.pipelines) {
    for (const auto& [id, repair] : pipeline.repairs) {
      const std::string& latest = repair.intent.task_id;
      if (latest == task || (task.rfind('_') != std::string::npos && !stem.empty() &&
                             latest.substr(0, latest.rfind('_')) == stem))
        return Subject{name, ledger::RepairSubject{id, task}};
    }
    for (const auto& [key, drift] : pipeline.drifts)
      if (drift.drift.object == task)
        return Subject{name, ledger::DriftSubject{drift.drift.kind, task}};
  }
  return std::nullopt;
}

}  // namespace

Result<Subject> find_subject(const ledger::State& state, const std::string& text) {
  const std::size_t slash = text.find('/');
  const std::string name = text.substr(0, slash);
  const auto known = state.pipelines.find(name);
  if (known != state.pipelines.end()) {
    if (slash == std::string::npos) return Subject{name, ledger::WholePipeline{}};
    return find_part(name, known->second, text.substr(slash + 1));
  }
  if (auto task = find_task(state, text)) return *std::move(task);
  std::vector<std::string> names;
  for (const auto& [other, pipeline] : state.pipelines) names.push_back(other);
  const auto near = spec::nearest(name, names);
  return fail(ErrorKind::not_found,
              fmt::format("the ledger knows no pipeline and no task '{}'{}; an object is {}", name,
                          near ? fmt::format(", but {}", *near) : "", forms));
}

}  // namespace henge::cli
