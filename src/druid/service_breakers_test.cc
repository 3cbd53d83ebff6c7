// One breaker a service, and which service an address is of.
#include "druid/service_breakers.h"

#include <gtest/gtest.h>

namespace henge::druid {
namespace {

using ports::Service;
using std::chrono::seconds;

TEST(ServiceOf, ByThePathWhateverTheHost) {
  struct Row {
    const char* url;
    std::optional<Service> service;
  };
  const std::vector<Row> rows = {
      {"http://h:8888/druid/indexer/v1/task", Service::overlord},
      {"https://h/druid/indexer/v1/supervisor/a/status", Service::overlord},
      {"http://h:8888/proxy/overlord/status", Service::overlord},
      {"http://h:8081/druid/coordinator/v1/rules", Service::coordinator},
      {"http://h:8888/proxy/coordinator/status", Service::coordinator},
      {"http://h:8082/druid/v2/", Service::broker},
      {"http://h:8082/druid/v2/sql", Service::broker},
      {"http://h:8082/status", std::nullopt},
      {"http://h", std::nullopt},
      {"", std::nullopt},
  };
  for (const Row& row : rows) EXPECT_EQ(service_of(row.url), row.service) << row.url;
}

class Breakers : public testing::Test {
 protected:
  void fails(Service service, int times, ErrorKind kind = ErrorKind::unavailable) {
    const Error error{kind, "503 from it"};
    for (int i = 0; i < times; ++i) {
      if (!breakers.permit(service)) return;
      breakers.ended(service, &error);
    }
  }
  void answers(Service service) {
    ASSERT_TRUE(breakers.permit(service));
    breakers.ended(service, nullptr);
  }
  Millis now{0};
  ServiceBreakers breakers{{}, [] { return 1.0; }, [this] { return now; }};
};

TEST_F(Breakers, OneServiceThatIsDownShutsNoOther) {
  fails(Service::broker, 5);
  EXPECT_FALSE(breakers.permit(Service::broker));
  EXPECT_TRUE(breakers.permit(Service::coordinator));
  EXPECT_TRUE(breakers.permit(Service::overlord));
  EXPECT_TRUE(breakers.permit(std::nullopt));
  EXPECT_EQ(breakers.shut(), (std::map<Service, std::string>{{Service::broker, "503 from it"}}));
}

TEST_F(Breakers, WhatIsRefusedWasNotDone) {
  fails(Service::coordinator, 5);
  const auto refused = breakers.permit(Service::coordinator);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::unavailable) << "it may be tried again";
  EXPECT_NE(refused.error().message.find("the Coordinator failed"), std::string::npos);
  EXPECT_NE(refused.error().message.find("503 from it"), std::string::npos);
}

TEST_F(Breakers, AnAnswerThatSaysNoIsAnAnswer) {
  fails(Service::overlord, 20, ErrorKind::invalid);
  fails(Service::overlord, 20, ErrorKind::not_found);
  fails(Service::overlord, 20, ErrorKind::cancelled);
  EXPECT_TRUE(breakers.permit(Service::overlord));
  EXPECT_TRUE(breakers.shut().empty());
}

TEST_F(Breakers, FailuresCountInARowOnly) {
  fails(Service::overlord, 4);
  answers(Service::overlord);
  fails(Service::overlord, 4, ErrorKind::unknown_outcome);
  EXPECT_TRUE(breakers.shut().empty());
}

TEST_F(Breakers, SingleCallsSeeThatItIsBack) {
  fails(Service::broker, 5);
  now += seconds(2);
  ASSERT_TRUE(breakers.permit(Service::broker));
  EXPECT_FALSE(breakers.permit(Service::broker)) << "one at a time";
  breakers.ended(Service::broker, nullptr);
  EXPECT_EQ(breakers.shut().size(), 1u) << "one may be chance";
  answers(Service::broker);
  EXPECT_TRUE(breakers.shut().empty());
  EXPECT_TRUE(breakers.permit(Service::broker));
  EXPECT_TRUE(breakers.permit(Service::broker));
}

}  // namespace
}  // namespace henge::druid
