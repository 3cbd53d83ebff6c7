// The door to time. Nothing outside runtime/ asks a clock of the standard library.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>

#include "model/result.h"
#include "model/time.h"

namespace henge::ports {

class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual Instant now() const = 0;
};

// Waits that long, by the same clock or one that never jumps. Errors: cancelled.
using Sleep = std::function<boost::asio::awaitable<Result<void>>(Millis)>;

}  // namespace henge::ports
