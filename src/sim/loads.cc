#include "sim/loads.h"

#include <fmt/format.h>

#include <algorithm>

namespace henge::sim {
namespace {

// On-time rows of a chunk that ends by this have arrived, whatever the producers' clocks say.
Instant surely_complete(const Subject& subject, Instant now) {
  return now - subject.pipeline.rule.lateness - subject.pipeline.stream.arrival_disorder -
         subject.flow.disorder - std::chrono::seconds(1);
}

bool taken(const HandLoads& others, std::size_t subject, Instant chunk) {
  return std::ranges::any_of(others, [&](const HandLoad& other) {
    return other.subject == subject && !other.counted &&
           std::ranges::find(other.chunks, chunk) != other.chunks.end();
  });
}

Instant before(Granularity granularity, Instant chunk) {
  return bucket(granularity, chunk - Millis(1)).start;
}

// Some rows that nobody streamed, in one chunk or two.
bool draw_append(const Subject& subject, Instant complete, std::uint64_t number, Random& random,
                 HandLoad& load) {
  const Granularity granularity = subject.pipeline.schema.segment_granularity;
  Instant chunk = before(granularity, bucket(granularity, complete).start);
  for (std::int64_t back = random.between(0, 12); back > 0; --back)
    chunk = before(granularity, chunk);
  load.chunks = {chunk};
  if (random.chance(0.4)) load.chunks.insert(load.chunks.begin(), before(granularity, chunk));
  for (const Instant start : load.chunks) {
    const Interval span = bucket(granularity, start);
    for (std::int64_t n = random.between(1, 6); n > 0; --n) {
      Produced row;
      row.number = static_cast<std::int64_t>(number * 100 + load.rows.size());
      row.partition = no_partition;
      row.event = span.start + random.between(Millis(0), span.end - span.start - Millis(1));
      row.door = Door::late;  // streaming never brings it
      row.id = row_id(row_text(subject.pipeline, row));
      load.request.inline_rows += row_text(subject.pipeline, row) + "\n";
      load.rows.push_back(row);
    }
  }
  return true;
}

// A chunk as it should be, in place of what it is.
bool draw_replace(const Subject& subject, const Truth& truth, Instant complete, Instant now,
                  Random& random, HandLoad& load) {
  const Granularity granularity = subject.pipeline.schema.segment_granularity;
  std::vector<Instant> able;
  for (const auto& [start, rows] : truth.by_chunk)
    if (bucket(granularity, start).end <= complete) able.push_back(start);
  if (able.empty()) return false;
  const std::size_t newest = std::min<std::size_t>(able.size(), 8);
  const Instant chunk = able[able.size() - 1 - random.below(newest)];
  load.chunks = {chunk};
  load.request.mode = LoadMode::replace;
  // What claims to have arrived by then is there already.
  const Instant as_of = now - subject.flow.disorder - Millis(1);
  load.request.as_of = as_of;
  for (const Produced& row : truth.by_chunk.at(chunk))
    if (row.partition == no_partition || row.arrival <= as_of)
      load.request.inline_rows += row_text(subject.pipeline, row) + "\n";
  return !load.request.inline_rows.empty();
}

}  // namespace

std::optional<HandLoad> draw_load(const Scenario& scenario, std::size_t subject, const Truth& truth,
                                  const HandLoads& others, Instant now, Random& random) {
  const Subject& of = scenario.subjects[subject];
  const Instant complete = surely_complete(of, now);
  HandLoad load;
  load.subject = subject;
  load.cancels = random.chance(0.2);
  const bool replace = random.chance(0.5);
  const bool drawn = replace ? draw_replace(of, truth, complete, now, random, load)
                             : draw_append(of, complete, others.size(), random, load);
  if (!drawn) return std::nullopt;
  for (const Instant chunk : load.chunks)
    if (taken(others, subject, chunk)) return std::nullopt;
  const Granularity granularity = of.pipeline.schema.segment_granularity;
  load.request.pipeline = of.pipeline.name;
  load.request.interval = {load.chunks.front(), bucket(granularity, load.chunks.back()).end};
  load.request.key = fmt::format("by-hand-{}", others.size());
  load.request.by = "someone";
  load.request.allow_shrink = true;
  return load;
}

}  // namespace henge::sim
