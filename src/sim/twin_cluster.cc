#include "sim/twin_cluster.h"

#include <fmt/format.h>

#include <algorithm>

#include "model/calendar.h"

namespace henge::sim {

namespace {

constexpr std::int64_t bytes_per_row = 80;
constexpr Millis load_retry = Millis(5000);

const char* name_of(ports::Service service) {
  switch (service) {
    case ports::Service::overlord:
      return "Overlord";
    case ports::Service::coordinator:
      return "Coordinator";
    case ports::Service::broker:
      return "Broker";
  }
  return "Overlord";
}

bool overlap(Interval a, Interval b) {
  return a.start < b.end && b.start < a.end;
}

bool covers(Interval outer, Interval inner) {
  return outer.start <= inner.start && inner.end <= outer.end;
}

// `now` less an ISO period; months and years by the calendar. Nothing: no period.
std::optional<Instant> before(Instant now, std::string_view period) {
  if (!period.starts_with('P')) return std::nullopt;
  std::int64_t months = 0;
  std::string rest = "P";
  std::int64_t number = 0;
  bool time = false;
  for (const char c : period.substr(1)) {
    if (c >= '0' && c <= '9') {
      number = number * 10 + (c - '0');
      continue;
    }
    if (c == 'T') {
      time = true;
      rest += c;
    } else if (!time && (c == 'Y' || c == 'M')) {
      months += c == 'Y' ? number * 12 : number;
    } else {
      rest += fmt::format("{}{}", number, c);
    }
    number = 0;
  }
  CalendarDay day = day_of(now);
  const Millis of_day = now - midnight_of(day);
  const std::int64_t month = day.year * 12 + day.month - 1 - months;
  day.year = month / 12;
  day.month = static_cast<unsigned>(month % 12) + 1;
  while (!exists(day)) --day.day;
  const Instant start = midnight_of(day) + of_day;
  if (rest == "P") return start;
  const auto fixed = parse_period(rest);
  return fixed ? std::optional(start - *fixed) : std::nullopt;
}

bool period_covers(const Rule& rule, Interval interval, Instant now) {
  const auto start = before(now, rule.period);
  if (!start) return false;
  return interval.end > *start && (rule.include_future || interval.start < now);
}

bool rule_covers(const Rule& rule, Interval interval, Instant now) {
  if (rule.type.ends_with("Forever")) return true;
  if (rule.type == "dropBeforeByPeriod") {
    const auto start = before(now, rule.period);
    return start && interval.end <= *start;
  }
  if (rule.type.ends_with("ByPeriod")) return period_covers(rule, interval, now);
  return rule.interval && covers(*rule.interval, interval);
}

}  // namespace

const Rule* rule_for(const std::vector<Rule>& own, const std::vector<Rule>& general,
                     Interval interval, Instant now) {
  for (const auto* list : {&own, &general})
    for (const Rule& rule : *list)
      if (rule_covers(rule, interval, now)) return &rule;
  return nullptr;
}

void TwinCluster::at(Instant when, std::function<void()> what) {
  events_.emplace(std::pair(std::max(when, now), ++sequence_), std::move(what));
}

void TwinCluster::advance(Instant to) {
  while (!events_.empty() && events_.begin()->first.first <= to) {
    now = std::max(now, events_.begin()->first.first);
    auto what = std::move(events_.begin()->second);
    events_.erase(events_.begin());
    what();
  }
  now = std::max(now, to);
}

std::optional<Instant> TwinCluster::next_event_at() const {
  if (events_.empty()) return std::nullopt;
  return events_.begin()->first.first;
}

bool TwinCluster::strikes(Mishap& mishap) {
  if (mishap.next > 0) {
    --mishap.next;
    return true;
  }
  return mishap.chance > 0 && random.chance(mishap.chance);
}

Result<void> TwinCluster::require(ports::Service service) const {
  const auto until = down_until.find(service);
  if (until == down_until.end() || now >= until->second) return {};
  return fail(ErrorKind::unavailable, fmt::format("{}: 503 Service Unavailable", name_of(service)));
}

Instant TwinCluster::up_again(ports::Service service) const {
  const auto until = down_until.find(service);
  return until == down_until.end() ? now : std::max(now, until->second);
}

DatasourceSegments& TwinCluster::datasource(const std::string& name) {
  return datasources.try_emplace(name, name).first->second;
}

Result<SharedAllocation> TwinCluster::allocate(const LockRequest& request, Instant event,
                                               Granularity chunk, SharedColumns columns) {
  DatasourceSegments& segments = datasource(request.datasource);
  const auto place = segments.place_for(event, chunk);
  LockRequest wanted = request;
  wanted.interval = place.interval;
  const auto lock = locks.acquire(wanted, now, next_order());
  if (!lock) return SharedAllocation();
  if (lock->shown.revoked)
    return fail(ErrorKind::conflict,
                fmt::format("The lock for interval[{}] is revoked", to_iso(place.interval)));
  auto made = std::make_shared<Allocation>();
  made->datasource = request.datasource;
  made->task = request.task;
  made->key.generation = {place.interval, place.version.value_or(lock->shown.version)};
  made->core = place.core;
  made->key.partition = segments.next_partition(made->key.generation, place.core);
  made->columns = std::move(columns);
  allocations_[request.datasource].push_back(made);
  return made;
}

void TwinCluster::announce(Allocation& allocation) {
  DatasourceSegments& segments = datasource(allocation.datasource);
  allocation.announced = true;
  segments.announce(allocation.key, {allocation.core, allocation.rows, allocation.columns});
  for (const auto& [key, core] : allocation.upgrades)
    segments.announce(key, {core, allocation.rows, allocation.columns});
}

void TwinCluster::withdraw(Allocation& allocation) {
  if (!allocation.announced) return;
  DatasourceSegments& segments = datasource(allocation.datasource);
  allocation.announced = false;
  segments.withdraw(allocation.key);
  for (const auto& [key, core] : allocation.upgrades) segments.withdraw(key);
}

void TwinCluster::forget(const SharedAllocation& allocation) {
  allocations_[allocation->datasource].remove(allocation);
}

void TwinCluster::publish(const std::string& name, const SegmentKey& key, std::int32_t core,
                          SharedRows rows, SharedColumns columns) {
  StoredSegment segment;
  segment.core = core;
  segment.size_bytes = rows ? rows->size() * bytes_per_row : 1;
  segment.rows = std::move(rows);
  segment.columns = std::move(columns);
  segment.created = now;
  segment.committed = next_order();
  datasource(name).publish(key, std::move(segment));
  load_later(name, key);
}

void TwinCluster::commit_append(const std::vector<SharedAllocation>& allocations) {
  for (const SharedAllocation& one : allocations) {
    publish(one->datasource, one->key, one->core, one->rows, one->columns);
    for (const auto& [key, core] : one->upgrades) {
      publish(one->datasource, key, core, one->rows, one->columns);
      ++stats.segments_upgraded;
    }
    forget(one);
  }
}

void TwinCluster::commit_replace(const std::string& name, const HeldLock& lock,
                                 const std::vector<Replacement>& chunks) {
  DatasourceSegments& segments = datasource(name);
  const std::string& version = lock.shown.version;
  std::map<SegmentKey, StoredSegment> appended;
  for (const SegmentKey& key : segments.used(lock.shown.interval)) {
    const StoredSegment& segment = segments.all().at(key);
    if (segment.committed > lock.acquired && key.generation.version < version)
      appended.emplace(key, segment);
  }
  for (const Replacement& chunk : chunks) {
    const Generation made{chunk.interval, version};
    publish(name, {made, segments.next_partition(made, 0)}, 1, chunk.rows, chunk.columns);
  }
  if (lock.shown.type != LockType::replace) return;
  const auto moved = [&](Interval interval) -> std::optional<SegmentKey> {
    for (const Replacement& chunk : chunks) {
      if (!covers(chunk.interval, interval)) continue;
      const Generation made{chunk.interval, version};
      return SegmentKey{made, segments.next_partition(made, 1)};
    }
    return std::nullopt;
  };
  for (const auto& [key, segment] : appended) {
    if (const auto next = moved(key.generation.interval)) {
      publish(name, *next, 1, segment.rows, segment.columns);
      ++stats.segments_upgraded;
    }
  }
  for (const SharedAllocation& pending : allocations_[name]) {
    const auto next = moved(pending->key.generation.interval);
    if (!next) continue;
    pending->upgrades.emplace_back(*next, 1);
    if (pending->announced) announce(*pending);
  }
}

bool TwinCluster::is_handed_off(const Allocation& allocation) {
  DatasourceSegments& segments = datasource(allocation.datasource);
  const auto done = [&](const SegmentKey& key) {
    const StoredSegment* segment = segments.find(key);
    if (segment == nullptr || segment->unused_since || segment->loaded_at) return true;
    return !rules_load(allocation.datasource, key.generation.interval) ||
           segments.is_overshadowed(key);
  };
  return done(allocation.key) &&
         std::ranges::all_of(allocation.upgrades, [&](const auto& one) { return done(one.first); });
}

const Rule* TwinCluster::rule_of(const std::string& name, Interval interval) const {
  static const std::vector<Rule> none;
  const auto own = rules.find(name);
  const auto general = rules.find("_default");
  return rule_for(own == rules.end() ? none : own->second,
                  general == rules.end() ? none : general->second, interval, now);
}

bool TwinCluster::rules_load(const std::string& name, Interval interval) const {
  const Rule* rule = rule_of(name, interval);
  return rule != nullptr && rule->type.starts_with("load");
}

bool TwinCluster::is_fully_replicated(const std::string& name, const SegmentKey& key) {
  const StoredSegment* segment = datasource(name).find(key);
  if (segment == nullptr || segment->unused_since) return true;
  const Rule* rule = rule_of(name, key.generation.interval);
  std::int64_t wanted = 0;
  if (rule != nullptr)
    for (const auto& [tier, count] : rule->replicants) wanted = std::max(wanted, count);
  return segment->loaded_at && wanted <= settings.historicals;
}

void TwinCluster::load_later(const std::string& name, const SegmentKey& key) {
  StoredSegment& segment = datasource(name).all().at(key);
  if (segment.load_pending || segment.loaded_at) return;
  segment.load_pending = true;
  after(draw(settings.times.load), [this, name, key] { load(name, key); });
}

void TwinCluster::load(const std::string& name, const SegmentKey& key) {
  DatasourceSegments& segments = datasource(name);
  StoredSegment* segment = segments.find(key);
  if (segment == nullptr || !segment->load_pending) return;
  if (!faults.historicals_load || !is_up(ports::Service::coordinator)) {
    after(load_retry, [this, name, key] { load(name, key); });
    return;
  }
  segment->load_pending = false;
  const Interval interval = key.generation.interval;
  if (segment->unused_since || !rules_load(name, interval) || segments.is_overshadowed(key)) return;
  segment->loaded_at = now;
  for (const SegmentKey& other : segments.used(interval)) {
    if (other.generation.version >= key.generation.version) continue;
    after(settings.times.mark_unused_period,
          [this, name, interval] { mark_overshadowed(name, interval); });
    return;
  }
}

// Only what a loaded version hides: until then the old one has to answer.
void TwinCluster::mark_overshadowed(const std::string& name, Interval interval) {
  DatasourceSegments& segments = datasource(name);
  const auto used = segments.used(interval);
  for (const SegmentKey& key : used) {
    if (!segments.is_overshadowed(key)) continue;
    const bool ready = std::ranges::all_of(used, [&](const SegmentKey& other) {
      return other.generation.version <= key.generation.version ||
             !overlap(other.generation.interval, key.generation.interval) ||
             segments.find(other)->loaded_at || segments.is_overshadowed(other);
    });
    if (ready) set_unused(name, key);
  }
}

void TwinCluster::set_unused(const std::string& name, const SegmentKey& key) {
  StoredSegment* segment = datasource(name).find(key);
  if (segment == nullptr || segment->unused_since) return;
  datasource(name).set_unused(key, now);
  after(draw(settings.times.load), [this, name, key] { drop(name, key); });
}

void TwinCluster::drop(const std::string& name, const SegmentKey& key) {
  StoredSegment* segment = datasource(name).find(key);
  if (segment == nullptr || !segment->unused_since) return;
  segment->loaded_at.reset();
  segment->load_pending = false;
}

void TwinCluster::reconsider(const std::string& name, Interval interval) {
  DatasourceSegments& segments = datasource(name);
  for (const SegmentKey& key : segments.used(interval)) {
    const Rule* rule = rule_of(name, key.generation.interval);
    if (rule == nullptr) continue;
    if (rule->type.starts_with("load"))
      load_later(name, key);
    else
      set_unused(name, key);
  }
}

}  // namespace henge::sim
