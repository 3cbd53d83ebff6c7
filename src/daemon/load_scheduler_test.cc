// Load documents through a running henge: declared once, asked for when they are due, once also
// where henge dies between, and what is refused is noted and not hammered.
#include "daemon/load_scheduler.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "daemon/freeze.h"
#include "daemon/load_documents.h"
#include "daemon/saved_plan.h"
#include "daemon/shell_fixture.h"
#include "daemon/streaming_druid.h"

namespace henge::daemon {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class ListedDruid : public StreamingDruid {
 public:
  bool away = false;
  int looks = 0;  // at the cluster, one a load that is asked for
  ports::Async<std::vector<SupervisorListing>> supervisors() override {
    ++looks;
    if (away) co_return fail(ErrorKind::unavailable, "no route to Druid");
    SupervisorListing listed;
    listed.id = listed.datasource = "ds";
    listed.spec = *supervisor;
    co_return std::vector{listed};
  }
};

class Documents : public ShellTest {
 protected:
  Documents() : ShellTest("documents") {
    open();
    ledger::ScanAdvanced scan;
    scan::PartitionProgress p;
    p.to = 90;
    p.arrival_floor = clock.at;
    scan.batch.partitions = {p};
    append({ledger::PipelineDeclared{1, clicks_document, "f", "", "c0ffee00"},
            ledger::SupervisorPosted{1, "created"}, scan});
    engine->start();
    rounds(1);
  }
  ~Documents() override { close_shell(); }
  void open() {
    open_shell(druid, no_scan);
    engine.emplace(*shell);
  }
  void die() {
    close_shell();
    open();
    engine->start();
  }
  static std::string document(const std::string& name, const std::string& spec) {
    return fmt::format("apiVersion: henge/v1\nkind: Load\nmetadata: {{name: {}}}\nspec:\n{}", name,
                       spec);
  }
  std::string once(const std::string& source) const {
    return document("history", fmt::format("  pipeline: clicks\n  interval: "
                                           "2026-02-01T00:00Z/2026-02-01T01:00Z\n"
                                           "  sources: [\"{}\"]\n  reason: why\n",
                                           (folder / source).string()));
  }
  Result<Applied> declare(const std::string& text) {
    auto read = read_load_declaration("d.yaml", text);
    if (!read) return tl::unexpected<Error>(read.error());
    return declare_load(*shell, *read, {"because", "me"});
  }
  void write(const std::string& name, const std::string& rows) const {
    std::ofstream(folder / name) << rows;
  }
  std::vector<std::string> keys() {
    std::vector<std::string> out;
    for (const auto& [name, load] : state().loads) out.push_back(load.intent.key);
    return out;
  }
  const ledger::LoadDocumentState& declared(const std::string& name = "history") {
    return state().load_documents.at(name);
  }

