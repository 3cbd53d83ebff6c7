// Blocking libraries (SQLite, librdkafka, files) run on a few threads of their own, off the event
// loop.
#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>

#include "runtime/async.h"

namespace henge::runtime {

// Must be destroyed before the event loop whose coroutines wait for it.
class BlockingPool {
 public:
  // 0 threads: `work` runs at once on the caller's own, for a simulation that must have one only.
  explicit BlockingPool(int threads);
  ~BlockingPool();  // waits for what runs
  BlockingPool(const BlockingPool&) = delete;
  BlockingPool& operator=(const BlockingPool&) = delete;

  // Runs `work` on a thread of the pool and comes back on the caller's executor. It can't be
  // cancelled on the way: what `work` refers to stays alive in the waiting coroutine until it is
  // done. An exception of `work` comes out here.
  boost::asio::awaitable<void> run(std::function<void()> work);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Calls `work` once with each number below `count`, on the caller's thread and on others, one for
// each core and four at most, and comes back when all is done. `work` must bear to run at the same
// time for different numbers. An exception of it comes out here, after the others have ended.
void share_out(std::size_t count, const std::function<void(std::size_t)>& work);

template <typename F>
boost::asio::awaitable<std::invoke_result_t<F&>> blocking(BlockingPool& pool, F work) {
  using Value = std::invoke_result_t<F&>;
  if constexpr (std::is_void_v<Value>) {
    std::function<void()> job = [&work] { work(); };
    co_await pool.run(std::move(job));
  } else {
    std::optional<Value> value;
    std::function<void()> job = [&work, &value] { value.emplace(work()); };
    co_await pool.run(std::move(job));
    co_return std::move(*value);
  }
}

}  // namespace henge::runtime
