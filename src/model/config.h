// How one henge process is set up: where Druid is, where state is kept. What the configuration file
// declares.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "model/pipeline.h"
#include "model/time.h"

namespace henge {

struct BasicAuth {
  std::string username;
  Property password;  // a reference or plain text; resolved where a request is made
  bool operator==(const BasicAuth&) const = default;
};

struct TlsConfig {
  std::string ca;           // PEM file; the system's authorities if empty
  std::string certificate;  // PEM file of the client; both or none
  std::string key;
  bool verify = true;
  bool operator==(const TlsConfig&) const = default;
};

struct DruidConfig {
  std::string url = "http://127.0.0.1:8888";  // the Router, which leads to all services
  // Instead of the Router: all three, or none.
  std::string overlord;
  std::string coordinator;
  std::string broker;
  std::optional<BasicAuth> auth;
  TlsConfig tls;
  Millis connect_timeout = std::chrono::seconds(5);
  Millis request_timeout = std::chrono::seconds(30);
  Millis supervisor_timeout =
      std::chrono::seconds(120);  // Druid may take 80 s to stop a supervisor
  int calls_per_second_max = 20;
  bool operator==(const DruidConfig&) const = default;
};

struct DeltaConfig {
  std::string listen = "127.0.0.1:0";  // address:port; port 0 takes a free one
  std::string advertise;  // URL under which Druid's workers reach it; from `listen` if empty
  std::int64_t inline_max_bytes = 1 << 20;  // smaller deltas go inside the task
  Millis expiry = std::chrono::hours(24);   // how long a served address stays good
  bool operator==(const DeltaConfig&) const = default;
};

enum class LogLevel { trace, debug, info, warn, error };
enum class LogFormat { text, json };

struct LogConfig {
  LogLevel level = LogLevel::info;
  LogFormat format = LogFormat::text;
  bool operator==(const LogConfig&) const = default;
};

struct Config {
  DruidConfig druid;
  std::map<std::string, Property>
      kafka_properties;  // over each pipeline's, for henge's own consumers
  std::string state_directory = "./henge-state";
  DeltaConfig delta;
  Millis round_interval = std::chrono::seconds(5);
  Millis reconcile_interval = std::chrono::seconds(30);
  DriftConfig drift;
  LogConfig log;
  bool operator==(const Config&) const = default;
};

const char* to_string(LogLevel level);
const char* to_string(LogFormat format);

}  // namespace henge
