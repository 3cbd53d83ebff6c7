#include "runtime/blocking.h"

#include <algorithm>
#include <atomic>
#include <boost/asio/async_result.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <system_error>
#include <thread>
#include <vector>

namespace henge::runtime {

namespace asio = boost::asio;

struct BlockingPool::Impl {
  std::optional<asio::thread_pool> pool;
};

BlockingPool::BlockingPool(int threads) : impl_(std::make_unique<Impl>()) {
  if (threads > 0) impl_->pool.emplace(static_cast<std::size_t>(threads));
}
BlockingPool::~BlockingPool() {
  if (impl_->pool) impl_->pool->join();
}

namespace {

// A plain function, not a coroutine: it starts the operation and hands the caller's continuation to
// the pool.
template <typename Token>
auto start_on(asio::thread_pool& pool, std::function<void()> work, Token&& token) {
  auto initiate = [&pool](auto handler, std::function<void()> job) {
    auto home = asio::get_associated_executor(handler, pool.get_executor());
    auto busy = asio::prefer(home, asio::execution::outstanding_work.tracked);
    asio::post(pool, [handler = std::move(handler), job = std::move(job), busy]() mutable {
      std::exception_ptr thrown;
      try {
        job();
      } catch (...) {
        thrown = std::current_exception();
      }
      asio::dispatch(
          busy, [handler = std::move(handler), thrown]() mutable { std::move(handler)(thrown); });
    });
  };
  return asio::async_initiate<Token, void(std::exception_ptr)>(initiate, token, std::move(work));
}

}  // namespace

asio::awaitable<void> BlockingPool::run(std::function<void()> work) {
  if (!impl_->pool) {
    work();
    co_return;
  }
  co_await start_on(*impl_->pool, std::move(work), asio::use_awaitable);
}

void share_out(std::size_t count, const std::function<void(std::size_t)>& work) {
  constexpr unsigned threads_max = 4;
  std::atomic<std::size_t> next{0};
  std::atomic<bool> failed{false};
  std::exception_ptr thrown;
  const auto take = [&] {
    for (std::size_t i = next++; i < count; i = next++) {
      try {
        work(i);
      } catch (...) {
        if (!failed.exchange(true)) thrown = std::current_exception();
        next = count;
      }
    }
  };
  {
    std::vector<std::jthread> others;
    const auto cores = std::clamp(std::thread::hardware_concurrency(), 1U, threads_max);
    try {
      while (others.size() + 1 < std::min<std::size_t>(cores, count)) others.emplace_back(take);
    } catch (const std::system_error&) {
      // No more threads to be had: those that are there do it all.
    }
    take();
  }
  if (thrown) std::rethrow_exception(thrown);
}

}  // namespace henge::runtime
