// At most so many coroutines of one thread at a time in a stretch of code, first come first served.
// A count of one is a mutex.
#pragma once

#include <memory>

#include "runtime/async.h"

namespace henge::runtime {

class Semaphore {
  struct State;

 public:
  // A place in the guarded stretch; given back when it is destroyed, also after the semaphore is
  // gone.
  class Permit {
   public:
    Permit() = default;
    Permit(Permit&& other) noexcept;
    Permit& operator=(Permit&& other) noexcept;
    Permit(const Permit&) = delete;
    Permit& operator=(const Permit&) = delete;
    ~Permit();

   private:
    friend class Semaphore;
    explicit Permit(std::shared_ptr<State> state);
    std::shared_ptr<State> state_;
  };

  explicit Semaphore(int count);
  // Errors: cancelled; unavailable when no place came free within `timeout`.
  Async<Permit> acquire(Millis timeout);

 private:
  std::shared_ptr<State> state_;
};

}  // namespace henge::runtime
