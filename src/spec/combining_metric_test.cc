#include "spec/combining_metric.h"

#include <gtest/gtest.h>

#include "spec/json_tree.h"

namespace henge::spec {
namespace {

Metric metric(const std::string& spec) {
  const auto tree = *parse_json(spec);
  return {string_at(tree, "name"), string_at(tree, "type"), string_at(tree, "fieldName"), {spec}};
}

TEST(CombiningMetric, MergesItsOwnColumn) {
  struct Case {
    std::string declared, combining;
  };
  const std::vector<Case> cases = {
      {R"({"type":"count","name":"n"})", R"({"fieldName":"n","name":"n","type":"longSum"})"},
      {R"({"type":"longSum","name":"b","fieldName":"bytes"})",
       R"({"fieldName":"b","name":"b","type":"longSum"})"},
      {R"({"type":"doubleSum","name":"d","expression":"x*2"})",
       R"({"fieldName":"d","name":"d","type":"doubleSum"})"},
      {R"({"type":"longMin","name":"b","fieldName":"x"})",
       R"({"fieldName":"b","name":"b","type":"longMin"})"},
      {R"({"type":"floatMax","name":"b","fieldName":"x"})",
       R"({"fieldName":"b","name":"b","type":"floatMax"})"},
      {R"({"type":"doubleLast","name":"b","fieldName":"x","timeColumn":"t"})",
       R"({"fieldName":"b","name":"b","type":"doubleLast"})"},
      {R"({"type":"stringFirst","name":"b","fieldName":"x","maxStringBytes":9})",
       R"({"fieldName":"b","maxStringBytes":9,"name":"b","type":"stringFirst"})"},
      {R"({"type":"thetaSketch","name":"u","fieldName":"user","size":1024,)"
       R"("isInputThetaSketch":true})",
       R"({"fieldName":"u","name":"u","size":1024,"type":"thetaSketch"})"},
      {R"({"type":"HLLSketchBuild","name":"u","fieldName":"user","lgK":11,"tgtHllType":"HLL_8"})",
       R"({"fieldName":"u","lgK":11,"name":"u","tgtHllType":"HLL_8","type":"HLLSketchMerge"})"},
      {R"({"type":"HLLSketchMerge","name":"u","fieldName":"pre"})",
       R"({"fieldName":"u","name":"u","type":"HLLSketchMerge"})"},
      {R"({"type":"quantilesDoublesSketch","name":"q","fieldName":"x","k":64})",
       R"({"fieldName":"q","k":64,"name":"q","type":"quantilesDoublesSketchMerge"})"},
      {R"({"type":"hyperUnique","name":"u","fieldName":"x","isInputHyperUnique":true})",
       R"({"fieldName":"u","name":"u","type":"hyperUnique"})"},
      {R"({"type":"filtered","name":"f","filter":{"type":"true"},)"
       R"("aggregator":{"type":"count","name":"inner"}})",
       R"({"fieldName":"f","name":"f","type":"longSum"})"},
  };
  for (const auto& c : cases) {
    const auto combined = combining_form(metric(c.declared));
    ASSERT_TRUE(combined) << combined.error().message;
    EXPECT_EQ(combined->text, c.combining);
  }
}

TEST(CombiningMetric, CombinesAgainToItself) {
  for (const auto* spec : {R"({"fieldName":"n","name":"n","type":"longSum"})",
                           R"({"fieldName":"u","lgK":11,"name":"u","type":"HLLSketchMerge"})",
                           R"({"fieldName":"u","name":"u","size":1024,"type":"thetaSketch"})"}) {
    EXPECT_EQ(combining_form(metric(spec))->text, spec);
  }
}

TEST(CombiningMetric, RefusesWhatCannotBeMerged) {
  for (const auto* spec :
       {R"({"type":"doubleMean","name":"m","fieldName":"x"})",
        R"({"type":"javascript","name":"m"})", R"({"name":"m"})",
        R"({"type":"filtered","name":"m"})",
        R"({"type":"filtered","name":"m","aggregator":{"type":"doubleMean","name":"x"}})"}) {
    const auto combined = combining_form(metric(spec));
    ASSERT_FALSE(combined) << spec;
    EXPECT_EQ(combined.error().kind, ErrorKind::invalid);
    EXPECT_NE(combined.error().message.find("metric m"), std::string::npos)
        << combined.error().message;
  }
}

TEST(CombiningMetric, RefusesASpecThatIsNoJson) {
  EXPECT_FALSE(combining_form({"m", "count", "", {"{"}}));
}

}  // namespace
}  // namespace henge::spec
