#include "reconcile/segment_view.h"

#include <gtest/gtest.h>

#include "model/segment_digest.h"

namespace henge::reconcile {
namespace {

constexpr std::int64_t hour_ms = 3'600'000;

Interval hours(int from, int count) {
  return {instant_of_ms(from * hour_ms), instant_of_ms((from + count) * hour_ms)};
}

struct Spec {
  Interval interval;
  std::string version = "v1";
  int partition = 0;
  bool tombstone = false;
  bool realtime = false;
};

SegmentTable table_of(const std::vector<Spec>& specs) {
  SegmentTable table;
  for (const Spec& spec : specs) {
    ListedSegment segment{"d", spec.version, "a", "count", {}};
    segment.row.interval = spec.interval;
    segment.row.partition = spec.partition;
    segment.row.tombstone = spec.tombstone;
    segment.row.realtime = spec.realtime;
    segment.row.rows = 10;
    table.add(segment);
  }
  table.finish();
  return table;
}

// What counting a chunk by its name would call its segments, chunk after chunk.
void expect_as_counted(const std::vector<Spec>& specs) {
  const SegmentTable table = table_of(specs);
  const auto rows = table.find("d");
  const SegmentView view =
      view_segments(rows, table, Granularity::hour, [] { return std::set<Instant>{}; });
  std::int64_t segments = 0;
  for (const auto& [start, chunk] : view.chunks) {
    EXPECT_EQ(chunk.digest, segment_set_digest(rows, table, bucket(Granularity::hour, start)));
    EXPECT_EQ(chunk.rows, chunk.segments * 10);
    segments += chunk.segments;
  }
  std::int64_t shaped = 0;
  for (const auto& [shape, count] : view.shapes) shaped += count;
  if (view.off_granularity.empty()) EXPECT_EQ(shaped, segments);
  const std::string nothing = segment_set_digest(std::vector<SegmentKey>());
  for (const SegmentRow& row : rows) {
    const bool own = bucket(Granularity::hour, row.interval.start) == row.interval;
    if (!own || row.realtime || view.chunks.contains(row.interval.start)) continue;
    EXPECT_EQ(segment_set_digest(rows, table, row.interval), nothing);
  }
}

TEST(SegmentView, ChunksWrittenOnceAreSeenWhole) {
  const SegmentTable table =
      table_of({{hours(0, 1)}, {hours(0, 1), "v1", 1}, {hours(1, 1), "v2", 7}, {hours(5, 1)}});
  const SegmentView view =
      view_segments(table.find("d"), table, Granularity::hour, [] { return std::set<Instant>{}; });
  ASSERT_EQ(view.chunks.size(), 3U);
  EXPECT_EQ(view.chunks.at(instant_of_ms(0)).segments, 2);
  EXPECT_EQ(view.chunks.at(instant_of_ms(0)).rows, 20);
  EXPECT_EQ(view.chunks.at(instant_of_ms(5 * hour_ms)).segments, 1);
  EXPECT_TRUE(view.off_granularity.empty());
  EXPECT_EQ(view.shapes.begin()->second, 4);
}

// One odd segment must not change what is said of the chunks beside it.
TEST(SegmentView, APlainChunkIsTheSameBesideAnOddOne) {
  const std::vector<Spec> plain = {{hours(0, 1)}, {hours(0, 1), "v1", 1}, {hours(1, 1)}};
  const SegmentTable before = table_of(plain);
  const SegmentView expected = view_segments(before.find("d"), before, Granularity::hour,
                                             [] { return std::set<Instant>{}; });
  for (const Spec& odd : std::vector<Spec>{{hours(8, 1), "v1", 0, true},
                                           {hours(8, 1), "v1", 0, false, true},
                                           {hours(8, 4), "v1"}}) {
    std::vector<Spec> specs = plain;
    specs.push_back(odd);
    const SegmentTable table = table_of(specs);
    const SegmentView view = view_segments(table.find("d"), table, Granularity::hour,
                                           [] { return std::set<Instant>{}; });
    for (const auto& [start, chunk] : expected.chunks) EXPECT_EQ(view.chunks.at(start), chunk);
  }
}

TEST(SegmentView, EveryListingIsSeenAsCountingSeesIt) {
  std::uint64_t state = 88172645463325252ULL;
  const auto random = [&state](std::uint64_t below) {
    state ^= state << 13U;
    state ^= state >> 7U;
    state ^= state << 17U;
    return static_cast<int>(state % below);
  };
  for (int round = 0; round < 3000; ++round) {
    // From listings that are always plain to such that hardly ever are.
    const bool mixed = round % 2 == 0;
    std::vector<Spec> specs;
    const int count = random(8);
    for (int n = 0; n < count; ++n) {
      Spec spec{hours(random(4), mixed && random(6) == 0 ? 2 : 1)};
      if (mixed) spec.version = fmt::format("v{}", random(3));
      spec.partition = mixed ? random(3) : n;
      spec.tombstone = mixed && random(8) == 0;
      spec.realtime = mixed && random(8) == 0;
      specs.push_back(spec);
    }
    expect_as_counted(specs);
    if (testing::Test::HasFailure()) FAIL() << "round " << round;
  }
}

}  // namespace
}  // namespace henge::reconcile
