// Fills a topic for `./dev bench scan`: JSON records of about 150 bytes, about one in a hundred
// late. Usage: henge-bench-scan-produce BROKERS TOPIC RECORDS PARTITIONS
#include <fmt/format.h>
#include <librdkafka/rdkafka.h>

#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <string>
#include <string_view>

#include "model/time.h"

namespace {

using namespace henge;

std::int64_t number(const char* text) {
  std::int64_t value = 0;
  const std::string_view all(text);
  std::from_chars(all.data(), all.data() + all.size(), value);
  return value;
}

// The same topic for the same arguments, apart from the clock it begins at.
std::string record(std::int64_t i, Instant event) {
  return fmt::format(R"({{"ts":"{}","id":{},"user":"user-{:06}","country":"{}",)"
                     R"("page":"/products/{}/view","ms":{},"price":{}.{:02}}})",
                     to_iso(event), i, i * 7919 % 100'000, i % 3 == 0 ? "DE" : "US", i % 1000,
                     i % 977, i % 500, i % 100);
}

int fill(const char* brokers, const char* topic, std::int64_t records, std::int32_t partitions) {
  std::array<char, 512> why{};
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  for (const auto& [name, value] : std::array<std::pair<const char*, const char*>, 5>{
           {{"bootstrap.servers", brokers},
            {"compression.codec", "lz4"},
            {"linger.ms", "50"},
            {"batch.num.messages", "20000"},
            {"queue.buffering.max.messages", "500000"}}}) {
    if (rd_kafka_conf_set(conf, name, value, why.data(), why.size()) != RD_KAFKA_CONF_OK) {
      fmt::print(stderr, "{}\n", why.data());
      return 1;
    }
  }
  rd_kafka_t* producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why.data(), why.size());
  rd_kafka_topic_t* out = rd_kafka_topic_new(producer, topic, nullptr);
  const auto now = std::chrono::time_point_cast<Millis>(std::chrono::system_clock::now());
  std::int64_t bytes = 0;
  for (std::int64_t i = 0; i < records; ++i) {
    const bool late = i % 97 == 0;
    const std::string value =
        record(i, now - (late ? Millis(std::chrono::hours(2 + i % 40)) : Millis(i % 60'000)));
    bytes += static_cast<std::int64_t>(value.size());
    while (rd_kafka_produce(out, static_cast<std::int32_t>(i % partitions), RD_KAFKA_MSG_F_COPY,
                            const_cast<char*>(value.data()), value.size(), nullptr, 0,
                            nullptr) != 0) {
      if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
        fmt::print(stderr, "{}\n", rd_kafka_err2str(rd_kafka_last_error()));
        return 1;
      }
      rd_kafka_poll(producer, 10);
    }
    if (i % 10'000 == 0) rd_kafka_poll(producer, 0);
  }
  const auto flushed = rd_kafka_flush(producer, 120'000);
  rd_kafka_topic_destroy(out);
  rd_kafka_destroy(producer);
  if (flushed != RD_KAFKA_RESP_ERR_NO_ERROR) {
    fmt::print(stderr, "{}\n", rd_kafka_err2str(flushed));
    return 1;
  }
  fmt::print(R"({{"records":{},"bytes":{}}})"
             "\n",
             records, bytes);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    fmt::print(stderr, "usage: henge-bench-scan-produce BROKERS TOPIC RECORDS PARTITIONS\n");
    return 1;
  }
  return fill(argv[1], argv[2], number(argv[3]), static_cast<std::int32_t>(number(argv[4])));
}
