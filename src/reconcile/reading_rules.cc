#include "reconcile/reading_rules.h"

#include <fmt/format.h>

#include <algorithm>

namespace henge::reconcile {

bool complete(const late::Reading& reading) {
  return reading.unpublished == 0 && reading.unavailable == 0;
}

std::string counted_text(const late::Reading& reading) {
  std::string text = fmt::format("{} rows in {} segments", reading.rows, reading.segments);
  if (reading.unpublished > 0) text += fmt::format(", {} rows not published", reading.unpublished);
  if (reading.unavailable > 0)
    text += fmt::format(", {} segments unavailable", reading.unavailable);
  return text;
}

bool overdue(const late::Settled& settled, const Patience& patience) {
  return settled.lasted() >= (settled.reading.unavailable > 0 ? patience.doubt_unavailable_after
                                                              : patience.doubt_after);
}

const late::Settled* reading_after(const Observation& seen, const Patience& patience, Instant chunk,
                                   Instant moment) {
  auto known = seen.readings.find(chunk);
  if (known == seen.readings.end() || !known->second.agreed_after(moment, patience.readings_apart))
    return nullptr;
  return &known->second;
}

bool scanned_to_the_end(const Pipeline& pipeline, const ledger::PipelineState& state,
                        int partitions, Instant chunk) {
  auto watermark = late::event_watermark(state, partitions, pipeline);
  return watermark && *watermark >= bucket(pipeline.schema.segment_granularity, chunk).end;
}

bool vanished(const Observation& seen, const Patience& patience, const std::string& task,
              Instant moment) {
  auto missing = seen.missing_since.find(task);
  return seen.tasks_known && missing != seen.missing_since.end() &&
         seen.now - std::max(missing->second, moment) >= patience.vanished_after;
}

bool may_be_forgotten(const Observation& seen, const Patience& patience, Instant moment) {
  return seen.tasks_known && seen.now - moment >= patience.forgotten_after;
}

Millis backoff(const Patience& patience, std::int64_t attempts) {
  Millis wait = patience.retry_min;
  for (std::int64_t i = 1; i < attempts && wait < patience.retry_max; ++i) wait *= 2;
  return std::min(wait, patience.retry_max);
}

}  // namespace henge::reconcile
