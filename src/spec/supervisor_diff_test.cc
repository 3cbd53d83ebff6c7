#include "spec/supervisor_diff.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "spec/json_tree.h"
#include "spec/render_samples_test.h"
#include "spec/render_supervisor.h"
#include "spec/server_defaults.h"

namespace henge::spec {
namespace {

JsonText desired(const Pipeline& pipeline) {
  return *render_supervisor(pipeline);
}

// What a Druid 33 answers to GET after the orders pipeline was posted, its secret filled in.
Json recorded() {
  std::ifstream file(HENGE_SOURCE_DIR "/tests/golden/specs/druid33_supervisor.json");
  auto live = *parse_json(std::string(std::istreambuf_iterator<char>(file), {}));
  live["context"][spec_mark] = (*parse_json(desired(samples::orders())))["context"][spec_mark];
  return live;
}

SupervisorDiff diff(const Pipeline& pipeline, const Json& live) {
  const auto result = diff_supervisor(desired(pipeline), to_text(live));
  EXPECT_TRUE(result) << (result ? "" : result.error().message);
  return result.value_or(SupervisorDiff{});
}

TEST(SupervisorDiff, NoSupervisorIsACreation) {
  const auto result = *diff_supervisor(desired(samples::orders()), std::nullopt);
  EXPECT_EQ(result.action, SupervisorAction::create);
}

TEST(SupervisorDiff, WhatDruidMadeOfThePostedSpecIsNoChange) {
  const auto result = diff(samples::orders(), recorded());
  for (const auto& c : result.changes)
    ADD_FAILURE() << c.path << ": " << c.before.text << " -> " << c.after.text;
  EXPECT_EQ(result.action, SupervisorAction::none);
  EXPECT_FALSE(result.suspended);
}

TEST(SupervisorDiff, ASupervisorOfTheSameSettingsByAnyoneIsNoChange) {
  auto live = recorded();
  live["context"] = {{"useConcurrentLocks", true}};
  EXPECT_EQ(diff(samples::orders(), live).action, SupervisorAction::none);
}

// Only parts of a live spec are read where it has no white space: that must not be seen.
TEST(SupervisorDiff, WhatStandsBesideTheComparedPartsIsNoChange) {
  auto live = recorded();
  live["ioConfig"] = live["spec"]["ioConfig"];
  live["ioConfig"]["taskCount"] = 77;
  live["a \"key\": {"] = "a \\ \"text\", {[";
  EXPECT_EQ(diff(samples::orders(), live).action, SupervisorAction::none);
  live["spec"]["ioConfig"]["taskCount"] = 77;
  const auto changed = diff(samples::orders(), live);
  ASSERT_EQ(changed.changes.size(), 1U);
  EXPECT_EQ(changed.changes[0].path, "spec.ioConfig.taskCount");
  const auto spaced = *diff_supervisor(desired(samples::orders()), JsonText{live.dump(2)});
  EXPECT_EQ(spaced.changes, changed.changes);
}

TEST(SupervisorDiff, ALiveSpecThatIsNoJsonIsAnError) {
  const std::string whole = to_text(recorded()).text;
  for (const std::string& text : std::vector<std::string>{
           "", "{", "{}}", "[1,", whole.substr(0, whole.size() - 1),
           whole.substr(0, whole.size() / 2), whole + "}", R"({"type":"kafka",})",
           R"({"type":"kafka" "spec":{}})", R"({"type":kafka})",
           R"({"type":"kafka","type":"kafka"})", R"({"type)"})
    EXPECT_FALSE(diff_supervisor(desired(samples::orders()), JsonText{text})) << text.substr(0, 40);
}

TEST(SupervisorDiff, ASuspendedSupervisorIsSaidSoAndIsNoChange) {
  auto live = recorded();
  live["suspended"] = true;
  const auto result = diff(samples::orders(), live);
  EXPECT_TRUE(result.suspended);
  EXPECT_EQ(result.action, SupervisorAction::none);
}

struct Edit {
  void (*apply)(Pipeline&);
  std::string path, before, after;
};

TEST(SupervisorDiff, NamesEveryEditOfThePipeline) {
  const std::vector<Edit> edits = {
      {[](Pipeline& p) { p.stream.task_count = 4; }, "spec.ioConfig.taskCount", "2", "4"},
      {[](Pipeline& p) { p.stream.task_duration = std::chrono::hours(1); },
       "spec.ioConfig.taskDuration", R"("PT1800S")", R"("PT1H")"},
      {[](Pipeline& p) { p.schema.query_granularity = Granularity::hour; },
       "spec.dataSchema.granularitySpec.queryGranularity", R"("MINUTE")", R"("HOUR")"},
      {[](Pipeline& p) { p.schema.dimensions[1].spec = {R"({"name":"shop","type":"string"})"}; },
       "spec.dataSchema.dimensionsSpec.dimensions[shop].type", R"("long")", R"("string")"},
      {[](Pipeline& p) {
         p.schema.metrics[1].spec = {R"({"fieldName":"size","name":"bytes","type":"longSum"})"};
       },
       "spec.dataSchema.metricsSpec[bytes].fieldName", R"("bytes")", R"("size")"},
      {[](Pipeline& p) { p.stream.consumer_properties["fetch.min.bytes"] = {"2"}; },
       "spec.ioConfig.consumerProperties.fetch.min.bytes", R"("1")", R"("2")"},
      {[](Pipeline& p) { p.stream.consumer_properties.erase("fetch.min.bytes"); },
       "spec.ioConfig.consumerProperties.fetch.min.bytes", R"("1")", ""},
      {[](Pipeline& p) { p.rule.lateness = std::chrono::minutes(11); },
       "spec.dataSchema.transformSpec.filter.fields[0].expression",
       R"("__time >= \"__henge_arrival\" - 600000 && __time <= \"__henge_arrival\" + 300000")",
       R"("__time >= \"__henge_arrival\" - 660000 && __time <= \"__henge_arrival\" + 300000")"},
  };
  for (const auto& edit : edits) {
    auto pipeline = samples::orders();
    edit.apply(pipeline);
    const auto result = diff(pipeline, recorded());
    EXPECT_EQ(result.action, SupervisorAction::update_restart);
    ASSERT_EQ(result.changes.size(), 1u) << edit.path;
    EXPECT_EQ(result.changes[0], (SpecChange{edit.path, {edit.before}, {edit.after}}));
  }
}

TEST(SupervisorDiff, ANewDimensionShowsTheWholeList) {
  auto pipeline = samples::orders();
  pipeline.schema.dimensions.push_back(samples::dimension("new", "string"));
  const auto result = diff(pipeline, recorded());
  ASSERT_EQ(result.changes.size(), 1u);
  EXPECT_EQ(result.changes[0].path, "spec.dataSchema.dimensionsSpec.dimensions");
}

TEST(SupervisorDiff, ASettingTakenOutOfThePipelineGoesBackToDruidsDefault) {
  auto pipeline = samples::orders();
  pipeline.stream.tuning_config = {
      R"({"indexSpec":{"dimensionCompression":"zstd"},"logParseExceptions":true,)"
      R"("maxParseExceptions":1000,"maxRowsPerSegment":3000000,"maxSavedParseExceptions":5})"};
  const auto result = diff(pipeline, recorded());
  ASSERT_EQ(result.changes.size(), 1u);
  EXPECT_EQ(result.changes[0], (SpecChange{"spec.tuningConfig.maxRowsInMemory", {"200000"}, {}}));
}

TEST(SupervisorDiff, NoticesWhatOthersDidToTheLiveSpec) {
  struct Case {
    std::string pointer, value, path;
  };
  const std::vector<Case> cases = {
      {"/spec/ioConfig/lateMessageRejectionPeriod", R"("PT1H")",
       "spec.ioConfig.lateMessageRejectionPeriod"},
      {"/spec/ioConfig/earlyMessageRejectionPeriod", R"("PT1H")",
       "spec.ioConfig.earlyMessageRejectionPeriod"},
      {"/spec/ioConfig/taskCount", "1", "spec.ioConfig.taskCount"},
      {"/spec/dataSchema/granularitySpec/rollup", "false",
       "spec.dataSchema.granularitySpec.rollup"},
      {"/spec/ioConfig/consumerProperties/group.id", R"("x")",
       "spec.ioConfig.consumerProperties.group.id"},
      {"/context/useConcurrentLocks", "false", "context.useConcurrentLocks"},
      {"/spec/dataSchema/metricsSpec/0/name", R"("n")", "spec.dataSchema.metricsSpec[events].name"},
  };
  for (const auto& c : cases) {
    auto live = recorded();
    live[Json::json_pointer(c.pointer)] = *parse_json(c.value);
    const auto result = diff(samples::orders(), live);
    ASSERT_EQ(result.changes.size(), 1u) << c.pointer;
    EXPECT_EQ(result.changes[0].path, c.path);
    EXPECT_EQ(result.action, SupervisorAction::update_restart);
  }
}

TEST(SupervisorDiff, AFilterThatOnlyTheLiveSpecHasIsHarmful) {
  EXPECT_EQ(server_field("spec.dataSchema.transformSpec.filter", Json::object()),
            ServerField::harmful);
}

TEST(SupervisorDiff, FieldsOfALaterDruidAreLeftAlone) {
  auto live = recorded();
  live["spec"]["ioConfig"]["somethingNew"] = 7;
  live["spec"]["tuningConfig"]["httpTimeout"] = "PT20S";  // a default that a later version changed
  EXPECT_EQ(diff(samples::orders(), live).action, SupervisorAction::none);
}

TEST(SupervisorDiff, ARenamedTopicIsFlagged) {
  auto pipeline = samples::orders();
  EXPECT_FALSE(diff(pipeline, recorded()).topic_changed);
  pipeline.stream.topic = "elsewhere";
  EXPECT_TRUE(diff(pipeline, recorded()).topic_changed);
}

TEST(SupervisorDiff, NoSecretOfTheLiveSpecIsInTheResult) {
  struct Case {
    std::string name, live, written, before, after;
  };
  const std::vector<Case> cases = {
      // A secret that the live spec lacks: the reference is shown.
      {"ssl.key.password", "", "${env:KEY}", "", R"("${env:KEY}")"},
      // A secret in the live spec that the pipeline does not have.
      {"ssl.key.password", "hush", "", "\"(hidden)\"", ""},
      // Written in plain on both sides, against advice.
      {"ssl.key.password", "hush", "hush2", "\"(hidden)\"", "\"(hidden)\""},
  };
  for (const auto& c : cases) {
    auto live = recorded();
    auto pipeline = samples::orders();
    if (!c.live.empty()) live["spec"]["ioConfig"]["consumerProperties"][c.name] = c.live;
    if (!c.written.empty()) pipeline.stream.consumer_properties[c.name] = {c.written};
    const auto result = diff(pipeline, live);
    ASSERT_EQ(result.changes.size(), 1u);
    EXPECT_EQ(result.changes[0].before.text, c.before);
    EXPECT_EQ(result.changes[0].after.text, c.after);
  }
}

TEST(SupervisorDiff, ALiveSecretOfAnyValueAnswersAReference) {
  auto live = recorded();
  live["spec"]["ioConfig"]["consumerProperties"]["sasl.jaas.config"] = "rotated";
  EXPECT_EQ(diff(samples::orders(), live).action, SupervisorAction::none);
}

TEST(SupervisorDiff, RefusesWhatIsNoSpec) {
  EXPECT_FALSE(diff_supervisor({"nope"}, std::nullopt));
  EXPECT_FALSE(diff_supervisor(desired(samples::orders()), JsonText{"nope"}));
  EXPECT_EQ(diff(samples::orders(), Json::object()).action, SupervisorAction::update_restart);
}

TEST(WithSuspended, SetsTheStateAndNothingElse) {
  const auto spec = desired(samples::clicks());
  auto suspended = *parse_json(*with_suspended(spec, true));
  EXPECT_EQ(suspended["suspended"], true);
  suspended.erase("suspended");
  EXPECT_EQ(to_text(suspended).text, spec.text);
  EXPECT_FALSE(with_suspended({"[]"}, true));
}

}  // namespace
}  // namespace henge::spec
