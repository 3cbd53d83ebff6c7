#include <fmt/format.h>

#include "sim/twin_tasks.h"

namespace henge::sim {

namespace {

// A task that is shut down so soon after it was given to a worker is lost track of (seen on 33).
constexpr Millis ghost_window = Millis(50);
constexpr Millis look_again = Millis(1000);

}  // namespace

TwinTask& TwinQueue::add(TwinTask task) {
  task.number = ++numbers_;
  task.created = cluster_.now;
  const std::string id = task.id;
  TwinTask& stored = tasks_[id] = std::move(task);
  active_.insert(id);
  if (stored.state == TaskState::pending) make_ready(id);
  return stored;
}

void TwinQueue::make_ready(const std::string& id) {
  TwinTask& task = tasks_.at(id);
  task.state = TaskState::pending;
  cluster_.after(cluster_.draw(cluster_.settings.times.assign),
                 [this, id, number = task.number] { assign(id, number); });
}

void TwinQueue::assign(const std::string& id, std::uint64_t number) {
  if (!is_alive(id, number)) return;
  without_slot_[number] = id;
  assign_waiting();
}

void TwinQueue::assign_waiting() {
  while (!without_slot_.empty() && slots_used_ < cluster_.settings.capacity) {
    if (!cluster_.faults.workers_take_tasks || !cluster_.is_up(ports::Service::overlord)) {
      cluster_.after(look_again, [this] { assign_waiting(); });
      return;
    }
    const std::string id = without_slot_.begin()->second;
    without_slot_.erase(without_slot_.begin());
    TwinTask& task = tasks_.at(id);
    task.state = TaskState::running;
    task.assigned = cluster_.now;
    ++slots_used_;
    if (task.on_assigned) task.on_assigned();
  }
}

void TwinQueue::end(const std::string& id, TaskState state, std::string error) {
  TwinTask& task = tasks_.at(id);
  if (!is_active(task.state)) return;
  if (task.assigned) --slots_used_;
  without_slot_.erase(task.number);
  task.state = state;
  task.error = std::move(error);
  task.ended = cluster_.now;
  if (state == TaskState::failed) {
    ++cluster_.stats.tasks_failed;
    task.report.reset();
  }
  task.on_assigned = nullptr;
  task.on_killed = nullptr;
  active_.erase(id);
  cluster_.locks.release(id);
  if (on_locks_freed) on_locks_freed();
  assign_waiting();
}

void TwinQueue::kill(const std::string& id, const std::string& error) {
  TwinTask& task = tasks_.at(id);
  if (!is_active(task.state)) return;
  task.ghost = task.assigned && cluster_.now - *task.assigned < ghost_window &&
               cluster_.settings.overlord_keeps_failed_ghosts;
  if (task.ghost) ++cluster_.stats.ghosts;
  if (auto clean_up = task.on_killed) clean_up();
  end(id, TaskState::failed, error);
}

void TwinQueue::forget(const std::string& id) {
  kill(id, "forgotten");
  tasks_.erase(id);
}

TwinTask* TwinQueue::find(const std::string& id) {
  const auto found = tasks_.find(id);
  return found == tasks_.end() ? nullptr : &found->second;
}

bool TwinQueue::is_alive(const std::string& id, std::uint64_t number) const {
  const auto found = tasks_.find(id);
  return found != tasks_.end() && found->second.number == number && is_active(found->second.state);
}

void TwinQueue::forget_ghosts() {
  for (auto& [id, task] : tasks_) task.ghost = false;
}

}  // namespace henge::sim
