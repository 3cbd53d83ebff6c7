// Which of the tasks that wait start now, of all pipelines and beside what runs. Each round begins
// with a whole schedule; what turns out to be ready in the middle of a round starts if it fits
// beside all that is planned. Pure: it knows only what it is told.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "route/request.h"
#include "route/schedule.h"
#include "route/slot_profile.h"

namespace henge::route {

struct Offer {
  WaitingTask task;
  bool ready = true;  // it could be sent now; else it is expected at `task.ready_at`
};

// What a round has to share out.
struct Round {
  std::vector<RunningTask> running;
  SlotBudget budget;
  std::string held = {};  // why nothing starts at all; empty: something may
};

// The budget that is left by what workers have and by what streaming needs. While no worker is
// known there is only the budget: clusters may make workers when tasks ask for them. One slot is
// always left, for a task that waits at Druid: a load that never asks never gets one.
SlotBudget within(SlotBudget budget, const std::optional<Capacity>& seen);

class StartBoard {
 public:
  StartBoard() = default;
  StartBoard(const StartBoard&) = delete;  // its profile knows its budget
  StartBoard& operator=(const StartBoard&) = delete;

  void begin(Round round, Instant now);

  // All tasks of a pipeline that wait, instead of those it offered before. Which of them start now,
  // by id. Those count as running from here on.
  std::set<std::string> offer(const std::string& pipeline, std::vector<Offer> offers);

  // What the schedule says of a task that was offered; null: it is not in it yet.
  [[nodiscard]] const Placement* placement(const std::string& id) const;
  [[nodiscard]] const std::string& held() const { return round_.held; }
  [[nodiscard]] const SlotBudget& budget() const { return round_.budget; }
  // For how many tasks of a datasource it is worth knowing whether they are ready.
  [[nodiscard]] int worth_looking(const std::string& datasource) const;

 private:
  struct Offered {
    std::vector<Offer> offers;
    std::int64_t round = 0;
  };
  [[nodiscard]] bool room_for(const std::vector<WaitingTask>& waiting) const;
  void plan(const std::vector<WaitingTask>& waiting);
  bool start(const WaitingTask& task);

  Round round_;
  Instant now_{};
  std::int64_t number_ = 0;
  std::map<std::string, Offered> offered_;       // by pipeline
  std::map<std::string, Placement> placements_;  // of the last schedule
  std::set<std::string> start_now_;
  std::optional<SlotProfile> profile_;  // of what runs and of what is planned
};

// What a task that is ready waits for.
std::string wait_text(const StartBoard& board, const WaitingTask& task);

}  // namespace henge::route
