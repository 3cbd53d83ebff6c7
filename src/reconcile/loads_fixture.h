// For tests of loads: a pipeline in a ledger, what was seen of it, and loads that were asked for.
// Every event goes through the fold, which refuses what can't follow.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "reconcile/load_parts.h"
#include "reconcile/load_plan.h"
#include "reconcile/loads.h"

namespace henge::reconcile {

inline std::vector<std::string> kinds(const std::vector<ledger::Body>& events) {
  std::vector<std::string> out;
  for (const ledger::Body& e : events) out.push_back(ledger::kind_of(e));
  return out;
}

class Loads : public testing::Test {
 protected:
  // Members, since other tests of this program have hours of the same names.
  static inline const Instant hour_1 = instant_of_ms(3'600'000);
  static inline const Instant hour_2 = instant_of_ms(7'200'000);
  static inline const Instant hour_3 = instant_of_ms(10'800'000);
  static inline const Instant long_after = instant_of_ms(100'000'000);

  Loads() {
    pipeline.name = "clicks";
    pipeline.rule.lateness = std::chrono::seconds(60);
    pipeline.late.max_delay = Millis(0);
    seen.partitions = 1;
    seen.supervisor.emplace();
    seen.now = now;
    add({ledger::PipelineDeclared{1, "doc", "f", "", "c0ffee00", ""}});
    scan_to(long_after);
  }

  void add(const std::vector<ledger::Body>& events) {
    for (const ledger::Body& body : events) {
      auto done = ledger::apply(all, {now, "clicks", body});
      ASSERT_TRUE(done) << done.error().message;
    }
  }
  const ledger::PipelineState& state() { return all.pipelines.at("clicks"); }
  const ledger::ChunkState& chunk(Instant start) { return state().chunks.at(start); }
  const ledger::LoadState& load(const std::string& name = "load-000001") {
    return state().loads.at(name);
  }
  void scan_to(Instant floor) {
    ledger::ScanAdvanced e;
    scan::PartitionProgress p;
    p.from = offset;
    p.to = offset += 1;
    p.arrival_floor = floor;
    e.batch.partitions = {p};
    add({e});
  }
  // Scans rows of a chunk; late ones become an extent.
  scan::Extent scan(Instant start, std::int64_t on_time, std::int64_t late, Instant arrived) {
    ledger::ScanAdvanced e;
    scan::PartitionProgress p;
    p.from = offset;
    p.to = offset += on_time + late;
    p.arrival_floor = long_after;
    e.batch.partitions = {p};
    scan::RowCounts counts;
    counts.on_time = on_time;
    counts.late = late;
    e.batch.chunks[start][0] = counts;
    scan::Extent x{"delta-1", delta_end, late * 10, late, late * 8, scan::DeltaKind::late,
                   start,     arrived,   ""};
    if (late > 0) {
      delta_end += x.bytes;
      e.batch.extents = {x};
    }
    add({e});
    return x;
  }
  void seal(Instant start, std::int64_t rows) {
    add({ledger::ChunkClosed{start, "committed_offsets"},
         ledger::ChunkSealed{start, rows, 1, "counted", "old"}});
  }
  // Two equal readings, the last one now.
  void read(Instant start, std::int64_t rows, const std::string& digest,
            std::int64_t unavailable = 0) {
    late::Reading reading{now, rows, 0, 1, unavailable, digest, digest};
    seen.readings[start] = {reading, now - std::chrono::seconds(5), 2,
                            now - std::chrono::seconds(5)};
  }
  void pass(Millis time) {
    now += time;
    seen.now = now;
  }
  void ask(LoadMode mode, std::vector<LoadChunk> chunks, std::vector<LoadPart> parts,
           const std::string& key = "k") {
    ledger::LoadRequested e;
    e.number = state().loads_planned + 1;
    e.load = fmt::format("load-{:06}", e.number);
    e.key = key;
    e.request.mode = mode;
    e.request.interval = {chunks.front().chunk, chunks.back().chunk + std::chrono::hours(1)};
    if (mode == LoadMode::replace) e.request.as_of = as_of;
    e.content.chunks = std::move(chunks);
    for (const auto& c : e.content.chunks) e.content.rows.accepted += c.rows;
    e.parts = std::move(parts);
    add({e});
  }
  void ask_one(LoadMode mode, std::int64_t rows, const std::string& key = "k") {
    ask(mode, {{hour_1, rows}}, {{{hour_1}, {}, rows}}, key);
  }
  // What could go if there were slots for all of it.
  struct Planned {
    std::vector<ledger::LoadTaskIntended> intents;
    std::set<std::string> windows;
    std::map<std::string, std::string> waits;
  };
  Planned plan() {
    LoadPlan plan = plan_loads(pipeline, state(), seen, {patience, limits});
    Planned out{{}, {}, std::move(plan.waits)};
    for (WaitingPart& part : plan.waiting) {
      if (part.opens_window) out.windows.insert(part.load);
      if (part.offer.ready && !part.opens_window) out.intents.push_back(std::move(part.intent));
    }
    return out;
  }
  // Intends all that may be, and lets Druid end it.
  void run(ledger::TaskEnd end, const std::string& error = "") {
    auto planned = plan();
    ASSERT_FALSE(planned.intents.empty())
        << (planned.waits.empty() ? "and nothing is waited for" : planned.waits.begin()->second);
    for (auto& intent : planned.intents) {
      add({intent});
      add({ledger::LoadTaskAccepted{intent.load, intent.task_id, false},
           ledger::LoadTaskEnded{intent.load, intent.task_id, end, error, -1}});
    }
    pass(std::chrono::seconds(20));
  }
  std::vector<std::string> judge() {
    auto events = judge_loads(pipeline, state(), seen, patience);
    add(events);
    auto ends = end_loads(pipeline, state(), seen.now);
    add(ends);
    auto all_kinds = kinds(events);
    for (auto& kind : kinds(ends)) all_kinds.push_back(kind);
    return all_kinds;
  }

  Pipeline pipeline;
  ledger::State all;
  Observation seen;
  Patience patience;
  route::RouteLimits limits;
  Instant now = long_after;
  Instant as_of = long_after - std::chrono::seconds(3600);
  std::int64_t offset = 0, delta_end = 0;
};

}  // namespace henge::reconcile
