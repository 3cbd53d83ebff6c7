// Why something is as it is: the records that concern it, in order, scans summed.
#include "ledger/story.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace henge::ledger {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const Instant eight = *parse_instant("2026-03-01T08:00Z");
const Instant nine = *parse_instant("2026-03-01T09:00Z");

ScanAdvanced scan(Instant chunk, std::int64_t on_time, std::int64_t late) {
  ScanAdvanced e;
  e.batch.partitions.resize(1);
  e.batch.partitions[0].records = on_time + late;
  e.batch.chunks[chunk][0] = {on_time, late, 0, 0, 1};
  return e;
}

RepairIntended repair(const std::string& task) {
  RepairIntended e;
  e.repair = "repair-000001";
  e.number = 1;
  e.task_id = task;
  e.chunks = {{eight, 3, 5}, {nine, 1, 7}};
  e.rows = 4;
  return e;
}

Drift edited() {
  Drift d;
  d.kind = DriftKind::supervisor_edited;
  d.object = "clicks";
  d.evidence = "taskCount is 2, declared is 1";
  return d;
}

const std::vector<std::pair<const char*, Body>> history{
    {"p", Frozen{"before anything", "ann"}},
    {"p", Unfrozen{"", "ann"}},
    {"p", PipelineDeclared{1, "doc", "f", "why", "c0ffee00", "ann@host"}},
    {"p", scan(eight, 2, 0)},
    {"q", scan(eight, 100, 100)},
    {"p", scan(nine, 9, 9)},
    {"p", scan(eight, 3, 3)},
    {"p", ChunkClosed{eight, "committed_offsets"}},
    {"p", ChunkSealed{eight, 5, 2, "counted"}},
    {"p", ChunkSealed{nine, 7, 2, "counted"}},
    {"p", scan(eight, 1, 0)},
    {"", Frozen{"incident", "bob"}},
    {"", Unfrozen{"", "bob"}},
    {"p", DriftFound{edited(), 0}},
    {"p", repair("t_1")},
    {"p", RepairAccepted{"repair-000001", "t_1", false}},
    {"p", RepairTaskEnded{"repair-000001", "t_1", TaskEnd::failed, "killed"}},
    {"p", RepairAbsent{"repair-000001", "t_1", "killed"}},
    {"p", repair("t_2")},
    {"p", RepairConfirmed{"repair-000001", "t_2", {{eight, 3, 5}, {nine, 1, 7}}}},
    {"p", DriftCleared{DriftKind::supervisor_edited, "clicks", DriftEnd::gone}},
    {"p", DeltaExpired{{"delta-1"}}},
};

std::vector<StoryLine> told(Subject subject) {
  Storyteller teller(std::move(subject));
  std::int64_t sequence = 0;
  for (const auto& [pipeline, body] : history) {
    ++sequence;
    teller.see(sequence, {eight + Millis(sequence), pipeline, body});
  }
  return teller.lines();
}

std::vector<std::int64_t> sequences(const std::vector<StoryLine>& lines) {
  std::vector<std::int64_t> out;
  for (const auto& line : lines) out.push_back(line.first);
  return out;
}

TEST(Story, OfAChunkSumsItsScansAndNamesItsRepairs) {
  auto lines = told({"p", ChunkSubject{eight}});
  EXPECT_THAT(sequences(lines), ElementsAre(4, 8, 9, 11, 12, 13, 15, 16, 17, 18, 19, 20));
  EXPECT_EQ(lines[0].text, "2 scans counted rows: 5 on time, 3 late");
  EXPECT_EQ(lines[0].last, 7);
  EXPECT_EQ(lines[0].records, 2);
  EXPECT_THAT(lines[1].text, HasSubstr("committed offsets are past its last on-time row"));
  EXPECT_THAT(lines[2].text, HasSubstr("came to 5 rows in 2 segments"));
  EXPECT_THAT(lines[3].text, HasSubstr("opened again")) << "an on-time row after it was closed";
  EXPECT_EQ(lines[4].text, "everything frozen by bob: incident");
  EXPECT_THAT(lines[6].text, HasSubstr("3 late rows are to be appended by task t_1"))
      << "its own rows, not the repair's";
  EXPECT_EQ(lines.back().text, "repair-000001 confirmed: 3 rows of it counted here");
}

