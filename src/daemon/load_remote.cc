#include "daemon/load_remote.h"

#include <fmt/format.h>

#include <algorithm>

#include "daemon/load_sources.h"
#include "spec/fingerprint.h"

namespace henge::daemon {
namespace {

constexpr std::string_view druid_scheme = "druid://";

std::optional<LoadInput> kind_of_source(const std::string& source) {
  if (source.starts_with("http://") || source.starts_with("https://")) return LoadInput::http;
  if (source.starts_with("s3://")) return LoadInput::s3;
  if (source.starts_with(druid_scheme)) return LoadInput::druid;
  return std::nullopt;
}

}  // namespace

Result<std::optional<LoadInput>> remote_input(const std::vector<std::string>& sources) {
  if (sources.empty()) return std::optional<LoadInput>();
  const auto first = kind_of_source(sources.front());
  for (const std::string& source : sources) {
    const std::size_t scheme = source.find("://");
    if (scheme != std::string::npos && !kind_of_source(source))
      return fail(
          ErrorKind::invalid,
          fmt::format("'{}': sources are files, http://, https://, s3:// and druid://", source));
    if (kind_of_source(source) != first)
      return fail(ErrorKind::invalid, "the sources of one load must be of one kind");
  }
  if (first == LoadInput::druid && sources.size() != 1)
    return fail(ErrorKind::invalid, "one datasource at a time");
  return first;
}

Result<LoadContent> list_s3(const LoadRequest& request, const std::vector<Instant>& chunks) {
  LoadContent content;
  content.input = LoadInput::s3;
  content.proof = Proof::reported;
  for (const std::string& source : request.sources) {
    TRY(const auto addresses, expand_chunks(source, chunks));
    for (const std::string& address : addresses) {
      if (address.find_first_of("*?") != std::string::npos)
        return fail(
            ErrorKind::invalid,
            fmt::format("{}: objects are named one by one, or by a {{chunk}} template", source));
      content.files.push_back({address, -1, "", -1, {}});
    }
  }
  for (const Instant chunk : chunks) content.chunks.push_back({chunk, -1});
  return content;
}

std::string datasource_of(const std::string& source) {
  return source.substr(druid_scheme.size());
}

runtime::Async<LoadContent> count_datasource(ports::Druid& druid, Pipeline pipeline,
                                             LoadRequest request, std::vector<Instant> chunks) {
  if (request.mode != LoadMode::replace)
    co_return fail(ErrorKind::invalid, "rows of a datasource are loaded with --mode replace only");
  const std::string datasource = datasource_of(request.sources.front());
  std::vector<Interval> intervals{request.interval};
  CO_TRY(auto rows,
         co_await druid.rows_by_segment(datasource, pipeline.schema.count_metric,
                                        pipeline.schema.segment_granularity, std::move(intervals)));
  LoadContent content;
  content.input = LoadInput::druid;
  LoadFile file{datasource, -1, "", 0, {}};
  std::map<Instant, std::int64_t> by_chunk;
  std::vector<std::string> held;
  for (const SegmentRows& segment : rows) {
    by_chunk[segment.chunk] += segment.rows;
    held.push_back(fmt::format("{} {} {}", segment.segment_id, to_ms(segment.chunk), segment.rows));
  }
  std::ranges::sort(held);
  file.content = spec::fingerprint(JsonText{fmt::format("{}", fmt::join(held, "\n"))});
  for (const Instant chunk : chunks) {
    const std::int64_t count = by_chunk.contains(chunk) ? by_chunk.at(chunk) : 0;
    content.chunks.push_back({chunk, count});
    content.rows.accepted += count;
    if (count > 0) file.chunks.push_back(chunk);
  }
  file.rows = content.rows.accepted;
  content.files.push_back(std::move(file));
  co_return content;
}

}  // namespace henge::daemon
