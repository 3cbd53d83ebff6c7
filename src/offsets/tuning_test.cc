// Advice on a consumer: what is said of which numbers, and that nothing is said without one.
#include "offsets/tuning.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace henge::offsets {
namespace {

using testing::HasSubstr;

Pipeline with(std::map<std::string, std::string> properties, int tasks = 2) {
  Pipeline pipeline;
  pipeline.mirror.group = "henge.clicks";
  pipeline.stream.task_count = tasks;
  for (auto& [name, value] : properties) pipeline.stream.consumer_properties[name] = {value};
  return pipeline;
}

// 2,000 records a second of 200 bytes in 4 partitions.
const TopicLoad calm{4, 2'000, 200, 100};

std::optional<Advice> advice(const Pipeline& pipeline, const TopicLoad& load,
                             const std::string& property) {
  for (const Advice& a : check_consumer(pipeline, load))
    if (a.property == property) return a;
  return std::nullopt;
}

TEST(Tuning, EachPropertyAgainstItsNumber) {
  struct Case {
    const char* what;
    std::map<std::string, std::string> properties;
    int tasks;
    TopicLoad load;
    const char* property;
    std::optional<AdviceLevel> level;  // nothing: it is not mentioned
    const char* number;                // that the message names
    const char* todo;
  };
  using enum AdviceLevel;
  const std::vector<Case> cases{
      {"calm", {}, 2, calm, "fetch.min.bytes", advice, "200000 bytes/s", "fetch.min.bytes: 20000"},
      {"fits", {{"fetch.min.bytes", "20000"}}, 2, calm, "fetch.min.bytes", good, "20000", ""},
      {"a trickle needs none",
       {},
       2,
       {4, 10, 200, {}},
       "fetch.min.bytes",
       good,
       "1000 bytes/s",
       ""},
      {"never filled in time",
       {{"fetch.min.bytes", "1000000"}},
       2,
       calm,
       "fetch.min.bytes",
       advice,
       "5.0 s",
       "fetch.min.bytes: 20000"},
      {"no rate, no word", {}, 2, {4, {}, 200, {}}, "fetch.min.bytes", std::nullopt, "", ""},
      {"a reference is no number",
       {{"fetch.min.bytes", "${env:X}"}},
       2,
       calm,
       "fetch.min.bytes",
       std::nullopt,
       "",
       ""},
      {"a long wait",
       {{"fetch.max.wait.ms", "30000"}},
       2,
       calm,
       "fetch.max.wait.ms",
       warning,
       "30000 ms",
       "500"},
      {"the usual wait", {}, 2, calm, "fetch.max.wait.ms", std::nullopt, "", ""},
      {"polls keep up", {}, 2, calm, "max.poll.records", good, "1000 records/s", ""},
      {"too many polls",
       {},
       1,
       {4, 100'000, 200, {}},
       "max.poll.records",
       warning,
       "200 polls a second",
       "max.poll.records: 10000"},
      {"the lag in time",
       {},
       2,
       {4, 2'000, 200, 120'000},
       "max.poll.records",
       good,
       "60 s of arrivals",
       ""},
      {"few records in a fetch",
       {},
       2,
       {4, 10, 50'000, {}},
       "max.partition.fetch.bytes",
       warning,
       "21 records",
       "max.partition.fetch.bytes: 50000000"},
      {"too much memory",
       {{"max.partition.fetch.bytes", "104857600"}},
       1,
       {16, 10, 200, {}},
       "max.partition.fetch.bytes",
       warning,
       "1600 MB",
       "17000000"},
      {"memory fits", {}, 2, calm, "max.partition.fetch.bytes", good, "2 partitions", ""},
      {"a fast link",
       {},
       1,
       {4, 100'000, 200, {}},
       "receive.buffer.bytes",
       advice,
       "400000 bytes",
       "-1"},
      {"the system chooses",
       {{"receive.buffer.bytes", "-1"}},
       1,
       {4, 100'000, 200, {}},
       "receive.buffer.bytes",
       std::nullopt,
       "",
       ""},
      {"isolation by default", {}, 2, calm, "isolation.level", good, "read_committed", ""},
      {"isolation broken",
       {{"isolation.level", "read_uncommitted"}},
       2,
       calm,
       "isolation.level",
       wrong,
       "read_uncommitted",
       "read_committed"},
      {"no group", {}, 2, calm, "group.id", std::nullopt, "", ""},
      {"a group of its own",
       {{"group.id", "g"}},
       2,
       calm,
       "group.id",
       advice,
       "commits nothing",
       "henge.clicks"},
      {"the mirror's group",
       {{"group.id", "henge.clicks"}},
       2,
       calm,
       "group.id",
       good,
       "henge.clicks",
       ""},
      {"overridden",
       {{"auto.offset.reset", "latest"}},
       2,
       calm,
       "auto.offset.reset",
       wrong,
       "useEarliestOffset",
       "leave it out"},
      {"overridden too",
       {{"enable.auto.commit", "true"}},
       2,
       calm,
       "enable.auto.commit",
       wrong,
       "false",
       "leave it out"},
      {"more tasks than partitions", {}, 5, calm, "taskCount", warning, "5 tasks for 4", "4"},
      {"one reads twice as much",
       {},
       3,
       calm,
       "taskCount",
       advice,
       "one reads 2, another 1",
       "taskCount: 4"},
      {"even", {}, 4, calm, "taskCount", good, "4 tasks for 4", ""},
      {"nearly even", {}, 2, {7, {}, {}, {}}, "taskCount", good, "2 tasks for 7", ""},
      {"partitions not known", {}, 5, {}, "taskCount", std::nullopt, "", ""},
  };
  for (const Case& c : cases) {
    const auto found = henge::offsets::advice(with(c.properties, c.tasks), c.load, c.property);
    ASSERT_EQ(found.has_value(), c.level.has_value()) << c.what;
    if (!found) continue;
    EXPECT_EQ(found->level, *c.level) << c.what << ": " << found->message;
    EXPECT_THAT(found->message, HasSubstr(c.number)) << c.what;
    EXPECT_THAT(found->todo, HasSubstr(c.todo)) << c.what;
    EXPECT_EQ(found->todo.empty(), *c.level == good) << c.what << ": what is fine needs no deed";
  }
}

TEST(Tuning, WithoutMeasurementsOnlyWhatIsWrittenIsJudged) {
  for (const Advice& a : check_consumer(with({{"group.id", "g"}}), {}))
    EXPECT_THAT((std::vector<std::string>{"isolation.level", "group.id"}),
                testing::Contains(a.property));
}

}  // namespace
}  // namespace henge::offsets
