// Replacements as SQL: the statement for what it can say, the field for what it can't.
#include "spec/render_msq.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <functional>
#include <iterator>

#include "spec/canonical_json.h"
#include "spec/json_tree.h"
#include "spec/msq_filter.h"
#include "spec/render_samples_test.h"

namespace henge::spec {
namespace {

using testing::HasSubstr;
using testing::Not;

Interval interval(std::string_view text) {
  return *parse_interval(text);
}

// Clicks, rolled up by minute and partitioned by range.
Pipeline visits() {
  Pipeline p = samples::clicks();
  p.name = p.datasource = "visits";
  p.schema.rollup = true;
  p.schema.query_granularity = Granularity::minute;
  p.schema.dimensions.push_back(samples::dimension("shop", "long"));
  p.schema.metrics.push_back(samples::metric("price_max", "doubleMax", "price"));
  p.batch_partitions = {
      R"({"partitionDimensions":["page"],"targetRowsPerSegment":3000000,"type":"range"})"};
  return p;
}

MsqInput two_hours() {
  return {"query-henge_visits_load_c0ffee00_000001_1_1",
          {interval("2026-01-02T03:00Z/2026-01-02T04:00Z"),
           interval("2026-01-02T04:00Z/2026-01-02T05:00Z")},
          {R"({"files":["/data/a.json"],"type":"local"})"},
          4};
}

Json request_of(const Pipeline& pipeline, const MsqInput& input = two_hours()) {
  const auto text = render_msq_replace(pipeline, input);
  EXPECT_TRUE(text) << (text ? "" : text.error().message);
  return text ? *parse_json(*text) : Json();
}
std::string query_of(const Pipeline& pipeline, const MsqInput& input = two_hours()) {
  return string_at(request_of(pipeline, input), "query");
}

// UPDATE_GOLDEN=1 writes what is rendered; the diff is then for a person to read.
void expect_golden(const std::string& name, const std::string& text) {
  const std::string path = std::string(HENGE_SOURCE_DIR) + "/tests/golden/specs/" + name;
  if (std::getenv("UPDATE_GOLDEN") != nullptr) std::ofstream(path) << text;
  std::ifstream file(path);
  ASSERT_TRUE(file) << "no golden file " << path << "; UPDATE_GOLDEN=1 writes it";
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), text) << path;
}

