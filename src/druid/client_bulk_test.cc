#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "druid/client.h"
#include "runtime/scripted_server.h"
#include "runtime/test_loop.h"

namespace henge::druid {
namespace {

using runtime::After;
using runtime::Reply;
using runtime::reply;
using runtime::ScriptedServer;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const Interval day{instant_of_ms(1'767'225'600'000), instant_of_ms(1'767'312'000'000)};

class DruidBulkTest : public testing::Test {
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
  // Answers everything alike.
  std::unique_ptr<ScriptedServer> always(Reply answer) {
    return std::make_unique<ScriptedServer>(loop.io(),
                                            [answer](int, const std::string&) { return answer; });
  }

  runtime::TestLoop loop;
};

TEST_F(DruidBulkTest, EachCallAsksAtItsPath) {
  struct Case {
    const char* answer;
    std::function<bool(DruidClient&)> call;
    const char* request;
  };
  for (const Case& c : std::vector<Case>{
           {"[]", [&](DruidClient& d) { return loop.run(d.supervisors()).has_value(); },
            "GET /druid/indexer/v1/supervisor?full HTTP"},
           {"[]", [&](DruidClient& d) { return loop.run(d.supervisor_history("a b")).has_value(); },
            "GET /druid/indexer/v1/supervisor/a%20b/history HTTP"},
           {R"({"datasourceToLocks":{}})",
            [&](DruidClient& d) { return loop.run(d.locks({"d"})).has_value(); },
            "POST /druid/indexer/v1/activeLocks HTTP"},
           {"[]", [&](DruidClient& d) { return loop.run(d.segment_digests()).has_value(); },
            "POST /druid/v2/sql HTTP"},
           {"[]", [&](DruidClient& d) { return loop.run(d.segments({"a/b", "c"})).has_value(); },
            "GET "
            "/druid/coordinator/v1/metadata/segments?includeOvershadowedStatus&datasources=a%2Fb"
            "&datasources=c HTTP"},
           {"{}", [&](DruidClient& d) { return loop.run(d.all_rules()).has_value(); },
            "GET /druid/coordinator/v1/rules HTTP"},
           {R"({"compactionConfigs":[]})",
            [&](DruidClient& d) { return loop.run(d.compaction_configs()).has_value(); },
            "GET /druid/coordinator/v1/config/compaction HTTP"},
           {"http://o:1", [&](DruidClient& d) { return loop.run(d.overlord_leader()).has_value(); },
            "GET /druid/indexer/v1/leader HTTP"},
           {"{}", [&](DruidClient& d) { return loop.run(d.mark_used("d", day)).has_value(); },
            "POST /druid/indexer/v1/datasources/d/markUsed HTTP"},
           {"[]", [&](DruidClient& d) { return loop.run(d.unused_segments("d", day)).has_value(); },
            "GET /druid/coordinator/v1/metadata/datasources/d/unusedSegments?interval="
            "2026-01-01T00%3A00%3A00.000Z%2F2026-01-02T00%3A00%3A00.000Z HTTP"},
           {"", [&](DruidClient& d) { return loop.run(d.set_rules("d", {}, {})).has_value(); },
            "POST /druid/coordinator/v1/rules/d HTTP"},
           {"{}",
            [&](DruidClient& d) {
              return loop.run(d.set_compaction("d", JsonText{"{}"}, {})).has_value();
            },
            "POST /druid/coordinator/v1/config/compaction HTTP"},
           {"{}",
            [&](DruidClient& d) {
              return loop.run(d.set_compaction("d", JsonText{}, {})).has_value();
            },
            "DELETE /druid/coordinator/v1/config/compaction/d HTTP"},
           {"{}", [&](DruidClient& d) { return loop.run(d.sample(JsonText{"{}"})).has_value(); },
            "POST /druid/indexer/v1/sampler HTTP"},
           {"{}",
            [&](DruidClient& d) { return loop.run(d.terminate_supervisor("a", {})).has_value(); },
            "POST /druid/indexer/v1/supervisor/a/terminate HTTP"},
           {"[]", [&](DruidClient& d) { return loop.run(d.active_tasks("")).has_value(); },
            "GET /druid/indexer/v1/tasks?state=waiting HTTP"}}) {
    const auto server = always(reply(200, c.answer));
    auto client = client_for(*server);
    EXPECT_TRUE(c.call(*client)) << c.request;
    ASSERT_FALSE(server->requests.empty()) << c.request;
    EXPECT_THAT(server->requests.at(0), StartsWith(c.request));
  }
}

TEST_F(DruidBulkTest, EachCallPassesOnThatItIsNotAllowed) {
  const auto server = always(reply(403, R"({"Access-Check-Result":"Unauthorized"})"));
  auto client = client_for(*server);
  EXPECT_EQ(loop.run(client->supervisors()).error().kind, ErrorKind::denied);
  EXPECT_EQ(loop.run(client->supervisor_history("a")).error().kind, ErrorKind::denied);
  EXPECT_EQ(loop.run(client->locks({"d"})).error().kind, ErrorKind::denied);
  EXPECT_EQ(loop.run(client->segment_digests()).error().kind, ErrorKind::denied);
  EXPECT_EQ(loop.run(client->segments({"d"})).error().kind, ErrorKind::denied);
  EXPECT_EQ(loop.run(client->all_rules()).error().kind, ErrorKind::denied);
  EXPECT_EQ(loop.run(client->compaction_configs()).error().kind, ErrorKind::denied);
  EXPECT_EQ(loop.run(client->mark_used("d", day)).error().kind, ErrorKind::denied);
  EXPECT_EQ(loop.run(client->unused_segments("d", day)).error().kind, ErrorKind::denied);
  EXPECT_EQ(loop.run(client->set_rules("d", {}, {})).error().kind, ErrorKind::denied);
  EXPECT_EQ(loop.run(client->set_compaction("d", JsonText{}, {})).error().kind, ErrorKind::denied);
  EXPECT_EQ(loop.run(client->sample(JsonText{"{}"})).error().kind, ErrorKind::denied);
}

TEST_F(DruidBulkTest, WhoChangedAndWhyGoesWithTheChange) {
  const auto server = always(reply(200, "{}"));
  auto client = client_for(*server);
  const Audit audit{"henge", "first line\r\nX-Evil: 1"};
  ASSERT_TRUE(loop.run(client->post_supervisor(JsonText{"{}"}, audit)));
  ASSERT_TRUE(loop.run(client->suspend_supervisor("a", audit)));
  ASSERT_TRUE(loop.run(client->resume_supervisor("a", audit)));
  ASSERT_TRUE(loop.run(client->terminate_supervisor("a", audit)));
  ASSERT_TRUE(loop.run(client->set_rules("d", {}, audit)));
  ASSERT_TRUE(loop.run(client->set_compaction("d", JsonText{"{}"}, audit)));
  ASSERT_TRUE(loop.run(client->set_compaction("d", JsonText{}, audit)));
  ASSERT_EQ(server->requests.size(), 7U);
  for (const std::string& request : server->requests) {
    EXPECT_THAT(request, HasSubstr("X-Druid-Author: henge\r\n"));
    EXPECT_THAT(request, HasSubstr("X-Druid-Comment: first line  X-Evil: 1\r\n"));
  }
  ASSERT_TRUE(loop.run(client->set_rules("d", {}, {})));
  EXPECT_THAT(server->requests.back(), Not(HasSubstr("X-Druid-")));
}

TEST_F(DruidBulkTest, NothingToAskForIsNoCall) {
  const auto server = always(reply(500, ""));
  auto client = client_for(*server);
  EXPECT_TRUE(loop.run(client->locks({}))->empty());
  EXPECT_EQ(loop.run(client->segments({}))->size(), 0);
  EXPECT_TRUE(server->requests.empty());
}

TEST_F(DruidBulkTest, NoHistoryIsAnEmptyOneAndNoSupervisorCantBeTerminated) {
  const auto server = always(reply(404, R"({"error":"No history for [x]."})"));
  auto client = client_for(*server);
  EXPECT_TRUE(loop.run(client->supervisor_history("x"))->empty());
  EXPECT_EQ(loop.run(client->terminate_supervisor("x", {})).error().kind, ErrorKind::not_found);
  EXPECT_TRUE(loop.run(client->set_compaction("x", JsonText{}, {})));
  EXPECT_EQ(loop.run(client->set_compaction("x", JsonText{"{}"}, {})).error().kind,
            ErrorKind::not_found);
}

TEST_F(DruidBulkTest, ATerminationWithoutAnswerMayHaveHappened) {
  const auto server = always(Reply{"", After::close});
  EXPECT_EQ(loop.run(client_for(*server)->terminate_supervisor("x", {})).error().kind,
            ErrorKind::unknown_outcome);
  EXPECT_EQ(server->requests.size(), 1U);
}

TEST_F(DruidBulkTest, MarkingUsedAsksForJsonByName) {
  const auto server = always(reply(200, R"({"numChangedSegments":1})"));
  EXPECT_TRUE(loop.run(client_for(*server)->mark_used("d", day)));
  EXPECT_THAT(server->requests.at(0), HasSubstr("Accept: application/json\r\n"));
  EXPECT_THAT(server->requests.at(0),
              EndsWith(R"({"interval":"2026-01-01T00:00:00.000Z/2026-01-02T00:00:00.000Z"})"));
}

std::string segment_of(const std::string& datasource, int n) {
  return fmt::format(
      R"({{"dataSource":"{}","interval":"2026-01-01T00:00:00.000Z/2026-01-02T00:00:00.000Z",)"
      R"("version":"v","dimensions":"a","metrics":"m","shardSpec":{{"partitionNum":{}}},)"
      R"("size":9}})",
      datasource, n);
}

TEST_F(DruidBulkTest, ALongListOfNamesGoesInSeveralCallsIntoOneTable) {
  ScriptedServer server(loop.io(), [](int n, const std::string&) {
    return reply(200, "[" + segment_of(fmt::format("d{}", n), n) + "]");
  });
  std::vector<std::string> names;
  for (int n = 0; n < 1000; ++n) names.push_back(fmt::format("a_datasource_{:04}", n));
  const auto table = loop.run(client_for(server)->segments(names));
  ASSERT_TRUE(table) << table.error().message;
  ASSERT_GT(server.requests.size(), 1U);
  EXPECT_EQ(table->size(), static_cast<std::int64_t>(server.requests.size()));
  std::size_t asked = 0;
  for (const std::string& request : server.requests) {
    EXPECT_LT(request.find(" HTTP/1.1"), 8000U);
    for (std::size_t at = 0; (at = request.find("&datasources=", at)) != std::string::npos; ++at) {
      ++asked;
    }
  }
  EXPECT_EQ(asked, names.size());
}

TEST_F(DruidBulkTest, AListOfSegmentsThatIsCutOffIsNotTakenForTheWhole) {
  // By the connection, by a server that ends the body early, and by neither.
  const std::string cut = "[" + segment_of("d", 0) + ",";
  for (const Reply& answer :
       {Reply{"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + cut, After::close},
        Reply{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n[{}\r\n", After::close},
        reply(200, cut), reply(200, ""), reply(200, "{}"), reply(200, "[{}]")}) {
    const auto server = always(answer);
    const auto table = loop.run(client_for(*server)->segments({"d"}));
    ASSERT_FALSE(table) << answer.bytes;
    EXPECT_EQ(table.error().kind, ErrorKind::unavailable) << table.error().message;
    EXPECT_THAT(table.error().message, HasSubstr("/metadata/segments"));
  }
}

TEST_F(DruidBulkTest, SegmentsInChunksAreOneList) {
  const std::string first = "[" + segment_of("d", 0) + "," + segment_of("d", 1).substr(0, 50);
  const std::string second = segment_of("d", 1).substr(50) + "]";
  const auto server =
      always(Reply{fmt::format("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{}\r\n"
                               "{:x}\r\n{}\r\n0\r\n\r\n",
                               first.size(), first, second.size(), second)});
  const auto table = loop.run(client_for(*server)->segments({"d"}));
  ASSERT_TRUE(table) << table.error().message;
  EXPECT_EQ(table->size(), 2);
}

TEST_F(DruidBulkTest, AllTasksAreAskedForWithoutADatasource) {
  const auto server = always(reply(200, "[]"));
  EXPECT_TRUE(loop.run(client_for(*server)->active_tasks("")));
  ASSERT_EQ(server->requests.size(), 3U);
  for (const std::string& request : server->requests) {
    EXPECT_THAT(request, Not(HasSubstr("datasource")));
  }
}

}  // namespace
}  // namespace henge::druid
