// For tests: runs one coroutine to its end on an event loop of its own, with a time limit that
// fails instead of hanging.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <optional>

#include "runtime/async.h"

namespace henge::runtime {

class TestLoop {
 public:
  boost::asio::io_context& io() { return io_; }
  boost::asio::any_io_executor executor() { return io_.get_executor(); }

  // What else was started on the loop goes on while `task` runs and stands still afterwards.
  template <typename T>
  T run(boost::asio::awaitable<T> task, std::chrono::seconds limit = std::chrono::seconds(30)) {
    std::optional<T> value;
    std::exception_ptr thrown;
    bool done = false;
    boost::asio::co_spawn(io_, std::move(task), [&](std::exception_ptr e, T result) {
      thrown = e;
      if (!e) value.emplace(std::move(result));
      done = true;
    });
    finish(done, limit);
    if (thrown) std::rethrow_exception(thrown);
    return std::move(*value);
  }

  void run(boost::asio::awaitable<void> task,
           std::chrono::seconds limit = std::chrono::seconds(30)) {
    std::exception_ptr thrown;
    bool done = false;
    boost::asio::co_spawn(io_, std::move(task), [&](std::exception_ptr e) {
      thrown = e;
      done = true;
    });
    finish(done, limit);
    if (thrown) std::rethrow_exception(thrown);
  }

 private:
  void finish(const bool& done, std::chrono::seconds limit) {
    io_.restart();
    const auto end = std::chrono::steady_clock::now() + limit;
    while (!done && std::chrono::steady_clock::now() < end) {
      if (io_.run_one_until(end) == 0) io_.restart();
    }
    if (!done) {
      std::fprintf(stderr, "the coroutine did not end in time\n");
      std::abort();
    }
  }

  boost::asio::io_context io_{1};
};

}  // namespace henge::runtime
