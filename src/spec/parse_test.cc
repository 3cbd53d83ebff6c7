// From the text of a pipeline file to the model.
#include "spec/parse.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "spec/pipeline_shape.h"

namespace henge::spec {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct Parts {
  std::string schema;  // lines below spec.schema, indented by four
  std::string stream;
  std::string spec;
};

std::string file_with(const Parts& parts) {
  return fmt::format(R"(apiVersion: henge/v1
kind: Pipeline
metadata: {{name: p}}
spec:
  lateness: PT1H
{}
  schema:
    timestamp: {{column: ts, format: iso}}
    dimensions: [a, {{name: b, type: long}}]
{}
  stream:
    topic: t
    consumerProperties: {{bootstrap.servers: "k:9092"}}
    inputFormat: {{type: json}}
{})",
                     parts.spec, parts.schema, parts.stream);
}

std::vector<std::string> codes(const ParsedFile& parsed) {
  std::vector<std::string> all;
  for (const Diagnostic& d : parsed.diagnostics) all.push_back(d.code);
  return all;
}

Pipeline parsed(const Parts& parts) {
  ParsedFile file = parse_pipelines("p.yaml", file_with(parts));
  EXPECT_THAT(codes(file), IsEmpty());
  EXPECT_EQ(file.pipelines.size(), 1u);
  if (file.pipelines.size() != 1) return {};
  EXPECT_TRUE(file.pipelines[0].usable);
  return file.pipelines[0].pipeline;
}

std::vector<std::string> codes_of(const Parts& parts) {
  return codes(parse_pipelines("p.yaml", file_with(parts)));
}

TEST(Parse, smallest_file_has_the_documented_defaults) {
  Pipeline p = parsed({});
  EXPECT_EQ(p.name, "p");
  EXPECT_EQ(p.datasource, "p");
  EXPECT_EQ(p.rule.lateness, std::chrono::hours(1));
  EXPECT_FALSE(p.rule.earliness);
  EXPECT_EQ(p.schema.timestamp.column, "ts");
  EXPECT_EQ(p.proof, Proof::counted);
  ASSERT_EQ(p.schema.dimensions.size(), 2u);
  EXPECT_EQ(p.schema.dimensions[0].spec.text, R"({"name":"a","type":"string"})");
  EXPECT_EQ(p.schema.dimensions[1].type, "long");
  EXPECT_EQ(p.stream.input_format.spec.text, R"({"type":"json"})");
}

// The shape says the defaults for people and editors, the model has them for the program: both must
// be the same.
TEST(Parse, defaults_written_out_change_nothing) {
  const Field& spec = *pipeline_shape().find("spec");
  auto lines = [](const Field& object, int indent) {
    std::string text;
    for (const Field& field : object.fields) {
      if (!field.fallback.empty())
        text += std::string(indent, ' ') + field.name + ": " + field.fallback + "\n";
    }
    return text;
  };
  Parts parts;
  parts.schema = lines(*spec.find("schema"), 4);
  parts.stream = lines(*spec.find("stream"), 4);
  parts.spec = "  late:\n" + lines(*spec.find("late"), 4);
  EXPECT_THAT(parts.schema, testing::HasSubstr("segmentGranularity: HOUR"));
  EXPECT_THAT(parts.stream, testing::HasSubstr("taskDuration: PT1H"));
  EXPECT_EQ(parsed(parts), parsed({}));
}

TEST(Parse, everything_that_is_written_arrives) {
  Parts parts;
  parts.schema = R"yaml(    metrics:
      - {type: longSum, name: bytes, fieldName: size}
      - {type: count, name: events}
      - type: filtered
        filter: {type: "true"}
        aggregator: {type: longSum, name: inner, fieldName: x}
    rollup: true
    queryGranularity: minute
    segmentGranularity: PT1H
    transforms: [{type: expression, name: up, expression: "upper(a)"}]
    filter: {type: not, field: {type: selector, dimension: a, value: null}}
)yaml";
  parts.stream = R"yaml(    taskCount: 3
    replicas: 1
    taskDuration: PT30M
    completionTimeout: PT20M
    intermediateHandoffPeriod: PT5M
    arrivalDisorder: PT0.5S
    tuningConfig: {maxRowsInMemory: 100000, "z": [1.5, true]}
)yaml";
  parts.spec = R"yaml(  datasource: Some Source
  earliness: PT10M
  late: {maxDelay: PT1M, minRows: 5, maxRows: 50, retention: P1D}
  batch:
    partitionsSpec: {type: dynamic, maxRowsPerSegment: 7}
    replacePartitionsSpec: {type: hashed}
  compaction: {partitionsSpec: {type: range, partitionDimensions: [a], targetRowsPerSegment: 9}}
)yaml";
  Pipeline p = parsed(parts);
  EXPECT_EQ(p.datasource, "Some Source");
  EXPECT_EQ(p.rule.earliness, std::chrono::minutes(10));
  ASSERT_EQ(p.schema.metrics.size(), 3u);
  EXPECT_EQ(p.schema.metrics[0].field_name, "size");
  EXPECT_EQ(p.schema.metrics[2].name, "inner");
  EXPECT_EQ(p.schema.count_metric, "events");
  EXPECT_TRUE(p.schema.rollup);
  EXPECT_EQ(p.schema.query_granularity, Granularity::minute);
  EXPECT_EQ(p.schema.segment_granularity, Granularity::hour);
  EXPECT_EQ(p.schema.transforms.at(0).name, "up");
  EXPECT_EQ(p.schema.filter.text,
            R"({"field":{"dimension":"a","type":"selector","value":null},"type":"not"})");
  EXPECT_EQ(p.stream.task_count, 3);
  EXPECT_EQ(p.stream.task_duration, std::chrono::minutes(30));
  EXPECT_EQ(p.stream.completion_timeout, std::chrono::minutes(20));
  EXPECT_EQ(p.stream.intermediate_handoff_period, std::chrono::minutes(5));
  EXPECT_EQ(p.stream.arrival_disorder, Millis(500));
  EXPECT_EQ(p.stream.tuning_config.text, R"({"maxRowsInMemory":100000,"z":[1.5,true]})");
  EXPECT_EQ(p.late, (LatePolicy{std::chrono::minutes(1), 5, 50, std::chrono::hours(24)}));
  EXPECT_EQ(p.append_partitions.text, R"({"maxRowsPerSegment":7,"type":"dynamic"})");
  EXPECT_EQ(p.batch_partitions.text, R"({"type":"hashed"})");
  EXPECT_EQ(nlohmann::json::parse(p.compaction_partitions.text)["type"], "range");
}

