// One simulated world: a seed makes pipelines, producers, Kafka, Druid and henge, and what goes
// wrong between them; one thread runs it in virtual time; the laws are checked on the way. The same
// options give the same log.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/faults.h"

namespace henge::sim {

struct SimOptions {
  std::uint64_t seed = 1;
  Millis length = std::chrono::hours(1);
  bool faults = true;
  bool harsh = false;  // every kind of fault in one run
  bool trace = false;
  std::string mutant;  // a bug that is put in; none if empty
  // To repeat a run with less: these faults instead of the drawn ones, fewer pipelines, an earlier
  // end of all records.
  std::optional<std::vector<Fault>> only_faults;
  std::optional<std::size_t> pipelines_max;
  std::optional<Millis> produce_for;
};

struct Violation {
  std::string law;
  std::string what;
  Millis at{};  // since the start
};

struct SimResult {
  std::uint64_t seed = 0;
  std::int64_t steps = 0;
  std::int64_t records = 0;
  std::int64_t calls = 0;   // to Druid
  std::int64_t events = 0;  // in the ledger
  std::int64_t lives = 0;   // of henge
  std::int64_t seals = 0;
  std::int64_t repairs = 0;  // confirmed
  std::vector<Fault> faults;
  std::optional<Violation> violation;
  std::vector<std::string> trace;  // if asked for
  std::string digest;              // of all that is durable; equal runs have equal ones
};

SimResult simulate(const SimOptions& options);

// The same violation with as little as can be found in some repetitions: fewer faults, pipelines
// and records. `failing` has violated a law.
SimOptions shorten(const SimOptions& options, const SimResult& failing);

}  // namespace henge::sim
