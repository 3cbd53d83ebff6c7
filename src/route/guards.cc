#include "route/guards.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace henge::route {
namespace {

std::int64_t count_of(const std::vector<Interval>& chunks) {
  return std::ssize(chunks);
}

std::vector<Interval> chunks_asked(const RouteRequest& request, const RouteLimits& limits) {
  return chunks_in(request.interval, request.granularity, limits.chunks_max);
}

// The chunks of the request that `wanted` says yes to.
template <typename Wanted>
std::vector<Interval> chunks_where(const RouteRequest& request, const ClusterView& view,
                                   Wanted wanted) {
  std::vector<Interval> chunks;
  for (const ChunkView& chunk : view.chunks)
    if (overlaps(chunk.interval, request.interval) && wanted(chunk))
      chunks.push_back(chunk.interval);
  std::ranges::sort(chunks);
  return chunks;
}

void append(std::vector<Reason>& to, std::vector<Reason> more) {
  std::ranges::move(more, std::back_inserter(to));
}

// Where streaming may still write: behind no watermark, or opened again by a row that was not
// expected.
std::vector<Interval> ahead_of(Instant watermark, const RouteRequest& request,
                               const ClusterView& view) {
  std::vector<Interval> ahead;
  // How many there are was judged before: here none may be left out.
  constexpr auto all = std::numeric_limits<std::int64_t>::max();
  for (const Interval& chunk : chunks_in(request.interval, request.granularity, all - 1)) {
    const bool open = chunk_view(view, chunk).standing == ChunkStanding::open;
    if (chunk.end > watermark || open) ahead.push_back(chunk);
  }
  return ahead;
}

Reason empty_input(const RouteRequest& request, std::int64_t held) {
  const bool allowed = request.may.allow_empty;
  const bool replaces = request.mode == Mode::replace;
  Reason reason{.code = Code::input_empty,
                .weight = allowed ? Weight::notes : Weight::refuses,
                .numbers = {{"rows", 0}, {"rows_held", held}}};
  if (replaces)
    reason.sentence = fmt::format(
        "the input has no row inside {}: the REPLACE would remove the {} rows that are there",
        to_iso(request.interval), held);
  else
    reason.sentence =
        fmt::format("the input has no row inside {}: nothing to append", to_iso(request.interval));
  if (!allowed)
    reason.remedy = replaces ? "--allow-empty, if the interval is to be emptied"
                             : "look at the source's timestamps and the interval";
  return reason;
}

struct Shrunk {
  std::vector<Interval> chunks;
  std::int64_t rows = 0;
  std::int64_t held = 0;
};

bool far_fewer(std::int64_t rows, std::int64_t held, int percent) {
  return static_cast<double>(rows) * 100 < static_cast<double>(held) * percent;
}

// Chunks that would lose too much, each for itself; nothing where the input by chunk is not known.
Shrunk shrunk_chunks(const RouteRequest& request, const ClusterView& view, int percent) {
  Shrunk shrunk;
  if (request.input.by_chunk.empty()) return shrunk;
  for (const ChunkView& chunk : view.chunks) {
    if (!chunk.rows || !overlaps(chunk.interval, request.interval)) continue;
    const std::int64_t rows = input_of(request.input, chunk.interval.start).rows;
    if (!far_fewer(rows, *chunk.rows, percent)) continue;
    shrunk.chunks.push_back(chunk.interval);
    shrunk.rows += rows;
    shrunk.held += *chunk.rows;
  }
  return shrunk;
}

std::vector<Reason> guard_shrink(const RouteRequest& request, const ClusterView& view,
                                 const RouteLimits& limits, std::int64_t held) {
  Shrunk shrunk = shrunk_chunks(request, view, limits.shrink_percent);
  if (shrunk.chunks.empty()) {
    if (!far_fewer(*request.input.rows, held, limits.shrink_percent)) return {};
    shrunk.rows = *request.input.rows;
    shrunk.held = held;
  }
  const bool allowed = request.may.allow_shrink;
  Reason reason{.code = Code::shrinks,
                .weight = allowed ? Weight::notes : Weight::refuses,
                .numbers = {{"rows", shrunk.rows},
                            {"rows_held", shrunk.held},
                            {"percent_min", limits.shrink_percent}},
                .remedy = allowed ? "" : "--allow-shrink, if so few are right"};
  reason.sentence = fmt::format(
      "{} rows would replace {}{}: less than {} %", shrunk.rows, shrunk.held,
      shrunk.chunks.empty() ? "" : " in " + chunks_text(shrunk.chunks), limits.shrink_percent);
  reason.chunks = std::move(shrunk.chunks);
  return {std::move(reason)};
}

// What a REPLACE would remove must be known before it is compared.
std::vector<Reason> guard_rows_held(const RouteRequest& request, const ClusterView& view,
                                    const RouteLimits& limits) {
  std::int64_t held = 0;
  std::vector<Interval> not_known;
  for (const Interval& chunk : chunks_asked(request, limits)) {
    const ChunkView seen = chunk_view(view, chunk);
    if (seen.rows)
      held += *seen.rows;
    else
      not_known.push_back(chunk);
  }
  if (*request.input.rows == 0) return {empty_input(request, held)};
  std::vector<Reason> reasons;
  if (!not_known.empty()) {
    const bool allowed = request.may.allow_shrink;
    reasons.push_back({.code = Code::rows_held_unknown,
                       .weight = allowed ? Weight::notes : Weight::waits,
                       .numbers = {{"chunks", count_of(not_known)}},
                       .sentence = fmt::format("what {} holds was not counted: nobody can say how "
                                               "many rows would be removed",
                                               chunks_text(not_known)),
                       .chunks = not_known});
  }
  append(reasons, guard_shrink(request, view, limits, held));
  return reasons;
}

}  // namespace

