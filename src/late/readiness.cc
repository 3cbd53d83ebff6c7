#include "late/readiness.h"

#include <fmt/format.h>

#include "late/watermark.h"

namespace henge::late {

using ledger::ChunkState;
using ledger::ChunkStatus;

namespace {

constexpr std::int64_t chunks_max = 1'000'000;

std::string why_open(const ChunkState& chunk, bool past) {
  if (!past) return "rows that streaming accepts may still come";
  return fmt::format("Druid has not committed all of its {} on-time rows", chunk.on_time());
}

std::string why_not_sealed(const ChunkState& chunk, bool past) {
  switch (chunk.status) {
    case ChunkStatus::open:
      return why_open(chunk, past);
    case ChunkStatus::closed:
      return fmt::format("the count has not come out yet: {} rows are expected", chunk.expected());
    case ChunkStatus::uncertain:
      return chunk.doubt ? chunk.doubt->reason : "its count does not come out";
    case ChunkStatus::sealed:
      break;
  }
  return "";
}

std::string why_not_repaired(const ChunkState& chunk) {
  if (!chunk.repair.empty()) return chunk.repair + " is under way";
  const std::int64_t waiting = chunk.waiting_rows();
  return waiting == 0 ? "" : fmt::format("{} late rows wait for a repair", waiting);
}

// Empty: it is as far as that.
std::string why_behind(const ChunkState& chunk, Until until, bool past) {
  switch (until) {
    case Until::closed:
      return chunk.status == ChunkStatus::open ? why_open(chunk, past) : "";
    case Until::sealed:
    case Until::loaded:
      return why_not_sealed(chunk, past);
    case Until::repaired: {
      std::string why = why_not_sealed(chunk, past);
      return why.empty() ? why_not_repaired(chunk) : why;
    }
  }
  return "";
}

}  // namespace

Readiness readiness(const Pipeline& pipeline, const ledger::PipelineState& state, Interval interval,
                    Until until) {
  const auto watermark =
      event_watermark(state, static_cast<int>(state.partitions.size()), pipeline);
  Readiness out;
  Interval chunk = bucket(pipeline.schema.segment_granularity, interval.start);
  for (; chunk.start < interval.end;
       chunk = bucket(pipeline.schema.segment_granularity, chunk.end)) {
    ++out.chunks;
    const bool past = watermark && *watermark >= chunk.end;
    auto known = state.chunks.find(chunk.start);
    if (known == state.chunks.end()) {
      if (!past)
        out.behind.push_back({chunk.start, "", "rows that streaming accepts may still come"});
      continue;
    }
    if (known->second.seal) out.rows += known->second.seal->rows;
    std::string why = why_behind(known->second, until, past);
    if (!why.empty())
      out.behind.push_back({chunk.start, ledger::to_string(known->second.status), std::move(why)});
  }
  out.ready_chunks = out.chunks - std::ssize(out.behind);
  if (until == Until::loaded && out.behind.empty() && out.rows == 0)
    out.why = "no row of the interval is in Druid";
  return out;
}

Result<void> check_on_borders(Granularity chunk, Interval interval) {
  if (interval.start >= interval.end)
    return fail(ErrorKind::invalid, fmt::format("interval {} is empty", to_iso(interval)));
  const Interval first = bucket(chunk, interval.start);
  const Interval last = bucket(chunk, interval.end - Millis(1));
  if (first.start != interval.start || last.end != interval.end)
    return fail(
        ErrorKind::invalid,
        fmt::format("interval {}/{} does not lie on the borders of chunks (one {} each); the "
                    "nearest that holds it is {}/{}",
                    to_short_iso(interval.start), to_short_iso(interval.end), to_string(chunk),
                    to_short_iso(first.start), to_short_iso(last.end)));
  const std::int64_t chunks = (interval.end - interval.start) / (first.end - first.start);
  if (chunks > chunks_max)
    return fail(ErrorKind::invalid,
                fmt::format("interval {} holds {} chunks, at most {} can be waited for at once",
                            to_iso(interval), chunks, chunks_max));
  return {};
}

const char* to_string(Until until) {
  switch (until) {
    case Until::closed:
      return "closed";
    case Until::sealed:
      return "sealed";
    case Until::loaded:
      return "loaded";
    case Until::repaired:
      return "repaired";
  }
  return "";
}

Result<Until> parse_until(std::string_view text) {
  for (const Until each : {Until::closed, Until::sealed, Until::loaded, Until::repaired})
    if (text == to_string(each)) return each;
  return fail(ErrorKind::invalid,
              fmt::format("'{}' is none of closed, sealed, loaded, repaired", text));
}

}  // namespace henge::late
