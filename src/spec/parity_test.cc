#include "spec/parity.h"

#include <gtest/gtest.h>

#include "spec/json_tree.h"
#include "spec/render.h"
#include "spec/render_samples_test.h"

namespace henge::spec {
namespace {

constexpr std::array modes = {Mode::supervisor, Mode::append, Mode::replace, Mode::reindex,
                              Mode::compaction};

std::vector<Pipeline> pipelines() {
  return {samples::clicks(), samples::orders(), samples::sensors()};
}

TEST(Parity, HoldsForEveryModeOfEveryPipeline) {
  for (const auto& pipeline : pipelines()) {
    const auto all = parity(pipeline);
    ASSERT_TRUE(all) << all.error().message;
    EXPECT_TRUE(all->holds());
    EXPECT_EQ(all->lines.size(), modes.size() * 6);
  }
}

TEST(Parity, NamesTheArrivalRuleAsTheOnlyDifferenceOfStreaming) {
  const auto all = *parity(samples::orders());
  for (const auto& line : all.lines) {
    if (line.mode != Mode::supervisor || line.agreement == Agreement::equal) continue;
    EXPECT_EQ(line.agreement, Agreement::allowed);
    EXPECT_TRUE(line.aspect == Aspect::transform_spec || line.aspect == Aspect::input_format);
    if (line.aspect == Aspect::transform_spec) {
      EXPECT_NE(line.note.find("__henge_arrival"), std::string::npos);
    }
  }
}

TEST(Parity, MetricsCombineWhereRowsComeFromSegments) {
  for (const auto& line : parity(samples::orders())->lines) {
    if (line.aspect != Aspect::metrics_spec) continue;
    const bool segments = line.mode == Mode::reindex || line.mode == Mode::compaction;
    EXPECT_EQ(line.agreement, segments ? Agreement::combining : Agreement::equal)
        << to_string(line.mode);
  }
}

// One change to a rendered spec that must be noticed.
struct Damage {
  Mode mode;
  Aspect aspect;
  std::string pointer;
  std::string value;  // JSON; empty removes
};

const std::vector<Damage>& damages() {
  static const std::string schema = "/spec/dataSchema";
  static const std::vector<Damage> all = {
      {Mode::supervisor, Aspect::timestamp_spec, schema + "/timestampSpec/format", R"("iso")"},
      {Mode::append, Aspect::timestamp_spec, schema + "/timestampSpec/missingValue", ""},
      {Mode::reindex, Aspect::timestamp_spec, schema + "/timestampSpec/column", R"("at")"},
      {Mode::compaction, Aspect::timestamp_spec, "/timestampSpec",
       R"({"column":"at","format":"millis"})"},
      {Mode::supervisor, Aspect::dimensions_spec, schema + "/dimensionsSpec/dimensions/0/name",
       R"("usr")"},
      {Mode::append, Aspect::dimensions_spec, schema + "/dimensionsSpec/dimensions/1/type",
       R"("string")"},
      {Mode::compaction, Aspect::dimensions_spec, "/dimensionsSpec/dimensions/4", ""},
      {Mode::append, Aspect::metrics_spec, schema + "/metricsSpec/1/type", R"("doubleSum")"},
      {Mode::replace, Aspect::metrics_spec, schema + "/metricsSpec/1", ""},
      {Mode::compaction, Aspect::metrics_spec, "/metricsSpec/0",
       R"({"name":"events","type":"count"})"},
      {Mode::reindex, Aspect::metrics_spec, schema + "/metricsSpec/1/fieldName", R"("price")"},
      {Mode::append, Aspect::granularity_spec, schema + "/granularitySpec/rollup", "false"},
      {Mode::replace, Aspect::granularity_spec, schema + "/granularitySpec/segmentGranularity",
       R"("HOUR")"},
      {Mode::compaction, Aspect::granularity_spec, "/granularitySpec/queryGranularity", ""},
      {Mode::supervisor, Aspect::granularity_spec, schema + "/granularitySpec/intervals",
       R"(["2026-01-01/2026-01-02"])"},
      {Mode::supervisor, Aspect::transform_spec, schema + "/transformSpec/filter/fields/0", ""},
      {Mode::supervisor, Aspect::transform_spec,
       schema + "/transformSpec/filter/fields/0/expression",
       R"("__time >= \"__henge_arrival\" - 600001 && __time <= \"__henge_arrival\" + 300000")"},
      {Mode::supervisor, Aspect::transform_spec, schema + "/transformSpec/filter/fields/1/type",
       R"("and")"},
      {Mode::append, Aspect::transform_spec, schema + "/transformSpec/filter", ""},
      {Mode::append, Aspect::transform_spec, schema + "/transformSpec/transforms/0/expression",
       R"j("lower(cc)")j"},
      {Mode::replace, Aspect::transform_spec, schema + "/transformSpec", ""},
      {Mode::compaction, Aspect::transform_spec, "/transformSpec", R"({"filter":{"type":"true"}})"},
      {Mode::reindex, Aspect::transform_spec, schema + "/transformSpec",
       R"({"filter":{"type":"true"}})"},
      {Mode::supervisor, Aspect::input_format, "/spec/ioConfig/inputFormat/valueFormat/type",
       R"("csv")"},
      {Mode::append, Aspect::input_format, "/spec/ioConfig/inputFormat/flattenSpec", ""},
      {Mode::replace, Aspect::input_format, "/spec/ioConfig/inputFormat", ""},
      {Mode::reindex, Aspect::input_format, "/spec/ioConfig/inputFormat", R"({"type":"json"})"},
  };
  return all;
}

TEST(Parity, NoticesEveryDeparture) {
  const auto pipeline = samples::orders();
  for (const auto& damage : damages()) {
    auto spec = *parse_json(*render(pipeline, damage.mode));
    const Json::json_pointer place(damage.pointer);
    if (damage.value.empty()) {
      Json patch = Json::array({{{"op", "remove"}, {"path", damage.pointer}}});
      spec = spec.patch(patch);
    } else {
      spec[place] = *parse_json(damage.value);
    }
    const auto judged = parity_of(pipeline, damage.mode, to_text(spec));
    ASSERT_TRUE(judged);
    for (const auto& line : judged->lines) {
      EXPECT_EQ(line.agreement == Agreement::differs, line.aspect == damage.aspect)
          << to_string(damage.mode) << " " << damage.pointer << " " << to_string(line.aspect) << " "
          << line.note;
    }
    const auto refused = check_parity(pipeline, damage.mode, to_text(spec));
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message.find(to_string(damage.aspect)), std::string::npos);
  }
}

TEST(Parity, EverySpecDepartsFromAnotherPipeline) {
  for (const auto mode : modes) {
    EXPECT_TRUE(check_parity(samples::clicks(), mode, *render(samples::clicks(), mode)));
    EXPECT_FALSE(check_parity(samples::orders(), mode, *render(samples::clicks(), mode)))
        << to_string(mode);
  }
}

TEST(Parity, AMetricThatDoesNotMergeLeavesCompactionOut) {
  auto pipeline = samples::clicks();
  pipeline.schema.metrics.push_back(
      {"m", "doubleMean", "x", {R"({"fieldName":"x","name":"m","type":"doubleMean"})"}});
  const auto all = parity(pipeline);
  ASSERT_TRUE(all);
  EXPECT_TRUE(all->holds());
  EXPECT_EQ(std::ranges::count(all->lines, Agreement::absent, &ParityLine::agreement), 2);
  EXPECT_TRUE(render(pipeline, Mode::append));
  EXPECT_FALSE(render(pipeline, Mode::compaction));
}

TEST(Parity, AnythingElseThanASpecIsRefused) {
  EXPECT_FALSE(parity_of(samples::clicks(), Mode::append, {"nope"}));
  for (const auto* text : {"{}", "[]", "7", R"({"spec":[]})"}) {
    EXPECT_FALSE(check_parity(samples::clicks(), Mode::append, {text}));
  }
}

TEST(Mode, ReadsWhatItPrints) {
  for (const auto mode : modes) EXPECT_EQ(*parse_mode(to_string(mode)), mode);
  EXPECT_FALSE(parse_mode("stream"));
}

}  // namespace
}  // namespace henge::spec
