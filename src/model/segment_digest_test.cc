// The digest of a chunk's visible segments: the same for both ways of listing, another for another
// set.
#include "model/segment_digest.h"

#include <gtest/gtest.h>

#include <random>

#include "model/granularity.h"

namespace henge {
namespace {

const Interval hour = bucket(Granularity::hour, instant_of_ms(3'600'000));
const Interval day = bucket(Granularity::day, instant_of_ms(3'600'000));

Segment segment(Interval interval, std::string version, int partition = 0, bool tombstone = false) {
  return {"id", interval, std::move(version), partition, 0, tombstone};
}

std::string digest(const std::vector<Segment>& used) {
  return segment_set_digest(used, hour);
}

TEST(SegmentDigest, ChangesWithWhatIsVisibleAndWithNothingElse) {
  const Segment a = segment(hour, "2026-01-01"), b = segment(hour, "2026-01-01", 1);
  const Segment newer = segment(hour, "2026-02-01");
  const Segment over_all = segment(day, "2026-03-01");
  Segment larger = a;
  larger.size_bytes = 7;
  struct {
    const char* name;
    std::vector<Segment> one, other;
    bool equal;
  } cases[] = {
      {"order does not matter", {a, b}, {b, a}, true},
      {"a listing may hold one twice", {a, b}, {a, b, a}, true},
      {"size is no identity", {a}, {larger}, true},
      {"one is gone", {a, b}, {a}, false},
      {"another partition", {a}, {b}, false},
      {"another version", {a}, {newer}, false},
      {"nothing is not something", {}, {a}, false},
      {"what is overshadowed does not count", {newer}, {a, b, newer}, true},
      {"overshadowed by a coarser one", {over_all}, {a, b, over_all}, true},
      {"a tombstone hides and is not seen", {}, {a, segment(hour, "2026-02-01", 0, true)}, true},
      {"an older tombstone hides nothing", {a}, {a, segment(hour, "2025-02-01", 0, true)}, true},
      {"other chunks do not matter",
       {a},
       {a, segment({hour.end, hour.end + std::chrono::hours(1)}, "9")},
       true},
  };
  for (const auto& c : cases) EXPECT_EQ(digest(c.one) == digest(c.other), c.equal) << c.name;
  EXPECT_EQ(digest({}).size(), 16u);
}

TEST(SegmentDigest, PartsOfNewerVersionsHideTogether) {
  const Instant middle = hour.start + std::chrono::minutes(30);
  const Segment old = segment(hour, "1");
  const Segment first = segment({hour.start, middle}, "2"),
                second = segment({middle, hour.end}, "2");
  EXPECT_EQ(digest({old, first, second}), digest({first, second}));
  EXPECT_NE(digest({old, first}), digest({first})) << "the old one is seen in its second half";
}

// The law the whole recount rests on.
TEST(SegmentDigest, IsTheSameOfATableAsOfAList) {
  std::mt19937_64 random(7);
  const auto below = [&](std::uint64_t n) { return random() % n; };
  int different = 0;
  std::string before;
  for (int round = 0; round < 500; ++round) {
    std::vector<Segment> list;
    SegmentTable table;
    for (std::uint64_t i = below(8); i > 0; --i) {
      const Interval at =
          below(4) == 0 ? day
                        : bucket(Granularity::hour, hour.start + std::chrono::hours(below(2)));
      const Segment s = segment(at, "2026-01-0" + std::to_string(1 + below(3)),
                                static_cast<int>(below(3)), below(6) == 0);
      list.push_back(s);
      ListedSegment row{.datasource = "clicks",
                        .version = s.version,
                        .dimensions = "a",
                        .metrics = "n",
                        .row = {}};
      row.row.interval = s.interval;
      row.row.partition = s.partition;
      row.row.tombstone = s.tombstone;
      table.add(row);
    }
    // What only a task holds is not published, and in no list of used segments.
    ListedSegment realtime{
        .datasource = "clicks", .version = "9", .dimensions = "", .metrics = "", .row = {}};
    realtime.row.interval = hour;
    realtime.row.realtime = true;
    table.add(realtime);
    table.finish();
    const std::string one = segment_set_digest(list, hour);
    ASSERT_EQ(one, segment_set_digest(table.find("clicks"), table, hour)) << "round " << round;
    different += one != before;
    before = one;
  }
  EXPECT_GT(different, 300) << "the rounds must differ, or nothing was tried";
}

}  // namespace
}  // namespace henge
