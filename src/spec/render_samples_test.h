// Pipelines for the tests of rendering: a small one, one that uses everything, one with delimited
// input.
#pragma once

#include <string>

#include "model/pipeline.h"

namespace henge::spec::samples {

inline Dimension dimension(const std::string& name, const std::string& type) {
  return {name, type, {R"({"name":")" + name + R"(","type":")" + type + R"("})"}};
}

inline Metric count(const std::string& name) {
  return {name, "count", "", {R"({"name":")" + name + R"(","type":"count"})"}};
}

inline Metric metric(const std::string& name, const std::string& type, const std::string& field,
                     const std::string& more = "") {
  return {name,
          type,
          field,
          {R"({"fieldName":")" + field + R"(",)" + more + R"("name":")" + name + R"(","type":")" +
           type + R"("})"}};
}

inline Pipeline clicks() {
  Pipeline p;
  p.name = "clicks";
  p.datasource = "clicks";
  p.schema.timestamp = {"ts", "iso", {}};
  p.schema.dimensions = {dimension("user", "string"), dimension("page", "string")};
  p.schema.metrics = {count("count"), metric("bytes", "longSum", "bytes")};
  p.schema.count_metric = "count";
  p.stream.topic = "clicks";
  p.stream.consumer_properties["bootstrap.servers"] = {"127.0.0.1:9092"};
  p.stream.input_format.spec = {R"({"type":"json"})"};
  p.rule.lateness = std::chrono::minutes(10);
  return p;
}

inline std::vector<Metric> all_metrics() {
  return {
      count("events"),
      metric("bytes", "longSum", "bytes"),
      metric("price", "doubleSum", "price"),
      metric("price_min", "doubleMin", "price"),
      metric("price_max", "doubleMax", "price"),
      metric("bytes_last", "longLast", "bytes"),
      metric("user_first", "stringFirst", "user", R"("maxStringBytes":64,)"),
      metric("users", "thetaSketch", "user", R"("isInputThetaSketch":false,"size":4096,)"),
      metric("users_hll", "HLLSketchBuild", "user", R"("lgK":12,)"),
      metric("users_hyper", "hyperUnique", "user"),
      metric("price_quantiles", "quantilesDoublesSketch", "price", R"("k":128,)"),
      {"big",
       "filtered",
       "",
       {R"({"aggregator":{"name":"big","type":"count"},"filter":{"column":"bytes","lower":500,)"
        R"("matchValueType":"LONG","type":"range"},"name":"big","type":"filtered"})"}},
  };
}

inline Pipeline orders() {
  Pipeline p = clicks();
  p.name = "orders";
  p.datasource = "orders";
  p.labels["team"] = "shop";
  p.schema.timestamp = {"at", "millis", "2020-01-01T00:00:00.000Z"};
  p.schema.dimensions = {dimension("user", "string"),
                         dimension("shop", "long"),
                         dimension("weight", "double"),
                         dimension("ratio", "float"),
                         {"tags",
                          "string",
                          {R"({"createBitmapIndex":false,"multiValueHandling":"ARRAY",)"
                           R"("name":"tags","type":"string"})"}}};
  p.schema.metrics = all_metrics();
  p.schema.count_metric = "events";
  p.schema.rollup = true;
  p.schema.query_granularity = Granularity::minute;
  p.schema.segment_granularity = Granularity::day;
  p.schema.transforms = {
      {"country", {R"j({"expression":"upper(\"cc\")","name":"country","type":"expression"})j"}}};
  p.schema.filter = {
      R"({"fields":[{"field":{"dimension":"user","type":"selector","value":"bot"},"type":"not"},)"
      R"({"dimension":"shop","type":"in","values":["9","1","5"]},)"
      R"({"column":"bytes","lower":0,"lowerOpen":true,"matchValueType":"LONG","type":"range"},)"
      R"({"dimension":"page","lower":"a","ordering":"lexicographic","type":"bound","upper":"z"},)"
      R"({"field":{"column":"user","type":"null"},"type":"not"},)"
      R"({"column":"page","matchValue":"x",)"
      R"("matchValueType":"STRING","type":"equals"}],"type":"or"})"};
  p.stream.topic = "shop.orders";
  p.stream.consumer_properties = {
      {"bootstrap.servers", {"127.0.0.1:9092"}},
      {"fetch.min.bytes", {"1"}},
      {"sasl.jaas.config", {R"(x required username="u" password="${env:KAFKA_PASSWORD}";)"}}};
  p.stream.input_format.spec = {
      R"({"flattenSpec":{"fields":[{"expr":"$.meta.at","name":"at","type":"path"}],)"
      R"("useFieldDiscovery":true},"type":"json"})"};
  p.stream.task_count = 2;
  p.stream.task_duration = std::chrono::minutes(30);
  p.stream.completion_timeout = std::chrono::minutes(45);
  p.stream.intermediate_handoff_period = std::chrono::minutes(10);
  p.stream.tuning_config = {
      R"({"indexSpec":{"dimensionCompression":"zstd"},"intermediateHandoffPeriod":"PT10M",)"
      R"("logParseExceptions":true,)"
      R"("maxParseExceptions":1000,"maxRowsInMemory":200000,"maxRowsPerSegment":3000000,)"
      R"("maxSavedParseExceptions":5})"};
  p.rule.earliness = std::chrono::minutes(5);
  p.batch_partitions = {
      R"({"partitionDimensions":["user"],"targetRowsPerSegment":3000000,"type":"range"})"};
  p.compaction_partitions = {R"({"targetRowsPerSegment":3000000,"type":"hashed"})"};
  return p;
}

inline Pipeline sensors() {
  Pipeline p = clicks();
  p.name = "sensors";
  p.datasource = "sensors";
  p.schema.timestamp = {"time", "posix", {}};
  p.schema.filter = {R"({"dimension":"page","type":"selector","value":"a"})"};
  p.schema.segment_granularity = Granularity::fifteen_minute;
  p.stream.input_format = {InputFormatKind::csv,
                           {R"({"columns":["time","user","page","bytes"],"type":"csv"})"}};
  return p;
}

}  // namespace henge::spec::samples
