#include "runtime/clock.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace henge::runtime {

namespace asio = boost::asio;

Instant SystemClock::now() const {
  return std::chrono::floor<Millis>(std::chrono::system_clock::now());
}

Millis monotonic_now() {
  return std::chrono::floor<Millis>(std::chrono::steady_clock::now().time_since_epoch());
}

asio::awaitable<bool> is_cancelled() {
  auto state = co_await asio::this_coro::cancellation_state;
  co_return state.cancelled() != asio::cancellation_type::none;
}

Async<void> sleep_for(Millis duration) {
  const bool stopping = co_await is_cancelled();
  if (stopping) co_return fail(ErrorKind::cancelled, "stopped while waiting");
  auto executor = co_await asio::this_coro::executor;
  asio::steady_timer timer(executor, duration);
  auto [ec] = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
  if (ec) co_return fail(ErrorKind::cancelled, "stopped while waiting");
  co_return Result<void>();
}

Async<void> sleep_until(const ports::Clock& clock, Instant when) {
  constexpr Millis step_max = std::chrono::minutes(1);
  for (Instant now = clock.now(); now < when; now = clock.now()) {
    const Millis step = std::min(when - now, step_max);
    CO_TRY_VOID(co_await sleep_for(step));
  }
  co_return Result<void>();
}

}  // namespace henge::runtime
