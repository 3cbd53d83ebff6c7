// One consuming thread of a scan, with a Kafka client of its own: takes records from its share of
// the partitions and classifies them. (A client unpacks all that a broker sends on one thread. With
// one client for all workers that thread would be what everything waits for.)
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
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

  // `wake` is called from the worker's thread when it needs a cut, has come to the end of a backlog
  // or has met an error.
  ScanWorker(Owned<rd_kafka_t> consumer, const std::string& topic, scan::Classifier classifier,
             Limits limits, std::function<void()> wake);
  ScanWorker(const ScanWorker&) = delete;
  ScanWorker& operator=(const ScanWorker&) = delete;
  ~ScanWorker();

  // Takes the partition's records from `offset` on; those before it are not for this worker.
  // Errors: as librdkafka has them. Of the scan's thread, as stop() and serve() are.
  Result<void> start(std::int32_t partition, std::int64_t offset);
  void stop(std::int32_t partition);
  // Lets librdkafka tell what it has to tell.
  void serve();
  // All since the last cut. Never in the middle of a record.
  [[nodiscard]] WorkerCut cut();
  [[nodiscard]] std::int64_t position(std::int32_t partition) const;
  [[nodiscard]] bool is_full() const { return full_; }
  // A backlog was worked off since the last cut: what was found need not wait for the next one.
  [[nodiscard]] bool has_caught_up() const { return caught_up_; }
  [[nodiscard]] std::vector<PartitionError> take_errors();

 private:
  void run();
  std::size_t receive(std::vector<rd_kafka_message_t*>& messages);
  void ask_for_more();
  void take(const std::vector<rd_kafka_message_t*>& messages, std::size_t count);
  void take(const rd_kafka_message_t& message);
  void keep_witness(const rd_kafka_message_t& message);
  std::int64_t& position_of(std::int32_t partition);
  [[nodiscard]] bool is_at_all_ends() const;
  // As of the last answer with records of it; below 0 before the first.
  [[nodiscard]] std::int64_t fetched_end(std::int32_t partition) const;

  Owned<rd_kafka_t> consumer_;
  Owned<rd_kafka_topic_t> topic_;
  Owned<rd_kafka_queue_t> queue_;
  Limits limits_;
  std::function<void()> wake_;
  std::set<std::int32_t> started_;  // of the scan's thread
  // Of the worker's own thread: whether the last batch was large, and whose it was; whether there
  // were such since the ends of all partitions were last reached.
  bool was_busy_ = false;
  bool had_backlog_ = false;
  std::int32_t partition_ = 0;
  mutable std::mutex mutex_;  // guards all between here and full_
  std::condition_variable room_;
  scan::Classifier classifier_;
  // By partition, the offset to be read next; -1 for partitions of other workers. Looked at for
  // every record.
  std::vector<std::int64_t> positions_;
  std::vector<std::int64_t> ends_;  // by partition, where its end was last seen
  std::vector<PartitionError> errors_;
  std::atomic<bool> full_ = false;
  std::atomic<bool> caught_up_ = false;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace henge::kafka
