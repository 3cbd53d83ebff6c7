// For the tests of drift: a pipeline whose world is calm. Every test changes one thing of it.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "model/segment_digest.h"
#include "reconcile/drift.h"
#include "reconcile/judge_drift.h"

namespace henge::reconcile {

inline const Instant hour_1 = instant_of_ms(1'767'225'600'000);  // 2026-01-01T00:00Z
inline const Instant hour_2 = hour_1 + std::chrono::hours(1);
inline const Instant hour_9 = hour_1 + std::chrono::hours(9);
inline const Instant today = hour_1 + std::chrono::hours(24);

inline const std::string desired_spec =
    R"({"spec":{"dataSchema":{"dataSource":"clicks"},"ioConfig":{"taskCount":1,"topic":"clicks"}},)"
    R"("type":"kafka"})";

inline Segment used(Instant hour, std::string version, int partition = 0) {
  return {"id", bucket(Granularity::hour, hour), std::move(version), partition, 0, false};
}

class CalmWorld : public testing::Test {
 protected:
  void SetUp() override {
    pipeline.name = "clicks_p";
    pipeline.datasource = "clicks";
    pipeline.schema.segment_granularity = Granularity::hour;
    pipeline.schema.dimensions = {{"country", "string", {}}};
    pipeline.schema.metrics = {{"n", "count", "", {}}};
    pipeline.schema.count_metric = "n";
    pipeline.rule.lateness = std::chrono::hours(1);
    state().version = state().posted_version = 3;
    state().incarnation = "c0ffee00";
    state().partitions[0].arrival_floor = today;
    seal(hour_1, 10, {used(hour_1, "2026-01-01")});
    seal(hour_2, 20, {used(hour_2, "2026-01-01"), used(hour_2, "2026-01-01", 1)});

    world.now = today;
    SupervisorListing listing;
    listing.id = listing.datasource = "clicks";
    listing.state = listing.detailed_state = "RUNNING";
    listing.spec.text = desired_spec;
    world.supervisors = {{"clicks", listing}};
    world.tasks.emplace();
    world.locks.emplace();
    world.digests = {{"clicks", SegmentDigest{}}};
    world.rules = {{"_default", {{"loadForever", {}, "", true, {}}}}};
    world.compaction = std::map<std::string, JsonText>{};
    list();
  }

  ledger::PipelineState& state() { return ledger_state.pipelines["clicks_p"]; }

  void seal(Instant hour, std::int64_t rows, const std::vector<Segment>& of) {
    auto& chunk = state().chunks[hour];
    chunk.status = ledger::ChunkStatus::sealed;
    chunk.counts[0].on_time = rows;
    chunk.seal = ledger::Seal{rows, std::ssize(of), "counted", hour_9,
                              segment_set_digest(of, bucket(Granularity::hour, hour))};
    for (const Segment& s : of) segments.push_back(s);
  }

  // Lists the segments anew, as they are now.
  void list() {
    table = SegmentTable();
    for (const Segment& s : segments) add(s);
    table.finish();
    world.segments = &table;
    ++world.segments_listed["clicks"];
  }
  void add(const Segment& s, const char* dimensions = "country", const char* metrics = "n",
           std::int64_t rows = 7) {
    ListedSegment row{.datasource = "clicks",
                      .version = s.version,
                      .dimensions = dimensions,
                      .metrics = metrics,
                      .row = {}};
    row.row.interval = s.interval;
    row.row.partition = s.partition;
    row.row.tombstone = s.tombstone;
    row.row.rows = rows;
    table.add(row);
  }
  // One more segment with columns and rows of its own.
  void list_with(const Segment& s, const char* dimensions, const char* metrics,
                 std::int64_t rows = 7) {
    table = SegmentTable();
    for (const Segment& own : segments) add(own);
    add(s, dimensions, metrics, rows);
    table.finish();
    ++world.segments_listed["clicks"];
  }

  // Counted twice, with these segments.
  void count(Instant hour, std::int64_t rows, const std::vector<Segment>& of) {
    late::Settled settled;
    settled.reading.at = today;
    settled.reading.rows = rows;
    settled.reading.segments = std::ssize(of);
    settled.reading.digest = segment_set_digest(of, bucket(Granularity::hour, hour));
    settled.since = settled.previous = today - std::chrono::seconds(10);
    settled.times = 2;
    world.readings["clicks_p"][hour] = settled;
  }

  DriftInput input() {
    return {.pipeline = pipeline,
            .desired = JsonText{desired_spec},
            .state = state(),
            .partitions = 1,
            .suspended_by_henge = suspended_by_henge,
            .columns_before = {"referrer"}};
  }
  // Reading ahead must never change what is found: every test of drift holds it.
  Found find() {
    DriftMemory ahead = memory;
    read_ahead(pipeline, JsonText{desired_spec}, world, ahead);
    const Found expected = find_drift(input(), world, ahead);
    Found found = find_drift(input(), world, memory);
    EXPECT_EQ(found.drifts, expected.drifts);
    EXPECT_EQ(found.unknown, expected.unknown);
    EXPECT_TRUE(!state().managed() || memory.segments == ahead.segments);
    return found;
  }
  // "kind object" of everything found.
  std::vector<std::string> keys() {
    std::vector<std::string> out;
    for (const Drift& d : find().drifts) out.push_back(key_of(d.kind, d.object));
    return out;
  }
  Drift only() {
    auto found = find();
    EXPECT_EQ(found.drifts.size(), 1u);
    return found.drifts.empty() ? Drift{} : found.drifts.front();
  }
  // The ledger holds it as found.
  void record(const Drift& drift) {
    auto& known = state().drifts[key_of(drift.kind, drift.object)];
    known.drift = drift;
    known.since = known.value_since = known.recorded_at = today;
  }
  std::vector<Instant> recount() { return chunks_to_recount(input(), world, memory, 10); }

  Pipeline pipeline;
  ledger::State ledger_state;
  World world;
  DriftMemory memory;
  SegmentTable table;
  std::vector<Segment> segments;
  bool suspended_by_henge = false;
};

}  // namespace henge::reconcile
