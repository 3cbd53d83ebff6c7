// The door to what a topic holds: one pass over all partitions, findings handed over batch by
// batch.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "model/pipeline.h"
#include "model/result.h"
#include "scan/finding.h"

namespace henge::ports {

struct TopicScanStart {
  std::map<std::int32_t, std::int64_t>
      positions;  // next offset of each partition; others begin at the log's start
  std::map<std::int32_t, Instant> arrival_floors;  // what is known of them
  std::string delta_folder;
  // Bytes the ledger knows of each delta file; what lies behind was never recorded and is cut off.
  std::map<std::string, std::int64_t> file_ends;
};

// Called on a thread of the scan's own. The next batch comes only after acknowledge().
struct TopicScanEvents {
  std::function<void(scan::ScanBatch)> on_batch;
  std::function<void(int partitions)>
      on_partitions;                      // how many the topic has, at the start and when it grows
  std::function<void(Error)> on_trouble;  // the scan goes on trying
  std::function<void()> on_recovered;
};

class TopicScan {
 public:
  // Stops and waits for its threads. What was not acknowledged is forgotten and scanned again.
  virtual ~TopicScan() = default;
  // The last batch is durable.
  virtual void acknowledge() = 0;
};

// Errors: invalid, denied, corrupt (a delta file is shorter than the ledger says), exhausted.
using OpenTopicScan = std::function<Result<std::unique_ptr<TopicScan>>(
    const Pipeline&, TopicScanStart, TopicScanEvents)>;

}  // namespace henge::ports
