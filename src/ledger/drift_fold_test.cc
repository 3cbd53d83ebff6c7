// The fold of drift, freeze, release and of the supervisor's versions: what may follow what.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ledger/journal.h"
#include "ledger/ledger_fixture.h"
#include "ledger/state.h"

namespace henge::ledger {
namespace {

using testing::HasSubstr;

const Instant chunk_a = instant_of_ms(3'600'000);

Drift edited(std::string value = "b") {
  Drift d;
  d.kind = DriftKind::supervisor_edited;
  d.object = "clicks";
  d.evidence = "taskCount is 2, declared is 1";
  d.value = std::move(value);
  d.action = "post the declared spec";
  d.restarts_tasks = true;
  return d;
}

Drift miscounted(std::int64_t rows) {
  Drift d;
  d.kind = DriftKind::count_mismatch;
  d.object = to_iso(chunk_a);
  d.evidence = "sealed with 5 rows";
  d.value = "rows 7";
  d.rows = rows;
  d.expected = 5;
  d.segments = 1;
  return d;
}

const std::string edited_key = key_of(DriftKind::supervisor_edited, "clicks");

class DriftFold : public testing::Test {
 protected:
  void SetUp() override { must(PipelineDeclared{1, "doc", "f", "why", "c0ffee00", "ann@host"}); }

  Result<void> add(Body body, const std::string& pipeline = "p") {
    return apply(state, Event{instant_of_ms(++at), pipeline, std::move(body)});
  }
  void must(Body body, const std::string& pipeline = "p") {
    auto done = add(std::move(body), pipeline);
    ASSERT_TRUE(done) << done.error().message;
  }
  // The event is refused as corrupt and changes nothing.
  void refused(Body body, const char* why, const std::string& pipeline = "p") {
    const State before = state;
    auto done = add(std::move(body), pipeline);
    ASSERT_FALSE(done) << "expected: " << why;
    EXPECT_EQ(done.error().kind, ErrorKind::corrupt);
    EXPECT_THAT(done.error().message, HasSubstr(why));
    EXPECT_EQ(state, before);
  }
  void seal_chunk() {
    ScanAdvanced scan;
    scan.batch.partitions = {{}};
    scan.batch.partitions[0].to = 5;
    scan.batch.chunks[chunk_a][0].on_time = 5;
    must(scan);
    must(ChunkClosed{chunk_a, "committed_offsets"});
    must(ChunkSealed{chunk_a, 5, 1, "counted", "digest-1"});
  }
  PipelineState& p() { return state.pipelines.at("p"); }
  DriftState& drift() { return p().drifts.at(edited_key); }

