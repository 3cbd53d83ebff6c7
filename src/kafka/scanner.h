// The scan of a topic through librdkafka: read_committed, all partitions, on threads of its own.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "ports/clock.h"
#include "ports/topic_scan.h"

namespace henge::kafka {

struct ScannerOptions {
  // librdkafka's own names, secrets resolved; must have bootstrap.servers. kafka/properties.h makes
  // them.
  std::map<std::string, std::string> properties;
  int threads = 2;                            // fewer where the topic has fewer partitions
  Millis batch_interval = Millis(1000);       // how often findings are handed out, if there are any
  Millis progress_interval = Millis(5000);    // how often, if only arrival floors have moved
  Millis witness_interval = Millis(60'000);   // how often a partition's witness is renewed
  Millis end_check_interval = Millis(1000);   // how often the ends of partitions are asked for
  Millis metadata_interval = Millis(10'000);  // how often new partitions are looked for
  Millis request_deadline = Millis(5000);     // of one question to Kafka
  std::int64_t kept_bytes_max = std::int64_t{16}
                                << 20;  // late rows that a thread holds until the next batch
  std::int64_t queue_bytes_max = std::int64_t{32}
                                 << 20;  // records fetched ahead, all partitions together
  std::int64_t delta_file_bytes_max = std::int64_t{64} << 20;
};

// What the scan's consumer is made with. The user's own properties count, except where a promise of
// the scan rests on one.
std::map<std::string, std::string> scan_properties(const ScannerOptions& options,
                                                   std::size_t partitions);

// Answers at once; the network is first used by the scan's threads, and what goes wrong there is
// told by on_trouble. `clock` has to outlive the scan. Errors: invalid (properties, a format henge
// does not evaluate), corrupt, conflict, exhausted (delta files).
Result<std::unique_ptr<ports::TopicScan>> open_scan(const Pipeline& pipeline,
                                                    ports::TopicScanStart start,
                                                    ports::TopicScanEvents events,
                                                    ScannerOptions options,
                                                    const ports::Clock& clock);

}  // namespace henge::kafka