bool overlaps(Interval a, Interval b) {
  return a.start < b.end && b.start < a.end;
}

Aligned align(Interval interval, Granularity granularity) {
  const Interval first = bucket(granularity, interval.start);
  const Interval last = bucket(granularity, interval.end - Millis(1));
  Aligned aligned{.inside = interval, .outside = {first.start, last.end}};
  aligned.inside.start = first.start == interval.start ? first.start : first.end;
  aligned.inside.end = last.end == interval.end ? last.end : last.start;
  if (aligned.inside.end < aligned.inside.start) aligned.inside.end = aligned.inside.start;
  return aligned;
}

std::vector<Interval> chunks_in(Interval interval, Granularity granularity,
                                std::int64_t chunks_max) {
  std::vector<Interval> chunks;
  Instant at = interval.start;
  while (at < interval.end && std::ssize(chunks) <= chunks_max) {
    chunks.push_back(bucket(granularity, at));
    at = chunks.back().end;
  }
  return chunks;
}

ChunkView chunk_view(const ClusterView& view, Interval chunk) {
  const auto found = std::ranges::lower_bound(view.chunks, chunk, {}, &ChunkView::interval);
  if (found == view.chunks.end() || found->interval != chunk)
    return ChunkView{.interval = chunk, .rows = {}};
  return *found;
}

std::vector<Reason> guard_interval(const RouteRequest& request, const RouteLimits& limits) {
  const Interval asked = request.interval;
  if (asked.end <= asked.start)
    return {{.code = Code::interval_empty,
             .weight = Weight::refuses,
             .sentence = fmt::format("the interval {} is empty", to_iso(asked)),
             .remedy = "an end after the start"}};
  const Aligned aligned = align(asked, request.granularity);
  if (aligned.outside != asked) {
    const bool has_inside = aligned.inside.start < aligned.inside.end;
    return {{.code = Code::interval_misaligned,
             .weight = Weight::refuses,
             .numbers = {{"inside_start_ms", to_ms(aligned.inside.start)},
                         {"inside_end_ms", to_ms(aligned.inside.end)},
                         {"outside_start_ms", to_ms(aligned.outside.start)},
                         {"outside_end_ms", to_ms(aligned.outside.end)}},
             .sentence = fmt::format("the interval {} is not on the borders of {} chunks",
                                     to_iso(asked), to_string(request.granularity)),
             .remedy = has_inside ? fmt::format("{} lies in it, {} is around it",
                                                to_iso(aligned.inside), to_iso(aligned.outside))
                                  : fmt::format("{} is around it", to_iso(aligned.outside))}};
  }
  if (count_of(chunks_asked(request, limits)) > limits.chunks_max)
    return {{.code = Code::too_many_chunks,
             .weight = Weight::refuses,
             .numbers = {{"chunks_max", limits.chunks_max}},
             .sentence = fmt::format("the interval {} has more than {} chunks", to_iso(asked),
                                     limits.chunks_max),
             .remedy = "several loads of shorter intervals"}};
  return {};
}

