// One consuming thread of a scan: takes records from its share of the partitions and classifies
// them.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "kafka/handles.h"
#include "scan/classify.h"

namespace henge::kafka {

struct PartitionError {
  std::int32_t partition = 0;
  rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR_NO_ERROR;
};

// What a worker hands over: its findings and, for each of its partitions, the offset it will read
// next.
struct WorkerCut {
  std::unique_ptr<scan::Findings> findings;
  std::map<std::int32_t, std::int64_t> positions;
};

class ScanWorker {
 public:
  struct Limits {
    std::size_t kept_bytes = 0;  // the worker waits for a cut when it holds more than this
    std::size_t kept_rows = 0;
  };

  // `wake` is called from the worker's thread when it needs a cut or has met an error.
  ScanWorker(rd_kafka_t* consumer, Owned<rd_kafka_queue_t> queue, scan::Classifier classifier,
             Limits limits, std::function<void()> wake);
  ScanWorker(const ScanWorker&) = delete;
  ScanWorker& operator=(const ScanWorker&) = delete;
  ~ScanWorker();

  [[nodiscard]] rd_kafka_queue_t* queue() const { return queue_.get(); }
  // Records of the partition before `offset` are not for this worker.
  void expect(std::int32_t partition, std::int64_t offset);
  // All since the last cut. Never in the middle of a record.
  [[nodiscard]] WorkerCut cut();
  [[nodiscard]] std::int64_t position(std::int32_t partition) const;
  [[nodiscard]] bool is_full() const { return full_; }
  [[nodiscard]] std::vector<PartitionError> take_errors();

 private:
  void run();
  std::size_t receive(std::vector<rd_kafka_message_t*>& messages);
  void ask_for_more();
  void take(const std::vector<rd_kafka_message_t*>& messages, std::size_t count);
  void take(const rd_kafka_message_t& message);
  void keep_witness(const rd_kafka_message_t& message);
  std::int64_t& position_of(std::int32_t partition);

  rd_kafka_t* consumer_;  // outlives the worker
  Owned<rd_kafka_queue_t> queue_;
  Limits limits_;
  std::function<void()> wake_;
  // Of the worker's own thread: whether the last batch was large, and whose it was.
  bool was_busy_ = false;
  std::string topic_;
  std::int32_t partition_ = 0;
  mutable std::mutex mutex_;  // guards all between here and full_
  std::condition_variable room_;
  scan::Classifier classifier_;
  // By partition, the offset to be read next; -1 for partitions of other workers. Looked at for
  // every record.
  std::vector<std::int64_t> positions_;
  std::vector<PartitionError> errors_;
  std::atomic<bool> full_ = false;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace henge::kafka