  State state;
  std::int64_t at = 0;
};

TEST_F(DriftFold, KeepsSinceAndRefusesTheSameTwice) {
  must(DriftFound{edited(), 0});
  const Instant first = instant_of_ms(at);
  refused(DriftFound{edited(), 0}, "recorded already");
  Drift other = edited("c");
  must(DriftFound{other, 0});
  EXPECT_EQ(drift().since, first);
  EXPECT_EQ(drift().value_since, instant_of_ms(at));
  other.evidence = "said otherwise";
  must(DriftFound{other, 0});
  EXPECT_LT(drift().value_since, drift().recorded_at) << "the value is the same as before";
  EXPECT_EQ(drift().drift, other);
}

TEST_F(DriftFold, AHealNeedsItsDriftAndCountsUp) {
  const DriftKind kind = DriftKind::supervisor_edited;
  refused(HealIntended{kind, "clicks", "post", 1}, "no drift");
  must(DriftFound{edited(), 0});
  refused(HealEnded{kind, "clicks", 1, ""}, "not under way");
  refused(HealIntended{kind, "clicks", "post", 2}, "attempt 2 after 0");
  must(HealIntended{kind, "clicks", "post", 1});
  EXPECT_TRUE(drift().healing);
  EXPECT_EQ(drift().last_attempt, instant_of_ms(at));
  refused(HealIntended{kind, "clicks", "post", 2}, "not over");
  refused(HealEnded{kind, "clicks", 2, ""}, "not under way");
  must(HealEnded{kind, "clicks", 1, "503"});
  EXPECT_EQ(drift().error, "503");
  must(HealIntended{kind, "clicks", "post", 2});
  EXPECT_EQ(drift().error, "");
  must(HealEnded{kind, "clicks", 2, ""});
  must(DriftGivenUp{kind, "clicks", 2, "somebody fights"});
  refused(DriftGivenUp{kind, "clicks", 2, "again"}, "before");
  refused(HealIntended{kind, "clicks", "post", 3}, "given up");
  must(DriftCleared{kind, "clicks", DriftEnd::gone});
  EXPECT_TRUE(p().drifts.empty());
  refused(DriftCleared{kind, "clicks", DriftEnd::gone}, "no drift");
}

TEST_F(DriftFold, WhatWasHealedIsRememberedAndForgottenWhenAPersonEndsIt) {
  const DriftKind kind = DriftKind::supervisor_edited;
  must(DriftFound{edited(), 0});
  must(DriftCleared{kind, "clicks", DriftEnd::healed});
  EXPECT_EQ(p().healed.at(edited_key), (HealedDrift{instant_of_ms(at), 0}));
  must(DriftFound{edited(), 1});
  EXPECT_EQ(drift().relapses, 1);
  must(DriftCleared{kind, "clicks", DriftEnd::healed});
  EXPECT_EQ(p().healed.at(edited_key).relapses, 1);
  must(DriftFound{edited(), 2});
  must(DriftCleared{kind, "clicks", DriftEnd::gone});
  EXPECT_TRUE(p().healed.empty());
}

TEST_F(DriftFold, NothingIsHealedWhileFrozen) {
  const HealIntended heal{DriftKind::supervisor_edited, "clicks", "post", 1};
  must(DriftFound{edited(), 0});
  must(Frozen{"incident 7", "bob@host"});
  refused(heal, "bob@host froze it: incident 7");
  must(Unfrozen{"over", "bob@host"});
  must(Frozen{"everything", "eve@host"}, "");
  refused(heal, "eve@host froze it");
  must(Frozen{"longer", "eve@host"}, "");
  EXPECT_EQ(state.frozen->reason, "longer");
  must(Unfrozen{"over", "eve@host"}, "");
  must(heal);
}

TEST_F(DriftFold, OnlyAFreezeIsOfEverything) {
  refused(Unfrozen{"", ""}, "not frozen", "");
  refused(Unfrozen{"", ""}, "not frozen");
  refused(DriftFound{edited(), 0}, "name its pipeline", "");
  refused(Frozen{"why", "who"}, "never declared", "other");
  must(Frozen{"why", "who"}, "");
  EXPECT_EQ(state.pipelines.size(), 1u) << "the freeze of everything is no pipeline";
  EXPECT_EQ(freeze_of(state, p())->by, "who");
  must(Frozen{"its own", "ann"});
  EXPECT_EQ(freeze_of(state, p())->reason, "its own");
}

TEST_F(DriftFold, AnAdoptionChangesWhatIsExpectedOfTheChunk) {
  seal_chunk();
  EXPECT_EQ(p().chunks.at(chunk_a).seal->digest, "digest-1");
  const Drift d = miscounted(2);
  refused(DriftAdopted{d.kind, d.object, d.value, 2}, "no drift");
  must(DriftFound{d, 0});
  refused(DriftAdopted{d.kind, d.object, "rows 8", 3}, "another value");
  must(DriftAdopted{d.kind, d.object, d.value, 2});
  EXPECT_EQ(p().chunks.at(chunk_a).expected(), 7);
  EXPECT_EQ(p().chunks.at(chunk_a).seal->rows, 7);
  EXPECT_TRUE(p().adopted.empty()) << "the chunk's own numbers say it";
  must(DriftCleared{d.kind, d.object, DriftEnd::adopted});

  must(DriftFound{miscounted(-3), 0});
  must(DriftAdopted{d.kind, d.object, d.value, -3});
  EXPECT_EQ(p().chunks.at(chunk_a).expected(), 4);
  EXPECT_EQ(p().chunks.at(chunk_a).adopted_rows, -1);
}

TEST_F(DriftFold, WhatWasAdoptedOfTheSupervisorEndsWithTheNextDeclaration) {
  must(DriftFound{edited("b"), 0});
  must(DriftAdopted{DriftKind::supervisor_edited, "clicks", "b", 0});
  Drift rules = edited("r");
  rules.kind = DriftKind::rules_changed;
  must(DriftFound{rules, 0});
  must(DriftAdopted{DriftKind::rules_changed, "clicks", "r", 0});
  EXPECT_EQ(p().adopted.at(edited_key), "b");
  must(PipelineDeclared{2, "doc2", "g", "", "c0ffee00"});
  EXPECT_FALSE(p().adopted.contains(edited_key));
  EXPECT_EQ(p().adopted.at(key_of(DriftKind::rules_changed, "clicks")), "r");
}

TEST_F(DriftFold, SettingsAreNotedAsTheyAreFirstSeenAndOnlyThen) {
  must(DriftAdopted{DriftKind::rules_changed, "clicks", "[]", 0});
  EXPECT_EQ(p().adopted.at(key_of(DriftKind::rules_changed, "clicks")), "[]");
  refused(DriftAdopted{DriftKind::rules_changed, "clicks", "other", 0}, "no drift");
  refused(DriftAdopted{DriftKind::supervisor_edited, "clicks", "other", 0}, "no drift");
}

TEST_F(DriftFold, KeepsEveryVersionAndWhichWasGood) {
  EXPECT_EQ(p().versions.at(0).by, "ann@host");
  refused(SupervisorProven{1}, "Druid holds version 0");
  EXPECT_TRUE(p().apply_under_way());
  must(SupervisorPosted{1, "created"});
  EXPECT_FALSE(p().apply_under_way());
  must(SupervisorProven{1});
  must(PipelineDeclared{2, "doc2", "g", "more", "c0ffee00", "bob@host"});
  must(SupervisorPosted{2, "updated"});
  refused(SupervisorRolledBack{3, 1, "bad"}, "never declared");
  refused(SupervisorRolledBack{2, 2, "bad"}, "not older");
  must(SupervisorRolledBack{2, 1, "UNHEALTHY_SUPERVISOR"});
  EXPECT_EQ(p().posted_version, 1);
  EXPECT_EQ(p().refused_version, 2);
  EXPECT_EQ(p().proven_version, 1);
  EXPECT_FALSE(p().apply_under_way()) << "what failed is not posted again by itself";
  EXPECT_TRUE(find_version(p(), 2)->refused);
  EXPECT_TRUE(find_version(p(), 1)->proven);
  EXPECT_EQ(find_version(p(), 2)->document, "doc2");
  EXPECT_EQ(find_version(p(), 3), nullptr);
  EXPECT_EQ(find_version(p(), 0), nullptr);
  must(SupervisorPosted{2, "updated"});
  EXPECT_EQ(p().refused_version, 0) << "a person asked for it";
  must(SupervisorRolledBack{2, 0, "and again"});
  must(PipelineDeclared{3, "doc3", "h", "", "c0ffee00"});
  EXPECT_TRUE(p().apply_under_way());
}

TEST_F(DriftFold, AReleaseEndsThePipelinesOwnFreezeAndNotThatOfEverything) {
  must(Frozen{"incident 7", "bob@host"});
  must(Frozen{"everything", "eve@host"}, "");
  must(PipelineReleased{"moved", "ann@host", "kept"});
  EXPECT_FALSE(p().frozen) << "or it could neither be unfrozen nor declared again";
  EXPECT_TRUE(state.frozen);
}

TEST_F(DriftFold, AReleasedPipelineIsReadOnlyUntilItIsDeclaredAgain) {
  seal_chunk();
  must(DriftFound{edited(), 0});
  refused(PipelineDeclared{2, "doc", "f", "", "0badf00d"}, "keeps its incarnation");
  must(PipelineReleased{"moved", "ann@host", "kept"});
  EXPECT_TRUE(p().released);
  EXPECT_FALSE(p().apply_under_way());
  EXPECT_TRUE(p().drifts.empty());
  EXPECT_TRUE(p().chunks.contains(chunk_a));
  refused(ChunkSealed{chunk_a, 5, 1, "counted"}, "released");
  refused(Frozen{"", ""}, "released");
  refused(PipelineReleased{"", "", "kept"}, "released");
  must(PipelineDeclared{2, "doc", "f", "", "c0ffee00"});
  EXPECT_FALSE(p().released);
  EXPECT_TRUE(p().chunks.contains(chunk_a)) << "the same incarnation goes on where it was";
}

// Law 2: nothing is terminated that the ledger does not hold the intent of.
TEST_F(DriftFold, ATerminationIsIntendedFirstAndStopsEverythingElse) {
  must(DriftFound{edited(), 0});
  refused(PipelineReleased{"moved", "ann@host", "terminated"}, "without an intent");
  must(ReleaseIntended{"moved", "ann@host"});
  EXPECT_FALSE(p().managed());
  EXPECT_FALSE(p().released);
  EXPECT_FALSE(p().apply_under_way()) << "nothing is posted any more";
  ASSERT_TRUE(p().releasing);
  EXPECT_EQ(p().releasing->by, "ann@host");
  refused(ReleaseIntended{"again", "bob"}, "being released");
  refused(HealIntended{DriftKind::supervisor_edited, "clicks", "post", 1}, "being released");
  refused(PipelineDeclared{2, "doc", "f", "", "c0ffee00"}, "being released");
  must(PipelineReleased{"moved", "ann@host", "terminated"});
  EXPECT_FALSE(p().releasing);
  EXPECT_TRUE(p().released);
  EXPECT_EQ(p().release->supervisor, "terminated");
}

TEST_F(DriftFold, AnotherIncarnationBeginsAnewButReusesNoName) {
  seal_chunk();
  scan::Extent late;
  late.file = "delta-1";
  late.bytes = 10;
  late.rows = 2;
  late.chunk = chunk_a;
  ScanAdvanced scan;
  scan.batch.extents = {late};
  must(scan);
  must(ReleaseIntended{"moved", "ann@host"});
  must(PipelineReleased{"moved", "ann@host", "terminated"});
  EXPECT_EQ(p().posted_version, 0);
  must(PipelineDeclared{2, "doc", "f", "", "0badf00d"});
  EXPECT_TRUE(p().chunks.empty());
  EXPECT_TRUE(p().partitions.empty());
  EXPECT_EQ(p().versions.size(), 2u);
  EXPECT_EQ(p().incarnation, "0badf00d");
  late.offset = 5;
  scan.batch.extents = {late};
  refused(scan, "overlaps");
  must(DeltaExpired{{"delta-1"}});
}

TEST(OldLedger, EventsWithoutTheNewFieldsStayReadable) {
  auto declared =
      from_json("pipeline_declared",
                R"({"version":1,"document":"d","fingerprint":"f","reason":"r","incarnation":"i"})");
  ASSERT_TRUE(declared) << declared.error().message;
  EXPECT_EQ(*declared, Body(PipelineDeclared{1, "d", "f", "r", "i"}));
  auto sealed =
      from_json("chunk_sealed", R"({"chunk":3600000,"rows":5,"segments":1,"proof":"counted"})");
  ASSERT_TRUE(sealed) << sealed.error().message;
  EXPECT_EQ(*sealed, Body(ChunkSealed{chunk_a, 5, 1, "counted"}));
}

TEST(DriftJson, RefusesUnknownWords) {
  for (const auto& [kind, text] : std::vector<std::pair<std::string, std::string>>{
           {"drift_cleared", R"({"kind":"no_such","object":"o","how":"gone"})"},
           {"drift_cleared", R"({"kind":"supervisor_edited","object":"o","how":"never"})"},
           {"heal_ended", R"({"kind":"supervisor_edited","object":"o","attempt":1})"},
           {"frozen", R"({"reason":"r"})"}}) {
    auto read = from_json(kind, text);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().kind, ErrorKind::corrupt);
  }
}

class FrozenLedger : public LedgerFixture {};

TEST_F(FrozenLedger, TheFreezeOfEverythingIsAppendedAloneOrWithOthersAndReplayed) {
  const Instant now = instant_of_ms(5);
  {
    auto journal = Journal::open(path(), Mode::write);
    ASSERT_TRUE(journal) << journal.error().message;
    ASSERT_TRUE(journal->append("p", {PipelineDeclared{1, "d", "f", "", "i"}}, now));
    ASSERT_TRUE(journal->append("", {Frozen{"one", "ann"}}, now));
    ASSERT_TRUE(journal->append("", {Unfrozen{"", "ann"}, Frozen{"two", "bob"}}, now));
    EXPECT_EQ(journal->state().frozen->by, "bob");
    EXPECT_EQ(journal->state().pipelines.size(), 1u);
    EXPECT_EQ(journal->find(""), nullptr);
    // Several events of a pipeline are tried against the freeze of everything, too.
    auto heal = journal->append(
        "p",
        {DriftFound{edited(), 0}, HealIntended{DriftKind::supervisor_edited, "clicks", "post", 1}},
        now);
    EXPECT_FALSE(heal);
    EXPECT_TRUE(journal->state().pipelines.at("p").drifts.empty());
  }
  auto again = Journal::open(path(), Mode::read);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->state().frozen->reason, "two");
}

}  // namespace
}  // namespace henge::ledger
