// A quiet datasource in which a small load goes through at once; tests change what they are about.
#pragma once

#include <fmt/format.h>

#include <limits>
#include <set>
#include <string>

#include "route/guards.h"
#include "route/route.h"

namespace henge::route {

inline Instant at(const char* text) {
  return parse_instant(text).value();
}
inline Interval span(const char* start, const char* end) {
  return {at(start), at(end)};
}
// 2026-03-01, hour `h` of that day.
inline Instant hour(int h) {
  return at("2026-03-01T00:00Z") + std::chrono::hours(h);
}
inline Interval hours_of(int from, int to) {
  return {hour(from), hour(to)};
}

// 08:00 to 12:00, four sealed chunks of 1,000 rows; it is 14:00 and the watermark is at 13:00.
struct Situation {
  RouteRequest ask;
  ClusterView view;
  RouteLimits limits;
  Instant now = hour(14);

  Situation() {
    ask.id = "load";
    ask.datasource = "clicks";
    ask.interval = hours_of(8, 12);
    ask.input.rows = 4000;
    ask.input.rows_counted = true;
    ask.input.bytes = 800'000;
    ask.input.divisible = true;
    ask.submitted_at = now;
    give(hours_of(8, 12), 1000);
    view.druid_major = 33;
    view.watermark = hour(13);
    for (int h = 8; h < 12; ++h)
      view.chunks.push_back(
          {.interval = hours_of(h, h + 1), .standing = ChunkStanding::sealed, .rows = 1000});
    view.concurrency = {.proven = true, .writers = 3};
    view.stream = {.supervisors = 1};
    view.capacity = {.total = 12, .used = 2, .queued = 0, .kept_for_stream = 2};
    view.rows_per_slot_second = 20'000;
    limits.budget.slots_max = 8;
    limits.budget.datasource_max = 8;
  }

  Route decide() const { return decide_route(ask, view, limits, now); }

  // The input by chunk, so many rows in each.
  void give(Interval chunks, std::int64_t rows) {
    ask.input.by_chunk.clear();
    for (Instant t = chunks.start; t < chunks.end; t += std::chrono::hours(1))
      ask.input.by_chunk.push_back({.chunk = t, .rows = rows, .bytes = rows * 200, .files = 1});
    ask.input.rows = rows * std::ssize(ask.input.by_chunk);
    ask.input.bytes = *ask.input.rows * 200;
    ask.input.files = std::max<std::int64_t>(1, std::ssize(ask.input.by_chunk));
  }
  // The same rows, of which nobody knows the chunk.
  void whole(std::int64_t rows, std::int64_t files) {
    ask.input.by_chunk.clear();
    ask.input.divisible = false;
    ask.input.rows = rows;
    ask.input.bytes = std::min(rows, std::numeric_limits<std::int64_t>::max() / 200) * 200;
    ask.input.files = files;
  }
  void replace() { ask.mode = Mode::replace; }
  // A rewrite of what is there: as many rows as are given.
  void rewrite(std::int64_t rows_each) {
    replace();
    give(ask.interval, rows_each);
    for (ChunkView& chunk : view.chunks) chunk.rows = rows_each;
  }
  void chunks_are(ChunkStanding standing) {
    for (ChunkView& chunk : view.chunks) chunk.standing = standing;
  }
  void exclusive_locks() {
    view.concurrency = {.proven = false, .writers = 2, .against = "supervisor clicks has none"};
  }
  void lock(LockOwner owner, LockType type, Interval interval, int priority = 50) {
    view.locks.push_back({{.datasource = "clicks",
                           .type = type,
                           .group_id = "g" + std::to_string(view.locks.size()),
                           .interval = interval,
                           .version = "v",
                           .priority = priority},
                          owner});
  }
  // `count` tasks of other loads that wait, one slot each.
  void others_wait(int count, Millis duration, std::optional<Instant> deadline = {},
                   int priority = 0) {
    for (int i = 0; i < count; ++i)
      view.waiting.push_back({.id = fmt::format("other{}", view.waiting.size()),
                              .datasource = "other",
                              .priority = priority,
                              .submitted_at = now - std::chrono::minutes(5),
                              .ready_at = now - std::chrono::minutes(5),
                              .deadline = deadline,
                              .slots = 1,
                              .duration = duration});
  }
};

}  // namespace henge::route
