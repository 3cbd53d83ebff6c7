#include "runtime/signals.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>

namespace henge::runtime {

namespace asio = boost::asio;

struct Signals::Impl {
  explicit Impl(asio::any_io_executor executor)
      : set(std::move(executor), SIGTERM, SIGINT, SIGHUP) {}
  asio::signal_set set;
};

Signals::Signals(asio::any_io_executor executor)
    : impl_(std::make_unique<Impl>(std::move(executor))) {}
Signals::~Signals() = default;

Async<Signal> Signals::next() {
  const bool stopping = co_await is_cancelled();
  if (stopping) co_return fail(ErrorKind::cancelled, "stopped while waiting for a signal");
  auto [ec, number] = co_await impl_->set.async_wait(asio::as_tuple(asio::use_awaitable));
  if (ec) co_return fail(ErrorKind::cancelled, "stopped while waiting for a signal");
  if (number == SIGHUP) co_return Signal::reload;
  co_return Signal::stop;
}

}  // namespace henge::runtime
