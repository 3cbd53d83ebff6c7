// What all parts of Druid's twin share: time and its events, chance, the metadata store's segments,
// historicals, rules. For this folder alone.
#pragma once

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sim/druid_twin.h"
#include "sim/twin_locks.h"
#include "sim/twin_segments.h"

namespace henge::sim {

// A segment that a task has been given a name for and not published yet.
struct Allocation {
  std::string datasource;
  std::string task;
  SegmentKey key;
  std::int32_t core = 0;
  SharedRows rows = std::make_shared<SegmentRows64>();
  SharedColumns columns;
  bool announced = false;  // its rows answer from the task's memory
  // Names it also gets, because a REPLACE was published meanwhile (contract 3.3.5).
  std::vector<std::pair<SegmentKey, std::int32_t>> upgrades;
};
using SharedAllocation = std::shared_ptr<Allocation>;

// What a replacing task publishes for one chunk.
struct Replacement {
  Interval interval;
  SharedRows rows;  // none: a tombstone
  SharedColumns columns;
};

class TwinCluster {
 public:
  TwinCluster(const KafkaTwin& kafka_twin, TwinSettings given, Random chance, Instant begin)
      : kafka(kafka_twin), settings(std::move(given)), random(chance), now(begin), begun(begin) {}

  const KafkaTwin& kafka;
  TwinSettings settings;
  TwinFaults faults;
  TwinStats stats;
  Random random;
  Instant now;
  Instant begun;
  std::map<ports::Service, Instant> down_until;
  int leader = 1;  // which of the Overlords leads
  TwinLocks locks;
  std::map<std::string, DatasourceSegments, std::less<>> datasources;
  std::map<std::string, std::vector<Rule>> rules;  // `_default` holds for all
  std::map<std::string, JsonText> compaction;
  // Called before segments or locks of a datasource are looked at or changed: whoever reads lazily
  // reads up to now.
  std::function<void(const std::string& datasource)> catch_up;

  // --- time
  void at(Instant when, std::function<void()> what);
  void after(Millis delay, std::function<void()> what) { at(now + delay, std::move(what)); }
  void advance(Instant to);
  [[nodiscard]] std::optional<Instant> next_event_at() const;
  std::uint64_t next_order() { return ++order_; }

  // --- chance
  Millis draw(const Span& span) { return random.between(span.min, span.max); }
  bool strikes(Mishap& mishap);

  // --- services
  [[nodiscard]] Result<void> require(ports::Service service) const;
  [[nodiscard]] bool is_up(ports::Service service) const { return require(service).has_value(); }
  [[nodiscard]] Instant up_again(ports::Service service) const;

  // --- segments
  DatasourceSegments& datasource(const std::string& name);
  // A place for rows of that time that a task appends. Nothing: the chunk is locked by somebody.
  // Errors: conflict - the task's own lock was revoked.
  Result<SharedAllocation> allocate(const LockRequest& request, Instant event, Granularity chunk,
                                    SharedColumns columns);
  void announce(Allocation& allocation);
  void withdraw(Allocation& allocation);
  void forget(const SharedAllocation& allocation);
  void commit_append(const std::vector<SharedAllocation>& allocations);
  // New versions of chunks; what was appended since the lock was taken moves along.
  void commit_replace(const std::string& name, const HeldLock& lock,
                      const std::vector<Replacement>& chunks);
  // Loaded, or not to be waited for (contract 5.5.2).
  [[nodiscard]] bool is_handed_off(const Allocation& allocation);
  [[nodiscard]] const Rule* rule_of(const std::string& name, Interval interval) const;
  [[nodiscard]] bool rules_load(const std::string& name, Interval interval) const;
  // As often as its rule wants it, which one historical may not be able to.
  [[nodiscard]] bool is_fully_replicated(const std::string& name, const SegmentKey& key);
  void load_later(const std::string& name, const SegmentKey& key);
  // Loads what ought to be loaded and drops what ought not: after rules or used flags changed.
  void reconsider(const std::string& name, Interval interval);
  void set_unused(const std::string& name, const SegmentKey& key);

 private:
  void load(const std::string& name, const SegmentKey& key);
  void drop(const std::string& name, const SegmentKey& key);
  void mark_overshadowed(const std::string& name, Interval interval);
  void publish(const std::string& name, const SegmentKey& key, std::int32_t core, SharedRows rows,
               SharedColumns columns);

  std::map<std::pair<Instant, std::uint64_t>, std::function<void()>> events_;
  std::uint64_t sequence_ = 0;
  std::uint64_t order_ = 0;
  std::map<std::string, std::list<SharedAllocation>> allocations_;  // by datasource
};

// The first rule that covers the interval decides; null: none does.
const Rule* rule_for(const std::vector<Rule>& own, const std::vector<Rule>& general,
                     Interval interval, Instant now);

inline constexpr Interval all_time{instant_of_ms(-62'167'219'200'000),
                                   instant_of_ms(253'402'300'800'000)};  // years 0 to 9999

}  // namespace henge::sim
