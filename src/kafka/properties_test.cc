// From the Java client's properties to librdkafka's.
#include "kafka/properties.h"

#include <gtest/gtest.h>

namespace henge::kafka {
namespace {

using Pairs = std::map<std::string, std::string>;

TEST(ClientProperties, names_are_carried_over) {
  const auto client = client_properties({{"bootstrap.servers", "a:9092,b:9092"},
                                         {"sasl.mechanism", "SCRAM-SHA-512"},
                                         {"fetch.max.wait.ms", "100"},
                                         {"ssl.endpoint.identification.algorithm", ""},
                                         {"max.poll.records", "500"},
                                         {"key.deserializer", "x"}},
                                        {});
  ASSERT_TRUE(client);
  EXPECT_EQ(client->properties, (Pairs{{"bootstrap.servers", "a:9092,b:9092"},
                                       {"sasl.mechanisms", "SCRAM-SHA-512"},
                                       {"fetch.wait.max.ms", "100"},
                                       {"ssl.endpoint.identification.algorithm", "none"}}));
  EXPECT_EQ(client->ignored, (std::vector<std::string>{"key.deserializer", "max.poll.records"}));
}

TEST(ClientProperties, logins_of_plain_and_scram) {
  const auto client = client_properties({{"bootstrap.servers", "a:1"},
                                         {"sasl.jaas.config",
                                          "org.apache.kafka.common.security.plain.PlainLoginModule "
                                          R"(required username="u" password="p\"q";)"}},
                                        {});
  ASSERT_TRUE(client);
  EXPECT_EQ(client->properties.at("sasl.username"), "u");
  EXPECT_EQ(client->properties.at("sasl.password"), "p\"q");
}

TEST(ClientProperties, what_has_no_counterpart_is_refused_without_its_value) {
  const auto login = client_properties(
      {{"bootstrap.servers", "a:1"}, {"sasl.jaas.config", "Krb5LoginModule secret"}}, {});
  ASSERT_FALSE(login);
  EXPECT_EQ(login.error().message.find("secret"), std::string::npos);
  const Pairs store{{"bootstrap.servers", "a:1"}, {"ssl.truststore.location", "/etc/trust.jks"}};
  ASSERT_FALSE(client_properties(store, {}));
  EXPECT_NE(client_properties(store, {}).error().message.find("ssl.ca.location"),
            std::string::npos);
  const auto helped = client_properties(store, {{"ssl.ca.location", "/etc/ca.pem"}});
  ASSERT_TRUE(helped);
  EXPECT_EQ(helped->properties.at("ssl.ca.location"), "/etc/ca.pem");
  EXPECT_FALSE(client_properties({}, {}));
}

TEST(ClientProperties, pem_files) {
  const auto client = client_properties({{"bootstrap.servers", "a:1"},
                                         {"ssl.truststore.type", "PEM"},
                                         {"ssl.truststore.location", "/ca.pem"},
                                         {"ssl.keystore.type", "PEM"},
                                         {"ssl.keystore.location", "/me.pem"}},
                                        {});
  ASSERT_TRUE(client);
  EXPECT_EQ(client->properties.at("ssl.ca.location"), "/ca.pem");
  EXPECT_EQ(client->properties.at("ssl.certificate.location"), "/me.pem");
  EXPECT_EQ(client->properties.at("ssl.key.location"), "/me.pem");
}

TEST(ClientProperties, overrides_win) {
  const auto client =
      client_properties({{"bootstrap.servers", "a:1"}}, {{"bootstrap.servers", "b:2"}});
  EXPECT_EQ(client->properties.at("bootstrap.servers"), "b:2");
}

}  // namespace
}  // namespace henge::kafka