std::vector<Reason> guard_datasource(const RouteRequest& request, const ClusterView& view) {
  std::vector<Reason> reasons;
  if (view.frozen)
    reasons.push_back(
        {.code = Code::frozen,
         .weight = Weight::refuses,
         .sentence = fmt::format("{} is frozen: {}", request.datasource, *view.frozen),
         .remedy = "henge unfreeze"});
  auto dropped = chunks_where(request, view, [](const ChunkView& c) { return !c.retained; });
  if (!dropped.empty())
    reasons.push_back(
        {.code = Code::rules_drop,
         .weight = Weight::refuses,
         .numbers = {{"chunks", count_of(dropped)}},
         .sentence = fmt::format("retention rules would not load {}: its rows could never be "
                                 "queried or counted",
                                 chunks_text(dropped)),
         .remedy = "other retention rules, or a shorter interval",
         .chunks = dropped});
  return reasons;
}

std::vector<Reason> guard_watermark(const RouteRequest& request, const ClusterView& view) {
  if (view.stream.supervisors == 0) return {};
  const Weight weight = request.may.force_open ? Weight::notes : Weight::refuses;
  const std::string remedy =
      request.may.force_open ? "" : "wait until the chunk is closed, or --force-open";
  if (!view.watermark)
    return {{.code = Code::watermark_unknown,
             .weight = weight,
             .sentence = "how far the topic was read is not known: streaming may still write "
                         "anywhere",
             .remedy = remedy}};
  auto ahead = ahead_of(*view.watermark, request, view);
  if (ahead.empty()) return {};
  return {{.code = Code::ahead_of_watermark,
           .weight = weight,
           .numbers = {{"chunks", count_of(ahead)}, {"watermark_ms", to_ms(*view.watermark)}},
           .sentence = fmt::format("streaming may still write to {}: the watermark is {}",
                                   chunks_text(ahead), to_short_iso(*view.watermark)),
           .remedy = remedy,
           .chunks = ahead}};
}

std::vector<Reason> guard_input(const RouteRequest& request, const ClusterView& view,
                                const RouteLimits& limits) {
  std::vector<Reason> reasons;
  const Input& input = request.input;
  if (input.rows_outside > 0)
    reasons.push_back({.code = Code::rows_outside,
                       .weight = Weight::notes,
                       .numbers = {{"rows_outside", input.rows_outside}},
                       .sentence = fmt::format("{} rows of the input lie outside {} and are not "
                                               "loaded",
                                               input.rows_outside, to_iso(request.interval))});
  if (!input.rows_counted || !input.rows) {
    const bool must = request.mode == Mode::replace && !request.may.allow_empty;
    reasons.push_back({.code = Code::input_not_counted,
                       .weight = must ? Weight::waits : Weight::notes,
                       .sentence = must ? "the input's rows must be counted before anything is "
                                          "replaced by them"
                                        : "the input's rows are not counted"});
    return reasons;
  }
  if (request.mode == Mode::append) {
    if (*input.rows == 0) reasons.push_back(empty_input(request, 0));
    return reasons;
  }
  append(reasons, guard_rows_held(request, view, limits));
  return reasons;
}

