#include "runtime/task_group.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <list>

namespace henge::runtime {

namespace asio = boost::asio;

struct TaskGroup::State {
  struct Task {
    std::string name;
    asio::cancellation_signal signal;
  };

  explicit State(asio::any_io_executor ex) : executor(std::move(ex)), idle(executor) {}

  using Tasks = std::list<std::shared_ptr<Task>>;

  void cancel_all() {
    cancelled = true;
    // A task that ends on the way takes itself out of the list, hence the copy. Outside of the loop
    // Asio posts what a signal does and refers to the signal then: each is kept until after that.
    const std::vector<std::shared_ptr<Task>> all(tasks.begin(), tasks.end());
    for (const auto& task : all) {
      task->signal.emit(asio::cancellation_type::terminal);
      asio::post(executor, [task] {});
    }
  }

  void ended(Tasks::iterator place, std::exception_ptr thrown) {
    const auto task = *place;
    tasks.erase(place);
    if (thrown && !first) {
      first = thrown;
      if (failed) failed(task->name, thrown);
      cancel_all();
    }
    if (tasks.empty()) idle.cancel();
  }

  asio::any_io_executor executor;
  Tasks tasks;
  asio::steady_timer idle;  // never expires; cancelled when the last task ends
  bool cancelled = false;
  bool abandoned = false;
  std::exception_ptr first;
  std::function<void(const std::string&, std::exception_ptr)> failed;
};

TaskGroup::TaskGroup(asio::any_io_executor executor)
    : state_(std::make_shared<State>(std::move(executor))) {}

TaskGroup::~TaskGroup() {
  invariant(state_->tasks.empty() || state_->abandoned, "a task group is joined before it goes");
}

namespace {

asio::awaitable<void> run_task(asio::awaitable<void> task) {
  co_await asio::this_coro::throw_if_cancelled(false);
  co_await std::move(task);
}

}  // namespace

void TaskGroup::spawn(std::string name, asio::awaitable<void> task) {
  if (state_->cancelled) return;
  auto node = std::make_shared<State::Task>();
  node->name = std::move(name);
  const auto place = state_->tasks.insert(state_->tasks.end(), node);
  auto done = [state = state_, place](std::exception_ptr thrown) { state->ended(place, thrown); };
  asio::co_spawn(state_->executor, run_task(std::move(task)),
                 asio::bind_cancellation_slot(node->signal.slot(), std::move(done)));
}

void TaskGroup::abandon() {
  state_->abandoned = true;
  state_->cancel_all();
}

void TaskGroup::cancel() {
  state_->cancel_all();
}

asio::awaitable<void> TaskGroup::join() {
  auto state = state_;
  while (!state->tasks.empty()) {
    state->idle.expires_at(std::chrono::steady_clock::time_point::max());
    auto [ec] = co_await state->idle.async_wait(asio::as_tuple(asio::use_awaitable));
    // The waiter itself may be told to stop: then its tasks are told too, and it still waits for
    // them.
    const bool stopping = co_await is_cancelled();
    if (ec && stopping && !state->cancelled) state->cancel_all();
  }
  if (state->first) std::rethrow_exception(std::exchange(state->first, nullptr));
}

std::size_t TaskGroup::running() const {
  return state_->tasks.size();
}

void TaskGroup::on_failure(std::function<void(const std::string&, std::exception_ptr)> callback) {
  state_->failed = std::move(callback);
}

}  // namespace henge::runtime
