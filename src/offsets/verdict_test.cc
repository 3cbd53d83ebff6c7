// What is said of a partition's offsets, and what must not be said.
#include "offsets/verdict.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace henge::offsets {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::HasSubstr;

const Instant now = instant_of_ms(1'764'000'000'000);

// Partition 0 of a calm topic: log 100 to 1000, scanned to the end, committed to 900, 50 s behind.
struct Calm {
  ledger::PipelineState state;
  DruidOffsets druid;
  TopicLook look;

  Calm() {
    state.partitions[0].next = 1000;
    state.partitions[0].witness = Witness{950, now - seconds(20), "aaaa"};
    druid.known = true;
    druid.committed = {{0, 900}};
    druid.reading = {{0, 990}};
    look.at = now;
    look.since = now - minutes(1);
    look.starts = {{0, 100}};
    look.ends = {{0, 1000}};
    look.at_since = {{0, 880}};
    look.records[{0, 900}] = {{900, now - seconds(50), "bbbb"}, 200};
    look.records[{0, 950}] = {{950, now - seconds(20), "aaaa"}, 200};
    look.retention = hours(1);
  }
  [[nodiscard]] PartitionRow row() const { return judge(state.partitions, druid, look).rows.at(0); }
};

TEST(Verdict, ACalmPartitionIsMeasured) {
  const PartitionRow row = Calm().row();
  EXPECT_EQ(row.verdict, Verdict::ok) << row.why;
  EXPECT_EQ(row.lag, 100);
  EXPECT_EQ(row.lag_time, seconds(50));
  EXPECT_EQ(row.retention_left, hours(1) - seconds(50));
  EXPECT_EQ(row.appended_per_second, 2.0);
  EXPECT_EQ(row.scanned, 1000);
  EXPECT_EQ(row.reading, 990);
}

TEST(Verdict, NothingUnreadIsNeverAtRisk) {
  Calm calm;
  calm.druid.committed = {{0, 1000}};
  calm.look.retention = Millis(1);
  EXPECT_EQ(calm.row().verdict, Verdict::ok);
  EXPECT_EQ(calm.row().lag_time, Millis(0));
  EXPECT_EQ(calm.row().retention_left, std::nullopt);
}

