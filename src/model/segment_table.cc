#include "model/segment_table.h"

#include <algorithm>
#include <functional>
#include <set>
#include <tuple>

namespace henge {

namespace {

std::vector<std::string> sorted_names(std::string_view joined) {
  std::vector<std::string> names;
  while (!joined.empty()) {
    const auto comma = joined.find(',');
    const std::string_view name = joined.substr(0, comma);
    if (!name.empty()) names.emplace_back(name);
    if (comma == std::string_view::npos) break;
    joined.remove_prefix(comma + 1);
  }
  std::ranges::sort(names);
  return names;
}

}  // namespace

std::uint32_t TextIds::id(std::string_view text) {
  if (slots_.size() < 2 * (texts_.size() + 1)) grow();
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = std::hash<std::string_view>()(text) & mask;
  for (; slots_[at] != none; at = (at + 1) & mask) {
    if (texts_[slots_[at]] == text) return slots_[at];
  }
  const auto id = static_cast<std::uint32_t>(texts_.size());
  slots_[at] = id;
  texts_.emplace_back(text);
  return id;
}

void TextIds::grow() {
  std::size_t size = 16;
  while (size < 4 * (texts_.size() + 1)) size *= 2;
  slots_.assign(size, none);
  for (std::uint32_t id = 0; id < texts_.size(); ++id) {
    std::size_t at = std::hash<std::string>()(texts_[id]) & (size - 1);
    while (slots_[at] != none) at = (at + 1) & (size - 1);
    slots_[at] = id;
  }
}

void TextIds::shrink() {
  slots_ = {};
  texts_.shrink_to_fit();
}

std::size_t SegmentTable::place_of(std::string_view datasource) {
  const auto known = places_.find(datasource);
  if (known != places_.end()) return known->second;
  places_.emplace(datasource, rows_.size());
  rows_.emplace_back();
  return rows_.size() - 1;
}

void SegmentTable::add(const ListedSegment& segment) {
  if (!segment.like_last || !recent_.known) remember(segment);
  SegmentRow row = segment.row;
  row.version = recent_.version_id;
  row.shape = recent_.shape;
  rows_[recent_.place].push_back(row);
  ++size_;
}

void SegmentTable::remember(const ListedSegment& segment) {
  if (!recent_.known || recent_.datasource != segment.datasource) {
    recent_.datasource = segment.datasource;
    recent_.place = place_of(segment.datasource);
  }
  if (!recent_.known || recent_.dimensions != segment.dimensions ||
      recent_.metrics != segment.metrics) {
    recent_.dimensions = segment.dimensions;
    recent_.metrics = segment.metrics;
    recent_.shape = shape_id(segment.dimensions, segment.metrics);
  }
  if (!recent_.known || recent_.version != segment.version) {
    recent_.version = segment.version;
    recent_.version_id = versions_.id(segment.version);
  }
  recent_.known = true;
}

void SegmentTable::finish() {
  recent_ = {};
  for (std::vector<SegmentRow>& rows : rows_) {
    const auto before = [this](const SegmentRow& a, const SegmentRow& b) {
      if (a.interval != b.interval) return a.interval < b.interval;
      if (a.version != b.version) return version(a.version) < version(b.version);
      return a.partition < b.partition;
    };
    if (!std::ranges::is_sorted(rows, before)) std::ranges::sort(rows, before);
    rows.shrink_to_fit();
  }
  versions_.shrink();
}

std::span<const SegmentRow> SegmentTable::find(std::string_view datasource) const {
  const auto place = places_.find(datasource);
  if (place == places_.end()) return {};
  return rows_[place->second];
}

std::vector<std::string> SegmentTable::datasources() const {
  std::vector<std::string> names;
  for (const auto& [name, place] : places_) {
    if (!rows_[place].empty()) names.push_back(name);
  }
  return names;
}

void SegmentTable::replace(SegmentTable other, const std::vector<std::string>& datasources) {
  const std::set<std::string_view> named(datasources.begin(), datasources.end());
  if (has_only(named) && other.has_only(named)) {
    *this = std::move(other);
    return;
  }
  for (const std::string& name : datasources) {
    const std::span<const SegmentRow> taken = other.find(name);
    if (taken.empty() && !places_.contains(name)) continue;
    std::vector<SegmentRow>& rows = rows_[place_of(name)];
    size_ += static_cast<std::int64_t>(taken.size()) - static_cast<std::int64_t>(rows.size());
    rows.assign(taken.begin(), taken.end());
    rows.shrink_to_fit();
    for (SegmentRow& row : rows) {
      row.version = versions_.id(other.version(row.version));
      row.shape = shape_id(other.shape(row.shape));
    }
  }
  drop_unused();
  versions_.shrink();
}

bool SegmentTable::has_only(const std::set<std::string_view>& named) const {
  return std::ranges::all_of(places_, [&](const auto& item) {
    return rows_[item.second].empty() || named.contains(item.first);
  });
}

// Versions come and go for ever: those nobody has any more go once they are the larger part.
void SegmentTable::drop_unused() {
  std::vector<bool> used(versions_.size());
  std::size_t count = 0;
  for (const std::vector<SegmentRow>& rows : rows_) {
    for (const SegmentRow& row : rows) {
      if (!used[row.version]) ++count;
      used[row.version] = true;
    }
  }
  if (versions_.size() < 2 * count + 16) return;
  TextIds kept;
  std::vector<SegmentShape> shapes;
  std::swap(shapes, shapes_);
  shape_ids_.clear();
  for (std::vector<SegmentRow>& rows : rows_) {
    for (SegmentRow& row : rows) {
      row.version = kept.id(versions_.text(row.version));
      row.shape = shape_id(shapes[row.shape]);
    }
  }
  versions_ = std::move(kept);
}

std::uint32_t SegmentTable::shape_id(std::string_view dimensions, std::string_view metrics) {
  return shape_id(SegmentShape{sorted_names(dimensions), sorted_names(metrics)});
}

std::uint32_t SegmentTable::shape_id(const SegmentShape& shape) {
  const auto [known, fresh] = shape_ids_.emplace(shape, static_cast<std::uint32_t>(shapes_.size()));
  if (fresh) shapes_.push_back(shape);
  return known->second;
}

}  // namespace henge
