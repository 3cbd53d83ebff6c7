#include "sim/virtual_time.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "runtime/async.h"

namespace henge::sim {

namespace asio = boost::asio;

VirtualTime::Ticket VirtualTime::at(Instant when, Work work) {
  const Ticket ticket{std::max(when, now_), ++asked_};
  queue_.emplace_hint(queue_.end(), ticket, std::move(work));
  return ticket;
}

Instant VirtualTime::next() const {
  return queue_.empty() ? Instant::max() : queue_.begin()->first.first;
}

void VirtualTime::move_to(Instant when) {
  invariant(when >= now_, "time goes forward");
  now_ = when;
}

bool VirtualTime::step() {
  if (queue_.empty() || queue_.begin()->first.first > now_) return false;
  const Work work = std::move(queue_.begin()->second);
  queue_.erase(queue_.begin());
  work();
  return true;
}

struct Waits::Waiter {
  virtual ~Waiter() = default;
  virtual void complete(bool cancelled) = 0;
  VirtualTime::Ticket ticket;
};

template <typename Handler>
struct Waits::WaiterOf final : Waiter {
  explicit WaiterOf(Handler h) : handler(std::move(h)) {}

  void complete(bool cancelled) override {
    auto home = asio::get_associated_executor(handler);
    asio::get_associated_cancellation_slot(handler).clear();
    boost::system::error_code error;
    if (cancelled) error = asio::error::operation_aborted;
    asio::post(home, [h = std::move(handler), error]() mutable { std::move(h)(error); });
  }

  Handler handler;
};

Waits::Waits(VirtualTime& time) : time_(time) {}

Waits::~Waits() {
  for (const auto& [id, waiter] : waiting_) time_.cancel(waiter->ticket);
}

void Waits::add(Millis duration, std::unique_ptr<Waiter> waiter) {
  const std::uint64_t id = ++last_;
  waiter->ticket = time_.after(duration, [this, id] { wake(id, false); });
  waiting_.emplace_hint(waiting_.end(), id, std::move(waiter));
}

void Waits::wake(std::uint64_t id, bool cancelled) {
  const auto place = waiting_.find(id);
  if (place == waiting_.end()) return;
  const auto waiter = std::move(place->second);
  waiting_.erase(place);
  time_.cancel(waiter->ticket);
  waiter->complete(cancelled);
}

boost::asio::awaitable<Result<void>> Waits::sleep(Millis duration) {
  const bool stopping = co_await runtime::is_cancelled();
  if (stopping) co_return fail(ErrorKind::cancelled, "stopped while waiting");
  auto start = [this, duration](auto handler) {
    auto slot = asio::get_associated_cancellation_slot(handler);
    const std::uint64_t id = last_ + 1;
    if (slot.is_connected()) slot.assign([this, id](asio::cancellation_type) { wake(id, true); });
    add(duration, std::make_unique<WaiterOf<decltype(handler)>>(std::move(handler)));
  };
  auto [error] = co_await asio::async_initiate<const asio::as_tuple_t<asio::use_awaitable_t<>>&,
                                               void(boost::system::error_code)>(
      start, asio::as_tuple(asio::use_awaitable));
  if (error) co_return fail(ErrorKind::cancelled, "stopped while waiting");
  co_return Result<void>();
}

}  // namespace henge::sim
