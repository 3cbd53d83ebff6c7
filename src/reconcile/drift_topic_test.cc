// Alarms about a topic: found from what was seen, with the command that helps, and steady.
#include "reconcile/drift_fixture.h"

namespace henge::reconcile {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using testing::HasSubstr;

class TopicDrift : public CalmWorld {
 protected:
  void SetUp() override {
    CalmWorld::SetUp();
    pipeline.stream.topic = "clicks_t";
    state().partitions[0].next = 1000;
    state().partitions[0].witness = Witness{950, today - minutes(1), "aaaa"};
    TopicSight sight;
    sight.scanned = state().partitions;
    sight.druid.known = true;
    sight.druid.committed = {{0, 900}};
    sight.look.at = today;
    sight.look.starts = {{0, 100}};
    sight.look.ends = {{0, 1000}};
    sight.look.records[{0, 900}] = {{900, today - minutes(2), "bbbb"}, 100};
    sight.look.records[{0, 950}] = {{950, today - minutes(1), "aaaa"}, 100};
    sight.look.retention = hours(4);
    world.topics["clicks_p"] = sight;
  }
  TopicLook& look() { return world.topics.at("clicks_p").look; }
  std::vector<Drift> found() {
    auto drifts =
        find_drift(DriftInput{pipeline, {desired_spec}, state(), 1, false, {}}, world, memory_)
            .drifts;
    std::erase_if(drifts, [](const Drift& d) {
      return d.kind != DriftKind::offsets_at_risk && d.kind != DriftKind::offsets_lost &&
             d.kind != DriftKind::topic_recreated;
    });
    return drifts;
  }

 private:
  DriftMemory memory_;
};

TEST_F(TopicDrift, ACalmTopicHasNone) {
  EXPECT_TRUE(found().empty());
}

TEST_F(TopicDrift, RiskIsToldInStepsSoThatItDoesNotFillTheLedger) {
  look().records[{0, 900}].record.arrival = today - hours(4) + minutes(50);
  const auto first = found();
  ASSERT_EQ(first.size(), 1U);
  EXPECT_EQ(first[0].kind, DriftKind::offsets_at_risk);
  EXPECT_EQ(first[0].object, "clicks_t");
  EXPECT_THAT(first[0].evidence, HasSubstr("less than 1h"));
  EXPECT_THAT(first[0].evidence, HasSubstr("kafka-configs --alter"));
  look().at += minutes(5);
  EXPECT_EQ(found(), first) << "five minutes later it is the same drift";
  look().at += minutes(20);
  EXPECT_THAT(found()[0].evidence, HasSubstr("less than 30m"));
}

TEST_F(TopicDrift, LossSaysHowManyAndWhatToDo) {
  look().starts = {{0, 940}};
  const auto drifts = found();
  ASSERT_EQ(drifts.size(), 1U);
  EXPECT_EQ(drifts[0].kind, DriftKind::offsets_lost);
  EXPECT_EQ(drifts[0].rows, 40);
  EXPECT_EQ(drifts[0].value, "0:900-940");
  EXPECT_THAT(drifts[0].evidence, HasSubstr("henge offsets reset clicks_p --to earliest"));
}

TEST_F(TopicDrift, AnotherTopicUnderTheSameName) {
  look().records[{0, 950}].record.hash = "cccc";
  const auto drifts = found();
  ASSERT_EQ(drifts.size(), 1U);
  EXPECT_EQ(drifts[0].kind, DriftKind::topic_recreated);
  EXPECT_THAT(drifts[0].evidence, HasSubstr("made anew"));
}

TEST_F(TopicDrift, WithoutAnAnswerNothingIsFoundAndNothingIsOver) {
  look().starts = {{0, 940}};
  const auto drifts = found();
  world.topics.clear();
  EXPECT_TRUE(found().empty());
  ledger::DriftState known;
  known.drift = drifts.at(0);
  state().drifts[key_of(DriftKind::offsets_lost, "clicks_t")] = known;
  DriftMemory memory;
  const Found unknown =
      find_drift(DriftInput{pipeline, {desired_spec}, state(), 1, false, {}}, world, memory);
  EXPECT_TRUE(unknown.unknown.contains(key_of(DriftKind::offsets_lost, "clicks_t")));
}

TEST_F(TopicDrift, AScanThatWentOnAfterTheLookIsNoOtherTopic) {
  state().partitions[0].next = 2000;
  EXPECT_TRUE(found().empty()) << "the log has grown as well since Kafka was asked";
}

}  // namespace
}  // namespace henge::reconcile
