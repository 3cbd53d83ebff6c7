// What a person says to a running henge: stop for a while, go on, let it go. What is recorded, what
// is sent, and what is refused meanwhile.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "daemon/delta_service.h"
#include "daemon/fake_druid.h"
#include "daemon/freeze.h"
#include "daemon/shell_fixture.h"
#include "spec/parse.h"

namespace henge::daemon {
namespace {

using nlohmann::json;
using testing::HasSubstr;

// Loses the answer to a termination, or does not do it at all, when it is told to.
class StubbornDruid : public FakeDruid {
 public:
  enum class Termination { done, done_but_lost, not_done };
  Termination termination = Termination::done;
  int terminations = 0;
  std::string author;

  ports::Async<void> terminate_supervisor(std::string, Audit audit) override {
    ++terminations;
    author = audit.author;
    if (termination != Termination::not_done) supervisor.reset();
    if (termination == Termination::done) co_return Result<void>{};
    co_return fail(ErrorKind::unknown_outcome, "answer lost");
  }
};

class Stop : public ShellTest {
 protected:
  Stop() : ShellTest("stop") {
    reopen();
    ledger::PipelineDeclared e{1, clicks_document, "f", "", "c0ffee00"};
    EXPECT_TRUE(journal->append("clicks", {e, ledger::SupervisorPosted{1, "created"}}, clock.at));
    druid.status.state = "RUNNING";
    druid.supervisor = JsonText{R"({"type":"kafka"})"};
    engine->start();
  }
  ~Stop() override { close_shell(); }
  void reopen() {
    auto open = [this](const Pipeline&, ports::TopicScanStart,
                       ports::TopicScanEvents) -> Result<std::unique_ptr<ports::TopicScan>> {
      ++scans_opened;
      return std::unique_ptr<ports::TopicScan>{};
    };
    open_shell(druid, open);
    engine.emplace(*shell);
    routes = {};
    add_control_routes(routes, *shell, *engine);
  }
  void round() {
    run_to_end([this]() -> boost::asio::awaitable<void> { co_await engine->round(); });
  }
  // Over the control routes, as the command line does.
  std::pair<int, json> post(const std::string& path, const std::string& body) {
    int status = 0;
    const runtime::Handler* handler = routes.find("POST", path, status);
    EXPECT_NE(handler, nullptr) << path;
    runtime::ServerResponse response;
    run_to_end([&]() -> boost::asio::awaitable<void> {
      runtime::ServerRequest request;
      request.body = body;
      response = co_await (*handler)(std::move(request));
    });
    return {response.status, json::parse(response.body)};
  }
  Result<Applied> apply(const std::string& text) {
    auto parsed = spec::parse_pipelines("test", text).pipelines.at(0);
    Result<Applied> applied = tl::unexpected<Error>(Error{});
    run_to_end([&]() -> boost::asio::awaitable<void> {
      applied = co_await engine->apply({parsed.pipeline, text}, {"why", "ann@host"});
    });
    return applied;
  }

