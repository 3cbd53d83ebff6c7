// Records through the two doors: counts, chunks, and what is kept.
#include "scan/classify.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>

namespace henge::scan {
namespace {

constexpr std::int64_t noon = 1'767'268'800'000;  // 2026-01-01T12:00:00Z
constexpr std::int64_t minute = 60'000;

Pipeline pipeline() {
  Pipeline p;
  p.name = "clicks";
  p.schema.timestamp = {"t", "millis", std::nullopt};
  p.schema.segment_granularity = Granularity::hour;
  p.rule.lateness = Millis(10 * minute);
  p.rule.earliness = Millis(5 * minute);
  return p;
}

Classifier classifier() {
  return std::move(*Classifier::compile(pipeline()));
}

std::string row(std::int64_t event) {
  return fmt::format(R"({{"t":{}}})", event);
}

const RowCounts& counts(const Findings& f, std::int32_t partition, std::int64_t chunk) {
  return f.partitions.at(partition).chunks.at(instant_of_ms(chunk));
}

TEST(Classifier, keeps_the_last_witness_of_each_partition) {
  auto c = classifier();
  const std::string value = row(noon);
  for (const std::int64_t offset : {5, 6, 7}) {
    const Record record{2, offset, noon + offset, value};
    c.add(record);
    if (offset < 7) c.keep_witness(record);
  }
  c.add({3, 1, noon, std::nullopt});
  c.keep_witness({3, 1, noon, std::nullopt});
  const auto found = c.take();
  const auto& witness = found->partitions.at(2).progress.witness;
  ASSERT_TRUE(witness);
  EXPECT_EQ(witness->offset, 6);
  EXPECT_EQ(witness->arrival, instant_of_ms(noon + 6));
  EXPECT_EQ(witness->hash.size(), 16U);
  EXPECT_NE(found->partitions.at(3).progress.witness->hash, witness->hash);
  c.add({2, 8, noon, value});
  EXPECT_EQ(c.take()->partitions.at(2).progress.witness, std::nullopt)
      << "a stretch without one has none";
}

TEST(Classifier, sends_rows_through_the_doors_by_arrival) {
  auto c = classifier();
  const std::string rows[] = {row(noon), row(noon - 10 * minute), row(noon - 10 * minute - 1),
                              row(noon + 5 * minute), row(noon + 5 * minute + 1)};
  std::int64_t offset = 100;
  for (const auto& value : rows) c.add({3, offset++, noon, value});
  const auto found = c.take();
  EXPECT_EQ(counts(*found, 3, noon), (RowCounts{2, 0, 1, 0, 103}));
  EXPECT_EQ(counts(*found, 3, noon - 60 * minute), (RowCounts{1, 1, 0, 0, 101}));
  ASSERT_EQ(found->kept.size(), 2U);
  EXPECT_EQ(found->kept[0].kind, DeltaKind::late);
  EXPECT_EQ(found->kept[0].offset, 102);
  EXPECT_EQ(found->bytes_of(found->kept[0]), rows[2]);
  EXPECT_EQ(found->kept[1].kind, DeltaKind::early);
  EXPECT_EQ(found->bytes_of(found->kept[1]), rows[4]);
  const PartitionProgress& progress = found->partitions.at(3).progress;
  EXPECT_EQ(progress.records, 5);
  EXPECT_EQ(progress.to, 105);
  EXPECT_EQ(progress.arrival_max, instant_of_ms(noon));
}

TEST(Classifier, a_record_may_hold_several_rows) {
  auto c = classifier();
  const std::string value = row(noon) + "\n" + row(noon - 60 * minute) + " " + R"({"t":null})";
  c.add({0, 0, noon, value});
  const auto found = c.take();
  EXPECT_EQ(counts(*found, 0, noon).on_time, 1);
  EXPECT_EQ(counts(*found, 0, noon - 60 * minute).late, 1);
  EXPECT_EQ(found->partitions.at(0).progress.unparseable, 1);
  ASSERT_EQ(found->kept.size(), 2U);
  EXPECT_EQ(found->kept[0].index, 1);
  EXPECT_EQ(found->bytes_of(found->kept[0]), row(noon - 60 * minute));
  EXPECT_EQ(found->kept[1].index, 2);
}

TEST(Classifier, counts_what_has_no_door) {
  auto c = classifier();
  c.add({0, 0, noon, std::nullopt});
  c.add({0, 1, noon, ""});
  c.add({0, 2, noon, "no json"});
  c.add({0, 3, -1, row(noon)});
  const auto found = c.take();
  const PartitionProgress& progress = found->partitions.at(0).progress;
  EXPECT_EQ(progress.null_values, 1);
  EXPECT_EQ(progress.unparseable, 2);
  EXPECT_EQ(progress.without_timestamp, 1);
  // Druid's rule sees -1 as the arrival, too.
  EXPECT_EQ(counts(*found, 0, noon).early, 1);
}

// The kafka input format lets a payload's field win over its own column of the same name.
TEST(Classifier, a_row_that_names_its_own_arrival_is_judged_by_it) {
  const auto with_arrival = [](std::int64_t event, const std::string& arrival) {
    return fmt::format(R"({{"t":{},"__henge_arrival":{}}})", event, arrival);
  };
  const std::int64_t old = noon - 60 * minute;
  const struct {
    const char* why;
    std::string value;
    Door door;
  } cases[] = {
      {"an hour late by Kafka, on time by itself", with_arrival(old, fmt::format("{}", old)),
       Door::on_time},
      {"on time by Kafka, late by itself",
       with_arrival(noon, fmt::format("{}", noon + 60 * minute)), Door::late},
      {"on time by Kafka, early by itself", with_arrival(noon, fmt::format("{}", old)),
       Door::early},
      {"as text", with_arrival(old, fmt::format("\"{}\"", old)), Door::on_time},
      {"null is no value", with_arrival(noon, "null"), Door::on_time},
      {"no number: Druid's filter drops it, a repair brings it", with_arrival(noon, "\"soon\""),
       Door::late},
      {"the last of two", with_arrival(old, fmt::format("1,\"__henge_arrival\":{}", old)),
       Door::on_time},
  };
  for (const auto& c : cases) {
    auto classifier_of_one = classifier();
    classifier_of_one.add({0, 0, noon, c.value});
    const auto found = classifier_of_one.take();
    const auto& chunks = found->partitions.at(0).chunks;
    ASSERT_EQ(chunks.size(), 1U) << c.why;
    const RowCounts& one = chunks.begin()->second;
    EXPECT_EQ(one.on_time, c.door == Door::on_time ? 1 : 0) << c.why;
    EXPECT_EQ(one.late, c.door == Door::late ? 1 : 0) << c.why;
    EXPECT_EQ(one.early, c.door == Door::early ? 1 : 0) << c.why;
    EXPECT_EQ(found->kept.size(), c.door == Door::on_time ? 0U : 1U) << c.why;
  }
}

TEST(Classifier, keeps_little_of_what_is_unparseable_but_counts_all) {
  auto c = classifier();
  const std::string value(5000, 'x');
  for (int i = 0; i < 500; ++i) c.add({0, i, noon, value});
  const auto found = c.take();
  EXPECT_EQ(found->partitions.at(0).progress.unparseable, 500);
  EXPECT_EQ(found->kept.size(), 100U);
  EXPECT_EQ(found->text.size(), 100U * 1000U);
}

TEST(Classifier, takes_begin_anew) {
  auto c = classifier();
  c.add({0, 0, noon, row(noon)});
  EXPECT_EQ(c.take()->records, 1);
  c.add({0, 1, noon, row(noon)});
  const auto second = c.take();
  EXPECT_EQ(counts(*second, 0, noon), (RowCounts{1, 0, 0, 0, 1}));
  EXPECT_TRUE(c.take()->partitions.empty());
}

TEST(Findings, merge_puts_threads_together) {
  auto a = classifier();
  auto b = classifier();
  a.add({1, 7, noon, row(noon)});
  b.add({0, 9, noon, row(noon)});
  const auto one = a.take();
  const auto other = b.take();
  const ScanBatch batch = merge({one.get(), other.get()});
  ASSERT_EQ(batch.partitions.size(), 2U);
  EXPECT_EQ(batch.partitions[0].partition, 0);
  EXPECT_EQ(batch.chunks.at(instant_of_ms(noon)).size(), 2U);
}

RC_GTEST_PROP(Classifier, every_row_goes_through_exactly_one_door, ()) {
  auto c = classifier();
  const auto events =
      *rc::gen::container<std::vector<std::int64_t>>(rc::gen::inRange<std::int64_t>(-300, 300));
  const auto arrivals = *rc::gen::container<std::vector<std::int64_t>>(
      events.size(), rc::gen::inRange<std::int64_t>(-300, 300));
  std::int64_t on_time = 0;
  for (std::size_t i = 0; i < events.size(); ++i) {
    const std::int64_t event = noon + events[i] * minute / 10;
    const std::int64_t arrival = noon + arrivals[i] * minute / 10;
    // The filter of the supervisor's spec, as Druid computes it.
    if (event >= arrival - 10 * minute && event <= arrival + 5 * minute) ++on_time;
    c.add({0, static_cast<std::int64_t>(i), arrival, row(event)});
  }
  const auto found = c.take();
  RowCounts sum;
  for (const auto& [partition, findings] : found->partitions) {
    for (const auto& [chunk, one] : findings.chunks) {
      sum.on_time += one.on_time;
      sum.late += one.late;
      sum.early += one.early;
    }
  }
  RC_ASSERT(sum.on_time == on_time);
  RC_ASSERT(sum.on_time + sum.late + sum.early == static_cast<std::int64_t>(events.size()));
  RC_ASSERT(sum.late + sum.early == static_cast<std::int64_t>(found->kept.size()));
}

}  // namespace
}  // namespace henge::scan
