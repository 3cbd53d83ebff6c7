// The door to time. Nothing outside runtime/ asks a clock of the standard library.
#pragma once

#include "model/time.h"

namespace henge::ports {

class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual Instant now() const = 0;
};

}  // namespace henge::ports
