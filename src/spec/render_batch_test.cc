#include "spec/render_batch.h"

#include <gtest/gtest.h>

#include "spec/json_tree.h"
#include "spec/render_compaction.h"
#include "spec/render_samples_test.h"

namespace henge::spec {
namespace {

Interval interval(std::string_view text) {
  return *parse_interval(text);
}

const Interval an_hour = interval("2026-01-02T03:00:00.000Z/2026-01-02T04:00:00.000Z");
const Interval a_day = interval("2026-01-02T00:00:00.000Z/2026-01-03T00:00:00.000Z");

AppendInput append_input() {
  return {"henge.late.clicks.1", {an_hour}, InlineRows{"{\"ts\":1}\n"}};
}

Json tree(const Result<JsonText>& text) {
  EXPECT_TRUE(text) << (text ? "" : text.error().message);
  return text ? *parse_json(*text) : Json();
}

TEST(RenderAppend, TakesExactlyTheGivenRowsBesideTheStream) {
  const auto task = tree(render_append(samples::clicks(), append_input()));
  EXPECT_EQ(task["type"], "index_parallel");
  EXPECT_EQ(task["id"], "henge.late.clicks.1");
  EXPECT_EQ(task["context"]["useConcurrentLocks"], true);
  const auto& io = task["spec"]["ioConfig"];
  EXPECT_EQ(io["appendToExisting"], true);
  EXPECT_EQ(io["dropExisting"], false);
  EXPECT_EQ(io["inputSource"]["data"], "{\"ts\":1}\n");
  EXPECT_EQ(io["inputFormat"]["type"], "json");
  EXPECT_FALSE(task["spec"]["dataSchema"].contains("transformSpec"))
      << "the arrival rule would drop every late row";
  EXPECT_EQ(task["spec"]["dataSchema"]["granularitySpec"]["intervals"],
            Json::array({to_iso(an_hour)}));
}

TEST(RenderAppend, KeepsTheUsersFilterAndTransforms) {
  auto input = append_input();
  input.chunks = {a_day};
  const auto transforms =
      tree(render_append(samples::orders(), input))["spec"]["dataSchema"]["transformSpec"];
  EXPECT_EQ(to_text(transforms["filter"]).text, samples::orders().schema.filter.text);
  EXPECT_EQ(transforms["transforms"].size(), 1u);
}

TEST(RenderAppend, FetchesOverHttpWhatIsServed) {
  auto input = append_input();
  input.rows = HttpRows{{"http://10.0.0.1:8090/d/a", "http://10.0.0.1:8090/d/b"}};
  const auto source =
      tree(render_append(samples::clicks(), input))["spec"]["ioConfig"]["inputSource"];
  EXPECT_EQ(source["type"], "http");
  EXPECT_EQ(source["uris"].size(), 2u);
}

TEST(RenderAppend, JudgesBadRowsAndSizesSegmentsAsTheStreamDoes) {
  auto input = append_input();
  input.chunks = {a_day};
  const auto tuning = tree(render_append(samples::orders(), input))["spec"]["tuningConfig"];
  EXPECT_EQ(tuning["maxParseExceptions"], 1000);
  EXPECT_EQ(tuning["indexSpec"]["dimensionCompression"], "zstd");
  EXPECT_EQ(tuning["partitionsSpec"]["type"], "dynamic");
  EXPECT_EQ(tuning["partitionsSpec"]["maxRowsPerSegment"], 3000000);
  EXPECT_EQ(tuning["awaitSegmentAvailabilityTimeoutMillis"], 0);
  EXPECT_FALSE(tuning.contains("intermediateHandoffPeriod"));
}

TEST(RenderAppend, ThePipelinesOwnPartitionsWin) {
  auto pipeline = samples::orders();
  pipeline.append_partitions = {R"({"maxRowsPerSegment":7,"type":"dynamic"})"};
  auto input = append_input();
  input.chunks = {a_day};
  EXPECT_EQ(tree(render_append(
                pipeline, input))["spec"]["tuningConfig"]["partitionsSpec"]["maxRowsPerSegment"],
            7);
}

TEST(RenderAppend, SameInputSameBytes) {
  EXPECT_EQ(render_append(samples::clicks(), append_input())->text,
            render_append(samples::clicks(), append_input())->text);
}

TEST(RenderAppend, RefusesWhatCannotBeRight) {
  struct Case {
    std::string complaint;
    void (*damage)(AppendInput&);
  };
  const std::vector<Case> cases = {
      {"without rows", [](AppendInput& i) { i.rows = InlineRows{}; }},
      {"without rows", [](AppendInput& i) { i.rows = HttpRows{}; }},
      {"without chunks", [](AppendInput& i) { i.chunks.clear(); }},
      {"does not begin and end with a chunk",
       [](AppendInput& i) { i.chunks[0].start += Millis(1); }},
      {"does not begin and end with a chunk", [](AppendInput& i) { i.chunks[0].end -= Millis(1); }},
      {"does not begin and end with a chunk",
       [](AppendInput& i) { i.chunks[0].end = i.chunks[0].start; }},
      {"no task id", [](AppendInput& i) { i.task_id = ""; }},
      {"no task id", [](AppendInput& i) { i.task_id = ".hidden"; }},
      {"no task id", [](AppendInput& i) { i.task_id = "a/b"; }},
      {"no task id", [](AppendInput& i) { i.task_id = "a\nb"; }},
      {"not UTF-8", [](AppendInput& i) { i.rows = InlineRows{"{\"a\":\"\xc3\x28\"}\n"}; }},
  };
  for (const auto& c : cases) {
    auto input = append_input();
    c.damage(input);
    const auto task = render_append(samples::clicks(), input);
    ASSERT_FALSE(task) << c.complaint;
    EXPECT_EQ(task.error().kind, ErrorKind::invalid);
    EXPECT_NE(task.error().message.find(c.complaint), std::string::npos) << task.error().message;
  }
}

ReplaceInput replace_input(const std::string& source) {
  return {"henge.load.1", {a_day}, {source}};
}

TEST(RenderReplace, DropsWhatTheIntervalsHeld) {
  const auto task = tree(
      render_replace(samples::orders(), replace_input(R"({"type":"http","uris":["http://x/y"]})")));
  EXPECT_EQ(task["spec"]["ioConfig"]["dropExisting"], true);
  EXPECT_EQ(task["spec"]["ioConfig"]["appendToExisting"], false);
  EXPECT_EQ(task["spec"]["ioConfig"]["inputFormat"]["type"], "json");
  EXPECT_EQ(task["spec"]["tuningConfig"]["partitionsSpec"]["type"], "range");
  EXPECT_EQ(task["spec"]["tuningConfig"]["forceGuaranteedRollup"], true);
  EXPECT_EQ(task["spec"]["dataSchema"]["metricsSpec"][0]["type"], "count");
}

TEST(RenderReplace, RangePartitionsNeedAnInputThatSplits) {
  const auto task =
      render_replace(samples::orders(), replace_input(R"({"type":"inline","data":"{}"})"));
  ASSERT_FALSE(task);
  EXPECT_NE(task.error().message.find("over http"), std::string::npos);
}

TEST(RenderReplace, DynamicPartitionsNeedNoPerfectRollup) {
  auto input = replace_input(R"({"type":"http","uris":["http://x/y"]})");
  const auto tuning = tree(render_replace(samples::clicks(), input))["spec"]["tuningConfig"];
  EXPECT_EQ(tuning["partitionsSpec"]["type"], "dynamic");
  EXPECT_FALSE(tuning.contains("forceGuaranteedRollup"));
}

TEST(RenderReplace, ByNothingReadsAHeaderLineOnly) {
  // Also where the pipeline's own rows could not be split or travel inline.
  const auto spec = tree(render_replace(samples::orders(), replace_input("")))["spec"];
  EXPECT_EQ(spec["ioConfig"]["inputSource"], (Json{{"type", "inline"}, {"data", "no row\n"}}));
  EXPECT_EQ(spec["ioConfig"]["inputFormat"],
            (Json{{"type", "csv"}, {"columns", {"nothing"}}, {"skipHeaderRows", 1}}));
  EXPECT_EQ(spec["ioConfig"]["dropExisting"], true);
  EXPECT_EQ(spec["tuningConfig"]["partitionsSpec"]["type"], "dynamic");
  EXPECT_EQ(spec["dataSchema"]["granularitySpec"]["intervals"], Json{to_iso(a_day)});
}

TEST(RenderReplace, ReindexingSumsTheCountAndFiltersNothingTwice) {
  const auto task = tree(render_replace(
      samples::orders(), replace_input(R"({"type":"druid","dataSource":"orders"})")));
  const auto& schema = task["spec"]["dataSchema"];
  EXPECT_EQ(schema["metricsSpec"][0],
            (Json{{"type", "longSum"}, {"name", "events"}, {"fieldName", "events"}}));
  EXPECT_FALSE(schema.contains("transformSpec"));
  EXPECT_EQ(schema["timestampSpec"]["column"], "__time");
  EXPECT_FALSE(task["spec"]["ioConfig"].contains("inputFormat"));
}

TEST(RenderReplace, RefusesWhatCannotBeRight) {
  auto input = replace_input(R"({"type":"http","uris":[]})");
  input.intervals = {an_hour};
  EXPECT_FALSE(render_replace(samples::orders(), input))
      << "an hour of a day's chunk would drop the whole day";
  input.intervals.clear();
  EXPECT_FALSE(render_replace(samples::orders(), input));
  EXPECT_FALSE(render_replace(samples::orders(), replace_input("{")));
}

TEST(RenderCompaction, KeepsTheCount) {
  const auto task = tree(render_compaction(samples::orders(), a_day, "henge.compact.1"));
  EXPECT_EQ(task["type"], "compact");
  EXPECT_EQ(task["dataSource"], "orders");
  EXPECT_EQ(task["ioConfig"]["inputSpec"]["interval"], to_iso(a_day));
  EXPECT_EQ(task["metricsSpec"][0]["type"], "longSum");
  EXPECT_EQ(task["metricsSpec"][0]["fieldName"], "events");
  EXPECT_EQ(task["granularitySpec"]["segmentGranularity"], "DAY");
  EXPECT_EQ(task["context"]["useConcurrentLocks"], true);
  EXPECT_EQ(task["context"]["storeCompactionState"], true);
  EXPECT_EQ(task["tuningConfig"]["partitionsSpec"]["type"], "hashed");
  EXPECT_EQ(task["tuningConfig"]["forceGuaranteedRollup"], true);
}

TEST(RenderCompaction, RefusesAPartOfAChunkAndMetricsThatDoNotMerge) {
  EXPECT_FALSE(render_compaction(samples::orders(), an_hour, "c"));
  EXPECT_FALSE(render_compaction(samples::orders(), a_day, ""));
  auto pipeline = samples::clicks();
  pipeline.schema.metrics.push_back(
      {"m", "doubleMean", "x", {R"({"fieldName":"x","name":"m","type":"doubleMean"})"}});
  const auto task = render_compaction(pipeline, an_hour, "c");
  ASSERT_FALSE(task);
  EXPECT_NE(task.error().message.find("metric m"), std::string::npos);
}

}  // namespace
}  // namespace henge::spec
