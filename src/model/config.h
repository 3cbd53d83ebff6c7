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

// What loads may take, and how their schedule is drawn. See docs/routing.md.
struct LoadsConfig {
  int slots_max = 4;                            // worker slots, of all loads together
  int datasource_slots_max = 4;                 // of the loads of one datasource
  std::map<std::string, int> datasources;       // where one has a number of its own
  Millis patience = std::chrono::hours(1);      // a task without a deadline is to start within it
  Millis starve_after = std::chrono::hours(6);  // who waits longer goes first
  std::int64_t task_rows_max = 50'000'000;
  std::int64_t task_chunks_max = 100;
  std::int64_t single_rows_max = 5'000'000;  // up to here a task has no sub-tasks
  std::int64_t sub_task_rows = 2'500'000;
  int sub_tasks_max = 8;
  std::int64_t rows_per_slot_second = 20'000;  // where nothing was measured
  bool msq = false;  // take MSQ where the cluster has it and it is the faster way
  Millis window_max = std::chrono::hours(2);  // so long may streaming stand for one load
  // A folder, a bucket (s3://) or an address whose health is deep storage's; empty: only what tasks
  // report is known.
  std::string deep_storage;
  std::string s3_endpoint = "https://s3.amazonaws.com";  // where buckets are looked at
  bool operator==(const LoadsConfig&) const = default;
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
  LoadsConfig loads;
  LogConfig log;
  bool operator==(const Config&) const = default;
};

const char* to_string(LogLevel level);
const char* to_string(LogFormat format);

}  // namespace henge
