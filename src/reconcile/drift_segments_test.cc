// Drift of segments and counts: found, the near miss, and that what is unknown is no drift.
#include "reconcile/drift_fixture.h"

namespace henge::reconcile {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Segments : public CalmWorld {
 protected:
  const std::string chunk_2 = to_iso(hour_2);
};

TEST_F(Segments, InAChunkThatTheLedgerDoesNotKnow) {
  list_with(used(hour_9, "2026-01-01"), "country", "n", 33);
  const Drift d = only();
  EXPECT_EQ(d.kind, DriftKind::segments_unexpected);
  EXPECT_EQ(d.object, "clicks");
  EXPECT_EQ(d.evidence,
            "1 segment with 33 rows in 1 chunk of which the ledger knows nothing, from "
            "2026-01-01T09:00Z to 2026-01-01T10:00Z");
  EXPECT_EQ(d.rows, 33);
  EXPECT_EQ(d.segments, 1);
  const std::string value = d.value;
  list_with(used(hour_9, "2026-01-02"), "country", "n", 33);
  EXPECT_NE(only().value, value);
}

TEST_F(Segments, TheFirstListingMayHaveAnyNumber) {
  list_with(used(hour_9, "2026-01-01"), "country", "n");
  world.segments_listed["clicks"] = 0;
  EXPECT_EQ(keys().size(), 1u);
}

TEST_F(Segments, NotBeforeTheScanHasSeenWhatStreamingMayWriteThere) {
  // Streaming has published what the scanner has not read yet.
  list_with(used(today - std::chrono::minutes(30), "2026-01-01"), "country", "n");
  EXPECT_THAT(keys(), IsEmpty()) << "above the watermark";
  list_with(used(hour_9, "2026-01-01"), "country", "n");
  state().partitions.clear();
  EXPECT_THAT(keys(), IsEmpty()) << "no watermark";
}

TEST_F(Segments, OfAnotherGranularity) {
  Segment day{"day", bucket(Granularity::day, hour_1), "2026-01-09", 0, 0, false};
  segments.push_back(day);
  list();
  EXPECT_THAT(keys(), ElementsAre("segments_overlapping clicks"));
  EXPECT_THAT(only().evidence, HasSubstr("not of segment granularity HOUR"));
  day.version = "2025-01-01";
  segments.back() = day;
  list();
  EXPECT_THAT(keys(), ElementsAre("segments_overlapping clicks"))
      << "overshadowed in the two hours, but seen in all others";
  day.tombstone = true;
  day.version = "2026-01-09";
  segments.back() = day;
  list();
  EXPECT_THAT(keys(), IsEmpty());
}

TEST_F(Segments, WithOtherColumns) {
  const struct {
    const char* dimensions;
    const char* metrics;
    const char* value;  // empty: no drift
  } cases[] = {
      {"country", "n", ""},
      {"", "n", ""},                  // Druid leaves out what it never saw
      {"country,referrer", "n", ""},  // an earlier version wrote it
      {"", "", ""},                   // nothing is said of them
      {"city,country", "n", "city"},
      {"country", "n,clicks_sum", "clicks_sum"},
      {"country", "", "no n"},
      {"city", "m", "city,m,no n"},
  };
  for (const auto& c : cases) {
    list_with(used(hour_1, "2026-01-01", 1), c.dimensions, c.metrics);
    const Found found = find();
    const auto odd = std::ranges::find(found.drifts, DriftKind::schema_mismatch, &Drift::kind);
    if (*c.value == 0) {
      EXPECT_EQ(odd, found.drifts.end()) << c.dimensions;
      continue;
    }
    ASSERT_NE(odd, found.drifts.end()) << c.dimensions;
    EXPECT_EQ(odd->value, c.value);
    EXPECT_EQ(odd->segments, 1);
  }
  EXPECT_THAT(find().drifts.back().evidence, HasSubstr("1 segment lacks the count metric 'n'"));
}

TEST_F(Segments, ThatDoNotAnswer) {
  world.digests->at("clicks").published = 9;
  world.digests->at("clicks").unavailable = 2;
  const Drift d = only();
  EXPECT_EQ(d.kind, DriftKind::segments_unavailable);
  EXPECT_EQ(d.segments, 2);
  EXPECT_THAT(d.evidence, HasSubstr("2 segments of 9"));
  record(d);
  world.digests.reset();
  EXPECT_THAT(find().unknown, ElementsAre("segments_unavailable clicks"));
}

TEST_F(Segments, AListThatShowsNothingOfWhatHoldsSomethingIsNoAnswer) {
  list_with(used(hour_9, "2026-01-01"), "country", "n");
  record(only());
  segments.clear();
  list();
  EXPECT_THAT(find().unknown, ElementsAre("segments_unexpected clicks"));
  EXPECT_EQ(recount().size(), 2u) << "but the chunks are asked for by name";
}

TEST_F(Segments, OtherSegmentsAreCountedAgainAndNotedWhenTheCountIsTheSame) {
  const std::vector<Segment> compacted{used(hour_2, "2026-01-05")};
  segments.push_back(compacted[0]);
  list();
  EXPECT_THAT(recount(), ElementsAre(hour_2));
  EXPECT_THAT(keys(), IsEmpty()) << "a list alone proves nothing";
  count(hour_2, 20, compacted);
  EXPECT_THAT(keys(), IsEmpty());
  const auto events = note_observed(input(), world);
  const auto& sealed = std::get<ledger::ChunkSealed>(events.at(0));
  EXPECT_EQ(sealed.rows, 20);
  EXPECT_EQ(sealed.segments, 1);
  EXPECT_EQ(sealed.proof, "counted");
  ASSERT_TRUE(ledger::apply(ledger_state, {today, "clicks_p", events.at(0)}));
  EXPECT_THAT(recount(), IsEmpty());
}

TEST_F(Segments, AChunkIsCountedOnceForEachChangeOfTheList) {
  segments.push_back(used(hour_2, "2026-01-01", 2));
  list();
  count(hour_2, 20, segments);
  find();
  EXPECT_THAT(recount(), IsEmpty()) << "the list is behind, or the segment is empty";
  segments.push_back(used(hour_2, "2026-01-01", 3));
  list();
  EXPECT_THAT(recount(), ElementsAre(hour_2));
  EXPECT_THAT(chunks_to_recount(input(), world, memory, 0), IsEmpty());
}

TEST_F(Segments, ChunksWithSomethingUnderWayAreLeftAlone) {
  segments.push_back(used(hour_2, "2026-01-01", 2));
  list();
  count(hour_2, 23, segments);
  state().chunks.at(hour_2).repair = "repair-1";
  EXPECT_THAT(recount(), IsEmpty());
  EXPECT_THAT(keys(), IsEmpty());
  state().chunks.at(hour_2).repair.clear();
  state().chunks.at(hour_2).status = ledger::ChunkStatus::open;
  EXPECT_THAT(recount(), IsEmpty());
  EXPECT_THAT(keys(), IsEmpty());
}

TEST_F(Segments, WhatTheCountSaysOfASealedChunk) {
  const Segment a = used(hour_2, "2026-01-01"), b = used(hour_2, "2026-01-01", 1),
                more = used(hour_2, "2026-01-01", 2);
  const struct {
    const char* name;
    std::int64_t rows;
    std::vector<Segment> of;
    std::vector<Segment> unused;
    const char* kind;
    std::int64_t difference;
  } cases[] = {
      {"fewer rows in fewer segments", 12, {a}, {}, "segments_missing", -8},
      {"the others are marked unused", 12, {a}, {b}, "segments_unused", -8},
      {"what is unused is not what is missing", 12, {a}, {more}, "segments_missing", -8},
      {"something older is unused",
       12,
       {a},
       {used(hour_2, "2020-01-01", 1)},
       "segments_missing",
       -8},
      {"more rows in more segments", 25, {a, b, more}, {}, "segments_unexpected", 5},
      {"fewer rows in as many", 19, {a, b}, {}, "count_mismatch", -1},
      {"more rows in as many", 21, {a, used(hour_2, "2026-01-01", 9)}, {}, "count_mismatch", 1},
      {"all gone", 0, {}, {}, "segments_missing", -20},
  };
  for (const auto& c : cases) {
    segments = {used(hour_1, "2026-01-01")};
    segments.insert(segments.end(), c.of.begin(), c.of.end());
    list();
    count(hour_2, c.rows, c.of);
    world.unused["clicks_p"][hour_2] = c.unused;
    const Drift d = only();
    EXPECT_EQ(to_string(d.kind), std::string(c.kind)) << c.name;
    EXPECT_EQ(d.object, chunk_2);
    EXPECT_EQ(d.rows, c.difference) << c.name;
    EXPECT_EQ(d.expected, 20);
    EXPECT_THAT(d.evidence, HasSubstr("sealed with 20 rows in 2 segments, now"));
    EXPECT_EQ(d.action.empty(), d.kind != DriftKind::segments_unused) << c.name;
  }
}

TEST_F(Segments, ACountThatCanNotBeBelievedIsNoDrift) {
  const std::vector<Segment> left{used(hour_2, "2026-01-01")};
  segments = {used(hour_1, "2026-01-01"), left[0]};
  list();
  world.unused["clicks_p"][hour_2] = {};
  const auto reading = [&]() -> late::Settled& {
    count(hour_2, 12, left);
    return world.readings.at("clicks_p").at(hour_2);
  };
  reading();
  EXPECT_EQ(keys().size(), 1u) << "or nothing was tried";
  reading().times = 1;
  EXPECT_THAT(keys(), IsEmpty()) << "once is not enough";
  reading().reading.unavailable = 1;
  EXPECT_THAT(keys(), IsEmpty());
  reading().reading.unpublished = 1;
  EXPECT_THAT(keys(), IsEmpty());
  reading();
  state().chunks.at(hour_2).seal->at = today;
  EXPECT_THAT(keys(), IsEmpty()) << "from before the seal";
}

TEST_F(Segments, WhatRetentionTakesIsNotMissing) {
  segments = {used(hour_1, "2026-01-01")};
  list();
  count(hour_2, 0, {});
  world.unused["clicks_p"][hour_2] = {};
  EXPECT_THAT(keys(), ElementsAre("segments_missing " + chunk_2));
  record(only());
  memory = {};
  const auto rules = world.rules;
  world.rules = {{"_default", {{"dropForever", {}, "", true, {}}}}};
  EXPECT_THAT(keys(), IsEmpty());
  EXPECT_THAT(find().unknown, IsEmpty());
  world.rules.reset();
  EXPECT_THAT(keys(), IsEmpty()) << "nobody knows";
  EXPECT_THAT(find().unknown, ElementsAre("segments_missing " + chunk_2));
}

TEST_F(Segments, BeforeItIsKnownWhatIsUnusedNothingIsMissing) {
  segments = {used(hour_1, "2026-01-01")};
  list();
  count(hour_2, 0, {});
  EXPECT_THAT(chunks_to_look_for_unused(input(), world), ElementsAre(hour_2));
  EXPECT_THAT(keys(), IsEmpty());
  world.unknown["unused"] = "denied";
  EXPECT_THAT(keys(), ElementsAre("segments_missing " + chunk_2));
  count(hour_2, 21, {});
  EXPECT_THAT(chunks_to_look_for_unused(input(), world), IsEmpty());
}

TEST_F(Segments, AWrongCountStaysFoundWhileNothingMovesAndIsCountedAgainAfterAHeal) {
  segments = {used(hour_1, "2026-01-01"), used(hour_2, "2026-01-01")};
  list();
  count(hour_2, 12, {segments[1]});
  world.unused["clicks_p"][hour_2] = {used(hour_2, "2026-01-01", 1)};
  const Drift d = only();
  EXPECT_EQ(d.action,
            "mark the segments of 2026-01-01T01:00:00.000Z/2026-01-01T02:00:00.000Z used again");
  record(d);
  world.readings.clear();
  world.unused.clear();
  EXPECT_EQ(only(), d);
  EXPECT_THAT(recount(), IsEmpty());
  state().drifts.begin()->second.attempts = 1;
  EXPECT_THAT(recount(), ElementsAre(hour_2));
  segments.push_back(used(hour_2, "2026-01-01", 1));
  list();
  EXPECT_THAT(keys(), IsEmpty());
  EXPECT_EQ(find().unknown.size(), 1u) << "not before it is counted";
  count(hour_2, 20, {segments[1], segments[2]});
  EXPECT_THAT(keys(), IsEmpty());
  EXPECT_THAT(find().unknown, IsEmpty()) << "whole again";
}

TEST_F(Segments, AfterARestartARecordedDriftIsCountedBeforeItIsJudged) {
  Drift d;
  d.kind = DriftKind::count_mismatch;
  d.object = chunk_2;
  record(d);
  EXPECT_THAT(keys(), IsEmpty());
  EXPECT_THAT(find().unknown, ElementsAre("count_mismatch " + chunk_2));
  EXPECT_THAT(recount(), ElementsAre(hour_2));
}

TEST(SegmentViews, SayWhatIsVisibleChunkByChunk) {
  SegmentTable table;
  const auto add = [&](Interval interval, const char* version, bool realtime = false) {
    ListedSegment row{
        .datasource = "d", .version = version, .dimensions = "a", .metrics = "n", .row = {}};
    row.row.interval = interval;
    row.row.realtime = realtime;
    row.row.rows = 4;
    table.add(row);
  };
  const Interval first = bucket(Granularity::hour, hour_1);
  add(first, "1");
  add(first, "2");
  add(bucket(Granularity::hour, hour_9), "1", true);
  add(bucket(Granularity::all, hour_1), "0");
  table.finish();
  const SegmentView view = view_segments(table.find("d"), table, Granularity::hour,
                                         [] { return std::set<Instant>{hour_2}; });
  ASSERT_EQ(view.chunks.size(), 2u) << "all of eternity is looked at where something is known";
  EXPECT_EQ(view.chunks.at(hour_1).segments, 1);
  EXPECT_EQ(view.chunks.at(hour_1).rows, 4);
  EXPECT_EQ(view.chunks.at(hour_2).segments, 1);
  EXPECT_EQ(view.off_granularity.size(), 1u);
}

}  // namespace
}  // namespace henge::reconcile