std::vector<Reason> guard_writers(const RouteRequest& request, const ClusterView& view) {
  std::vector<Reason> reasons;
  const auto refuse = [&](const std::string& who, const std::string& what,
                          std::vector<Interval> chunks, int priority) {
    reasons.push_back({.code = Code::foreign_writer,
                       .weight = Weight::refuses,
                       .numbers = {{"priority", priority}},
                       .sentence = fmt::format("{} {}", who, what),
                       .remedy = fmt::format("wait until {} is over", who),
                       .chunks = std::move(chunks)});
  };
  for (const LockView& view_of : view.locks) {
    const TaskLock& lock = view_of.lock;
    if (view_of.owner != LockOwner::foreign || lock.revoked) continue;
    if (!overlaps(lock.interval, request.interval)) continue;
    refuse("task group " + lock.group_id,
           fmt::format("is not henge's and holds a lock of {} (priority {})", to_iso(lock.interval),
                       lock.priority),
           {lock.interval}, lock.priority);
  }
  for (const ForeignTask& task : view.foreign_tasks) {
    const bool locked = std::ranges::any_of(view.locks, [&](const LockView& lock) {
      return lock.lock.group_id == task.id && !lock.lock.revoked;
    });
    if (locked) continue;  // its locks say where it writes
    if (task.interval && !overlaps(*task.interval, request.interval)) continue;
    refuse(fmt::format("{} task {}", task.type, task.id),
           task.interval ? fmt::format("is not henge's and writes to {}", to_iso(*task.interval))
                         : "is not henge's and may write anywhere in the datasource",
           {}, 0);
  }
  return reasons;
}

std::vector<Reason> guard_chunks(const RouteRequest& request, const ClusterView& view) {
  std::vector<Reason> reasons;
  const auto add = [&](Code code, Weight weight, std::vector<Interval> chunks,
                       std::string sentence) {
    if (chunks.empty()) return;
    const std::int64_t count = count_of(chunks);
    reasons.push_back({.code = code,
                       .weight = weight,
                       .numbers = {{"chunks", count}},
                       .sentence = std::move(sentence),
                       .chunks = std::move(chunks)});
  };
  auto busy =
      chunks_where(request, view, [](const ChunkView& c) { return c.work != ChunkWork::none; });
  if (!busy.empty()) {
    const ChunkView first = chunk_view(view, busy.front());
    add(Code::chunk_busy, Weight::waits, busy,
        fmt::format("{}: a {} is under way ({})", chunks_text(busy), to_string(first.work),
                    first.work_id));
  }
  auto standing = [&](ChunkStanding wanted) {
    return chunks_where(request, view,
                        [wanted](const ChunkView& c) { return c.standing == wanted; });
  };
  auto closed = standing(ChunkStanding::closed);
  add(Code::chunk_settling, Weight::waits, closed,
      fmt::format("{} is complete but not yet counted", chunks_text(closed)));
  auto uncertain = standing(ChunkStanding::uncertain);
  const bool replaces = request.mode == Mode::replace;
  add(Code::chunk_uncertain, replaces ? Weight::notes : Weight::waits, uncertain,
      fmt::format(
          "the count of {} is in doubt: {}", chunks_text(uncertain),
          replaces ? "replacing it ends the doubt" : "what is appended could not be proved"));
  auto dirty = standing(ChunkStanding::dirty);
  add(Code::late_rows_waiting, Weight::notes, dirty,
      fmt::format("late rows wait for {}: they are repaired {}", chunks_text(dirty),
                  replaces ? "on top, unless the data covers their arrival" : "besides"));
  return reasons;
}

ChunkInput input_of(const Input& input, Instant chunk) {
  const auto found = std::ranges::lower_bound(input.by_chunk, chunk, {}, &ChunkInput::chunk);
  if (found == input.by_chunk.end() || found->chunk != chunk) return {.chunk = chunk};
  return *found;
}

std::vector<Reason> check_guards(const RouteRequest& request, const ClusterView& view,
                                 const RouteLimits& limits) {
  std::vector<Reason> reasons = guard_interval(request, limits);
  if (!reasons.empty()) return reasons;
  append(reasons, guard_datasource(request, view));
  append(reasons, guard_watermark(request, view));
  append(reasons, guard_input(request, view, limits));
  append(reasons, guard_writers(request, view));
  append(reasons, guard_chunks(request, view));
  return reasons;
}

}  // namespace henge::route
