#include "druid/segment_thread.h"

#include <algorithm>

namespace henge::druid {

SegmentThread::SegmentThread(SegmentTable& table) : stream_(table) {}

SegmentThread::~SegmentThread() {
  {
    const std::scoped_lock lock(mutex_);
    waiting_.clear();
  }
  stop();
}

Result<void> SegmentThread::put(std::string_view bytes) {
  if (!thread_.joinable()) {
    taken_ += bytes.size();
    if (taken_ <= short_bytes) return stream_.put(bytes);
    filling_.reserve(block_bytes);
    thread_ = std::thread([this] { run(); });
  }
  while (!bytes.empty()) {
    const std::size_t some = std::min(bytes.size(), block_bytes - filling_.size());
    filling_.append(bytes.substr(0, some));
    bytes.remove_prefix(some);
    if (filling_.size() < block_bytes) break;
    TRY_VOID(hand_over());
  }
  return {};
}

Result<void> SegmentThread::hand_over() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return waiting_.size() < waiting_max || !outcome_; });
  if (!outcome_) return outcome_;
  waiting_.push_back(std::move(filling_));
  filling_.clear();
  if (!spare_.empty()) {
    filling_ = std::move(spare_.back());
    spare_.pop_back();
  }
  changed_.notify_all();
  return {};
}

Result<void> SegmentThread::finish() {
  if (thread_.joinable()) {
    if (!filling_.empty()) TRY_VOID(hand_over());
    stop();
    TRY_VOID(outcome_);
  }
  return stream_.finish();
}

void SegmentThread::stop() {
  if (!thread_.joinable()) return;
  {
    const std::scoped_lock lock(mutex_);
    ended_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void SegmentThread::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return !waiting_.empty() || ended_; });
    if (waiting_.empty()) return;
    std::string block = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    changed_.notify_all();
    auto read = stream_.put(block);
    block.clear();
    lock.lock();
    spare_.push_back(std::move(block));
    if (read) continue;
    outcome_ = std::move(read);
    waiting_.clear();
    changed_.notify_all();
    return;
  }
}

}  // namespace henge::druid
