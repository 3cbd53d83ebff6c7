// Every rule by a change to one good file that raises it, and a change beside it that does not.
#include "spec/rules.h"

#include <gtest/gtest.h>

#include <set>

#include "spec/parse.h"
#include "spec/promise.h"

namespace henge::spec {
namespace {

constexpr std::string_view good = R"(apiVersion: henge/v1
kind: Pipeline
metadata: {name: p}
spec:
  lateness: PT2H
  schema:
    timestamp: {column: ts, format: iso}
    dimensions: [a]
    metrics: [{type: longSum, name: m, fieldName: x}]
    filter: {type: "true"}
  stream:
    topic: t
    consumerProperties: {bootstrap.servers: "k:9092"}
    inputFormat: {type: json}
)";

struct Case {
  std::string_view code;
  std::string_view part;  // of the good file, to be replaced
  std::string raises;
  std::string near_miss;
};

constexpr std::string_view lateness = "lateness: PT2H";
constexpr std::string_view timestamp = "timestamp: {column: ts, format: iso}";
constexpr std::string_view dimensions = "dimensions: [a]";
constexpr std::string_view metrics = "metrics: [{type: longSum, name: m, fieldName: x}]";
constexpr std::string_view filter = R"(filter: {type: "true"})";
constexpr std::string_view topic = "topic: t";
constexpr std::string_view properties = R"(consumerProperties: {bootstrap.servers: "k:9092"})";
constexpr std::string_view format = "inputFormat: {type: json}";

std::string property(const std::string& more) {
  return R"(consumerProperties: {bootstrap.servers: "k:9092", )" + more + "}";
}
std::string with_filter(const std::string& text) {
  return "filter: " + text;
}

std::string nested(int depth) {
  return "filter: " + std::string(static_cast<std::size_t>(depth), '[') +
         std::string(static_cast<std::size_t>(depth), ']');
}

// The file as YAML, and its fields.
const std::vector<Case> of_files{
    {"not_yaml", lateness, "lateness: [PT2H", "lateness: 'PT2H'"},
    {"duplicate_key", topic, "topic: t\n    topic: t", "topic: t\n    taskCount: 1"},
    {"bad_key", topic, "topic: t\n    [x]: 1", "topic: t\n    \"taskCount\": 1"},
    {"bad_merge", topic, "topic: t\n    <<: 5", "topic: t\n    <<: {taskCount: 1}"},
    {"unknown_alias", topic, "topic: *t", "topic: &t t"},
    {"unknown_tag", topic, "topic: !thing t", "topic: !!str t"},
    {"too_deep", filter, nested(70), nested(10)},
    {"unknown_kind", "kind: Pipeline", "kind: Config", "kind: 'Pipeline'"},
    {"no_files", good, "", std::string(good)},
    {"unknown_field", topic, "topic: t\n    taskCont: 1", "topic: t\n    taskCount: 1"},
    {"unknown_druid_field", format, "inputFormat: {type: json, flattenSpecs: {}}",
     "inputFormat: {type: json, somethingElse: {}}"},
    {"missing_field", topic, "taskCount: 1", "topic: t"},
    {"wrong_type", topic, "topic: [t]", "topic: '5'"},
    {"wrong_unit", lateness, "lateness: 2h", "lateness: PT120M"},
    {"wrong_unit", lateness, "lateness: P1M", "lateness: P30D"},
    {"wrong_choice", dimensions, dimensions.data() + std::string("\n    queryGranularity: HOURLY"),
     std::string(dimensions) + "\n    queryGranularity: hour"},
    {"out_of_range", topic, "topic: t\n    taskCount: 0", "topic: t\n    taskCount: 1"},
    {"not_json", filter, "filter: {type: \"true\", x: .nan}", "filter: {type: \"true\", x: 1.5}"},
    {"bad_name", "metadata: {name: p}", "metadata: {name: P}", "metadata: {name: p-1_x}"},
    {"bad_name", "metadata: {name: p}", "metadata: {name: p-}", "metadata: {name: 1p}"},
    {"bad_name", lateness, "datasource: a/b\n  lateness: PT2H",
     "datasource: a b\n  lateness: PT2H"},
    {"reference_not_allowed", topic, "topic: ${env:T}", "topic: $env"},
    {"reference_malformed", properties, property("sasl.password: '${env:}'"),
     property("sasl.password: '${env:P}'")},
    {"secret_in_plain", properties, property("sasl.password: hunter2"),
     property("sasl.password: '${file:p}'")},
};

// The rule, time and columns.
const std::vector<Case> of_schemas{
    {"lateness_not_positive", lateness, "lateness: PT0S", "lateness: PT1S"},
    {"lateness_below_granularity", lateness, "lateness: PT59M", "lateness: PT1H"},
    {"lateness_huge", lateness, "lateness: P31D", "lateness: P30D"},
    {"earliness_not_positive", lateness, "lateness: PT2H\n  earliness: PT0S",
     "lateness: PT2H\n  earliness: PT0.001S"},
    {"rejection_period", topic, "topic: t\n    lateMessageRejectionPeriod: PT1H",
     "topic: t\n    completionTimeout: PT1H"},
    {"timestamp_format", timestamp, "timestamp: {column: ts, format: MMM}",
     "timestamp: {column: ts, format: yyyy-MM}"},
    {"timestamp_format", timestamp, "timestamp: {column: ts, format: ruby}",
     "timestamp: {column: ts, format: posix}"},
    {"timestamp_column", timestamp, "timestamp: {column: __time, format: iso}",
     "timestamp: {column: _time, format: iso}"},
    {"timestamp_column", format,
     "inputFormat: {type: json, flattenSpec: {fields: [{type: path, name: ts, expr: '$.a[*]'}]}}",
     "inputFormat: {type: json, flattenSpec: {fields: [{type: path, name: ts, expr: '$.a[0]'}]}}"},
    {"timestamp_column", filter, R"(transforms: [{type: expression, name: ts, expression: "1"}])",
     R"(transforms: [{type: expression, name: tss, expression: "1"}])"},
    {"timestamp_missing_value", timestamp,
     "timestamp: {column: ts, format: iso, missingValue: 2020-01-01T00:00:00Z}",
     "timestamp: {column: ts, format: auto}"},
    {"query_granularity_coarser", dimensions, "dimensions: [a]\n    queryGranularity: DAY",
     "dimensions: [a]\n    queryGranularity: HOUR"},
    {"segment_granularity", dimensions, "dimensions: [a]\n    segmentGranularity: ALL",
     "dimensions: [a]\n    segmentGranularity: HOUR"},
    {"append_granularity_coarser", lateness,
     "lateness: PT2H\n  compaction: {segmentGranularity: MINUTE}",
     "lateness: PT2H\n  compaction: {segmentGranularity: HOUR}"},
    {"replace_granularity_coarser", lateness, "lateness: PT2H\n  batch: {segmentGranularity: DAY}",
     "lateness: PT2H\n  batch: {segmentGranularity: HOUR}"},
    {"no_dimensions", dimensions, "dimensions: []", "dimensions: [a, b]"},
    {"duplicate_column", dimensions, "dimensions: [a, m]", "dimensions: [a, M]"},
    {"reserved_column", dimensions, "dimensions: [__time]", "dimensions: [time]"},
    {"reserved_column", dimensions, "dimensions: [kafka.topic]", "dimensions: [kafka_topic]"},
    {"reserved_column", format, "inputFormat: {type: csv, columns: [ts, a, x, __henge_arrival]}",
     "inputFormat: {type: csv, columns: [ts, a, x, henge_arrival]}"},
    {"reserved_column", format,
     "inputFormat: {type: json, flattenSpec: {fields: [{type: root, name: __henge_arrival}]}}",
     "inputFormat: {type: json, flattenSpec: {fields: [{type: root, name: arrival}]}}"},
    {"column_not_in_input", format, "inputFormat: {type: csv, columns: [ts, b, x]}",
     "inputFormat: {type: csv, columns: [ts, a, x]}"},
    {"metric_incomplete", metrics, "metrics: [{type: longSum, name: m}]",
     "metrics: [{type: longSum, name: m, expression: x}]"},
    {"metric_not_combinable", metrics, "metrics: [{type: strange, name: m, fieldName: x}]",
     "metrics: [{type: longMax, name: m, fieldName: x}]"},
    {"count_name_taken", dimensions, "dimensions: [count]", "dimensions: [counts]"},
    {"rollup_without_metrics", metrics, "rollup: true",
     "rollup: true\n    metrics: [{type: longSum, name: m, fieldName: x}]"},
    {"rollup_without_query_granularity", dimensions, "dimensions: [a]\n    rollup: true",
     "dimensions: [a]\n    rollup: true\n    queryGranularity: MINUTE"},
    {"transform_incomplete", filter, "transforms: [{type: expression, name: y}]",
     R"(transforms: [{type: expression, name: y, expression: "1"}])"},
};

const std::vector<Case> of_filters{
    {"filter_incomplete", filter, with_filter("{type: selector, value: x}"),
     with_filter("{type: selector, dimension: a, value: x}")},
    {"filter_incomplete", filter, with_filter("{type: bound, dimension: a}"),
     with_filter("{type: bound, dimension: a, lower: x}")},
    {"filter_incomplete", filter,
     with_filter("{type: range, column: a, matchValueType: LONG, lower: null}"),
     with_filter("{type: range, column: a, matchValueType: LONG, upper: 1}")},
    {"filter_incomplete", filter, with_filter("{type: and, fields: []}"),
     with_filter("{type: and, fields: [{type: 'null', column: a}]}")},
    {"filter_incomplete", filter, with_filter("{type: istrue}"),
     with_filter("{type: istrue, field: {type: 'null', column: a}}")},
    {"wrong_type", filter, with_filter("{type: in, dimension: a, values: x}"),
     with_filter("{type: in, dimension: a, values: [x]}")},
    {"filter_not_evaluable", filter, with_filter("{type: regex, dimension: a, pattern: x}"),
     with_filter("{type: in, dimension: a, values: [x, null]}")},
    {"filter_not_evaluable", filter,
     with_filter("{type: bound, dimension: a, lower: x, ordering: alphanumeric}"),
     with_filter("{type: bound, dimension: a, lower: x, ordering: numeric}")},
    {"filter_not_evaluable", filter,
     with_filter("{type: bound, dimension: a, lower: x, alphaNumeric: true}"),
     with_filter("{type: bound, dimension: a, lower: x, ordering: lexicographic}")},
    {"filter_not_evaluable", filter,
     with_filter("{type: equals, column: a, matchValueType: ARRAY<LONG>, matchValue: [1]}"),
     with_filter("{type: equals, column: a, matchValueType: LONG, matchValue: 1}")},
    {"filter_not_evaluable", filter,
     with_filter("{type: inType, column: a, matchValueType: FLOAT, values: [1.5]}"),
     with_filter("{type: inType, column: a, matchValueType: DOUBLE, values: [1.5]}")},
    {"filter_not_evaluable", filter, with_filter("{type: selector, dimension: a, value: 1.5}"),
     with_filter("{type: selector, dimension: a, value: '1.5'}")},
    {"filter_not_evaluable", filter, with_filter("{type: in, dimension: a, values: [1, 1.5]}"),
     with_filter("{type: in, dimension: a, values: [1, '1.5']}")},
    {"filter_not_evaluable", filter,
     with_filter("{type: selector, dimension: a, value: x, extractionFn: {type: upper}}"),
     with_filter("{type: isfalse, field: {type: selector, dimension: a, value: x}}")},
    {"filter_on_transform", filter,
     R"(transforms: [{type: expression, name: y, expression: "1"}]
    filter: {type: selector, dimension: y, value: x})",
     R"(transforms: [{type: expression, name: y, expression: "1"}]
    filter: {type: selector, dimension: a, value: x})"},
    {"reserved_column", filter, with_filter("{type: 'null', column: __henge_arrival}"),
     with_filter("{type: 'null', column: __time}")},
};

