// Late rows into repairs: each row in one, oldest first, in tasks that are not too large.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "reconcile/decide.h"

namespace henge::reconcile {
namespace {

using ledger::Body;
using ledger::ChunkStatus;
using ledger::RepairIntended;
using ledger::RepairPhase;

const Instant now = instant_of_ms(100'000'000);

Instant hour(int n) {
  return instant_of_ms(3'600'000LL * n);
}

struct Books {
  Pipeline pipeline;
  ledger::PipelineState state;
  RepairLimits limits;
  Patience patience;

  Books() {
    pipeline.name = "clicks";
    pipeline.late.max_delay = Millis(0);
    state.version = 1;
    state.incarnation = "c0ffee00";
  }
  ledger::ChunkState& sealed(int n, std::int64_t rows) {
    auto& chunk = state.chunks[hour(n)];
    chunk.status = ChunkStatus::sealed;
    chunk.counts[0].on_time = rows;
    chunk.seal = ledger::Seal{rows, 1, "counted", {}, {}};
    return chunk;
  }
  void late(int n, std::int64_t rows, Instant arrived) {
    scan::Extent x;
    x.file = "delta-000001.log";
    x.offset = end;
    x.rows = rows;
    x.bytes = x.payload_bytes = rows * 10;
    x.chunk = hour(n);
    x.arrival_first = arrived;
    end += x.bytes;
    state.chunks[hour(n)].waiting.push_back(x);
  }
  [[nodiscard]] std::vector<RepairIntended> plan() const {
    std::vector<RepairIntended> out;
    for (const Body& e : plan_repairs(pipeline, state, {}, limits, patience, now))
      out.push_back(std::get<RepairIntended>(e));
    return out;
  }
  std::int64_t end = 0;
};

TEST(PlanRepairs, OfNothingIsNothing) {
  Books books;
  EXPECT_TRUE(books.plan().empty());
  books.sealed(1, 5);
  EXPECT_TRUE(books.plan().empty());
}

TEST(PlanRepairs, TheOldestLateRowsGoFirst) {
  Books books;
  books.pipeline.late.rows_max = 10;
  for (int n : {1, 2, 3}) books.sealed(n, 0);
  books.late(1, 10, hour(9));
  books.late(2, 10, hour(7));
  books.late(3, 10, hour(8));
  const auto repairs = books.plan();
  ASSERT_EQ(repairs.size(), 2u) << "no more than two at once";
  EXPECT_EQ(repairs[0].chunks[0].chunk, hour(2));
  EXPECT_EQ(repairs[1].chunks[0].chunk, hour(3));
}

TEST(PlanRepairs, RepairsUnderWayTakeTheirPlaces) {
  Books books;
  books.sealed(1, 0);
  books.late(1, 10, hour(9));
  books.limits.repairs_max = 1;
  for (RepairPhase phase : {RepairPhase::intended, RepairPhase::accepted, RepairPhase::ended}) {
    books.state.repairs["repair-000001"].phase = phase;
    EXPECT_TRUE(books.plan().empty()) << to_string(phase);
  }
  books.state.repairs["repair-000001"].phase = RepairPhase::confirmed;
  books.state.repairs_planned = 1;
  ASSERT_EQ(books.plan().size(), 1u) << "what is done takes none";
  EXPECT_EQ(books.plan()[0].repair, "repair-000002") << "numbers are never used again";
}

TEST(PlanRepairs, ANewAttemptStartsFromTheLatestSeal) {
  Books books;
  books.sealed(1, 7);
  auto& repair = books.state.repairs["repair-000001"];
  repair.phase = RepairPhase::absent;
  repair.intent.number = 1;
  repair.intent.chunks = {{hour(1), 3, 5}};
  auto repairs = books.plan();
  ASSERT_EQ(repairs.size(), 1u);
  EXPECT_EQ(repairs[0].chunks[0], (ledger::RepairChunk{hour(1), 3, 7}));
  books.state.chunks[hour(1)].seal.reset();
  EXPECT_EQ(books.plan()[0].chunks[0].baseline, 5) << "without one the first stands";
}

TEST(PlanRepairs, WhatDruidRefusedInlineIsServed) {
  Books books;
  books.sealed(1, 0);
  auto& repair = books.state.repairs["repair-000001"];
  repair.phase = RepairPhase::absent;
  repair.intent.number = 1;
  repair.intent.chunks = {{hour(1), 3, 0}};
  books.limits.base_url = "http://henge:8099";
  repair.end = ledger::TaskEnd::failed;
  EXPECT_EQ(books.plan()[0].delivery, ledger::Delivery::inline_rows) << "small, as before";
  repair.end = ledger::TaskEnd::refused;
  EXPECT_EQ(books.plan()[0].delivery, ledger::Delivery::http);
  EXPECT_EQ(books.plan()[0].expires_at, now + books.limits.address_valid);
  books.limits.base_url.clear();
  EXPECT_EQ(books.plan()[0].delivery, ledger::Delivery::inline_rows) << "there is no other way";
}

Books any_books() {
  Books books;
  books.pipeline.late.rows_max = *rc::gen::inRange<std::int64_t>(1, 60);
  books.limits.repairs_max = *rc::gen::inRange(1, 6);
  const int chunks = *rc::gen::inRange(1, 8);
  for (int n = 0; n < chunks; ++n) {
    auto& chunk = books.sealed(n, *rc::gen::inRange<std::int64_t>(0, 100));
    if (*rc::gen::inRange(0, 4) == 0) chunk.status = ChunkStatus::open;
    const int extents = *rc::gen::inRange(0, 4);
    for (int i = 0; i < extents; ++i)
      books.late(n, *rc::gen::inRange<std::int64_t>(1, 40), hour(*rc::gen::inRange(0, 20)));
  }
  return books;
}

RC_GTEST_PROP(PlanRepairsLaw, each_row_goes_into_one_repair_at_most, ()) {
  const Books books = any_books();
  std::set<std::int64_t> taken;
  for (const auto& repair : books.plan()) {
    std::map<Instant, std::int64_t> rows;
    for (const auto& x : repair.extents) {
      RC_ASSERT(taken.insert(x.offset).second);
      RC_ASSERT(books.state.chunks.at(x.chunk).status == ChunkStatus::sealed);
      rows[x.chunk] += x.rows;
    }
    std::int64_t total = 0;
    for (const auto& c : repair.chunks) {
      RC_ASSERT(c.rows == rows[c.chunk]);
      RC_ASSERT(c.baseline == books.state.chunks.at(c.chunk).seal->rows);
      total += c.rows;
    }
    RC_ASSERT(repair.rows == total);
    RC_ASSERT(repair.chunks.size() == rows.size());
  }
}

RC_GTEST_PROP(PlanRepairsLaw, a_task_is_full_or_the_last_and_never_too_large, ()) {
  const Books books = any_books();
  const auto repairs = books.plan();
  RC_ASSERT(std::ssize(repairs) <= books.limits.repairs_max);
  for (const auto& repair : repairs)
    RC_ASSERT(repair.rows <= books.pipeline.late.rows_max || repair.extents.size() == 1);
}

// What is planned is recorded and folded, one after the other: the fold must take all of it.
RC_GTEST_PROP(PlanRepairsLaw, the_ledger_takes_every_plan_and_then_nothing_waits_twice, ()) {
  Books books = any_books();
  ledger::State state;
  state.pipelines["clicks"] = books.state;
  for (const auto& repair : books.plan())
    RC_ASSERT(ledger::apply(state, {now, "clicks", repair}).has_value());
  const std::size_t before = state.pipelines["clicks"].repairs.size();
  books.state = state.pipelines["clicks"];
  books.limits.repairs_max = 100;
  for (const auto& repair : books.plan())
    RC_ASSERT(ledger::apply(state, {now, "clicks", repair}).has_value());
  RC_ASSERT(state.pipelines["clicks"].repairs.size() >= before);
}

RC_GTEST_PROP(PlanRepairsLaw, is_the_same_for_the_same_books, ()) {
  const Books books = any_books();
  RC_ASSERT(books.plan() == books.plan());
}

}  // namespace
}  // namespace henge::reconcile
