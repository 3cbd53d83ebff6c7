// What people and scripts get to see: texts for a narrow and a wide terminal, and JSON whose fields
// are a contract.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cli/doctor_view.h"
#include "cli/plan_view.h"
#include "cli/text_width.h"
#include "cli/watch_view.h"

namespace henge::cli {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

const Instant hour = *parse_instant("2026-03-01T08:00Z");

Console wide() {
  return {Output::table, Style(false), {true, 200}, {true, 200}};
}
Console narrow(int columns) {
  return {Output::table, Style(false), {true, columns}, {true, columns}};
}
Console as_json() {
  return {Output::json, Style(false), {}, {}};
}

std::vector<std::string> keys(const json& object) {
  std::vector<std::string> out;
  for (const auto& [key, value] : object.items()) out.push_back(key);
  return out;
}

int widest(const std::string& text) {
  int widest = 0;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = text.find('\n', at);
    widest = std::max(widest, display_columns(text.substr(at, end - at)));
    at = end + 1;
  }
  return widest;
}

Pipeline clicks() {
  Pipeline p;
  p.name = "clicks";
  p.datasource = "clicks";
  return p;
}

ledger::PipelineState some_state() {
  ledger::PipelineState s;
  s.version = 1;
  s.partitions[0].next = 1000;
  s.partitions[0].records = 1000;
  s.partitions[0].unparseable = 7;
  s.partitions[0].arrival_floor = hour + std::chrono::hours(2);
  auto& sealed = s.chunks[hour];
  sealed.counts[0] = {1234, 10, 1, 2, 900};
  sealed.status = ledger::ChunkStatus::sealed;
  sealed.repaired_rows = 6;
  sealed.seal = ledger::Seal{1240, 3, "counted", hour + std::chrono::minutes(65)};
  scan::Extent x;
  x.rows = 4;
  sealed.waiting = {x};
  auto& doubtful = s.chunks[hour + std::chrono::hours(1)];
  doubtful.counts[0].on_time = 5;
  doubtful.status = ledger::ChunkStatus::uncertain;
  doubtful.doubt = ledger::Doubt{5, 4, "expected 5 rows, found 4 rows in 1 segments", hour};
  s.chunks[hour + std::chrono::hours(2)].counts[0].on_time = 9;
  return s;
}

TEST(Life, IsOneWord) {
  ledger::ChunkState c;
  EXPECT_EQ(life_of(c), "open");
  c.status = ledger::ChunkStatus::sealed;
  EXPECT_EQ(life_of(c), "sealed");
  c.waiting.resize(1);
  EXPECT_EQ(life_of(c), "dirty");
  c.repair = "repair-000001";
  EXPECT_EQ(life_of(c), "repairing");
  c.status = ledger::ChunkStatus::uncertain;
  EXPECT_EQ(life_of(c), "uncertain");
}

StatusView status_view() {
  SupervisorStatus supervisor;
  supervisor.state = "RUNNING";
  supervisor.partitions = 1;
  supervisor.lag = {{0, 12}, {1, -3}};
  SupervisorTask task;
  task.starting_offsets = {{0, 900}};
  supervisor.active = {task};
  StatusView view;
  view.now = hour + std::chrono::hours(3);
  view.rows = {status_row(clicks(), some_state(), supervisor)};
  view.serving = true;
  return view;
}

TEST(Status, AddsUpThePipeline) {
  StatusRow row = status_view().rows[0];
  EXPECT_EQ(row.lag, 12)
      << "a negative lag is an oddity of one partition, not a credit for another";
  EXPECT_EQ(row.uncommitted, 100);
  EXPECT_EQ(row.sealed, 1);
  EXPECT_EQ(row.dirty, 1);
  EXPECT_EQ(row.uncertain, 1);
  EXPECT_EQ(row.open, 1);
  EXPECT_EQ(row.late_waiting, 4);
  EXPECT_EQ(row.late_repaired, 6);
  EXPECT_EQ(row.rows_on_time, 1248);
}

TEST(Status, IsReadableAndFits) {
  StatusView view = status_view();
  std::string text = show_status(view, wide());
  EXPECT_THAT(text, HasSubstr("clicks"));
  EXPECT_THAT(text, HasSubstr("7 unparseable rows"));
  EXPECT_LE(widest(show_status(view, narrow(60))), 60);
  EXPECT_THAT(show_status(view, narrow(60)), HasSubstr("UNCERTAIN"))
      << "what hurts is never left out";
  view.troubles = {{"scan", "broker is gone", "2026-03-01T08:00Z"}};
  EXPECT_THAT(show_status(view, wide()), HasSubstr("broker is gone"));
  view.rows.clear();
  EXPECT_THAT(show_status(view, wide()), HasSubstr("henge apply"));
}

