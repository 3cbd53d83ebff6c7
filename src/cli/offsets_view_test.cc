// What a person and a script are told of offsets.
#include "cli/offsets_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/view_fixture.h"

namespace henge::cli {
namespace {

using nlohmann::json;
using offsets::Verdict;
using testing::HasSubstr;
using testing::Not;

OffsetsView one(Verdict verdict, std::string why = "") {
  OffsetsView view;
  view.pipeline = "clicks";
  view.topic = "clicks_t";
  view.supervisor = "RUNNING";
  view.group = "henge.clicks";
  view.now = *parse_instant("2026-03-01T08:00Z");
  view.retention = std::chrono::hours(168);
  offsets::PartitionRow row;
  row.partition = 3;
  row.start = 1'000'000;
  row.committed = 123'456'789;
  row.reading = 123'460'000;
  row.scanned = 123'470'000;
  row.end = 123'470'001;
  row.lag = 13'212;
  row.lag_time = std::chrono::minutes(31);
  row.retention_left = std::chrono::hours(167);
  row.appended_per_second = 7.28;
  row.verdict = verdict;
  row.why = std::move(why);
  view.report.rows = {row};
  view.report.worst = verdict;
  view.report.lag = 13'212;
  return view;
}

TEST(OffsetsView, ShowsEveryNumberWhereThereIsRoom) {
  const std::string text = show_offsets(one(Verdict::ok), wide_console());
  for (const char* part : {"1,000,000", "123,456,789", "123,460,000", "123,470,001", "13,212",
                           "31m", "7.3", "6d 23h", "ok", "henge.clicks", "kept 7d"})
    EXPECT_THAT(text, HasSubstr(part));
}

TEST(OffsetsView, ANarrowTerminalKeepsWhatMattersMost) {
  const std::string text = show_offsets(one(Verdict::at_risk, "soon"), narrow_console(60));
  for (const char* part : {"123,456,789", "123,470,001", "13,212", "at_risk"})
    EXPECT_THAT(text, HasSubstr(part));
  EXPECT_THAT(text, Not(HasSubstr("123,460,000")));
  EXPECT_LE(widest_line(text), 60);
}

TEST(OffsetsView, EveryVerdictThatNeedsCareSaysWhatToDo) {
  for (const Verdict verdict :
       {Verdict::at_risk, Verdict::lost, Verdict::removed_partition, Verdict::ahead}) {
    EXPECT_TRUE(needs_care(verdict));
    const std::string text = show_offsets(one(verdict, "a reason"), wide_console());
    EXPECT_THAT(text, HasSubstr("partition 3: a reason"));
    EXPECT_THAT(text, testing::AnyOf(HasSubstr("henge offsets reset clicks --to earliest"),
                                     HasSubstr("kafka-configs --alter")));
  }
  for (const Verdict verdict : {Verdict::ok, Verdict::unknown, Verdict::new_partition})
    EXPECT_FALSE(needs_care(verdict)) << to_string(verdict);
}

TEST(OffsetsView, WhatIsNotKnownIsADash) {
  OffsetsView view = one(Verdict::unknown, "Druid did not say what it has committed");
  view.report.rows[0].committed.reset();
  view.report.rows[0].lag.reset();
  view.notes = {"Druid: no route"};
  const std::string text = show_offsets(view, wide_console());
  EXPECT_THAT(text, HasSubstr(" -  "));
  EXPECT_THAT(text, HasSubstr("Druid: no route"));
  view.retention.reset();
  view.group.clear();
  EXPECT_THAT(show_offsets(view, wide_console()), HasSubstr("consumer group none"));
}

TEST(OffsetsView, WhatTheServingHengeFoundHolds) {
  OffsetsView view = one(Verdict::ok);
  ledger::PipelineState state;
  ledger::DriftState found;
  found.drift.kind = DriftKind::topic_recreated;
  found.drift.object = "clicks_t";
  found.drift.value = "1,13";
  state.drifts["x"] = found;
  add_found(view.report, state);
  EXPECT_EQ(view.report.worst, Verdict::ok) << "partition 3 is not 13";
  state.drifts["x"].drift.value = "1,3";
  add_found(view.report, state);
  EXPECT_EQ(view.report.worst, Verdict::ahead);
  EXPECT_EQ(view.report.rows[0].verdict, Verdict::ahead);
}

TEST(OffsetsView, JsonHasItsFields) {
  const json body = json::parse(show_offsets(one(Verdict::lost), json_console()));
  EXPECT_THAT(keys_of(body), testing::UnorderedElementsAre(
                                 "frozen", "pipeline", "topic", "now", "supervisor",
                                 "consumer_group", "verdict", "lag", "lost", "retention_ms",
                                 "retention_bytes", "retention_left_ms", "partitions", "notes"));
  EXPECT_THAT(keys_of(body["partitions"][0]),
              testing::UnorderedElementsAre("partition", "verdict", "why", "log_start", "committed",
                                            "reading", "scanned", "end", "lag", "lag_ms",
                                            "retention_left_ms", "lost", "appended_per_second"));
  EXPECT_EQ(body["verdict"], "lost");
  EXPECT_EQ(body["retention_bytes"], nullptr);
}

}  // namespace
}  // namespace henge::cli
