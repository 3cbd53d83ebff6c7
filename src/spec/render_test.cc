#include "spec/render.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "spec/canonical_json.h"
#include "spec/fingerprint.h"
#include "spec/json_tree.h"
#include "spec/render_samples_test.h"
#include "spec/render_supervisor.h"

namespace henge::spec {
namespace {

constexpr std::array modes = {Mode::supervisor, Mode::append, Mode::replace, Mode::reindex,
                              Mode::compaction};

// UPDATE_GOLDEN=1 writes what is rendered; the diff is then for a person to read.
void expect_golden(const std::string& name, const std::string& text) {
  const std::string path = std::string(HENGE_SOURCE_DIR) + "/tests/golden/specs/" + name;
  if (std::getenv("UPDATE_GOLDEN") != nullptr) std::ofstream(path) << text;
  std::ifstream file(path);
  ASSERT_TRUE(file) << "no golden file " << path << "; UPDATE_GOLDEN=1 writes it";
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), text) << path;
}

TEST(Locks, ExclusiveOnesAreInEverySpecAndNothingElseDiffers) {
  for (const Mode mode : modes) {
    auto pipeline = samples::orders();
    auto concurrent = *parse_json(*render(pipeline, mode));
    pipeline.locks = Locks::exclusive;
    auto exclusive = *parse_json(*render(pipeline, mode));
    EXPECT_EQ(concurrent["context"]["useConcurrentLocks"], true) << to_string(mode);
    EXPECT_EQ(exclusive["context"]["useConcurrentLocks"], false)
        << "said, since the cluster's default may be otherwise: " << to_string(mode);
    for (auto* spec : {&concurrent, &exclusive}) {
      (*spec)["context"].erase("useConcurrentLocks");
      (*spec)["context"].erase(std::string(spec_mark));
    }
    EXPECT_EQ(concurrent, exclusive) << to_string(mode);
  }
}

TEST(Render, GivesTheGoldenSpecs) {
  for (const auto& pipeline : {samples::clicks(), samples::orders(), samples::sensors()}) {
    for (const auto mode : modes) {
      const auto text = render(pipeline, mode);
      ASSERT_TRUE(text) << text.error().message;
      expect_golden(pipeline.name + "." + to_string(mode) + ".json", pretty(*text) + "\n");
    }
  }
}

TEST(Render, IsCanonical) {
  for (const auto mode : modes) {
    const auto text = *render(samples::orders(), mode);
    EXPECT_EQ(canonical(text.text)->text, text.text) << to_string(mode);
  }
}

TEST(Render, HoldsNoSecret) {
  EXPECT_NE(render(samples::orders(), Mode::supervisor)->text.find("${env:KAFKA_PASSWORD}"),
            std::string::npos);
}

TEST(Fingerprint, IsAKnownFunctionOfTheBytes) {
  EXPECT_EQ(fingerprint({""}), "e3b0c44298fc1c14");  // SHA-256 of nothing
  EXPECT_EQ(fingerprint({"abc"}), "ba7816bf8f01cfea");
}

// What a person can change in a pipeline file, and the specs that must change with it.
struct Edit {
  std::string name;
  void (*apply)(Pipeline&);
  std::vector<Mode> changed;
};

const std::vector<Edit>& edits() {
  using enum Mode;
  static const std::vector<Mode> all = {supervisor, append, replace, reindex, compaction};
  static const std::vector<Edit> list = {
      {"datasource", [](Pipeline& p) { p.datasource = "other"; }, all},
      {"dimension",
       [](Pipeline& p) { p.schema.dimensions.push_back(samples::dimension("new", "string")); },
       all},
      {"metric",
       [](Pipeline& p) { p.schema.metrics.push_back(samples::metric("new", "longMax", "x")); },
       all},
      {"rollup", [](Pipeline& p) { p.schema.rollup = !p.schema.rollup; }, all},
      {"query granularity", [](Pipeline& p) { p.schema.query_granularity = Granularity::second; },
       all},
      {"segment granularity",
       [](Pipeline& p) { p.schema.segment_granularity = Granularity::six_hour; }, all},
      {"timestamp",
       [](Pipeline& p) { p.schema.timestamp.column = "when"; },
       {supervisor, append, replace}},
      {"filter",
       [](Pipeline& p) { p.schema.filter = {R"({"type":"true"})"}; },
       {supervisor, append, replace}},
      {"transform",
       [](Pipeline& p) { p.schema.transforms.clear(); },
       {supervisor, append, replace}},
      {"input format",
       [](Pipeline& p) { p.stream.input_format.spec = {R"({"type":"json"})"}; },
       {supervisor, append, replace}},
      {"lateness", [](Pipeline& p) { p.rule.lateness += Millis(1); }, {supervisor}},
      {"earliness", [](Pipeline& p) { p.rule.earliness.reset(); }, {supervisor}},
      {"topic", [](Pipeline& p) { p.stream.topic = "t"; }, {supervisor}},
      {"task count", [](Pipeline& p) { p.stream.task_count = 9; }, {supervisor}},
      {"replicas", [](Pipeline& p) { p.stream.replicas = 2; }, {supervisor}},
      {"task duration", [](Pipeline& p) { p.stream.task_duration *= 2; }, {supervisor}},
      {"completion timeout", [](Pipeline& p) { p.stream.completion_timeout *= 2; }, {supervisor}},
      {"earliest offset", [](Pipeline& p) { p.stream.use_earliest_offset = false; }, {supervisor}},
      {"consumer property",
       [](Pipeline& p) { p.stream.consumer_properties["a"] = {"b"}; },
       {supervisor}},
      {"hand-off period",
       [](Pipeline& p) { p.stream.intermediate_handoff_period = Millis(60'000); },
       {supervisor}},
      {"batch partitions",
       [](Pipeline& p) { p.batch_partitions = {R"({"type":"dynamic"})"}; },
       {replace, reindex}},
      {"compaction partitions",
       [](Pipeline& p) { p.compaction_partitions = {R"({"type":"dynamic"})"}; },
       {compaction}},
      {"append partitions",
       [](Pipeline& p) { p.append_partitions = {R"({"type":"dynamic"})"}; },
       {append}},
      {"repair policy", [](Pipeline& p) { p.late.max_delay *= 2; }, {}},
      {"label", [](Pipeline& p) { p.labels["a"] = "b"; }, {}},
  };
  return list;
}

TEST(Fingerprint, ChangesWithWhatItNamesAndNothingElse) {
  const auto before = *fingerprints(samples::orders());
  for (const auto& edit : edits()) {
    auto pipeline = samples::orders();
    edit.apply(pipeline);
    const auto after = fingerprints(pipeline);
    ASSERT_TRUE(after) << edit.name << ": " << after.error().message;
    for (const auto mode : modes) {
      const bool changed = std::ranges::find(edit.changed, mode) != edit.changed.end();
      EXPECT_EQ(before.at(mode) != after->at(mode), changed)
          << edit.name << " in " << to_string(mode);
    }
  }
}

}  // namespace
}  // namespace henge::spec