const std::vector<Case> of_streams{
    {"input_format", format, "inputFormat: {type: avro_stream}", "inputFormat: {type: json}"},
    {"input_format_option", format, "inputFormat: {type: json, assumeNewlineDelimited: true}",
     "inputFormat: {type: json, assumeNewlineDelimited: false}"},
    {"input_format_option", format, "inputFormat: {type: json, useJsonNodeReader: true}",
     "inputFormat: {type: json, keepNullColumns: true}"},
    {"input_format_option", format,
     "inputFormat: {type: csv, columns: [ts, a, x], tryParseNumbers: true}",
     "inputFormat: {type: csv, columns: [ts, a, x], tryParseNumbers: false}"},
    {"input_format_option", format,
     "inputFormat: {type: tsv, columns: [ts, a, x], skipHeaderRows: 1}",
     "inputFormat: {type: tsv, columns: [ts, a, x], skipHeaderRows: 0}"},
    {"task_duration_too_short", topic, "topic: t\n    taskDuration: PT59S",
     "topic: t\n    taskDuration: PT1M"},
    {"replicas", topic, "topic: t\n    replicas: 2", "topic: t\n    replicas: 1"},
    {"not_earliest", topic, "topic: t\n    useEarliestOffset: false",
     "topic: t\n    useEarliestOffset: true"},
    {"offset_reset", topic, "topic: t\n    tuningConfig: {resetOffsetAutomatically: true}",
     "topic: t\n    tuningConfig: {resetOffsetAutomatically: false}"},
    {"bad_rows_stop_tasks", topic, "topic: t\n    tuningConfig: {maxParseExceptions: 5}",
     "topic: t\n    tuningConfig: {maxParseExceptions: 2147483647}"},
    {"property_overridden", properties, property("enable.auto.commit: 'true'"),
     property("fetch.min.bytes: 5")},
    {"property_has_no_effect", properties, property("key.deserializer: x"),
     property("fetch.min.bytes: 5")},
    {"property_java_only", properties, property("sasl.jaas.config: '${env:J}'"),
     property("sasl.mechanism: PLAIN")},
    {"read_uncommitted", properties, property("isolation.level: read_uncommitted"),
     property("isolation.level: read_committed")},
    {"given_twice", topic,
     "topic: t\n    useEarliestOffset: true\n    tuningConfig: {intermediateHandoffPeriod: PT5M}\n"
     "    intermediateHandoffPeriod: PT5M",
     "topic: t\n    intermediateHandoffPeriod: PT5M"},
    {"partitions_not_dynamic", lateness,
     "lateness: PT2H\n  batch: {partitionsSpec: {type: hashed}}",
     "lateness: PT2H\n  batch: {replacePartitionsSpec: {type: hashed}}"},
    {"partitions_spec", lateness, "lateness: PT2H\n  compaction: {partitionsSpec: {type: range}}",
     "lateness: PT2H\n  compaction: {partitionsSpec: {type: range, partitionDimensions: [a], "
     "targetRowsPerSegment: 9}}"},
    {"rows_min_above_max", lateness, "lateness: PT2H\n  late: {minRows: 6, maxRows: 5}",
     "lateness: PT2H\n  late: {minRows: 5, maxRows: 5}"},
    {"retention_below_delay", lateness, "lateness: PT2H\n  late: {maxDelay: PT2H, retention: PT1H}",
     "lateness: PT2H\n  late: {maxDelay: PT1H, retention: PT1H}"},
};

