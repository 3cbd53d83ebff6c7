// A Kafka cluster inside the test's process: librdkafka's own, reached over loopback. Only for
// tests.
#pragma once

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <array>
#include <optional>
#include <string>

#include "kafka/handles.h"

namespace henge::kafka {

class MockKafka {
 public:
  MockKafka() {
    std::array<char, 256> why{};
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "test.mock.num.brokers", "1", why.data(), why.size());
    rd_kafka_conf_set(conf, "linger.ms", "0", why.data(), why.size());
    rd_kafka_conf_set(conf, "log_level", "0", why.data(), why.size());
    producer_.reset(rd_kafka_new(RD_KAFKA_PRODUCER, conf, why.data(), why.size()));
    cluster_ = rd_kafka_handle_mock_cluster(producer_.get());
  }

  [[nodiscard]] std::string brokers() const { return rd_kafka_mock_cluster_bootstraps(cluster_); }
  void make_topic(const char* topic, int partitions) {
    rd_kafka_mock_topic_create(cluster_, topic, partitions, 1);
  }
  void set_down() { rd_kafka_mock_broker_set_down(cluster_, 1); }
  void set_up() { rd_kafka_mock_broker_set_up(cluster_, 1); }
  // Makes the broker say that there is no such topic.
  void forget_topic(const char* topic, bool forget) {
    rd_kafka_mock_topic_set_error(
        cluster_, topic,
        forget ? RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART : RD_KAFKA_RESP_ERR_NO_ERROR);
  }
  // Nothing as the value makes a tombstone.
  void send(const char* topic, std::int32_t partition, std::int64_t arrival_ms,
            const std::optional<std::string>& value) {
    std::array<rd_kafka_vu_t, 5> fields{};
    fields[0].vtype = RD_KAFKA_VTYPE_TOPIC;
    fields[0].u.cstr = topic;
    fields[1].vtype = RD_KAFKA_VTYPE_PARTITION;
    fields[1].u.i32 = partition;
    fields[2].vtype = RD_KAFKA_VTYPE_VALUE;
    fields[2].u.mem.ptr = value ? const_cast<char*>(value->data()) : nullptr;
    fields[2].u.mem.size = value ? value->size() : 0;
    fields[3].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
    fields[3].u.i = RD_KAFKA_MSG_F_COPY;
    fields[4].vtype = RD_KAFKA_VTYPE_TIMESTAMP;
    fields[4].u.i64 = arrival_ms;
    rd_kafka_error_t* error = rd_kafka_produceva(producer_.get(), fields.data(), fields.size());
    invariant(error == nullptr, "the mock cluster takes every record");
  }
  void flush() { rd_kafka_flush(producer_.get(), 10'000); }

 private:
  Owned<rd_kafka_t> producer_;
  rd_kafka_mock_cluster_t* cluster_ = nullptr;
};

}  // namespace henge::kafka