TEST(Status, JsonIsAContract) {
  json j = json::parse(show_status(status_view(), as_json()));
  EXPECT_THAT(keys(j), testing::IsSupersetOf({"now", "serving", "pipelines", "troubles", "notes"}));
  EXPECT_THAT(keys(j["pipelines"][0]),
              testing::IsSupersetOf({"pipeline", "datasource", "supervisor", "lag", "uncommitted",
                                     "watermark", "proof", "records", "rows", "chunks", "late",
                                     "repair_errors"}));
  EXPECT_EQ(j["pipelines"][0]["chunks"]["sealed"], 1);
  EXPECT_EQ(j["pipelines"][0]["rows"]["unparseable"], 7);
}

TEST(Chunks, ShowCountsAndProof) {
  std::string text = show_chunks(clicks(), some_state(), {}, {}, wide());
  EXPECT_THAT(text, HasSubstr("1,240"));
  EXPECT_THAT(text, HasSubstr("counted 5m after its end"));
  EXPECT_THAT(text, HasSubstr("expected 5 rows, found 4"));
  EXPECT_LE(widest(show_chunks(clicks(), some_state(), {}, {}, narrow(70))), 70);
}

TEST(Chunks, CanBeChosen) {
  ChunkFilter sealed{"sealed", std::nullopt};
  EXPECT_THAT(show_chunks(clicks(), some_state(), sealed, {}, wide()), Not(HasSubstr("uncertain")));
  ChunkFilter recent{std::nullopt, hour + std::chrono::hours(2)};
  json j = json::parse(show_chunks(clicks(), some_state(), recent, {}, as_json()));
  EXPECT_EQ(j["chunks"].size(), 1u) << "chunks that end after it";
  EXPECT_EQ(show_chunks(clicks(), {}, {}, {}, wide()), "no chunks\n");
}

TEST(Chunks, JsonIsAContract) {
  json j = json::parse(show_chunks(clicks(), some_state(), {}, {}, as_json()));
  EXPECT_THAT(keys(j["chunks"][0]),
              testing::IsSupersetOf({"start", "end", "state", "on_time", "late", "early",
                                     "filtered", "waiting", "repaired", "expected", "reopened",
                                     "closed_at", "closed_by", "repair", "loaded", "load",
                                     "replaced", "seal", "doubt"}));
  EXPECT_EQ(j["chunks"][0]["seal"]["rows"], 1240);
  EXPECT_EQ(j["chunks"][1]["doubt"]["actual"], 4);
}

LateView late_view() {
  LateRow row;
  row.partition = 3;
  row.offset = 42;
  row.event = hour;
  row.arrival = hour + std::chrono::minutes(90);
  row.chunk = hour;
  row.kind = "late";
  row.state = "waiting";
  row.bytes = 80;
  LateRow bad = row;
  bad.kind = "unparseable";
  bad.state = "kept";
  return {"clicks", std::chrono::hours(1), {row, bad}, 5, {}, {}};
}

TEST(Late, NamesEachRow) {
  std::string text = show_late(late_view(), wide());
  EXPECT_THAT(text, HasSubstr("42"));
  EXPECT_THAT(text, HasSubstr("1h 30m"));
  EXPECT_THAT(text, HasSubstr("unparseable"));
  EXPECT_THAT(text, HasSubstr("2 of 5 rows"));
  json j = json::parse(show_late(late_view(), as_json()));
  EXPECT_EQ(j["rows"][0]["late_by_ms"], 5'400'000);
  EXPECT_TRUE(j["rows"][1]["event_time"].is_null());
  EXPECT_EQ(j["total"], 5);
}

PlanView plan_view(spec::SupervisorAction action) {
  daemon::PipelinePlan plan;
  plan.pipeline = "clicks";
  plan.supervisor.action = action;
  plan.declared = action != spec::SupervisorAction::create;
  if (action == spec::SupervisorAction::update_restart) {
    plan.supervisor.changes = {{"spec.ioConfig.taskCount", {"1"}, {"2"}}};
    plan.restarts = {"task-a", "task-b"};
  }
  plan.promise_text = "a chunk is sealed about 2m after its end";
  return {{plan}};
}

