#include "spec/render_supervisor.h"

#include <gtest/gtest.h>

#include "spec/json_tree.h"
#include "spec/render_samples_test.h"

namespace henge::spec {
namespace {

Json rendered(const Pipeline& pipeline) {
  const auto text = render_supervisor(pipeline);
  EXPECT_TRUE(text) << (text ? "" : text.error().message);
  return text ? *parse_json(*text) : Json();
}

TEST(RenderSupervisor, ArrivalRuleIsAPlainComparisonOfMilliseconds) {
  EXPECT_EQ(arrival_expression({Millis(3'600'000), {}}), "__time >= \"__henge_arrival\" - 3600000");
  EXPECT_EQ(arrival_expression({Millis(0), {}}), "__time >= \"__henge_arrival\" - 0");
  EXPECT_EQ(arrival_expression({Millis(1), Millis(2)}),
            "__time >= \"__henge_arrival\" - 1 && __time <= \"__henge_arrival\" + 2");
}

TEST(RenderSupervisor, TheRuleStandsAloneWithoutAUserFilter) {
  const auto spec = rendered(samples::clicks());
  EXPECT_EQ(spec["spec"]["dataSchema"]["transformSpec"]["filter"]["type"], "expression");
}

TEST(RenderSupervisor, TheRuleComesFirstAndTheUserFilterStaysWhole) {
  const auto filter = rendered(samples::orders())["spec"]["dataSchema"]["transformSpec"]["filter"];
  ASSERT_EQ(filter["type"], "and");
  ASSERT_EQ(filter["fields"].size(), 2u);
  EXPECT_EQ(filter["fields"][0]["expression"], arrival_expression(samples::orders().rule));
  EXPECT_EQ(to_text(filter["fields"][1]).text, samples::orders().schema.filter.text);
}

TEST(RenderSupervisor, AnAndFilterOfTheUserIsNotTakenApart) {
  auto pipeline = samples::clicks();
  pipeline.schema.filter = {R"({"fields":[{"type":"true"},{"type":"true"}],"type":"and"})"};
  const auto filter = rendered(pipeline)["spec"]["dataSchema"]["transformSpec"]["filter"];
  EXPECT_EQ(to_text(filter["fields"][1]).text, pipeline.schema.filter.text);
}

TEST(RenderSupervisor, ReadsCommittedRecordsUnlessToldOtherwise) {
  auto pipeline = samples::clicks();
  const auto properties = [&] {
    return rendered(pipeline)["spec"]["ioConfig"]["consumerProperties"];
  };
  EXPECT_EQ(properties()["isolation.level"], "read_committed");
  pipeline.stream.consumer_properties["isolation.level"] = {"read_uncommitted"};
  EXPECT_EQ(properties()["isolation.level"], "read_uncommitted");
}

TEST(RenderSupervisor, TheKafkaFormatWrapsTheUsersFormatUnchanged) {
  const auto format = rendered(samples::orders())["spec"]["ioConfig"]["inputFormat"];
  EXPECT_EQ(format["type"], "kafka");
  EXPECT_EQ(format["timestampColumnName"], arrival_column);
  EXPECT_EQ(to_text(format["valueFormat"]).text, samples::orders().stream.input_format.spec.text);
}

TEST(RenderSupervisor, OwnColumnsStayOutOfADatasourceWithoutAListOfDimensions) {
  auto pipeline = samples::clicks();
  EXPECT_FALSE(
      rendered(pipeline)["spec"]["dataSchema"]["dimensionsSpec"].contains("dimensionExclusions"));
  pipeline.schema.dimensions.clear();
  EXPECT_EQ(rendered(pipeline)["spec"]["dataSchema"]["dimensionsSpec"]["dimensionExclusions"],
            Json::array({arrival_column, topic_column}));
}

TEST(RenderSupervisor, TuningPassesThroughAndTheHandoffPeriodIsWrittenOnce) {
  const auto tuning = rendered(samples::orders())["spec"]["tuningConfig"];
  EXPECT_EQ(tuning["type"], "kafka");
  EXPECT_EQ(tuning["maxRowsInMemory"], 200000);
  EXPECT_EQ(tuning["intermediateHandoffPeriod"], "PT10M");
}

TEST(RenderSupervisor, MarksWhoseItIsAndWhichBytes) {
  const auto context = rendered(samples::clicks())["context"];
  EXPECT_EQ(context["useConcurrentLocks"], true);
  EXPECT_EQ(context["henge.pipeline"], "clicks");
  EXPECT_EQ(context[spec_mark].get<std::string>().size(), 16u);
}

TEST(RenderSupervisor, RefusesSettingsThatAreNoJson) {
  const auto broken = std::to_array<void (*)(Pipeline&)>({
      [](Pipeline& p) { p.schema.filter = {"{"}; },
      [](Pipeline& p) { p.schema.dimensions[0].spec = {"user"}; },
      [](Pipeline& p) { p.schema.metrics[0].spec = {""}; },
      [](Pipeline& p) { p.schema.transforms = {{"t", {"["}}}; },
      [](Pipeline& p) { p.stream.input_format.spec = {"json"}; },
      [](Pipeline& p) { p.stream.tuning_config = {"[]"}; },
      [](Pipeline& p) { p.stream.tuning_config = {R"({"a":1,"a":2})"}; },
  });
  for (const auto& damage : broken) {
    auto pipeline = samples::clicks();
    damage(pipeline);
    const auto text = render_supervisor(pipeline);
    ASSERT_FALSE(text);
    EXPECT_EQ(text.error().kind, ErrorKind::invalid) << text.error().message;
  }
}

SecretSources one_secret(const std::string& value) {
  return {[value](const std::string& name) -> std::optional<std::string> {
            if (name == "KAFKA_PASSWORD") return value;
            return std::nullopt;
          },
          [](const std::string& path) -> Result<std::string> {
            return fail(ErrorKind::not_found, "no file " + path);
          }};
}

TEST(WithSecrets, TheStoredSpecHoldsTheNameAndTheSentOneTheValue) {
  const auto stored = *render_supervisor(samples::orders());
  EXPECT_NE(stored.text.find("${env:KAFKA_PASSWORD}"), std::string::npos);
  const std::string secret = "quote\" back\\slash \n ${env:NOT_AGAIN}";
  const auto sent = with_secrets(stored, one_secret(secret));
  ASSERT_TRUE(sent) << sent.error().message;
  const auto tree = *parse_json(*sent);
  EXPECT_EQ(tree["spec"]["ioConfig"]["consumerProperties"]["sasl.jaas.config"],
            "x required username=\"u\" password=\"" + secret + "\";");
}

TEST(WithSecrets, ChangesNothingElse) {
  auto before = *parse_json(*render_supervisor(samples::orders()));
  auto after = *parse_json(*with_secrets(*render_supervisor(samples::orders()), one_secret("s")));
  before["spec"]["ioConfig"].erase("consumerProperties");
  after["spec"]["ioConfig"].erase("consumerProperties");
  EXPECT_EQ(before, after);
}

TEST(WithSecrets, ASpecWithoutReferencesStaysAsItIs) {
  const auto spec = *render_supervisor(samples::clicks());
  EXPECT_EQ(with_secrets(spec, one_secret("s"))->text, spec.text);
}

TEST(WithSecrets, AMissingSecretIsNamedWithItsProperty) {
  auto pipeline = samples::clicks();
  pipeline.stream.consumer_properties["ssl.key.password"] = {"${env:NOWHERE}"};
  const auto sent = with_secrets(*render_supervisor(pipeline), one_secret("hush"));
  ASSERT_FALSE(sent);
  EXPECT_NE(sent.error().message.find("consumerProperties.ssl.key.password"), std::string::npos);
  EXPECT_NE(sent.error().message.find("NOWHERE"), std::string::npos);
  EXPECT_EQ(sent.error().message.find("hush"), std::string::npos);
}

TEST(WithSecrets, RefusesWhatIsNoSupervisorSpec) {
  EXPECT_FALSE(with_secrets({"{}"}, one_secret("s")));
  EXPECT_FALSE(with_secrets({"nope"}, one_secret("s")));
  EXPECT_FALSE(
      with_secrets({R"({"spec":{"ioConfig":{"consumerProperties":7}}})"}, one_secret("s")));
}

}  // namespace
}  // namespace henge::spec
