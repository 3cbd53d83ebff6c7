// The digest of a chunk's visible segments: the same for both ways of listing, another for another
// set.
#include "model/segment_digest.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
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

TEST(VisibleSegments, AreThoseThatAQuerySees) {
  const Instant half = hour.start + std::chrono::minutes(30);
  const Interval first{hour.start, half}, second{half, hour.end};
  const SegmentKey a{hour, "1", 0, false}, b{hour, "1", 1, false}, newer{hour, "2", 0, false},
      grave{hour, "3", 0, true}, of_day{day, "2", 0, false}, old_day{day, "0", 0, false},
      one{first, "2", 0, false}, other{second, "2", 0, false}, same{first, "1", 0, false};
  const struct {
    const char* name;
    std::vector<SegmentKey> used, visible;
  } cases[] = {
      {"none", {}, {}},
      {"all partitions of a version", {b, a}, {a, b}},
      {"one listed twice", {a, a}, {a}},
      {"the newest version", {a, b, newer}, {newer}},
      {"nothing under a tombstone", {a, newer, grave}, {}},
      {"what is newer than the day", {a, old_day}, {a}},
      {"the newer day", {a, of_day}, {of_day}},
      {"a half does not hide the whole", {a, one}, {one, a}},
      {"both halves do", {a, one, other}, {one, other}},
      {"the same version does not", {a, same}, {same, a}},
      {"halves under a newer whole", {one, other, {hour, "3", 0, false}}, {{hour, "3", 0, false}}},
      {"another hour's", {{{hour.end, day.end}, "9", 0, false}}, {}},
  };
  for (const auto& c : cases) {
    auto expected = c.visible;
    std::ranges::sort(expected);
    EXPECT_EQ(visible_segments(c.used, hour), expected) << c.name;
  }
}

// Intervals in sixths of the hour, a sixth before it and a sixth behind it.
std::vector<SegmentKey> any_segments() {
  static const std::string versions[] = {"1", "2", "3"};
  std::vector<SegmentKey> out;
  for (int n = *rc::gen::inRange(0, 10); n > 0; --n) {
    const int from = *rc::gen::inRange(-1, 7), length = *rc::gen::inRange(1, 8);
    const auto at = [](int sixth) { return hour.start + std::chrono::minutes(10 * sixth); };
    out.push_back({{at(from), at(std::min(from + length, 8))},
                   versions[*rc::gen::inRange(0, 3)],
                   *rc::gen::inRange(0, 2),
                   *rc::gen::inRange(0, 5) == 0});
  }
  return out;
}

// Seen where nothing newer covers it, looked at sixth by sixth.
RC_GTEST_PROP(VisibleSegmentsLaw, one_is_seen_where_some_of_its_time_is_its_own, ()) {
  const auto used = any_segments();
  const auto visible = visible_segments(used, hour);
  for (const SegmentKey& key : used) {
    bool seen = false;
    for (int sixth = 0; sixth < 6; ++sixth) {
      const Instant at = hour.start + std::chrono::minutes(10 * sixth);
      seen = seen ||
             (key.interval.contains(at) && std::ranges::none_of(used, [&](const SegmentKey& other) {
                return other.version > key.version && other.interval.contains(at);
              }));
    }
    RC_ASSERT(std::ranges::binary_search(visible, key) == (seen && !key.tombstone));
  }
  for (const SegmentKey& key : visible) RC_ASSERT(std::ranges::find(used, key) != used.end());
}

RC_GTEST_PROP(VisibleSegmentsLaw, order_and_repetition_of_a_listing_say_nothing, ()) {
  auto used = any_segments();
  const auto visible = visible_segments(used, hour);
  auto again = used;
  std::ranges::reverse(again);
  again.insert(again.end(), used.begin(), used.end());
  RC_ASSERT(visible_segments(again, hour) == visible);
}

RC_GTEST_PROP(SegmentDigestLaw, is_equal_exactly_where_the_same_is_seen, ()) {
  const auto one = visible_segments(any_segments(), hour);
  auto other = one;
  if (*rc::gen::arbitrary<bool>()) other = visible_segments(any_segments(), hour);
  RC_CLASSIFY(one == other, "the same");
  RC_ASSERT((segment_set_digest(one) == segment_set_digest(other)) == (one == other));
}

}  // namespace
}  // namespace henge
