// What the operating system asks of the program, as values the loop can wait for.
#pragma once

#include <memory>

#include "runtime/async.h"

namespace henge::runtime {

enum class Signal {
  stop,    // SIGTERM or SIGINT
  reload,  // SIGHUP
};

class Signals {
 public:
  explicit Signals(boost::asio::any_io_executor executor);
  ~Signals();
  // The next signal. Errors: cancelled.
  Async<Signal> next();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace henge::runtime
