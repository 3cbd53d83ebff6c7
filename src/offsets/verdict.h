// Whether Druid can still read what it has not committed, and whether the topic is the one it read:
// from what Kafka, Druid and the ledger say, a verdict on each partition. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ledger/state.h"
#include "model/druid.h"
#include "model/topic.h"

namespace henge::offsets {

enum class Verdict {
  ok,
  unknown,            // Druid's committed offset is not known
  new_partition,      // the topic has it, Druid has not read it yet
  at_risk,            // retention will reach what is not committed, soon
  lost,               // retention took records that Druid never committed
  removed_partition,  // Druid or henge read it, the topic does not have it any more
  ahead,              // the topic was made anew: what was read lies beyond its end, or was another
};
const char* to_string(Verdict verdict);

// How far henge had read, by partition.
using Scanned = std::map<std::int32_t, ledger::PartitionState>;

// What Druid says of its positions; a partition it can't tell is missing.
struct DruidOffsets {
  PartitionOffsets committed;
  PartitionOffsets reading;  // the furthest reader
  bool known = false;        // the supervisor answered
};
DruidOffsets druid_offsets(const SupervisorStatus& status);

struct PartitionRow {
  std::int32_t partition = 0;
  std::optional<std::int64_t> start;
  std::optional<std::int64_t> committed;
  std::optional<std::int64_t> reading;
  std::optional<std::int64_t> scanned;  // henge's own position
  std::optional<std::int64_t> end;
  std::optional<std::int64_t> lag;  // records between committed and end
  std::optional<Millis> lag_time;   // since the first of them arrived
  // Until retention may delete the first of them; nothing: never, as far as is known.
  std::optional<Millis> retention_left;
  std::int64_t lost = 0;  // offsets below the log's start that were never committed
  std::optional<double> appended_per_second;
  Verdict verdict = Verdict::ok;
  std::string why;  // one sentence; empty: ok
  bool operator==(const PartitionRow&) const = default;
};

struct Report {
  std::vector<PartitionRow> rows;  // by partition
  Verdict worst = Verdict::ok;
  std::int64_t lag = 0;
  std::int64_t lost = 0;
  std::optional<Millis> retention_left;  // the least
};

// The records to ask Kafka for: each partition's witness, and the first record not committed.
std::vector<std::pair<std::int32_t, std::int64_t>> records_wanted(const Scanned& scanned,
                                                                  const DruidOffsets& druid);

// `scanned` and `druid` are from before the look: what stood there then must be in the log now.
Report judge(const Scanned& scanned, const DruidOffsets& druid, const TopicLook& look);

// Below this much time left a partition is at risk: a quarter of the retention, a day at most.
Millis risk_below(Millis retention);

}  // namespace henge::offsets
