// What explain finds, how it stands, and how it is shown.
#include "cli/explain_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/explain_object.h"
#include "cli/standing.h"
#include "cli/view_fixture.h"

namespace henge::cli {
namespace {

using ledger::Subject;
using nlohmann::json;
using testing::HasSubstr;

const char* document = R"(apiVersion: henge/v1
kind: Pipeline
metadata: {name: clicks}
spec:
  schema:
    timestamp: {column: ts, format: iso}
    dimensions: [id]
    segmentGranularity: HOUR
  stream:
    topic: clicks
    consumerProperties: {bootstrap.servers: "127.0.0.1:1"}
    inputFormat: {type: json}
  lateness: PT1H
)";

const Instant eight = *parse_instant("2026-03-01T08:00Z");
const Instant nine = *parse_instant("2026-03-01T09:00Z");

ledger::State state() {
  ledger::State s;
  auto& p = s.pipelines["clicks"];
  p.version = p.posted_version = p.proven_version = 1;
  p.document = document;
  p.chunks[eight].counts[0].on_time = 5;
  p.chunks[nine].counts[0].on_time = 7;
  auto& r = p.repairs["repair-000012"];
  r.intent.repair = "repair-000012";
  r.intent.number = 12;
  r.intent.attempt = 2;
  r.intent.rows = 3;
  r.intent.task_id = "henge_clicks_late_c0ffee00_000012_2";
  auto& d = p.drifts[key_of(DriftKind::task_doubled, "index_foreign_1")];
  d.drift.kind = DriftKind::task_doubled;
  d.drift.object = "index_foreign_1";
  s.pipelines["views"].version = 1;
  return s;
}

TEST(FindSubject, KnowsEveryForm) {
  const std::pair<const char*, Subject> cases[] = {
      {"clicks", {"clicks", ledger::WholePipeline{}}},
      {"clicks/2026-03-01T08:00Z", {"clicks", ledger::ChunkSubject{eight}}},
      {"clicks/2026-03-01T08:00", {"clicks", ledger::ChunkSubject{eight}}},
      {"clicks/2026-03-01T09", {"clicks", ledger::ChunkSubject{nine}}},
      {"clicks/2026-03-01T08:00:00.000Z", {"clicks", ledger::ChunkSubject{eight}}},
      {"clicks/2026-03-01T08:47Z", {"clicks", ledger::ChunkSubject{eight}}},
      {"clicks/2026-03-01T08:47", {"clicks", ledger::ChunkSubject{eight}}},
      {"clicks/repair-000012", {"clicks", ledger::RepairSubject{"repair-000012", ""}}},
      {"clicks/repair-12", {"clicks", ledger::RepairSubject{"repair-000012", ""}}},
      {"henge_clicks_late_c0ffee00_000012_2",
       {"clicks", ledger::RepairSubject{"repair-000012", "henge_clicks_late_c0ffee00_000012_2"}}},
      {"henge_clicks_late_c0ffee00_000012_1",
       {"clicks", ledger::RepairSubject{"repair-000012", "henge_clicks_late_c0ffee00_000012_1"}}},
      {"index_foreign_1",
       {"clicks", ledger::DriftSubject{DriftKind::task_doubled, "index_foreign_1"}}},
      {"clicks/supervisor_edited",
       {"clicks", ledger::DriftSubject{DriftKind::supervisor_edited, ""}}},
      {"clicks/count_mismatch/2026-03-01T08:00Z",
       {"clicks", ledger::DriftSubject{DriftKind::count_mismatch, "2026-03-01T08:00:00.000Z"}}},
  };
  for (const auto& [text, subject] : cases) {
    auto found = find_subject(state(), text);
    ASSERT_TRUE(found) << text << ": " << found.error().message;
    EXPECT_EQ(*found, subject) << text;
  }
}

TEST(FindSubject, SaysWhatThereIsInstead) {
  const std::tuple<const char*, ErrorKind, const char*> cases[] = {
      {"clicsk", ErrorKind::not_found, "but clicks"},
      {"clicks/2026-03-01", ErrorKind::invalid, "2 chunks of 'clicks' begin with 2026-03-01"},
      {"clicks/2027-01-01T00:00Z", ErrorKind::not_found,
       "its chunks go from 2026-03-01T08:00Z to 2026-03-01T09:00Z"},
      {"views/2026-03-01T08:00Z", ErrorKind::not_found, "no row of 'views' was scanned"},
      {"clicks/repair-13", ErrorKind::not_found, "it has repair-000012 to repair-000012"},
      {"clicks/repair-x", ErrorKind::not_found, "has no repair-x"},
      {"clicks/supervisor_editd", ErrorKind::invalid, "did you mean clicks/supervisor_edited?"},
      {"clicks/", ErrorKind::invalid, "PIPELINE/CHUNK-START"},
      {"henge_clicks_late_c0ffee00_000099_1", ErrorKind::not_found, "no task"},
  };
  for (const auto& [text, kind, part] : cases) {
    auto found = find_subject(state(), text);
    ASSERT_FALSE(found) << text;
    EXPECT_EQ(found.error().kind, kind) << text;
    EXPECT_THAT(found.error().message, HasSubstr(part));
  }
}

Pipeline pipeline() {
  Pipeline p;
  p.name = "clicks";
  p.rule.lateness = std::chrono::hours(1);
  return p;
}

std::string chunk_standing(const std::function<void(ledger::ChunkState&)>& change) {
  ledger::State s = state();
  change(s.pipelines["clicks"].chunks[eight]);
  return standing(s, pipeline(), {"clicks", ledger::ChunkSubject{eight}});
}

TEST(Standing, OfAChunkSaysWhatComesNext) {
  EXPECT_THAT(chunk_standing([](auto&) {}),
              testing::AllOf(HasSubstr("open:"), HasSubstr("past 2026-03-01T10:00Z")));
  EXPECT_THAT(chunk_standing([](auto& c) { c.status = ledger::ChunkStatus::closed; }),
              HasSubstr("closed: 5 rows expected"));
  EXPECT_THAT(chunk_standing([](auto& c) { c.status = ledger::ChunkStatus::sealed; }),
              HasSubstr("Nothing is left to do until a late row comes"));
  EXPECT_THAT(chunk_standing([](auto& c) {
                c.status = ledger::ChunkStatus::sealed;
                c.waiting.resize(1);
                c.waiting[0].rows = 3;
              }),
              HasSubstr("dirty: 3 late rows wait and are repaired when the oldest has waited 10m"));
  EXPECT_THAT(chunk_standing([](auto& c) { c.repair = "repair-000012"; }),
              HasSubstr("repairing: repair-000012"));
  EXPECT_THAT(chunk_standing([](auto& c) {
                c.status = ledger::ChunkStatus::uncertain;
                c.doubt = ledger::Doubt{5, 4, "one is missing", nine};
              }),
              HasSubstr("uncertain since 2026-03-01T09:00Z: 5 rows expected, 4 in Druid (one is"));
}

TEST(Standing, OfARepairNeverTakesItsTasksWordForIt) {
  const std::pair<ledger::RepairPhase, const char*> cases[] = {
      {ledger::RepairPhase::intended, "not known yet"},
      {ledger::RepairPhase::accepted, "counts say whether its 3 rows are there"},
      {ledger::RepairPhase::ended, "which decides nothing"},
      {ledger::RepairPhase::absent, "attempt 3 is safe"},
      {ledger::RepairPhase::confirmed, "Nothing is left to do"},
  };
  for (const auto& [phase, part] : cases) {
    ledger::State s = state();
    s.pipelines["clicks"].repairs["repair-000012"].phase = phase;
    EXPECT_THAT(standing(s, pipeline(), {"clicks", ledger::RepairSubject{"repair-000012", ""}}),
                HasSubstr(part));
  }
}

TEST(Standing, OfAPipelineItsDriftAndAFreeze) {
  ledger::State s = state();
  const Subject whole{"clicks", ledger::WholePipeline{}};
  EXPECT_THAT(standing(s, pipeline(), whole),
              testing::AllOf(HasSubstr("Druid holds version 1, proven"), HasSubstr("2 under way"),
                             HasSubstr("1 drift open")));
  s.frozen = ledger::Freeze{"upgrade", "bob@host", nine};
  EXPECT_THAT(standing(s, pipeline(), whole), HasSubstr("Frozen by bob@host"));
  s.pipelines["clicks"].version = 2;
  EXPECT_THAT(standing(s, pipeline(), whole), HasSubstr("version 2 is declared and not seen"));
  s.pipelines["clicks"].refused_version = 2;
  EXPECT_THAT(standing(s, pipeline(), whole),
              HasSubstr("version 2 failed and is not sent again by itself; Druid holds version 1"));
  s.pipelines["clicks"].released = true;
  s.pipelines["clicks"].release = ledger::Release{"", "", "terminated", nine};
  EXPECT_THAT(
      standing(s, pipeline(), whole),
      testing::AllOf(HasSubstr("its supervisor was terminated"), HasSubstr("was released")));
  EXPECT_THAT(
      standing(s, pipeline(), {"clicks", ledger::DriftSubject{DriftKind::rules_changed, ""}}),
      HasSubstr("there is no drift rules_changed now"));
  s.pipelines["clicks"].drifts.begin()->second.given_up = true;
  EXPECT_THAT(
      standing(s, pipeline(), {"clicks", ledger::DriftSubject{DriftKind::task_doubled, ""}}),
      HasSubstr("it is for a person to end"));
}

ExplainView view() {
  ExplainView v;
  v.subject = {"clicks", ledger::ChunkSubject{eight}};
  v.object = name_of(v.subject);
  v.lines = {{4, 71, 60, eight, nine, "scan_advanced", "60 scans counted 5 rows on time, 0 late"},
             {72, 72, 1, nine, nine, "chunk_closed", "closed: every partition was scanned"}};
  v.total = 2;
  v.standing = "closed: 5 rows expected.";
  return v;
}

TEST(Explain, ShowsTheChainWithTimesAndSequenceNumbers) {
  EXPECT_EQ(show_explain(view(), wide_console()),
            "2026-03-01T08:00:00Z  #4-71         60 scans counted 5 rows on time, 0 late\n"
            "2026-03-01T09:00:00Z  #72           closed: every partition was scanned\n"
            "now: closed: 5 rows expected.\n");
}

TEST(Explain, OnANarrowTerminalTheSentenceStandsBelow) {
  ExplainView v = view();
  v.total = 5;
  const std::string text = show_explain(v, narrow_console(50));
  EXPECT_LE(widest_line(text), 50) << text;
  EXPECT_THAT(text, HasSubstr("#4-71\n  60 scans"));
  EXPECT_THAT(text, HasSubstr("3 lines before these; --limit 0"));
}

TEST(Explain, JsonIsAContract) {
  const json j = json::parse(show_explain(view(), json_console()));
  EXPECT_THAT(keys_of(j), testing::UnorderedElementsAre("object", "type", "pipeline", "total",
                                                        "records", "now", "frozen"));
  EXPECT_EQ(j["object"], "clicks/2026-03-01T08:00Z");
  EXPECT_EQ(j["type"], "chunk");
  EXPECT_THAT(keys_of(j["records"][0]),
              testing::UnorderedElementsAre("sequence", "sequence_last", "records", "at", "at_last",
                                            "kind", "text"));
  EXPECT_EQ(j["records"][0]["sequence_last"], 71);
}

TEST(Explain, NamesItsObject) {
  EXPECT_EQ(name_of({"p", ledger::WholePipeline{}}), "p");
  EXPECT_EQ(name_of({"p", ledger::RepairSubject{"repair-000001", ""}}), "p/repair-000001");
  EXPECT_EQ(name_of({"p", ledger::RepairSubject{"repair-000001", "t"}}), "t");
  EXPECT_EQ(name_of({"p", ledger::DriftSubject{DriftKind::rules_changed, "ds"}}),
            "p/rules_changed/ds");
}

}  // namespace
}  // namespace henge::cli