TEST(Parse, count_metric_is_added_once) {
  EXPECT_EQ(parsed({}).schema.count_metric, "count");
  EXPECT_EQ(parsed({}).schema.metrics.size(), 1u);
  Pipeline own = parsed({"    metrics: [{type: count, name: n}]\n", "", ""});
  EXPECT_EQ(own.schema.count_metric, "n");
  EXPECT_EQ(own.schema.metrics.size(), 1u);
}

TEST(Parse, handoff_period_may_stand_in_tuning_config) {
  EXPECT_EQ(parsed({"", "    tuningConfig: {intermediateHandoffPeriod: PT10M}\n", ""})
                .stream.intermediate_handoff_period,
            std::chrono::minutes(10));
}

TEST(Parse, secrets_stay_references) {
  std::string text = file_with({});
  text.replace(text.find("bootstrap.servers"), 17,
               "sasl.password: \"${env:P}\", max.poll.records: 500, bootstrap.servers");
  ParsedFile file = parse_pipelines("p.yaml", text);
  EXPECT_THAT(codes(file), IsEmpty());
  const auto& properties = file.pipelines.at(0).pipeline.stream.consumer_properties;
  EXPECT_EQ(properties.at("sasl.password").value, "${env:P}");
  EXPECT_EQ(properties.at("max.poll.records").value, "500");
}

TEST(Parse, batch_partitions_hold_for_replaces_unless_said_otherwise) {
  Pipeline p = parsed({"", "", "  batch: {partitionsSpec: {type: dynamic}}\n"});
  EXPECT_EQ(p.append_partitions, p.batch_partitions);
  EXPECT_EQ(p.append_partitions.text, R"({"type":"dynamic"})");
}

TEST(Parse, one_mistake_does_not_hide_another_document) {
  ParsedFile file = parse_pipelines("p.yaml", "kind: [\n");
  EXPECT_THAT(codes(file), ElementsAre("not_yaml"));
  file = parse_pipelines("p.yaml", "7\n---\n" + file_with({}));
  EXPECT_THAT(codes(file), ElementsAre("wrong_type"));
  ASSERT_EQ(file.pipelines.size(), 1u);
  EXPECT_TRUE(file.pipelines[0].usable);
  EXPECT_EQ(file.pipelines[0].place.line, 3);
}

TEST(Parse, a_wrong_document_is_not_usable) {
  ParsedFile file = parse_pipelines("p.yaml", file_with({"", "    taskDuration: PT59S\n", ""}));
  ASSERT_EQ(file.pipelines.size(), 1u);
  EXPECT_FALSE(file.pipelines[0].usable);
  file = parse_pipelines("p.yaml", file_with({"", "    replicas: 2\n", ""}));
  EXPECT_TRUE(file.pipelines.at(0).usable) << "a warning alone does not stop a pipeline";
}

TEST(Parse, config_among_pipelines) {
  const std::string text = "apiVersion: henge/v1\nkind: Config\n";
  EXPECT_THAT(codes(parse_pipelines("c.yaml", text, StrayConfig::mistake)),
              ElementsAre("unknown_kind"));
  EXPECT_THAT(codes(parse_pipelines("c.yaml", text, StrayConfig::skipped)),
              ElementsAre("skipped_document"));
}

struct Edge {
  const char* line;  // in one of the parts, told by its indentation and words
  Parts parts;
  std::vector<std::string> expected;
};

