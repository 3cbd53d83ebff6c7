// SQL that is to run as a task: what each answer means. The answers are those that Druid's sources
// say, none was recorded (tests/golden/druid/msq/README.md).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "druid/client.h"
#include "druid/druid_json.h"
#include "runtime/scripted_server.h"
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

const std::string id = "henge_clicks_load_c0ffee00_000001_1_1";
const JsonText query{R"({"context":{"sqlQueryId":")" + id + R"("},"query":"REPLACE"})"};
const std::string html_404 = "<html><title>Error 404 Not Found</title></html>";
const std::string missing = "Cannot find any task with id: [query-" + id + "]";

std::string written(const std::string& name) {
  std::ifstream file(HENGE_SOURCE_DIR "/tests/golden/druid/msq/" + name);
  EXPECT_TRUE(file) << name;
  return {std::istreambuf_iterator<char>(file), {}};
}

class QueryTasks : public testing::Test {
 protected:
  std::unique_ptr<DruidClient> client_for(const ScriptedServer& server) {
    DruidOptions options;
    options.router_url = server.url("/");
    options.read_timeout = options.query_timeout = std::chrono::seconds(2);
    options.retry.tries_max = 2;
    options.random = [] { return 0.0; };
    auto made = DruidClient::make(std::move(options));
    EXPECT_TRUE(made) << made.error().message;
    return std::move(*made);
  }
  // What the Broker answers, and then what the Overlord knows of the task.
  Result<Submitted> submit(const Reply& answer, const Reply& known) {
    ScriptedServer server(loop.io(), [&](int, const std::string& request) {
      return request.starts_with("POST /druid/v2/sql/task ") ? answer : known;
    });
    auto done = loop.run(client_for(server)->submit_query(query));
    requests = server.requests;
    return done;
  }

  runtime::TestLoop loop;
  std::vector<std::string> requests;
};

TEST_F(QueryTasks, OneThatIsTakenRunsUnderTheNameItWasGiven) {
  const auto done = submit(reply(202, written("query_task_accepted.json")), reply(404, missing));
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(*done, Submitted::accepted);
  ASSERT_EQ(requests.size(), 1U);
  EXPECT_THAT(requests[0], StartsWith("POST /druid/v2/sql/task HTTP/1.1\r\n"));
  EXPECT_THAT(requests[0], testing::EndsWith(query.text));
}

TEST_F(QueryTasks, AnotherNameThanTheOneItWasGivenIsNoSuccess) {
  for (const char* body : {R"({"taskId":"query-other","state":"RUNNING"})", "[]", "{}", ""}) {
    const auto done = submit(reply(202, body), reply(404, missing));
    ASSERT_FALSE(done) << body;
    EXPECT_EQ(done.error().kind, ErrorKind::corrupt) << "sent again it would run twice";
  }
}

TEST_F(QueryTasks, OneThatIsThereAlreadyIsAdopted) {
  const auto done =
      submit(reply(500, written("query_task_exists.json")), reply(200, R"({"task":"x"})"));
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(*done, Submitted::already_exists);
  EXPECT_THAT(requests.at(1), StartsWith("GET /druid/indexer/v1/task/query-" + id + "/status "))
      << "not by the wording of the answer";
}

TEST_F(QueryTasks, OneThatDruidRefusesSaysWhy) {
  const auto done = submit(reply(400, written("query_task_refused.json")), reply(404, missing));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, ErrorKind::invalid);
  EXPECT_THAT(done.error().message, HasSubstr("maxNumTasks [1] cannot be less than 2"));
}

TEST_F(QueryTasks, EachFailureSaysWhetherItMayHaveHappened) {
  struct Case {
    const char* name;
    Reply answer;
    Reply known;
    ErrorKind kind;
    std::size_t requests;
  };
  const Reply unknown = reply(404, missing);
  for (const Case& c :
       {Case{"the Overlord was out of reach", reply(500, written("query_task_exists.json")),
             unknown, ErrorKind::unknown_outcome, 2},
        Case{"and still is", reply(500, "{}"), reply(503, ""), ErrorKind::unknown_outcome, 3},
        Case{"gateway", reply(504, ""), unknown, ErrorKind::unknown_outcome, 2},
        Case{"lost answer", {"", After::close}, unknown, ErrorKind::unknown_outcome, 1},
        Case{"no Broker", reply(503, ""), unknown, ErrorKind::unavailable, 1},
        Case{"too many queries", reply(429, ""), unknown, ErrorKind::unavailable, 1},
        Case{"no permission", reply(403, R"({"Access-Check-Result":"Unauthorized"})"), unknown,
             ErrorKind::denied, 1},
        Case{"no MSQ", reply(404, html_404), unknown, ErrorKind::invalid, 1}}) {
    const auto done = submit(c.answer, c.known);
    ASSERT_FALSE(done) << c.name;
    EXPECT_EQ(done.error().kind, c.kind) << c.name << ": " << done.error().message;
    EXPECT_EQ(requests.size(), c.requests) << c.name;
  }
}

TEST_F(QueryTasks, WithoutANameItIsNotSent) {
  ScriptedServer server(loop.io(), [](int, const std::string&) { return reply(202, ""); });
  auto client = client_for(server);
  for (const char* text : {"{}", R"({"context":{}})", R"({"context":[],"query":"x"})", "x"})
    EXPECT_EQ(loop.run(client->submit_query({text})).error().kind, ErrorKind::invalid) << text;
  EXPECT_TRUE(server.requests.empty());
}

TEST_F(QueryTasks, WhetherThereIsMsqIsAskedForByItsOwnPath) {
  struct Case {
    Reply answer;
    bool has;
  };
  for (const Case& c :
       {Case{reply(200, R"({"enabled":true})"), true}, Case{reply(404, html_404), false},
        Case{reply(404, ""), false}, Case{reply(404, R"({"enabled":false})"), false}}) {
    ScriptedServer server(loop.io(), [&](int, const std::string&) { return c.answer; });
    EXPECT_EQ(*loop.run(client_for(server)->runs_query_tasks()), c.has);
    EXPECT_THAT(server.requests.at(0), StartsWith("GET /druid/v2/sql/task/enabled "));
  }
  ScriptedServer down(loop.io(), [](int, const std::string&) { return reply(503, ""); });
  EXPECT_EQ(loop.run(client_for(down)->runs_query_tasks()).error().kind, ErrorKind::unavailable)
      << "not known is not absent";
}

TEST(QueryTaskAnswers, WorkersAreOfTheirControllersGroup) {
  const auto tasks = parse_tasks(written("query_tasks.json"));
  ASSERT_TRUE(tasks) << tasks.error().message;
  ASSERT_EQ(tasks->size(), 2U);
  EXPECT_EQ((*tasks)[0].type, "query_controller");
  EXPECT_EQ((*tasks)[0].id, "query-" + id);
  EXPECT_EQ((*tasks)[1].type, "query_worker");
  EXPECT_EQ((*tasks)[1].group_id, "query-" + id);
  EXPECT_EQ((*tasks)[1].datasource, "ds");
}

}  // namespace
}  // namespace henge::druid
