// The shape of every operation that waits: a coroutine that ends in a Result.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "model/result.h"
#include "model/time.h"

namespace henge::runtime {

template <typename T>
using Async = boost::asio::awaitable<Result<T>>;

// Whether the coroutine that asks was told to stop (TaskGroup::cancel). Loops ask once a round: an
// operation that starts after the signal is not disturbed by it.
boost::asio::awaitable<bool> is_cancelled();

}  // namespace henge::runtime
