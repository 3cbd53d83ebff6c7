// Counting: what may be concluded from what is listed and what answers, and what may not.
#include "late/count.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "model/segment_digest.h"

namespace henge::late {
namespace {

using std::chrono::seconds;

const Instant hour_1 = instant_of_ms(3'600'000);
const Instant hour_2 = instant_of_ms(7'200'000);
const Instant hour_3 = instant_of_ms(10'800'000);

const std::string nothing_visible = segment_set_digest(std::vector<SegmentKey>());

Segment segment(const std::string& id, Instant hour, const std::string& version,
                bool tombstone = false) {
  return {id, bucket(Granularity::hour, hour), version, 0, 0, tombstone};
}

Reading read_one(const std::vector<Segment>& used, const std::vector<SegmentRows>& answers) {
  return read_chunks({hour_1}, Granularity::hour, used, answers, instant_of_ms(1)).at(hour_1);
}

TEST(Count, SumsWhatIsPublishedAndAnswers) {
  Reading r = read_one({segment("a", hour_1, "1"), segment("b", hour_1, "1")},
                       {{"a", hour_1, 5}, {"b", hour_1, 7}, {"c", hour_1, 3}, {"d", hour_2, 100}});
  EXPECT_EQ(r.rows, 12);
  EXPECT_EQ(r.unpublished, 3) << "c is only in a task's memory";
  EXPECT_EQ(r.segments, 2);
  EXPECT_EQ(r.unavailable, 0);
}

TEST(Count, MissesWhatDoesNotAnswer) {
  Reading r = read_one({segment("a", hour_1, "1"), segment("b", hour_1, "1")}, {{"a", hour_1, 5}});
  EXPECT_EQ(r.unavailable, 1);
  EXPECT_EQ(read_one({segment("t", hour_1, "1", true)}, {}).unavailable, 0)
      << "a tombstone holds no rows";
}

TEST(Count, LooksOnlyAtTheNewestVersion) {
  Reading r = read_one({segment("old", hour_1, "2026-01-01"), segment("new", hour_1, "2026-02-01")},
                       {{"new", hour_1, 5}});
  EXPECT_EQ(r.segments, 1);
  EXPECT_EQ(r.unavailable, 0) << "the overshadowed one need not answer";
  Segment day{"day", bucket(Granularity::day, hour_1), "2026-03-01", 0, 0, false};
  r = read_one({segment("old", hour_1, "2026-01-01"), day}, {{"day", hour_1, 5}});
  EXPECT_EQ(r.rows, 5) << "a coarser segment covers the hour";
  EXPECT_EQ(r.segments, 1);
}

TEST(Count, AnEmptyChunkReadsAsZero) {
  EXPECT_EQ(read_one({}, {}), (Reading{instant_of_ms(1), 0, 0, 0, 0, "", nothing_visible}));
}

std::map<Instant, Reading> look(std::int64_t at_ms, std::int64_t rows,
                                const std::string& identity = "a\n") {
  return {{hour_1, Reading{instant_of_ms(at_ms), rows, 0, 1, 0, identity}}};
}

TEST(Count, TwoEqualReadingsAgree) {
  Readings r = settle({}, look(1000, 5));
  EXPECT_FALSE(r.at(hour_1).agreed(seconds(1)));
  r = settle(r, look(1500, 5));
  EXPECT_FALSE(r.at(hour_1).agreed(seconds(1))) << "too close together";
  r = settle(r, look(2000, 5));
  EXPECT_TRUE(r.at(hour_1).agreed(seconds(1)));
  EXPECT_EQ(r.at(hour_1).lasted(), seconds(1));
}

TEST(Count, ReadingsFromBeforeAnEventDoNotSpeakOfIt) {
  Readings r = settle(settle({}, look(1000, 5)), look(3000, 5));
  EXPECT_TRUE(r.at(hour_1).agreed_after(instant_of_ms(1000), seconds(1)));
  EXPECT_FALSE(r.at(hour_1).agreed_after(instant_of_ms(1001), seconds(1)))
      << "the first of the two is too old";
  r = settle(r, look(5000, 5));
  EXPECT_TRUE(r.at(hour_1).agreed_after(instant_of_ms(3000), seconds(1)))
      << "unchanged all along, and looked at twice since";
  EXPECT_FALSE(r.at(hour_1).agreed_after(instant_of_ms(3000), seconds(3)));
}

TEST(Count, AnythingThatMovesStartsAfresh) {
  Readings r = settle(settle({}, look(1000, 5)), look(3000, 5));
  EXPECT_FALSE(settle(r, look(4000, 6)).at(hour_1).agreed(seconds(0))) << "rows";
  EXPECT_FALSE(settle(r, look(4000, 5, "b\n")).at(hour_1).agreed(seconds(0)))
      << "the same rows in other segments";
  EXPECT_TRUE(settle(r, {}).empty()) << "what was not looked at is forgotten";
}

TEST(Count, AnsweringWithNoRowsIsAnAnswer) {
  const Reading r = read_one({segment("a", hour_1, "1")}, {{"a", hour_1, 0}});
  EXPECT_EQ(r.rows, 0);
  EXPECT_EQ(r.segments, 1);
  EXPECT_EQ(r.unavailable, 0);
}

TEST(Count, EveryAskedChunkIsReadAndNoOther) {
  const std::vector<Segment> used{segment("a", hour_1, "1"), segment("b", hour_2, "1")};
  const auto look =
      read_chunks({hour_1, hour_3}, Granularity::hour, used,
                  {{"a", hour_1, 5}, {"b", hour_2, 7}, {"task", hour_3, 2}}, instant_of_ms(9));
  ASSERT_EQ(look.size(), 2u);
  EXPECT_EQ(look.at(hour_1), (Reading{instant_of_ms(9), 5, 0, 1, 0, "a\n",
                                      segment_set_digest({used[0]}, used[0].interval)}));
  EXPECT_EQ(look.at(hour_3),
            (Reading{instant_of_ms(9), 0, 2, 0, 0, "task:task\n", nothing_visible}));
  EXPECT_TRUE(read_chunks({}, Granularity::hour, used, {}, instant_of_ms(9)).empty());
}

struct ShadowCase {
  const char* name;
  std::vector<Segment> used;
  std::vector<std::string> visible;  // in the chunk of hour 1
};

TEST(Count, ASegmentIsVisibleWhereNothingNewerCoversItsPartOfTheChunk) {
  auto span = [](const char* id, const char* interval, const char* version) {
    return Segment{id, *parse_interval(interval), version, 0, 0, false};
  };
  const auto hour = "1970-01-01T01:00Z/1970-01-01T02:00Z";
  const auto first_half = "1970-01-01T01:00Z/1970-01-01T01:30Z";
  const auto second_half = "1970-01-01T01:30Z/1970-01-01T02:00Z";
  const auto last_part = "1970-01-01T01:40Z/1970-01-01T02:00Z";
  const auto day = "1970-01-01/1970-01-02";
  const auto next_hour = "1970-01-01T02:00Z/1970-01-01T03:00Z";
  const ShadowCase cases[] = {
      {"alone", {span("a", hour, "1")}, {"a"}},
      {"same version", {span("a", hour, "1"), span("b", hour, "1")}, {"a", "b"}},
      {"newer", {span("a", hour, "1"), span("b", hour, "2")}, {"b"}},
      {"newest of three",
       {span("c", hour, "3"), span("a", hour, "1"), span("b", hour, "2")},
       {"c"}},
      {"half replaced", {span("a", hour, "1"), span("b", first_half, "2")}, {"a", "b"}},
      {"both halves replaced",
       {span("a", hour, "1"), span("b", first_half, "2"), span("c", second_half, "2")},
       {"b", "c"}},
      {"a gap is left",
       {span("a", hour, "1"), span("b", first_half, "2"), span("c", last_part, "2")},
       {"a", "b", "c"}},
      {"a day over it", {span("a", hour, "1"), span("d", day, "2")}, {"d"}},
      {"an older day under it", {span("a", hour, "2"), span("d", day, "1")}, {"a"}},
      {"the next hour's newer one", {span("a", hour, "1"), span("b", next_hour, "2")}, {"a"}},
      {"epoch versions of appends below a replace",
       {span("a", hour, "1970-01-01T00:00:00.000Z"), span("b", hour, "2026-01-01T00:00:00.000Z")},
       {"b"}},
      {"seven days over it",
       {span("w", "1969-12-29/1970-01-05", "2"), span("a", hour, "1")},
       {"w"}},
  };
  for (const auto& c : cases) {
    std::vector<SegmentRows> answers;
    for (const auto& id : c.visible) answers.push_back({id, hour_1, 1});
    const Reading r = read_one(c.used, answers);
    EXPECT_EQ(r.segments, static_cast<std::int64_t>(c.visible.size())) << c.name;
    EXPECT_EQ(r.unavailable, 0) << c.name;
    std::string identity;
    for (const auto& id : c.visible) identity += id + "\n";
    EXPECT_EQ(r.identity, identity) << c.name;
  }
}

TEST(Count, ATombstoneHidesWhatIsOlder) {
  const Reading r = read_one({segment("a", hour_1, "1"), segment("t", hour_1, "2", true)}, {});
  EXPECT_EQ(r, (Reading{instant_of_ms(1), 0, 0, 0, 0, "", nothing_visible}))
      << "replaced by nothing";
  EXPECT_EQ(read_one({segment("a", hour_1, "2"), segment("t", hour_1, "1", true)}, {}).segments, 1);
}

TEST(Count, ASegmentOfAllTimeIsReadInEachChunkAndTakesNoTime) {
  const Segment all{"all", bucket(Granularity::all, hour_1), "1", 0, 0, false};
  for (Granularity g : {Granularity::second, Granularity::hour, Granularity::month}) {
    const Instant chunk = bucket(g, hour_1).start;
    const auto look = read_chunks({chunk}, g, {all}, {{"all", chunk, 3}}, instant_of_ms(1));
    EXPECT_EQ(look.at(chunk).rows, 3) << to_string(g);
    EXPECT_EQ(look.at(chunk).segments, 1) << to_string(g);
  }
}

TEST(Count, ADaysSegmentIsInEachOfItsHours) {
  const Segment day{"day", bucket(Granularity::day, hour_1), "1", 0, 0, false};
  const auto look = read_chunks({hour_1, hour_2}, Granularity::hour, {day}, {{"day", hour_1, 4}},
                                instant_of_ms(1));
  EXPECT_EQ(look.at(hour_1).rows, 4);
  EXPECT_EQ(look.at(hour_2).rows, 0);
  EXPECT_EQ(look.at(hour_2).segments, 1);
  EXPECT_EQ(look.at(hour_2).unavailable, 0) << "it answered, with nothing in this hour";
}

TEST(Count, TheIdentityTellsATasksSegmentFromAPublishedOne) {
  const Reading in_task = read_one({}, {{"a", hour_1, 5}});
  const Reading published = read_one({segment("a", hour_1, "1")}, {{"a", hour_1, 5}});
  EXPECT_NE(in_task.identity, published.identity);
  EXPECT_FALSE(in_task.same_as(published));
}

// Segments of a few versions over a few hours, with answers for some.
struct Listing {
  std::vector<Segment> used;
  std::vector<SegmentRows> answers;
};

Listing any_listing() {
  Listing out;
  const int n = *rc::gen::inRange(0, 8);
  for (int i = 0; i < n; ++i) {
    const std::string id = "s" + std::to_string(i);
    const Instant hour = hour_1 + std::chrono::hours(*rc::gen::inRange(0, 3));
    const auto granularity = *rc::gen::element(Granularity::hour, Granularity::six_hour);
    Segment s{id, bucket(granularity, hour),   std::to_string(*rc::gen::inRange(1, 4)), 0,
              0,  *rc::gen::inRange(0, 5) == 0};
    if (*rc::gen::inRange(0, 4) != 0) out.used.push_back(s);
    if (*rc::gen::arbitrary<bool>())
      out.answers.push_back({id, hour, *rc::gen::inRange<std::int64_t>(0, 100)});
  }
  return out;
}

const std::set<Instant> three_hours{hour_1, hour_2, hour_3};

RC_GTEST_PROP(CountLaw, every_answered_row_is_counted_once_as_published_or_not, ()) {
  const Listing l = any_listing();
  std::int64_t answered = 0, counted = 0;
  for (const auto& a : l.answers) answered += a.rows;
  const auto look =
      read_chunks(three_hours, Granularity::hour, l.used, l.answers, instant_of_ms(1));
  for (const auto& [chunk, r] : look) {
    counted += r.rows + r.unpublished;
    RC_ASSERT(r.unavailable <= r.segments);
  }
  RC_ASSERT(counted == answered);
}

RC_GTEST_PROP(CountLaw, the_order_of_what_is_listed_and_answered_says_nothing, ()) {
  const Listing l = any_listing();
  Listing turned = l;
  std::ranges::reverse(turned.used);
  std::ranges::reverse(turned.answers);
  RC_ASSERT(
      read_chunks(three_hours, Granularity::hour, l.used, l.answers, instant_of_ms(1)) ==
      read_chunks(three_hours, Granularity::hour, turned.used, turned.answers, instant_of_ms(1)));
}

RC_GTEST_PROP(CountLaw, a_chunk_reads_the_same_whatever_else_is_asked, ()) {
  const Listing l = any_listing();
  const auto together =
      read_chunks(three_hours, Granularity::hour, l.used, l.answers, instant_of_ms(1));
  for (Instant chunk : three_hours)
    RC_ASSERT(
        read_chunks({chunk}, Granularity::hour, l.used, l.answers, instant_of_ms(1)).at(chunk) ==
        together.at(chunk));
}

TEST(Settle, CountsEqualReadingsAndKeepsTheLastTwoMoments) {
  Readings r = settle({}, look(1000, 5));
  EXPECT_EQ(r.at(hour_1).times, 1);
  EXPECT_EQ(r.at(hour_1).since, instant_of_ms(1000));
  r = settle(settle(r, look(2000, 5)), look(4000, 5));
  EXPECT_EQ(r.at(hour_1).times, 3);
  EXPECT_EQ(r.at(hour_1).since, instant_of_ms(1000));
  EXPECT_EQ(r.at(hour_1).previous, instant_of_ms(2000));
  EXPECT_EQ(r.at(hour_1).reading.at, instant_of_ms(4000));
  r = settle(r, look(5000, 6));
  EXPECT_EQ(r.at(hour_1).times, 1);
  EXPECT_EQ(r.at(hour_1).since, instant_of_ms(5000));
}

TEST(Settle, EveryPartOfAReadingHasToStay) {
  const Readings before = settle(settle({}, look(1000, 5)), look(3000, 5));
  ASSERT_TRUE(before.at(hour_1).agreed(seconds(1)));
  for (auto change : std::vector<void (*)(Reading&)>{
           [](Reading& r) { ++r.rows; }, [](Reading& r) { ++r.unpublished; },
           [](Reading& r) { ++r.unavailable; }, [](Reading& r) { r.identity = "b\n"; }}) {
    auto next = look(5000, 5);
    change(next.at(hour_1));
    EXPECT_FALSE(settle(before, next).at(hour_1).agreed(seconds(0)));
  }
}

TEST(Settle, AChunkThatWasLeftOutOnceStartsAfresh) {
  Readings r = settle(settle({}, look(1000, 5)), look(3000, 5));
  r = settle(settle(r, {}), look(9000, 5));
  EXPECT_EQ(r.at(hour_1).times, 1);
  EXPECT_EQ(r.at(hour_1).since, instant_of_ms(9000));
}

TEST(Settle, OneReadingNeverAgreesWithItself) {
  const Readings r = settle({}, look(1000, 5));
  EXPECT_FALSE(r.at(hour_1).agreed(Millis(0)));
  EXPECT_FALSE(r.at(hour_1).agreed_after(instant_of_ms(0), Millis(0)));
}

// Readings at rising moments: what settles is the run of equal ones at the end.
RC_GTEST_PROP(SettleLaw, agreement_needs_two_equal_readings_after_the_moment, ()) {
  Readings r;
  std::vector<std::pair<std::int64_t, std::int64_t>> taken;  // moment, rows
  std::int64_t at = 1000;
  const int n = *rc::gen::inRange(1, 12);
  for (int i = 0; i < n; ++i) {
    at += *rc::gen::inRange(1, 2000);
    taken.emplace_back(at, *rc::gen::inRange(0, 2));
    r = settle(r, look(at, taken.back().second));
  }
  const std::int64_t moment = *rc::gen::inRange<std::int64_t>(0, at + 1000);
  const Millis apart(*rc::gen::inRange(0, 3000));
  std::vector<std::int64_t> run;  // moments of the equal readings at the end
  for (auto i = taken.rbegin(); i != taken.rend() && i->second == taken.back().second; ++i)
    run.insert(run.begin(), i->first);
  const auto after = std::ranges::count_if(run, [&](std::int64_t m) { return m >= moment; });
  if (r.at(hour_1).agreed_after(instant_of_ms(moment), apart)) {
    RC_ASSERT(after >= 2);
    RC_ASSERT(r.at(hour_1).agreed(apart));
  }
  RC_ASSERT(r.at(hour_1).agreed(apart) ==
            (run.size() >= 2 && Millis(run.back() - run.front()) >= apart));
}

}  // namespace
}  // namespace henge::late