TEST(Story, OfAnotherChunkHasOnlyWhatIsItsOwn) {
  auto lines = told({"p", ChunkSubject{nine}});
  EXPECT_THAT(sequences(lines), ElementsAre(6, 10, 12, 13, 15, 16, 17, 18, 19, 20));
  EXPECT_EQ(lines[0].text, "1 scan counted rows: 9 on time, 9 late");
}

TEST(Story, OfARepairOrOneOfItsTasks) {
  EXPECT_THAT(sequences(told({"p", RepairSubject{"repair-000001", ""}})),
              ElementsAre(15, 16, 17, 18, 19, 20));
  EXPECT_THAT(sequences(told({"p", RepairSubject{"repair-000001", "t_2"}})), ElementsAre(19, 20));
  EXPECT_THAT(told({"p", RepairSubject{"repair-000009", ""}}), IsEmpty());
}

TEST(Story, OfADriftIsItsOwnAndOfAllItsKind) {
  EXPECT_THAT(sequences(told({"p", DriftSubject{DriftKind::supervisor_edited, "clicks"}})),
              ElementsAre(14, 21));
  EXPECT_THAT(sequences(told({"p", DriftSubject{DriftKind::supervisor_edited, ""}})),
              ElementsAre(14, 21));
  EXPECT_THAT(told({"p", DriftSubject{DriftKind::rules_changed, ""}}), IsEmpty());
}

TEST(Story, OfAPipelineSumsWhatGoesItsUsualWay) {
  auto lines = told({"p", WholePipeline{}});
  EXPECT_THAT(sequences(lines), ElementsAre(1, 2, 3, 4, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21));
  EXPECT_EQ(lines[2].text, "declared as version 1 by ann@host: why");
  EXPECT_EQ(lines[3].text,
            "4 scans read 27 records: 15 on time, 12 late; chunks: 1 closed, 2 sealed");
  EXPECT_EQ(lines[3].kind, "progress");
  EXPECT_EQ(lines[3].last, 11);
}

TEST(Story, EndsWithASumThatIsStillUnderWay) {
  Storyteller teller({"p", WholePipeline{}});
  teller.see(1, {eight, "p", scan(eight, 1, 0)});
  teller.see(2, {nine, "p", scan(nine, 2, 0)});
  ASSERT_EQ(teller.lines().size(), 1u);
  EXPECT_EQ(teller.lines()[0].to, nine);
  EXPECT_EQ(teller.lines(), teller.lines()) << "asking changes nothing";
}

TEST(Story, WantsItsPipelineAndWhatConcernsEverything) {
  const Storyteller teller({"p", WholePipeline{}});
  EXPECT_TRUE(teller.wants("p"));
  EXPECT_TRUE(teller.wants(""));
  EXPECT_FALSE(teller.wants("q"));
}

TEST(Story, LeavesOutWhatThereIsNoneOf) {
  Storyteller chunk({"p", ChunkSubject{eight}});
  chunk.see(1, {eight, "p", scan(eight, 0, 3)});
  EXPECT_EQ(chunk.lines()[0].text, "1 scan counted rows: 3 late");
  Storyteller whole({"p", WholePipeline{}});
  whole.see(1, {eight, "p", ChunkSealed{eight, 5, 2, "counted"}});
  EXPECT_EQ(whole.lines()[0].text, "chunks: 1 sealed");
}

TEST(Story, AnUnknownEvidenceIsShownAsItIs) {
  EXPECT_EQ(evidence_text("something_newer"), "something_newer");
}

}  // namespace
}  // namespace henge::ledger