TEST(RenderMsq, GivesTheGoldenStatement) {
  Pipeline p = visits();
  p.schema.timestamp.format = "auto";
  p.schema.filter = {
      R"({"field":{"dimension":"user","type":"selector","value":"o'bot"},"type":"not"})"};
  p.stream.tuning_config = {R"({"indexSpec":{"dimensionCompression":"zstd"}})"};
  const auto text = render_msq_replace(p, two_hours());
  ASSERT_TRUE(text) << text.error().message;
  expect_golden("visits.msq.json", pretty(*text) + "\n");
  expect_golden("visits.msq.sql", string_at(*parse_json(*text), "query") + "\n");
}

TEST(RenderMsq, SameInputSameBytesInCanonicalForm) {
  const auto text = render_msq_replace(visits(), two_hours());
  EXPECT_EQ(text->text, render_msq_replace(visits(), two_hours())->text);
  EXPECT_EQ(canonical(text->text)->text, text->text);
}

TEST(RenderMsq, TheQuerysIdIsTheTasksSoThatItRunsOnce) {
  const Json context = request_of(visits())["context"];
  EXPECT_EQ(context["sqlQueryId"], "henge_visits_load_c0ffee00_000001_1_1");
  for (const char* id : {"henge_visits_load", "query-", ""}) {
    MsqInput input = two_hours();
    input.task_id = id;
    EXPECT_FALSE(render_msq_replace(visits(), input)) << id;
  }
}

TEST(RenderMsq, OneMoreTaskThanWorkersLeadsThem) {
  EXPECT_EQ(request_of(visits())["context"]["maxNumTasks"], 5);
  MsqInput input = two_hours();
  input.workers = 0;
  EXPECT_FALSE(render_msq_replace(visits(), input)) << "Druid refuses less than two tasks";
}

TEST(RenderMsq, LocksAreThePipelines) {
  Pipeline p = visits();
  EXPECT_EQ(request_of(p)["context"]["useConcurrentLocks"], true);
  p.locks = Locks::exclusive;
  EXPECT_EQ(request_of(p)["context"]["useConcurrentLocks"], false);
}

TEST(RenderMsq, WhatWouldSilentlyMakeOtherRowsFails) {
  const Json request = request_of(visits());
  EXPECT_EQ(request["context"]["groupByEnableMultiValueUnnesting"], false);
  EXPECT_EQ(request["context"]["maxParseExceptions"], 0);
  EXPECT_EQ(request["context"]["finalizeAggregations"], false);
  EXPECT_THAT(string_at(request, "query"), HasSubstr("OR TIME_PARSE(\"ts\") IS NULL)"))
      << "a time that can't be read is not left out";
}

TEST(RenderMsq, NeighboursAreOneRangeOthersAreNot) {
  const std::string together = query_of(visits());
  EXPECT_THAT(together, HasSubstr("OVERWRITE WHERE (__time >= TIMESTAMP '2026-01-02 03:00:00' AND "
                                  "__time < TIMESTAMP '2026-01-02 05:00:00')\n"));
  MsqInput apart = two_hours();
  apart.intervals[1] = interval("2026-01-02T06:00Z/2026-01-02T07:00Z");
  EXPECT_THAT(query_of(visits(), apart),
              HasSubstr("04:00:00') OR (__time >= TIMESTAMP '2026-01-02 06:00:00'"));
}

TEST(RenderMsq, IntervalsHaveToBeWholeChunks) {
  MsqInput input = two_hours();
  input.intervals = {interval("2026-01-02T03:00Z/2026-01-02T03:30Z")};
  EXPECT_FALSE(render_msq_replace(visits(), input));
  input.intervals.clear();
  EXPECT_FALSE(render_msq_replace(visits(), input));
}

TEST(RenderMsq, RowsOfADatasourceAreNotReadByIt) {
  MsqInput input = two_hours();
  input.input_source = {R"({"dataSource":"visits","type":"druid"})"};
  EXPECT_FALSE(render_msq_replace(visits(), input));
}

TEST(RenderMsq, EachTimestampFormatHasItsForm) {
  const struct {
    const char* format;
    const char* expected;
    const char* type;
  } cases[] = {
      {"millis", R"(MILLIS_TO_TIMESTAMP("ts"))", "long"},
      {"posix", R"(MILLIS_TO_TIMESTAMP("ts" * 1000))", "long"},
      {"iso", R"(TIME_PARSE("ts"))", "string"},
      {"auto",
       "CASE WHEN REGEXP_LIKE(\"ts\", '^[0-9]+$') THEN MILLIS_TO_TIMESTAMP(CAST(\"ts\" AS BIGINT)) "
       "ELSE TIME_PARSE(\"ts\") END",
       "string"},
  };
  for (const auto& c : cases) {
    Pipeline p = visits();
    p.schema.timestamp.format = c.format;
    const std::string query = query_of(p);
    EXPECT_THAT(query,
                HasSubstr(fmt::format("  TIME_FLOOR({}, 'PT1M') AS \"__time\",", c.expected)));
    EXPECT_THAT(query, HasSubstr(fmt::format(R"({{"name":"ts","type":"{}"}})", c.type)));
  }
}

TEST(RenderMsq, GranularitiesArePeriods) {
  Pipeline p = visits();
  p.schema.query_granularity = Granularity::none;
  EXPECT_THAT(query_of(p), HasSubstr("  TIME_PARSE(\"ts\") AS \"__time\",\n"));
  const struct {
    Granularity granularity;
    const char* period;
  } cases[] = {{Granularity::five_minute, "PT5M"}, {Granularity::hour, "PT1H"},
               {Granularity::eight_hour, "PT8H"},  {Granularity::day, "P1D"},
               {Granularity::week, "P1W"},         {Granularity::month, "P1M"},
               {Granularity::quarter, "P3M"},      {Granularity::year, "P1Y"}};
  for (const auto& c : cases) {
    p.schema.segment_granularity = c.granularity;
    MsqInput input = two_hours();
    input.intervals = {bucket(c.granularity, *parse_instant("2026-01-02T03:00Z"))};
    EXPECT_THAT(query_of(p, input),
                HasSubstr(fmt::format("PARTITIONED BY TIME_FLOOR(__time, '{}')", c.period)));
  }
}

TEST(RenderMsq, SegmentsAreAsLargeAsThePartitionsSay) {
  Pipeline p = visits();
  EXPECT_EQ(request_of(p)["context"]["rowsPerSegment"], 3'000'000);
  p.batch_partitions = {
      R"({"maxRowsPerSegment":3000000,"partitionDimension":"user","type":"single_dim"})"};
  EXPECT_EQ(request_of(p)["context"]["rowsPerSegment"], 2'000'000);
  EXPECT_THAT(query_of(p), HasSubstr("\nCLUSTERED BY \"user\""));
  EXPECT_EQ(request_of(p)["context"]["segmentSortOrder"], R"(["__time","user","page","shop"])")
      << "as index_parallel sorts, whatever the partitions are by";
}

TEST(RenderMsq, NamesAndTextsCanNotBreakOut) {
  Pipeline p = visits();
  p.datasource = R"(vi"sits)";
  p.schema.filter = {R"({"dimension":"pa\"ge","type":"selector","value":"a' OR 'b'='b"})"};
  MsqInput input = two_hours();
  input.input_source = {R"({"files":["/data/it's \u00e9.json"],"type":"local"})"};
  const std::string query = query_of(p, input);
  EXPECT_THAT(query, HasSubstr(R"(REPLACE INTO "vi""sits")"));
  EXPECT_THAT(query, HasSubstr(R"("pa""ge" = 'a'' OR ''b''=''b')"));
  EXPECT_THAT(query, HasSubstr(R"(it''s \u00e9.json)"));
}

