// Time in the simulation: order, cancelling, and coroutines that are left where they stand.
#include "sim/virtual_time.h"

#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <optional>

namespace henge::sim {
namespace {

namespace asio = boost::asio;

const Instant start = instant_of_ms(1'764'000'000'000);

void run_until(VirtualTime& time, asio::io_context& io, Instant end) {
  for (;;) {
    io.restart();
    if (io.poll() > 0 || time.step()) continue;
    if (time.next() > end) return;
    time.move_to(time.next());
  }
}

TEST(VirtualTime, HappensByTimeAndThenInTheOrderOfAsking) {
  VirtualTime time(start);
  std::string seen;
  time.after(Millis(20), [&] { seen += 'c'; });
  time.after(Millis(10), [&] { seen += 'a'; });
  time.after(Millis(10), [&] { seen += 'b'; });
  const auto gone = time.after(Millis(15), [&] { seen += 'x'; });
  time.at(start - Millis(5), [&] { seen += '0'; });
  time.cancel(gone);
  asio::io_context io;
  run_until(time, io, start + Millis(100));
  EXPECT_EQ(seen, "0abc");
  EXPECT_EQ(time.now(), start + Millis(20));
}

asio::awaitable<void> sleeper(Waits& waits, const VirtualTime& time, Millis wait,
                              std::vector<std::int64_t>& woken, bool& cancelled) {
  auto slept = co_await waits.sleep(wait);
  cancelled = !slept;
  woken.push_back((time.now() - start).count());
}

TEST(VirtualTime, SleepersWakeInOrderAndCanBeCancelled) {
  VirtualTime time(start);
  asio::io_context io;
  std::vector<std::int64_t> woken;
  {
    Waits waits(time);
    bool a = true, b = true, c = false;
    asio::cancellation_signal stop;
    asio::co_spawn(io, sleeper(waits, time, Millis(30), woken, a), [](std::exception_ptr) {});
    asio::co_spawn(io, sleeper(waits, time, Millis(10), woken, b), [](std::exception_ptr) {});
    asio::co_spawn(io, sleeper(waits, time, Millis(90), woken, c),
                   asio::bind_cancellation_slot(stop.slot(), [](std::exception_ptr) {}));
    time.after(Millis(20), [&] { stop.emit(asio::cancellation_type::terminal); });
    run_until(time, io, start + Millis(1000));
    EXPECT_FALSE(a);
    EXPECT_FALSE(b);
    EXPECT_EQ(waits.waiting(), 0U);
  }
  // The default of co_spawn is to throw at the next await once cancelled: no more than two came.
  EXPECT_EQ(woken.size() >= 2 ? woken[0] : 0, 10);
  EXPECT_EQ(woken.back(), 30);
}

TEST(VirtualTime, ACrashedProcessRunsNothingMoreAndLosesNothing) {
  VirtualTime time(start);
  std::vector<std::int64_t> woken;
  auto alive = std::make_shared<int>(1);
  const std::weak_ptr<int> left = alive;
  bool cancelled = false;
  {
    asio::io_context io;
    Waits waits(time);
    auto nested = [&](std::shared_ptr<int> held) -> asio::awaitable<void> {
      co_await sleeper(waits, time, Millis(10), woken, cancelled);
      woken.push_back(*held);
    };
    asio::co_spawn(io, nested(std::move(alive)), [](std::exception_ptr) {});
    io.poll();
    EXPECT_FALSE(left.expired());
  }
  EXPECT_TRUE(left.expired()) << "what the coroutine held is given back";
  EXPECT_EQ(time.next(), Instant::max()) << "nobody waits any more";
  EXPECT_TRUE(woken.empty());
}

}  // namespace
}  // namespace henge::sim
