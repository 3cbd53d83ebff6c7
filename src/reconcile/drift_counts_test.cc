// Counts of sealed chunks while something answers that is not published: segments marked unused
// that historicals still serve are found, and nothing else is concluded.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "reconcile/drift_fixture.h"

namespace henge::reconcile {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Counts : public CalmWorld {
 protected:
  // The second hour was counted: what it is listed with, its published rows, and what else
  // answered.
  void counted(std::vector<Segment> of, std::int64_t rows, std::int64_t unpublished,
               std::int64_t unavailable = 0) {
    segments = of;
    segments.push_back(used(hour_1, "2026-01-01"));
    list();
    count(hour_2, rows, of);
    reading().reading.unpublished = unpublished;
    reading().reading.unavailable = unavailable;
  }
  late::Settled& reading() { return world.readings.at("clicks_p").at(hour_2); }
  void unused(std::vector<Segment> of) { world.unused["clicks_p"][hour_2] = std::move(of); }
  std::vector<Instant> look_for() { return chunks_to_look_for_unused(input(), world); }
  Drift of_kind(DriftKind kind) {
    Drift d;
    d.kind = kind;
    d.object = chunk;
    return d;
  }

  const std::string chunk = to_iso(hour_2);
  const Segment a = used(hour_2, "2026-01-01"), b = used(hour_2, "2026-01-01", 1),
                c = used(hour_2, "2026-01-01", 2);
};

// The seal is of 20 rows in a and b.
TEST_F(Counts, WhileSomethingUnpublishedAnswersOnlyWhatIsUnusedIsConcluded) {
  const struct {
    const char* name;
    std::vector<Segment> of;
    std::int64_t rows, unpublished;
    std::vector<Segment> unused;
    std::int64_t segments;  // that are unused; 0: nothing is concluded
  } cases[] = {
      {"still served in whole", {a}, 12, 8, {b}, 1},
      {"still served in part", {a}, 12, 3, {b}, 1},
      {"a task holds rows besides", {a}, 12, 500, {b}, 1},
      {"all of them", {}, 0, 20, {a, b}, 2},
      {"listed before they were marked", {a, b}, 12, 8, {b}, 1},
      {"nothing is unused", {a}, 12, 8, {}, 0},
      {"another one is unused", {a}, 12, 8, {c}, 0},
      {"the one that is there is unused", {a}, 12, 8, {a}, 0},
      {"more is unused than is missing", {a}, 12, 8, {b, c}, 0},
      {"only one of two is unused", {}, 0, 20, {b}, 0},
      {"an older version is unused", {a}, 12, 8, {used(hour_2, "2020-01-01", 1)}, 0},
      {"one of another hour is unused", {a}, 12, 8, {used(hour_9, "2026-01-01", 1)}, 0},
      {"something was added besides", {a, c}, 12, 8, {b}, 0},
      {"fewer rows in as many segments", {a, b}, 19, 1, {}, 0},
      {"as many rows", {a, b}, 20, 8, {b}, 0},
      {"more rows", {a, b, c}, 25, 8, {b}, 0},
  };
  for (const auto& t : cases) {
    memory = {};
    counted(t.of, t.rows, t.unpublished);
    unused(t.unused);
    if (t.segments == 0) {
      EXPECT_THAT(keys(), IsEmpty()) << t.name;
      EXPECT_THAT(note_observed(input(), world).size(), 3u) << t.name << ": settings only";
      continue;
    }
    const Drift d = only();
    EXPECT_EQ(d.kind, DriftKind::segments_unused) << t.name;
    EXPECT_EQ(d.segments, t.segments) << t.name;
    EXPECT_EQ(d.rows, t.rows - 20) << t.name;
    EXPECT_FALSE(d.action.empty()) << t.name;
  }
}

TEST_F(Counts, TheSameCountsDecideOnceNothingUnpublishedAnswers) {
  const struct {
    std::vector<Segment> of;
    std::int64_t rows;
    const char* kind;
  } cases[] = {
      {{a}, 12, "segments_missing"},
      {{a, b}, 19, "count_mismatch"},
      {{a, b, c}, 25, "segments_unexpected"},
  };
  for (const auto& t : cases) {
    memory = {};
    counted(t.of, t.rows, 1);
    unused({});
    EXPECT_THAT(keys(), IsEmpty()) << t.kind;
    reading().reading.unpublished = 0;
    EXPECT_THAT(keys(), ElementsAre(t.kind + (" " + chunk)));
  }
}

TEST_F(Counts, WhatWasFoundBeforeIsNotOverWhileSomethingUnpublishedAnswers) {
  for (DriftKind kind : {DriftKind::segments_missing, DriftKind::segments_unexpected,
                         DriftKind::segments_unused, DriftKind::count_mismatch})
    for (std::int64_t rows : {12, 19, 20, 25}) {
      memory = {};
      state().drifts.clear();
      record(of_kind(kind));
      counted({a}, rows, 8);
      unused({});
      const Found found = find();
      EXPECT_THAT(found.drifts, IsEmpty()) << to_string(kind) << rows;
      EXPECT_THAT(found.unknown, ElementsAre(key_of(kind, chunk))) << rows;
    }
}

TEST_F(Counts, AChunkOfWhichNothingWasConcludedIsCountedAgain) {
  counted({a}, 12, 8);
  unused({});
  EXPECT_THAT(recount(), ElementsAre(hour_2));
  find();
  EXPECT_THAT(recount(), ElementsAre(hour_2)) << "the list did not move, but nothing is decided";
  reading().reading.unpublished = 0;
  find();
  EXPECT_THAT(recount(), IsEmpty()) << "decided";
}

TEST_F(Counts, UnusedSegmentsAreLookedForWherePublishedRowsAreMissing) {
  const struct {
    const char* name;
    std::int64_t rows, unpublished, unavailable;
    bool asked;
  } cases[] = {
      {"missing", 12, 0, 0, true},
      {"missing and still served", 12, 8, 0, true},
      {"one row is missing", 19, 1, 0, true},
      {"whole", 20, 0, 0, false},
      {"whole, and a task has more", 20, 5, 0, false},
      {"more", 21, 0, 0, false},
      {"more, and a task has still more", 21, 5, 0, false},
      {"what is published does not answer", 12, 0, 1, false},
      {"what is published does not answer, something else does", 12, 8, 1, false},
  };
  for (const auto& t : cases) {
    counted({a}, t.rows, t.unpublished, t.unavailable);
    EXPECT_EQ(!look_for().empty(), t.asked) << t.name;
  }
  counted({a}, 12, 8);
  reading().times = 1;
  EXPECT_THAT(look_for(), IsEmpty()) << "one reading is none";
  reading().times = 2;
  EXPECT_THAT(look_for(), ElementsAre(hour_2));
  state().chunks.at(hour_2).repair = "repair-1";
  EXPECT_THAT(look_for(), IsEmpty()) << "a repair is under way";
  state().chunks.erase(hour_2);
  EXPECT_THAT(look_for(), IsEmpty()) << "not in the ledger";
  world.readings.clear();
  EXPECT_THAT(look_for(), IsEmpty());
}

TEST_F(Counts, BeforeItIsKnownWhatIsUnusedNothingIsConcluded) {
  counted({a}, 12, 8);
  EXPECT_THAT(keys(), IsEmpty());
  world.unknown["unused"] = "denied";
  EXPECT_THAT(keys(), IsEmpty()) << "it will not be known, and what answers is not published";
  unused({b});
  EXPECT_THAT(keys(), ElementsAre("segments_unused " + chunk));
  world.rules.reset();
  EXPECT_THAT(keys(), IsEmpty()) << "retention may have taken it";
  EXPECT_THAT(find().unknown, IsEmpty()) << "none was recorded";
}

TEST_F(Counts, ASealWithoutItsDigestCanNotSayWhichSegmentsMakeItWhole) {
  state().chunks.at(hour_2).seal->digest.clear();
  counted({a}, 12, 8);
  unused({b});
  EXPECT_THAT(keys(), IsEmpty());
  reading().reading.unpublished = 0;
  EXPECT_THAT(keys(), ElementsAre("segments_missing " + chunk));
}

TEST_F(Counts, ATombstoneThatIsUnusedHoldsNothing) {
  Segment tombstone = b;
  tombstone.tombstone = true;
  counted({a}, 12, 8);
  unused({tombstone});
  EXPECT_THAT(keys(), IsEmpty());
}

TEST_F(Counts, UnusedSegmentsAreHealedAndThenOver) {
  counted({a}, 12, 8);
  unused({b});
  const Drift d = only();
  EXPECT_THAT(d.evidence, HasSubstr("the segment that held the rest is marked unused"));
  record(d);
  state().drifts.begin()->second.attempts = 1;
  EXPECT_THAT(recount(), ElementsAre(hour_2)) << "did it help?";
  counted({a, b}, 12, 8);
  unused({});
  EXPECT_THAT(find().unknown, ElementsAre(key_of(d.kind, chunk))) << "on its way";
  counted({a, b}, 20, 0);
  EXPECT_THAT(keys(), IsEmpty());
  EXPECT_THAT(find().unknown, IsEmpty());
}

TEST_F(Counts, WhatWasUnusedAndIsDeletedIsMissing) {
  counted({a}, 12, 8);
  unused({b});
  record(only());
  counted({a}, 12, 8);
  unused({});
  EXPECT_THAT(keys(), IsEmpty()) << "historicals serve it still";
  counted({a}, 12, 0);
  unused({});
  EXPECT_THAT(keys(), ElementsAre("segments_missing " + chunk));
  EXPECT_THAT(find().unknown, IsEmpty()) << "it is another drift now";
}

// What became of the segments of one chunk.
enum class Fate { published, unused, deleted };

RC_GTEST_FIXTURE_PROP(Counts, is_unused_only_where_the_unused_make_the_chunk_whole, ()) {
  const auto fates = *rc::gen::container<std::vector<Fate>>(rc::gen::weightedElement<Fate>(
      {{3, Fate::published}, {2, Fate::unused}, {1, Fate::deleted}}));
  RC_PRE(!fates.empty());
  const bool added = *rc::gen::weightedElement<bool>({{4, false}, {1, true}});
  const std::int64_t unpublished = *rc::gen::inRange(0, 3);
  std::vector<Segment> all, left, marked;
  std::int64_t sealed_rows = 0, rows = 0, deleted = 0;
  for (std::size_t i = 0; i < fates.size(); ++i) {
    const Segment s = used(hour_2, "2026-01-01", static_cast<int>(i));
    const auto holds = static_cast<std::int64_t>(1) << std::min<std::size_t>(i, 40);
    sealed_rows += holds;
    all.push_back(s);
    if (fates[i] == Fate::published) left.push_back(s), rows += holds;
    if (fates[i] == Fate::unused) marked.push_back(s);
    deleted += fates[i] == Fate::deleted;
  }
  seal(hour_2, sealed_rows, all);
  if (added) left.push_back(used(hour_2, "2026-01-01", 9'999));
  counted(left, rows, unpublished);
  unused(marked);
  const bool whole = !marked.empty() && deleted == 0 && !added;
  const bool wrong = rows < sealed_rows;
  const auto found = find().drifts;
  RC_TAG(wrong ? (whole ? "whole with the unused" : "not whole") : "nothing is missing");
  if (whole) {
    RC_ASSERT(found.size() == 1u);
    RC_ASSERT(found[0].kind == DriftKind::segments_unused);
    RC_ASSERT(found[0].segments == std::ssize(marked));
    RC_ASSERT(found[0].rows == rows - sealed_rows);
  } else if (unpublished > 0 || !wrong) {
    RC_ASSERT(found.empty());
  } else {
    RC_ASSERT(found.size() == 1u);
    RC_ASSERT(found[0].kind != DriftKind::segments_unused);
    RC_ASSERT(found[0].action.empty());
  }
}

}  // namespace
}  // namespace henge::reconcile