TEST(MsqUnfit, WhatFitsHasNoReason) {
  EXPECT_EQ(msq_unfit(visits()), "");
}

TEST(MsqUnfit, SaysTheFieldAndWhy) {
  using P = Pipeline;
  const struct {
    const char* what;
    std::function<void(P&)> change;
    const char* reason;
  } cases[] = {
      {"no rollup", [](P& p) { p.schema.rollup = false; }, "rollup: "},
      {"a transform",
       [](P& p) { p.schema.transforms = {{"country", {R"({"type":"expression"})"}}}; },
       "transform country: "},
      {"query granularity ALL", [](P& p) { p.schema.query_granularity = Granularity::all; },
       "queryGranularity: "},
      {"no period", [](P& p) { p.schema.segment_granularity = Granularity::all; },
       "segmentGranularity: "},
      {"a value for missing times", [](P& p) { p.schema.timestamp.missing_value = "2020"; },
       "timestamp.missingValue: "},
      {"Druid's own column", [](P& p) { p.schema.timestamp.column = "__time"; },
       "timestamp.column: "},
      {"a pattern", [](P& p) { p.schema.timestamp.format = "yyyy-MM-dd"; }, "timestamp.format: "},
      {"nanoseconds", [](P& p) { p.schema.timestamp.format = "nano"; }, "timestamp.format: "},
      {"every column there is", [](P& p) { p.schema.dimensions.clear(); }, "dimensions: "},
      {"floats", [](P& p) { p.schema.dimensions[0].type = "float"; }, "dimension user: of type"},
      {"documents", [](P& p) { p.schema.dimensions[0].type = "json"; }, "dimension user: of type"},
      {"lists kept in order",
       [](P& p) {
         p.schema.dimensions[0].spec = {R"({"multiValueHandling":"ARRAY","name":"user"})"};
       },
       "dimension user: multiValueHandling"},
      {"a sketch", [](P& p) { p.schema.metrics.push_back(samples::all_metrics()[7]); },
       "metric users: thetaSketch"},
      {"a filtered metric", [](P& p) { p.schema.metrics.push_back(samples::all_metrics()[11]); },
       "metric big: filtered"},
      {"an expression",
       [](P& p) {
         p.schema.metrics[1].spec = {R"({"expression":"a+b","name":"bytes","type":"longSum"})"};
       },
       "metric bytes: expression"},
      {"a float sum",
       [](P& p) { p.schema.metrics.push_back(samples::metric("w", "floatSum", "w")); },
       "metric w: floatSum"},
      {"one column of two types",
       [](P& p) { p.schema.metrics.push_back(samples::metric("pages", "longSum", "page")); },
       "column page: it is read as string and as long"},
      {"a time that is also a text",
       [](P& p) {
         p.schema.timestamp.format = "millis";
         p.schema.dimensions.push_back(samples::dimension("ts", "string"));
       },
       "column ts: it is read as long and as string"},
      {"a range of numbers",
       [](P& p) { p.schema.filter = {R"({"column":"bytes","lower":0,"type":"range"})"}; },
       "filter: range"},
      {"letters of elsewhere", [](P& p) { p.schema.dimensions[0].name = "\xc3\xa9"; }, "name "},
      {"hashed partitions", [](P& p) { p.batch_partitions = {R"({"type":"hashed"})"}; },
       "batch partitions: "},
      {"no partitions", [](P& p) { p.batch_partitions = {}; }, "batch partitions: "},
      {"partitions by a number",
       [](P& p) { p.batch_partitions = {R"({"partitionDimensions":["shop"],"type":"range"})"}; },
       "batch partitions: shop"},
  };
  for (const auto& c : cases) {
    Pipeline p = visits();
    c.change(p);
    EXPECT_THAT(msq_unfit(p), testing::StartsWith(c.reason)) << c.what;
    const auto refused = render_msq_replace(p, two_hours());
    ASSERT_FALSE(refused) << c.what;
    EXPECT_EQ(refused.error().message, msq_unfit(p)) << "and it is never rendered";
  }
}

