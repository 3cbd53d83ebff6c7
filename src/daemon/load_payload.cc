#include "daemon/load_payload.h"

#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "daemon/load_sources.h"
#include "reconcile/fencing.h"
#include "reconcile/load_parts.h"
#include "spec/render_batch.h"
#include "spec/render_msq.h"

namespace henge::daemon {
namespace {

using nlohmann::json;

// `read` holds the part's chunks. Empty: nothing has rows for them, and they are emptied.
JsonText input_source(const ledger::LoadState& load, const LoadPart& part, Interval read) {
  json files = json::array();
  for (const std::int64_t place : part.files)
    files.push_back(load.intent.content.files[static_cast<std::size_t>(place)].uri);
  if (files.empty()) return {};
  switch (load.intent.content.input) {
    case LoadInput::local:
      return {json{{"type", "local"}, {"files", files}}.dump()};
    case LoadInput::http:
      return {json{{"type", "http"}, {"uris", files}}.dump()};
    case LoadInput::s3:
      return {json{{"type", "s3"}, {"uris", files}}.dump()};
    case LoadInput::druid:
      return {json{{"type", "druid"},
                   {"dataSource", load.intent.content.files.front().uri},
                   {"interval", to_iso(read)}}
                  .dump()};
    case LoadInput::inlined:
      return {json{{"type", "inline"}, {"data", load.intent.request.inline_rows}}.dump()};
  }
  return {};
}

}  // namespace

Result<JsonText> load_payload(const Pipeline& pipeline, const ledger::LoadState& load,
                              std::size_t part) {
  TRY(Pipeline reads, pipeline_of_load(pipeline, load.intent.request));
  // In a window nothing else writes, and nothing else is to.
  if (reconcile::needs_window(pipeline, load)) reads.locks = Locks::exclusive;
  const LoadPart& content = load.intent.parts[part];
  std::vector<Interval> intervals;
  for (const Instant chunk : content.chunks)
    intervals.push_back(bucket(pipeline.schema.segment_granularity, chunk));
  const std::string& id = load.parts[part].task_id;
  const Interval read{intervals.front().start, intervals.back().end};
  JsonText source = input_source(load, content, read);
  const int sub_tasks =
      load.route && load.route->engine != "single" ? static_cast<int>(load.route->sub_tasks) : 1;
  if (reconcile::runs_as_query(load, part, load.parts[part].attempt))
    return spec::render_msq_replace(reads,
                                    {id, std::move(intervals), std::move(source), sub_tasks});
  if (load.intent.request.mode == LoadMode::replace)
    return spec::render_replace(reads, {id, std::move(intervals), std::move(source), sub_tasks});
  return spec::render_append(
      reads, {id, std::move(intervals), spec::SourceRows{std::move(source)}, sub_tasks});
}

Result<void> check_files(const ledger::LoadState& load, std::size_t part) {
  if (load.intent.content.input != LoadInput::local) return {};
  for (const std::int64_t place : load.intent.parts[part].files) {
    const LoadFile& file = load.intent.content.files[static_cast<std::size_t>(place)];
    std::error_code error;
    const auto bytes = std::filesystem::file_size(file.uri, error);
    if (error) return fail(ErrorKind::not_found, fmt::format("{}: {}", file.uri, error.message()));
    if (static_cast<std::int64_t>(bytes) != file.bytes)
      return fail(ErrorKind::invalid,
                  fmt::format("{} has {} bytes; it had {} when its rows were counted", file.uri,
                              bytes, file.bytes));
  }
  return {};
}

}  // namespace henge::daemon