TEST(Verdict, RetentionIsSeenComingBeforeItTakesAnything) {
  struct Case {
    const char* what;
    std::optional<Millis> retention;
    Millis age;  // of the first record that is not committed
    Verdict verdict;
  };
  const std::vector<Case> cases{
      {"kept for ever", std::nullopt, hours(10'000), Verdict::ok},
      {"young", hours(1), minutes(44), Verdict::ok},
      {"a quarter is left", hours(1), minutes(45), Verdict::ok},
      {"less than a quarter", hours(1), minutes(46), Verdict::at_risk},
      {"overdue, and not yet deleted", hours(1), hours(2), Verdict::at_risk},
      {"a week, more than a day left", hours(168), hours(143), Verdict::ok},
      {"a week, less than a day left", hours(168), hours(145), Verdict::at_risk},
  };
  for (const Case& c : cases) {
    Calm calm;
    calm.look.retention = c.retention;
    calm.look.records[{0, 900}].record.arrival = now - c.age;
    EXPECT_EQ(calm.row().verdict, c.verdict) << c.what;
  }
}

TEST(Verdict, RetentionBySizeIsTheRateInBytes) {
  Calm calm;
  calm.look.retention.reset();
  // 100 records of 200 bytes wait, 2 come a second: 400 bytes a second.
  calm.look.retention_bytes = 20'000 + 400 * 3600;
  EXPECT_EQ(calm.row().retention_left, hours(1));
  EXPECT_EQ(calm.row().verdict, Verdict::at_risk) << "an hour is less than a day";
  calm.look.retention_bytes = 20'000 + 400LL * 3600 * 48;
  EXPECT_EQ(calm.row().verdict, Verdict::ok);
  calm.look.retention_bytes = 10;
  EXPECT_EQ(calm.row().retention_left, Millis(0));
  calm.look.at_since = {{0, 1000}};
  EXPECT_EQ(calm.row().retention_left, std::nullopt) << "nothing comes, so nothing is pushed out";
}

TEST(Verdict, WhatRetentionTookIsCounted) {
  Calm calm;
  calm.look.starts = {{0, 930}};
  const PartitionRow row = calm.row();
  EXPECT_EQ(row.verdict, Verdict::lost);
  EXPECT_EQ(row.lost, 30);
  EXPECT_EQ(row.lag, 70) << "only what is still there can be read";
  EXPECT_THAT(row.why, HasSubstr("900 to 929"));
  calm.look.starts = {{0, 900}};
  EXPECT_EQ(calm.row().verdict, Verdict::ok) << "the log begins right where Druid goes on";
}

TEST(Verdict, ATopicMadeAnewIsKnownByItsEndItsArrivalsAndItsRecords) {
  struct Case {
    const char* what;
    std::function<void(Calm&)> change;
    const char* says;
  };
  const std::vector<Case> cases{
      {"shorter than what Druid committed", [](Calm& c) { c.look.ends = {{0, 890}}; },
       "Druid committed 900"},
      {"shorter than what henge read", [](Calm& c) { c.look.ends = {{0, 960}}; },
       "henge has read to 1000"},
      {"another arrival time",
       [](Calm& c) { c.look.records[{0, 950}].record.arrival += Millis(1); }, "arrived at"},
      {"another record", [](Calm& c) { c.look.records[{0, 950}].record.hash = "cccc"; },
       "not the one that was read"},
  };
  for (const Case& c : cases) {
    Calm calm;
    c.change(calm);
    EXPECT_EQ(calm.row().verdict, Verdict::ahead) << c.what;
    EXPECT_THAT(calm.row().why, HasSubstr(c.says)) << c.what;
  }
}

TEST(Verdict, AMissingWitnessProvesNothing) {
  struct Case {
    const char* what;
    std::function<void(Calm&)> change;
  };
  const std::vector<Case> cases{
      {"none was kept", [](Calm& c) { c.state.partitions[0].witness.reset(); }},
      {"it could not be read", [](Calm& c) { c.look.records.erase({0, 950}); }},
      {"compaction or a transaction left a hole",
       [](Calm& c) { c.look.records[{0, 950}].record = {951, now, "dddd"}; }},
  };
  for (const Case& c : cases) {
    Calm calm;
    c.change(calm);
    EXPECT_EQ(calm.row().verdict, Verdict::ok) << c.what;
  }
}

TEST(Verdict, PartitionsComeAndGo) {
  Calm calm;
  calm.look.starts[1] = 0;
  calm.look.ends[1] = 5;
  calm.state.partitions[2].next = 7;
  const Report report = judge(calm.state.partitions, calm.druid, calm.look);
  ASSERT_EQ(report.rows.size(), 3U);
  EXPECT_EQ(report.rows[1].verdict, Verdict::new_partition);
  EXPECT_EQ(report.rows[2].verdict, Verdict::removed_partition);
  EXPECT_EQ(report.rows[2].end, std::nullopt);
  EXPECT_EQ(report.worst, Verdict::removed_partition);
}

TEST(Verdict, WhatDruidDoesNotSayIsNotKnown) {
  Calm calm;
  calm.druid = {};
  EXPECT_EQ(calm.row().verdict, Verdict::unknown);
  EXPECT_EQ(calm.row().lag, std::nullopt);
  EXPECT_EQ(calm.row().end, 1000) << "what Kafka says is shown all the same";
}

TEST(Verdict, AReportAddsUp) {
  Calm calm;
  calm.druid.committed[1] = 10;
  calm.look.starts[1] = 40;
  calm.look.ends[1] = 100;
  calm.look.records[{1, 10}] = {};
  const Report report = judge(calm.state.partitions, calm.druid, calm.look);
  EXPECT_EQ(report.lag, 160);
  EXPECT_EQ(report.lost, 30);
  EXPECT_EQ(report.worst, Verdict::lost);
}

TEST(Verdict, AsksForWitnessesAndFirstUnreadRecords) {
  Calm calm;
  calm.state.partitions[1].next = 4;
  EXPECT_THAT(records_wanted(calm.state.partitions, calm.druid),
              testing::ElementsAre(testing::Pair(0, 900), testing::Pair(0, 950)));
}

TEST(DruidOffsets, AZeroOfASuspendedSupervisorIsNotKnown) {
  SupervisorStatus status;
  status.suspended = true;
  status.detailed_state = "SUSPENDED";
  status.latest_offsets = {{0, 100}, {1, 100}};
  status.lag = {{0, 100}, {1, 60}};
  EXPECT_EQ(druid_offsets(status).committed, (PartitionOffsets{{1, 40}}));
  status.suspended = false;
  status.active = {{"a", {{0, 0}, {1, 40}}, {}, {}}};
  EXPECT_EQ(druid_offsets(status).committed, (PartitionOffsets{{0, 0}, {1, 40}}))
      << "a task that began there says so for certain";
}

TEST(DruidOffsets, TakesTheFurthestReader) {
  SupervisorStatus status;
  status.active = {{"a", {{0, 50}}, {{0, 80}}, {}}};
  status.publishing = {{"b", {{0, 10}, {1, 5}}, {{0, 50}, {1, 9}}, {}}};
  const DruidOffsets offsets = druid_offsets(status);
  EXPECT_TRUE(offsets.known);
  EXPECT_EQ(offsets.committed, (PartitionOffsets{{0, 10}, {1, 5}}));
  EXPECT_EQ(offsets.reading, (PartitionOffsets{{0, 80}, {1, 9}}));
}

}  // namespace
}  // namespace henge::offsets
