// What a seed makes the world of: pipelines, their topics, and how records come.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "model/pipeline.h"
#include "sim/random.h"

namespace henge::sim {

// How records come to one topic.
struct Flow {
  Millis pause{};   // between two appends to a partition, on average
  double late = 0;  // shares of the records
  double early = 0;
  double unparseable = 0;
  double null = 0;
  double burst = 0;  // an append that brings many records at once
  std::int64_t burst_max = 1;
  double replay = 0;         // an append that brings old history, over many chunks
  Millis replay_back{};      // how far back at the most
  bool create_time = false;  // the producers' clocks decide on arrival
  Millis disorder{};         // how far back those go at the most
  double idle = 0;           // share of the partitions that get nothing for long
};

struct Subject {
  std::string document;  // as a file declares it
  Pipeline pipeline;
  int partitions = 1;
  Flow flow;
};

struct Scenario {
  Instant start{};
  Millis length{};
  Millis produce_for{};  // then only time goes on, and faults are over
  Millis round_interval{};
  Millis batch_interval{};
  std::int64_t inline_bytes_max = 0;
  std::vector<Subject> subjects;
};

Scenario draw_scenario(const Random& random, Millis length);

// The document with settings that may change under a running count; `variant` says which.
std::string changed_document(const Subject& subject, std::uint64_t variant);
// A document that henge has to refuse.
std::string wrong_document(const Subject& subject, std::uint64_t variant);

}  // namespace henge::sim
