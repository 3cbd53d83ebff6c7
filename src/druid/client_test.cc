#include "druid/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "runtime/scripted_server.h"
#include "runtime/task_group.h"
#include "runtime/test_loop.h"

namespace henge::druid {
namespace {

using ports::Submitted;
using runtime::After;
using runtime::Reply;
using runtime::reply;
using runtime::ScriptedServer;
using testing::HasSubstr;
using testing::StartsWith;

const std::string already_exists =
    R"({"error":"druidException","errorCode":"entryAlreadyExists","errorMessage":"exists"})";
const std::string html_404 = "<html><title>Error 404 Not Found</title></html>";
const JsonText task{R"({"id":"t 1","type":"index_parallel"})"};

class DruidClientTest : public testing::Test {
 protected:
  std::unique_ptr<DruidClient> client_for(const ScriptedServer& server) {
    DruidOptions options;
    options.router_url = server.url("/");
    options.read_timeout = std::chrono::seconds(2);
    options.retry.tries_max = 3;
    options.random = [] { return 0.0; };
    auto made = DruidClient::make(std::move(options));
    EXPECT_TRUE(made) << made.error().message;
    return std::move(*made);
  }

  runtime::TestLoop loop;
};

TEST_F(DruidClientTest, ASubmittedTaskIsAcceptedOrAdopted) {
  ScriptedServer fresh(loop.io(),
                       [](int, const std::string&) { return reply(200, R"({"task":"t 1"})"); });
  EXPECT_EQ(*loop.run(client_for(fresh)->submit_task(task)), Submitted::accepted);
  EXPECT_THAT(fresh.requests.at(0), StartsWith("POST /druid/indexer/v1/task HTTP/1.1\r\n"));
  EXPECT_THAT(fresh.requests.at(0), HasSubstr("Content-Type: application/json\r\n"));
  EXPECT_THAT(fresh.requests.at(0), testing::EndsWith(task.text));
  ScriptedServer repeat(loop.io(),
                        [](int, const std::string&) { return reply(400, already_exists); });
  EXPECT_EQ(*loop.run(client_for(repeat)->submit_task(task)), Submitted::already_exists);
}

TEST_F(DruidClientTest, ARacedSubmitIsDecidedByAskingForTheTask) {
  const auto script = [](const Reply& known) {
    return [known](int, const std::string& request) {
      if (request.starts_with("POST"))
        return reply(400, R"({"errorCode":"invalidInput","errorMessage":"some task"})");
      return known;
    };
  };
  ScriptedServer known(loop.io(), script(reply(200, R"({"task":"t 1"})")));
  EXPECT_EQ(*loop.run(client_for(known)->submit_task(task)), Submitted::already_exists);
  EXPECT_THAT(known.requests.at(1), StartsWith("GET /druid/indexer/v1/task/t%201/status "));
  ScriptedServer unknown(loop.io(), script(reply(404, "Cannot find any task with id: [t 1]")));
  const auto refused = loop.run(client_for(unknown)->submit_task(task));
  EXPECT_EQ(refused.error().kind, ErrorKind::invalid);
  EXPECT_THAT(refused.error().message, HasSubstr("some task"));
  ScriptedServer lost(loop.io(), script(Reply{"", After::close}));
  EXPECT_EQ(loop.run(client_for(lost)->submit_task(task)).error().kind, ErrorKind::unknown_outcome);
}

TEST_F(DruidClientTest, EachFailureOfASubmitSaysWhetherItMayHaveHappened) {
  struct Case {
    const char* name;
    Reply reply;
    ErrorKind kind;
    std::size_t requests;
  };
  for (const Case& c :
       {Case{"lost answer", {"", After::close}, ErrorKind::unknown_outcome, 1},
        Case{"server error", reply(500, "<html><title>oops</title></html>"),
             ErrorKind::unknown_outcome, 1},
        Case{"gateway", reply(504, ""), ErrorKind::unknown_outcome, 1},
        Case{"no leader", reply(503, ""), ErrorKind::unavailable, 1},
        Case{"queue full", reply(429, ""), ErrorKind::unavailable, 1},
        Case{"no credentials", reply(401, ""), ErrorKind::denied, 1},
        Case{"no permission", reply(403, R"({"Access-Check-Result":"Unauthorized"})"),
             ErrorKind::denied, 1},
        Case{"no such path", reply(404, html_404), ErrorKind::invalid, 1}}) {
    ScriptedServer server(loop.io(), [&](int, const std::string&) { return c.reply; });
    const auto result = loop.run(client_for(server)->submit_task(task));
    ASSERT_FALSE(result) << c.name;
    EXPECT_EQ(result.error().kind, c.kind) << c.name << ": " << result.error().message;
    EXPECT_EQ(server.requests.size(), c.requests) << c.name;
    EXPECT_THAT(result.error().message, HasSubstr("POST http://127.0.0.1:")) << c.name;
  }
}

TEST_F(DruidClientTest, APayloadWithoutIdIsNotSent) {
  ScriptedServer server(loop.io(), [](int, const std::string&) { return reply(200, ""); });
  auto client = client_for(server);
  EXPECT_EQ(loop.run(client->submit_task(JsonText{"{}"})).error().kind, ErrorKind::invalid);
  EXPECT_EQ(loop.run(client->post_supervisor(JsonText{"{"}, {})).error().kind, ErrorKind::invalid);
  EXPECT_TRUE(server.requests.empty());
}

TEST_F(DruidClientTest, MissingSupervisorsAreToldFromWrongAddresses) {
  ScriptedServer none(loop.io(), [](int, const std::string&) {
    return reply(404, "Cannot find any supervisor with id: [x]");
  });
  EXPECT_EQ(*loop.run(client_for(none)->supervisor_spec("x")), std::nullopt);
  EXPECT_EQ(loop.run(client_for(none)->supervisor_status("x")).error().kind, ErrorKind::not_found);
  for (const std::string& body : {std::string(), html_404}) {
    ScriptedServer wrong(loop.io(), [&](int, const std::string&) { return reply(404, body); });
    EXPECT_EQ(loop.run(client_for(wrong)->supervisor_spec("x")).error().kind, ErrorKind::invalid);
    EXPECT_EQ(loop.run(client_for(wrong)->task_report("x")).error().kind, ErrorKind::invalid);
  }
}

TEST_F(DruidClientTest, SuspendingWhatIsSuspendedIsDone) {
  const auto script = [](const char* suspended) {
    return [suspended](int, const std::string& request) {
      if (request.starts_with("POST")) return reply(400, R"({"error":"worded in some way"})");
      return reply(200, fmt::format(R"({{"id":"x","generationTime":"2026-01-01T00:00:00.000Z",)"
                                    R"("payload":{{"suspended":{}}}}})",
                                    suspended));
    };
  };
  ScriptedServer suspended(loop.io(), script("true"));
  EXPECT_TRUE(loop.run(client_for(suspended)->suspend_supervisor("x", {})));
  EXPECT_EQ(loop.run(client_for(suspended)->resume_supervisor("x", {})).error().kind,
            ErrorKind::invalid);
  ScriptedServer running(loop.io(), script("false"));
  EXPECT_TRUE(loop.run(client_for(running)->resume_supervisor("x", {})));
  EXPECT_EQ(loop.run(client_for(running)->suspend_supervisor("x", {})).error().kind,
            ErrorKind::invalid);
}

TEST_F(DruidClientTest, SupervisorChangesAreMadeOneAtATime) {
  // Side by side, the second would be answered before the first has timed out.
  ScriptedServer server(loop.io(), [](int n, const std::string&) {
    return n == 0 ? Reply{"", After::hang} : reply(200, "{}");
  });
  DruidOptions options;
  options.router_url = server.url();
  options.supervisor_timeout = Millis(150);
  auto client = std::move(*DruidClient::make(std::move(options)));
  std::vector<ErrorKind> outcomes;
  auto post = [&]() -> boost::asio::awaitable<void> {
    JsonText spec{"{}"};
    auto done = co_await client->post_supervisor(std::move(spec), Audit{});
    outcomes.push_back(done ? ErrorKind::internal : done.error().kind);
  };
  runtime::TaskGroup group(loop.executor());
  group.spawn("first", post());
  group.spawn("second", post());
  loop.run(group.join());
  EXPECT_EQ(outcomes, (std::vector<ErrorKind>{ErrorKind::unknown_outcome, ErrorKind::internal}));
  EXPECT_EQ(server.requests.size(), 2U);
  EXPECT_THAT(server.requests.at(0),
              StartsWith("POST /druid/indexer/v1/supervisor?skipRestartIfUnmodified=true "));
}

TEST_F(DruidClientTest, ActiveTasksAreAskedForInTheOrderTheyGo) {
  ScriptedServer server(loop.io(), [](int, const std::string& request) {
    if (request.find("state=waiting") != std::string::npos) return reply(200, "[]");
    const bool pending = request.find("state=pending") != std::string::npos;
    return reply(200,
                 fmt::format(R"([{{"id":"a","statusCode":"RUNNING","runnerStatusCode":"{}"}}])",
                             pending ? "PENDING" : "RUNNING"));
  });
  const auto tasks = loop.run(client_for(server)->active_tasks("d s"));
  ASSERT_TRUE(tasks) << tasks.error().message;
  ASSERT_EQ(tasks->size(), 1U);
  EXPECT_EQ(tasks->at(0).state, ports::TaskState::running);
  ASSERT_EQ(server.requests.size(), 3U);
  EXPECT_THAT(server.requests[0],
              StartsWith("GET /druid/indexer/v1/tasks?state=waiting&datasource=d%20s "));
}

TEST_F(DruidClientTest, NothingToAskForIsNoCall) {
  ScriptedServer server(loop.io(), [](int, const std::string&) { return reply(500, ""); });
  auto client = client_for(server);
  EXPECT_TRUE(loop.run(client->task_statuses({}))->empty());
  EXPECT_TRUE(loop.run(client->used_segments("d", {}))->empty());
  EXPECT_TRUE(loop.run(client->rows_by_segment("d", "count", Granularity::hour, {}))->empty());
  EXPECT_TRUE(server.requests.empty());
}

TEST_F(DruidClientTest, ManyTaskIdsGoInFewCalls) {
  ScriptedServer server(loop.io(), [](int, const std::string&) { return reply(200, "{}"); });
  EXPECT_TRUE(loop.run(client_for(server)->task_statuses(std::vector<std::string>(10'001, "t"))));
  EXPECT_EQ(server.requests.size(), 2U);
}

TEST_F(DruidClientTest, OwnAddressesWinOverTheRouters) {
  ScriptedServer router(
      loop.io(), [](int, const std::string&) { return reply(200, R"({"version":"router"})"); });
  ScriptedServer broker(
      loop.io(), [](int, const std::string&) { return reply(200, R"({"version":"broker"})"); });
  DruidOptions options;
  options.router_url = router.url();
  options.broker_url = broker.url();
  auto client = std::move(*DruidClient::make(std::move(options)));
  EXPECT_EQ(*loop.run(client->version(ports::Service::broker)), "broker");
  EXPECT_EQ(*loop.run(client->version(ports::Service::overlord)), "router");
  EXPECT_THAT(router.requests.at(0), StartsWith("GET /proxy/overlord/status "));
  EXPECT_THAT(broker.requests.at(0), StartsWith("GET /status "));
}

TEST_F(DruidClientTest, AddressesAreCheckedAtOnce) {
  EXPECT_EQ(DruidClient::make(DruidOptions{}).error().kind, ErrorKind::invalid);
  DruidOptions bad;
  bad.router_url = "localhost:8888";
  EXPECT_EQ(DruidClient::make(std::move(bad)).error().kind, ErrorKind::invalid);
  DruidOptions partly;
  partly.overlord_url = "http://a:1";
  EXPECT_EQ(DruidClient::make(std::move(partly)).error().kind, ErrorKind::invalid);
}

TEST_F(DruidClientTest, AnAnswerThatIsCutOffIsNotTakenForTheWhole) {
  ScriptedServer server(loop.io(),
                        [](int, const std::string&) { return reply(200, R"([{"n":1})"); });
  const auto rows = loop.run(client_for(server)->sql("SELECT 1"));
  ASSERT_FALSE(rows);
  EXPECT_EQ(rows.error().kind, ErrorKind::unavailable);
}

using DruidClientDeathTest = DruidClientTest;

TEST_F(DruidClientDeathTest, TheFailpointIsBetweenTheTaskAndItsAnswer) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(
      {
        ::setenv("HENGE_FAILPOINT", "druid.task.sent", 1);
        ScriptedServer server(loop.io(), [](int, const std::string&) { return reply(200, ""); });
        auto result = loop.run(client_for(server)->submit_task(task));
        std::exit(0);
      },
      testing::KilledBySignal(SIGKILL), "");
}

}  // namespace
}  // namespace henge::druid
