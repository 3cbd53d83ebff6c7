// SQL that Druid's twin runs as tasks: what it takes, what it refuses, and the slots that it needs.
#include "sim/twin_query.h"

#include <gmock/gmock.h>

#include "sim/sql_words.h"
#include "sim/twin_fixture.h"
#include "sim/twin_impl.h"
#include "sim/twin_json.h"

namespace henge::sim {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

// Noon's hour becomes these rows.
std::string statement(const std::string& rows) {
  const char* const hour =
      "({0} >= TIMESTAMP '2026-06-01 12:00:00' AND {0} < TIMESTAMP '2026-06-01 13:00:00')";
  const std::string time = R"(MILLIS_TO_TIMESTAMP("ts"))";
  return fmt::format(
      "REPLACE INTO \"clicks\"\nOVERWRITE WHERE {}\nSELECT\n  TIME_FLOOR({}, 'PT1M') AS "
      "\"__time\",\n  \"id\",\n  COUNT(*) AS \"n\"\nFROM TABLE(EXTERN('{}', "
      "'{{\"type\":\"json\"}}', "
      "'[]'))\nWHERE ({} OR {} IS NULL)\nGROUP BY 1, 2\nPARTITIONED BY TIME_FLOOR(__time, "
      "'PT1H')\nCLUSTERED BY \"id\"",
      fmt::format(fmt::runtime(hour), "__time"), time, inline_source(rows),
      fmt::format(fmt::runtime(hour), time), time);
}

JsonText request(const std::string& sql, int tasks = 2) {
  return {Json{{"query", sql},
               {"context",
                {{"sqlQueryId", "q"},
                 {"maxNumTasks", tasks},
                 {"maxParseExceptions", 0},
                 {"useConcurrentLocks", true}}}}
              .dump()};
}

class TwinQueries : public TwinWorld {
 protected:
  TwinQueries() { druid.settings().msq = true; }
  std::string rows(int count) {
    std::string out;
    for (int i = 0; i < count; ++i) out += row("r" + std::to_string(i), noon + Millis(i)) + "\n";
    return out;
  }
  std::string refusal(const JsonText& text) {
    const auto done = druid.submit_query(text);
    EXPECT_FALSE(done);
    return done ? "" : done.error().message;
  }
  [[nodiscard]] int slots() { return druid.impl().queue.slots_used(); }
};

TEST_F(TwinQueries, ItsRowsTakeThePlaceOfWhatWasThere) {
  ASSERT_EQ(*druid.submit_query(request(statement(rows(5)))), Submitted::accepted);
  EXPECT_EQ(*druid.submit_query(request(statement(rows(9)))), Submitted::already_exists);
  pass(std::chrono::minutes(1));
  EXPECT_EQ(task("query-q").state, TaskState::success);
  EXPECT_EQ(druid.stored_rows("clicks").size(), 5U);
}

TEST_F(TwinQueries, TakesASlotForItselfAndForEachWorkerUntilItIsOver) {
  ASSERT_TRUE(druid.submit_query(request(statement(rows(1)), 4)));
  pass(std::chrono::milliseconds(1200));
  EXPECT_EQ(slots(), 4);
  EXPECT_EQ(druid.active_tasks("clicks")->size(), 4U);
  pass(std::chrono::minutes(1));
  EXPECT_EQ(slots(), 0);
  EXPECT_EQ(task("query-q-worker2_0").state, TaskState::success);
}

TEST_F(TwinQueries, WithoutSlotsForAllWorkersItWaitsAndGoesWithThemWhenItIsStopped) {
  druid.settings().capacity = 2;
  ASSERT_TRUE(druid.submit_query(request(statement(rows(1)), 3)));
  pass(std::chrono::minutes(5));
  EXPECT_EQ(task("query-q").state, TaskState::running);
  EXPECT_EQ(slots(), 2);
  ASSERT_TRUE(druid.shutdown_task("query-q"));
  EXPECT_EQ(slots(), 0);
  EXPECT_THAT(*druid.active_tasks("clicks"), IsEmpty());
  EXPECT_THAT(druid.stored_rows("clicks"), IsEmpty());
}

TEST_F(TwinQueries, ALineThatIsNoRowOrHasNoTimeMakesItFail) {
  for (const char* line : {R"({"id":"x"})", "nothing"}) {
    ASSERT_TRUE(druid.submit_query(request(statement(rows(1) + line))));
    pass(std::chrono::minutes(1));
    EXPECT_EQ(task("query-q").state, TaskState::failed) << line;
    EXPECT_EQ(slots(), 0);
    ASSERT_TRUE(druid.forget_task("query-q"));
  }
}

TEST_F(TwinQueries, RowsWithoutATimeAreLeftOutWhereNobodyAsksForThem) {
  const std::string sql = replaced(statement(rows(2) + R"({"id":"x"})"),
                                   R"( OR MILLIS_TO_TIMESTAMP("ts") IS NULL)", "");
  ASSERT_TRUE(druid.submit_query(request(sql)));
  pass(std::chrono::minutes(1));
  EXPECT_EQ(task("query-q").state, TaskState::success);
  EXPECT_EQ(druid.stored_rows("clicks").size(), 2U);
}

TEST_F(TwinQueries, WhatDruidRefusesIsRefused) {
  const std::string good = statement(rows(1));
  EXPECT_THAT(refusal(request(good, 1)), HasSubstr("maxNumTasks [1] cannot be less than 2"));
  const struct {
    const char* from;
    const char* to;
    const char* why;
  } cases[] = {
      {"REPLACE INTO", "INSERT INTO", "unexpected token [INSERT]"},
      {"13:00:00')\nSELECT", "14:00:00')\nSELECT", "InsertTimeOutOfBounds"},
      {"GROUP BY 1, 2", "GROUP BY 1", "not being grouped"},
      {"GROUP BY 1, 2\n", "", "expected [GROUP]"},
      {"COUNT(*)", "APPROX(*)", "does not know this: APPROX"},
      {"WHERE ((MILLIS", "WHERE ((SECONDS", "does not know this"},
      {"'PT1H'", "'PT7H'", "PT7H"},
      {"PARTITIONED BY", "", "unexpected token [TIME_FLOOR]"},
      {"\"clicks\"", "\"clicks", "a quote does not end"},
      {"\"type\":\"inline\"", "\"type\":\"sql\"", "sql"},
  };
  for (const auto& c : cases)
    EXPECT_THAT(refusal(request(replaced(good, c.from, c.to))), HasSubstr(c.why)) << c.to;
  druid.settings().msq = false;
  EXPECT_THAT(refusal(request(good)), HasSubstr("404"));
  EXPECT_FALSE(*druid.runs_query_tasks());
}

TEST(SqlWords, NamesTextsAndSigns) {
  const auto values = [](std::string_view sql) {
    std::vector<std::string> out;
    for (const SqlWord& word : *sql_words(sql)) out.push_back(word.value);
    return out;
  };
  EXPECT_THAT(values(R"(select "a""b" >= 'it''s')"),
              ElementsAre("SELECT", "a\"b", ">=", "it's", ""));
  EXPECT_THAT(values(R"(U&'\00e9\\\d83d\de00')"), ElementsAre("é\\😀", ""));
  EXPECT_THAT(values("__time,12)"), ElementsAre("__time", ",", "12", ")", ""));
  EXPECT_FALSE(sql_words("'open"));
}

}  // namespace
}  // namespace henge::sim