TEST(MsqFilter, SaysWhatKeepsTheSameRows) {
  const struct {
    const char* filter;
    const char* expected;  // empty: it does not
  } cases[] = {
      {R"({"type":"selector","dimension":"a","value":"x"})", R"("a" = 'x')"},
      {R"({"type":"selector","dimension":"a","value":"é"})", R"("a" = U&'\00e9')"},
      {R"({"type":"selector","dimension":"a","value":"a\\b\té"})", R"("a" = U&'a\\b\0009\00e9')"},
      {R"({"type":"selector","dimension":"a","value":"it's 😀"})", R"("a" = U&'it''s \d83d\de00')"},
      {R"({"type":"selector","dimension":"a","value":""})", ""},
      {R"({"type":"selector","dimension":"a","value":null})", ""},
      {R"({"type":"selector","dimension":"a","value":5})", ""},
      {R"({"type":"selector","dimension":"a","value":"x","extractionFn":{"type":"upper"}})", ""},
      {R"({"type":"selector","dimension":"__time","value":"x"})", ""},
      {R"({"type":"equals","column":"a","matchValueType":"STRING","matchValue":"x"})",
       R"("a" = 'x')"},
      {R"({"type":"equals","column":"a","matchValueType":"LONG","matchValue":5})", ""},
      {R"({"type":"in","dimension":"a","values":["x","y"]})", R"("a" IN ('x', 'y'))"},
      {R"({"type":"in","dimension":"a","values":["x",null]})", ""},
      {R"({"type":"in","dimension":"a","values":[]})", ""},
      {R"({"type":"null","column":"a"})", R"("a" IS NULL)"},
      {R"({"type":"not","field":{"type":"null","column":"a"}})", R"(NOT ("a" IS NULL))"},
      {R"({"type":"and","fields":[{"type":"null","column":"a"},{"type":"null","column":"b"}]})",
       R"(("a" IS NULL) AND ("b" IS NULL))"},
      {R"({"type":"or","fields":[{"type":"null","column":"a"},{"type":"like"}]})", ""},
      {R"({"type":"or","fields":[]})", ""},
      {R"({"type":"expression","expression":"a > 1"})", ""},
      {R"({"type":"bound","dimension":"a","lower":"1"})", ""},
      {R"({})", ""},
  };
  for (const auto& c : cases) {
    MsqColumns columns;
    const auto sql = sql_filter(*parse_json(c.filter), columns);
    EXPECT_EQ(sql ? *sql : "", c.expected) << c.filter;
    if (!sql) EXPECT_THAT(sql.error().message, HasSubstr("filter: ")) << c.filter;
    if (sql) EXPECT_THAT(columns.signature().dump(), HasSubstr("\"string\"")) << c.filter;
  }
}

TEST(MsqFilter, ReadsItsColumnsAsTexts) {
  MsqColumns columns;
  ASSERT_TRUE(columns.read("bytes", MsqType::integer));
  const auto sql =
      sql_filter(*parse_json(R"({"type":"selector","dimension":"bytes","value":"5"})"), columns);
  ASSERT_FALSE(sql) << "5 and 5.0 are other texts and the same number";
  EXPECT_THAT(sql.error().message, HasSubstr("column bytes"));
}

}  // namespace
}  // namespace henge::spec
