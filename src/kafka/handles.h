// Owners of librdkafka's objects, and its errors as henge's. Only this folder's .cc files include
// this.
#pragma once

#include <librdkafka/rdkafka.h>

#include <map>
#include <memory>
#include <string>

#include "model/result.h"

namespace henge::kafka {

using Properties = std::map<std::string, std::string>;

struct DeleteHandle {
  void operator()(rd_kafka_t* p) const { rd_kafka_destroy(p); }
  void operator()(rd_kafka_conf_t* p) const { rd_kafka_conf_destroy(p); }
  void operator()(rd_kafka_topic_t* p) const { rd_kafka_topic_destroy(p); }
  void operator()(rd_kafka_queue_t* p) const { rd_kafka_queue_destroy(p); }
  void operator()(rd_kafka_message_t* p) const { rd_kafka_message_destroy(p); }
  void operator()(rd_kafka_event_t* p) const { rd_kafka_event_destroy(p); }
  void operator()(rd_kafka_ConfigResource_t* p) const { rd_kafka_ConfigResource_destroy(p); }
  void operator()(rd_kafka_AdminOptions_t* p) const { rd_kafka_AdminOptions_destroy(p); }
  void operator()(const rd_kafka_metadata_t* p) const { rd_kafka_metadata_destroy(p); }
  void operator()(rd_kafka_topic_partition_list_t* p) const {
    rd_kafka_topic_partition_list_destroy(p);
  }
};

template <typename T>
using Owned = std::unique_ptr<T, DeleteHandle>;

// Errors: invalid - a property or a value that librdkafka does not know.
Result<Owned<rd_kafka_conf_t>> make_conf(const Properties& properties);
// A consumer that logs nothing by itself. Errors: invalid.
Result<Owned<rd_kafka_t>> make_consumer(Owned<rd_kafka_conf_t> conf);

// The kind by which henge reacts; `doing` says what was tried.
Error error_of(rd_kafka_resp_err_t code, const std::string& doing);

}  // namespace henge::kafka
