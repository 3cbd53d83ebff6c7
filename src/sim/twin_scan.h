// The scan of a topic of the Kafka twin: does on one thread, when it is polled, what kafka/scanner
// does on several. Rows, findings and delta files are the real ones, and so are the rules for
// positions and arrival floors (kafka/progress).
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "kafka/progress.h"
#include "ports/topic_scan.h"
#include "scan/classify.h"
#include "scan/delta_file.h"
#include "sim/kafka_twin.h"

namespace henge::sim {

struct TwinScanOptions {
  Millis batch_interval = Millis(1000);       // as in kafka::ScannerOptions
  Millis progress_interval = Millis(5000);    // how often a batch that only moves floors
  Millis metadata_interval = Millis(10'000);  // how often new partitions are looked for
  Millis retry_interval = Millis(1000);       // after a trouble
  std::int64_t records_max = 100'000;         // of one batch
  std::int64_t delta_file_bytes_max = std::int64_t{64} << 20;
  // Before a batch is written; an error is what the disk says (exhausted).
  std::function<std::optional<Error>()> before_write;
};

class TwinScan final : public ports::TopicScan {
 public:
  TwinScan(const KafkaTwin& kafka, Pipeline pipeline, ports::TopicScanStart start,
           ports::TopicScanEvents events, const TwinScanOptions& options,
           scan::Classifier classifier, scan::DeltaWriter writer, class TwinScans& owner);
  ~TwinScan() override;

  void acknowledge() override;
  // Does what is due at `now`: at most one batch. Calls the events before it returns.
  void poll(Instant now);
  // When the next poll may find something to do; nothing while a batch waits to be acknowledged.
  [[nodiscard]] std::optional<Instant> next_poll_at() const;

 private:
  Result<void> take_partitions(Instant now);
  Result<void> read(Instant now);
  Result<void> cut(Instant now);
  void report(const Error& error, Instant now);
  void recovered();

  const KafkaTwin& kafka_;
  Pipeline pipeline_;
  ports::TopicScanStart start_;
  ports::TopicScanEvents events_;
  const TwinScanOptions& options_;
  scan::Classifier classifier_;
  scan::DeltaWriter writer_;
  class TwinScans& owner_;

  kafka::ScanProgress progress_;
  kafka::Positions positions_;
  std::unique_ptr<scan::Findings> findings_;  // cut, not handed out yet
  bool awaiting_ = false;
  std::optional<Instant> partitions_at_;  // when they were last looked for
  std::optional<Instant> floors_at_;
  Instant next_{};
  std::optional<Error> trouble_;
};

// All scans that are open, and the factory of them. Outlives them.
class TwinScans {
 public:
  TwinScans(const KafkaTwin& kafka, TwinScanOptions options)
      : kafka_(kafka), options_(std::move(options)) {}

  [[nodiscard]] ports::OpenTopicScan opener();
  // Polls each scan for which it is time, in the order they were opened.
  void poll(Instant now);
  [[nodiscard]] std::optional<Instant> next_poll_at() const;
  [[nodiscard]] std::size_t open() const { return scans_.size(); }

 private:
  friend class TwinScan;
  const KafkaTwin& kafka_;
  TwinScanOptions options_;
  std::vector<TwinScan*> scans_;
};

}  // namespace henge::sim
