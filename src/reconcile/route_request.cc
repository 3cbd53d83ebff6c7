#include "reconcile/route_request.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "spec/render_msq.h"

namespace henge::reconcile {
namespace {

using nlohmann::json;
using route::ChunkInput;

bool all_counted(const LoadContent& content) {
  return !content.chunks.empty() &&
         std::ranges::all_of(content.chunks, [](const LoadChunk& c) { return c.rows >= 0; });
}

std::optional<std::int64_t> bytes_of(const LoadContent& content) {
  std::int64_t bytes = 0;
  for (const LoadFile& file : content.files) {
    if (file.bytes < 0) return std::nullopt;
    bytes += file.bytes;
  }
  if (content.files.empty()) return std::nullopt;
  return bytes;
}

// Whether tasks of single chunks would read little more than one task of all: Druid reads a
// datasource by interval; files may hold rows of two chunks each on average.
bool divisible(const LoadContent& content) {
  if (content.input == LoadInput::druid) return true;
  if (content.input == LoadInput::inlined || content.files.empty()) return false;
  std::size_t reads = 0;
  for (const LoadFile& file : content.files) {
    if (file.chunks.empty() && file.rows != 0) return false;
    reads += file.chunks.size();
  }
  return reads <= 2 * content.files.size();
}

std::vector<ChunkInput> by_chunk(const LoadContent& content) {
  std::vector<ChunkInput> inputs;
  if (!all_counted(content)) return inputs;
  for (const LoadChunk& chunk : content.chunks) {
    ChunkInput input{.chunk = chunk.chunk, .rows = chunk.rows};
    input.files = std::ranges::count_if(content.files, [&](const LoadFile& file) {
      return std::ranges::find(file.chunks, chunk.chunk) != file.chunks.end();
    });
    inputs.push_back(input);
  }
  std::ranges::sort(inputs, {}, &ChunkInput::chunk);
  return inputs;
}

route::Partitioning partitioning_of(const Pipeline& pipeline) {
  const json spec = json::parse(pipeline.batch_partitions.text, nullptr, false);
  const std::string type = spec.is_object() && spec.contains("type") && spec["type"].is_string()
                               ? spec["type"].get<std::string>()
                               : "dynamic";
  if (type == "hashed") return route::Partitioning::hashed;
  if (type == "range" || type == "single_dim") return route::Partitioning::range;
  return route::Partitioning::dynamic;
}

// MSQ fails on a line that is no row, and what it makes of one that Druid's batch tasks take is
// known for the pipeline's schema alone: so all rows have to be read and counted here before.
std::string msq_unfit(const Pipeline& pipeline, const LoadContent& content) {
  switch (content.input) {
    case LoadInput::local:
    case LoadInput::http:
    case LoadInput::s3:
      break;
    case LoadInput::druid:
      return "rows of a datasource are re-indexed by index_parallel";
    case LoadInput::inlined:
      return "the rows are in the task itself";
  }
  if (content.proof != Proof::counted) return "only Druid can tell which rows it takes";
  if (content.rows.unparseable > 0)
    return fmt::format("{} lines are no rows, and would make it fail", content.rows.unparseable);
  return spec::msq_unfit(pipeline);
}

}  // namespace

route::RouteRequest route_request(std::string id, const Pipeline& pipeline,
                                  const LoadRequest& request, const LoadContent& content,
                                  Instant submitted_at) {
  route::RouteRequest asked;
  asked.id = std::move(id);
  asked.datasource = pipeline.datasource;
  asked.mode = request.mode;
  asked.interval = request.interval;
  asked.granularity = pipeline.schema.segment_granularity;
  asked.input.by_chunk = by_chunk(content);
  asked.input.rows_counted = all_counted(content);
  if (asked.input.rows_counted) {
    asked.input.rows = 0;
    for (const LoadChunk& chunk : content.chunks) *asked.input.rows += chunk.rows;
  }
  asked.input.rows_outside = content.rows.outside;
  asked.input.bytes = bytes_of(content);
  asked.input.files = std::max<std::int64_t>(1, std::ssize(content.files));
  asked.input.divisible = divisible(content);
  asked.input.splittable = content.input != LoadInput::inlined;
  asked.partitioning = partitioning_of(pipeline);
  asked.rollup = pipeline.schema.rollup;
  asked.msq_unfit = msq_unfit(pipeline, content);
  asked.may = {request.force_open, request.allow_empty, request.allow_shrink};
  asked.priority = static_cast<int>(std::clamp<std::int64_t>(request.priority, -1'000, 1'000));
  asked.submitted_at = submitted_at;
  asked.deadline = request.deadline;
  return asked;
}

}  // namespace henge::reconcile
