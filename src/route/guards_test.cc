// Each guard by itself: what it refuses, at its edges, and the numbers and remedies it gives.
#include "route/guards.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "route/route_fixture.h"

namespace henge::route {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

TEST(Align, MovesBothEndsToChunkBorders) {
  const struct {
    Interval asked;
    Granularity granularity;
    Interval inside;
    Interval outside;
  } cases[] = {
      {hours_of(8, 12), Granularity::hour, hours_of(8, 12), hours_of(8, 12)},
      {{hour(8) + Millis(1), hour(12)}, Granularity::hour, hours_of(9, 12), hours_of(8, 12)},
      {{hour(8), hour(12) + Millis(1)}, Granularity::hour, hours_of(8, 12), hours_of(8, 13)},
      {{hour(8), hour(12) - Millis(1)}, Granularity::hour, hours_of(8, 11), hours_of(8, 12)},
      // Within one chunk: none lies inside.
      {{hour(8) + Millis(1), hour(9) - Millis(1)},
       Granularity::hour,
       hours_of(9, 9),
       hours_of(8, 9)},
      {{hour(8), hour(8) + Millis(1)}, Granularity::hour, hours_of(8, 8), hours_of(8, 9)},
      {{hour(8) + minutes(59), hour(9) + minutes(1)},
       Granularity::hour,
       hours_of(9, 9),
       hours_of(8, 10)},
      {hours_of(8, 12), Granularity::day, span("2026-03-02", "2026-03-02"),
       span("2026-03-01", "2026-03-02")},
      {span("2024-02-29", "2024-03-01"), Granularity::month, span("2024-03-01", "2024-03-01"),
       span("2024-02-01", "2024-03-01")},
      {span("2026-01-15", "2026-06-01"), Granularity::month, span("2026-02-01", "2026-06-01"),
       span("2026-01-01", "2026-06-01")},
      {span("1969-12-31", "1970-01-02"), Granularity::day, span("1969-12-31", "1970-01-02"),
       span("1969-12-31", "1970-01-02")},
  };
  for (const auto& c : cases) {
    const Aligned aligned = align(c.asked, c.granularity);
    EXPECT_EQ(to_iso(aligned.outside), to_iso(c.outside)) << to_iso(c.asked);
    if (c.inside.start < c.inside.end)
      EXPECT_EQ(to_iso(aligned.inside), to_iso(c.inside)) << to_iso(c.asked);
    else
      EXPECT_EQ(aligned.inside.start, aligned.inside.end) << to_iso(c.asked);
  }
}

RC_GTEST_PROP(Align, TheInsideLiesInTheIntervalAndTheIntervalInTheOutside, ()) {
  const auto granularity =
      *rc::gen::element(Granularity::minute, Granularity::hour, Granularity::day, Granularity::week,
                        Granularity::month, Granularity::year);
  const auto start = *rc::gen::inRange<std::int64_t>(-100'000'000, 2'000'000'000);
  const auto length = *rc::gen::inRange<std::int64_t>(1, 100'000'000);
  const Interval asked{instant_of_ms(start * 1000), instant_of_ms((start + length) * 1000)};
  const Aligned aligned = align(asked, granularity);
  RC_ASSERT(aligned.outside.start <= asked.start && asked.end <= aligned.outside.end);
  for (Instant border : {aligned.outside.start, aligned.outside.end, aligned.inside.start})
    RC_ASSERT(bucket(granularity, border).start == border);
  if (aligned.inside.start < aligned.inside.end)
    RC_ASSERT(asked.start <= aligned.inside.start && aligned.inside.end <= asked.end);
  // Nearest: one chunk more on either side would be outside.
  RC_ASSERT(bucket(granularity, asked.start).start == aligned.outside.start);
  RC_ASSERT((aligned.outside == asked) == (aligned.inside == asked));
}

TEST(ChunksIn, ListsThemInOrderAndStopsAtTheMost) {
  EXPECT_EQ(chunks_in(hours_of(8, 10), Granularity::hour, 100),
            (std::vector<Interval>{hours_of(8, 9), hours_of(9, 10)}));
  EXPECT_EQ(chunks_in(span("2024-01-01", "2024-04-01"), Granularity::month, 100).size(), 3U);
  EXPECT_EQ(chunks_in(hours_of(0, 24), Granularity::hour, 5).size(), 6U);
  EXPECT_TRUE(chunks_in(hours_of(8, 8), Granularity::hour, 5).empty());
  EXPECT_EQ(chunks_in(span("2024-01-01", "2026-01-01"), Granularity::all, 5).size(), 1U);
}

TEST(Overlaps, HalfOpen) {
  EXPECT_FALSE(overlaps(hours_of(8, 9), hours_of(9, 10)));
  EXPECT_FALSE(overlaps(hours_of(9, 10), hours_of(8, 9)));
  EXPECT_TRUE(overlaps(hours_of(8, 10), hours_of(9, 10)));
  EXPECT_TRUE(overlaps(hours_of(8, 12), hours_of(9, 10)));
  EXPECT_TRUE(overlaps({hour(8), hour(9)}, {hour(9) - Millis(1), hour(10)}));
}

TEST(GuardInterval, AsManyChunksAsAreAllowedAndNotOneMore) {
  Situation s;
  s.limits.chunks_max = 4;
  EXPECT_TRUE(guard_interval(s.ask, s.limits).empty());
  s.limits.chunks_max = 3;
  const auto reasons = guard_interval(s.ask, s.limits);
  ASSERT_EQ(reasons.size(), 1U);
  EXPECT_EQ(reasons[0].code, Code::too_many_chunks);
  EXPECT_EQ(number_of(reasons[0], "chunks_max"), 3);
}

TEST(GuardWatermark, NamesTheChunksThatStreamingMayStillWrite) {
  Situation s;
  s.view.watermark = hour(10);
  const auto reasons = guard_watermark(s.ask, s.view);
  ASSERT_EQ(reasons.size(), 1U);
  EXPECT_EQ(reasons[0].chunks, (std::vector<Interval>{hours_of(10, 11), hours_of(11, 12)}));
  EXPECT_EQ(number_of(reasons[0], "watermark_ms"), to_ms(hour(10)));
  EXPECT_EQ(reasons[0].sentence,
            "streaming may still write to 2026-03-01T10:00Z and 1 more: the watermark is "
            "2026-03-01T10:00Z");
  EXPECT_NE(reasons[0].remedy.find("--force-open"), std::string::npos);
}

TEST(GuardWatermark, AMillisecondDecides) {
  Situation s;
  for (auto [watermark, refused] : {std::pair{hour(12) - Millis(1), true}, {hour(12), false}}) {
    s.view.watermark = watermark;
    EXPECT_EQ(!guard_watermark(s.ask, s.view).empty(), refused) << to_iso(watermark);
  }
}

TEST(GuardWatermark, LooksAtTheLastOfVeryManyChunks) {
  Situation s;
  s.ask.granularity = Granularity::minute;
  s.ask.interval = span("2026-01-01", "2026-03-01");
  s.view.chunks.clear();
  s.view.watermark = s.ask.interval.end;
  EXPECT_TRUE(guard_watermark(s.ask, s.view).empty());
  s.view.watermark = s.ask.interval.end - Millis(1);
  const auto reasons = guard_watermark(s.ask, s.view);
  ASSERT_EQ(reasons.size(), 1U);
  EXPECT_EQ(number_of(reasons[0], "chunks"), 1);
}

TEST(GuardInput, TheThresholdOfShrinkingIsTheLimits) {
  for (int percent : {0, 1, 50, 90, 100}) {
    Situation s;
    s.replace();
    s.limits.shrink_percent = percent;
    s.give(hours_of(8, 12), 10L * percent);
    const auto just_enough = guard_input(s.ask, s.view, s.limits);
    EXPECT_EQ(find_reason(just_enough, Code::shrinks), nullptr) << percent;
    if (percent == 0) continue;
    s.give(hours_of(8, 12), 10L * percent - 1);
    const auto one_less = guard_input(s.ask, s.view, s.limits);
    const Reason* shrinks = find_reason(one_less, Code::shrinks);
    ASSERT_NE(shrinks, nullptr) << percent;
    EXPECT_EQ(shrinks->weight, Weight::refuses);
    EXPECT_EQ(number_of(*shrinks, "percent_min"), percent);
    EXPECT_EQ(number_of(*shrinks, "rows_held"), 4000);
    EXPECT_EQ(number_of(*shrinks, "rows"), 4 * (10L * percent - 1));
  }
}

TEST(GuardInput, NamesOnlyTheChunksThatShrink) {
  Situation s;
  s.replace();
  s.give(hours_of(8, 12), 1000);
  s.ask.input.by_chunk[2].rows = 3;
  s.ask.input.rows = 3003;
  const auto reasons = guard_input(s.ask, s.view, s.limits);
  ASSERT_EQ(reasons.size(), 1U);
  EXPECT_EQ(reasons[0].chunks, (std::vector<Interval>{hours_of(10, 11)}));
  EXPECT_EQ(reasons[0].sentence, "3 rows would replace 1000 in 2026-03-01T10:00Z: less than 50 %");
}

TEST(GuardInput, HugeCountsDoNotOverflow) {
  Situation s;
  s.replace();
  for (ChunkView& chunk : s.view.chunks) chunk.rows = 1'000'000'000'000'000'000;
  s.whole(1, 1);
  s.ask.input.rows = 4'000'000'000'000'000'000;
  EXPECT_TRUE(guard_input(s.ask, s.view, s.limits).empty());
}

TEST(GuardInput, AnEmptyReplaceSaysWhatItWouldRemove) {
  Situation s;
  s.replace();
  s.whole(0, 1);
  const auto reasons = guard_input(s.ask, s.view, s.limits);
  ASSERT_EQ(reasons.size(), 1U) << "and is no shrinking besides";
  EXPECT_EQ(number_of(reasons[0], "rows_held"), 4000);
  EXPECT_EQ(reasons[0].remedy, "--allow-empty, if the interval is to be emptied");
}

TEST(GuardInput, WhatAReplaceWouldRemoveIsCountedFirst) {
  Situation s;
  s.replace();
  s.view.chunks[1].rows.reset();
  s.view.chunks.pop_back();
  const auto reasons = guard_input(s.ask, s.view, s.limits);
  ASSERT_EQ(reasons.size(), 1U);
  EXPECT_EQ(reasons[0].code, Code::rows_held_unknown);
  EXPECT_EQ(reasons[0].weight, Weight::waits);
  EXPECT_EQ(reasons[0].chunks, (std::vector<Interval>{hours_of(9, 10), hours_of(11, 12)}));
}

TEST(GuardWriters, OneReasonForEachOfThem) {
  Situation s;
  s.lock(LockOwner::foreign, LockType::exclusive, hours_of(8, 9), 99);
  s.lock(LockOwner::foreign, LockType::shared, hours_of(9, 10));
  s.lock(LockOwner::henge, LockType::append, hours_of(9, 10));
  s.view.foreign_tasks.push_back({.id = "x", .type = "index_parallel"});
  const auto reasons = guard_writers(s.ask, s.view);
  ASSERT_EQ(reasons.size(), 3U);
  EXPECT_EQ(number_of(reasons[0], "priority"), 99);
  EXPECT_EQ(reasons[0].remedy, "wait until task group g0 is over");
  EXPECT_EQ(reasons[2].sentence,
            "index_parallel task x is not henge's and may write anywhere in the datasource");
}

TEST(GuardChunks, SaysWhatIsUnderWay) {
  Situation s;
  s.view.chunks[1].work = ChunkWork::compaction;
  s.view.chunks[1].work_id = "compact_1";
  s.view.chunks[2].work = ChunkWork::repair;
  const auto reasons = guard_chunks(s.ask, s.view);
  ASSERT_EQ(reasons.size(), 1U);
  EXPECT_EQ(reasons[0].sentence,
            "2026-03-01T09:00Z and 1 more: a compaction is under way (compact_1)");
  EXPECT_EQ(number_of(reasons[0], "chunks"), 2);
}

TEST(CheckGuards, AMisalignedIntervalIsAllThatIsSaid) {
  Situation s;
  s.view.frozen = "x";
  s.ask.interval.start += minutes(1);
  const auto reasons = check_guards(s.ask, s.view, s.limits);
  ASSERT_EQ(reasons.size(), 1U);
  EXPECT_EQ(reasons[0].code, Code::interval_misaligned);
}

TEST(CheckGuards, NothingToSayOfAQuietDatasource) {
  const Situation s;
  EXPECT_TRUE(check_guards(s.ask, s.view, s.limits).empty());
}

// Whatever is allowed takes its own refusal away and no other.
RC_GTEST_PROP(CheckGuards, APermissionLiftsItsOwnGuardOnly, ()) {
  Situation s;
  if (*rc::gen::inRange(0, 2)) s.replace();
  s.give(hours_of(8, 12), *rc::gen::element<std::int64_t>(0, 1, 499, 500, 5000));
  s.view.watermark = hour(*rc::gen::inRange(8, 14));
  if (*rc::gen::inRange(0, 2)) s.lock(LockOwner::foreign, LockType::shared, hours_of(8, 9));
  const auto refused = [&](Permissions may) {
    s.ask.may = may;
    std::set<Code> codes;
    for (const Reason& reason : check_guards(s.ask, s.view, s.limits))
      if (reason.weight == Weight::refuses) codes.insert(reason.code);
    return codes;
  };
  const auto nothing_allowed = refused({});
  const struct {
    Permissions may;
    Code lifted;
  } cases[] = {{{.force_open = true}, Code::ahead_of_watermark},
               {{.allow_empty = true}, Code::input_empty},
               {{.allow_shrink = true}, Code::shrinks}};
  for (const auto& c : cases) {
    auto expected = nothing_allowed;
    expected.erase(c.lifted);
    RC_ASSERT(refused(c.may) == expected);
  }
  auto left = refused({.force_open = true, .allow_empty = true, .allow_shrink = true});
  left.erase(Code::foreign_writer);
  RC_ASSERT(left.empty());
}

}  // namespace
}  // namespace henge::route