  StubbornDruid druid;
  runtime::Routes routes;
  int scans_opened = 0;
};

TEST_F(Stop, AFreezeRefusesApplyAndSaysWhoAndWhyAndHowToGoOn) {
  auto [status, body] =
      post("/v1/freeze", R"({"pipeline":"clicks","reason":"ticket 7","by":"bob@x"})");
  EXPECT_EQ(status, 200);
  EXPECT_EQ(body, (json{{"pipeline", "clicks"}, {"changed", true}}));
  auto refused = apply(clicks_document);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::refused);
  EXPECT_THAT(
      refused.error().message,
      testing::AllOf(HasSubstr("pipeline 'clicks' was frozen by bob@x"), HasSubstr("ticket 7"),
                     HasSubstr("2026-03-01T12:00Z"), HasSubstr("henge unfreeze clicks")));
  EXPECT_EQ(post("/v1/unfreeze", R"({"pipeline":"clicks","by":"bob@x"})").second["changed"], true);
  auto applied = apply(clicks_document);
  EXPECT_TRUE(applied || applied.error().kind != ErrorKind::refused) << applied.error().message;
}

TEST_F(Stop, EverythingCanBeFrozenBeforeAPipelineIsDeclared) {
  EXPECT_EQ(post("/v1/freeze", R"({"reason":"move","by":"bob@x"})").first, 200);
  ASSERT_TRUE(journal->state().frozen);
  auto refused = freeze_refusal(journal->state(), "new");
  ASSERT_TRUE(refused);
  EXPECT_THAT(refused->message, HasSubstr("everything was frozen by bob@x"));
  EXPECT_THAT(refused->message, HasSubstr("`henge unfreeze` lets"));
  auto [status, body] = post("/v1/unfreeze", R"({"pipeline":"clicks"})");
  EXPECT_EQ(status, 409) << "it would stay frozen";
  EXPECT_THAT(body["error"]["message"].get<std::string>(), HasSubstr("everything is frozen"));
  EXPECT_EQ(post("/v1/unfreeze", "{}").second["changed"], true);
  EXPECT_EQ(post("/v1/unfreeze", "{}").second["changed"], false) << "no event for nothing";
  EXPECT_FALSE(freeze_refusal(journal->state(), "clicks"));
}

TEST_F(Stop, AnApplyThatDiedIsNotFinishedWhileFrozen) {
  ledger::PipelineDeclared e{2, clicks_document, "f", "", "c0ffee00"};
  ASSERT_TRUE(journal->append("clicks", {e, ledger::Frozen{"r", "b"}}, clock.at));
  druid.supervisor.reset();
  round();
  EXPECT_FALSE(druid.supervisor) << "nothing is posted";
  EXPECT_EQ(post("/v1/unfreeze", R"({"pipeline":"clicks"})").first, 200);
  round();
  EXPECT_TRUE(druid.supervisor) << "it goes on where it was";
}

TEST_F(Stop, BadRequestsAreNamed) {
  EXPECT_EQ(post("/v1/freeze", "no json").first, 400);
  EXPECT_EQ(post("/v1/freeze", R"({"reason":7})").first, 400);
  EXPECT_EQ(post("/v1/freeze", R"({"pipeline":"nobody"})").first, 404);
  EXPECT_EQ(post("/v1/release", R"({"pipeline":"nobody"})").first, 404);
  EXPECT_EQ(post("/v1/release", R"({"pipeline":"clicks","terminate":"yes"})").first, 400);
}

TEST_F(Stop, AReleaseKeepsTheSupervisorAndStopsItsRunner) {
  round();
  auto [status, body] =
      post("/v1/release", R"({"pipeline":"clicks","reason":"moved","by":"ann@x"})");
  EXPECT_EQ(status, 200);
  EXPECT_EQ(body["supervisor"], "kept");
  EXPECT_TRUE(druid.supervisor);
  EXPECT_TRUE(state().released);
  EXPECT_EQ(state().release->by, "ann@x");
  const int scans = scans_opened;
  round();
  EXPECT_EQ(scans_opened, scans) << "no runner comes back";
  EXPECT_TRUE(troubles.all().empty());
  EXPECT_EQ(post("/v1/release", R"({"pipeline":"clicks"})").second["changed"], false);
  EXPECT_EQ(post("/v1/freeze", R"({"pipeline":"clicks"})").first, 409);
}

TEST_F(Stop, AReleaseThatKeptTheSupervisorCanBeTakenBack) {
  EXPECT_EQ(post("/v1/release", R"({"pipeline":"clicks","reason":"moved"})").first, 200);
  std::string changed = clicks_document;
  changed.replace(changed.find("lateness: PT1H"), 14, "lateness: PT2H");
  EXPECT_EQ(apply(changed).error().kind, ErrorKind::refused) << "rows are counted by it";
  auto applied = apply(clicks_document);
  ASSERT_TRUE(applied) << applied.error().message;
  EXPECT_FALSE(state().released);
  EXPECT_EQ(state().version, 2);
  EXPECT_EQ(state().incarnation, "c0ffee00") << "it goes on where it was";
}

TEST_F(Stop, ATerminationIsRecordedFirstAndOnlyDoneWhenItWasSeen) {
  druid.termination = StubbornDruid::Termination::not_done;
  EXPECT_EQ(post("/v1/release", R"({"pipeline":"clicks","terminate":true,"by":"ann@x"})").first,
            503);
  ASSERT_TRUE(state().releasing);
  EXPECT_FALSE(state().released);
  EXPECT_EQ(druid.author, "ann@x");
  EXPECT_EQ(post("/v1/release", R"({"pipeline":"clicks"})").first, 409) << "too late to keep it";
  EXPECT_EQ(apply(clicks_document).error().kind, ErrorKind::refused);
  round();
  EXPECT_EQ(druid.terminations, 2) << "the next round tries again";
  EXPECT_TRUE(troubles.all().contains("clicks: release"));
  druid.termination = StubbornDruid::Termination::done_but_lost;
  round();
  EXPECT_TRUE(state().released) << "what Druid holds decides, not the answer";
  EXPECT_EQ(state().release->supervisor, "terminated");
  EXPECT_TRUE(troubles.all().empty());
}

TEST_F(Stop, ATerminationThatDiedIsFinishedByTheNextHengeButNotWhileFrozen) {
  ASSERT_TRUE(journal->append(
      "clicks", {ledger::ReleaseIntended{"r", "ann"}, ledger::Frozen{"f", "b"}}, clock.at));
  close_shell();
  reopen();
  const int scans = scans_opened;
  engine->start();
  round();
  EXPECT_EQ(scans_opened, scans) << "nothing else is done for it";
  EXPECT_EQ(druid.terminations, 0);
  EXPECT_EQ(post("/v1/unfreeze", R"({"pipeline":"clicks"})").first, 200);
  round();
  EXPECT_EQ(druid.terminations, 1);
  EXPECT_TRUE(state().released);
}

TEST_F(Stop, ATerminationIsRefusedWhileFrozenAndTheRunnerComesBack) {
  EXPECT_EQ(post("/v1/freeze", R"({"reason":"r","by":"b"})").first, 200);
  EXPECT_EQ(post("/v1/release", R"({"pipeline":"clicks","terminate":true})").first, 409);
  EXPECT_FALSE(state().releasing);
  const int scans = scans_opened;
  round();
  EXPECT_EQ(scans_opened, scans + 1);
}

TEST_F(Stop, WhatARoundFoundAfterTheReleaseIsDropped) {
  ASSERT_TRUE(journal->append("clicks", {ledger::PipelineReleased{"", "", "kept"}}, clock.at));
  auto done = record(*shell, "clicks", {ledger::SupervisorProven{1}});
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, ErrorKind::cancelled) << "no damage, and no trouble";
}

}  // namespace
}  // namespace henge::daemon
