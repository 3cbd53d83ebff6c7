#include "kafka/properties.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

namespace henge::kafka {

namespace {

using Pairs = std::map<std::string, std::string>;

// The same meaning under the same name, or under librdkafka's.
constexpr std::array<std::pair<std::string_view, std::string_view>, 18> counterparts{{
    {"bootstrap.servers", "bootstrap.servers"},
    {"client.id", "client.id"},
    {"client.rack", "client.rack"},
    {"security.protocol", "security.protocol"},
    {"sasl.mechanism", "sasl.mechanisms"},
    {"sasl.kerberos.service.name", "sasl.kerberos.service.name"},
    {"ssl.endpoint.identification.algorithm", "ssl.endpoint.identification.algorithm"},
    {"ssl.cipher.suites", "ssl.cipher.suites"},
    {"ssl.key.password", "ssl.key.password"},
    {"fetch.min.bytes", "fetch.min.bytes"},
    {"fetch.max.bytes", "fetch.max.bytes"},
    {"fetch.max.wait.ms", "fetch.wait.max.ms"},
    {"max.partition.fetch.bytes", "fetch.message.max.bytes"},
    {"metadata.max.age.ms", "topic.metadata.refresh.interval.ms"},
    {"connections.max.idle.ms", "connections.max.idle.ms"},
    {"receive.buffer.bytes", "socket.receive.buffer.bytes"},
    {"reconnect.backoff.ms", "reconnect.backoff.ms"},
    {"reconnect.backoff.max.ms", "reconnect.backoff.max.ms"},
}};

// PEM files and texts work in both; ssl.*.type says which it is.
constexpr std::array<std::pair<std::string_view, std::string_view>, 5> pem_counterparts{{
    {"ssl.truststore.location", "ssl.ca.location"},
    {"ssl.truststore.certificates", "ssl.ca.pem"},
    {"ssl.keystore.location", "ssl.certificate.location"},
    {"ssl.keystore.certificate.chain", "ssl.certificate.pem"},
    {"ssl.keystore.key", "ssl.key.pem"},
}};

template <std::size_t N>
std::optional<std::string> counterpart(
    const std::array<std::pair<std::string_view, std::string_view>, N>& table,
    std::string_view name) {
  const auto* found =
      std::ranges::find(table, name, &std::pair<std::string_view, std::string_view>::first);
  if (found == table.end()) return std::nullopt;
  return std::string(found->second);
}

bool is_pem(const Pairs& consumer, std::string_view name) {
  const std::string kind =
      name.starts_with("ssl.truststore") ? "ssl.truststore.type" : "ssl.keystore.type";
  const auto type = consumer.find(kind);
  return type != consumer.end() && type->second == "PEM";
}

// The value of key="..." in a JAAS line.
std::optional<std::string> jaas_option(std::string_view jaas, std::string_view key) {
  const std::string begin = fmt::format("{}=\"", key);
  const std::size_t at = jaas.find(begin);
  if (at == std::string_view::npos) return std::nullopt;
  std::string value;
  for (std::size_t i = at + begin.size(); i < jaas.size() && jaas[i] != '"'; ++i) {
    if (jaas[i] == '\\' && i + 1 < jaas.size()) ++i;
    value += jaas[i];
  }
  return value;
}

Result<void> add_login(std::string_view jaas, Pairs& to) {
  const bool known = jaas.find("PlainLoginModule") != std::string_view::npos ||
                     jaas.find("ScramLoginModule") != std::string_view::npos;
  const auto user = jaas_option(jaas, "username");
  const auto password = jaas_option(jaas, "password");
  if (!known || !user || !password) {
    return fail(ErrorKind::invalid,
                "henge's Kafka client cannot take its login from this sasl.jaas.config (it knows "
                "the plain and scram "
                "modules with username and password); set sasl.username and sasl.password under "
                "kafka.properties in "
                "henge's configuration");
  }
  to["sasl.username"] = *user;
  to["sasl.password"] = *password;
  return {};
}

}  // namespace

Result<ClientProperties> client_properties(const Pairs& consumer, const Pairs& overrides) {
  ClientProperties client;
  for (const auto& [name, value] : consumer) {
    if (const auto same = counterpart(counterparts, name)) {
      // Java's empty algorithm is librdkafka's none.
      const bool off = name == "ssl.endpoint.identification.algorithm" && value.empty();
      client.properties[*same] = off ? "none" : value;
    } else if (name == "sasl.jaas.config") {
      if (!overrides.contains("sasl.username")) TRY_VOID(add_login(value, client.properties));
    } else if (const auto pem = counterpart(pem_counterparts, name)) {
      if (!is_pem(consumer, name)) {
        if (overrides.contains(*pem)) continue;
        return fail(
            ErrorKind::invalid,
            fmt::format(
                "henge's Kafka client reads PEM files only, not what {} names; set {} under "
                "kafka.properties in henge's configuration",
                name, *pem));
      }
      client.properties[*pem] = value;
      // A PEM key store holds the key, too.
      if (name == "ssl.keystore.location") client.properties["ssl.key.location"] = value;
    } else {
      client.ignored.push_back(name);
    }
  }
  for (const auto& [name, value] : overrides) client.properties[name] = value;
  if (!client.properties.contains("bootstrap.servers")) {
    return fail(ErrorKind::invalid, "consumerProperties have no bootstrap.servers");
  }
  return client;
}

}  // namespace henge::kafka
