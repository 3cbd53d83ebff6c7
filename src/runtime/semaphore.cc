#include "runtime/semaphore.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <list>

#include "runtime/clock.h"

namespace henge::runtime {

namespace asio = boost::asio;

struct Semaphore::State {
  struct Waiter {
    asio::steady_timer timer;
    bool granted = false;  // the place was handed over; `free` does not count it
  };
  int free = 0;
  std::list<Waiter> waiters;

  void release() {
    for (Waiter& waiter : waiters) {
      if (waiter.granted) continue;
      waiter.granted = true;
      waiter.timer.cancel();
      return;
    }
    ++free;
  }
};

Semaphore::Permit::Permit(std::shared_ptr<State> state) : state_(std::move(state)) {}
Semaphore::Permit::Permit(Permit&& other) noexcept : state_(std::move(other.state_)) {}

Semaphore::Permit& Semaphore::Permit::operator=(Permit&& other) noexcept {
  std::swap(state_, other.state_);
  return *this;
}

Semaphore::Permit::~Permit() {
  if (state_) state_->release();
}

Semaphore::Semaphore(int count) : state_(std::make_shared<State>()) {
  state_->free = count;
}

Async<Semaphore::Permit> Semaphore::acquire(Millis timeout) {
  auto state = state_;
  const bool stopping = co_await is_cancelled();
  if (stopping) co_return fail(ErrorKind::cancelled, "stopped while waiting for a turn");
  if (state->free > 0) {
    --state->free;
    co_return Permit(state);
  }
  auto executor = co_await asio::this_coro::executor;
  const auto place =
      state->waiters.emplace(state->waiters.end(), asio::steady_timer(executor, timeout));
  auto [ec] = co_await place->timer.async_wait(asio::as_tuple(asio::use_awaitable));
  const bool granted = place->granted;
  state->waiters.erase(place);
  if (granted) co_return Permit(state);
  if (ec) co_return fail(ErrorKind::cancelled, "stopped while waiting for a turn");
  co_return fail(ErrorKind::unavailable, fmt::format("no turn within {}", humanize(timeout)));
}

}  // namespace henge::runtime
