// Background work that nobody loses: every coroutine is counted, can be cancelled, and is waited
// for; what it throws comes out.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "runtime/async.h"

namespace henge::runtime {

// Lives on one thread, that of its executor. A coroutine spawned here never gets an exception for
// being cancelled: its waits end with the error `cancelled`, and is_cancelled() says so from then
// on.
class TaskGroup {
 public:
  explicit TaskGroup(boost::asio::any_io_executor executor);
  // The group must be joined before it goes: a broken invariant else.
  ~TaskGroup();
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;

  // `name` is for messages. After cancel() nothing new starts.
  void spawn(std::string name, boost::asio::awaitable<void> task);
  // Asks all to stop; join() waits until they have.
  void cancel();
  // Waits for all, those spawned meanwhile included, then rethrows the first exception (one that
  // escaped cancels the rest).
  boost::asio::awaitable<void> join();
  // For a destructor, which can't wait: tells all to stop and does not join. Only for tasks that
  // own what they use, for they may end after the group.
  void abandon();
  [[nodiscard]] std::size_t running() const;
  // Called once, when a task ends with an exception: the way to stop a program whose loop broke.
  void on_failure(std::function<void(const std::string& name, std::exception_ptr)> callback);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace henge::runtime
