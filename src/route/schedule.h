// Which of the waiting tasks start now. Tasks can't be interrupted and take one or more slots, so
// "earliest deadline first" alone is not enough: a whole schedule is drawn up, and what starts now
// in it starts now. Pure and deterministic.
//
// What holds, and is tested:
// - No more slots than the budgets allow are ever in use, but for what runs already.
// - A task without a deadline is to start within `patience`. If there is a schedule in which every
//   task is in time, one is found: always for up to `exact_max` tasks (within `search_max` steps),
//   for more by a few good orders, which may miss one.
// - If there is none, tasks of higher priority, and among equals the older ones, are in time.
// - Who waits longer than `starve_after` goes before everybody else, the oldest first; but for
//   tasks for which streaming stands already.
// - A start that was planned (`planned`) is kept, as long as tasks take no longer than estimated,
//   no slots vanish, nobody starves and nobody of higher priority comes.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/time.h"

namespace henge::route {

// One task of a load, not yet submitted.
struct WaitingTask {
  std::string id;
  std::string datasource;
  int priority = 0;  // higher goes first where not all can be in time
  Instant submitted_at{};
  Instant ready_at{};  // not before this: a window, a back-off
  std::optional<Instant> deadline = {};
  int slots = 1;
  Millis duration{};                    // estimated
  std::optional<Instant> planned = {};  // its start in the schedule before this one
  bool goes_first = false;              // streaming stands until it is done
  bool operator==(const WaitingTask&) const = default;
};

struct RunningTask {
  std::string id;
  std::string datasource;
  int slots = 1;
  Instant ends_at{};  // estimated; one that is over is taken to end after `overrun`
  bool operator==(const RunningTask&) const = default;
};

struct SlotBudget {
  int slots_max = 4;                            // for loads of all datasources together
  int datasource_max = 4;                       // for loads of one datasource
  std::map<std::string, int> datasources = {};  // where one has a number of its own
  Millis patience = std::chrono::hours(1);
  Millis starve_after = std::chrono::hours(6);
  Millis overrun = std::chrono::minutes(1);
  int exact_max = 7;
  int search_max = 50'000;  // steps of the search, so that a round stays short
  int plan_max = 1'000;     // so many tasks are planned; the rest only fills slots left over
  bool operator==(const SlotBudget&) const = default;

  [[nodiscard]] int of(const std::string& datasource) const;
};

enum class Standing {
  in_time,     // by the schedule, it ends before its deadline, or starts within `patience`
  late,        // it does not
  starved,     // it waited too long, or streaming stands for it: goes first
  impossible,  // needs more slots than its budget has: never starts
  unplanned,   // beyond plan_max
};

struct Placement {
  std::string id;
  std::optional<Instant> start = {};
  std::optional<Instant> finish = {};
  Standing standing = Standing::in_time;
  bool operator==(const Placement&) const = default;
};

struct Schedule {
  std::vector<std::string> start_now = {};  // in order
  std::vector<Placement> placements = {};   // in the order of `waiting`
  bool operator==(const Schedule&) const = default;
};

Schedule plan_schedule(const std::vector<WaitingTask>& waiting,
                       const std::vector<RunningTask>& running, const SlotBudget& budget,
                       Instant now);

// What becomes of new tasks, and of those that wait already.
struct Feasibility {
  bool in_time = true;                      // each of the new ones
  std::optional<Instant> start = {};        // of the first
  std::optional<Instant> finish = {};       // of the last; nothing when one never starts
  std::vector<Placement> placements = {};   // of the new ones
  std::vector<std::string> made_late = {};  // ids that would have been in time without them
  bool operator==(const Feasibility&) const = default;
};
Feasibility test_feasibility(const std::vector<WaitingTask>& fresh,
                             const std::vector<WaitingTask>& waiting,
                             const std::vector<RunningTask>& running, const SlotBudget& budget,
                             Instant now);

const char* to_string(Standing standing);

}  // namespace henge::route
