#include "cli/load_documents_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/load_view.h"
#include "cli/view_fixture.h"

namespace henge::cli {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const Instant noon = *parse_instant("2026-03-01T12:00Z");

ledger::LoadDocumentState declared(const std::string& schedule) {
  return {
      "apiVersion: henge/v1\nkind: Load\nmetadata: {name: nightly}\nspec:\n  pipeline: clicks\n"
      "  rows: x\n" +
          schedule,
      noon,
      noon,
      "me",
      "",
      {}};
}

ledger::PipelineState with(const ledger::LoadDocumentState& document) {
  ledger::PipelineState state;
  state.load_documents["nightly"] = document;
  for (const int number : {1, 2}) {
    ledger::LoadState& load = state.loads["load-" + std::to_string(number)];
    load.intent.number = number;
    load.intent.key = "nightly@" + std::to_string(number);
    if (number == 1) load.end = ledger::LoadEnd::failed;
  }
  state.loads["load-3"].intent.key = "nightly2@1";
  state.loads["load-3"].intent.number = 3;
  return state;
}

const std::string cron = "  schedule: {cron: \"0 3 * * *\"}\n  last: DAY\n";

TEST(LoadDocuments, SayWhenTheyAreNextDueAndWhatBecameOfTheLast) {
  const auto rows = list_documents("clicks", with(declared(cron)), noon);
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].schedule, "cron 0 3 * * *");
  EXPECT_EQ(rows[0].next, *parse_instant("2026-03-02T03:00Z"));
  EXPECT_EQ(rows[0].loads, 2) << "those of another document are not counted";
  EXPECT_EQ(rows[0].last, "load-2");
  EXPECT_EQ(rows[0].last_stage, "counted") << "it has no part that is not";
  EXPECT_FALSE(rows[0].refused);
  const json out = json::parse(documents_json(rows));
  EXPECT_EQ(out[0], json::parse(R"({"name":"nightly","pipeline":"clicks",
      "schedule":"cron 0 3 * * *","next":"2026-03-02T03:00:00.000Z",
      "next_text":"2026-03-02T03:00Z","loads":2,"last":"load-2","last_stage":"counted",
      "refused":null,"by":"me","declared":"2026-03-01T12:00:00.000Z"})"));
  EXPECT_THAT(show_documents(rows, wide_console()), HasSubstr("2026-03-02T03:00Z"));
  EXPECT_THAT(show_documents({}, wide_console()), IsEmpty());
}

TEST(LoadDocuments, SayWhyOneWasNotAccepted) {
  auto document = declared("  schedule: {when: sealed}\n");
  document.refused["nightly@x"] = {"no such file", 3, noon, noon};
  const auto rows = list_documents("clicks", with(document), noon);
  ASSERT_TRUE(rows[0].refused);
  EXPECT_EQ(rows[0].next, noon + std::chrono::minutes(4));
  EXPECT_THAT(show_documents(rows, wide_console()),
              HasSubstr("nightly: not accepted (3 tries): no such file"));
  EXPECT_EQ(json::parse(documents_json(rows))[0]["refused"],
            json::parse(R"({"error":"no such file","tries":3,"since":"2026-03-01T12:00:00.000Z",
                            "at":"2026-03-01T12:00:00.000Z"})"));
}

TEST(LoadDocuments, AllSchedulesHaveTheirWords) {
  const struct {
    const char* spec;
    const char* schedule;
    const char* next;
  } cases[] = {
      {"  interval: 2026-01-01/2026-01-02\n", "once", "now"},
      {"  schedule: {when: sealed}\n", "when sealed", "when a chunk is sealed"},
      {"  schedule: {when: exists, path: '/d/{chunk}'}\n", "when exists /d/{chunk}",
       "when /d/{chunk} is there"},
      {"  no: document\n", "", "never: "},
  };
  for (const auto& c : cases) {
    const auto rows = list_documents("clicks", with(declared(c.spec)), noon);
    EXPECT_EQ(rows[0].schedule, c.schedule);
    EXPECT_THAT(rows[0].next_text, testing::StartsWith(c.next));
  }
}

TEST(LoadDocuments, AreListedBelowTheLoads) {
  const auto rows = list_documents("clicks", with(declared(cron)), noon);
  const std::string text = show_loads({}, rows, wide_console());
  EXPECT_THAT(text, testing::StartsWith("no loads\n"));
  EXPECT_THAT(text, HasSubstr("nightly"));
  EXPECT_THAT(keys_of(json::parse(show_loads({}, rows, json_console()))),
              ElementsAre("documents", "loads"));
  EXPECT_THAT(show_loads({}, {}, wide_console()), Not(HasSubstr("DOCUMENT")));
}

}  // namespace
}  // namespace henge::cli