  ListedDruid druid;
};

const std::string row = "{\"ts\":\"2026-02-01T00:10:00Z\",\"id\":\"a\"}\n";

TEST_F(Documents, AreAskedForOnceWhateverHappens) {
  write("a.json", row);
  ASSERT_EQ(declare(once("a.json"))->action, "created");
  EXPECT_EQ(declared().by, "me");
  EXPECT_EQ(declared().reason, "because");
  EXPECT_EQ(declare(once("a.json"))->action, "unchanged");
  rounds(1);
  ASSERT_THAT(keys(), ElementsAre("history@once"));
  const LoadRequest& request = state().loads.at("load-000001").intent.request;
  EXPECT_EQ(request.by, "document history");
  EXPECT_EQ(request.reason, "why");
  EXPECT_EQ(state().loads.at("load-000001").intent.content.rows.accepted, 1);
  rounds(3);
  die();
  rounds(3);
  write("a.json", row + row);
  ASSERT_EQ(declare(once("a.json") + "  priority: 2\n")->action, "updated");
  rounds(3);
  EXPECT_THAT(keys(), ElementsAre("history@once"));
}

TEST_F(Documents, WhatIsRefusedIsNotedAndTriedAgainAfterAWhile) {
  ASSERT_TRUE(declare(once("a.json")));
  rounds(1);
  EXPECT_THAT(keys(), IsEmpty());
  const ledger::RefusedLoad refused = declared().refused.at("history@once");
  EXPECT_THAT(refused.error, HasSubstr("there is no such file"));
  ASSERT_TRUE(troubles.all().contains("clicks: load document history"));
  const auto events = shell->journal.state().events;
  rounds(5);
  EXPECT_EQ(declared().refused.at("history@once").tries, 1) << "not hammered";
  EXPECT_EQ(shell->journal.state().events, events);
  clock.at += minutes(1);
  rounds(1);
  EXPECT_EQ(declared().refused.at("history@once").tries, 2);
  write("a.json", row);
  die();
  clock.at += minutes(1);
  rounds(1);
  EXPECT_THAT(keys(), IsEmpty()) << "after the second try it waits two minutes, also when it died";
  EXPECT_TRUE(troubles.all().contains("clicks: load document history"));
  clock.at += minutes(1);
  rounds(2);
  EXPECT_THAT(keys(), ElementsAre("history@once"));
  EXPECT_THAT(declared().refused, IsEmpty());
  EXPECT_FALSE(troubles.all().contains("clicks: load document history"));
}

TEST_F(Documents, ADruidThatDoesNotAnswerRefusesNothing) {
  write("a.json", row);
  druid.away = true;
  ASSERT_TRUE(declare(once("a.json")));
  const int before = druid.looks;
  rounds(1);
  const int looked = druid.looks;
  EXPECT_GT(looked, before);
  EXPECT_THAT(declared().refused, IsEmpty());
  EXPECT_THAT(keys(), IsEmpty());
  druid.away = false;
  rounds(3);
  EXPECT_THAT(keys(), IsEmpty()) << "a minute has not passed";
  clock.at += minutes(1);
  rounds(1);
  EXPECT_THAT(keys(), ElementsAre("history@once"));
}

TEST_F(Documents, OfAPathAreDueWhenItIsThere) {
  const std::string text = document(
      "hourly", fmt::format("  pipeline: clicks\n"
                            "  schedule: {{when: exists, path: \"{0}/{{chunk:%H}}.done\", from: "
                            "2026-03-01T05:00Z}}\n"
                            "  sources: [\"{0}/{{chunk:%H}}.json\"]\n",
                            folder.string()));
  ASSERT_TRUE(declare(text)) << declare(text).error().message;
  rounds(2);
  EXPECT_THAT(keys(), IsEmpty());
  write("06.json", "{\"ts\":\"2026-03-01T06:10:00Z\",\"id\":\"a\"}\n");
  rounds(1);
  EXPECT_THAT(keys(), IsEmpty()) << "its mark is not there";
  write("06.done", "");
  rounds(1);
  EXPECT_THAT(keys(), ElementsAre("hourly@2026-03-01T06:00Z"));
  EXPECT_EQ(state().loads.begin()->second.intent.request.interval.start,
            *parse_instant("2026-03-01T06:00Z"));
  rounds(3);
  EXPECT_EQ(keys().size(), 1U);
}

TEST_F(Documents, AFreezeAndAWithdrawalStopThem) {
  write("a.json", row);
  ASSERT_TRUE(set_freeze(*shell, "clicks", Freezing::freeze, "", "me"));
  EXPECT_EQ(declare(once("a.json")).error().kind, ErrorKind::refused);
  ASSERT_TRUE(set_freeze(*shell, "clicks", Freezing::unfreeze, "", "me"));
  ASSERT_TRUE(declare(once("a.json")));
  ASSERT_TRUE(set_freeze(*shell, "clicks", Freezing::freeze, "", "me"));
  rounds(2);
  EXPECT_THAT(keys(), IsEmpty());
  ASSERT_TRUE(set_freeze(*shell, "clicks", Freezing::unfreeze, "", "me"));
  ASSERT_TRUE(withdraw_load(*shell, "clicks", "history", "me", "r"));
  EXPECT_EQ(withdraw_load(*shell, "clicks", "history", "me", "r").error().kind,
            ErrorKind::not_found);
  rounds(2);
  EXPECT_THAT(keys(), IsEmpty());
  ASSERT_TRUE(declare(once("none.json")));
  rounds(1);
  EXPECT_TRUE(troubles.all().contains("clicks: load document history"));
  ASSERT_TRUE(withdraw_load(*shell, "clicks", "history", "me", "r"));
  EXPECT_FALSE(troubles.all().contains("clicks: load document history"));
}

TEST_F(Documents, BelongToOnePipelineThatIsManaged) {
  std::string other = once("a.json");
  other.replace(other.find("clicks"), 6, "clicks2");
  EXPECT_EQ(declare(other).error().kind, ErrorKind::not_found);
  EXPECT_EQ(declare("kind: Load\n").error().kind, ErrorKind::invalid);
  ASSERT_TRUE(declare(once("a.json")));
  ASSERT_TRUE(journal->append(
      "clicks2", {ledger::PipelineDeclared{1, clicks_document, "f", "", "c0ffee01"}}, clock.at));
  const auto twice = declare(other);
  ASSERT_FALSE(twice);
  EXPECT_EQ(twice.error().kind, ErrorKind::refused);
  EXPECT_THAT(twice.error().message, HasSubstr("withdraw clicks history"));
  EXPECT_FALSE(journal->append(
      "clicks2", {ledger::LoadDeclared{"history", other, clock.at, "", ""}}, clock.at))
      << "and the ledger would not take it";
}

TEST_F(Documents, ArePlannedAgainstTheLedger) {
  const auto read = *read_load_declaration("d.yaml", once("a.json"));
  const auto planned = [&](const LoadDeclaration& one, const std::vector<std::string>& with) {
    return plan_load_document(shell->journal.state(), one, with);
  };
  EXPECT_EQ(planned(read, {}).action, "declare");
  EXPECT_FALSE(planned(read, {}).refusal);
  LoadDeclaration stranger = read;
  stranger.load.pipeline = "new";
  EXPECT_TRUE(planned(stranger, {}).refusal);
  EXPECT_FALSE(planned(stranger, {"new"}).refusal) << "declared by the same files";
  ASSERT_TRUE(declare(once("a.json")));
  EXPECT_EQ(planned(read, {}).action, "none");
  LoadDeclaration changed = read;
  changed.document += "  priority: 1\n";
  EXPECT_EQ(planned(changed, {}).action, "redeclare");

  SavedPlan plan;
  plan.loads = {{"history", changed.document, "redeclare"}};
  const auto back = parse_saved_plan("p", to_text(plan));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(*back, plan);
  EXPECT_EQ(load_declarations_of(*back)->at(0).load.priority, 1);
  EXPECT_THAT(moved_loads(*back, shell->journal.state()), IsEmpty());
  ASSERT_TRUE(declare(changed.document));
  EXPECT_THAT(moved_loads(*back, shell->journal.state()), ElementsAre(HasSubstr("'none'")));
}

}  // namespace
}  // namespace henge::daemon
