// What the list of segments shows: chunks that henge knows nothing of, other granularities, other
// columns, and segments that do not answer.
#include <fmt/format.h>

#include <algorithm>

#include "late/watermark.h"
#include "reconcile/drift_groups.h"
#include "spec/fingerprint.h"

namespace henge::reconcile {
namespace {

Drift of_datasource(const Look& look, DriftKind kind) {
  Drift drift;
  drift.kind = kind;
  drift.object = look.datasource();
  return drift;
}

std::string plural(std::int64_t count, const char* one, const char* many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

std::optional<Instant> watermark(const Look& look) {
  return late::event_watermark(look.input.state, look.input.partitions, look.input.pipeline);
}

// Below the watermark every chunk with a row that streaming accepted is in the ledger.
void find_unexpected(const Look& look, const SegmentView& view, std::vector<Drift>& out) {
  const auto reached = watermark(look);
  if (!reached) return;
  Drift drift = of_datasource(look, DriftKind::segments_unexpected);
  std::int64_t chunks = 0;
  Instant first{}, last{};
  std::string identity;
  auto known = look.input.state.chunks.begin();  // both are in order: walked through side by side
  const auto known_end = look.input.state.chunks.end();
  for (const auto& [start, chunk] : view.chunks) {
    while (known != known_end && known->first < start) ++known;
    if (known != known_end && known->first == start) continue;
    if (chunk_interval(look, start).end > *reached) continue;
    if (chunks++ == 0) first = start;
    last = start;
    drift.segments += chunk.segments;
    drift.rows += chunk.rows;
    identity += fmt::format("{} {}\n", to_ms(start), chunk.digest);
  }
  if (chunks == 0) return;
  drift.evidence = fmt::format(
      "{} with {} rows in {} of which the ledger knows nothing, from {} to {}",
      plural(drift.segments, "segment", "segments"), drift.rows, plural(chunks, "chunk", "chunks"),
      to_short_iso(first), to_short_iso(chunk_interval(look, last).end));
  drift.value = spec::fingerprint(JsonText{identity});
  out.push_back(std::move(drift));
}

void find_overlapping(const Look& look, const SegmentView& view, std::vector<Drift>& out) {
  if (view.off_granularity.empty()) return;
  Drift drift = of_datasource(look, DriftKind::segments_overlapping);
  for (const auto& [interval, count] : view.off_granularity) {
    drift.segments += count;
    drift.value += fmt::format("{} {}\n", to_iso(interval), count);
  }
  const Interval& first = view.off_granularity.begin()->first;
  drift.evidence =
      fmt::format("{} not of segment granularity {}, the first over {}",
                  plural(drift.segments, "visible segment is", "visible segments are"),
                  to_string(look.input.pipeline.schema.segment_granularity), to_iso(first));
  drift.value = spec::fingerprint(JsonText{drift.value});
  out.push_back(std::move(drift));
}

// What one shape has that it should not have. Columns that are missing are no mismatch: Druid
// leaves out what it never saw. But for the count metric: without it rows can't be counted.
std::vector<std::string> odd_columns(const Look& look, const SegmentShape& shape,
                                     const std::set<std::string>& expected) {
  std::vector<std::string> odd;
  if (shape.dimensions.empty() && shape.metrics.empty()) return odd;  // nothing is said of them
  const Schema& schema = look.input.pipeline.schema;
  const auto unknown = [&](const std::string& name) {
    return !expected.contains(name) && !look.input.columns_before.contains(name);
  };
  // A pipeline without dimensions of its own lets Druid find them.
  if (!schema.dimensions.empty())
    std::ranges::copy_if(shape.dimensions, std::back_inserter(odd), unknown);
  std::ranges::copy_if(shape.metrics, std::back_inserter(odd), unknown);
  if (std::ranges::find(shape.metrics, schema.count_metric) == shape.metrics.end())
    odd.push_back("no " + schema.count_metric);
  return odd;
}

void find_other_columns(const Look& look, const SegmentView& view, std::vector<Drift>& out) {
  const std::set<std::string> expected = columns_of(look.input.pipeline);
  Drift drift = of_datasource(look, DriftKind::schema_mismatch);
  std::map<std::string, std::int64_t> segments;  // by column
  for (const auto& [shape, count] : view.shapes) {
    const auto odd = odd_columns(look, look.world.segments->shape(shape), expected);
    for (const std::string& column : odd) segments[column] += count;
    if (!odd.empty()) drift.segments += count;
  }
  if (segments.empty()) return;
  for (const auto& [column, count] : segments) {
    const std::string what =
        column.starts_with("no ")
            ? fmt::format("lack{} the count metric '{}'", count == 1 ? "s" : "", column.substr(3))
            : fmt::format("{} a column '{}' that the pipeline does not write",
                          count == 1 ? "has" : "have", column);
    drift.evidence += fmt::format("{}{} {}", drift.evidence.empty() ? "" : "; ",
                                  plural(count, "segment", "segments"), what);
    drift.value += (drift.value.empty() ? "" : ",") + column;
  }
  out.push_back(std::move(drift));
}

void find_unavailable(const Look& look, std::vector<Drift>& out) {
  if (!look.world.digests) return;
  auto digest = look.world.digests->find(look.datasource());
  if (digest == look.world.digests->end() || digest->second.unavailable == 0) return;
  Drift drift = of_datasource(look, DriftKind::segments_unavailable);
  drift.segments = digest->second.unavailable;
  drift.evidence = fmt::format("{} of {} to be loaded, and nobody answers for {}",
                               plural(drift.segments, "segment", "segments"),
                               digest->second.published, drift.segments == 1 ? "it" : "them");
  drift.value = "unavailable";
  out.push_back(std::move(drift));
}

void find(const Look& look, std::vector<Drift>& out) {
  find_unavailable(look, out);
  const SegmentView* view = listed_segments(look);
  if (view == nullptr) return;
  find_unexpected(look, *view, out);
  find_overlapping(look, *view, out);
  find_other_columns(look, *view, out);
}

bool can_tell(const Look& look, const Drift& drift) {
  if (drift.kind == DriftKind::segments_unavailable) return look.world.digests.has_value();
  if (drift.object != look.datasource() || listed_segments(look) == nullptr) return false;
  return drift.kind != DriftKind::segments_unexpected || watermark(look).has_value();
}

}  // namespace

const DriftGroup& segment_drift() {
  static const DriftGroup group{{DriftKind::segments_unexpected, DriftKind::segments_overlapping,
                                 DriftKind::schema_mismatch, DriftKind::segments_unavailable},
                                find,
                                can_tell};
  return group;
}

}  // namespace henge::reconcile
