// A long list of segments, read on a thread of its own while the next bytes are received: both take
// about as long. A short one is read where it is received.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "druid/segment_stream.h"
#include "model/result.h"

namespace henge::druid {

class SegmentThread {
 public:
  // Of a shorter body nothing is handed to another thread.
  static constexpr std::size_t short_bytes = std::size_t{4} << 20;

  // As SegmentStream has it: the table must outlive this, and be left alone until finish().
  explicit SegmentThread(SegmentTable& table);
  ~SegmentThread();
  SegmentThread(const SegmentThread&) = delete;
  SegmentThread& operator=(const SegmentThread&) = delete;

  // The next bytes of the body, cut anywhere; they are copied. Waits while more than a megabyte has
  // not been read yet. Errors: unavailable, for bytes given up to now.
  Result<void> put(std::string_view bytes);
  // After the last byte; waits until all is read. Errors: unavailable - cut off, or not a list.
  Result<void> finish();

 private:
  static constexpr std::size_t block_bytes = std::size_t{256} << 10;
  static constexpr std::size_t waiting_max = 4;  // blocks

  void run();
  // Hands `filling_` over. Errors: what the thread has met.
  Result<void> hand_over();
  void stop();

  SegmentStream stream_;
  std::size_t taken_ = 0;
  std::string filling_;
  std::mutex mutex_;  // guards the rest but the thread
  std::condition_variable changed_;
  std::deque<std::string> waiting_;
  std::vector<std::string> spare_;  // blocks that were read, to be filled again
  Result<void> outcome_;
  bool ended_ = false;  // no more blocks will come
  std::thread thread_;
};

}  // namespace henge::druid
