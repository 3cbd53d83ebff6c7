// Segments as the Coordinator lists them and as queries see them.
#include <fmt/format.h>

#include <algorithm>

#include "sim/twin_impl.h"

namespace henge::sim {

using ports::Service;

namespace {

bool covers(Interval outer, Interval inner) {
  return outer.start <= inner.start && inner.end <= outer.end;
}

bool counts(const SegmentColumns* columns, const std::string& metric) {
  return columns != nullptr &&
         std::ranges::find(columns->counted, metric) != columns->counted.end();
}

Segment shown(const std::string& datasource, const SegmentKey& key, const StoredSegment& stored) {
  return {segment_id(datasource, key), key.generation.interval,
          key.generation.version,      key.partition,
          stored.size_bytes,           stored.tombstone()};
}

bool was_used(const StoredSegment& segment, Instant when) {
  return segment.created <= when && (!segment.unused_since || *segment.unused_since > when);
}

// Rows of each bucket that lie in one of the intervals and are not hidden.
std::map<Instant, std::int64_t> rows_by_bucket(const VisibleSegment& segment, Granularity chunk,
                                               const std::vector<Interval>& intervals) {
  std::map<Instant, std::int64_t> out;
  const Interval own = segment.key.generation.interval;
  const Interval first = bucket(chunk, own.start);
  const bool whole =
      segment.hidden.empty() && covers(first, own) &&
      std::ranges::any_of(intervals, [&](const Interval& one) { return covers(one, own); });
  if (whole) {
    if (segment.rows->size() > 0) out[first.start] = segment.rows->size();
    return out;
  }
  const auto asked = [&](Instant event) {
    return segment.shows(event) &&
           std::ranges::any_of(intervals, [&](const Interval& one) { return one.contains(event); });
  };
  for (const SegmentRow64& row : segment.rows->rows)
    if (asked(row.event)) ++out[bucket(chunk, row.event).start];
  if (segment.rows->unnamed > 0 && asked(own.start)) out[first.start] += segment.rows->unnamed;
  return out;
}

std::vector<SegmentRow64> rows_of(const std::vector<VisibleSegment>& segments, Interval interval) {
  std::vector<SegmentRow64> out;
  for (const VisibleSegment& segment : segments) {
    if (segment.rows == nullptr) continue;
    for (const SegmentRow64& row : segment.rows->rows)
      if (interval.contains(row.event) && segment.shows(row.event)) out.push_back(row);
  }
  std::ranges::sort(out, {}, &SegmentRow64::id);
  return out;
}

// SELECT SUM("metric") AS name FROM "datasource"
struct SumQuery {
  std::string metric;
  std::string name;
  std::string datasource;
};

std::optional<SumQuery> sum_query(std::string_view text) {
  SumQuery out;
  const auto take = [&](std::string_view expected) {
    if (!text.starts_with(expected)) return false;
    text.remove_prefix(expected.size());
    return true;
  };
  const auto until = [&](std::string_view end) {
    const auto at = text.find(end);
    const std::string found(text.substr(0, at));
    text.remove_prefix(std::min(text.size(), found.size() + end.size()));
    return found;
  };
  if (!take("SELECT SUM(\"")) return std::nullopt;
  out.metric = until("\"");
  if (!take(") AS ")) return std::nullopt;
  out.name = until(" ");
  if (!take("FROM \"")) return std::nullopt;
  out.datasource = until("\"");
  return text.empty() ? std::optional(out) : std::nullopt;
}

}  // namespace

Result<std::vector<Segment>> DruidTwin::used_segments(const std::string& datasource,
                                                      const std::vector<Interval>& intervals) {
  TRY_VOID(impl_->cluster.require(Service::coordinator));
  std::vector<Segment> out;
  const auto found = impl_->cluster.datasources.find(datasource);
  if (found == impl_->cluster.datasources.end()) return out;
  std::set<SegmentKey> keys;
  for (const Interval& interval : intervals)
    for (const SegmentKey& key : found->second.used(interval)) keys.insert(key);
  for (const SegmentKey& key : keys)
    out.push_back(shown(datasource, key, found->second.all().at(key)));
  return out;
}

Result<std::vector<SegmentRows>> DruidTwin::rows_by_segment(
    const std::string& datasource, const std::string& count_metric, Granularity chunk,
    const std::vector<Interval>& intervals) {
  TRY_VOID(impl_->cluster.require(Service::broker));
  std::vector<SegmentRows> out;
  impl_->streams.catch_up(datasource);
  const auto found = impl_->cluster.datasources.find(datasource);
  if (found == impl_->cluster.datasources.end()) return out;
  std::map<SegmentKey, VisibleSegment> visible;
  for (const Interval& interval : intervals)
    for (VisibleSegment& one : found->second.visible(interval)) visible[one.key] = std::move(one);
  for (const auto& [key, segment] : visible) {
    if (segment.rows == nullptr) continue;
    const bool counted = counts(segment.columns, count_metric);
    for (const auto& [start, rows] : rows_by_bucket(segment, chunk, intervals))
      out.push_back({segment_id(datasource, key), start, counted ? rows : 0});
  }
  return out;
}

Result<SegmentTable> DruidTwin::segments(const std::vector<std::string>& datasources) {
  TRY_VOID(impl_->cluster.require(Service::coordinator));
  SegmentTable out;
  const Instant when = impl_->snapshot_at();
  for (const std::string& name : datasources) {
    const auto found = impl_->cluster.datasources.find(name);
    if (found == impl_->cluster.datasources.end()) continue;
    const auto overshadowed = found->second.overshadowed_at(when);
    for (const auto& [key, segment] : found->second.all()) {
      if (!was_used(segment, when)) continue;
      ListedSegment listed;
      listed.datasource = name;
      listed.version = key.generation.version;
      if (segment.columns) {
        listed.dimensions = segment.columns->dimensions;
        listed.metrics = segment.columns->metrics;
      }
      listed.row.interval = key.generation.interval;
      listed.row.size_bytes = segment.size_bytes;
      listed.row.partition = key.partition;
      listed.row.overshadowed = overshadowed.contains(key);
      listed.row.tombstone = segment.tombstone();
      const bool loads = impl_->cluster.rules_load(name, key.generation.interval);
      listed.row.replication = loads && !listed.row.overshadowed ? 1 : 0;
      out.add(listed);
    }
  }
  out.finish();
  return out;
}

Result<std::map<std::string, SegmentDigest>> DruidTwin::segment_digests() {
  TRY_VOID(impl_->cluster.require(Service::broker));
  std::map<std::string, SegmentDigest> out;
  const Instant when = impl_->snapshot_at();
  for (const auto& [name, segments] : impl_->cluster.datasources) {
    SegmentDigest digest;
    const auto overshadowed = segments.overshadowed_at(when);
    for (const auto& [key, segment] : segments.all()) {
      if (!was_used(segment, when)) continue;
      const bool answers = segment.loaded_at && segment.answers;
      ++digest.published;
      if (overshadowed.contains(key))
        ++digest.overshadowed;
      else if (!answers && !segments.realtime().contains(key) &&
               impl_->cluster.rules_load(name, key.generation.interval))
        ++digest.unavailable;
      digest.size_bytes += segment.size_bytes;
      if (answers && segment.rows) digest.rows += segment.rows->size();
      digest.version_max = std::max(digest.version_max, key.generation.version);
    }
    for (const auto& [key, segment] : segments.realtime()) {
      ++digest.realtime;
      digest.rows += segment.rows->size();
    }
    if (digest != SegmentDigest{}) out[name] = digest;
  }
  return out;
}

Result<JsonText> DruidTwin::sql(const std::string& query) {
  TRY_VOID(impl_->cluster.require(Service::broker));
  const auto sum = sum_query(query);
  if (!sum) return fail(ErrorKind::invalid, "Non-query expression encountered in illegal context");
  TRY(const auto rows, rows_by_segment(sum->datasource, sum->metric, Granularity::all, {all_time}));
  std::int64_t total = 0;
  for (const SegmentRows& one : rows) total += one.rows;
  return JsonText{fmt::format(R"([{{"{}":{}}}])", sum->name, total)};
}

Result<std::vector<Segment>> DruidTwin::unused_segments(const std::string& datasource,
                                                        Interval interval) {
  TRY_VOID(impl_->cluster.require(Service::coordinator));
  std::vector<Segment> out;
  const auto found = impl_->cluster.datasources.find(datasource);
  if (found == impl_->cluster.datasources.end()) return out;
  for (const auto& [key, segment] : found->second.all())
    if (segment.unused_since && covers(interval, key.generation.interval))
      out.push_back(shown(datasource, key, segment));
  return out;
}

Result<void> DruidTwin::mark_used(const std::string& datasource, Interval interval) {
  TRY_VOID(impl_->cluster.require(Service::overlord));
  const auto found = impl_->cluster.datasources.find(datasource);
  if (found == impl_->cluster.datasources.end()) return {};
  std::vector<SegmentKey> unused;
  for (const auto& [key, segment] : found->second.all())
    if (segment.unused_since && covers(interval, key.generation.interval)) unused.push_back(key);
  // The newest first: what they hide stays unused.
  std::ranges::sort(unused, std::ranges::greater(),
                    [](const SegmentKey& key) { return key.generation.version; });
  for (const SegmentKey& key : unused) {
    if (found->second.is_overshadowed(key)) continue;
    found->second.set_used(key, now());
    impl_->cluster.load_later(datasource, key);
  }
  return {};
}

Result<void> DruidTwin::mark_unused(const std::string& datasource, Interval interval) {
  TRY_VOID(impl_->cluster.require(Service::overlord));
  const auto found = impl_->cluster.datasources.find(datasource);
  if (found == impl_->cluster.datasources.end()) return {};
  for (const SegmentKey& key : found->second.used(interval))
    if (covers(interval, key.generation.interval)) impl_->cluster.set_unused(datasource, key);
  impl_->cluster.reconsider(datasource, interval);
  return {};
}

Result<void> DruidTwin::mark_segment_unused(const std::string& datasource,
                                            const std::string& segment) {
  TRY_VOID(impl_->cluster.require(Service::overlord));
  const auto found = impl_->cluster.datasources.find(datasource);
  if (found != impl_->cluster.datasources.end()) {
    for (const auto& [key, stored] : found->second.all()) {
      if (segment_id(datasource, key) != segment) continue;
      const SegmentKey at = key;
      impl_->cluster.set_unused(datasource, at);
      impl_->cluster.reconsider(datasource, at.generation.interval);
      return {};
    }
  }
  return fail(ErrorKind::not_found, fmt::format("segment {} is unknown", segment));
}

void DruidTwin::add_segment(ForeignSegment segment) {
  DatasourceSegments& segments = impl_->cluster.datasource(segment.datasource);
  Generation generation{segment.interval, segment.version};
  std::int32_t core = 0;
  for (const SegmentKey& key : segments.used(segment.interval)) {
    if (segment.version.empty() && key.generation.version > generation.version)
      generation = key.generation;
    if (key.generation == generation) core = segments.all().at(key).core;
  }
  if (generation.version.empty()) generation.version = epoch_version;
  StoredSegment made;
  made.core = core;
  made.rows = std::make_shared<SegmentRows64>();
  made.rows->rows = std::move(segment.rows);
  made.rows->unnamed = segment.rows_unnamed;
  made.size_bytes = segment.size_bytes;
  made.created = now();
  made.committed = impl_->cluster.next_order();
  made.columns = std::make_shared<const SegmentColumns>(
      SegmentColumns{segment.dimensions, segment.metrics, {"count"}});
  const SegmentKey key{generation, segments.next_partition(generation, core)};
  StoredSegment& stored = segments.publish(key, std::move(made));
  if (segment.available)
    stored.loaded_at = now();
  else
    impl_->cluster.load_later(segment.datasource, key);
}

void DruidTwin::set_available(const std::string& datasource, Interval interval, bool available) {
  DatasourceSegments& segments = impl_->cluster.datasource(datasource);
  for (const SegmentKey& key : segments.used(interval)) segments.find(key)->answers = available;
}

// --- rules and compaction configuration

Result<std::map<std::string, std::vector<Rule>>> DruidTwin::all_rules() {
  TRY_VOID(impl_->cluster.require(Service::coordinator));
  return impl_->cluster.rules;
}

Result<std::vector<Rule>> DruidTwin::rules(const std::string& datasource) {
  TRY_VOID(impl_->cluster.require(Service::coordinator));
  std::vector<Rule> out;
  const auto own = impl_->cluster.rules.find(datasource);
  if (own != impl_->cluster.rules.end()) out = own->second;
  std::ranges::copy(impl_->cluster.rules["_default"], std::back_inserter(out));
  return out;
}

Result<void> DruidTwin::set_rules(const std::string& datasource, std::vector<Rule> rules,
                                  const Audit&) {
  TRY_VOID(impl_->cluster.require(Service::coordinator));
  if (rules.empty() && datasource != "_default")
    impl_->cluster.rules.erase(datasource);
  else
    impl_->cluster.rules[datasource] = std::move(rules);
  for (const std::string& name : datasources())
    if (name == datasource || datasource == "_default") impl_->cluster.reconsider(name, all_time);
  return {};
}

Result<std::map<std::string, JsonText>> DruidTwin::compaction_configs() {
  TRY_VOID(impl_->cluster.require(Service::coordinator));
  return impl_->cluster.compaction;
}

Result<void> DruidTwin::set_compaction(const std::string& datasource, const JsonText& config,
                                       const Audit&) {
  TRY_VOID(impl_->cluster.require(Service::coordinator));
  if (config.empty())
    impl_->cluster.compaction.erase(datasource);
  else
    impl_->cluster.compaction[datasource] = config;
  return {};
}

// --- truth

std::vector<SegmentRow64> DruidTwin::stored_rows(const std::string& datasource) const {
  return stored_rows(datasource, all_time);
}

std::vector<SegmentRow64> DruidTwin::stored_rows(const std::string& datasource,
                                                 Interval interval) const {
  const auto found = impl_->cluster.datasources.find(datasource);
  if (found == impl_->cluster.datasources.end()) return {};
  return rows_of(found->second.stored_visible(interval), interval);
}

std::vector<SegmentRow64> DruidTwin::visible_rows(const std::string& datasource) {
  impl_->streams.catch_up(datasource);
  const auto found = impl_->cluster.datasources.find(datasource);
  if (found == impl_->cluster.datasources.end()) return {};
  return rows_of(found->second.visible(all_time), all_time);
}

bool DruidTwin::all_available(const std::string& datasource) {
  const auto same = [](const SegmentRow64& a, const SegmentRow64& b) { return a.id == b.id; };
  return std::ranges::equal(visible_rows(datasource), stored_rows(datasource), same);
}

std::uint64_t DruidTwin::stored_revision(const std::string& datasource) const {
  const auto found = impl_->cluster.datasources.find(datasource);
  return found == impl_->cluster.datasources.end() ? 0 : found->second.revision();
}

std::vector<Interval> DruidTwin::stored_changes(const std::string& datasource,
                                                std::uint64_t since) const {
  const auto found = impl_->cluster.datasources.find(datasource);
  if (found == impl_->cluster.datasources.end()) return {};
  return found->second.changed_since(since);
}

}  // namespace henge::sim
