#include "daemon/chunk_look.h"

namespace henge::daemon {
namespace {

// Neighbouring chunks become one interval, so that a query names few.
std::vector<Interval> intervals_of(const std::set<Instant>& chunks, Granularity granularity) {
  std::vector<Interval> out;
  for (Instant start : chunks) {
    Interval next = bucket(granularity, start);
    if (!out.empty() && out.back().end == next.start)
      out.back().end = next.end;
    else
      out.push_back(next);
  }
  return out;
}

}  // namespace

runtime::Async<std::map<Instant, late::Reading>> look_at_chunks(Doors& shell,
                                                                const Pipeline& pipeline,
                                                                std::set<Instant> chunks) {
  const Granularity granularity = pipeline.schema.segment_granularity;
  std::vector<Interval> intervals = intervals_of(chunks, granularity);
  // The published segments first: one that is published between the two calls counts as not
  // published, and the next round sees it.
  CO_TRY(auto used, co_await shell.druid.used_segments(pipeline.datasource, intervals));
  CO_TRY(auto answers,
         co_await shell.druid.rows_by_segment(pipeline.datasource, pipeline.schema.count_metric,
                                              granularity, intervals));
  co_return late::read_chunks(chunks, granularity, used, answers, shell.clock.now());
}

}  // namespace henge::daemon
