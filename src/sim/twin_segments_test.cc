// Segments of Druid's twin: visibility, rules, what the Coordinator lists, what is marked unused.
#include "sim/twin_segments.h"

#include "sim/twin_fixture.h"

namespace henge::sim {
namespace {

using namespace std::chrono_literals;

class TwinSegments : public TwinWorld {
 protected:
  void add(Interval interval, const std::string& version, const std::vector<std::string>& names,
           bool available = true) {
    ForeignSegment made;
    made.datasource = "clicks";
    made.interval = interval;
    made.version = version;
    made.metrics = "n";
    for (const std::string& name : names) made.rows.push_back({row_id(name), interval.start});
    made.available = available;
    druid.add_segment(made);
  }
  static Interval hour(Millis ahead = 0ms) { return bucket(Granularity::hour, noon + ahead); }
};

StoredSegment stored(std::int32_t core, bool answers = true) {
  StoredSegment out;
  out.core = core;
  out.rows = std::make_shared<SegmentRows64>();
  out.rows->rows.push_back({1, noon});
  if (answers) out.loaded_at = noon;
  return out;
}

TEST(TwinTimeline, AVersionShowsWhenItsCoreSetIsWholeAndHidesWhatItCovers) {
  const Interval hour = bucket(Granularity::hour, noon);
  DatasourceSegments segments("ds");
  segments.publish({{hour, "1"}, 0}, stored(0));
  segments.publish({{hour, "2"}, 0}, stored(2));
  EXPECT_EQ(segments.visible(hour).size(), 1U) << "half a core set hides nothing";
  segments.publish({{hour, "2"}, 1}, stored(2, false));
  EXPECT_EQ(segments.visible(hour).at(0).key.generation.version, "1");
  EXPECT_EQ(segments.stored_visible(hour).size(), 2U);
  EXPECT_TRUE(segments.is_overshadowed({{hour, "1"}, 0}));
  segments.find({{hour, "2"}, 1})->loaded_at = noon;
  EXPECT_EQ(segments.visible(hour).size(), 2U);
  EXPECT_EQ(segments.visible(hour).at(0).key.generation.version, "2");
  segments.publish({{hour, "2"}, 2}, stored(2));
  EXPECT_EQ(segments.visible(hour).size(), 3U) << "appended behind the core set: seen at once";
}

TEST(TwinTimeline, ANewerFinerVersionHidesOnlyItsPartOfACoarserOne) {
  const Interval day = bucket(Granularity::day, noon);
  const Interval hour = bucket(Granularity::hour, noon);
  DatasourceSegments segments("ds");
  segments.publish({{day, "1"}, 0}, stored(1));
  segments.publish({{hour, "2"}, 0}, stored(1));
  const auto visible = segments.visible(day);
  ASSERT_EQ(visible.size(), 2U);
  const auto& coarse = visible[0].key.generation.version == "1" ? visible[0] : visible[1];
  EXPECT_FALSE(coarse.shows(noon));
  EXPECT_TRUE(coarse.shows(noon + 2h));
  EXPECT_FALSE(segments.is_overshadowed({{day, "1"}, 0}));
  segments.publish({{day, "3"}, 0}, stored(1));
  EXPECT_EQ(segments.overshadowed_at(noon + 1h).size(), 2U);
}

TEST(TwinTimeline, AppendsFollowTheChunkThatIsThere) {
  const Interval day = bucket(Granularity::day, noon);
  DatasourceSegments segments("ds");
  auto place = segments.place_for(noon, Granularity::hour);
  EXPECT_EQ(place.interval, bucket(Granularity::hour, noon));
  EXPECT_FALSE(place.version);
  segments.publish({{day, "7"}, 0}, stored(1));
  place = segments.place_for(noon, Granularity::hour);
  EXPECT_EQ(place.interval, day);
  EXPECT_EQ(place.version, "7");
  EXPECT_EQ(place.core, 1);
  EXPECT_EQ(segments.next_partition({day, "7"}, 1), 1);
  EXPECT_EQ(segments.next_partition({day, "7"}, 1), 2);
  // A finer one stands in the chunk: a new segment stays beside it.
  const Interval other = bucket(Granularity::hour, noon + 48h);
  segments.publish({{other, "7"}, 0}, stored(1));
  place = segments.place_for(noon + 50h, Granularity::day);
  EXPECT_EQ(place.interval, bucket(Granularity::hour, noon + 50h));
}

TEST_F(TwinSegments, MarkedUnusedSegmentsLeaveTheStoreAtOnceAndQueriesSoon) {
  add(hour(), "1", {"a", "b"});
  EXPECT_EQ(counted(), 0) << "its count metric has another name";
  EXPECT_EQ(druid.visible_rows("clicks").size(), 2U);
  const auto revision = druid.stored_revision("clicks");
  ASSERT_TRUE(druid.mark_unused("clicks", hour()));
  EXPECT_TRUE(druid.used_segments("clicks", {hour()})->empty());
  EXPECT_EQ(druid.stored_changes("clicks", revision), (std::vector<Interval>{hour()}));
  EXPECT_EQ(druid.visible_rows("clicks").size(), 2U);
  pass(7s);
  EXPECT_TRUE(druid.visible_rows("clicks").empty());
  EXPECT_EQ(druid.unused_segments("clicks", hour())->size(), 1U);
  ASSERT_TRUE(druid.mark_used("clicks", hour()));
  pass(7s);
  EXPECT_EQ(druid.visible_rows("clicks").size(), 2U);
  EXPECT_TRUE(druid.mark_used("nowhere", hour())) << "as Druid 33 has it";
}

TEST_F(TwinSegments, TheCoordinatorsListIsUpToAMinuteOldAndTheStoreIsNot) {
  pass(1s);
  add(hour(), "1", {"a"});
  EXPECT_EQ(druid.segments({"clicks"})->size(), 0) << "made after the last look";
  EXPECT_EQ(druid.used_segments("clicks", {hour()})->size(), 1U);
  pass(60s);
  const auto table = *druid.segments({"clicks"});
  ASSERT_EQ(table.find("clicks").size(), 1U);
  EXPECT_EQ(table.find("clicks")[0].interval, hour());
  EXPECT_FALSE(table.find("clicks")[0].overshadowed);
  add(hour(), "2", {"b"});
  pass(60s);
  const auto later = *druid.segments({"clicks"});
  int overshadowed = 0;
  for (const SegmentRow& one : later.find("clicks")) overshadowed += one.overshadowed ? 1 : 0;
  EXPECT_EQ(overshadowed, 1);
}

TEST_F(TwinSegments, DigestsTellUnavailableAndOvershadowed) {
  druid.faults().historicals_load = false;
  add(hour(), "1", {"a"});
  add(hour(), "2", {"b"}, false);
  add(hour(1h), "1", {"c"}, false);
  pass(60s);
  const auto digest = druid.segment_digests()->at("clicks");
  EXPECT_EQ(digest.published, 3);
  EXPECT_EQ(digest.overshadowed, 1);
  EXPECT_EQ(digest.unavailable, 2);
  EXPECT_EQ(digest.version_max, "2");
  EXPECT_EQ(druid.visible_rows("clicks").size(), 1U) << "the old version answers";
  EXPECT_FALSE(druid.all_available("clicks"));
  druid.faults().historicals_load = true;
  pass(60s);
  EXPECT_TRUE(druid.all_available("clicks"));
  EXPECT_EQ(druid.segment_digests()->at("clicks").unavailable, 0);
}

TEST_F(TwinSegments, ASwitchTakesSegmentsFromQueriesAndBack) {
  add(hour(), "1", {"a"});
  druid.set_available("clicks", hour(), false);
  EXPECT_TRUE(druid.visible_rows("clicks").empty());
  EXPECT_EQ(druid.stored_rows("clicks").size(), 1U);
  druid.set_available("clicks", hour(), true);
  EXPECT_EQ(druid.visible_rows("clicks").size(), 1U);
}

TEST_F(TwinSegments, RulesDecideWhatIsLoaded) {
  ASSERT_TRUE(druid.set_rules("clicks",
                              {{"loadByPeriod", std::nullopt, "P1M", true, {}},
                               {"dropForever", std::nullopt, "", true, {}}},
                              {}));
  EXPECT_EQ(druid.rules("clicks")->size(), 3U) << "the cluster's come last";
  add(hour(), "1", {"new"}, false);
  add(hour(-31 * 24h + 2h), "1", {"within a month"}, false);
  add(hour(-32 * 24h), "1", {"old"}, false);
  pass(10s);
  EXPECT_EQ(druid.visible_rows("clicks").size(), 2U);
  ASSERT_TRUE(druid.set_rules("clicks", {}, {}));
  pass(10s);
  EXPECT_EQ(druid.visible_rows("clicks").size(), 3U);
  ASSERT_TRUE(druid.set_rules("clicks", {{"dropForever", std::nullopt, "", true, {}}}, {}));
  pass(10s);
  EXPECT_TRUE(druid.visible_rows("clicks").empty());
  EXPECT_EQ(druid.unused_segments("clicks", hour())->size(), 1U);
}

TEST_F(TwinSegments, RowsAreCountedByBucketAndOnlyInTheAskedIntervals) {
  ForeignSegment made;
  made.datasource = "clicks";
  made.interval = bucket(Granularity::day, noon);
  made.version = "1";
  for (int i = 0; i < 5; ++i)
    made.rows.push_back({static_cast<RowId>(i), noon + (i < 2 ? 0h : 1h)});
  druid.add_segment(made);
  const auto both = *druid.rows_by_segment("clicks", "count", Granularity::hour, {made.interval});
  ASSERT_EQ(both.size(), 2U);
  EXPECT_EQ(both[0].rows, 2);
  EXPECT_EQ(both[1].rows, 3);
  const auto one = *druid.rows_by_segment("clicks", "count", Granularity::hour, {hour(1h)});
  ASSERT_EQ(one.size(), 1U);
  EXPECT_EQ(one[0].chunk, noon + 1h);
  EXPECT_EQ(druid.sql(R"(SELECT SUM("count") AS n FROM "clicks")")->text, R"([{"n":5}])");
  EXPECT_EQ(druid.sql("selct 1").error().kind, ErrorKind::invalid);
}

TEST_F(TwinSegments, AServiceThatIsDownIsUnavailableAndTheOthersAreNot) {
  druid.take_down(ports::Service::broker, noon + 1min);
  EXPECT_EQ(druid.segment_digests().error().kind, ErrorKind::unavailable);
  EXPECT_TRUE(druid.segments({"clicks"}));
  pass(1min);
  EXPECT_TRUE(druid.segment_digests());
  druid.take_down(ports::Service::coordinator, druid.now() + 1min);
  EXPECT_EQ(druid.used_segments("clicks", {hour()}).error().kind, ErrorKind::unavailable);
}

}  // namespace
}  // namespace henge::sim
