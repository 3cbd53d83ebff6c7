#include "spec/parity_segments.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "spec/json_tree.h"
#include "spec/render_samples_test.h"

namespace henge::spec {
namespace {

// What a Druid 33 answered for the orders pipeline: one segment re-indexed, one compacted.
Json recorded() {
  std::ifstream file(HENGE_SOURCE_DIR "/tests/golden/specs/druid33_segment_metadata.json");
  return *parse_json(std::string(std::istreambuf_iterator<char>(file), {}));
}

TEST(SegmentParity, AsksForWhatItJudges) {
  const auto query = *parse_json(segment_metadata_query(
      samples::orders(), {*parse_interval("2026-01-01T00:00:00.000Z/2026-01-02T00:00:00.000Z")}));
  EXPECT_EQ(query["queryType"], "segmentMetadata");
  EXPECT_EQ(query["dataSource"], "orders");
  EXPECT_EQ(query["merge"], false);
  EXPECT_EQ(query["intervals"].size(), 1u);
}

TEST(SegmentParity, HoldsForRealSegments) {
  const auto parity = parity_with_segments(samples::orders(), to_text(recorded()));
  ASSERT_TRUE(parity) << parity.error().message;
  EXPECT_EQ(parity->segments, 2);
  EXPECT_EQ(parity->silent, 0);
  for (const auto& m : parity->mismatches)
    ADD_FAILURE() << m.field << ": " << m.expected << " / " << m.found;
}

TEST(SegmentParity, TakesTheDeclaredFormOfAMetricAsWell) {
  auto segments = recorded();
  segments[0]["aggregators"]["events"] = {{"type", "count"}, {"name", "events"}};
  EXPECT_TRUE(parity_with_segments(samples::orders(), to_text(segments))->holds());
}

TEST(SegmentParity, ADimensionWithoutValuesMayBeMissing) {
  auto segments = recorded();
  segments[0]["columns"].erase("tags");
  EXPECT_TRUE(parity_with_segments(samples::orders(), to_text(segments))->holds());
}

TEST(SegmentParity, ReadsEveryWayDruidPrintsAGranularity) {
  auto segments = recorded();
  segments[0]["queryGranularity"] = {{"type", "period"}, {"period", "PT1M"}, {"timeZone", "UTC"}};
  EXPECT_TRUE(parity_with_segments(samples::orders(), to_text(segments))->holds());
  segments[0]["queryGranularity"] = {{"type", "none"}};
  EXPECT_FALSE(parity_with_segments(samples::orders(), to_text(segments))->holds());
  auto pipeline = samples::orders();
  pipeline.schema.query_granularity = Granularity::none;
  segments[1]["queryGranularity"] = {{"type", "none"}};
  EXPECT_TRUE(parity_with_segments(pipeline, to_text(segments))->holds());
}

TEST(SegmentParity, NamesSegmentAndFieldOfEveryDeparture) {
  struct Case {
    std::string pointer, value, field;
  };
  const std::vector<Case> cases = {
      {"/0/columns/user/typeSignature", R"("LONG")", "columns.user"},
      {"/0/columns/kafka.topic", R"({"typeSignature":"STRING"})", "columns.kafka.topic"},
      {"/0/columns/__henge_arrival", R"({"typeSignature":"LONG"})", "columns.__henge_arrival"},
      {"/0/aggregators/bytes/type", R"("doubleSum")", "aggregators.bytes"},
      {"/0/aggregators/events", "null", "aggregators.events"},
      {"/0/aggregators/users/size", "16", "aggregators.users"},
      {"/0/aggregators/more", R"({"type":"count"})", "aggregators.more"},
      {"/0/queryGranularity", R"("HOUR")", "queryGranularity"},
      {"/0/queryGranularity", "7", "queryGranularity"},
      {"/0/rollup", "false", "rollup"},
  };
  for (const auto& c : cases) {
    auto segments = recorded();
    segments[Json::json_pointer(c.pointer)] = *parse_json(c.value);
    const auto parity = parity_with_segments(samples::orders(), to_text(segments));
    ASSERT_TRUE(parity);
    ASSERT_EQ(parity->mismatches.size(), 1u) << c.pointer;
    EXPECT_EQ(parity->mismatches[0].field, c.field);
    EXPECT_EQ(parity->mismatches[0].segment, string_at(segments[0], "id"));
  }
}

TEST(SegmentParity, SilenceIsNoProofAndNoContradiction) {
  auto segments = recorded();
  for (const auto* key : {"aggregators", "queryGranularity", "rollup"}) segments[0][key] = nullptr;
  const auto parity = *parity_with_segments(samples::orders(), to_text(segments));
  EXPECT_TRUE(parity.holds());
  EXPECT_EQ(parity.silent, 3);
}

TEST(SegmentParity, AnotherPipelinesSegmentsDoNotPass) {
  EXPECT_FALSE(parity_with_segments(samples::clicks(), to_text(recorded()))->holds());
}

TEST(SegmentParity, RefusesWhatIsNoSuchAnswer) {
  EXPECT_FALSE(parity_with_segments(samples::clicks(), {R"({"error":"x"})"}));
  EXPECT_FALSE(parity_with_segments(samples::clicks(), {""}));
  EXPECT_EQ(parity_with_segments(samples::clicks(), {"[]"})->segments, 0);
}

}  // namespace
}  // namespace henge::spec
