#include "reconcile/drift.h"

#include <algorithm>

#include "reconcile/decide.h"
#include "reconcile/drift_groups.h"

namespace henge::reconcile {
namespace {

// Every kind is in exactly one group: a test holds it.
const std::vector<const DriftGroup*>& groups() {
  static const std::vector<const DriftGroup*> all{
      &supervisor_drift(), &offset_drift(), &topic_drift(),   &segment_drift(),
      &count_drift(),      &task_drift(),   &settings_drift()};
  return all;
}

bool can_tell(const Look& look, const Drift& drift) {
  for (const DriftGroup* group : groups())
    if (std::ranges::find(group->kinds, drift.kind) != group->kinds.end() &&
        group->can_tell(look, drift))
      return true;
  return false;
}

// Keeps since when each drift is there without a break. What can't be told breaks nothing.
void remember(DriftMemory& memory, const Found& found, Instant now) {
  std::map<std::string, Instant> seen;
  const auto keep = [&](const std::string& key, bool fresh) {
    auto known = memory.first_seen.find(key);
    if (known != memory.first_seen.end())
      seen[key] = known->second;
    else if (fresh)
      seen[key] = now;
  };
  for (const Drift& drift : found.drifts) keep(key_of(drift.kind, drift.object), true);
  for (const std::string& key : found.unknown) keep(key, false);
  memory.first_seen = std::move(seen);
}

}  // namespace

void read_ahead(const Pipeline& pipeline, const JsonText& desired, const World& world,
                DriftMemory& memory) {
  if (world.supervisors) {
    auto live = world.supervisors->find(supervisor_id(pipeline));
    if (live != world.supervisors->end()) compare_specs(desired, live->second.spec, memory);
  }
  auto listed = world.segments_listed.find(pipeline.datasource);
  if (world.segments == nullptr || listed == world.segments_listed.end()) return;
  const auto rows = world.segments->find(pipeline.datasource);
  if (rows.empty() || memory.segments_listed == listed->second) return;
  auto view = view_whole_chunks(rows, *world.segments, pipeline.schema.segment_granularity);
  if (!view) return;
  memory.segments = std::move(*view);
  memory.segments_listed = listed->second;
}

Found find_drift(const DriftInput& input, const World& world, DriftMemory& memory) {
  Found found;
  if (!input.state.managed()) return found;
  const Look look{input, world, memory};
  for (const DriftGroup* group : groups()) group->find(look, found.drifts);
  std::ranges::sort(found.drifts, [](const Drift& a, const Drift& b) {
    return std::tie(a.kind, a.object) < std::tie(b.kind, b.object);
  });
  std::set<std::string> there;
  for (const Drift& drift : found.drifts) there.insert(key_of(drift.kind, drift.object));
  for (const auto& [key, known] : input.state.drifts)
    if (!there.contains(key) && !can_tell(look, known.drift)) found.unknown.insert(key);
  remember(memory, found, world.now);
  return found;
}

std::vector<ledger::Body> note_observed(const DriftInput& input, const World& world) {
  if (!input.state.managed()) return {};
  std::vector<ledger::Body> events = note_recounted(input, world);
  for (ledger::Body& event : note_settings(input, world)) events.push_back(std::move(event));
  return events;
}

const SegmentView* listed_segments(const Look& look) {
  auto listed = look.world.segments_listed.find(look.datasource());
  if (look.world.segments == nullptr || listed == look.world.segments_listed.end()) return nullptr;
  const auto rows = look.world.segments->find(look.datasource());
  const auto& chunks = look.input.state.chunks;
  if (rows.empty() && std::ranges::any_of(chunks, [](const auto& item) {
        return item.second.seal && item.second.seal->segments > 0;
      }))
    return nullptr;
  DriftMemory& memory = look.memory;
  if (memory.segments_listed != listed->second) {
    const auto known = [&] {
      std::set<Instant> starts;
      for (const auto& [start, chunk] : chunks) starts.insert(starts.end(), start);
      return starts;
    };
    memory.segments = view_segments(rows, *look.world.segments,
                                    look.input.pipeline.schema.segment_granularity, known);
    memory.segments_listed = listed->second;
  }
  return &memory.segments;
}

std::optional<bool> retained(const Look& look, Interval chunk) {
  if (!look.world.rules) return std::nullopt;
  std::vector<Rule> rules;
  for (const std::string& of : {look.datasource(), std::string("_default")})
    if (auto own = look.world.rules->find(of); own != look.world.rules->end())
      rules.insert(rules.end(), own->second.begin(), own->second.end());
  return rules_load(rules, chunk, look.world.now);
}

Interval chunk_interval(const Look& look, Instant start) {
  return bucket(look.input.pipeline.schema.segment_granularity, start);
}

std::string shortened(const std::string& text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  std::size_t end = bytes_max;
  // Not in the middle of a UTF-8 character.
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end) + "...";
}

std::set<std::string> columns_of(const Pipeline& pipeline) {
  std::set<std::string> columns{"__time"};
  for (const auto& dimension : pipeline.schema.dimensions) columns.insert(dimension.name);
  for (const auto& metric : pipeline.schema.metrics) columns.insert(metric.name);
  return columns;
}

}  // namespace henge::reconcile