std::vector<std::string> codes_after(const Case& c, const std::string& replacement) {
  std::string text(good);
  const std::size_t at = text.find(c.part);
  EXPECT_NE(at, std::string::npos) << c.part;
  text.replace(at, c.part.size(), replacement);
  std::vector<std::string> codes;
  for (const Diagnostic& d : parse_pipelines("p.yaml", text).diagnostics) codes.push_back(d.code);
  return codes;
}

bool contains(const std::vector<std::string>& codes, std::string_view code) {
  return std::ranges::find(codes, code) != codes.end();
}

void expect_raised_and_missed(const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    const auto raised = codes_after(c, c.raises);
    EXPECT_TRUE(contains(raised, c.code)) << c.code << " is not raised by\n  " << c.raises
                                          << "\n  but " << (raised.empty() ? "nothing" : raised[0]);
    EXPECT_FALSE(contains(codes_after(c, c.near_miss), c.code))
        << c.code << " is raised by\n  " << c.near_miss;
  }
}

TEST(Rules, of_files_and_fields) {
  expect_raised_and_missed(of_files);
}
TEST(Rules, of_time_and_columns) {
  expect_raised_and_missed(of_schemas);
}
TEST(Rules, of_filters) {
  expect_raised_and_missed(of_filters);
}
TEST(Rules, of_streams_and_batches) {
  expect_raised_and_missed(of_streams);
}

