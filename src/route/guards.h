// What is never done by accident. Each guard looks at the request and at what was observed, and
// gives its reasons: those that refuse have a remedy, those that wait are over by themselves, and
// what somebody allowed on purpose is noted.
#pragma once

#include <vector>

#include "route/reason.h"
#include "route/request.h"

namespace henge::route {

// An interval moved to chunk borders.
struct Aligned {
  Interval inside;   // the chunks that lie in it; empty (start == end) if none does
  Interval outside;  // the chunks that it touches
  bool operator==(const Aligned&) const = default;
};
// The interval must not be empty.
Aligned align(Interval interval, Granularity granularity);

// The chunks of an interval on chunk borders, in order; `chunks_max` + 1 of them at the most.
std::vector<Interval> chunks_in(Interval interval, Granularity granularity,
                                std::int64_t chunks_max);

// Half-open intervals that share a moment.
bool overlaps(Interval a, Interval b);

// The interval is not empty, lies on chunk borders, and has not too many chunks. While this
// refuses, the other guards can't be asked.
std::vector<Reason> guard_interval(const RouteRequest& request, const RouteLimits& limits);
// Frozen; retention rules that would not load a chunk.
std::vector<Reason> guard_datasource(const RouteRequest& request, const ClusterView& view);
// Never ahead of the watermark without force_open.
std::vector<Reason> guard_watermark(const RouteRequest& request, const ClusterView& view);
// Never an empty load, above all no empty REPLACE, without allow_empty; rows outside are told;
// far fewer rows than are replaced need allow_shrink (limits.shrink_percent, of the whole and of
// each chunk).
std::vector<Reason> guard_input(const RouteRequest& request, const ClusterView& view,
                                const RouteLimits& limits);
// Never where a foreign writer is active: a lock that overlaps, or a task that may take one.
std::vector<Reason> guard_writers(const RouteRequest& request, const ClusterView& view);
// Never twice on one chunk at a time; not before a closed chunk was counted; no append to a chunk
// whose count is in doubt.
std::vector<Reason> guard_chunks(const RouteRequest& request, const ClusterView& view);

// All of them, in that order.
std::vector<Reason> check_guards(const RouteRequest& request, const ClusterView& view,
                                 const RouteLimits& limits);

// What is known of a chunk; one that was not observed is unknown.
ChunkView chunk_view(const ClusterView& view, Interval chunk);
// What a chunk gets, where the input is known by chunk.
ChunkInput input_of(const Input& input, Instant chunk);

}  // namespace henge::route