TEST(Validate, edges_of_the_rules) {
  const Edge edges[] = {
      {"task of exactly a minute", {"", "    taskDuration: PT1M\n", ""}, {}},
      {"task just under a minute",
       {"", "    taskDuration: PT59.999S\n", ""},
       {"task_duration_too_short"}},
      {"lateness as long as a chunk", {"    segmentGranularity: HOUR\n", "", ""}, {}},
      {"lateness below a month",
       {"    segmentGranularity: MONTH\n", "", ""},
       {"lateness_below_granularity"}},
      {"query granularity that does not nest",
       {"    queryGranularity: TEN_MINUTE\n    segmentGranularity: FIFTEEN_MINUTE\n", "", "  "},
       {"query_granularity_coarser"}},
      {"week in month",
       {"    queryGranularity: WEEK\n    segmentGranularity: MONTH\n", "", ""},
       {"lateness_below_granularity", "query_granularity_coarser"}},
      {"equal granularities",
       {"    queryGranularity: HOUR\n    segmentGranularity: HOUR\n", "", ""},
       {}},
      {"same granularity below batch", {"", "", "  batch: {segmentGranularity: PT1H}\n"}, {}},
      {"hashed for append",
       {"", "", "  batch: {partitionsSpec: {type: hashed}}\n"},
       {"partitions_not_dynamic"}},
      {"hashed for replace", {"", "", "  batch: {replacePartitionsSpec: {type: hashed}}\n"}, {}},
      {"hashed for compaction", {"", "", "  compaction: {partitionsSpec: {type: hashed}}\n"}, {}},
      {"single_dim without a size",
       {"", "", "  compaction: {partitionsSpec: {type: single_dim, partitionDimension: a}}\n"},
       {"partitions_spec"}},
      {"rollup with metrics",
       {"    rollup: true\n    queryGranularity: HOUR\n    metrics: [{type: longSum, name: s, "
        "fieldName: x}]\n",
        "", ""},
       {}},
      {"rollup with a count alone",
       {"    rollup: true\n    queryGranularity: HOUR\n    metrics: [{type: count, name: c}]\n", "",
        ""},
       {"rollup_without_metrics"}},
      {"filter of known kinds",
       {"    filter: {type: and, fields: [{type: \"true\"}, {type: bound, dimension: a, lower: "
        "x}]}\n",
        "", ""},
       {}},
      {"late rows alike", {"", "", "  late: {minRows: 5, maxRows: 5}\n"}, {}},
      {"long flag for null", {"", "    taskCount: null\n", ""}, {"wrong_type"}},
      {"empty bootstrap servers",
       {"", "    consumerProperties: {bootstrap.servers: \"\"}\n", ""},
       {"duplicate_key"}},
  };
  for (const Edge& edge : edges) EXPECT_EQ(codes_of(edge.parts), edge.expected) << edge.line;
}

TEST(Validate, names) {
  struct Case {
    std::string name;
    bool good;
  };
  const Case cases[] = {{"a", true},
                        {"clicks-2", true},
                        {"a_b", true},
                        {"9", true},
                        {std::string(63, 'a'), true},
                        {std::string(64, 'a'), false},
                        {"-a", false},
                        {"a-", false},
                        {"A", false},
                        {"a.b", false},
                        {"a b", false},
                        {"ä", false}};
  for (const Case& c : cases) {
    std::string text = file_with({});
    text.replace(text.find("{name: p}"), 9, "{name: \"" + c.name + "\"}");
    EXPECT_EQ(codes(parse_pipelines("p.yaml", text)).empty(), c.good) << c.name;
  }
}

TEST(Validate, datasources) {
  struct Case {
    std::string name;
    bool good;
  };
  const Case cases[] = {{"a b", true}, {"Ünï", true},  {"", false},
                        {".a", false}, {"a/b", false}, {"a\\tb", false},
                        {" a", false}, {"a ", false},  {std::string(129, 'a'), false}};
  for (const Case& c : cases) {
    EXPECT_EQ(codes_of({"", "", "  datasource: \"" + c.name + "\"\n"}).empty(), c.good) << c.name;
  }
}

TEST(Validate, expression_filters_lower_the_proof) {
  ParsedFile file = parse_pipelines(
      "p.yaml", file_with({"    filter: {type: expression, expression: \"a > 1\"}\n", "", ""}));
  EXPECT_THAT(codes(file), ElementsAre("filter_not_evaluable"));
  EXPECT_EQ(file.pipelines.at(0).pipeline.proof, Proof::reported);
  EXPECT_TRUE(file.pipelines[0].usable);
}

TEST(Duplicates, over_several_files) {
  auto one = parse_pipelines("one.yaml", file_with({})).pipelines;
  auto two = parse_pipelines("two.yaml", file_with({})).pipelines;
  one.push_back(two.at(0));
  auto found = find_duplicates(one);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].code, "duplicate_pipeline");
  EXPECT_EQ(found[0].place.file, "two.yaml");
  EXPECT_THAT(found[0].message, testing::HasSubstr("one.yaml:3"));
}

}  // namespace
}  // namespace henge::spec