TEST(Rules, the_good_file_raises_none) {
  for (const Diagnostic& d : parse_pipelines("p.yaml", std::string(good)).diagnostics)
    ADD_FAILURE() << to_text(d);
}

TEST(Rules, each_has_a_case_here_or_where_its_subject_is_tested) {
  std::set<std::string_view> seen{
      // Between files, folders and the configuration: load_test, config_test.
      "unreadable", "skipped_document", "duplicate_pipeline", "duplicate_datasource", "too_large",
      "bad_address", "tls_incomplete", "tls_not_verified", "password_unencrypted", "not_reachable",
      // Loads: load_document_test.
      "load_schedule", "load_chunks", "load_sources", "load_path", "bad_moment", "duplicate_load",
      "unknown_pipeline",
      // Drift: drift_fields_test.
      "drift_policy", "bad_cron",
      // Drift: golden_test and the tests of its fields.
      "drift_policy", "bad_cron",
      // Timing: below and in promise_test.
      "handoff_period_without_effect", "segments_too_many", "completion_timeout_too_short",
      "completion_timeout_below_handoff_timeout", "retention_before_seal",
      "disorder_above_lateness"};
  for (const auto* cases : {&of_files, &of_schemas, &of_filters, &of_streams})
    for (const Case& c : *cases) seen.insert(c.code);
  for (const Rule& r : rules()) EXPECT_TRUE(seen.contains(r.code)) << r.code;
}

TEST(Rules, timing_is_as_grave_as_the_table_says) {
  Pipeline p;
  p.rule.lateness = Millis(1);
  p.stream.arrival_disorder = std::chrono::minutes(5);
  p.stream.task_duration = std::chrono::minutes(1);
  p.stream.intermediate_handoff_period = std::chrono::minutes(1);
  p.stream.task_count = 100;
  p.stream.completion_timeout = std::chrono::seconds(1);
  p.late.retention = Millis(1);
  const auto found = check_timing(p, {});
  EXPECT_GE(found.size(), 5U);
  for (const Diagnostic& d : found) EXPECT_EQ(rule(d.code).severity, d.severity) << d.code;
  p.stream.completion_timeout = std::chrono::minutes(3);
  for (const Diagnostic& d : check_timing(p, {}))
    EXPECT_EQ(rule(d.code).severity, d.severity) << d.code;
}

}  // namespace
}  // namespace henge::spec
