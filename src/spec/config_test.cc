#include "spec/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "spec/config_shape.h"

namespace henge::spec {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const std::string head = "apiVersion: henge/v1\nkind: Config\n";

std::vector<std::string> codes(const ParsedConfig& parsed) {
  std::vector<std::string> all;
  for (const Diagnostic& d : parsed.diagnostics) all.push_back(d.code);
  return all;
}

TEST(Config, empty_one_is_the_defaults) {
  ParsedConfig parsed = parse_config("henge.yaml", head);
  EXPECT_THAT(codes(parsed), IsEmpty());
  EXPECT_EQ(parsed.config, Config{});
}

std::string defaults_below(const Field& shape, int indent) {
  std::string text;
  for (const Field& field : shape.fields) {
    const std::string before =
        std::string(static_cast<std::size_t>(indent), ' ') + field.name + ":";
    if (!field.fallback.empty()) text += before + " " + field.fallback + "\n";
    if (field.type != FieldType::object) continue;
    if (std::string inner = defaults_below(field, indent + 2); !inner.empty())
      text += before + "\n" + inner;
  }
  return text;
}

TEST(Config, defaults_written_out_change_nothing) {
  const std::string text = head + defaults_below(config_shape(), 0);
  EXPECT_THAT(text, testing::HasSubstr("inlineMax: 1M"));
  ParsedConfig parsed = parse_config("henge.yaml", text);
  EXPECT_THAT(codes(parsed), IsEmpty());
  EXPECT_EQ(parsed.config, Config{});
}

TEST(Config, everything_that_is_written_arrives) {
  ParsedConfig parsed = parse_config("henge.yaml", head + R"yaml(druid:
  overlord: https://o:1
  coordinator: https://c:2
  broker: https://b:3
  auth: {username: u, password: "${env:P}"}
  tls: {ca: /ca, certificate: /c, key: /k}
  timeouts: {connect: PT1S, request: PT2S, supervisor: PT3S}
  maxCallsPerSecond: 7
kafka: {properties: {security.protocol: SSL, fetch.wait.max.ms: 5}}
stateDirectory: /var/lib/henge
delta: {listen: "0.0.0.0:80", advertise: "http://me:80", inlineMax: 64k, expiry: PT1H}
rounds: {interval: PT1S}
loads:
  slots: 2
  slotsPerDatasource: 3
  datasources: {clicks: 5}
  patience: PT4S
  starveAfter: PT5S
  taskRows: 6
  taskChunks: 7
  singleRows: 8
  subTaskRows: 9
  subTasks: 10
  rowsPerSlotSecond: 11
  msq: auto
  windowMax: PT12S
  deepStorage: s3://druid-segments/prod
  s3Endpoint: http://minio:9000
log: {level: debug, format: json}
)yaml");
  EXPECT_THAT(codes(parsed), IsEmpty());
  const Config& c = parsed.config;
  EXPECT_EQ(c.druid.overlord, "https://o:1");
  EXPECT_EQ(c.druid.coordinator, "https://c:2");
  EXPECT_EQ(c.druid.broker, "https://b:3");
  EXPECT_EQ(c.druid.auth, (BasicAuth{"u", Property{"${env:P}"}}));
  EXPECT_EQ(c.druid.tls, (TlsConfig{"/ca", "/c", "/k", true}));
  EXPECT_EQ(c.druid.connect_timeout, std::chrono::seconds(1));
  EXPECT_EQ(c.druid.request_timeout, std::chrono::seconds(2));
  EXPECT_EQ(c.druid.supervisor_timeout, std::chrono::seconds(3));
  EXPECT_EQ(c.druid.calls_per_second_max, 7);
  EXPECT_EQ(c.kafka_properties.at("fetch.wait.max.ms").value, "5");
  EXPECT_EQ(c.state_directory, "/var/lib/henge");
  EXPECT_EQ(c.delta, (DeltaConfig{"0.0.0.0:80", "http://me:80", 65536, std::chrono::hours(1)}));
  EXPECT_EQ(c.round_interval, std::chrono::seconds(1));
  LoadsConfig loads;
  loads.slots_max = 2;
  loads.datasource_slots_max = 3;
  loads.datasources = {{"clicks", 5}};
  loads.patience = std::chrono::seconds(4);
  loads.starve_after = std::chrono::seconds(5);
  loads.task_rows_max = 6;
  loads.task_chunks_max = 7;
  loads.single_rows_max = 8;
  loads.sub_task_rows = 9;
  loads.sub_tasks_max = 10;
  loads.rows_per_slot_second = 11;
  loads.msq = true;
  loads.window_max = std::chrono::seconds(12);
  loads.deep_storage = "s3://druid-segments/prod";
  loads.s3_endpoint = "http://minio:9000";
  EXPECT_EQ(c.loads, loads);
  EXPECT_EQ(c.log, (LogConfig{LogLevel::debug, LogFormat::json}));
}

TEST(Config, mistakes) {
  struct Case {
    const char* text;
    std::vector<std::string> expected;
  };
  const Case cases[] = {
      {"druid: {url: druid:8888}", {"bad_address"}},
      {"druid: {overlord: \"http://o:1\"}", {"missing_field", "missing_field"}},
      {"druid: {url: \"http://r\", overlord: \"http://o\", coordinator: \"http://c\", broker: "
       "\"http://b\"}",
       {"given_twice"}},
      {"druid: {url: \"http://far\", auth: {username: u, password: \"${env:P}\"}}",
       {"password_unencrypted"}},
      {"druid: {url: \"http://localhost\", auth: {username: u, password: plain}}",
       {"secret_in_plain"}},
      {"druid: {auth: {username: u, password: \"${env:\"}}", {"reference_malformed"}},
      {"druid: {auth: {username: u}}", {"missing_field"}},
      {"druid: {tls: {certificate: /c}}", {"tls_incomplete"}},
      {"druid: {tls: {key: /k}}", {"tls_incomplete"}},
      {"druid: {tls: {verify: false}}", {"tls_not_verified"}},
      {"druid: {timeouts: {connect: PT0S}}", {"out_of_range"}},
      {"druid: {maxCallsPerSecond: 0}", {"out_of_range"}},
      {"loads: {slots: 0}", {"out_of_range"}},
      {"loads: {datasources: {clicks: 0}}", {"out_of_range"}},
      {"loads: {datasources: {clicks: many}}", {"out_of_range"}},
      {"loads: {patience: PT0S}", {"out_of_range"}},
      {"loads: {deepStorage: \"http://\"}", {"bad_address"}},
      {"loads: {deepStorage: \"s3:///prefix\"}", {"bad_address"}},
      {"loads: {deepStorage: \"s3://Bucket?x=1\"}", {"bad_address"}},
      {"loads: {deepStorage: \"gs://bucket\"}", {"bad_address"}},
      {"loads: {s3Endpoint: minio}", {"bad_address"}},
      {"delta: {listen: here}", {"bad_address"}},
      {"delta: {listen: \"0.0.0.0:0\"}", {"not_reachable"}},
      {"delta: {advertise: here}", {"bad_address"}},
      {"delta: {inlineMax: 1MB}", {"wrong_unit"}},
      {"delta: {inlineMax: -1}", {"wrong_type"}},
      {"log: {level: verbose}", {"wrong_choice"}},
      {"rounds: {interval: 5s}", {"wrong_unit"}},
      {"stateDirectory: \"\"", {"bad_name"}},
      {"kafka: {properties: {ssl.key.password: x}}", {"secret_in_plain"}},
      {"statedir: x", {"unknown_field"}},
      {"kafka:\n  properties: {}\n---\na: 1", {"unknown_kind"}},
  };
  for (const Case& c : cases) {
    ParsedConfig parsed = parse_config("henge.yaml", head + c.text + "\n");
    EXPECT_EQ(codes(parsed), c.expected) << c.text;
    for (const Diagnostic& d : parsed.diagnostics) EXPECT_GE(d.place.line, 1) << c.text;
  }
}

TEST(Config, not_a_configuration) {
  EXPECT_THAT(codes(parse_config("c", "")), ElementsAre("no_files"));
  EXPECT_THAT(codes(parse_config("c", "apiVersion: henge/v1\nkind: Pipeline\n")),
              ElementsAre("wrong_choice"));
  EXPECT_THAT(codes(parse_config("c", "text")), ElementsAre("wrong_type"));
  EXPECT_THAT(codes(load_config("/no/such/file")), ElementsAre("unreadable"));
}

}  // namespace
}  // namespace henge::spec
