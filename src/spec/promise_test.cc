#include "spec/promise.h"

#include <gtest/gtest.h>

#include "spec/render_samples_test.h"

namespace henge::spec {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

const SealEstimates estimates{seconds(5), seconds(90), false};

TEST(SealPromise, IsTheSumOfItsParts) {
  auto pipeline = samples::clicks();
  pipeline.rule.lateness = minutes(10);
  pipeline.stream.arrival_disorder = seconds(5);
  pipeline.stream.task_duration = hours(1);
  const auto promise = seal_promise(pipeline, estimates);
  EXPECT_EQ(promise.after_end, minutes(10) + seconds(5) + hours(1) + seconds(95));
  Millis sum{0};
  for (const auto& part : promise.parts) sum += part.duration;
  EXPECT_EQ(sum, promise.after_end);
}

TEST(SealPromise, TheShorterOfTaskAndHandoffPeriodCounts) {
  struct Case {
    Millis task;
    std::optional<Millis> handoff;
    Millis counted;
  };
  for (const auto& c : std::vector<Case>{{hours(1), std::nullopt, hours(1)},
                                         {hours(1), minutes(5), minutes(5)},
                                         {minutes(2), minutes(5), minutes(2)}}) {
    auto pipeline = samples::clicks();
    pipeline.stream.task_duration = c.task;
    pipeline.stream.intermediate_handoff_period = c.handoff;
    EXPECT_EQ(seal_promise(pipeline, estimates).parts[2].duration, c.counted);
  }
}

TEST(SealPromise, SaysItInOneSentence) {
  const auto pipeline = samples::clicks();
  const auto text = to_text(seal_promise(pipeline, estimates), pipeline);
  for (const auto* word : {"HOUR", "lateness 10m", "hand-off 1m 30s", "publishing 5s"}) {
    EXPECT_NE(text.find(word), std::string::npos) << text;
  }
}

TEST(CheckTiming, FindsNothingInSoundSettings) {
  EXPECT_TRUE(check_timing(samples::clicks(), estimates).empty());
  EXPECT_TRUE(check_timing(samples::sensors(), estimates).empty());
}

TEST(CheckTiming, NamesEachBadCombination) {
  struct Case {
    std::string code;
    Severity severity;
    void (*spoil)(Pipeline&);
  };
  const std::vector<Case> cases = {
      {"handoff_period_without_effect", Severity::warning,
       [](Pipeline& p) { p.stream.intermediate_handoff_period = p.stream.task_duration; }},
      {"segments_too_many", Severity::warning,
       [](Pipeline& p) { p.stream.intermediate_handoff_period = seconds(10); }},
      {"segments_too_many", Severity::warning, [](Pipeline& p) { p.stream.task_count = 1000; }},
      {"completion_timeout_too_short", Severity::error,
       [](Pipeline& p) { p.stream.completion_timeout = minutes(1); }},
      {"completion_timeout_below_handoff_timeout", Severity::warning,
       [](Pipeline& p) { p.stream.completion_timeout = minutes(14); }},
      {"completion_timeout_below_handoff_timeout", Severity::warning,
       [](Pipeline& p) { p.stream.tuning_config = {R"({"handoffConditionTimeout":3600000})"}; }},
      {"completion_timeout_below_handoff_timeout", Severity::warning,
       [](Pipeline& p) { p.stream.tuning_config = {R"({"handoffConditionTimeout":0})"}; }},
      {"disorder_above_lateness", Severity::warning,
       [](Pipeline& p) { p.stream.arrival_disorder = p.rule.lateness + Millis(1); }},
      {"retention_before_seal", Severity::error, [](Pipeline& p) { p.late.retention = hours(1); }},
  };
  for (const auto& c : cases) {
    auto pipeline = samples::clicks();
    c.spoil(pipeline);
    const auto found = check_timing(pipeline, estimates);
    ASSERT_EQ(found.size(), 1u) << c.code;
    EXPECT_EQ(found[0].code, c.code);
    EXPECT_EQ(found[0].severity, c.severity);
    EXPECT_FALSE(found[0].field.empty());
    EXPECT_FALSE(found[0].message.empty());
    EXPECT_FALSE(found[0].hint.empty());
  }
}

TEST(CheckTiming, SettingsAtTheEdgeAreSound) {
  auto pipeline = samples::clicks();
  pipeline.stream.completion_timeout = minutes(15);
  pipeline.stream.arrival_disorder = pipeline.rule.lateness;
  pipeline.late.retention = seal_promise(pipeline, estimates).after_end + pipeline.late.max_delay;
  EXPECT_TRUE(check_timing(pipeline, estimates).empty());
}

TEST(CheckTiming, WithstandsAnyDuration) {
  auto pipeline = samples::clicks();
  pipeline.stream.task_duration = Millis(0);
  pipeline.stream.tuning_config = {"{"};
  EXPECT_FALSE(check_timing(pipeline, estimates).empty());
}

}  // namespace
}  // namespace henge::spec
