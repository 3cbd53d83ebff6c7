#include "kafka/handles.h"

#include <fmt/format.h>

#include <array>

namespace henge::kafka {

namespace {

void log_nothing(const rd_kafka_t*, int, const char*, const char*) {}

ErrorKind kind_of(rd_kafka_resp_err_t code) {
  // Not a complete switch: librdkafka has some hundred codes, and all but these mean to try again.
  if (code == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC || code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
      code == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION) {
    return ErrorKind::not_found;
  }
  if (code == RD_KAFKA_RESP_ERR__AUTHENTICATION ||
      code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED ||
      code == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED ||
      code == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED ||
      code == RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED || code == RD_KAFKA_RESP_ERR__SSL) {
    return ErrorKind::denied;
  }
  if (code == RD_KAFKA_RESP_ERR__INVALID_ARG || code == RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION)
    return ErrorKind::invalid;
  return ErrorKind::unavailable;
}

}  // namespace

Result<Owned<rd_kafka_conf_t>> make_conf(const Properties& properties) {
  Owned<rd_kafka_conf_t> conf(rd_kafka_conf_new());
  std::array<char, 512> why{};
  for (const auto& [name, value] : properties) {
    if (rd_kafka_conf_set(conf.get(), name.c_str(), value.c_str(), why.data(), why.size()) !=
        RD_KAFKA_CONF_OK) {
      // librdkafka's text may repeat the value, which may be a secret.
      return fail(ErrorKind::invalid,
                  fmt::format("henge's Kafka client does not accept the property '{}'", name));
    }
  }
  rd_kafka_conf_set_log_cb(conf.get(), &log_nothing);
  return conf;
}

Result<Owned<rd_kafka_t>> make_consumer(Owned<rd_kafka_conf_t> conf) {
  std::array<char, 512> why{};
  rd_kafka_t* made = rd_kafka_new(RD_KAFKA_CONSUMER, conf.get(), why.data(), why.size());
  if (made == nullptr) return fail(ErrorKind::invalid, fmt::format("Kafka client: {}", why.data()));
  static_cast<void>(conf.release());  // it belongs to the consumer now
  return Owned<rd_kafka_t>(made);
}

Error error_of(rd_kafka_resp_err_t code, const std::string& doing) {
  return {kind_of(code), fmt::format("{}: {}", doing, rd_kafka_err2str(code))};
}

}  // namespace henge::kafka