TEST(Plan, SaysWhatHappensAndWhatRestarts) {
  EXPECT_THAT(show_plan(plan_view(spec::SupervisorAction::create), wide()),
              testing::AllOf(HasSubstr("+ clicks"), HasSubstr("1 to create"),
                             HasSubstr("sealed about 2m")));
  EXPECT_THAT(show_plan(plan_view(spec::SupervisorAction::update_restart), wide()),
              testing::AllOf(HasSubstr("~ clicks"), HasSubstr("spec.ioConfig.taskCount: 1 -> 2"),
                             HasSubstr("restarts 2 tasks")));
  PlanView none = plan_view(spec::SupervisorAction::none);
  EXPECT_FALSE(none.changes());
  EXPECT_THAT(show_plan(none, wide()), HasSubstr("No changes."));
}

TEST(Plan, ShowsARefusal) {
  PlanView view = plan_view(spec::SupervisorAction::create);
  view.plans[0].refusal = Error{ErrorKind::refused, "somebody else feeds it"};
  EXPECT_TRUE(view.refused());
  EXPECT_THAT(show_plan(view, wide()), HasSubstr("refused: somebody else feeds it"));
  EXPECT_EQ(json::parse(show_plan(view, as_json()))["pipelines"][0]["refused"],
            "somebody else feeds it");
}

TEST(Plan, ShowsLoadDocuments) {
  PlanView view = plan_view(spec::SupervisorAction::none);
  view.plans.clear();
  view.loads = {{"nightly", "clicks", "none", {}}};
  EXPECT_FALSE(view.changes());
  view.loads = {{"nightly", "clicks", "declare", {}}, {"hourly", "clicks", "redeclare", {}}};
  EXPECT_TRUE(view.changes());
  EXPECT_THAT(show_plan(view, wide()),
              testing::AllOf(HasSubstr("+ nightly  load into clicks will be declared\n"),
                             HasSubstr("~ hourly  load into clicks will be declared anew"),
                             HasSubstr("0 in henge only, 2 loads to declare.")));
  view.loads[1].refusal = Error{ErrorKind::refused, "it was released"};
  EXPECT_TRUE(view.refused());
  EXPECT_THAT(show_plan(view, wide()), HasSubstr("refused: it was released"));
  const json j = json::parse(show_plan(view, as_json()));
  EXPECT_EQ(j["loads"][0], json::parse(R"({"load":"nightly","pipeline":"clicks",
                                           "action":"declare","refused":null})"));
}

TEST(Plan, JsonIsAContract) {
  json j = json::parse(show_plan(plan_view(spec::SupervisorAction::update_restart), as_json()));
  EXPECT_TRUE(j["changes"]);
  EXPECT_THAT(keys(j["pipelines"][0]),
              testing::IsSupersetOf({"pipeline", "action", "changes", "settings_change", "version",
                                     "restarts", "suspended", "sealed_after_ms", "sealed_after",
                                     "warnings", "refused"}));
  EXPECT_EQ(j["pipelines"][0]["changes"][0]["after"], 2);
}

TEST(Plan, ColoursNeverCarryTheMeaningAlone) {
  Console coloured = wide();
  coloured.style = Style(true);
  std::string plain = show_plan(plan_view(spec::SupervisorAction::create), wide());
  std::string painted = show_plan(plan_view(spec::SupervisorAction::create), coloured);
  EXPECT_NE(plain, painted);
  EXPECT_THAT(plain, HasSubstr("+"));
}

TEST(Applied, ShowsResultsAndErrors) {
  std::vector<AppliedRow> rows{{"a", "created", 1, std::nullopt, ""},
                               {"b", "", 0, Error{ErrorKind::refused, "no"}, ""}};
  EXPECT_EQ(show_applied(rows, wide()), "a: created (version 1)\nb: no\n");
  const std::vector<AppliedRow> loads{{"a", "created", 0, std::nullopt, "", "nightly"},
                                      {"a", "", 0, Error{ErrorKind::refused, "no"}, "", "hourly"}};
  EXPECT_EQ(show_applied(loads, wide()), "load nightly of a: created\nhourly: no\n");
  EXPECT_EQ(json::parse(show_applied(loads, as_json()))["results"][0]["load"], "nightly");
  json j = json::parse(show_applied(rows, as_json()));
  EXPECT_EQ(j["results"][1]["error"]["kind"], "refused");
}

TEST(Doctor, SaysWhatToDo) {
  std::vector<Check> checks{
      {"druid", "overlord", Health::good, "version 33.0.0", ""},
      {"druid", "replication", Health::warning, "2 replicas, 1 historical", "lower the rule"}};
  std::string text = show_checks(checks, wide());
  EXPECT_THAT(text, HasSubstr("lower the rule"));
  EXPECT_THAT(text, HasSubstr("2 checks, 1 warning, 0 failures"));
  EXPECT_EQ(json::parse(show_checks(checks, as_json()))["checks"][1]["health"], "warning");
}

}  // namespace
}  // namespace henge::cli
